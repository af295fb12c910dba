//! A column compared with a constant, as a domain.

use std::cmp::Ordering;

use super::constant::Constant;
use super::expression::{Connective, Expression, Operator};
use crate::athena::domain::{Cut, Domain};

/// The values that compare so with a constant; none where no ranges hold them, since NaN lies in none.
pub(super) fn compared(
    operator: Operator,
    constant: &Constant,
    complement: bool,
) -> Option<Domain> {
    if constant.is_null() {
        return Some(match (operator, complement) {
            (Operator::IsDistinctFrom, false) => Domain::not_null(),
            (Operator::IsDistinctFrom, true) => Domain::only_null(),
            _ => Domain::none(),
        });
    }
    if constant.is_nan() {
        return match operator {
            Operator::IsDistinctFrom => None,
            operator => Some(if (operator == Operator::NotEqual) != complement {
                Domain::not_null()
            } else {
                Domain::none()
            }),
        };
    }
    if constant.kind.has_nan() {
        return match (operator, complement) {
            (Operator::NotEqual | Operator::IsDistinctFrom, true) => {
                ranges(Operator::Equal, constant)
            }
            (Operator::NotEqual | Operator::IsDistinctFrom, false) | (_, true) => None,
            (operator, false) => ranges(operator, constant),
        };
    }
    let domain = ranges(operator, constant)?;
    Some(match (operator, complement) {
        (_, false) => domain,
        (Operator::IsDistinctFrom, true) => ranges(Operator::Equal, constant)?,
        (_, true) => domain.complement(),
    })
}

/// The ranges of the values that compare so with one of them; NULL apart, but for IS DISTINCT FROM.
pub(super) fn ranges(operator: Operator, constant: &Constant) -> Option<Domain> {
    let value = constant.value()?;
    let (below, above) = (Cut::below(value.clone()), Cut::above(value));
    Some(match operator {
        Operator::Equal => Domain::new([(below, above)], false),
        Operator::NotEqual => Domain::new([(Cut::First, below), (above, Cut::Last)], false),
        Operator::IsDistinctFrom => Domain::new([(Cut::First, below), (above, Cut::Last)], true),
        Operator::Less => Domain::new([(Cut::First, below)], false),
        Operator::LessOrEqual => Domain::new([(Cut::First, above)], false),
        Operator::Greater => Domain::new([(above, Cut::Last)], false),
        Operator::GreaterOrEqual => Domain::new([(below, Cut::Last)], false),
    })
}

/// The comparison without the cast that it was given for its types alone, by rounding the constant down
/// (`coerceComparisonWithRounding`).
pub(super) fn with_floor(
    operator: Operator,
    operand: &Expression,
    constant: &Constant,
) -> Option<Expression> {
    let floor = constant.floor(&operand.kind())?;
    let order = constant.compare(&floor.cast(&constant.kind)?)?;
    let compare = |operator| {
        let floor = Expression::Constant(floor.clone());
        Expression::compare(operator, operand.clone(), floor)
    };
    Some(match (operator, order) {
        (operator, Ordering::Equal) => compare(operator),
        (Operator::Greater | Operator::GreaterOrEqual, Ordering::Greater) => {
            compare(Operator::Greater)
        }
        (Operator::Less | Operator::LessOrEqual, Ordering::Greater) => {
            compare(Operator::LessOrEqual)
        }
        (Operator::Greater | Operator::GreaterOrEqual, Ordering::Less) => {
            compare(Operator::GreaterOrEqual)
        }
        (Operator::Less | Operator::LessOrEqual, Ordering::Less) => compare(Operator::Less),
        (Operator::Equal, _) => {
            Connective::And.join([compare(Operator::Equal), compare(Operator::NotEqual)])
        }
        (Operator::NotEqual, _) => {
            Connective::Or.join([compare(Operator::Equal), compare(Operator::NotEqual)])
        }
        (Operator::IsDistinctFrom, _) => Expression::boolean(true),
    })
}
