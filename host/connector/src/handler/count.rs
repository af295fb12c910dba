//! How many rows a scan has, by bins of time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};

use super::budget::Budget;
use super::deadline::Deadline;
use crate::error::{Error, Result};
use crate::plugin::Dialect;
use crate::statement::{Query, counting};
use crate::timestream::{Clients, Decoder, Pages};

/// Counts that take longer cost more than they give.
const COUNT_TIMEOUT: Duration = Duration::from_secs(60);

/// Counts of one scan, which end together and cost what they cost together.
pub(super) struct Count<'a> {
    clients: &'a Clients,
    plugin: &'a Dialect,
    started: Instant,
    ends: Instant,
    budget: Option<Budget>,
    deadline: Option<Deadline>,
    pages: usize,
    bytes_metered: i64,
    query_ids: Vec<String>,
}

impl<'a> Count<'a> {
    /// Begins to count, for a quarter of the time that is left at most.
    pub(super) fn start(
        clients: &'a Clients,
        plugin: &'a Dialect,
        budget: Option<Budget>,
        deadline: Option<Deadline>,
    ) -> Self {
        let started = Instant::now();
        let time = deadline.map_or(COUNT_TIMEOUT, |deadline| {
            COUNT_TIMEOUT.min(deadline.left() / 4)
        });
        Self {
            clients,
            plugin,
            started,
            ends: started + time,
            budget,
            deadline,
            pages: 0,
            bytes_metered: 0,
            query_ids: Vec::new(),
        }
    }

    /// Where each bin of `width` nanoseconds begins, ascending, and its rows.
    pub(super) async fn rows(&mut self, query: &Query<'_>, width: i64) -> Result<Vec<(i64, u64)>> {
        let sql = counting(self.plugin, query, width)?;
        let mut pages = Pages::start(self.clients, sql, "timestream:Select", None);
        let ends = self.ends;
        let read = tokio::time::timeout_at(ends.into(), self.read(&mut pages)).await;
        Deadline::end(self.deadline, pages.cancel()).await;
        let read = read.unwrap_or_else(|_| Err(Error::invalid_input("the count takes too long")));
        let Some(query_id) = pages.query_id() else {
            return read;
        };
        self.query_ids.push(query_id.to_owned());
        read.map_err(|error| error.of_query(query_id))
    }

    async fn read(&mut self, pages: &mut Pages) -> Result<Vec<(i64, u64)>> {
        let column = |name: &str| Field::new(name, DataType::Int64, true);
        let schema = Schema::new(vec![column("bin"), column("rows")]);
        let mut decoder = Decoder::new(Arc::new(schema));
        let (mut bins, before) = (Vec::new(), self.bytes_metered);
        while let Some((page, batch)) = pages.next(&mut decoder).await? {
            self.pages += 1;
            self.bytes_metered = self
                .bytes_metered
                .max(before.saturating_add(page.bytes_metered));
            let column = |place: usize| batch.column(place).as_primitive::<Int64Type>();
            let (begins, rows) = (column(0), column(1));
            for row in 0..batch.num_rows() {
                let count = u64::try_from(rows.value(row));
                let (true, true, Ok(count)) = (begins.is_valid(row), rows.is_valid(row), count)
                else {
                    return Err(Error::invalid_input("a bin is NULL or has no rows"));
                };
                bins.push((begins.value(row), count));
            }
            if let (Some(_), Some(budget)) = (&page.next_token, &self.budget) {
                budget.check(self.bytes_metered)?;
            }
        }
        bins.sort_unstable();
        Ok(bins)
    }

    /// Logs what was counted and what it cost, and tells it.
    pub(super) fn finish(self, rows: u64, bins: usize) -> String {
        let Self {
            pages,
            bytes_metered,
            query_ids,
            ..
        } = self;
        let milliseconds = self.started.elapsed().as_millis() as u64;
        tracing::info!(
            timestream_query_ids = query_ids.join(" "),
            pages,
            bytes_metered,
            milliseconds,
            rows,
            "rows counted"
        );
        format!(
            "{rows} rows, counted in {bins} bins: {pages} pages, {bytes_metered} bytes metered, {milliseconds} ms"
        )
    }
}
