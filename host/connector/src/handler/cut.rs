//! How a scan is cut into slices, asked of Timestream where that pays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use serde::{Deserialize, Serialize};

use super::Connector;
use crate::error::{Error, Result};
use crate::query::{Bound, ColumnKind, Literal, Range, Term, ValueSet, pushed_term};
use crate::slices::{
    self, Asked, Slice, Way, by_rows, default_slices, evenly, is_too_coarse, number, rows_of,
};
use crate::statement::{Query, Statement, counting};
use crate::timestream::{Decoder, Pages};

/// A count that takes longer costs more than it gives.
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
        let rest = Rest {
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
        let rest: Rest = serde_json::from_str(token).map_err(|_| malformed())?;
        let is_counted = rest.rows.len() == rest.cuts.len();
        if !rest.cuts.is_sorted_by(|left, right| left < right) || rest.cuts.is_empty() {
            return Err(malformed());
        }
        // What lies before the first cut went out with the page before.
        let slices = Slice::between(&rest.cuts).into_iter().skip(1);
        let parts = slices.enumerate().map(|(place, slice)| Part {
            slice,
            rows: rest.rows.get(place).copied().filter(|_| is_counted),
        });
        Ok(Self {
            parts: parts.collect(),
            reason: rest.reason,
        })
    }
}

/// What a token holds: where the slices that are left begin.
#[derive(Debug, Serialize, Deserialize)]
struct Rest {
    cuts: Vec<i64>,
    rows: Vec<u64>,
    reason: String,
}

/// Rows by bins of time, and what it cost to count them.
#[derive(Debug, Default)]
struct Counted {
    /// Where each begins, ascending, and its rows.
    bins: Vec<(i64, u64)>,
    pages: usize,
    bytes_metered: i64,
}

impl Connector {
    /// Cuts the scan of a query.
    ///
    /// # Errors
    ///
    /// Never in practice. Where rows cannot be counted, the scan is not cut.
    pub(super) async fn cut(&self, query: &Query<'_>, statement: &Statement) -> Result<Cut> {
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
        match (way, low) {
            (Way::Whole(reason), _) => Ok(Cut::whole(reason)),
            (Way::Evenly(slices), Some(low)) => {
                let cuts = evenly(low, high, step(statement), slices);
                let parts = Slice::between(&cuts).into_iter();
                Ok(Cut {
                    parts: parts.map(|slice| Part { slice, rows: None }).collect(),
                    reason: "slices of equal length".to_owned(),
                })
            }
            (Way::Evenly(_), None) => Err(Error::bug("an interval without a beginning is cut")),
            (Way::ByRows(width), _) => Ok(self.cut_by_rows(query, statement, width).await),
        }
    }

    async fn cut_by_rows(&self, query: &Query<'_>, statement: &Statement, width: i64) -> Cut {
        let started = Instant::now();
        let set = self.settings.slices_per_query;
        let step = step(statement);
        let mut width = width;
        let mut counted = Counted::default();
        let slices = loop {
            if let Err(error) = self.count(query, width, &mut counted).await {
                tracing::warn!(error = error.summary(), "rows not counted");
                return Cut::whole("the rows could not be counted".to_owned());
            }
            let rows = counted.bins.iter().map(|(_, rows)| rows).sum();
            let default = match set {
                Some(set) => set,
                None if slices::may_pay(rows) => default_slices(self.max_query_tcu().await),
                None => 1,
            };
            let slices = number(rows, set, default);
            match is_too_coarse(&counted.bins, width, step, slices) {
                Some(finer) if slices > 1 => width = finer,
                _ => break slices,
            }
        };
        let cuts = by_rows(&counted.bins, slices);
        let rows = rows_of(&counted.bins, &cuts);
        let total: u64 = rows.iter().sum();
        let parts = Slice::between(&cuts).into_iter().zip(rows);
        let parts = parts.map(|(slice, rows)| Part {
            slice,
            rows: Some(rows),
        });
        Cut {
            parts: parts.collect(),
            reason: format!(
                "{total} rows, counted in {} bins of {} s: {} pages, {} bytes metered, {} ms",
                counted.bins.len(),
                width as f64 / 1e9,
                counted.pages,
                counted.bytes_metered,
                started.elapsed().as_millis()
            ),
        }
    }

    /// Counts, in place of what was counted before.
    async fn count(&self, query: &Query<'_>, width: i64, counted: &mut Counted) -> Result<()> {
        let sql = counting(&self.plugin, query, width)?;
        counted.bins.clear();
        let mut pages = Pages::start(&self.clients, sql, "timestream:Select", None);
        let read = async {
            let column = |name: &str| Field::new(name, DataType::Int64, true);
            let schema = Schema::new(vec![column("bin"), column("rows")]);
            let mut decoder = Decoder::new(Arc::new(schema));
            let mut bytes_metered = 0;
            while let Some((page, batch)) = pages.next(&mut decoder).await? {
                counted.pages += 1;
                bytes_metered = bytes_metered.max(page.bytes_metered);
                let column = |place: usize| batch.column(place).as_primitive::<Int64Type>();
                let (bins, rows) = (column(0), column(1));
                for row in 0..batch.num_rows() {
                    let count = u64::try_from(rows.value(row));
                    let (true, Ok(count)) = (bins.is_valid(row) && rows.is_valid(row), count)
                    else {
                        return Err(Error::invalid_input("a bin is NULL or has no rows"));
                    };
                    counted.bins.push((bins.value(row), count));
                }
            }
            counted.bytes_metered += bytes_metered;
            Ok(())
        };
        let read = tokio::time::timeout(COUNT_TIMEOUT, read).await;
        pages.cancel().await;
        counted.bins.sort_unstable();
        read.unwrap_or_else(|_| Err(Error::invalid_input("to count takes too long")))
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
