//! How a scan is cut into slices, asked of Timestream where that pays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use serde::{Deserialize, Serialize};

use super::Connector;
use super::deadline::Deadline;
use crate::error::{Error, Result};
use crate::query::{Bound, ColumnKind, Literal, Range, Term, ValueSet, pushed_term};
use crate::slices::{
    self, Asked, Slice, Way, by_rows, default_slices, evenly, number, rows_of, too_coarse,
};
use crate::statement::{Query, Statement, counting};
use crate::timestream::{Decoder, Pages};

/// Counts that take longer cost more than they give.
const COUNT_TIMEOUT: Duration = Duration::from_secs(60);

/// For a question that may stay without an answer.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(3);

/// A slice of a scan, and its rows if they were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) slice: Slice,
    pub(super) rows: Option<u64>,
}

/// The slices of a scan, and why they are these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) parts: Vec<Part>,
    pub(super) reason: String,
}

impl Cut {
    fn whole(reason: String) -> Self {
        Self {
            parts: vec![Part {
                slice: Slice::WHOLE,
                rows: None,
            }],
            reason,
        }
    }

    /// The slices that do not fit a page of splits, as they come back with the next call.
    ///
    /// # Errors
    ///
    /// Never in practice: all of it is JSON.
    pub(super) fn token(parts: &[Part], reason: &str) -> Result<String> {
        let rest = Token {
            cuts: parts.iter().filter_map(|part| part.slice.low).collect(),
            rows: parts.iter().filter_map(|part| part.rows).collect(),
            reason: reason.to_owned(),
        };
        serde_json::to_string(&rest)
            .map_err(|error| Error::bug(format_args!("a token cannot be written: {error}")))
    }

    /// Reads a token.
    ///
    /// # Errors
    ///
    /// When it is not one that [`Cut::token`] wrote.
    pub(super) fn from_token(token: &str) -> Result<Self> {
        let malformed = || Error::invalid_input("cannot read the continuation token");
        let rest: Token = serde_json::from_str(token).map_err(|_| malformed())?;
        let is_counted = rest.rows.len() == rest.cuts.len();
        let ascends = rest.cuts.is_sorted_by(|left, right| left < right);
        if !ascends || rest.cuts.is_empty() || !(is_counted || rest.rows.is_empty()) {
            return Err(malformed());
        }
        // What lies before the first cut went out with the page before.
        let slices = Slice::between(&rest.cuts).into_iter().skip(1);
        let parts = slices.enumerate().map(|(place, slice)| Part {
            slice,
            rows: rest.rows.get(place).copied(),
        });
        Ok(Self {
            parts: parts.collect(),
            reason: rest.reason,
        })
    }
}

/// What a token holds: where the slices that are left begin.
#[derive(Debug, Serialize, Deserialize)]
struct Token {
    cuts: Vec<i64>,
    rows: Vec<u64>,
    reason: String,
}

/// Rows by bins of time: where each begins, ascending, and its rows.
type Bins = Vec<(i64, u64)>;

/// What it cost to count rows.
#[derive(Debug, Default)]
struct Cost {
    pages: usize,
    bytes_metered: i64,
}

impl Connector {
    /// Cuts the scan of a query. Where rows cannot be counted, the scan is cut evenly if it has a beginning, else not at all.
    pub(super) async fn cut(
        &self,
        query: &Query<'_>,
        statement: &Statement,
        deadline: Option<Deadline>,
    ) -> Cut {
        let (low, high) = interval(query);
        let high = high.unwrap_or(query.now);
        let slices = self.settings.slices_per_query;
        let way = slices::way(&Asked {
            has_limit_or_order: query.limit.is_some() || !query.order.is_empty(),
            slicing: &statement.slicing,
            slices,
            low,
            high,
        });
        let step = step(statement);
        let even = |slices: usize, reason: &str| {
            let cuts = low.map_or_else(Vec::new, |low| evenly(low, high, step, slices));
            let parts = Slice::between(&cuts).into_iter();
            Cut {
                parts: parts.map(|slice| Part { slice, rows: None }).collect(),
                reason: reason.to_owned(),
            }
        };
        match way {
            Way::Whole(reason) => Cut::whole(reason),
            Way::Evenly(slices) => even(slices, "slices of equal length"),
            Way::ByRows(width) => match self.cut_by_rows(query, step, width, deadline).await {
                Ok(cut) => cut,
                Err(error) => {
                    tracing::warn!(error = error.summary(), "rows not counted");
                    let slices = slices.unwrap_or_else(|| default_slices(None));
                    let reason = format!("the rows could not be counted: {}", error.summary());
                    even(slices, &reason)
                }
            },
        }
    }

    async fn cut_by_rows(
        &self,
        query: &Query<'_>,
        step: i64,
        width: i64,
        deadline: Option<Deadline>,
    ) -> Result<Cut> {
        let started = Instant::now();
        let time = deadline.map_or(COUNT_TIMEOUT, |deadline| {
            COUNT_TIMEOUT.min(deadline.left() / 4)
        });
        let ends = started + time;
        let mut cost = Cost::default();
        let mut bins = self
            .count(query, width, (ends, deadline), &mut cost)
            .await?;
        let rows = total(&bins)?;
        let set = self.settings.slices_per_query;
        let default = match set {
            None if slices::may_pay(rows) => default_slices(self.max_query_tcu().await),
            _ => 1,
        };
        let slices = number(rows, set, default);
        if slices > 1
            && let Some((slice, finer)) = too_coarse(&bins, width, step, slices)
        {
            let full = Query {
                slice,
                ..query.clone()
            };
            // What was counted before is good enough where this fails.
            if let Ok(finer) = self.count(&full, finer, (ends, deadline), &mut cost).await {
                bins.retain(|(begin, _)| !slice.contains(*begin));
                bins.extend(finer);
                bins.sort_unstable();
            }
        }
        let cuts = by_rows(&bins, slices);
        let rows_of_slices = rows_of(&bins, &cuts);
        let parts = Slice::between(&cuts).into_iter().zip(rows_of_slices);
        let parts = parts.map(|(slice, rows)| Part {
            slice,
            rows: Some(rows),
        });
        let Cost {
            pages,
            bytes_metered,
        } = cost;
        let milliseconds = started.elapsed().as_millis() as u64;
        tracing::info!(pages, bytes_metered, milliseconds, rows, "rows counted");
        Ok(Cut {
            parts: parts.collect(),
            reason: format!(
                "{rows} rows, counted in {} bins: {pages} pages, {bytes_metered} bytes metered, {milliseconds} ms",
                bins.len()
            ),
        })
    }

    /// Counts rows by bins until an instant.
    async fn count(
        &self,
        query: &Query<'_>,
        width: i64,
        (ends, deadline): (Instant, Option<Deadline>),
        cost: &mut Cost,
    ) -> Result<Bins> {
        let sql = counting(&self.plugin, query, width)?;
        let mut pages = Pages::start(&self.clients, sql, "timestream:Select", None);
        let read = async {
            let column = |name: &str| Field::new(name, DataType::Int64, true);
            let schema = Schema::new(vec![column("bin"), column("rows")]);
            let mut decoder = Decoder::new(Arc::new(schema));
            let (mut bins, mut bytes_metered) = (Bins::new(), 0);
            while let Some((page, batch)) = pages.next(&mut decoder).await? {
                cost.pages += 1;
                bytes_metered = bytes_metered.max(page.bytes_metered);
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
            }
            cost.bytes_metered += bytes_metered;
            bins.sort_unstable();
            Ok(bins)
        };
        let read = tokio::time::timeout_at(ends.into(), read).await;
        Deadline::end(deadline, pages.cancel()).await;
        read.unwrap_or_else(|_| Err(Error::invalid_input("it takes too long")))
    }

    /// How much of Timestream the account may use at once, asked once; None where that is not told.
    async fn max_query_tcu(&self) -> Option<i32> {
        let ask = async {
            let client = self.clients.query().await.ok()?;
            let asked = client.describe_account_settings().send();
            let settings = tokio::time::timeout(OPTIONAL_TIMEOUT, asked).await.ok()?;
            settings.ok()?.max_query_tcu
        };
        *self.max_query_tcu.get_or_init(|| ask).await
    }
}

/// All rows of bins.
fn total(bins: &Bins) -> Result<u64> {
    let sum = |sum: u64, (_, rows): &(i64, u64)| sum.checked_add(*rows);
    let rows = bins.iter().try_fold(0, sum);
    rows.ok_or_else(|| Error::invalid_input("the counts are not those of rows"))
}

fn step(statement: &Statement) -> i64 {
    match statement.slicing {
        crate::plugin::Slicing::ByTime { step, .. } => step,
        crate::plugin::Slicing::Never(_) => 1,
    }
}

/// The first and last instant of the records' time that the terms admit, in nanoseconds.
fn interval(query: &Query<'_>) -> (Option<i64>, Option<i64>) {
    let (mut low, mut high) = (None, None);
    for term in &query.terms {
        let Some(Term::Domain(domain)) = pushed_term(term, query.mapping) else {
            continue;
        };
        let column = query.mapping.fields[domain.field].column;
        let column = column.and_then(|column| query.table.columns.get(column));
        if column.is_none_or(|column| column.kind != ColumnKind::Time) {
            continue;
        }
        let single = |literal: &Literal| Range {
            low: Bound::Inclusive(literal.clone()),
            high: Bound::Inclusive(literal.clone()),
        };
        let ranges = match domain.values {
            ValueSet::Ranges(ranges) => ranges,
            ValueSet::AnyOf(values) => values.iter().map(single).collect(),
            _ => continue,
        };
        low = low.max(ranges.first().and_then(|range| nanos(&range.low)));
        let last = ranges.last().and_then(|range| nanos(&range.high));
        high = match (high, last) {
            (Some(one), Some(other)) => Some(i64::min(one, other)),
            (one, other) => one.or(other),
        };
    }
    (low, high)
}

fn nanos(bound: &Bound) -> Option<i64> {
    match bound {
        Bound::Inclusive(Literal::Nanos(nanos)) | Bound::Exclusive(Literal::Nanos(nanos)) => {
            Some(*nanos)
        }
        _ => None,
    }
}
