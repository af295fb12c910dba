//! Slices: the half-open ranges of time that the splits of one scan read (design.md, section 4).
//!
//! Page n + 1 can only be asked for with page n's token, so that one query is never read in parallel: a scan is, when it
//! is several queries. Slices are open at both ends of the scan, disjoint and complete by construction. Values in, values
//! out: who counts rows is the handler's.

mod place;
mod way;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::Offset;

pub use place::{by_rows, evenly, rows_of, too_coarse};
pub use way::{Asked, Few, Way, default_slices, may_pay, number, way};

/// A part of a scan: a half-open range of nanoseconds since the epoch, unbounded where a bound is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// The first instant inside.
    pub low: Option<i64>,
    /// The first instant after it.
    pub high: Option<i64>,
}

/// Between the bounds of a slice as text. No number has it.
const BETWEEN: &str = "..";

impl Slice {
    /// The whole scan.
    pub const WHOLE: Self = Self {
        low: None,
        high: None,
    };

    /// The slices that ascending cuts divide a scan into.
    pub fn between(cuts: &[i64]) -> Vec<Self> {
        let lows = std::iter::once(None).chain(cuts.iter().copied().map(Some));
        let highs = cuts.iter().copied().map(Some).chain([None]);
        let slices = lows.zip(highs);
        slices.map(|(low, high)| Self { low, high }).collect()
    }

    /// Whether it is all of the scan.
    pub fn is_whole(&self) -> bool {
        *self == Self::WHOLE
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, nanos: i64) -> bool {
        self.low.is_none_or(|low| low <= nanos) && self.high.is_none_or(|high| nanos < high)
    }

    /// The condition that a timestamp lies in it; none where it is whole, or a bound has no text.
    pub fn condition(&self, timestamp: &str) -> Option<String> {
        let bound = |operator: &str, nanos: i64| {
            Some(format!("({timestamp}) {operator} {}", literal(nanos)?))
        };
        match (self.low, self.high) {
            (None, None) => None,
            (Some(low), None) => bound(">=", low),
            (None, Some(high)) => bound("<", high),
            (Some(low), Some(high)) => {
                Some(format!("{} AND {}", bound(">=", low)?, bound("<", high)?))
            }
        }
    }
}

/// An instant as Timestream writes it.
fn literal(nanos: i64) -> Option<String> {
    let instant = Timestamp::from_nanosecond(nanos.into()).ok()?;
    let time = Offset::UTC.to_datetime(instant);
    Some(format!("TIMESTAMP '{} {:.9}'", time.date(), time.time()))
}

/// As a split carries it: `low..high`, a bound that is not there is left out.
impl std::fmt::Display for Slice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bound = |bound: Option<i64>| bound.map(|nanos| nanos.to_string()).unwrap_or_default();
        write!(
            formatter,
            "{}{BETWEEN}{}",
            bound(self.low),
            bound(self.high)
        )
    }
}

/// Rejects malformed bounds and empty ranges.
impl std::str::FromStr for Slice {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bound = |text: &str| match text {
            "" => Ok(None),
            nanos => nanos.parse().map(Some).map_err(drop),
        };
        let (low, high) = text.split_once(BETWEEN).ok_or(())?;
        let slice = Self {
            low: bound(low)?,
            high: bound(high)?,
        };
        match (slice.low, slice.high) {
            (Some(low), Some(high)) if low >= high => Err(()),
            _ => Ok(slice),
        }
    }
}
