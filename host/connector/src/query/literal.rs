//! Constants, and how they are read from Athena's one-row Arrow blocks.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMillisecondType,
};

use crate::error::{Error, Result};
use crate::wire::unpack_utc_millis;

/// A constant; never NULL.
///
/// Athena speaks of timestamps in milliseconds, Timestream stores nanoseconds. Both are literals, and
/// [`super::pushed_term`] turns the one into ranges of the other, exactly.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Literal {
    /// A boolean.
    Boolean(bool),
    /// An integer of any width.
    Integer(i64),
    /// A double.
    Double(f64),
    /// Text, ordered by code point.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since the epoch: Athena's timestamp.
    Millis(i64),
    /// Nanoseconds since the epoch: Timestream's timestamp.
    Nanos(i64),
}

impl Literal {
    /// Reads row `row` of an array; None is NULL.
    ///
    /// Narrow types are widened, a real exactly. A decimal, which no field is, is an integer if it is whole; else it is
    /// the nearest double, as Trino casts it beside a double.
    ///
    /// # Errors
    ///
    /// When the type is none that this connector's fields have, or a decimal has no such form.
    pub fn from_array(array: &dyn Array, row: usize) -> Result<Option<Self>> {
        // An array of type Null has no bitmap of its nulls.
        if row >= array.len() || array.is_null(row) || array.data_type() == &DataType::Null {
            return Ok(None);
        }
        Ok(Some(match array.data_type() {
            DataType::Boolean => Self::Boolean(array.as_boolean().value(row)),
            DataType::Int8 => Self::Integer(array.as_primitive::<Int8Type>().value(row).into()),
            DataType::Int16 => Self::Integer(array.as_primitive::<Int16Type>().value(row).into()),
            DataType::Int32 => Self::Integer(array.as_primitive::<Int32Type>().value(row).into()),
            DataType::Int64 => Self::Integer(array.as_primitive::<Int64Type>().value(row)),
            DataType::Float32 => {
                Self::Double(array.as_primitive::<Float32Type>().value(row).into())
            }
            DataType::Float64 => Self::Double(array.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => Self::Text(array.as_string::<i32>().value(row).to_owned()),
            DataType::Decimal128(_, scale) => {
                decimal(array.as_primitive::<Decimal128Type>().value(row), *scale)?
            }
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().value(row)),
            DataType::Date64 => Self::Millis(array.as_primitive::<Date64Type>().value(row)),
            DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => Self::Millis(unpack_utc_millis(
                array.as_primitive::<TimestampMillisecondType>().value(row),
            )),
            other => {
                return Err(Error::invalid_input(format!(
                    "cannot read constant: type {other} is not supported"
                )));
            }
        }))
    }

    /// Whether a field of that type can hold it.
    pub fn fits(&self, data_type: &DataType) -> bool {
        matches!(
            (self, data_type),
            (Self::Boolean(_), DataType::Boolean)
                | (Self::Integer(_), DataType::Int32 | DataType::Int64)
                | (Self::Double(_), DataType::Float64)
                | (Self::Text(_), DataType::Utf8)
                | (Self::Date(_), DataType::Date32)
                | (Self::Millis(_), DataType::Date64 | DataType::Timestamp(..))
        )
    }

    /// The kind's name, for errors; never the value.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Double(_) => "double",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::Millis(_) | Self::Nanos(_) => "timestamp",
        }
    }
}

/// `unscaled / 10^scale`. A fraction that rounds to a whole number is refused: it would equal an integer that it is not.
fn decimal(mut unscaled: i128, mut scale: i8) -> Result<Literal> {
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    let literal = if scale == 0 {
        i64::try_from(unscaled).ok().map(Literal::Integer)
    } else {
        let nearest: Option<f64> = format!("{unscaled}e{}", -i16::from(scale)).parse().ok();
        let fraction = nearest.filter(|double| double.fract() != 0.0);
        fraction.map(Literal::Double)
    };
    literal.ok_or_else(|| {
        Error::invalid_input(
            "cannot read constant: a decimal is neither a bigint nor close to a double",
        )
    })
}
