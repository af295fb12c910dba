//! Terms evaluated on a batch, with SQL's meaning: what a plan skipped or widened is checked here.
//!
//! The batch holds Athena's values (milliseconds, packed zones). Doubles compare as IEEE says, not as Arrow's kernels
//! do: NaN equals nothing, −0.0 equals 0.0.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Datum, Float64Array, Int64Array, RecordBatch, Scalar,
    StringArray,
};
use arrow::compute::kernels::{boolean, cmp};
use arrow::compute::{cast, like};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Float64Type, TimeUnit, TimestampMillisecondType,
};
use arrow::error::ArrowError;

use super::{Bound, Domain, Expression, Function, Literal, Term, ValueSet};
use crate::error::{Error, Result};
use crate::wire::unpack_utc_millis;

/// Which rows meet all terms: `columns` says where a field stands in the batch.
///
/// # Errors
///
/// When a term compares what cannot be compared, or its field is not in the batch.
pub fn admitted(
    terms: &[Term],
    batch: &RecordBatch,
    columns: impl Fn(usize) -> Option<usize>,
) -> Result<BooleanArray> {
    let array = |field: usize| {
        columns(field)
            .and_then(|column| batch.columns().get(column).cloned())
            .ok_or_else(|| Error::bug("a residual term's field was not read"))
    };
    let mut keep = BooleanArray::from(vec![true; batch.num_rows()]);
    for term in terms {
        let matches = match term {
            Term::Domain(domain) => matches_domain(domain, &array(domain.field)?),
            Term::Expression(expression) => match evaluate(expression, batch.num_rows(), &array)? {
                Value::Array(values) if values.data_type() == &DataType::Boolean => {
                    // NULL is not true.
                    let truths = values.as_boolean().iter();
                    truths.map(|truth| Some(truth == Some(true))).collect()
                }
                _ => {
                    return Err(Error::invalid_input(
                        "cannot evaluate an expression: it is not boolean",
                    ));
                }
            },
        };
        keep = boolean::and(&keep, &matches).map_err(kernel)?;
    }
    Ok(keep)
}

/// Set membership, NULL by `null_allowed` alone.
fn matches_domain(domain: &Domain, array: &ArrayRef) -> BooleanArray {
    let comparable = Comparable::new(array);
    (0..array.len())
        .map(|row| {
            Some(match comparable.literal(row) {
                None => domain.null_allowed,
                Some(value) => contains(&domain.values, &value),
            })
        })
        .collect()
}

fn contains(set: &ValueSet, value: &Literal) -> bool {
    match set {
        ValueSet::All => true,
        ValueSet::None => false,
        ValueSet::AnyOf(values) => values.contains(value),
        ValueSet::NoneOf(values) => !values.contains(value),
        ValueSet::Ranges(ranges) => ranges.iter().any(|range| {
            let above = match &range.low {
                Bound::Unbounded => true,
                Bound::Inclusive(low) => value >= low,
                Bound::Exclusive(low) => value > low,
            };
            let below = match &range.high {
                Bound::Unbounded => true,
                Bound::Inclusive(high) => value <= high,
                Bound::Exclusive(high) => value < high,
            };
            above && below
        }),
    }
}

/// A column whose rows are read as literals; a type that no literal has (nested) is told by its nullness alone.
struct Comparable<'a> {
    array: &'a ArrayRef,
    nested: bool,
}

impl<'a> Comparable<'a> {
    fn new(array: &'a ArrayRef) -> Self {
        Self {
            array,
            nested: array.data_type().is_nested(),
        }
    }

    fn literal(&self, row: usize) -> Option<Literal> {
        if self.nested && !self.array.is_null(row) {
            // Only "any value" and "no value" are asked of nested columns.
            return Some(Literal::Boolean(true));
        }
        Literal::from_array(self.array, row).ok().flatten()
    }
}

/// A value for every row, or one for all.
enum Value {
    Array(ArrayRef),
    Constant(ArrayRef),
    List(Vec<Value>),
}

impl Value {
    fn array(self) -> Result<ArrayRef> {
        match self {
            Self::Array(array) | Self::Constant(array) => Ok(array),
            Self::List(_) => Err(Error::invalid_input(
                "cannot evaluate an expression: a list stands alone",
            )),
        }
    }
}

fn evaluate(
    expression: &Expression,
    rows: usize,
    array: &impl Fn(usize) -> Result<ArrayRef>,
) -> Result<Value> {
    let one = |literal: Option<&Literal>| -> Result<Value> {
        Ok(Value::Constant(match literal {
            None => Arc::new(BooleanArray::from(vec![None::<bool>])),
            Some(Literal::Boolean(value)) => Arc::new(BooleanArray::from(vec![*value])),
            Some(Literal::Integer(value)) => Arc::new(Int64Array::from(vec![*value])),
            Some(Literal::Double(value)) => Arc::new(Float64Array::from(vec![*value])),
            Some(Literal::Text(value)) => Arc::new(StringArray::from(vec![value.as_str()])),
            Some(Literal::Date(value)) => Arc::new(Int64Array::from(vec![i64::from(*value)])),
            Some(Literal::Millis(value)) => Arc::new(Int64Array::from(vec![*value])),
            Some(Literal::Nanos(_)) => return Err(Error::bug("nanoseconds in a term of Athena's")),
        }))
    };
    match expression {
        Expression::Field(field) => Ok(Value::Array(comparable(&array(*field)?)?)),
        Expression::Constant(literal) => one(Some(literal)),
        Expression::Null => one(None),
        Expression::Call(function, arguments) => {
            let values = arguments
                .iter()
                .map(|argument| evaluate(argument, rows, array))
                .collect::<Result<Vec<_>>>()?;
            call(*function, values, rows)
        }
    }
}

/// Dates, timestamps and integers as 64-bit integers, so that constants of any width compare with them.
fn comparable(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Int32 => cast(array, &DataType::Int64).map_err(kernel)?,
        DataType::Date32 => Arc::new(
            array
                .as_primitive::<Date32Type>()
                .unary::<_, arrow::datatypes::Int64Type>(i64::from),
        ),
        DataType::Date64 => Arc::new(
            array
                .as_primitive::<Date64Type>()
                .unary::<_, arrow::datatypes::Int64Type>(|value| value),
        ),
        DataType::Timestamp(TimeUnit::Millisecond, _) => Arc::new(
            array
                .as_primitive::<TimestampMillisecondType>()
                .unary::<_, arrow::datatypes::Int64Type>(unpack_utc_millis),
        ),
        _ => array.clone(),
    })
}

fn call(function: Function, mut arguments: Vec<Value>, rows: usize) -> Result<Value> {
    use Function::{And, Array as List, In, IsDistinctFrom, IsNull, Like, Not, Or};
    let result: BooleanArray = match function {
        And | Or => {
            let kernel_of = if function == And {
                boolean::and_kleene
            } else {
                boolean::or_kleene
            };
            let mut result: Option<BooleanArray> = None;
            for argument in arguments {
                let argument = truth(argument, rows)?;
                result = Some(match result {
                    None => argument,
                    Some(result) => kernel_of(&result, &argument).map_err(kernel)?,
                });
            }
            result.ok_or_else(|| Error::bug("a connective without arguments"))?
        }
        Not => boolean::not(&truth(arguments.remove(0), rows)?).map_err(kernel)?,
        IsNull => {
            let array = spread(arguments.remove(0).array()?, rows)?;
            boolean::is_null(&array).map_err(kernel)?
        }
        List => return Ok(Value::List(arguments)),
        In => {
            let (value, list) = (arguments.remove(0).array()?, arguments.remove(0));
            let Value::List(list) = list else {
                return Err(Error::invalid_input(
                    "cannot evaluate `$in`: its second argument is no list",
                ));
            };
            let mut result = BooleanArray::from(vec![false; rows]);
            for element in list {
                let equal = compare(Function::Equal, &value, &element.array()?, rows)?;
                result = boolean::or_kleene(&result, &equal).map_err(kernel)?;
            }
            result
        }
        Like => {
            let (value, pattern) = (arguments.remove(0).array()?, arguments.remove(0).array()?);
            like_pattern(&value, &pattern, rows)?
        }
        IsDistinctFrom => {
            let (left, right) = (arguments.remove(0).array()?, arguments.remove(0).array()?);
            let equal = compare(Function::Equal, &left, &right, rows)?;
            let (left, right) = (spread(left, rows)?, spread(right, rows)?);
            (0..rows)
                .map(|row| {
                    Some(match (left.is_null(row), right.is_null(row)) {
                        (true, true) => false,
                        (false, false) => !equal.value(row),
                        _ => true,
                    })
                })
                .collect()
        }
        comparison => {
            let (left, right) = (arguments.remove(0).array()?, arguments.remove(0).array()?);
            compare(comparison, &left, &right, rows)?
        }
    };
    Ok(Value::Array(Arc::new(result)))
}

/// A boolean for every row.
fn truth(value: Value, rows: usize) -> Result<BooleanArray> {
    let array = spread(value.array()?, rows)?;
    array.as_boolean_opt().cloned().ok_or_else(|| {
        Error::invalid_input(format!(
            "cannot evaluate an expression: {} is not boolean",
            array.data_type()
        ))
    })
}

/// One value repeated for every row.
fn spread(array: ArrayRef, rows: usize) -> Result<ArrayRef> {
    if array.len() == rows {
        return Ok(array);
    }
    let indices = arrow::array::UInt32Array::from(vec![0; rows]);
    arrow::compute::take(&array, &indices, None).map_err(kernel)
}

fn compare(
    function: Function,
    left: &ArrayRef,
    right: &ArrayRef,
    rows: usize,
) -> Result<BooleanArray> {
    // A comparison with NULL is NULL, whatever the types.
    for side in [left, right] {
        if side.len() == 1 && side.null_count() == 1 {
            return Ok(BooleanArray::new_null(rows));
        }
    }
    let (left, right) = (spread(left.clone(), rows)?, spread(right.clone(), rows)?);
    if left.data_type() == &DataType::Float64 || right.data_type() == &DataType::Float64 {
        return compare_doubles(function, &left, &right);
    }
    if left.data_type() != right.data_type() {
        let message = format!(
            "cannot compare {} with {}",
            left.data_type(),
            right.data_type()
        );
        return Err(Error::invalid_input(message));
    }
    let compare: fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError> = match function {
        Function::Equal => cmp::eq,
        Function::NotEqual => cmp::neq,
        Function::LessThan => cmp::lt,
        Function::LessThanOrEqual => cmp::lt_eq,
        Function::GreaterThan => cmp::gt,
        Function::GreaterThanOrEqual => cmp::gt_eq,
        other => {
            return Err(Error::bug(format_args!(
                "`{}` is no comparison",
                other.name()
            )));
        }
    };
    compare(&left, &right).map_err(kernel)
}

fn compare_doubles(function: Function, left: &ArrayRef, right: &ArrayRef) -> Result<BooleanArray> {
    let (left, right) = (
        cast(left, &DataType::Float64).map_err(kernel)?,
        cast(right, &DataType::Float64).map_err(kernel)?,
    );
    let compare: fn(f64, f64) -> bool = match function {
        Function::Equal => |left, right| left == right,
        Function::NotEqual => |left, right| left != right,
        Function::LessThan => |left, right| left < right,
        Function::LessThanOrEqual => |left, right| left <= right,
        Function::GreaterThan => |left, right| left > right,
        Function::GreaterThanOrEqual => |left, right| left >= right,
        other => {
            return Err(Error::bug(format_args!(
                "`{}` is no comparison",
                other.name()
            )));
        }
    };
    let (left, right) = (
        left.as_primitive::<Float64Type>(),
        right.as_primitive::<Float64Type>(),
    );
    Ok(left
        .iter()
        .zip(right)
        .map(|(left, right)| left.zip(right).map(|(left, right)| compare(left, right)))
        .collect())
}

/// LIKE without an escape character, as Athena means it; Arrow's takes a backslash for one.
fn like_pattern(value: &ArrayRef, pattern: &ArrayRef, rows: usize) -> Result<BooleanArray> {
    if pattern.len() == 1 && pattern.null_count() == 1 {
        return Ok(BooleanArray::new_null(rows));
    }
    let (Some(value), Some(pattern)) =
        (value.as_string_opt::<i32>(), pattern.as_string_opt::<i32>())
    else {
        return Err(Error::invalid_input(
            "cannot evaluate LIKE: both sides must be text",
        ));
    };
    let escaped: StringArray = pattern
        .iter()
        .map(|pattern| pattern.map(|text| text.replace('\\', r"\\")))
        .collect();
    let matches = match escaped.len() {
        1 => like(value, &Scalar::new(escaped)),
        _ => like(value, &escaped),
    };
    matches.map_err(kernel)
}

fn kernel(error: ArrowError) -> Error {
    Error::invalid_input("cannot evaluate a constraint on the rows").with_source(error)
}
