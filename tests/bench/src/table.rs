//! A table by the number of its rows over time: what a count of it, and a slice of it, has.

use std::ops::Range;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use memchr::memmem;
use serde_json::{Value, json};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * NANOS_PER_SECOND;

/// 2024-01-01.
const BEGIN: i64 = 1_704_067_200 * NANOS_PER_SECOND;

/// How long rows were written.
const LENGTH: i64 = 1_000 * HOUR;

/// Spans of time, one after the other, with so many rows each, evenly.
#[derive(Clone, Debug)]
pub(crate) struct Table(Vec<(Range<i64>, u64)>);

impl Table {
    /// As many rows at any time.
    pub(crate) fn even(rows: u64) -> Self {
        Self(vec![(BEGIN..BEGIN + LENGTH, rows)])
    }

    /// Nine tenths of the rows in the last tenth of the time.
    pub(crate) fn skewed(rows: u64) -> Self {
        let late = BEGIN + LENGTH / 10 * 9;
        Self(vec![
            (BEGIN..late, rows / 10),
            (late..BEGIN + LENGTH, rows - rows / 10),
        ])
    }

    /// Rows of the slice that a statement asks for.
    pub(crate) fn rows_of(&self, sql: &str) -> Result<u64> {
        let slice = slice(sql)?;
        Ok(self.rows_before(slice.end) - self.rows_before(slice.start))
    }

    /// The page that answers a count by bins.
    pub(crate) fn counts(&self, sql: &str) -> Result<Value> {
        let (slice, width) = (slice(sql)?, width(sql)?);
        let (begin, end) = (slice.start.max(BEGIN), slice.end.min(BEGIN + LENGTH));
        let mut rows = Vec::new();
        let mut bin = begin.div_euclid(width) * width;
        while bin < end {
            let count = self.rows_before(end.min(bin + width)) - self.rows_before(begin.max(bin));
            if count > 0 {
                let cells = [text(bin)?, count.to_string()];
                rows.push(json!({"Data": cells.map(|cell| json!({"ScalarValue": cell}))}));
            }
            bin += width;
        }
        let column = |name, kind| json!({"Name": name, "Type": {"ScalarType": kind}});
        Ok(json!({
            "QueryId": "COUNT",
            "Rows": rows,
            "ColumnInfo": [column("bin", "TIMESTAMP"), column("rows", "BIGINT")],
        }))
    }

    fn rows_before(&self, instant: i64) -> u64 {
        let rows = self.0.iter().map(|(span, rows)| {
            let passed = i128::from(instant.clamp(span.start, span.end) - span.start);
            let rows = i128::from(*rows) * passed / i128::from(span.end - span.start);
            u64::try_from(rows).unwrap_or_default()
        });
        rows.sum()
    }
}

/// The slice of a statement, all of time where it has none.
fn slice(sql: &str) -> Result<Range<i64>> {
    let bound = |operator: &str, otherwise: i64| match after(sql, operator) {
        None => Ok(otherwise),
        Some(text) => nanos(text.split('\'').next().unwrap_or_default()),
    };
    let low = bound(" >= TIMESTAMP '", BEGIN)?;
    Ok(low..bound(" < TIMESTAMP '", BEGIN + LENGTH)?)
}

/// Nanoseconds of a bin.
fn width(sql: &str) -> Result<i64> {
    let text = after(sql, "bin(").and_then(|text| text.split_once(')'));
    let width = text.and_then(|(text, _)| text.rsplit(' ').next());
    let width = width.context("the statement has no bin(…)")?;
    match width.strip_suffix("ms") {
        Some(millis) => Ok(millis.parse::<i64>()? * 1_000_000),
        None => {
            let seconds = width.strip_suffix('s').context("a bin has no unit")?;
            Ok(seconds.parse::<i64>()? * NANOS_PER_SECOND)
        }
    }
}

fn after<'a>(sql: &'a str, before: &str) -> Option<&'a str> {
    let place = memmem::find(sql.as_bytes(), before.as_bytes())?;
    sql.get(place + before.len()..)
}

fn nanos(text: &str) -> Result<i64> {
    let time: DateTime = text.parse()?;
    let instant = Offset::UTC.to_timestamp(time)?;
    Ok(i64::try_from(instant.as_nanosecond())?)
}

fn text(nanos: i64) -> Result<String> {
    let instant = Timestamp::from_nanosecond(nanos.into())?;
    let time = Offset::UTC.to_datetime(instant);
    Ok(format!("{} {:.9}", time.date(), time.time()))
}
