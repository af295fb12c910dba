//! Domains and value sets: which values of a field are admitted.

use std::cmp::Ordering;

use super::Literal;

/// One field's value set plus whether NULL is admitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Index into the mapping's fields.
    pub field: usize,
    /// Which values.
    pub values: ValueSet,
    /// Whether NULL.
    pub null_allowed: bool,
}

impl Domain {
    /// Whether it admits nothing at all.
    pub fn is_empty(&self) -> bool {
        self.values == ValueSet::None && !self.null_allowed
    }

    /// Whether it admits everything.
    pub fn is_full(&self) -> bool {
        self.values == ValueSet::All && self.null_allowed
    }
}

/// Which values, NULL apart.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueSet {
    /// Every value.
    All,
    /// No value.
    None,
    /// These values.
    AnyOf(Vec<Literal>),
    /// Every value but these.
    NoneOf(Vec<Literal>),
    /// Sorted, disjoint, none empty.
    Ranges(Vec<Range>),
}

/// From bound to bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// Where it begins.
    pub low: Bound,
    /// Where it ends.
    pub high: Bound,
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// No end.
    Unbounded,
    /// The value itself is inside.
    Inclusive(Literal),
    /// The value itself is outside.
    Exclusive(Literal),
}

impl ValueSet {
    /// The set of a union of ranges, in its simplest form: overlapping and adjoining ranges are joined, single values
    /// become `AnyOf`, holes of single values `NoneOf`.
    ///
    /// Bounds that cannot be compared (NaN) are kept apart, as they are.
    pub fn from_ranges(mut ranges: Vec<Range>) -> Self {
        ranges.retain(|range| !range.is_empty());
        ranges.sort_by(|left, right| compare_low(&left.low, &right.low));
        let mut joined: Vec<Range> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(last) if touches(&last.high, &range.low) => {
                    if compare_high(&last.high, &range.high) == Ordering::Less {
                        last.high = range.high;
                    }
                }
                _ => joined.push(range),
            }
        }
        if joined.is_empty() {
            return Self::None;
        }
        if let [
            Range {
                low: Bound::Unbounded,
                high: Bound::Unbounded,
            },
        ] = joined.as_slice()
        {
            return Self::All;
        }
        if let Some(values) = joined.iter().map(Range::single).collect::<Option<Vec<_>>>() {
            return Self::AnyOf(values);
        }
        if let Some(values) = holes(&joined) {
            return Self::NoneOf(values);
        }
        Self::Ranges(joined)
    }
}

impl Range {
    /// The one value it holds, if it is one.
    fn single(&self) -> Option<Literal> {
        match (&self.low, &self.high) {
            (Bound::Inclusive(low), Bound::Inclusive(high)) if low == high => Some(low.clone()),
            _ => None,
        }
    }

    /// Whether NaN is one of its bounds but not both.
    pub(crate) fn is_open_at_nan(&self) -> bool {
        let is_nan = |bound: &Bound| match bound {
            Bound::Inclusive(literal) | Bound::Exclusive(literal) => {
                literal.partial_cmp(literal).is_none()
            }
            Bound::Unbounded => false,
        };
        is_nan(&self.low) != is_nan(&self.high)
    }

    /// Whether no value can lie in it.
    pub(crate) fn is_empty(&self) -> bool {
        match (&self.low, &self.high) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Inclusive(low), Bound::Inclusive(high)) => low > high,
            (
                Bound::Inclusive(low) | Bound::Exclusive(low),
                Bound::Inclusive(high) | Bound::Exclusive(high),
            ) => low >= high,
        }
    }
}

/// The values left out, if the ranges are everything but single values.
fn holes(ranges: &[Range]) -> Option<Vec<Literal>> {
    let (first, last) = (ranges.first()?, ranges.last()?);
    if first.low != Bound::Unbounded || last.high != Bound::Unbounded {
        return None;
    }
    ranges
        .windows(2)
        .map(|pair| match (&pair[0].high, &pair[1].low) {
            (Bound::Exclusive(high), Bound::Exclusive(low)) if high == low => Some(low.clone()),
            _ => None,
        })
        .collect()
}

/// Whether a range that ends at `high` and a later one that begins at `low` leave no value between them.
fn touches(high: &Bound, low: &Bound) -> bool {
    match (high, low) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => true,
        (Bound::Exclusive(high), Bound::Exclusive(low)) => low < high,
        (
            Bound::Inclusive(high) | Bound::Exclusive(high),
            Bound::Inclusive(low) | Bound::Exclusive(low),
        ) => low <= high,
    }
}

/// Orders low ends: unbounded first, inclusive before exclusive.
fn compare_low(left: &Bound, right: &Bound) -> Ordering {
    match (left, right) {
        (Bound::Unbounded, Bound::Unbounded) => Ordering::Equal,
        (Bound::Unbounded, _) => Ordering::Less,
        (_, Bound::Unbounded) => Ordering::Greater,
        (Bound::Inclusive(left), Bound::Inclusive(right))
        | (Bound::Exclusive(left), Bound::Exclusive(right)) => compare(left, right),
        (Bound::Inclusive(left), Bound::Exclusive(right)) => {
            compare(left, right).then(Ordering::Less)
        }
        (Bound::Exclusive(left), Bound::Inclusive(right)) => {
            compare(left, right).then(Ordering::Greater)
        }
    }
}

/// Orders high ends: exclusive before inclusive, unbounded last.
fn compare_high(left: &Bound, right: &Bound) -> Ordering {
    match (left, right) {
        (Bound::Unbounded, Bound::Unbounded) => Ordering::Equal,
        (Bound::Unbounded, _) => Ordering::Greater,
        (_, Bound::Unbounded) => Ordering::Less,
        (Bound::Inclusive(left), Bound::Inclusive(right))
        | (Bound::Exclusive(left), Bound::Exclusive(right)) => compare(left, right),
        (Bound::Exclusive(left), Bound::Inclusive(right)) => {
            compare(left, right).then(Ordering::Less)
        }
        (Bound::Inclusive(left), Bound::Exclusive(right)) => {
            compare(left, right).then(Ordering::Greater)
        }
    }
}

/// A total order, as sorting needs one: NaN, which SQL compares with nothing, has a place of its own.
fn compare(left: &Literal, right: &Literal) -> Ordering {
    match (left, right) {
        // Equal first: the total order tells the two zeros apart.
        (Literal::Double(left), Literal::Double(right)) if left != right => left.total_cmp(right),
        _ => left.partial_cmp(right).unwrap_or(Ordering::Equal),
    }
}
