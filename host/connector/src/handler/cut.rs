//! How a scan is cut into slices, asked of Timestream where that pays.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Connector;
use super::budget::Budget;
use super::count::Count;
use super::deadline::Deadline;
use crate::catalog::{CarriedPart, Owner};
use crate::error::{Error, Result};
use crate::plugin::Dialect;
use crate::query::{Bound, ColumnKind, Literal, Range, Term, ValueSet, pushed_term};
use crate::slices::{
    self, Asked, Few, Slice, Way, by_rows, default_slices, evenly, number, rows_of, too_coarse,
};
use crate::statement::{Query, Statement};
use crate::wire::Identity;

/// How far ahead of now rows are looked for: Timestream takes records 15 minutes ahead (timestream.md, section 6), while
/// `time < timestamp '2100-01-01'` is a usual condition. What lies later is in the last slice, which has no end.
const AHEAD: i64 = 3_600_000_000_000;

/// How long it is remembered that a scan has few rows: a dashboard asks the same again and again.
pub(super) const FEW_REMEMBERED: Duration = Duration::from_secs(600);

/// The slices that do not fit a page of splits, as they come back with the next call: where each begins.
#[derive(Debug, Serialize, Deserialize)]
struct Token {
    cuts: Vec<i64>,
    rows: Vec<u64>,
    reason: String,
}

/// Writes the token of slices that are left.
///
/// # Errors
///
/// Never in practice: all of it is JSON.
pub(super) fn token(parts: &[CarriedPart]) -> Result<String> {
    let rest = Token {
        cuts: parts.iter().filter_map(|part| part.slice.low).collect(),
        rows: parts.iter().filter_map(|part| part.rows).collect(),
        reason: parts
            .first()
            .map(|part| part.reason.clone())
            .unwrap_or_default(),
    };
    serde_json::to_string(&rest)
        .map_err(|error| Error::bug(format_args!("a token cannot be written: {error}")))
}

/// Reads a token.
///
/// # Errors
///
/// When it is not one that [`token`] wrote.
pub(super) fn parts_of_token(token: &str) -> Result<Vec<CarriedPart>> {
    let malformed = || Error::invalid_input("cannot read the continuation token");
    let Token { cuts, rows, reason } = serde_json::from_str(token).map_err(|_| malformed())?;
    let is_counted = rows.len() == cuts.len();
    let ascends = cuts.is_sorted_by(|left, right| left < right);
    if !ascends || cuts.is_empty() || !(is_counted || rows.is_empty()) {
        return Err(malformed());
    }
    let mut rows = rows.into_iter();
    // What lies before the first cut went out with the page before.
    let slices = Slice::between(&cuts).into_iter().skip(1);
    let parts = slices.map(|slice| CarriedPart {
        slice,
        rows: rows.next(),
        reason: reason.clone(),
    });
    Ok(parts.collect())
}

impl Connector {
    /// Cuts the scan of a query. Where rows cannot be counted, the scan is cut evenly if it has a beginning, else not at all.
    pub(super) async fn cut(
        &self,
        plugin: &Dialect,
        query: &Query<'_>,
        statement: &Statement,
        identity: Option<&Identity>,
        deadline: Option<Deadline>,
    ) -> Vec<CarriedPart> {
        let (low, high) = interval(query);
        // Stored times begin at 1970.
        let (low, high) = (
            low.map(|low| low.max(0)),
            high.map_or(query.now, |high| high.min(query.now.saturating_add(AHEAD))),
        );
        let slices = self.settings.slices_per_query;
        let way = slices::way(&Asked {
            has_limit_or_order: query.limit.is_some() || !query.order.is_empty(),
            slicing: &statement.slicing,
            slices,
            low,
            high,
        });
        let even = |slices: usize, step: i64, reason: &str| {
            let cuts = low.map_or_else(Vec::new, |low| evenly(low, high, step, slices));
            uncounted(&cuts, reason)
        };
        let (width, step) = match way {
            Way::Whole(reason) => return uncounted(&[], &reason),
            Way::Evenly { slices, step } => return even(slices, step, "slices of equal length"),
            Way::ByRows { width, step } => (width, step),
        };
        let key = (Owner::of(identity), scan_but_time(plugin, query));
        let few = self.few_rows.get(&key);
        if let Some(few) = few.filter(|few| few.covers(low, high)) {
            let reason = format!("{} rows, counted less than ten minutes ago", few.rows);
            return uncounted(&[], &reason);
        }
        match self
            .cut_by_rows(plugin, query, (width, step), deadline)
            .await
        {
            Ok((parts, few)) => {
                if let Some(rows) = few {
                    self.few_rows.put(key, Few { low, high, rows });
                }
                parts
            }
            Err(error) => {
                tracing::warn!(error = error.summary(), "rows not counted");
                let slices = slices.unwrap_or_else(|| default_slices(None));
                let reason = format!("the rows could not be counted: {}", error.summary());
                even(slices, step, &reason)
            }
        }
    }

    /// Counts the rows of a scan and cuts it into slices of as many each. Tells their number if they are too few to be cut.
    async fn cut_by_rows(
        &self,
        plugin: &Dialect,
        query: &Query<'_>,
        (width, step): (i64, i64),
        deadline: Option<Deadline>,
    ) -> Result<(Vec<CarriedPart>, Option<u64>)> {
        let budget = Budget::least(self.settings.max_bytes_metered, &query.demands);
        let mut count = Count::start(&self.clients, plugin, budget, deadline);
        let mut bins = count.rows(query, width).await?;
        let add = |sum: u64, (_, rows): &(i64, u64)| sum.checked_add(*rows);
        let rows = bins.iter().try_fold(0, add);
        let rows = rows.ok_or_else(|| Error::invalid_input("the counts are not those of rows"))?;
        let set = self.settings.slices_per_query;
        let default = match set {
            None if slices::may_pay(rows) => default_slices(self.clients.max_query_tcu().await),
            _ => 1,
        };
        let slices = number(rows, set, default);
        let coarse = match slices {
            1 => Vec::new(),
            _ => too_coarse(&bins, width, step, slices),
        };
        for (slice, finer) in coarse {
            let full = Query {
                slice,
                ..query.clone()
            };
            match count.rows(&full, finer).await {
                Ok(finer) => {
                    bins.retain(|(begin, _)| !slice.contains(*begin));
                    bins.extend(finer);
                    bins.sort_unstable();
                }
                // What was counted before is good enough.
                Err(error) => tracing::warn!(error = error.summary(), "rows not counted finely"),
            }
        }
        let cuts = by_rows(&bins, slices);
        let reason = count.finish(rows, bins.len());
        let parts = Slice::between(&cuts).into_iter().zip(rows_of(&bins, &cuts));
        let parts = parts.map(|(slice, rows)| CarriedPart {
            slice,
            rows: Some(rows),
            reason: reason.clone(),
        });
        Ok((parts.collect(), (slices == 1).then_some(rows)))
    }
}

/// The slices of cuts that were made without a count.
fn uncounted(cuts: &[i64], reason: &str) -> Vec<CarriedPart> {
    let part = |slice| CarriedPart {
        slice,
        rows: None,
        reason: reason.to_owned(),
    };
    Slice::between(cuts).into_iter().map(part).collect()
}

/// What is scanned, and under which conditions besides that the records' time lies between two instants.
fn scan_but_time(plugin: &Dialect, query: &Query<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    plugin.digest().hash(&mut hasher);
    format!("{:?}", query.table).hash(&mut hasher);
    for term in query.all_terms() {
        // Where there are several ranges, nothing is known of the time between them.
        if time_ranges(term, query).is_none_or(|ranges| ranges.len() != 1) {
            format!("{term:?}").hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The first and last instant of the records' time that the terms admit, in nanoseconds.
fn interval(query: &Query<'_>) -> (Option<i64>, Option<i64>) {
    let (mut low, mut high) = (None, None);
    for ranges in query
        .all_terms()
        .filter_map(|term| time_ranges(term, query))
    {
        low = low.max(ranges.first().and_then(|range| nanos(&range.low)));
        let last = ranges.last().and_then(|range| nanos(&range.high));
        high = match (high, last) {
            (Some(one), Some(other)) => Some(i64::min(one, other)),
            (one, other) => one.or(other),
        };
    }
    (low, high)
}

/// The ranges of the records' time that a term admits, if it is one of those. Other fields may show that time too, in
/// other types.
fn time_ranges(term: &Term, query: &Query<'_>) -> Option<Vec<Range>> {
    let Some(Term::Domain(domain)) = pushed_term(term, query.mapping) else {
        return None;
    };
    let column = query.mapping.fields[domain.field].column;
    let column = column.and_then(|column| query.table.columns.get(column))?;
    let is_instant = |bound: &Bound| match bound {
        Bound::Unbounded => true,
        bound => nanos(bound).is_some(),
    };
    match domain.values {
        ValueSet::Ranges(ranges) if column.kind == ColumnKind::Time => {
            let are_instants = ranges
                .iter()
                .all(|range| is_instant(&range.low) && is_instant(&range.high));
            are_instants.then_some(ranges)
        }
        _ => None,
    }
}

fn nanos(bound: &Bound) -> Option<i64> {
    match bound {
        Bound::Inclusive(Literal::Nanos(nanos)) | Bound::Exclusive(Literal::Nanos(nanos)) => {
            Some(*nanos)
        }
        _ => None,
    }
}
