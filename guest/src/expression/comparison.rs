//! Comparisons: `=` to `>=`, IN, IS DISTINCT FROM.
//!
//! Between a column and constants they are sets of values, which know what SQL has no constant for. Between other
//! values they are printed as they are, and NOT around one is true exactly where it is false.

use super::tree::Tree;
use super::value::{Pair, Value, no_form, pair, printable, value};
use crate::condition::{self, Condition};
use crate::operand::{Kind, Operand};
use crate::{Bound, Function, Literal, Range, ValueSet};

/// SQL's operator, if the function is a comparison that has one.
pub(super) fn operator(function: Function) -> Option<&'static str> {
    match function {
        Function::Equal => Some("="),
        Function::NotEqual => Some("<>"),
        Function::LessThan => Some("<"),
        Function::LessThanOrEqual => Some("<="),
        Function::GreaterThan => Some(">"),
        Function::GreaterThanOrEqual => Some(">="),
        _ => None,
    }
}

/// Where a comparison is as wanted; `operator` is the function's.
pub(super) fn compare(
    (function, operator): (Function, &str),
    left: &Tree<'_>,
    right: &Tree<'_>,
    wanted: bool,
) -> Result<Condition, String> {
    let set = match (left, right) {
        // NULL: neither true nor false.
        (Tree::Null, _) | (_, Tree::Null) => return Ok(Condition::constant(false)),
        (Tree::Field(operand), Tree::Constant(constant)) => {
            values_where(operand, function, constant, wanted).map(|set| (operand, set))
        }
        (Tree::Constant(constant), Tree::Field(operand)) => {
            values_where(operand, swapped(function), constant, wanted).map(|set| (operand, set))
        }
        _ => None,
    };
    if let Some((operand, set)) = set {
        return condition::of_domain(operand, &set, false);
    }
    let Pair {
        left,
        right,
        operations,
        ..
    } = pair(left, right)?;
    let comparison = format!("{left} {operator} {right}");
    let sql = if wanted {
        comparison
    } else {
        format!("NOT ({comparison})")
    };
    Ok(Condition {
        operations: operations + 1,
        ..Condition::of(sql)
    })
}

/// Where `value IN (elements)` is as wanted: one element is equal, or every element is another.
pub(super) fn is_in(
    tree: &Tree<'_>,
    elements: &[Tree<'_>],
    wanted: bool,
) -> Result<Condition, String> {
    let mut constants = Vec::with_capacity(elements.len());
    let mut has_null = matches!(tree, Tree::Null);
    for element in elements {
        match element {
            Tree::Constant(literal) => constants.push((*literal).clone()),
            // Equal to nothing, so that it adds no row; nor another than anything.
            Tree::Null => has_null |= !wanted,
            Tree::Field(_) | Tree::Call(..) => {
                return Err("its list holds more than constants".to_owned());
            }
        }
    }
    if elements.is_empty() {
        return Err("its list is empty".to_owned());
    }
    if has_null || constants.is_empty() {
        return Ok(Condition::constant(false));
    }
    if let Tree::Field(operand) = tree {
        let set = if wanted {
            ValueSet::AnyOf(constants)
        } else {
            ValueSet::NoneOf(constants)
        };
        return condition::of_domain(operand, &set, false);
    }
    let Value {
        sql,
        kind,
        operations,
    } = value(tree)?;
    let constants = constants.iter().map(|literal| printable(kind, literal));
    let constants = constants.collect::<Result<Vec<_>, _>>()?;
    let conditions = condition::listed(&sql, &constants, wanted).ok_or_else(no_form)?;
    let conditions = conditions.into_iter().map(|condition| Condition {
        operations: condition.operations + operations,
        ..condition
    });
    Ok(if wanted {
        Condition::any(conditions.collect())
    } else {
        Condition::every(conditions.collect())
    })
}

/// Where `left IS DISTINCT FROM right` is as wanted. It is never NULL itself.
pub(super) fn is_distinct(
    left: &Tree<'_>,
    right: &Tree<'_>,
    wanted: bool,
) -> Result<Condition, String> {
    match (left, right) {
        (Tree::Null, other) | (other, Tree::Null) => return super::is_null(other, !wanted),
        (Tree::Field(operand), Tree::Constant(constant))
        | (Tree::Constant(constant), Tree::Field(operand))
            if !is_nan(constant) =>
        {
            let one = vec![(*constant).clone()];
            return if wanted {
                condition::of_domain(operand, &ValueSet::NoneOf(one), true)
            } else {
                condition::of_domain(operand, &ValueSet::AnyOf(one), false)
            };
        }
        _ => {}
    }
    let Pair {
        left,
        right,
        kind,
        operations,
    } = pair(left, right)?;
    if kind == Kind::Double {
        return Err("IS DISTINCT FROM takes NaN for equal to itself, and `=` does not".to_owned());
    }
    // Timestream's documentation does not have IS DISTINCT FROM.
    let not = if wanted { "NOT " } else { "" };
    let sql = format!("{not}COALESCE({left} = {right}, {left} IS NULL AND {right} IS NULL)");
    Ok(Condition {
        // Each side stands twice, in three comparisons.
        operations: 2 * operations + 3,
        ..Condition::of(sql)
    })
}

fn is_nan(literal: &Literal) -> bool {
    matches!(literal, Literal::Double(value) if value.is_nan())
}

/// The values of a column, NULL apart, for which a comparison with a constant is as wanted; none if no set says it.
fn values_where(
    operand: &Operand,
    function: Function,
    constant: &Literal,
    wanted: bool,
) -> Option<ValueSet> {
    let is_equality = matches!(function, Function::Equal | Function::NotEqual);
    // NaN is in no range, and yet not below 5.
    if !wanted && !is_equality && operand.kind == Ok(Kind::Double) {
        return None;
    }
    let value = || constant.clone();
    let range = |low, high| Some(ValueSet::Ranges(vec![Range { low, high }]));
    match if wanted { function } else { opposite(function) } {
        Function::Equal => Some(ValueSet::AnyOf(vec![value()])),
        Function::NotEqual => Some(ValueSet::NoneOf(vec![value()])),
        Function::LessThan => range(Bound::Unbounded, Bound::Exclusive(value())),
        Function::LessThanOrEqual => range(Bound::Unbounded, Bound::Inclusive(value())),
        Function::GreaterThan => range(Bound::Exclusive(value()), Bound::Unbounded),
        Function::GreaterThanOrEqual => range(Bound::Inclusive(value()), Bound::Unbounded),
        _ => None,
    }
}

/// The comparison that is true where this one is false, NaN apart.
fn opposite(comparison: Function) -> Function {
    match comparison {
        Function::Equal => Function::NotEqual,
        Function::NotEqual => Function::Equal,
        Function::LessThan => Function::GreaterThanOrEqual,
        Function::LessThanOrEqual => Function::GreaterThan,
        Function::GreaterThan => Function::LessThanOrEqual,
        Function::GreaterThanOrEqual => Function::LessThan,
        other => other,
    }
}

/// The comparison that means the same with its sides swapped.
fn swapped(comparison: Function) -> Function {
    match comparison {
        Function::LessThan => Function::GreaterThan,
        Function::LessThanOrEqual => Function::GreaterThanOrEqual,
        Function::GreaterThan => Function::LessThan,
        Function::GreaterThanOrEqual => Function::LessThanOrEqual,
        other => other,
    }
}
