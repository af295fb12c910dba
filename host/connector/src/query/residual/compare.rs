//! Comparisons, between values of one type or of two that Trino brings together.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Datum};
use arrow::compute::kernels::cmp;
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;

use super::kernel;
use super::value::{INSTANT, Value};
use crate::error::{Error, Result};
use crate::query::Function;

type Kernel = fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>;

/// `=`, `<>`, `<`, `<=`, `>`, `>=`: NULL where either side is.
pub(super) fn compare(function: Function, left: &Value, right: &Value) -> Result<Value> {
    use Function::{Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual, NotEqual};
    let (on_doubles, on_others): (fn(f64, f64) -> bool, Kernel) = match function {
        Equal => (|left, right| left == right, cmp::eq),
        NotEqual => (|left, right| left != right, cmp::neq),
        LessThan => (|left, right| left < right, cmp::lt),
        LessThanOrEqual => (|left, right| left <= right, cmp::lt_eq),
        GreaterThan => (|left, right| left > right, cmp::gt),
        GreaterThanOrEqual => (|left, right| left >= right, cmp::gt_eq),
        other => {
            let what = format_args!("`{}` is no comparison", other.name());
            return Err(Error::bug(what));
        }
    };
    let (left, right) = aligned(function, left, right)?;
    let result = match left.data_type() {
        DataType::Null => BooleanArray::new_null(left.array().len()),
        DataType::Float64 => {
            let [left, right] =
                [&left, &right].map(|side| side.array().as_primitive::<Float64Type>());
            BooleanArray::from_binary(left, right, on_doubles)
        }
        _ => on_others(left.array(), right.array()).map_err(kernel)?,
    };
    Value::strict(Arc::new(result), &[&left, &right])
}

/// `IS DISTINCT FROM`: never NULL; NaN is not distinct from NaN.
pub(super) fn is_distinct_from(left: &Value, right: &Value) -> Result<Value> {
    let (left, right) = aligned(Function::IsDistinctFrom, left, right)?;
    let result = match left.data_type() {
        DataType::Null => BooleanArray::from(vec![false; left.array().len()]),
        DataType::Float64 => {
            let [left, right] = [&left, &right].map(|side| {
                let doubles = side.array().as_primitive::<Float64Type>();
                // One NaN and one zero, so that Arrow's total order tells apart what Trino does.
                doubles.unary::<_, Float64Type>(|value| {
                    if value.is_nan() {
                        f64::NAN
                    } else {
                        value + 0.0
                    }
                })
            });
            cmp::distinct(&left, &right).map_err(kernel)?
        }
        _ => cmp::distinct(left.array(), right.array()).map_err(kernel)?,
    };
    let failures = [left.failures(), right.failures()].concat();
    Value::new(Arc::new(result)).failing(failures)
}

/// Both sides in one type: the narrower cast to the wider, as Trino does. A date is its midnight.
pub(super) fn aligned(function: Function, left: &Value, right: &Value) -> Result<(Value, Value)> {
    let common = common_type(left.data_type(), right.data_type())
        .ok_or_else(|| uncomparable(function, left, right))?;
    let (left, right) = (left.clone(), right.clone());
    Ok((left.widened(&common)?, right.widened(&common)?))
}

fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{Date32, Float64, Int32, Int64, Null};
    Some(match (left, right) {
        (nested, _) | (_, nested) if nested.is_nested() => return None,
        (left, right) if left == right => left.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (Int32, Int64) | (Int64, Int32) => Int64,
        (Int32 | Int64, Float64) | (Float64, Int32 | Int64) => Float64,
        (Date32, instant) | (instant, Date32) if *instant == INSTANT => INSTANT,
        _ => return None,
    })
}

pub(super) fn uncomparable(function: Function, left: &Value, right: &Value) -> Error {
    Error::invalid_input(format!(
        "cannot evaluate `{}` of {} and {}",
        function.name(),
        left.data_type(),
        right.data_type()
    ))
}
