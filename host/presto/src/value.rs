//! The values of a row, from Arrow's arrays and back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, ListBuilder,
    StringArray, StringBuilder, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use datafusion::common::{DataFusionError, exec_datafusion_err, exec_err};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Bytes of an array of texts at most. Arrow's offsets have 31 bits, and this machine other things to hold.
const MAX_TEXT_BYTES: usize = 1 << 30;

pub(crate) const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(&'a str),
    Owned(String),
    /// An array of texts.
    Texts(Vec<Option<String>>),
    Date(Date),
    /// A timestamp without a zone.
    Time(DateTime),
    /// A timestamp with a zone.
    Zoned(Zoned),
    /// Months, and nanoseconds of days and their parts.
    Interval(i32, i128),
}

impl Value<'_> {
    /// A text; empty for another value, which a form's types rule out.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Owned(text) => text,
            _ => "",
        }
    }

    /// A double; zero for another value.
    pub(crate) fn double(&self) -> f64 {
        match self {
            Self::Double(value) => *value,
            _ => 0.0,
        }
    }

    /// A whole number; zero for another value.
    pub(crate) fn integer(&self) -> i64 {
        match self {
            Self::Integer(value) => *value,
            _ => 0,
        }
    }
}

/// An argument: a value for every row, or one for all.
pub(crate) struct Column {
    values: ArrayRef,
    zone: Option<TimeZone>,
    pub(crate) is_one: bool,
}

impl Column {
    /// Of one of the types that functions take.
    pub(crate) fn new(values: ArrayRef, is_one: bool) -> Result<Self, DataFusionError> {
        let zone = match values.data_type() {
            DataType::Timestamp(_, Some(zone)) => Some(time_zone(zone)?),
            _ => None,
        };
        Ok(Self {
            values,
            zone,
            is_one,
        })
    }

    /// Rows, one if it is of all.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn value(&self, row: usize) -> Result<Value<'_>, DataFusionError> {
        let row = if self.is_one { 0 } else { row };
        if self.values.is_null(row) {
            return Ok(Value::Null);
        }
        let values = &self.values;
        Ok(match values.data_type() {
            DataType::Null => Value::Null,
            DataType::Boolean => Value::Boolean(values.as_boolean().value(row)),
            DataType::Int64 => Value::Integer(values.as_primitive::<Int64Type>().value(row)),
            DataType::Float64 => Value::Double(values.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => Value::Text(values.as_string::<i32>().value(row)),
            DataType::Date32 => {
                let days = values.as_primitive::<Date32Type>().value(row);
                let days = jiff::Span::new().try_days(days);
                let date = days.and_then(|days| Date::constant(1970, 1, 1).checked_add(days));
                Value::Date(date.map_err(|_| out_of_range())?)
            }
            DataType::Interval(IntervalUnit::MonthDayNano) => {
                let interval = values.as_primitive::<IntervalMonthDayNanoType>().value(row);
                let days = i128::from(interval.days) * NANOS_PER_DAY;
                Value::Interval(interval.months, days + i128::from(interval.nanoseconds))
            }
            DataType::Timestamp(unit, _) => {
                let instant = match unit {
                    TimeUnit::Second => Timestamp::from_second(
                        values.as_primitive::<TimestampSecondType>().value(row),
                    ),
                    TimeUnit::Millisecond => Timestamp::from_millisecond(
                        values.as_primitive::<TimestampMillisecondType>().value(row),
                    ),
                    TimeUnit::Microsecond => Timestamp::from_microsecond(
                        values.as_primitive::<TimestampMicrosecondType>().value(row),
                    ),
                    TimeUnit::Nanosecond => Timestamp::from_nanosecond(
                        values
                            .as_primitive::<TimestampNanosecondType>()
                            .value(row)
                            .into(),
                    ),
                };
                let instant = instant.map_err(|_| out_of_range())?;
                match &self.zone {
                    Some(zone) => Value::Zoned(instant.to_zoned(zone.clone())),
                    None => Value::Time(jiff::tz::Offset::UTC.to_datetime(instant)),
                }
            }
            other => return exec_err!("a function has no argument of type {other}"),
        })
    }
}

/// A zone by its name, or by its offset as `+09:00`.
///
/// # Errors
///
/// When there is none of this name.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, DataFusionError> {
    let unknown = || exec_datafusion_err!("Time zone not supported: {name}");
    if let Ok(offset) = jiff::fmt::strtime::parse("%:z", name)
        && let Some(offset) = offset.offset()
    {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(name).map_err(|_| unknown())
}

/// An instant in units of so many nanoseconds, cut off downwards before 1970 too. jiff's instants are within 10,000 years,
/// whose seconds, milliseconds and microseconds fit.
fn floored(instant: Timestamp, nanos: i128) -> i64 {
    i64::try_from(instant.as_nanosecond().div_euclid(nanos)).unwrap_or(i64::MAX)
}

fn out_of_range() -> DataFusionError {
    exec_datafusion_err!("the timestamp is out of range")
}

/// Values as an array of a type.
pub(crate) fn array(
    values: Vec<Value<'_>>,
    data_type: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let integers = || {
        values.iter().map(|value| match value {
            Value::Integer(value) => Some(*value),
            _ => None,
        })
    };
    Ok(match data_type {
        DataType::Boolean => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Value::Boolean(value) => Some(*value),
                    _ => None,
                })
                .collect::<BooleanArray>(),
        ),
        DataType::Int64 => Arc::new(integers().collect::<Int64Array>()),
        DataType::Float64 => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Value::Double(value) => Some(*value),
                    _ => None,
                })
                .collect::<Float64Array>(),
        ),
        DataType::Utf8
            if values.iter().map(|value| value.text().len()).sum::<usize>() > MAX_TEXT_BYTES =>
        {
            return exec_err!("texts of more than {MAX_TEXT_BYTES} bytes are not made here");
        }
        DataType::Utf8 => Arc::new(
            values
                .iter()
                .map(|value| (*value != Value::Null).then(|| value.text()))
                .collect::<StringArray>(),
        ),
        DataType::Date32 => {
            let epoch = Date::constant(1970, 1, 1);
            let days = values.iter().map(|value| match value {
                Value::Date(date) => Ok(Some(epoch.until(*date)?.get_days())),
                _ => Ok(None),
            });
            let days = days.collect::<Result<Date32Array, jiff::Error>>();
            Arc::new(days.map_err(|_| out_of_range())?)
        }
        DataType::Timestamp(unit, zone) => {
            let instants = values.iter().map(|value| match value {
                Value::Time(time) => jiff::tz::Offset::UTC.to_timestamp(*time).map(Some),
                Value::Zoned(time) => Ok(Some(time.timestamp())),
                _ => Ok(None),
            });
            let instants = instants.collect::<Result<Vec<_>, _>>();
            let instants = instants.map_err(|_| out_of_range())?;
            let zone = zone.clone();
            let of = |count: fn(Timestamp) -> Option<i64>| {
                let counts = instants.iter().map(|instant| match instant {
                    Some(instant) => count(*instant).ok_or_else(out_of_range).map(Some),
                    None => Ok(None),
                });
                counts.collect::<Result<Vec<Option<i64>>, _>>()
            };
            match unit {
                TimeUnit::Second => Arc::new(
                    TimestampSecondArray::from(of(|instant| {
                        Some(floored(instant, 1_000_000_000))
                    })?)
                    .with_timezone_opt(zone),
                ),
                TimeUnit::Millisecond => Arc::new(
                    TimestampMillisecondArray::from(of(|instant| {
                        Some(floored(instant, 1_000_000))
                    })?)
                    .with_timezone_opt(zone),
                ),
                TimeUnit::Microsecond => Arc::new(
                    TimestampMicrosecondArray::from(of(|instant| Some(floored(instant, 1_000)))?)
                        .with_timezone_opt(zone),
                ),
                TimeUnit::Nanosecond => Arc::new(
                    TimestampNanosecondArray::from(of(|instant| {
                        i64::try_from(instant.as_nanosecond()).ok()
                    })?)
                    .with_timezone_opt(zone),
                ),
            }
        }
        DataType::List(_) => {
            let mut lists = ListBuilder::new(StringBuilder::new());
            for value in &values {
                match value {
                    Value::Texts(texts) => lists.append_value(texts.iter().map(Option::as_deref)),
                    _ => lists.append_null(),
                }
            }
            cast(&lists.finish(), data_type)?
        }
        DataType::Null => new_null_array(&DataType::Null, values.len()),
        other => return exec_err!("no function gives {other}"),
    })
}
