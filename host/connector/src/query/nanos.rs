//! Athena's milliseconds to Timestream's nanoseconds, exactly (timestream.md, section 9.2).
//!
//! Athena sees the stored instant cut down to its millisecond. So a bound at millisecond X speaks of the range
//! `[X, X + 1 ms)` of stored instants, and every comparison becomes a half-open range of nanoseconds.

use arrow::datatypes::DataType;

use super::{Bound, Domain, Expression, Function, Literal, Mapping, Range, Term, ValueSet};

const NANOS_PER_MILLI: i64 = 1_000_000;
const MILLIS_PER_DAY: i64 = 86_400_000;

/// The term as a plugin sees it, with nanoseconds in place of milliseconds; None when there is no exact form, so
/// that the term stays with the host.
pub fn pushed_term(term: &Term, mapping: &Mapping) -> Option<Term> {
    match term {
        Term::Domain(domain) => Some(Term::Domain(Domain {
            field: domain.field,
            values: values(&domain.values),
            null_allowed: domain.null_allowed,
        })),
        Term::Expression(tree) => expression(tree, mapping).map(Term::Expression),
    }
}

fn values(set: &ValueSet) -> ValueSet {
    match set {
        ValueSet::All => ValueSet::All,
        ValueSet::None => ValueSet::None,
        ValueSet::AnyOf(listed) => match millis(listed) {
            Some(millis) => ValueSet::from_ranges(millis.into_iter().filter_map(instant).collect()),
            None => set.clone(),
        },
        ValueSet::NoneOf(listed) => match millis(listed) {
            Some(millis) => complement(ValueSet::from_ranges(
                millis.into_iter().filter_map(instant).collect(),
            )),
            None => set.clone(),
        },
        ValueSet::Ranges(ranges) => {
            ValueSet::from_ranges(ranges.iter().filter_map(range).collect())
        }
    }
}

/// The values as milliseconds, if they are timestamps.
fn millis(literals: &[Literal]) -> Option<Vec<i64>> {
    literals
        .iter()
        .map(|literal| {
            if let Literal::Millis(millis) = literal {
                Some(*millis)
            } else {
                None
            }
        })
        .collect()
}

/// What stored instants are shown as this millisecond; None when there can be none.
fn instant(millis: i64) -> Option<Range> {
    range(&Range {
        low: Bound::Inclusive(Literal::Millis(millis)),
        high: Bound::Inclusive(Literal::Millis(millis)),
    })
}

/// A range of milliseconds as one of nanoseconds; others as they are. None: no stored instant lies in it.
fn range(range: &Range) -> Option<Range> {
    let low = match &range.low {
        Bound::Inclusive(Literal::Millis(millis)) => low_at(*millis)?,
        Bound::Exclusive(Literal::Millis(millis)) => low_at(millis.checked_add(1)?)?,
        other => other.clone(),
    };
    let high = match &range.high {
        Bound::Inclusive(Literal::Millis(millis)) => millis
            .checked_add(1)
            .map_or(Some(Bound::Unbounded), high_before)?,
        Bound::Exclusive(Literal::Millis(millis)) => high_before(*millis)?,
        other => other.clone(),
    };
    Some(Range { low, high })
}

/// From millisecond `millis` on. Before the first instant that Timestream can store: no bound; after the last: none.
fn low_at(millis: i64) -> Option<Bound> {
    match millis.checked_mul(NANOS_PER_MILLI) {
        Some(nanos) => Some(Bound::Inclusive(Literal::Nanos(nanos))),
        None if millis < 0 => Some(Bound::Unbounded),
        None => None,
    }
}

/// Up to, and without, millisecond `millis`.
fn high_before(millis: i64) -> Option<Bound> {
    match millis.checked_mul(NANOS_PER_MILLI) {
        Some(nanos) => Some(Bound::Exclusive(Literal::Nanos(nanos))),
        None if millis < 0 => None,
        None => Some(Bound::Unbounded),
    }
}

/// Everything but a union of half-open ranges, as [`instant`] makes them.
fn complement(set: ValueSet) -> ValueSet {
    let ranges = match set {
        ValueSet::None => return ValueSet::All,
        ValueSet::All => return ValueSet::None,
        ValueSet::Ranges(ranges) => ranges,
        // Ranges of a millisecond are no single values.
        ValueSet::AnyOf(_) | ValueSet::NoneOf(_) => return set,
    };
    let mut gaps = Vec::with_capacity(ranges.len() + 1);
    let mut low = Bound::Unbounded;
    let mut open = true;
    for range in ranges {
        if let Bound::Inclusive(value) = range.low {
            gaps.push(Range {
                low,
                high: Bound::Exclusive(value),
            });
        }
        (low, open) = match range.high {
            Bound::Exclusive(value) => (Bound::Inclusive(value), true),
            _ => (Bound::Unbounded, false),
        };
    }
    if open {
        gaps.push(Range {
            low,
            high: Bound::Unbounded,
        });
    }
    ValueSet::from_ranges(gaps)
}

/// An expression over nanoseconds; None when it compares timestamps in a way that has no exact form.
fn expression(tree: &Expression, mapping: &Mapping) -> Option<Expression> {
    if let Expression::Call(function, arguments) = tree {
        if let Some(comparison) = comparison(*function, arguments, mapping) {
            return comparison;
        }
        if *function == Function::IsNull && matches!(arguments.as_slice(), [Expression::Field(_)]) {
            return Some(tree.clone());
        }
        if *function == Function::In
            && let [
                Expression::Field(field),
                Expression::Call(Function::Array, listed),
            ] = arguments.as_slice()
            && is_timestamp(&mapping.fields[*field].data_type)
        {
            return is_in(*field, listed);
        }
        let arguments = arguments
            .iter()
            .map(|argument| expression(argument, mapping))
            .collect::<Option<Vec<_>>>()?;
        return Some(Expression::Call(*function, arguments));
    }
    // A timestamp anywhere else: two that are equal in milliseconds need not be in nanoseconds.
    let is_timestamp = match tree {
        Expression::Field(field) => is_timestamp(&mapping.fields[*field].data_type),
        Expression::Constant(Literal::Millis(_)) => true,
        _ => false,
    };
    (!is_timestamp).then(|| tree.clone())
}

/// Whether Athena sees values of this type as timestamps, in milliseconds.
pub fn is_timestamp(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date64 | DataType::Timestamp(..))
}

/// `field <comparison> constant` on a timestamp, either way round. The outer None: it is not of this form; the inner:
/// it has no exact form.
fn comparison(
    function: Function,
    arguments: &[Expression],
    mapping: &Mapping,
) -> Option<Option<Expression>> {
    use Function::{
        Equal, GreaterThan, GreaterThanOrEqual, IsDistinctFrom, LessThan, LessThanOrEqual, NotEqual,
    };
    let (field, millis, function) = match arguments {
        [Expression::Field(field), constant] => (*field, constant_millis(constant)?, function),
        [constant, Expression::Field(field)] => {
            let swapped = match function {
                LessThan => GreaterThan,
                LessThanOrEqual => GreaterThanOrEqual,
                GreaterThan => LessThan,
                GreaterThanOrEqual => LessThanOrEqual,
                other => other,
            };
            (*field, constant_millis(constant)?, swapped)
        }
        _ => return None,
    };
    if !is_timestamp(&mapping.fields[field].data_type) {
        return None;
    }
    let call = |function, nanos| beside(function, field, nanos);
    let begin = millis.checked_mul(NANOS_PER_MILLI);
    let end = begin.and_then(|begin| begin.checked_add(NANOS_PER_MILLI));
    let (Some(begin), Some(end)) = (begin, end) else {
        return Some(None);
    };
    Some(match function {
        Equal => Some(Expression::Call(
            Function::And,
            vec![call(GreaterThanOrEqual, begin), call(LessThan, end)],
        )),
        NotEqual => Some(Expression::Call(
            Function::Or,
            vec![call(LessThan, begin), call(GreaterThanOrEqual, end)],
        )),
        IsDistinctFrom => Some(Expression::Call(
            Function::Or,
            vec![
                Expression::Call(Function::IsNull, vec![Expression::Field(field)]),
                call(LessThan, begin),
                call(GreaterThanOrEqual, end),
            ],
        )),
        LessThan => Some(call(LessThan, begin)),
        LessThanOrEqual => Some(call(LessThan, end)),
        GreaterThan => Some(call(GreaterThanOrEqual, end)),
        GreaterThanOrEqual => Some(call(GreaterThanOrEqual, begin)),
        _ => None,
    })
}

/// `field IN (listed)` on a timestamp, as the ranges of its milliseconds; None when an element is no constant, or none
/// can be stored.
fn is_in(field: usize, listed: &[Expression]) -> Option<Expression> {
    let mut ranges = Vec::with_capacity(listed.len());
    let mut has_null = false;
    for element in listed {
        match element {
            Expression::Null => has_null = true,
            element => ranges.extend(instant(constant_millis(element)?)),
        }
    }
    let ValueSet::Ranges(ranges) = ValueSet::from_ranges(ranges) else {
        return None;
    };
    let mut alternatives: Vec<Expression> = ranges
        .iter()
        .map(|range| {
            let mut ends = Vec::with_capacity(2);
            if let Bound::Inclusive(Literal::Nanos(low)) = range.low {
                ends.push(beside(Function::GreaterThanOrEqual, field, low));
            }
            if let Bound::Exclusive(Literal::Nanos(high)) = range.high {
                ends.push(beside(Function::LessThan, field, high));
            }
            Expression::Call(Function::And, ends)
        })
        .collect();
    // Equal to none of the others, it is not known to be different from NULL.
    if has_null {
        alternatives.push(Expression::Null);
    }
    Some(Expression::Call(Function::Or, alternatives))
}

/// The millisecond of a constant beside a timestamp: a date is its midnight, as Trino casts it.
fn constant_millis(constant: &Expression) -> Option<i64> {
    match constant {
        Expression::Constant(Literal::Millis(millis)) => Some(*millis),
        Expression::Constant(Literal::Date(days)) => Some(i64::from(*days) * MILLIS_PER_DAY),
        _ => None,
    }
}

fn beside(function: Function, field: usize, nanos: i64) -> Expression {
    Expression::Call(
        function,
        vec![
            Expression::Field(field),
            Expression::Constant(Literal::Nanos(nanos)),
        ],
    )
}
