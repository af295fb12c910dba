//! Constants of a column's type, in the order that Athena compares them, and as Arrow values of the wire.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Float64Array, Int32Array, Int64Array,
    StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, TimeUnit};
use connector::wire::pack_utc_millis;
use datafusion::common::ScalarValue;

/// A constant that stands on the line of a column's type; never NULL, never NaN.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Boolean(bool),
    /// Of an integer column, whatever its width; within the column's range.
    Integer(i64),
    /// Not NaN, not −0.0.
    Double(f64),
    /// Ordered by code point.
    Text(String),
    /// Days since 1970-01-01.
    Day(i32),
    /// Milliseconds since 1970-01-01T00:00:00.
    Millisecond(i64),
    /// The same with a zone: UTC milliseconds that the wire's packed form has room for.
    Instant(i64),
}

impl Value {
    /// Converts a constant to a column's type (as the wire has it), if that changes nothing of it.
    pub(super) fn exactly(constant: &ScalarValue, column: &DataType) -> Option<Self> {
        match (column, constant) {
            (DataType::Boolean, ScalarValue::Boolean(Some(value))) => Some(Self::Boolean(*value)),
            (DataType::Int32, constant) => integer(constant)
                .filter(|value| i32::try_from(*value).is_ok())
                .map(Self::Integer),
            (DataType::Int64, constant) => integer(constant).map(Self::Integer),
            (DataType::Float64, ScalarValue::Float64(Some(value))) if !value.is_nan() => {
                // Adding zero turns −0.0 into 0.0, which Athena takes for the same.
                Some(Self::Double(value + 0.0))
            }
            (DataType::Utf8, constant) => constant
                .try_as_str()
                .flatten()
                .map(|text| Self::Text(text.to_owned())),
            (DataType::Date32, ScalarValue::Date32(Some(days))) => Some(Self::Day(*days)),
            (DataType::Date64, ScalarValue::TimestampMillisecond(Some(millis), None)) => {
                Some(Self::Millisecond(*millis))
            }
            (
                DataType::Timestamp(TimeUnit::Millisecond, Some(_)),
                ScalarValue::TimestampMillisecond(Some(millis), Some(_)),
            ) => pack_utc_millis(*millis).map(|_| Self::Instant(*millis)),
            _ => None,
        }
    }

    /// Writes values of one column as the wire's array of that column's type. They were made for it, so other kinds do
    /// not occur.
    pub(super) fn array(values: &[&Self], column: &DataType) -> ArrayRef {
        let integers = values.iter().map(|value| match value {
            Self::Boolean(value) => i64::from(*value),
            Self::Integer(value) | Self::Millisecond(value) => *value,
            Self::Day(value) => i64::from(*value),
            Self::Instant(millis) => pack_utc_millis(*millis).unwrap_or(*millis),
            Self::Double(_) | Self::Text(_) => 0,
        });
        match column {
            DataType::Boolean => Arc::new(
                integers
                    .map(|value| Some(value != 0))
                    .collect::<BooleanArray>(),
            ),
            DataType::Int32 => Arc::new(Int32Array::from_iter_values(
                integers.map(|value| value as i32),
            )),
            DataType::Date64 => Arc::new(Date64Array::from_iter_values(integers)),
            DataType::Date32 => Arc::new(Date32Array::from_iter_values(
                integers.map(|value| value as i32),
            )),
            DataType::Timestamp(_, zone) => Arc::new(
                TimestampMillisecondArray::from_iter_values(integers)
                    .with_timezone_opt(zone.clone()),
            ),
            DataType::Float64 => Arc::new(Float64Array::from_iter_values(values.iter().map(
                |value| match value {
                    Self::Double(value) => *value,
                    _ => 0.0,
                },
            ))),
            DataType::Utf8 => {
                Arc::new(StringArray::from_iter_values(values.iter().map(
                    |value| match value {
                        Self::Text(text) => text.as_str(),
                        _ => "",
                    },
                )))
            }
            _ => Arc::new(Int64Array::from_iter_values(integers)),
        }
    }
}

fn integer(constant: &ScalarValue) -> Option<i64> {
    match constant {
        ScalarValue::Int8(value) => value.map(i64::from),
        ScalarValue::Int16(value) => value.map(i64::from),
        ScalarValue::Int32(value) => value.map(i64::from),
        ScalarValue::Int64(value) => *value,
        ScalarValue::UInt8(value) => value.map(i64::from),
        ScalarValue::UInt16(value) => value.map(i64::from),
        ScalarValue::UInt32(value) => value.map(i64::from),
        ScalarValue::UInt64(value) => value.and_then(|value| i64::try_from(value).ok()),
        _ => None,
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::Double(left), Self::Double(right)) => left.total_cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Day(left), Self::Day(right)) => left.cmp(right),
            (Self::Integer(left), Self::Integer(right))
            | (Self::Millisecond(left), Self::Millisecond(right))
            | (Self::Instant(left), Self::Instant(right)) => left.cmp(right),
            // Values of different columns never meet; any order keeps the sort sound.
            (left, right) => left.kind().cmp(&right.kind()),
        }
    }
}

impl Value {
    fn kind(&self) -> u8 {
        match self {
            Self::Boolean(_) => 0,
            Self::Integer(_) => 1,
            Self::Double(_) => 2,
            Self::Text(_) => 3,
            Self::Day(_) => 4,
            Self::Millisecond(_) => 5,
            Self::Instant(_) => 6,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::Integer(value) => write!(formatter, "{value}"),
            Self::Double(value) => write!(formatter, "{value:?}"),
            Self::Text(text) => write!(formatter, "'{}'", text.replace('\'', "''")),
            Self::Day(days) => {
                let day = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(*days));
                match day {
                    Ok(day) => write!(formatter, "{day}"),
                    Err(_) => write!(formatter, "day {days}"),
                }
            }
            Self::Millisecond(millis) => write_millis(formatter, *millis),
            Self::Instant(millis) => {
                write_millis(formatter, *millis)?;
                formatter.write_str(" UTC")
            }
        }
    }
}

fn write_millis(formatter: &mut fmt::Formatter<'_>, millis: i64) -> fmt::Result {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(instant) => {
            let time = jiff::tz::Offset::UTC.to_datetime(instant);
            write!(formatter, "{} {:.3}", time.date(), time.time())
        }
        Err(_) => write!(formatter, "{millis} ms"),
    }
}
