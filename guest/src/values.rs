//! Sets of values, brought into the shape in which they are printed: single values, and spans with holes.
//!
//! A set is only ever widened, and says so: a constant that SQL cannot hold moves a bound outward or leaves a hole
//! unpunched, never the other way.

use std::cmp::Ordering;

use crate::budget::MAX_OPERATIONS;
use crate::operand::{Kind, Place};
use crate::sql::compare;
use crate::{Bound, Literal, Range, ValueSet};

/// More spans than this become the one that encloses them: each has two ends, and more comparisons than that are too
/// many for a statement.
const MAX_SPANS: usize = MAX_OPERATIONS / 2;

/// Values between two bounds, but for some.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) low: Bound,
    pub(crate) high: Bound,
    pub(crate) holes: Vec<Literal>,
}

/// The union of some values and some spans. NULL is in none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values {
    pub(crate) points: Vec<Literal>,
    pub(crate) spans: Vec<Span>,
    /// Whether this is the set that was asked for, and not one around it.
    pub(crate) exact: bool,
}

impl Span {
    const EVERYTHING: Self = Self {
        low: Bound::Unbounded,
        high: Bound::Unbounded,
        holes: Vec::new(),
    };
}

impl Values {
    /// The values of a set, as far as constants of `kind` can be printed.
    ///
    /// # Errors
    /// Says why, if a constant does not compare with values of that kind.
    pub(crate) fn new(kind: Kind, set: &ValueSet) -> Result<Self, String> {
        let convert = |literals: &[Literal]| -> Result<Vec<Literal>, String> {
            literals
                .iter()
                .map(|literal| kind.convert(literal))
                .collect()
        };
        let mut values = Self {
            points: Vec::new(),
            spans: Vec::new(),
            exact: true,
        };
        match set {
            ValueSet::All => values.spans.push(Span::EVERYTHING),
            ValueSet::None => {}
            ValueSet::AnyOf(literals) => values.points = convert(literals)?,
            ValueSet::NoneOf(literals) => {
                values.spans.push(Span {
                    holes: convert(literals)?,
                    ..Span::EVERYTHING
                });
            }
            ValueSet::Ranges(ranges) => {
                for range in ranges {
                    values.add(kind, range)?;
                }
            }
        }
        if kind == Kind::Boolean {
            return Ok(values.of_booleans());
        }
        let mut values = values.within(kind);
        if values.spans.len() > MAX_SPANS {
            values = values.enclosing();
        }
        Ok(values)
    }

    /// Whether every value but NULL is in the set.
    pub(crate) fn is_everything(&self) -> bool {
        self.spans.contains(&Span::EVERYTHING)
    }

    /// Whether the set excludes some end of the line, or all but some values.
    pub(crate) fn is_bounded(&self) -> bool {
        self.spans.iter().all(|span| {
            !matches!(
                (&span.low, &span.high),
                (Bound::Unbounded, Bound::Unbounded)
            )
        })
    }

    /// The one span around everything in the set: short, and wider unless it is the same.
    pub(crate) fn enclosing(&self) -> Self {
        let points = self
            .points
            .iter()
            .map(|point| Bound::Inclusive(point.clone()));
        let lows = self
            .spans
            .iter()
            .map(|span| span.low.clone())
            .chain(points.clone());
        let highs = self
            .spans
            .iter()
            .map(|span| span.high.clone())
            .chain(points);
        let span = match (lows.min_by(compare_lows), highs.max_by(compare_highs)) {
            (Some(low), Some(high)) => Span {
                low,
                high,
                holes: Vec::new(),
            },
            _ => return self.clone(),
        };
        Self {
            points: Vec::new(),
            spans: vec![span],
            exact: false,
        }
    }

    /// Adds the next range of a sorted list.
    fn add(&mut self, kind: Kind, range: &Range) -> Result<(), String> {
        let convert = |bound: &Bound| match bound {
            Bound::Unbounded => Ok(Bound::Unbounded),
            Bound::Inclusive(literal) => kind.convert(literal).map(Bound::Inclusive),
            Bound::Exclusive(literal) => kind.convert(literal).map(Bound::Exclusive),
        };
        let (low, high) = (convert(&range.low)?, convert(&range.high)?);
        match (low, high) {
            (Bound::Inclusive(low), Bound::Inclusive(high)) if low == high => self.points.push(low),
            (Bound::Exclusive(low), high) => match self.spans.last_mut() {
                // All values but one between two ranges: `<>` is shorter, and keeps a NaN that SQL's `<>` keeps.
                Some(last) if last.high == Bound::Exclusive(low.clone()) => {
                    last.high = high;
                    last.holes.push(low);
                }
                _ => self.spans.push(Span {
                    low: Bound::Exclusive(low),
                    high,
                    holes: Vec::new(),
                }),
            },
            (low, high) => self.spans.push(Span {
                low,
                high,
                holes: Vec::new(),
            }),
        }
        Ok(())
    }

    /// The set over the two booleans: both of them are everything.
    fn of_booleans(self) -> Self {
        let both = [false, true].map(Literal::Boolean);
        let points: Vec<Literal> = both
            .into_iter()
            .filter(|value| self.contains(value))
            .collect();
        match points.len() {
            2 => Self {
                points: Vec::new(),
                spans: vec![Span::EVERYTHING],
                exact: self.exact,
            },
            _ => Self {
                points,
                spans: Vec::new(),
                exact: self.exact,
            },
        }
    }

    fn contains(&self, value: &Literal) -> bool {
        let above = |low: &Bound| match low {
            Bound::Unbounded => true,
            Bound::Inclusive(low) => compare(low, value).is_le(),
            Bound::Exclusive(low) => compare(low, value).is_lt(),
        };
        let below = |high: &Bound| match high {
            Bound::Unbounded => true,
            Bound::Inclusive(high) => compare(value, high).is_le(),
            Bound::Exclusive(high) => compare(value, high).is_lt(),
        };
        let in_span =
            |span: &Span| above(&span.low) && below(&span.high) && !span.holes.contains(value);
        self.points.contains(value) || self.spans.iter().any(in_span)
    }

    /// The set with every constant printable.
    fn within(self, kind: Kind) -> Self {
        let mut within = Self {
            points: Vec::new(),
            spans: Vec::new(),
            exact: self.exact,
        };
        for point in self.points {
            match kind.place(&point) {
                Place::Inside => within.points.push(point),
                Place::Nowhere => {}
                place => within.add_outside(kind, place),
            }
        }
        for span in self.spans {
            within.add_span(kind, span);
        }
        within
    }

    fn add_span(&mut self, kind: Kind, span: Span) {
        let place = |bound: &Bound| match bound {
            Bound::Unbounded => None,
            Bound::Inclusive(literal) | Bound::Exclusive(literal) => Some(kind.place(literal)),
        };
        let outside = match (place(&span.low), place(&span.high)) {
            (_, Some(Place::Below)) => Some(Place::Below),
            (Some(Place::Above), _) => Some(Place::Above),
            _ => None,
        };
        if let Some(place) = outside {
            return self.add_outside(kind, place);
        }
        let mut exact = true;
        let mut bound = |bound: Bound| match place(&bound) {
            None | Some(Place::Inside) => bound,
            Some(Place::Below | Place::Above) => {
                exact &= kind.is_complete();
                Bound::Unbounded
            }
            Some(Place::Nowhere | Place::Unprintable) => {
                exact = false;
                Bound::Unbounded
            }
        };
        let (low, high) = (bound(span.low), bound(span.high));
        let mut holes = Vec::with_capacity(span.holes.len());
        for hole in span.holes {
            match kind.place(&hole) {
                Place::Inside => holes.push(hole),
                Place::Nowhere => {}
                Place::Below | Place::Above => exact &= kind.is_complete(),
                Place::Unprintable => exact = false,
            }
        }
        self.exact &= exact;
        self.spans.push(Span { low, high, holes });
    }

    /// Adds a set around values that cannot be printed.
    fn add_outside(&mut self, kind: Kind, place: Place) {
        if kind.is_complete() && matches!(place, Place::Below | Place::Above) {
            return;
        }
        let span = match (kind.edges(), place) {
            (Some((first, _)), Place::Below) => Span {
                high: Bound::Exclusive(first),
                ..Span::EVERYTHING
            },
            (Some((_, last)), Place::Above) => Span {
                low: Bound::Exclusive(last),
                ..Span::EVERYTHING
            },
            _ => Span::EVERYTHING,
        };
        self.exact = false;
        if !self.spans.contains(&span) {
            self.spans.push(span);
        }
    }
}

fn compare_lows(left: &Bound, right: &Bound) -> Ordering {
    compare_bounds(left, right, Ordering::Less)
}

fn compare_highs(left: &Bound, right: &Bound) -> Ordering {
    compare_bounds(left, right, Ordering::Greater)
}

/// The order of two bounds on the same side; `unbounded` is where an absent one stands, and an inclusive one stands
/// nearer to it than an exclusive one of the same value.
fn compare_bounds(left: &Bound, right: &Bound, unbounded: Ordering) -> Ordering {
    match (left, right) {
        (Bound::Unbounded, Bound::Unbounded) => Ordering::Equal,
        (Bound::Unbounded, _) => unbounded,
        (_, Bound::Unbounded) => unbounded.reverse(),
        (Bound::Inclusive(left), Bound::Inclusive(right))
        | (Bound::Exclusive(left), Bound::Exclusive(right)) => compare(left, right),
        (Bound::Inclusive(left), Bound::Exclusive(right)) => compare(left, right).then(unbounded),
        (Bound::Exclusive(left), Bound::Inclusive(right)) => {
            compare(left, right).then(unbounded.reverse())
        }
    }
}

#[cfg(test)]
mod tests;
