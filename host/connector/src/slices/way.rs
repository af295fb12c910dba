//! Whether a scan is cut, how its cuts are placed, and into how many slices.
//!
//! The service allows about seven queries at once for four TCU (timestream.md, section 6.3), and a client gets 400 to 1,600
//! rows a second of each (section 6.4).

use crate::plugin::Slicing;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * NANOS_PER_SECOND;

/// An interval up to this length is not counted: a dashboard's panel, whose queries are not to be multiplied.
const SHORT: i64 = HOUR;

/// Bins of an interval whose ends are known: a hundred for each of ten slices.
const BINS: i64 = 1_000;

/// Rows for which a query of their own pays: a minute of pages.
const ROWS_WORTH_A_SLICE: u64 = 50_000;

/// The same where the number of slices was set: a page.
const ROWS_OF_A_PAGE: u64 = 2_000;

/// Rows of a slice, of which more slices than usual are made where nothing is set: ten minutes of pages at the slowest
/// published rate. Rows of one bin stay together.
const MOST_ROWS: u64 = 250_000;

/// Slices at most, where nothing is set: what else an account runs has to run too.
const MOST_BY_DEFAULT: usize = 8;

/// What is asked of a scan.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whether there is a limit or an order, pushed or not.
    pub has_limit_or_order: bool,
    /// What the dialect says.
    pub slicing: &'a Slicing,
    /// Slices at most, if that was set; 1 is none.
    pub slices: Option<usize>,
    /// The first instant that can be asked for, if conditions bound it. Nanoseconds, as all that follows.
    pub low: Option<i64>,
    /// The last one, or now.
    pub high: i64,
}

/// How a scan is read. Cuts lie at multiples of `step` nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub enum Way {
    /// By one query; why.
    Whole(String),
    /// In slices of equal length.
    Evenly {
        /// How many.
        slices: usize,
        step: i64,
    },
    /// In slices of equal rows, which are counted by bins before.
    ByRows {
        /// Of a bin, in nanoseconds.
        width: i64,
        step: i64,
    },
}

/// Decides how a scan is read.
pub fn way(asked: &Asked<'_>) -> Way {
    let whole = |why: &str| Way::Whole(why.to_owned());
    let step = match asked.slicing {
        Slicing::Never(why) => return whole(why),
        Slicing::ByTime { step, .. } => *step,
    };
    if asked.has_limit_or_order {
        // Each slice would give its own first rows, and Athena drops its own limit where a connector announces it.
        return whole("there is a limit or an order");
    }
    if asked.slices == Some(1) {
        return whole("slices are switched off");
    }
    let by_rows = |nanos| Way::ByRows {
        width: width(nanos, step),
        step,
    };
    let length = asked.low.map(|low| asked.high.saturating_sub(low));
    match (length, asked.slices) {
        (Some(length), Some(slices)) if length <= SHORT => Way::Evenly { slices, step },
        (Some(length), None) if length <= SHORT => whole("an hour or less is read at once"),
        (Some(length), _) => by_rows(length / BINS),
        (None, _) => by_rows(HOUR),
    }
}

/// A scan of so few rows that it was not cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Few {
    /// Its first instant, if conditions bounded it. Nanoseconds, as all that follows.
    pub low: Option<i64>,
    /// Its last instant.
    pub high: i64,
    /// Its rows.
    pub rows: u64,
}

impl Few {
    /// Whether a scan of the same rows within these instants needs no count: what lies outside is short.
    pub fn covers(&self, low: Option<i64>, high: i64) -> bool {
        // Without a bound it begins with the first row.
        self.low
            .is_none_or(|known| low.is_some_and(|low| known <= low))
            && high.saturating_sub(self.high) <= SHORT
    }
}

/// A width of bins of about so many nanoseconds: a multiple of the step, and of seconds where it is above one.
pub(super) fn width(nanos: i64, step: i64) -> i64 {
    let unit = match nanos > NANOS_PER_SECOND && NANOS_PER_SECOND % step == 0 {
        true => NANOS_PER_SECOND,
        false => step,
    };
    let units = nanos.max(1) / unit + i64::from(nanos.max(1) % unit > 0);
    units.saturating_mul(unit)
}

/// The number of slices for so many rows: at most the number that was set; else at most `default`, and more where one
/// would be too large.
pub fn number(rows: u64, set: Option<usize>, default: usize) -> usize {
    let count = |slices: u64| usize::try_from(slices).unwrap_or(usize::MAX);
    match set {
        Some(most) => count(rows / ROWS_OF_A_PAGE).clamp(1, most.max(1)),
        None => {
            let paying = count(rows / ROWS_WORTH_A_SLICE).clamp(1, default.max(1));
            paying.max(count(rows.div_ceil(MOST_ROWS)))
        }
    }
}

/// Whether so many rows may be worth more than one slice, where no number is set.
pub fn may_pay(rows: u64) -> bool {
    rows >= 2 * ROWS_WORTH_A_SLICE
}

/// Slices at most, where no number is set: half of the queries that an account may run at once. Four TCU are the fewest
/// that one has.
pub fn default_slices(max_query_tcu: Option<i32>) -> usize {
    const QUERIES_PER_FOUR_TCU: usize = 7;
    let tcu = usize::try_from(max_query_tcu.unwrap_or(4)).unwrap_or(4);
    (tcu * QUERIES_PER_FOUR_TCU / 4 / 2).clamp(1, MOST_BY_DEFAULT)
}
