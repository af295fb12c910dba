//! Dates and timestamps, of the proleptic Gregorian calendar. A timestamp with a zone is what its zone's clock shows.

mod arithmetic;
mod joda;
mod mysql;
mod parts;
mod unix;

use jiff::civil::DateTime;

use crate::function::{Form, Function, form};
use crate::types::Type;
use crate::value::Value;

pub use parts::PARTS;
pub(crate) use parts::of_field;

use Type::{Bigint, Date, Double, Instant, Interval, Milliseconds, Timestamp, Varchar};

pub(crate) fn all() -> Vec<Function> {
    let parts = parts::ALL.iter().map(|(name, part)| {
        let forms: Vec<Form> = match part {
            parts::Part::OfDate(date, time) => vec![
                form(&[Date], Bigint, *date),
                form(&[Timestamp], Bigint, *time),
            ],
            parts::Part::OfTime(time) => vec![form(&[Timestamp], Bigint, *time)],
        };
        let of_interval = parts::OF_INTERVALS.iter().find(|(known, _)| known == name);
        let of_interval = of_interval.map(|(_, part)| form(&[Interval], Bigint, *part));
        Function::new(name, [forms, Vec::from_iter(of_interval)].concat())
    });
    let others = [
        Function::new(
            "date_add",
            [
                form(&[Varchar, Bigint, Date], Date, arithmetic::add),
                form(&[Varchar, Bigint, Timestamp], Timestamp, arithmetic::add),
            ],
        ),
        Function::new(
            "date_diff",
            [
                form(&[Varchar, Date, Date], Bigint, arithmetic::difference),
                form(
                    &[Varchar, Timestamp, Timestamp],
                    Bigint,
                    arithmetic::difference,
                ),
            ],
        ),
        Function::new(
            "last_day_of_month",
            [
                form(&[Date], Date, arithmetic::last_day_of_month),
                form(&[Timestamp], Date, arithmetic::last_day_of_month),
            ],
        ),
        Function::new(
            "date_format",
            [form(&[Timestamp, Varchar], Varchar, mysql::format)],
        ),
        Function::new(
            "date_parse",
            [form(&[Varchar, Varchar], Milliseconds, mysql::parse)],
        ),
    ];
    let instants = [
        Function::new(
            "from_unixtime",
            [form(&[Double], Instant, unix::from_seconds)],
        ),
        Function::new(
            "from_iso8601_timestamp",
            [form(&[Varchar], Instant, unix::read_instant)],
        ),
        Function::new(
            "parse_datetime",
            [form(&[Varchar, Varchar], Instant, joda::parse)],
        ),
        Function::new(
            "to_unixtime",
            [form(&[Timestamp], Double, unix::to_seconds)],
        ),
        Function::new(
            "from_iso8601_date",
            [form(&[Varchar], Date, unix::read_date)],
        ),
        Function::new(
            "to_iso8601",
            [
                form(&[Date], Varchar, unix::written),
                form(&[Timestamp], Varchar, unix::written),
            ],
        ),
        Function::new(
            "format_datetime",
            [form(&[Timestamp, Varchar], Varchar, joda::format)],
        ),
        Function::new(
            "parse_duration",
            [form(&[Varchar], Interval, unix::duration)],
        ),
        Function::new(
            "to_milliseconds",
            [form(&[Interval], Bigint, unix::milliseconds)],
        ),
        Function::new(
            "current_timezone",
            [form(&[], Varchar, |_| Ok(Value::Text("UTC")))],
        ),
        Function::new(
            "human_readable_seconds",
            [form(&[Double], Varchar, unix::readable)],
        ),
        Function::new(
            "date_trunc",
            [
                form(&[Varchar, Date], Date, unix::truncated),
                form(&[Varchar, Timestamp], Timestamp, unix::truncated),
            ],
        ),
    ];
    parts.chain(others).chain(instants).collect()
}

/// What a clock shows at a date's midnight or a timestamp.
pub(crate) fn civil(value: &Value<'_>) -> DateTime {
    match value {
        Value::Date(date) => date.to_datetime(jiff::civil::Time::midnight()),
        Value::Time(time) => *time,
        Value::Zoned(time) => time.datetime(),
        // A form's types rule it out.
        _ => DateTime::default(),
    }
}
