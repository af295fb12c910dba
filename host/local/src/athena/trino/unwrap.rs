//! Casts and functions around a column, taken off by moving their meaning to the constant (Trino's
//! `UnwrapCastInComparison`, `UnwrapDateTruncInComparison`, `UnwrapYearInTimestampComparison`).

use std::cmp::Ordering;

use super::Zones;
use super::calendar;
use super::constant::{Constant, Datum};
use super::expression::{Connective, Expression, Known, Operator};
use super::kind::Kind;

/// Takes off what can be, wherever a comparison stands.
pub(super) fn unwrap(expression: Expression, zones: Zones) -> Expression {
    expression.map(&|part| {
        let unwrapped = match &part {
            Expression::Compare {
                operator,
                left,
                right,
            } => right
                .constant()
                .and_then(|constant| comparison(*operator, left, constant, zones)),
            Expression::In { value, list } => match &**value {
                Expression::Function {
                    known: Some(Known::Year(operand)),
                    ..
                } => calendar::years(operand, list),
                _ => None,
            },
            _ => None,
        };
        unwrapped.unwrap_or(part)
    })
}

fn comparison(
    operator: Operator,
    side: &Expression,
    constant: &Constant,
    zones: Zones,
) -> Option<Expression> {
    match side {
        Expression::Cast { operand, .. } => cast(operator, operand, constant, zones),
        Expression::Function {
            known: Some(known), ..
        } => calendar::comparison(operator, known, constant),
        _ => None,
    }
}

/// False of every value, NULL of NULL.
pub(super) fn false_if_not_null(operand: &Expression) -> Expression {
    Expression::Logical {
        connective: Connective::And,
        terms: vec![Expression::is_null(operand.clone()), null()],
    }
}

/// True of every value, NULL of NULL.
pub(super) fn true_if_not_null(operand: &Expression) -> Expression {
    Expression::Logical {
        connective: Connective::Or,
        terms: vec![
            Expression::not(Expression::is_null(operand.clone())),
            null(),
        ],
    }
}

fn null() -> Expression {
    Expression::Constant(Constant::null(Kind::Boolean))
}

/// What a comparison gives that holds for all values of the column or for none.
fn decided(operator: Operator, holds: bool, operand: &Expression) -> Expression {
    match operator {
        Operator::IsDistinctFrom => Expression::boolean(true),
        _ if holds => true_if_not_null(operand),
        _ => false_if_not_null(operand),
    }
}

fn cast(
    operator: Operator,
    operand: &Expression,
    constant: &Constant,
    zones: Zones,
) -> Option<Expression> {
    let (source, target) = (operand.kind(), &constant.kind);
    if constant.is_null() {
        return None;
    }
    if let (Kind::Timestamp(_), Kind::Date) = (&source, target) {
        return calendar::day(operator, operand, constant);
    }
    if let (Kind::Timestamp(_) | Kind::Date, Kind::Zoned(_)) = (&source, target)
        && zones == Zones::Kept
    {
        return None;
    }
    if !is_injective(&source, constant) {
        return None;
    }
    let compare = |operator, constant| {
        Expression::compare(operator, operand.clone(), Expression::Constant(constant))
    };
    if constant.is_nan() {
        return Some(decided(operator, operator == Operator::NotEqual, operand));
    }
    if let Some(end) = at_end(operator, operand, &source, constant) {
        return Some(end);
    }
    // The constant as the column's type has it, and what that is of the cast's type: rounding shows which of the two is
    // greater, and the column has no value between them.
    let literal = constant.cast(&source)?;
    let is_end = |end: fn((i64, i64)) -> i64| {
        let end = source.range().map(end).map(Datum::Whole);
        end.is_some() && end == literal.datum
    };
    Some(match constant.compare(&literal.cast(target)?)? {
        Ordering::Equal => compare(operator, literal),
        rounded => match operator {
            Operator::Equal | Operator::NotEqual | Operator::IsDistinctFrom => {
                decided(operator, operator == Operator::NotEqual, operand)
            }
            Operator::Less | Operator::LessOrEqual => match rounded {
                Ordering::Greater if is_end(|(least, _)| least) => {
                    compare(Operator::Equal, literal)
                }
                Ordering::Greater => compare(Operator::LessOrEqual, literal),
                _ => compare(Operator::Less, literal),
            },
            Operator::Greater | Operator::GreaterOrEqual => match rounded {
                Ordering::Greater => compare(Operator::Greater, literal),
                _ if is_end(|(_, most)| most) => compare(Operator::Equal, literal),
                _ => compare(Operator::GreaterOrEqual, literal),
            },
        },
    })
}

/// A constant at or beyond an end of the column's type.
fn at_end(
    operator: Operator,
    operand: &Expression,
    source: &Kind,
    constant: &Constant,
) -> Option<Expression> {
    let (least, most) = source.range()?;
    for (end, beyond) in [(most, Ordering::Greater), (least, Ordering::Less)] {
        let end = Constant::new(source.clone(), Datum::Whole(end));
        let order = constant.compare(&end.cast(&constant.kind)?)?;
        // The comparisons that hold of all values on this side of the constant.
        let holds = match beyond {
            Ordering::Greater => matches!(operator, Operator::Less | Operator::LessOrEqual),
            _ => matches!(operator, Operator::Greater | Operator::GreaterOrEqual),
        };
        if order == beyond {
            let holds = holds || operator == Operator::NotEqual;
            return Some(decided(operator, holds, operand));
        }
        if order == Ordering::Equal {
            let end = Expression::Constant(end);
            let compare = |operator| Expression::compare(operator, operand.clone(), end.clone());
            return Some(match (operator, holds) {
                (Operator::LessOrEqual | Operator::GreaterOrEqual, true) => {
                    true_if_not_null(operand)
                }
                (Operator::LessOrEqual | Operator::GreaterOrEqual, false) => {
                    compare(Operator::Equal)
                }
                (Operator::Less | Operator::Greater, true) => compare(Operator::NotEqual),
                (Operator::Less | Operator::Greater, false) => false_if_not_null(operand),
                (operator, _) => compare(operator),
            });
        }
    }
    None
}

/// Whether the cast of the column's type to the constant's maps no two values to one, near the constant
/// (`hasInjectiveImplicitCoercion`).
fn is_injective(source: &Kind, constant: &Constant) -> bool {
    let bits = match (source, &constant.kind) {
        (Kind::Bigint, Kind::Double) => 53,
        (Kind::Bigint | Kind::Integer, Kind::Real) => 23,
        (source, target) => return source.becomes(target),
    };
    let (Some(Datum::Double(value)), Some((least, most))) = (&constant.datum, source.range())
    else {
        return false;
    };
    let exact = f64::from(bits).exp2();
    value.is_nan()
        || *value > most as f64
        || *value < least as f64
        || (*value > -exact && *value < exact)
}
