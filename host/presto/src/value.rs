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
    /// Of a type that no function looks into: a decimal, a time of day.
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
                if left.len() != right.len() {
                    return Some(false);
                }
                let parts = left
                    .iter()
                    .zip(right)
                    .map(|(left, right)| left.equals(right));
                let mut are_equal = Some(true);
                for part in parts {
                    match part {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => are_equal = None,
                    }
                }
                are_equal
            }
            (left, right) => Some(left.order(right) == Ordering::Equal),
        }
    }
}

/// Doubles as `ORDER BY` has them: NaN last, both zeros one.
pub(crate) fn order_doubles(left: f64, right: f64) -> Ordering {
    let nan = || left.is_nan().cmp(&right.is_nan());
    left.partial_cmp(&right).unwrap_or_else(nan)
}
