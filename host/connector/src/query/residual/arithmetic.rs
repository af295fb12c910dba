//! `+ - * / %` and unary minus with Trino's types: an integer of 32 bits with its like stays one, with a bigint it
//! becomes a bigint, with a double a double.
//!
//! A row fails where an integer has no room for the result or the divisor is 0; doubles do as IEEE says. The type that
//! the wire gives a call is not asked: it follows from the operands. What they do not tell is the width of a constant:
//! one that fits 32 bits is taken for an integer, as in SQL, so that `an integer column + 1` fails beyond 32 bits even
//! were the 1 a bigint.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::binary;
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

use super::compare::aligned;
use super::kernel;
use super::value::{Failure, Value};
use crate::error::{Error, Result};
use crate::query::Function;

const OVERFLOW: &str = "on some row its result is beyond the range of its type";
const ZERO_DIVISOR: &str = "on some row its divisor is 0";

/// `left <function> right`; NULL where either is.
pub(super) fn arithmetic(function: Function, left: &Value, right: &Value) -> Result<Value> {
    let (left, right) = aligned(function, left, right)?;
    let (array, failures) = match left.data_type() {
        DataType::Null => (left.array().clone(), Vec::new()),
        DataType::Int32 => integers::<Int32Type>(function, &left, &right)?,
        DataType::Int64 => integers::<Int64Type>(function, &left, &right)?,
        DataType::Float64 => (doubles(function, &left, &right)?, Vec::new()),
        other => {
            return Err(Error::invalid_input(format!(
                "cannot evaluate `{}` of {other}",
                function.name()
            )));
        }
    };
    Value::strict(array, &[&left, &right])?.failing(failures)
}

/// `-value`.
pub(super) fn negate(value: &Value) -> Result<Value> {
    arithmetic(Function::Negate, value, value)
}

fn integers<T: ArrowPrimitiveType>(
    function: Function,
    left: &Value,
    right: &Value,
) -> Result<(ArrayRef, Vec<Failure>)> {
    type Operator<N> = fn(N, N) -> Result<N, &'static str>;
    let operator: Operator<T::Native> = match function {
        Function::Add => |left, right| left.add_checked(right).map_err(|_| OVERFLOW),
        Function::Subtract => |left, right| left.sub_checked(right).map_err(|_| OVERFLOW),
        Function::Multiply => |left, right| left.mul_checked(right).map_err(|_| OVERFLOW),
        Function::Divide => |left, right| match right.is_zero() {
            true => Err(ZERO_DIVISOR),
            false => left.div_checked(right).map_err(|_| OVERFLOW),
        },
        // The least integer divided by -1 leaves 0.
        Function::Modulus => |left, right| match right.is_zero() {
            true => Err(ZERO_DIVISOR),
            false => Ok(left.mod_wrapping(right)),
        },
        Function::Negate => |value, _| value.neg_checked().map_err(|_| OVERFLOW),
        other => return Err(no_operator(other)),
    };
    let (left, right) = (
        left.array().as_primitive::<T>(),
        right.array().as_primitive::<T>(),
    );
    let results: Vec<Option<Result<T::Native, &'static str>>> = left
        .iter()
        .zip(right)
        .map(|(left, right)| left.zip(right).map(|(left, right)| operator(left, right)))
        .collect();
    let failures = [OVERFLOW, ZERO_DIVISOR].into_iter().filter_map(|why| {
        let rows = BooleanBuffer::collect_bool(results.len(), |row| results[row] == Some(Err(why)));
        (rows.count_set_bits() > 0).then_some(Failure {
            rows,
            function,
            why,
        })
    });
    let failures = failures.collect();
    let array: PrimitiveArray<T> = results
        .into_iter()
        .map(|result| result.and_then(Result::ok))
        .collect();
    Ok((Arc::new(array), failures))
}

fn doubles(function: Function, left: &Value, right: &Value) -> Result<ArrayRef> {
    let operator: fn(f64, f64) -> f64 = match function {
        Function::Add => |left, right| left + right,
        Function::Subtract => |left, right| left - right,
        Function::Multiply => |left, right| left * right,
        Function::Divide => |left, right| left / right,
        Function::Modulus => |left, right| left % right,
        Function::Negate => |value, _| -value,
        other => return Err(no_operator(other)),
    };
    let [left, right] = [left, right].map(|side| side.array().as_primitive::<Float64Type>());
    let result: PrimitiveArray<Float64Type> = binary(left, right, operator).map_err(kernel)?;
    Ok(Arc::new(result))
}

fn no_operator(function: Function) -> Error {
    Error::bug(format_args!("`{}` is no arithmetic", function.name()))
}
