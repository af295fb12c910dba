//! `year(x)` and the like, which `extract` stands for too.

use jiff::civil::DateTime;

use super::civil;
use crate::function::Call;
use crate::value::{NANOS_PER_DAY, Value};

/// A part's function.
pub(super) enum Part {
    /// Of dates, and of timestamps.
    OfDate(Call, Call),
    /// Of timestamps alone.
    OfTime(Call),
}

macro_rules! part {
    ($of:expr) => {{
        const PART: Call = |arguments| {
            let of: fn(DateTime) -> i64 = $of;
            Ok(Value::Integer(of(civil(&arguments[0]))))
        };
        PART
    }};
}

macro_rules! of_date {
    ($of:expr) => {
        Part::OfDate(part!($of), part!($of))
    };
}

/// The functions by their names.
pub(super) const ALL: [(&str, Part); 19] = [
    ("year", of_date!(|time| time.year().into())),
    (
        "quarter",
        of_date!(|time| (i64::from(time.month()) + 2) / 3),
    ),
    ("month", of_date!(|time| time.month().into())),
    (
        "week",
        of_date!(|time| time.date().iso_week_date().week().into()),
    ),
    (
        "week_of_year",
        of_date!(|time| time.date().iso_week_date().week().into()),
    ),
    ("day", of_date!(|time| time.day().into())),
    ("day_of_month", of_date!(|time| time.day().into())),
    (
        "day_of_week",
        of_date!(|time| time.weekday().to_monday_one_offset().into()),
    ),
    (
        "dow",
        of_date!(|time| time.weekday().to_monday_one_offset().into()),
    ),
    ("day_of_year", of_date!(|time| time.day_of_year().into())),
    ("doy", of_date!(|time| time.day_of_year().into())),
    (
        "year_of_week",
        of_date!(|time| time.date().iso_week_date().year().into()),
    ),
    (
        "yow",
        of_date!(|time| time.date().iso_week_date().year().into()),
    ),
    ("hour", Part::OfTime(part!(|time| time.hour().into()))),
    ("minute", Part::OfTime(part!(|time| time.minute().into()))),
    ("second", Part::OfTime(part!(|time| time.second().into()))),
    (
        "millisecond",
        Part::OfTime(part!(|time| i64::from(time.subsec_nanosecond()) / 1_000_000)),
    ),
    // Timestream's own.
    (
        "microsecond",
        Part::OfTime(part!(|time| i64::from(time.subsec_nanosecond()) / 1_000)),
    ),
    (
        "nanosecond",
        Part::OfTime(part!(|time| time.subsec_nanosecond().into())),
    ),
];

macro_rules! of_interval {
    ($of:expr) => {{
        const PART: Call = |arguments| {
            let of: fn(i64, i128) -> i128 = $of;
            Ok(match arguments[0] {
                Value::Interval(months, nanos) => {
                    Value::Integer(i64::try_from(of(months.into(), nanos)).unwrap_or(i64::MAX))
                }
                // A form's types rule it out.
                _ => Value::Null,
            })
        };
        PART
    }};
}

/// Parts of intervals: of months, and of days and their parts.
pub(super) const OF_INTERVALS: [(&str, Call); 7] = [
    ("year", of_interval!(|months, _| i128::from(months / 12))),
    ("month", of_interval!(|months, _| i128::from(months % 12))),
    ("day", of_interval!(|_, nanos| nanos / NANOS_PER_DAY)),
    (
        "hour",
        of_interval!(|_, nanos| nanos % NANOS_PER_DAY / 3_600_000_000_000),
    ),
    (
        "minute",
        of_interval!(|_, nanos| nanos % 3_600_000_000_000 / 60_000_000_000),
    ),
    (
        "second",
        of_interval!(|_, nanos| nanos % 60_000_000_000 / 1_000_000_000),
    ),
    (
        "millisecond",
        of_interval!(|_, nanos| nanos % 1_000_000_000 / 1_000_000),
    ),
];

/// The functions that `extract` stands for, by the field's name.
pub const PARTS: [&str; 15] = [
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "day_of_month",
    "day_of_week",
    "dow",
    "day_of_year",
    "doy",
    "year_of_week",
    "yow",
    "hour",
    "minute",
    "second",
];

/// The function of a field of `extract`, written in any case.
pub(crate) fn of_field(field: &str) -> Option<&'static str> {
    PARTS
        .into_iter()
        .find(|part| part.eq_ignore_ascii_case(field))
}
