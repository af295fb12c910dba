//! Dates and timestamps, of the proleptic Gregorian calendar. A timestamp with a zone is what its zone's clock shows.

mod arithmetic;
mod mysql;
mod parts;

use jiff::civil::DateTime;

use crate::function::{Form, Function, Type, form};
use crate::value::Value;

pub use parts::PARTS;
pub(crate) use parts::of_field;

use Type::{Bigint, Date, Interval, Milliseconds, Timestamp, Varchar};

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
    parts.chain(others).collect()
}

/// What a clock shows at a date's midnight or a timestamp.
fn civil(value: &Value<'_>) -> DateTime {
    match value {
        Value::Date(date) => date.to_datetime(jiff::civil::Time::midnight()),
        Value::Time(time) => *time,
        Value::Zoned(time) => time.datetime(),
        // A form's types rule it out.
        _ => DateTime::default(),
    }
}
