//! Values of a column as values of another type, as `CAST` has it where DataFusion has it otherwise.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, ListArray, MapArray, StructArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options, concat};
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, exec_datafusion_err, exec_err};

use crate::cast::{self, digits, text};
use crate::column::{Column, array};
use crate::compact::{compact, compact_entries, compact_members};
use crate::decimal::rescaled;
use crate::json::{self, JSON};
use crate::map::has_unique_keys;
use crate::types::type_name;
use crate::value::Value;

/// Digits after the point that a double has at most.
const DIGITS_OF_A_DOUBLE: usize = 1_074;

/// Whether values of a type become others here, and not in Arrow.
pub(crate) fn is_converted(from: &DataType, to: &DataType) -> bool {
    let is_fraction = matches!(
        from,
        DataType::Float64 | DataType::Float32 | DataType::Decimal128(..)
    );
    match (from, to) {
        _ if from == to => false,
        (from, to) if *from == JSON || *to == JSON => *from != DataType::Null,
        (DataType::Boolean, DataType::Decimal128(..))
        | (DataType::Decimal128(..), DataType::Boolean)
        | (DataType::Float32, DataType::Utf8) => true,
        (DataType::Float64, DataType::Decimal128(..)) => true,
        (from, DataType::Decimal128(..)) if is_exact(from) => true,
        (DataType::List(_), DataType::List(_))
        | (DataType::Struct(_), DataType::Struct(_))
        | (DataType::Map(..), DataType::Map(..)) => true,
        (DataType::Timestamp(_, Some(zone)), DataType::Timestamp(_, None)) => &**zone != "+00:00",
        (DataType::Float64 | DataType::Timestamp(..), DataType::Utf8) => true,
        (DataType::Utf8, to) => cast::is_read(to),
        (_, to) => is_fraction && to.is_signed_integer(),
    }
}

fn is_exact(given: &DataType) -> bool {
    given.is_signed_integer() || matches!(given, DataType::Decimal128(..))
}

/// A column's values as those of another type; NULL instead of an error where `or_null` says so.
///
/// # Errors
///
/// When a value cannot be cast.
pub(crate) fn converted(
    values: &ArrayRef,
    to: &DataType,
    or_null: bool,
) -> Result<ArrayRef, DataFusionError> {
    let from = values.data_type();
    match (from, to) {
        (from, to) if *from == JSON => {
            each(values, to, or_null, |value| json::read(value.text(), to))
        }
        (from, to) if *to == JSON => each(values, to, or_null, |value| {
            let written = json::written(&value, from);
            Ok(written.map_or(Value::Null, Value::Owned))
        }),
        (DataType::Boolean, DataType::Decimal128(precision, scale)) => {
            each(values, to, or_null, |value| {
                let one = i128::from(value == Value::Boolean(true));
                let one = one * 10_i128.pow(u32::from(scale.unsigned_abs()));
                match precision.saturating_add_signed(-scale) {
                    0 if one != 0 => Err(format!("Cannot cast true to {}", type_name(to))),
                    _ => Ok(Value::Decimal(one, *scale)),
                }
            })
        }
        // With all digits that the double has, so that it is rounded once.
        (DataType::Float64, DataType::Decimal128(..)) => each(values, to, or_null, |value| {
            let digits = format!("{:.1$}", value.double(), DIGITS_OF_A_DOUBLE);
            cast::read(&digits, to)
                .map_err(|_| format!("Cannot cast {} to {}", value.double(), type_name(to)))
        }),
        (_, DataType::Decimal128(precision, scale)) if is_exact(from) => {
            each(values, to, or_null, |value| {
                let (digits, own) = match &value {
                    Value::Decimal(digits, own) => (*digits, *own),
                    value => (value.integer().into(), 0),
                };
                let most = 10_u128.pow(u32::from(*precision));
                let digits = rescaled(digits, own, *scale);
                match digits.filter(|digits| digits.unsigned_abs() < most) {
                    Some(digits) => Ok(Value::Decimal(digits, *scale)),
                    None => Err(format!(
                        "Cannot cast {} to {}",
                        text(&value, 0).unwrap_or_default(),
                        type_name(to)
                    )),
                }
            })
        }
        (DataType::Decimal128(..), DataType::Boolean) => each(values, to, or_null, |value| {
            Ok(Value::Boolean(value.decimal().0 != 0))
        }),
        (DataType::List(_) | DataType::Struct(_) | DataType::Map(..), _) if or_null => {
            by_rows(values, to)
        }
        (DataType::List(_), DataType::List(field)) => {
            let list = compact(values)?;
            let elements = converted(list.values(), field.data_type(), false)?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(
                field.clone(),
                offsets,
                elements,
                nulls,
            )?))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let rows = values.as_struct();
            // By position: names do not matter.
            let members = compact_members(rows)?;
            let members = members.iter().zip(fields);
            let members =
                members.map(|(member, field)| converted(member, field.data_type(), false));
            let members = members.collect::<Result<_, _>>()?;
            Ok(Arc::new(StructArray::try_new(
                fields.clone(),
                members,
                rows.nulls().cloned(),
            )?))
        }
        (DataType::Map(..), DataType::Map(field, is_sorted)) => {
            let list = compact_entries(values.as_map())?;
            let entries = converted(list.values(), field.data_type(), false)?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            let entries = entries.as_struct().clone();
            let map: ArrayRef = Arc::new(MapArray::try_new(
                field.clone(),
                offsets,
                entries,
                nulls,
                *is_sorted,
            )?);
            let maps = Column::new(map.clone(), false)?;
            for row in 0..maps.len() {
                if !has_unique_keys(&maps.value(row)?) {
                    return exec_err!("Cannot cast map: two of its keys become one");
                }
            }
            Ok(map)
        }
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, None)) => {
            let values = Column::new(values.clone(), false)?;
            let shown = (0..values.len()).map(|row| {
                Ok(match values.value(row)? {
                    Value::Zoned(time) => Value::Time(time.datetime()),
                    value => value,
                })
            });
            array(shown.collect::<Result<_, DataFusionError>>()?, to)
        }
        (DataType::Float64 | DataType::Float32 | DataType::Timestamp(..), DataType::Utf8) => {
            let shown = digits(from);
            each(values, to, or_null, |value| {
                Ok(text(&value, shown).map_or(Value::Null, Value::Owned))
            })
        }
        (DataType::Utf8, to) if cast::is_read(to) => {
            each(values, to, or_null, |value| cast::read(value.text(), to))
        }
        (from, to) if is_converted(from, to) => rounded(values, to, or_null),
        _ => {
            let options = CastOptions {
                safe: or_null,
                ..CastOptions::default()
            };
            Ok(cast_with_options(values, to, &options)?)
        }
    }
}

/// Each row by itself, NULL where anything in it cannot be cast.
fn by_rows(values: &ArrayRef, to: &DataType) -> Result<ArrayRef, DataFusionError> {
    if let Ok(all) = converted(values, to, false) {
        return Ok(all);
    }
    let rows = (0..values.len()).map(|row| {
        let converted = converted(&values.slice(row, 1), to, false);
        converted.unwrap_or_else(|_| new_null_array(to, 1))
    });
    let rows: Vec<ArrayRef> = rows.collect();
    let rows: Vec<&dyn Array> = rows.iter().map(AsRef::as_ref).collect();
    match rows.is_empty() {
        true => exec_err!("a column without rows cannot be cast"),
        false => Ok(concat(&rows)?),
    }
}

fn rounded(operand: &ArrayRef, to: &DataType, or_null: bool) -> Result<ArrayRef, DataFusionError> {
    let options = CastOptions {
        safe: or_null,
        ..CastOptions::default()
    };
    if let DataType::Decimal128(..) = operand.data_type() {
        // Arrow rounds to fewer digits, the half away from zero, and cuts off what is cast to an integer.
        let whole = cast_with_options(operand, &DataType::Decimal128(38, 0), &options)?;
        return Ok(cast_with_options(&whole, to, &options)?);
    }
    let operand = cast_with_options(operand, &DataType::Float64, &options)?;
    // The first double above all bigints is 2^63.
    let bigints = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    let whole = operand.as_primitive::<Float64Type>().iter().map(|value| {
        // f64::round takes the half away from zero.
        match value.map(|value| (value, value.round())) {
            None => Ok(None),
            Some((_, whole)) if bigints.contains(&whole) => Ok(Some(whole as i64)),
            Some(_) if or_null => Ok(None),
            Some((value, _)) => {
                let message = format!("Cannot cast double {value} to an integer");
                Err(ArrowError::ComputeError(message))
            }
        }
    });
    let whole = whole.collect::<Result<Int64Array, _>>()?;
    Ok(cast_with_options(&whole, to, &options)?)
}

/// Each value that is not NULL by itself.
fn each(
    values: &ArrayRef,
    to: &DataType,
    or_null: bool,
    convert: impl for<'a> Fn(Value<'a>) -> Result<Value<'static>, String>,
) -> Result<ArrayRef, DataFusionError> {
    let column = Column::new(values.clone(), false)?;
    let converted = (0..column.len()).map(|row| match column.value(row)? {
        Value::Null => Ok(Value::Null),
        value => match convert(value) {
            Err(_) if or_null => Ok(Value::Null),
            converted => converted.map_err(|why| exec_datafusion_err!("{why}")),
        },
    });
    array(converted.collect::<Result<_, DataFusionError>>()?, to)
}
