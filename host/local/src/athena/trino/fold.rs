//! The computing half of Trino's `SimplifyExpressions` (`ExpressionInterpreter`, `CanonicalizeExpressions`): what is
//! constant becomes a constant, and constants stand on the right.

use std::cmp::Ordering;

use super::constant::{Constant, Datum};
use super::expression::{Arithmetic, Connective, Expression, Operator, distinct};
use super::kind::Kind;

/// Computes what can be computed before any row is seen.
pub(super) fn fold(expression: Expression) -> Expression {
    match expression {
        Expression::Cast { operand, kind } => cast(fold(*operand), kind),
        Expression::Compare {
            operator,
            left,
            right,
        } => compare(operator, fold(*left), fold(*right)),
        Expression::Logical { connective, terms } => connective.join(terms.into_iter().map(fold)),
        Expression::Not(inner) => not(fold(*inner)),
        Expression::IsNull(inner) => match fold(*inner) {
            Expression::Constant(constant) => Expression::boolean(constant.is_null()),
            inner => Expression::is_null(inner),
        },
        Expression::Between { value, low, high } => between(fold(*value), fold(*low), fold(*high)),
        Expression::In { value, list } => {
            list_of(fold(*value), list.into_iter().map(fold).collect())
        }
        Expression::Like {
            value,
            pattern,
            escape,
        } => like(fold(*value), fold(*pattern), escape),
        Expression::Arithmetic {
            operator,
            left,
            right,
        } => arithmetic(operator, fold(*left), fold(*right)),
        Expression::Negate(inner) => negate(fold(*inner)),
        Expression::NullIf { value, other } => null_if(fold(*value), fold(*other)),
        other @ (Expression::Column { .. }
        | Expression::Constant(_)
        | Expression::Function { .. }) => other,
    }
}

fn null() -> Expression {
    Expression::Constant(Constant::null(Kind::Boolean))
}

/// A cast, unless it is none or its result is known.
pub(super) fn cast(operand: Expression, kind: Kind) -> Expression {
    if operand.kind() == kind {
        return operand;
    }
    match operand.constant().and_then(|constant| constant.cast(&kind)) {
        Some(constant) => Expression::Constant(constant),
        None => Expression::cast(operand, kind),
    }
}

fn compare(operator: Operator, left: Expression, right: Expression) -> Expression {
    match (left.constant(), right.constant()) {
        (Some(known), Some(other)) => match decide(operator, known, other) {
            Some(constant) => Expression::Constant(constant),
            None => Expression::compare(operator, left, right),
        },
        (Some(_), None) => compare(operator.flip(), right, left),
        (None, Some(constant)) if constant.is_null() => match operator {
            Operator::IsDistinctFrom => Expression::not(Expression::is_null(left)),
            _ => null(),
        },
        _ => Expression::compare(operator, left, right),
    }
}

/// What a comparison of constants of one type gives.
fn decide(operator: Operator, left: &Constant, right: &Constant) -> Option<Constant> {
    if operator == Operator::IsDistinctFrom {
        return match (left.is_null(), right.is_null()) {
            (false, false) if left.is_nan() && right.is_nan() => Some(Constant::boolean(false)),
            (false, false) => decide(Operator::NotEqual, left, right),
            (one, other) => Some(Constant::boolean(one != other)),
        };
    }
    if left.is_null() || right.is_null() {
        return Some(Constant::null(Kind::Boolean));
    }
    if left.is_nan() || right.is_nan() {
        return Some(Constant::boolean(operator == Operator::NotEqual));
    }
    let order = left.compare(right)?;
    Some(Constant::boolean(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual | Operator::IsDistinctFrom => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
    }))
}

fn not(inner: Expression) -> Expression {
    match inner {
        Expression::Constant(constant) => match constant.datum {
            None => null(),
            Some(_) => Expression::boolean(!constant.is_true()),
        },
        Expression::Not(inner) => *inner,
        inner => Expression::not(inner),
    }
}

fn between(value: Expression, low: Expression, high: Expression) -> Expression {
    let known = |bound: &Expression, operator| {
        let (value, bound) = (value.constant()?, bound.constant()?);
        decide(operator, value, bound)
    };
    match (
        known(&low, Operator::GreaterOrEqual),
        known(&high, Operator::LessOrEqual),
    ) {
        (Some(low), Some(high)) => {
            Connective::And.join([Expression::Constant(low), Expression::Constant(high)])
        }
        _ => Expression::Between {
            value: Box::new(value),
            low: Box::new(low),
            high: Box::new(high),
        },
    }
}

fn list_of(value: Expression, listed: Vec<Expression>) -> Expression {
    if value.constant().is_some_and(Constant::is_null) {
        return null();
    }
    let list = distinct(listed);
    if value.constant().is_some() && list.iter().all(|element| element.constant().is_some()) {
        let equal = list
            .into_iter()
            .map(|element| compare(Operator::Equal, value.clone(), element));
        return Connective::Or.join(equal.collect::<Vec<_>>());
    }
    match <[Expression; 1]>::try_from(list) {
        Ok([only]) => compare(Operator::Equal, value, only),
        Err(list) => Expression::In {
            value: Box::new(value),
            list,
        },
    }
}

fn like(value: Expression, pattern: Expression, escape: Option<char>) -> Expression {
    let is_null = |side: &Expression| side.constant().is_some_and(Constant::is_null);
    if is_null(&value) || is_null(&pattern) {
        return null();
    }
    Expression::Like {
        value: Box::new(value),
        pattern: Box::new(pattern),
        escape,
    }
}

fn arithmetic(operator: Arithmetic, left: Expression, right: Expression) -> Expression {
    let commutes = matches!(operator, Arithmetic::Add | Arithmetic::Multiply);
    match (left.constant(), right.constant()) {
        (Some(constant), _) | (_, Some(constant)) if constant.is_null() => {
            Expression::Constant(Constant::null(left.kind()))
        }
        (Some(one), Some(other)) => match compute(operator, one, other) {
            Some(datum) => Expression::Constant(Constant::new(left.kind(), datum)),
            None => unfolded(operator, left, right),
        },
        (Some(_), None) if commutes => unfolded(operator, right, left),
        _ => unfolded(operator, left, right),
    }
}

fn unfolded(operator: Arithmetic, left: Expression, right: Expression) -> Expression {
    Expression::Arithmetic {
        operator,
        left: Box::new(left),
        right: Box::new(right),
    }
}

/// What an operator makes of two constants of one type; nothing where that fails, for the row to fail on it.
fn compute(operator: Arithmetic, left: &Constant, right: &Constant) -> Option<Datum> {
    match (left.datum.as_ref()?, right.datum.as_ref()?) {
        (Datum::Whole(one), Datum::Whole(other)) => {
            let result = match operator {
                Arithmetic::Add => one.checked_add(*other),
                Arithmetic::Subtract => one.checked_sub(*other),
                Arithmetic::Multiply => one.checked_mul(*other),
                Arithmetic::Divide => one.checked_div(*other),
                Arithmetic::Modulus => one.checked_rem(*other),
            };
            let (least, most) = left.kind.range()?;
            result
                .filter(|result| (least..=most).contains(result))
                .map(Datum::Whole)
        }
        (Datum::Double(one), Datum::Double(other)) if left.kind == Kind::Double => {
            Some(Datum::Double(match operator {
                Arithmetic::Add => one + other,
                Arithmetic::Subtract => one - other,
                Arithmetic::Multiply => one * other,
                Arithmetic::Divide => one / other,
                Arithmetic::Modulus => one % other,
            }))
        }
        _ => None,
    }
}

fn negate(inner: Expression) -> Expression {
    if let Expression::Negate(inner) = inner {
        return *inner;
    }
    let negated = inner.constant().and_then(|constant| {
        let datum = match constant.datum.as_ref()? {
            Datum::Whole(value) => {
                let (least, most) = constant.kind.range()?;
                let negated = value.checked_neg()?;
                Datum::Whole((least..=most).contains(&negated).then_some(negated)?)
            }
            Datum::Double(value) => Datum::Double(-value),
            Datum::Decimal(value) => Datum::Decimal(value.checked_neg()?),
            _ => return None,
        };
        Some(Constant::new(constant.kind.clone(), datum))
    });
    match negated {
        Some(constant) => Expression::Constant(constant),
        None => Expression::Negate(Box::new(inner)),
    }
}

fn null_if(value: Expression, other: Expression) -> Expression {
    let is_null = |side: &Expression| side.constant().is_some_and(Constant::is_null);
    if is_null(&value) || is_null(&other) {
        return value;
    }
    Expression::NullIf {
        value: Box::new(value),
        other: Box::new(other),
    }
}
