//! Constants of a column's type, in the order that Athena compares them, and as Arrow values of the wire.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::DataType;
use connector::wire::pack_utc_millis;

/// A constant that stands on the line of a column's type; never NULL, never NaN.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Boolean(bool),
    /// Of an integer column, whatever its width; within the column's range.
    Integer(i64),
    /// −0.0 and 0.0 are one place on the line.
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
    /// Writes values of one column as the wire's array of that column's type. They were made for it, so other kinds do
    /// not occur.
    pub(super) fn array(values: &[Option<&Self>], column: &DataType) -> ArrayRef {
        let integers = values.iter().map(|value| {
            value.map(|value| match value {
                Self::Boolean(value) => i64::from(*value),
                Self::Integer(value) | Self::Millisecond(value) => *value,
                Self::Day(value) => i64::from(*value),
                Self::Instant(millis) => pack_utc_millis(*millis).unwrap_or(*millis),
                Self::Double(_) | Self::Text(_) => 0,
            })
        });
        let doubles = values.iter().map(|value| match value {
            Some(Self::Double(value)) => Some(*value),
            _ => None,
        });
        match column {
            DataType::Boolean => Arc::new(
                integers
                    .map(|value| value.map(|value| value != 0))
                    .collect::<BooleanArray>(),
            ),
            DataType::Int8 => Arc::new(
                integers
                    .map(|value| value.map(|value| value as i8))
                    .collect::<Int8Array>(),
            ),
            DataType::Int16 => Arc::new(
                integers
                    .map(|value| value.map(|value| value as i16))
                    .collect::<Int16Array>(),
            ),
            DataType::Int32 => Arc::new(
                integers
                    .map(|value| value.map(|value| value as i32))
                    .collect::<Int32Array>(),
            ),
            DataType::Date64 => Arc::new(integers.collect::<Date64Array>()),
            DataType::Date32 => Arc::new(
                integers
                    .map(|value| value.map(|value| value as i32))
                    .collect::<Date32Array>(),
            ),
            DataType::Timestamp(_, zone) => Arc::new(
                integers
                    .collect::<TimestampMillisecondArray>()
                    .with_timezone_opt(zone.clone()),
            ),
            DataType::Float32 => Arc::new(
                doubles
                    .map(|value| value.map(|value| value as f32))
                    .collect::<Float32Array>(),
            ),
            DataType::Float64 => Arc::new(doubles.collect::<Float64Array>()),
            DataType::Utf8 => Arc::new(
                values
                    .iter()
                    .map(|value| match value {
                        Some(Self::Text(text)) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect::<StringArray>(),
            ),
            _ => Arc::new(integers.collect::<Int64Array>()),
        }
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
            // Never NaN, so there always is an order.
            (Self::Double(left), Self::Double(right)) => {
                left.partial_cmp(right).unwrap_or(Ordering::Equal)
            }
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
