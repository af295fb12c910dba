//! Expressions: calls of Athena's functions on fields and constants, with three-valued logic.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::boolean;
use arrow::compute::nullif;
use arrow::datatypes::DataType;

use super::arithmetic::{arithmetic, negate};
use super::compare::{compare, is_distinct_from};
use super::domain::members;
use super::kernel;
use super::like::is_like;
use super::value::{Failure, Value};
use crate::error::{Error, Result};
use crate::query::{Expression, Function, ValueSet};

/// The expression's value on each of so many rows; `field` gives a field's.
pub(super) fn evaluate(
    expression: &Expression,
    rows: usize,
    field: &impl Fn(usize) -> Result<ArrayRef>,
) -> Result<Value> {
    use Function::{
        Add, And, Array, Divide, Equal, GreaterThan, GreaterThanOrEqual, In, IsDistinctFrom,
        IsNull, LessThan, LessThanOrEqual, Like, Modulus, Multiply, Negate, Not, NotEqual, NullIf,
        Or, Subtract,
    };
    let (function, arguments) = match expression {
        Expression::Field(index) => return Ok(Value::new(field(*index)?)),
        Expression::Constant(literal) => return Value::constant(Some(literal), rows),
        Expression::Null => return Value::constant(None, rows),
        Expression::Call(function, arguments) => (*function, arguments.as_slice()),
    };
    let value = |argument: &Expression| evaluate(argument, rows, field);
    match (function, arguments) {
        (And | Or, arguments) => {
            let operands = arguments.iter().map(value).collect::<Result<Vec<_>>>()?;
            connect(function, &operands, rows)
        }
        (Not, [operand]) => {
            let operand = value(operand)?;
            let result = boolean::not(&operand.truths(Not)?).map_err(kernel)?;
            Value::strict(Arc::new(result), &[&operand])
        }
        (IsNull, [operand]) => {
            let operand = value(operand)?;
            let result = BooleanArray::new(operand.known_null(), None);
            Value::new(Arc::new(result)).failing(operand.failures().to_vec())
        }
        (In, [operand, Expression::Call(Array, listed)]) => is_in(&value(operand)?, listed, value),
        (Like, [text, pattern]) => is_like(&value(text)?, &value(pattern)?, None),
        (Like, [text, pattern, escape]) => {
            is_like(&value(text)?, &value(pattern)?, Some(&value(escape)?))
        }
        (NullIf, [first, second]) => null_if(&value(first)?, &value(second)?),
        (IsDistinctFrom, [left, right]) => is_distinct_from(&value(left)?, &value(right)?),
        (
            Equal | NotEqual | LessThan | LessThanOrEqual | GreaterThan | GreaterThanOrEqual,
            [left, right],
        ) => compare(function, &value(left)?, &value(right)?),
        (Add | Subtract | Multiply | Divide | Modulus, [left, right]) => {
            arithmetic(function, &value(left)?, &value(right)?)
        }
        (Negate, [operand]) => negate(&value(operand)?),
        (Array, _) => Err(Error::invalid_input(
            "cannot evaluate `$array`: a list has a meaning in `$in` only",
        )),
        (In, [_, _]) => Err(Error::invalid_input(
            "cannot evaluate `$in`: its second argument is no `$array`",
        )),
        (function, arguments) => Err(Error::bug(format_args!(
            "`{}` of {} arguments",
            function.name(),
            arguments.len()
        ))),
    }
}

/// AND or OR: a false, respectively true, operand decides, whatever the others are and whether they failed.
fn connect(function: Function, operands: &[Value], rows: usize) -> Result<Value> {
    let is_and = function == Function::And;
    let mut result = BooleanArray::from(vec![is_and; rows]);
    for operand in operands {
        let operand = operand.truths(function)?;
        result = if is_and {
            boolean::and_kleene(&result, &operand)
        } else {
            boolean::or_kleene(&result, &operand)
        }
        .map_err(kernel)?;
    }
    // A failed operand is NULL, so that the result there is decided or NULL.
    let undecided = match result.nulls() {
        Some(nulls) => !nulls.inner(),
        None => BooleanBuffer::new_unset(rows),
    };
    let failures: Vec<Failure> = operands
        .iter()
        .flat_map(|operand| operand.failures_on(&undecided))
        .collect();
    Value::new(Arc::new(result)).failing(failures)
}

/// `operand IN (listed)`: true if any equals it, else NULL if any comparison is NULL.
fn is_in(
    operand: &Value,
    listed: &[Expression],
    value: impl Fn(&Expression) -> Result<Value>,
) -> Result<Value> {
    if let Some(result) = is_in_constants(operand, listed)? {
        return Value::strict(Arc::new(result), &[operand]);
    }
    let equal = listed
        .iter()
        .map(|element| compare(Function::Equal, operand, &value(element)?))
        .collect::<Result<Vec<_>>>()?;
    connect(Function::Or, &equal, operand.array().len())
}

/// The same where the list holds nothing but NULLs and constants of the operand's own type, in one pass.
fn is_in_constants(operand: &Value, listed: &[Expression]) -> Result<Option<BooleanArray>> {
    let array = operand.array();
    let mut has_null = false;
    let mut literals = Vec::with_capacity(listed.len());
    for element in listed {
        match element {
            Expression::Null => has_null = true,
            Expression::Constant(literal) if literal.fits(array.data_type()) => {
                literals.push(literal.clone());
            }
            _ => return Ok(None),
        }
    }
    if literals.is_empty() {
        return Ok(None);
    }
    let members = members(&ValueSet::AnyOf(literals), array)?;
    let known = has_null.then(|| members.clone());
    let result = BooleanArray::new(members, array.nulls().cloned());
    match known {
        // Where no element is equal, the comparison with NULL leaves it open.
        Some(known) => {
            let open = BooleanArray::new(!&known, None);
            let result = nullif(&result, &open).map_err(kernel)?;
            Ok(Some(result.as_boolean().clone()))
        }
        None => Ok(Some(result)),
    }
}

/// `NULLIF`: the first operand in its own type, NULL where the second equals it.
fn null_if(first: &Value, second: &Value) -> Result<Value> {
    let equal = compare(Function::Equal, first, second)?;
    if first.data_type() == &DataType::Null {
        return Ok(first.clone());
    }
    let result = nullif(first.array(), &equal.truths(Function::NullIf)?).map_err(kernel)?;
    let failures = [first.failures(), equal.failures()].concat();
    Value::new(result).failing(failures)
}
