//! Value sets on arrays: read once per batch, then compared without a copy of any value.

use std::cmp::Ordering;
use std::ops::{Bound as End, RangeBounds};

use arrow::array::{Array, ArrayAccessor, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMillisecondType,
};

use crate::error::{Error, Result};
use crate::query::{Bound, Domain, Literal, ValueSet};

/// Set membership, NULL by `null_allowed` alone. Never NULL.
pub(super) fn matches(domain: &Domain, array: &ArrayRef) -> Result<BooleanArray> {
    let members = members(&domain.values, array)?;
    let matches = match array.logical_nulls() {
        None => members,
        Some(nulls) if domain.null_allowed => &members | &!nulls.inner(),
        Some(nulls) => &members & nulls.inner(),
    };
    Ok(BooleanArray::new(matches, None))
}

/// Which values of an array (as [`super::value::comparable`] makes it) are in the set; where it is NULL, anything.
///
/// # Errors
///
/// When a constant is not of the array's type.
pub(super) fn members(values: &ValueSet, array: &ArrayRef) -> Result<BooleanBuffer> {
    match values {
        // Nothing else is asked of nested types.
        ValueSet::All => return Ok(BooleanBuffer::new_set(array.len())),
        ValueSet::None => return Ok(BooleanBuffer::new_unset(array.len())),
        ValueSet::AnyOf(_) | ValueSet::NoneOf(_) | ValueSet::Ranges(_) => {}
    }
    match array.data_type() {
        DataType::Boolean => judge(values, array.as_boolean(), |row| row, boolean),
        DataType::Int32 => judge(
            values,
            array.as_primitive::<Int32Type>(),
            i64::from,
            integer,
        ),
        DataType::Int64 => judge(
            values,
            array.as_primitive::<Int64Type>(),
            |row| row,
            integer,
        ),
        DataType::Float64 => judge(
            values,
            array.as_primitive::<Float64Type>(),
            |row| row,
            double,
        ),
        DataType::Utf8 => judge(values, array.as_string::<i32>(), |row| row, text),
        DataType::Date32 => judge(values, array.as_primitive::<Date32Type>(), |row| row, date),
        DataType::Timestamp(TimeUnit::Millisecond, None) => judge(
            values,
            array.as_primitive::<TimestampMillisecondType>(),
            |row| row,
            millis,
        ),
        other => Err(Error::invalid_input(format!(
            "cannot compare {other} with a constant"
        ))),
    }
}

fn judge<'a, A: ArrayAccessor, T: Copy + PartialOrd>(
    values: &'a ValueSet,
    array: A,
    row: fn(A::Item) -> T,
    constant: fn(&'a Literal) -> Option<T>,
) -> Result<BooleanBuffer> {
    let read = |literal: &'a Literal| {
        constant(literal).ok_or_else(|| {
            let message = format!(
                "cannot compare {} with {}",
                array.data_type(),
                literal.kind()
            );
            Error::invalid_input(message)
        })
    };
    let set = Set::read(values, read)?;
    Ok(BooleanBuffer::collect_bool(array.len(), |index| {
        set.contains(row(array.value(index)))
    }))
}

/// A value set in an array's own type.
enum Set<T> {
    /// Sorted; the values listed are inside, or are all that is outside.
    Listed { values: Vec<T>, inside: bool },
    /// Sorted and disjoint.
    Ranges(Vec<(End<T>, End<T>)>),
}

impl<T: Copy + PartialOrd> Set<T> {
    fn read<'a>(set: &'a ValueSet, read: impl Fn(&'a Literal) -> Result<T>) -> Result<Self> {
        let listed = |literals: &'a [Literal], inside| {
            let mut values = literals.iter().map(&read).collect::<Result<Vec<_>>>()?;
            // NaN equals no value.
            values.retain(is_comparable);
            values.sort_by(|left, right| left.partial_cmp(right).unwrap_or(Ordering::Equal));
            Ok(Self::Listed { values, inside })
        };
        let end = |bound: &'a Bound| {
            Ok(match bound {
                Bound::Unbounded => End::Unbounded,
                Bound::Inclusive(literal) => End::Included(read(literal)?),
                Bound::Exclusive(literal) => End::Excluded(read(literal)?),
            })
        };
        match set {
            ValueSet::All => listed(&[], false),
            ValueSet::None => listed(&[], true),
            ValueSet::AnyOf(literals) => listed(literals, true),
            ValueSet::NoneOf(literals) => listed(literals, false),
            ValueSet::Ranges(ranges) => {
                let mut ends = Vec::with_capacity(ranges.len());
                for range in ranges {
                    let range = (end(&range.low)?, end(&range.high)?);
                    // No value lies above or below NaN.
                    if has_comparable_ends(&range) {
                        ends.push(range);
                    }
                }
                Ok(Self::Ranges(ends))
            }
        }
    }

    fn contains(&self, value: T) -> bool {
        match self {
            Self::Listed { values, inside } => {
                let place = values.binary_search_by(|listed| {
                    listed.partial_cmp(&value).unwrap_or(Ordering::Less)
                });
                place.is_ok() == *inside
            }
            Self::Ranges(ranges) => {
                // The first that does not end below the value.
                let place = ranges.partition_point(|(_, high)| match high {
                    End::Unbounded => false,
                    End::Included(high) => *high < value,
                    End::Excluded(high) => *high <= value,
                });
                ranges
                    .get(place)
                    .is_some_and(|range| range.contains(&value))
            }
        }
    }
}

fn has_comparable_ends<T: PartialOrd>((low, high): &(End<T>, End<T>)) -> bool {
    [low, high].iter().all(|end| match end {
        End::Unbounded => true,
        End::Included(value) | End::Excluded(value) => is_comparable(value),
    })
}

/// Whether it is anything but NaN.
fn is_comparable<T: PartialOrd>(value: &T) -> bool {
    value.partial_cmp(value).is_some()
}

fn boolean(literal: &Literal) -> Option<bool> {
    if let Literal::Boolean(value) = literal {
        Some(*value)
    } else {
        None
    }
}

fn integer(literal: &Literal) -> Option<i64> {
    if let Literal::Integer(value) = literal {
        Some(*value)
    } else {
        None
    }
}

fn double(literal: &Literal) -> Option<f64> {
    if let Literal::Double(value) = literal {
        Some(*value)
    } else {
        None
    }
}

fn text(literal: &Literal) -> Option<&str> {
    if let Literal::Text(value) = literal {
        Some(value)
    } else {
        None
    }
}

fn date(literal: &Literal) -> Option<i32> {
    if let Literal::Date(value) = literal {
        Some(*value)
    } else {
        None
    }
}

fn millis(literal: &Literal) -> Option<i64> {
    if let Literal::Millis(value) = literal {
        Some(*value)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
