//! Comparisons, between values of one type or of two that Trino brings together.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, BooleanBufferBuilder, Datum, StringBuilder};
use arrow::compute::kernels::cmp;
use arrow::compute::like;
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;

use super::kernel;
use super::value::{Failure, INSTANT, Value};
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

/// LIKE. Without an escape character a backslash is an ordinary one; to Arrow it is the escape.
pub(super) fn is_like(value: &Value, pattern: &Value, escape: Option<&Value>) -> Result<Value> {
    let operands: Vec<&Value> = [value, pattern].into_iter().chain(escape).collect();
    if operands
        .iter()
        .any(|operand| operand.data_type() == &DataType::Null)
    {
        let nulls = BooleanArray::new_null(value.array().len());
        return Value::strict(Arc::new(nulls), &operands);
    }
    let texts = operands
        .iter()
        .map(|operand| operand.array().as_string_opt::<i32>())
        .collect::<Option<Vec<_>>>();
    let Some([texts, patterns, escapes @ ..]) = texts.as_deref() else {
        return Err(uncomparable(Function::Like, value, pattern));
    };
    let mut malformed = BooleanBufferBuilder::new(patterns.len());
    let mut escaped = StringBuilder::new();
    for row in 0..patterns.len() {
        let escape = escapes.first().map(|escapes| escapes.value(row));
        let has_null = operands.iter().any(|operand| operand.array().is_null(row));
        let pattern = (!has_null).then(|| arrow_pattern(patterns.value(row), escape));
        malformed.append(pattern == Some(None));
        escaped.append_option(pattern.flatten());
    }
    let result = like(*texts, &escaped.finish()).map_err(kernel)?;
    let failure = Failure {
        rows: malformed.finish(),
        function: Function::Like,
        why: "the escape is not one character, or stands before an ordinary one",
    };
    let failures = failure.on(&failure.rows).into_iter().collect();
    Value::strict(Arc::new(result), &operands)?.failing(failures)
}

/// A pattern in which a backslash escapes, for one in which that character does, or none; None: it is malformed.
fn arrow_pattern(pattern: &str, escape: Option<&str>) -> Option<String> {
    let escape = match escape {
        Some(escape) => {
            let mut characters = escape.chars();
            let first = characters.next()?;
            if characters.next().is_some() {
                return None;
            }
            Some(first)
        }
        None => None,
    };
    let mut translated = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(mut character) = characters.next() {
        if Some(character) == escape {
            let next = characters.next();
            character = next.filter(|next| matches!(next, '%' | '_') || Some(*next) == escape)?;
            if matches!(character, '%' | '_') {
                translated.push('\\');
            }
        }
        if character == '\\' {
            translated.push('\\');
        }
        translated.push(character);
    }
    Some(translated)
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

fn uncomparable(function: Function, left: &Value, right: &Value) -> Error {
    Error::invalid_input(format!(
        "cannot evaluate `{}` of {} and {}",
        function.name(),
        left.data_type(),
        right.data_type()
    ))
}
