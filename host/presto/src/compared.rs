//! `greatest` and `least`: NULL where one argument is, and NaN only where all are. And whether two maps are equal.

use std::cmp::Ordering;

use datafusion::logical_expr::{Expr, Operator, ScalarUDF, not};

use crate::array::extreme;
use crate::function::{Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::{Boolean, T};

pub(crate) fn all() -> [Function; 2] {
    [
        Function::new(
            "greatest",
            [form(&[T], T, |arguments| {
                Ok(extreme(arguments, Ordering::Greater))
            })
            .repeated()],
        ),
        Function::new(
            "least",
            [form(&[T], T, |arguments| Ok(extreme(arguments, Ordering::Less))).repeated()],
        ),
    ]
}

/// A comparison of two maps for being equal or the same, which Arrow's takes entry by entry in their order; none of another
/// operator.
pub(crate) fn of_maps(operator: Operator, left: Expr, right: Expr) -> Option<Expr> {
    let equal = Function::new(
        "equal",
        [form(&[T, T], Boolean, |arguments| {
            let are_equal = arguments[0].equals(&arguments[1]);
            Ok(are_equal.map_or(Value::Null, Value::Boolean))
        })],
    );
    let same = Function::new(
        "same",
        [form(&[T, T], Boolean, |arguments| {
            Ok(Value::Boolean(arguments[0].is_same(&arguments[1])))
        })
        .with_nulls()],
    );
    let call = |function| ScalarUDF::from(function).call(vec![left, right]);
    Some(match operator {
        Operator::Eq => call(equal),
        Operator::NotEq => not(call(equal)),
        Operator::IsNotDistinctFrom => call(same),
        Operator::IsDistinctFrom => not(call(same)),
        _ => return None,
    })
}
