//! Value sets of Athena's to domains, to nanoseconds, and on rows: held against what Athena means by them. Their JSON is
//! read by [`crate::reading::request`].

use std::collections::BTreeMap;
use std::sync::Arc;

use arbitrary::{Arbitrary, Unstructured};
use arrow::array::{
    Array, ArrayRef, BooleanArray, Date64Array, Int64Array, RecordBatch, TimestampMillisecondArray,
};
use connector::query::{self, Bound, Literal, Mapping, Term, pushed_term, residual};
use connector::wire::{ArrowType, Constraints, Marker, MarkerBound, Range, ValueSet};

use crate::samples::{self, block_of};

/// A constraint on a column, and values of that column; more of each than this are left out.
#[derive(Arbitrary, Clone, Debug)]
struct Asked {
    column: Column,
    set: Set,
    null_allowed: bool,
    rows: Vec<Option<i64>>,
}

const MOST: usize = 8;

/// Columns of whole numbers: numbers, milliseconds, milliseconds with a zone packed in.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Column {
    Number,
    Instant,
    Zoned,
}

/// What Athena can say of a column's values.
#[derive(Arbitrary, Clone, Debug)]
enum Set {
    Listed {
        values: Vec<Option<i64>>,
        white_list: bool,
    },
    Ranges(Vec<(End, End)>),
    AllOrNone(bool),
}

/// An end of a range: none, at a value, or next to one.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum End {
    Open,
    At(i64),
    Beside(i64),
}

/// Bytes as a constraint, any bytes.
///
/// # Errors
///
/// When a range ends before it begins, which Athena does not say.
///
/// # Panics
///
/// When the connector keeps or drops a row that Athena would not, or the nanoseconds that it pushes down do.
pub fn value_set(bytes: &[u8]) -> Result<(), String> {
    let asked =
        Asked::arbitrary(&mut Unstructured::new(bytes)).map_err(|error| error.to_string())?;
    asked.tame().check()
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Number => "n",
            Self::Instant => "at",
            Self::Zoned => "time",
        }
    }

    /// A value that the column can hold, twelve bits of a packed instant being its zone's; often one of few, so that
    /// values meet.
    fn fit(self, value: i64) -> i64 {
        let value = match value & 3 {
            0 => (value >> 2) % 4,
            1 => (i64::MAX / 1_000_000).saturating_add((value >> 2) % 4),
            2 => [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX][(value >> 2) as usize & 3],
            _ => value,
        };
        match self {
            Self::Number | Self::Instant => value,
            Self::Zoned => value >> 12,
        }
    }

    fn array(self, values: &[Option<i64>]) -> ArrayRef {
        let values = values.to_vec();
        match self {
            Self::Number => Arc::new(Int64Array::from(values)),
            Self::Instant => Arc::new(Date64Array::from(values)),
            Self::Zoned => {
                let packed = values
                    .into_iter()
                    .map(|value| value.map(|millis| millis << 12));
                let packed: TimestampMillisecondArray = packed.collect();
                Arc::new(packed.with_timezone("UTC"))
            }
        }
    }
}

impl Asked {
    /// Few values, that the column can hold.
    fn tame(mut self) -> Self {
        let column = self.column;
        let fit = |values: &mut Vec<Option<i64>>| {
            values.truncate(MOST);
            for value in values.iter_mut().flatten() {
                *value = column.fit(*value);
            }
        };
        fit(&mut self.rows);
        match &mut self.set {
            Set::Listed { values, .. } => fit(values),
            Set::Ranges(ranges) => {
                ranges.truncate(MOST);
                for end in ranges.iter_mut().flat_map(|(low, high)| [low, high]) {
                    if let End::At(value) | End::Beside(value) = end {
                        *value = column.fit(*value);
                    }
                }
            }
            Set::AllOrNone(_) => {}
        }
        self
    }

    fn check(&self) -> Result<(), String> {
        let mapping = samples::mapping();
        let constraints = Constraints {
            summary: BTreeMap::from([(self.column.name().to_owned(), self.wire())]),
            ..Constraints::default()
        };
        let terms = query::terms(&constraints, mapping);
        if let Set::Ranges(ranges) = &self.set
            && ranges.iter().any(is_backwards)
        {
            assert!(terms.is_err(), "{self:?} is taken for something");
            return Err("a range ends before it begins".into());
        }
        let terms = match terms {
            Ok(terms) => terms,
            Err(error) => panic!("{self:?} is refused: {error}"),
        };
        self.check_rows(&terms);
        self.check_pushed(&terms, mapping);
        Ok(())
    }

    fn wire(&self) -> ValueSet {
        let data_type = self.column.array(&[]).data_type().clone();
        let r#type = ArrowType::from(&data_type);
        let null_allowed = self.null_allowed;
        match &self.set {
            Set::Listed { values, white_list } => ValueSet::EquatableValueSet {
                value_block: block_of(self.column.array(values)),
                white_list: *white_list,
                null_allowed,
            },
            Set::Ranges(ranges) => ValueSet::SortedRangeSet {
                r#type,
                ranges: ranges
                    .iter()
                    .map(|(low, high)| Range {
                        low: self.marker(*low, MarkerBound::Above),
                        high: self.marker(*high, MarkerBound::Below),
                    })
                    .collect(),
                null_allowed,
            },
            Set::AllOrNone(all) => ValueSet::AllOrNoneValueSet {
                r#type,
                all: *all,
                null_allowed,
            },
        }
    }

    /// `open` is the bound of an end that does not hold its value.
    fn marker(&self, end: End, open: MarkerBound) -> Marker {
        let (values, bound) = match end {
            End::Open => (vec![], open),
            End::At(value) => (vec![Some(value)], MarkerBound::Exactly),
            End::Beside(value) => (vec![Some(value)], open),
        };
        Marker {
            null_value: values.is_empty(),
            value_block: block_of(self.column.array(&values)),
            bound,
        }
    }

    /// What Athena means (federation-protocol.md, sections 4.3 and 4.4).
    fn admits(&self, value: Option<i64>) -> bool {
        let Some(value) = value else {
            return self.null_allowed;
        };
        match &self.set {
            Set::Listed { values, white_list } => values.contains(&Some(value)) == *white_list,
            Set::Ranges(ranges) => ranges.iter().any(|(low, high)| {
                let above = match low {
                    End::Open => true,
                    End::At(low) => value >= *low,
                    End::Beside(low) => value > *low,
                };
                let below = match high {
                    End::Open => true,
                    End::At(high) => value <= *high,
                    End::Beside(high) => value < *high,
                };
                above && below
            }),
            // Neither is "not null", as Java writes it.
            Set::AllOrNone(all) => *all || !self.null_allowed,
        }
    }

    fn check_rows(&self, terms: &[Term]) {
        let rows = self.column.array(&self.rows);
        let batch = match RecordBatch::try_from_iter_with_nullable([("c", rows, true)]) {
            Ok(batch) => batch,
            Err(error) => panic!("a column is no batch: {error}"),
        };
        let kept = match residual::admitted(terms, &batch, |_| Some(0)) {
            Ok(kept) => kept,
            Err(error) => panic!("{self:?} cannot be evaluated: {error}"),
        };
        let expected = self.rows.iter().map(|value| Some(self.admits(*value)));
        assert_eq!(kept, expected.collect::<BooleanArray>(), "{self:?}");
    }

    /// Stored instants at both ends of each row's millisecond, and beside them.
    fn check_pushed(&self, terms: &[Term], mapping: &Mapping) {
        let mut pushed = Vec::new();
        for term in terms {
            match pushed_term(term, mapping) {
                Some(Term::Domain(domain)) => pushed.push(domain.values),
                other => panic!("{self:?} is pushed as {other:?}"),
            }
        }
        let holds = |value: Literal| pushed.iter().all(|set| holds(set, &value));
        for value in self.rows.iter().flatten() {
            if self.column == Column::Number {
                let held = holds(Literal::Integer(*value));
                assert_eq!(held, self.admits(Some(*value)), "{self:?} of {value}");
                continue;
            }
            for beside in [-1, 0, 1, 999_999, 1_000_000] {
                let nanos = value.checked_mul(1_000_000);
                if let Some(nanos) = nanos.and_then(|nanos| nanos.checked_add(beside)) {
                    let shown = nanos.div_euclid(1_000_000);
                    let held = holds(Literal::Nanos(nanos));
                    assert_eq!(held, self.admits(Some(shown)), "{self:?} of {nanos} ns");
                }
            }
        }
    }
}

fn is_backwards(range: &(End, End)) -> bool {
    match *range {
        (End::Open, _) | (_, End::Open) => false,
        (End::At(low), End::At(high)) => low > high,
        (End::At(low) | End::Beside(low), End::At(high) | End::Beside(high)) => low >= high,
    }
}

fn holds(set: &query::ValueSet, value: &Literal) -> bool {
    match set {
        query::ValueSet::All => true,
        query::ValueSet::None => false,
        query::ValueSet::AnyOf(values) => values.contains(value),
        query::ValueSet::NoneOf(values) => !values.contains(value),
        query::ValueSet::Ranges(ranges) => ranges.iter().any(|range| {
            let above = match &range.low {
                Bound::Unbounded => true,
                Bound::Inclusive(low) => value >= low,
                Bound::Exclusive(low) => value > low,
            };
            let below = match &range.high {
                Bound::Unbounded => true,
                Bound::Inclusive(high) => value <= high,
                Bound::Exclusive(high) => value < high,
            };
            above && below
        }),
    }
}
