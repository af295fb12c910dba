//! Domains: which values of a column a filter admits, as sorted and disjoint ranges, and how they look at the wire.
//!
//! Written after Trino's `Domain` and `SortedRangeSet`, apart from the connector's own value sets on purpose: what is
//! to be tested should not make the test.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use connector::wire::{ArrowType, Block, Marker, MarkerBound, Range, ValueSet};

use super::value::Value;

/// A place between two neighbouring values; every range lies between two of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cut {
    /// Before the first value.
    First,
    /// Beside a value.
    Beside(Value, Side),
    /// After the last value.
    Last,
}

/// On which side of a value a cut lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Below,
    Above,
}

impl Cut {
    pub(super) fn below(value: Value) -> Self {
        Self::Beside(value, Side::Below)
    }

    pub(super) fn above(value: Value) -> Self {
        Self::Beside(value, Side::Above)
    }
}

/// The admitted values of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Domain {
    /// Sorted, disjoint, none empty, none touching the next.
    ranges: Vec<(Cut, Cut)>,
    null: bool,
}

impl Domain {
    /// The domain of some ranges in any order; empty ones are left out, overlapping and touching ones joined.
    pub(super) fn new(ranges: impl IntoIterator<Item = (Cut, Cut)>, null: bool) -> Self {
        let mut sorted: Vec<(Cut, Cut)> = ranges
            .into_iter()
            .filter(|(low, high)| low < high)
            .collect();
        sorted.sort();
        let mut joined: Vec<(Cut, Cut)> = Vec::with_capacity(sorted.len());
        for (low, high) in sorted {
            match joined.last_mut() {
                Some((_, last)) if low <= *last => {
                    if high > *last {
                        *last = high;
                    }
                }
                _ => joined.push((low, high)),
            }
        }
        Self {
            ranges: joined,
            null,
        }
    }

    /// No value, and no NULL.
    pub(super) fn none() -> Self {
        Self::new([], false)
    }

    pub(super) fn only_null() -> Self {
        Self::new([], true)
    }

    pub(super) fn not_null() -> Self {
        Self::new([(Cut::First, Cut::Last)], false)
    }

    /// Whether it admits every value, NULL apart.
    pub(super) fn admits_all_values(&self) -> bool {
        self.ranges == [(Cut::First, Cut::Last)]
    }

    /// Whether it admits nothing at all.
    pub(super) fn is_none(&self) -> bool {
        self.ranges.is_empty() && !self.null
    }

    /// Whether it admits every value and NULL.
    pub(super) fn is_all(&self) -> bool {
        self.admits_all_values() && self.null
    }

    /// Whether its values are doubles, as far as it has any.
    pub(super) fn is_of_doubles(&self) -> bool {
        self.ranges.iter().any(|(low, high)| {
            [low, high]
                .iter()
                .any(|cut| matches!(cut, Cut::Beside(Value::Double(_), _)))
        })
    }

    /// All values but its own, without NULL.
    pub(super) fn complement(&self) -> Self {
        let mut low = Cut::First;
        let mut gaps = Vec::with_capacity(self.ranges.len() + 1);
        for (begin, end) in &self.ranges {
            gaps.push((low, begin.clone()));
            low = end.clone();
        }
        gaps.push((low, Cut::Last));
        Self::new(gaps, false)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self::new(
            self.ranges.iter().chain(&other.ranges).cloned(),
            self.null || other.null,
        )
    }

    pub(super) fn intersect(&self, other: &Self) -> Self {
        let pairs = self
            .ranges
            .iter()
            .flat_map(|left| other.ranges.iter().map(move |right| (left, right)));
        let common = pairs.map(|(left, right)| {
            (
                std::cmp::max(&left.0, &right.0).clone(),
                std::cmp::min(&left.1, &right.1).clone(),
            )
        });
        Self::new(common, self.null && other.null)
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        self.union(other) == *self
    }

    /// What Athena sends for a column of that wire type: sorted ranges, since all types here have an order.
    pub(super) fn value_set(&self, column: &DataType) -> Result<ValueSet, ArrowError> {
        let ranges = self.ranges.iter().map(|(low, high)| {
            let low = match low {
                Cut::Beside(value, Side::Below) => {
                    marker(Some(value), MarkerBound::Exactly, column)
                }
                Cut::Beside(value, Side::Above) => marker(Some(value), MarkerBound::Above, column),
                Cut::First | Cut::Last => marker(None, MarkerBound::Above, column),
            };
            let high = match high {
                Cut::Beside(value, Side::Below) => marker(Some(value), MarkerBound::Below, column),
                Cut::Beside(value, Side::Above) => {
                    marker(Some(value), MarkerBound::Exactly, column)
                }
                Cut::First | Cut::Last => marker(None, MarkerBound::Below, column),
            };
            Ok::<_, ArrowError>(Range {
                low: low?,
                high: high?,
            })
        });
        Ok(ValueSet::SortedRangeSet {
            r#type: ArrowType::from(column),
            ranges: ranges.collect::<Result<_, _>>()?,
            null_allowed: self.null,
        })
    }
}

/// A block of the column `col1` (federation-protocol.md, section 4.4); without rows when there is no value.
fn marker(
    value: Option<&Value>,
    bound: MarkerBound,
    column: &DataType,
) -> Result<Marker, ArrowError> {
    let values: Vec<Option<&Value>> = value.into_iter().map(Some).collect();
    Ok(Marker {
        value_block: constants(&values, column)?,
        bound,
        null_value: value.is_none(),
    })
}

/// Values of one column as a block, a row a value; nothing is NULL.
pub(super) fn constants(values: &[Option<&Value>], column: &DataType) -> Result<Block, ArrowError> {
    let schema = Schema::new(vec![Field::new("col1", column.clone(), true)]);
    RecordBatch::try_new(Arc::new(schema), vec![Value::array(values, column)]).map(Block)
}
