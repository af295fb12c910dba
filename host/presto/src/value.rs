//! A value of a row, and how two of them compare.

use std::cmp::Ordering;

use datafusion::common::ScalarValue;
use jiff::Zoned;
use jiff::civil::{Date, DateTime};

pub(crate) const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    /// Its digits, and how many of them stand after the point.
    Decimal(i128, i8),
    Text(&'a str),
    Owned(String),
    Bytes(Vec<u8>),
    Date(Date),
    /// A timestamp without a zone.
    Time(DateTime),
    /// A timestamp with a zone.
    Zoned(Zoned),
    /// Months, and nanoseconds of days and their parts.
    Interval(i32, i128),
    /// The elements of an array.
    List(Vec<Value<'a>>),
    /// The members of a row.
    Row(Vec<Value<'a>>),
    /// The keys of a map with their values.
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// Of a type that no function looks into: a time of day, a real.
    Other(ScalarValue),
}

impl<'a> Value<'a> {
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

    /// A decimal's digits, and how many of them stand after the point; zero for another value.
    pub(crate) fn decimal(&self) -> (i128, i8) {
        match self {
            Self::Decimal(value, scale) => (*value, *scale),
            _ => (0, 0),
        }
    }

    /// A whole number; zero for another value.
    pub(crate) fn integer(&self) -> i64 {
        match self {
            Self::Integer(value) => *value,
            _ => 0,
        }
    }

    /// Bytes; none for another value.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// The elements of an array or the members of a row; none for another value.
    pub(crate) fn elements(&self) -> &[Value<'a>] {
        match self {
            Self::List(elements) | Self::Row(elements) => elements,
            _ => &[],
        }
    }

    /// The entries of a map; none for another value.
    pub(crate) fn entries(&self) -> &[(Value<'a>, Value<'a>)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Bytes that it takes, roughly, beside its own.
    pub(crate) fn weight(&self) -> usize {
        let mut weight = 0;
        match self {
            Self::Owned(text) => weight += text.len(),
            Self::Bytes(bytes) => weight += bytes.len(),
            Self::List(values) | Self::Row(values) => {
                for value in values {
                    weight += size_of_val(value) + value.weight();
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries {
                    weight += size_of_val(key) + key.weight() + size_of_val(value) + value.weight();
                }
            }
            _ => {}
        }
        weight
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn is_nan(&self) -> bool {
        matches!(self, Self::Double(value) if value.is_nan())
    }

    /// Whether two values of one type are one as `IS NOT DISTINCT FROM` has it: NULL is NULL, and NaN is NaN.
    pub(crate) fn is_same(&self, other: &Value<'_>) -> bool {
        self.order(other) == Ordering::Equal
    }

    /// The order of two values of one type, as `ORDER BY` has it; NULL and NaN are above all others, both zeros are one.
    pub(crate) fn order(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Self::Null, Value::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            (Self::Boolean(left), Value::Boolean(right)) => left.cmp(right),
            (Self::Integer(left), Value::Integer(right)) => left.cmp(right),
            (Self::Double(left), Value::Double(right)) => order_doubles(*left, *right),
            (Self::Decimal(left, _), Value::Decimal(right, _)) => left.cmp(right),
            (Self::Bytes(left), Value::Bytes(right)) => left.cmp(right),
            (Self::Date(left), Value::Date(right)) => left.cmp(right),
            (Self::Time(left), Value::Time(right)) => left.cmp(right),
            (Self::Zoned(left), Value::Zoned(right)) => left.timestamp().cmp(&right.timestamp()),
            (Self::Interval(months, nanos), Value::Interval(other_months, other_nanos)) => {
                (months, nanos).cmp(&(other_months, other_nanos))
            }
            (Self::List(left) | Self::Row(left), Value::List(right) | Value::Row(right)) => {
                let parts = left
                    .iter()
                    .zip(right)
                    .map(|(left, right)| left.order(right));
                let different = parts.filter(|order| *order != Ordering::Equal);
                let longer = || left.len().cmp(&right.len());
                { different }.next().unwrap_or_else(longer)
            }
            (Self::Map(left), Value::Map(right)) => {
                let (left, right) = (by_key(left), by_key(right));
                let parts = left.iter().zip(&right);
                let parts = parts.map(|((key, value), (other, another))| {
                    key.order(other).then_with(|| value.order(another))
                });
                let different = parts.filter(|order| *order != Ordering::Equal);
                let longer = || left.len().cmp(&right.len());
                { different }.next().unwrap_or_else(longer)
            }
            (Self::Other(left), Value::Other(right)) => {
                left.partial_cmp(right).unwrap_or(Ordering::Equal)
            }
            (left, right) => left.text().cmp(right.text()),
        }
    }

    /// Whether two values are equal: unknown if one is NULL or has a NULL in it that decides. NaN equals nothing.
    pub(crate) fn equals(&self, other: &Value<'_>) -> Option<bool> {
        match (self, other) {
            (Self::Null, _) | (_, Value::Null) => None,
            (Self::Double(left), Value::Double(right)) => Some(left == right),
            (Self::List(left) | Self::Row(left), Value::List(right) | Value::Row(right)) => {
                let parts = left.iter().zip(right);
                let parts = parts.map(|(left, right)| left.equals(right));
                match left.len() == right.len() {
                    true => all(parts),
                    false => Some(false),
                }
            }
            (Self::Map(left), Value::Map(right)) => {
                let (left, right) = (by_key(left), by_key(right));
                let mut keys = left.iter().zip(&right);
                let is_same = left.len() == right.len()
                    && keys.all(|((key, _), (other, _))| key.is_same(other));
                let parts = left.iter().zip(&right);
                let parts = parts.map(|((_, value), (_, other))| value.equals(other));
                match is_same {
                    true => all(parts),
                    false => Some(false),
                }
            }
            (left, right) => Some(left.order(right) == Ordering::Equal),
        }
    }
}

/// The entries of a map in the order of their keys, which is not a part of it.
fn by_key<'e, 'a>(entries: &'e [(Value<'a>, Value<'a>)]) -> Vec<&'e (Value<'a>, Value<'a>)> {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|(key, _), (other, _)| key.order(other));
    sorted
}

/// Whether all are true: false if one is false, unknown if one is.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut are_true = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => are_true = None,
        }
    }
    are_true
}

/// Bytes that one value takes at most. Arbitrary: what a value may take of this machine's memory.
const MAX_BYTES: usize = 256 << 20;

/// Whether a value of so many parts of so many bytes is made; asked before it is.
///
/// # Errors
///
/// When it is too large.
pub(crate) fn fits(parts: usize, bytes: usize) -> Result<(), String> {
    match parts.checked_mul(bytes) {
        Some(bytes) if bytes <= MAX_BYTES => Ok(()),
        _ => Err(format!(
            "a value of more than {MAX_BYTES} bytes is not made here"
        )),
    }
}

/// Doubles as `ORDER BY` has them: NaN last, both zeros one.
pub(crate) fn order_doubles(left: f64, right: f64) -> Ordering {
    let nan = || left.is_nan().cmp(&right.is_nan());
    left.partial_cmp(&right).unwrap_or_else(nan)
}
