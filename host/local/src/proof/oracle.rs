//! Which rows a term admits, by Trino's meaning, written down over plain values: no SQL, no Arrow, nothing of the
//! connector's. Rows hold what Athena sees, timestamps in milliseconds.

use std::cmp::Ordering;

use super::model::{Row, Value};

/// What a row must meet.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// A column's value, or NULL where `null` allows it, must be in a set.
    Domain {
        /// The column.
        column: usize,
        /// Which values.
        set: Set,
        /// Whether NULL.
        null: bool,
    },
    /// Must be true.
    Expression(Expr),
}

/// Values of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// Every value.
    All,
    /// These.
    AnyOf(Vec<Value>),
    /// All but these.
    NoneOf(Vec<Value>),
    /// From bound to bound, in any order, perhaps overlapping; none if empty.
    Ranges(Vec<(Bound, Bound)>),
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// No end.
    Unbounded,
    /// The value belongs to it.
    With(Value),
    /// The value does not.
    Without(Value),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Expr {
    Column(usize),
    Constant(Value),
    Null,
    Call(Op, Vec<Expr>),
}

/// A function, under Athena's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "SQL's own operators")]
pub enum Op {
    And,
    Or,
    Not,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Distinct,
    IsNull,
    In,
    Like,
    NullIf,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
    Negate,
}

/// An overflow or a division by zero: the query fails.
#[derive(Debug)]
pub struct Fault;

/// Whether a row meets a term.
///
/// # Errors
///
/// When evaluating it is an error of the query.
pub fn admits(term: &Term, row: &Row) -> Result<bool, Fault> {
    match term {
        Term::Domain { column, set, null } => Ok(match &row[*column] {
            None => *null,
            Some(value) => contains(set, value),
        }),
        Term::Expression(expr) => Ok(evaluate(expr, row)? == Some(Value::Boolean(true))),
    }
}

fn contains(set: &Set, value: &Value) -> bool {
    let equals = |other: &Value| order(value, other) == Some(Ordering::Equal);
    match set {
        Set::All => true,
        Set::AnyOf(values) => values.iter().any(equals),
        Set::NoneOf(values) => !values.iter().any(equals),
        Set::Ranges(ranges) if matches!(value, Value::Double(value) if value.is_nan()) => {
            is_all_but_points(ranges)
        }
        Set::Ranges(ranges) => ranges.iter().any(|(low, high)| {
            let from = |bound: &Value| order(value, bound);
            let above = match low {
                Bound::Unbounded => true,
                Bound::With(low) => from(low).is_some_and(Ordering::is_ge),
                Bound::Without(low) => from(low) == Some(Ordering::Greater),
            };
            let below = match high {
                Bound::Unbounded => true,
                Bound::With(high) => from(high).is_some_and(Ordering::is_le),
                Bound::Without(high) => from(high) == Some(Ordering::Less),
            };
            above && below
        }),
    }
}

/// Whether ranges leave out single numbers alone: that is how `<>` comes, which NaN passes (timestream.md, section 9.4).
fn is_all_but_points(ranges: &[(Bound, Bound)]) -> bool {
    // A range reaches from its low number to its high one; where two meet, at most that number is left out.
    let reach = |bound: &Bound, unbounded: f64| match bound {
        Bound::Unbounded => Some((unbounded, true)),
        Bound::With(Value::Double(value)) | Bound::Without(Value::Double(value)) => {
            Some((*value, false))
        }
        _ => None,
    };
    let mut spans: Vec<_> = ranges
        .iter()
        .filter_map(|(low, high)| {
            Some((reach(low, f64::NEG_INFINITY)?, reach(high, f64::INFINITY)?))
        })
        .collect();
    // Unbounded lies below what begins at minus infinity.
    spans.sort_by(|(left, _), (right, _)| {
        let unbounded_first = right.1.cmp(&left.1);
        left.0
            .partial_cmp(&right.0)
            .map_or(unbounded_first, |order| order.then(unbounded_first))
    });
    let Some(((_, true), mut high)) = spans.first().copied() else {
        return false;
    };
    for (low, next) in spans {
        if low.0 > high.0 {
            return false;
        }
        if next.0 > high.0 || (next.0 == high.0 && next.1) {
            high = next;
        }
    }
    high.1
}

/// How two values compare; None: not at all, as NaN with anything.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Integer(left), Value::Integer(right))
        | (Value::Millis(left), Value::Millis(right)) => Some(left.cmp(right)),
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (Value::Integer(left), Value::Double(right)) => (*left as f64).partial_cmp(right),
        (Value::Double(left), Value::Integer(right)) => left.partial_cmp(&(*right as f64)),
        (Value::Text(left), Value::Text(right)) => Some(left.chars().cmp(right.chars())),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// The value of an expression; None is NULL.
pub fn evaluate(expr: &Expr, row: &Row) -> Result<Option<Value>, Fault> {
    let (op, arguments) = match expr {
        Expr::Column(column) => return Ok(row[*column].clone()),
        Expr::Constant(value) => return Ok(Some(value.clone())),
        Expr::Null => return Ok(None),
        Expr::Call(op, arguments) => (*op, arguments),
    };
    let values = arguments
        .iter()
        .map(|argument| evaluate(argument, row))
        .collect::<Result<Vec<_>, _>>()?;
    let truth = |truth: Option<bool>| Ok(truth.map(Value::Boolean));
    match op {
        Op::And => truth(all(values.iter().map(is_true))),
        Op::Or => truth(
            all(values
                .iter()
                .map(|value| is_true(value).map(|truth| !truth)))
            .map(|none| !none),
        ),
        Op::Not => truth(is_true(&values[0]).map(|truth| !truth)),
        Op::IsNull => truth(Some(values[0].is_none())),
        Op::In => {
            let (value, list) = (&values[0], &values[1..]);
            let unequal = |item| equal(value, item).map(|equal| !equal);
            truth(all(list.iter().map(unequal)).map(|none| !none))
        }
        Op::Distinct => truth(Some(match (&values[0], &values[1]) {
            (Some(Value::Double(left)), Some(Value::Double(right))) if left.is_nan() => {
                !right.is_nan()
            }
            (Some(left), Some(right)) => order(left, right) != Some(Ordering::Equal),
            (left, right) => left.is_some() != right.is_some(),
        })),
        Op::NullIf => Ok(match equal(&values[0], &values[1]) {
            Some(true) => None,
            _ => values[0].clone(),
        }),
        Op::Like => {
            let texts: Option<Vec<Vec<char>>> = values
                .iter()
                .map(|value| match value {
                    Some(Value::Text(text)) => Some(text.chars().collect()),
                    _ => None,
                })
                .collect();
            truth(texts.map(|texts| {
                let escape = texts.get(2).map(|escape| escape[0]);
                is_like(&texts[0], &texts[1], escape)
            }))
        }
        Op::Equal => truth(equal(&values[0], &values[1])),
        Op::NotEqual => truth(equal(&values[0], &values[1]).map(|equal| !equal)),
        Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => {
            let (Some(left), Some(right)) = (&values[0], &values[1]) else {
                return Ok(None);
            };
            let order = order(left, right);
            truth(Some(match op {
                Op::Less => order.is_some_and(Ordering::is_lt),
                Op::LessOrEqual => order.is_some_and(Ordering::is_le),
                Op::Greater => order.is_some_and(Ordering::is_gt),
                _ => order.is_some_and(Ordering::is_ge),
            }))
        }
        Op::Negate => match &values[0] {
            None => Ok(None),
            Some(Value::Integer(value)) => value
                .checked_neg()
                .map(|value| Some(Value::Integer(value)))
                .ok_or(Fault),
            Some(Value::Double(value)) => Ok(Some(Value::Double(-value))),
            Some(_) => Err(Fault),
        },
        Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Modulus => {
            let (Some(left), Some(right)) = (&values[0], &values[1]) else {
                return Ok(None);
            };
            arithmetic(op, left, right).map(Some)
        }
    }
}

/// SQL's AND over any number: false if one is, else NULL if one is.
fn all(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

fn is_true(value: &Option<Value>) -> Option<bool> {
    match value {
        Some(Value::Boolean(value)) => Some(*value),
        _ => None,
    }
}

fn equal(left: &Option<Value>, right: &Option<Value>) -> Option<bool> {
    let (left, right) = (left.as_ref()?, right.as_ref()?);
    Some(order(left, right) == Some(Ordering::Equal))
}

fn arithmetic(op: Op, left: &Value, right: &Value) -> Result<Value, Fault> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right) {
        let result = match op {
            Op::Add => left.checked_add(*right),
            Op::Subtract => left.checked_sub(*right),
            Op::Multiply => left.checked_mul(*right),
            Op::Divide => left.checked_div(*right),
            _ => left.checked_rem(*right),
        };
        return result.map(Value::Integer).ok_or(Fault);
    }
    let (Some(left), Some(right)) = (number(left), number(right)) else {
        return Err(Fault);
    };
    Ok(Value::Double(match op {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::Divide => left / right,
        _ => left % right,
    }))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Double(value) => Some(*value),
        _ => None,
    }
}

/// Whether a text matches a pattern: `%` any characters, `_` one, everything else itself, and so does what follows the
/// escape.
fn is_like(text: &[char], pattern: &[char], escape: Option<char>) -> bool {
    let (expected, rest) = match pattern {
        [] => return text.is_empty(),
        [first, expected, rest @ ..] if Some(*first) == escape => (Some(expected), rest),
        ['%', rest @ ..] => {
            return (0..=text.len()).any(|from| is_like(&text[from..], rest, escape));
        }
        ['_', rest @ ..] => (None, rest),
        [expected, rest @ ..] => (Some(expected), rest),
    };
    text.split_first().is_some_and(|(first, text)| {
        expected.is_none_or(|expected| first == expected) && is_like(text, rest, escape)
    })
}
