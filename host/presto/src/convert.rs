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
use crate::value::Value;

/// Whether values of a type become others here, and not in Arrow.
pub(crate) fn is_converted(from: &DataType, to: &DataType) -> bool {
    let is_fraction = matches!(
        from,
        DataType::Float64 | DataType::Float32 | DataType::Decimal128(..)
    );
    match (from, to) {
        _ if from == to => false,
        (DataType::List(_), DataType::List(_))
        | (DataType::Struct(_), DataType::Struct(_))
        | (DataType::Map(..), DataType::Map(..)) => true,
        (DataType::Timestamp(_, Some(zone)), DataType::Timestamp(_, None)) => &**zone != "+00:00",
        (DataType::Float64 | DataType::Timestamp(..), DataType::Utf8) => true,
        (DataType::Utf8, to) => cast::is_read(to),
        (_, to) => is_fraction && to.is_signed_integer(),
    }
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
        (DataType::List(_) | DataType::Struct(_) | DataType::Map(..), _) if or_null => {
            by_rows(values, to)
        }
        (DataType::List(_), DataType::List(field)) => {
            let list = values.as_list::<i32>();
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
            let members = rows.columns().iter().zip(fields);
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
            let map = values.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let entries = converted(&entries, field.data_type(), false)?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            let entries = entries.as_struct().clone();
            Ok(Arc::new(MapArray::try_new(
                field.clone(),
                offsets,
                entries,
                nulls,
                *is_sorted,
            )?))
        }
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, None)) => clock(values, to),
        (DataType::Float64 | DataType::Timestamp(..), DataType::Utf8) => written(values),
        (DataType::Utf8, to) if cast::is_read(to) => read(values, to, or_null),
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

fn clock(times: &ArrayRef, to: &DataType) -> Result<ArrayRef, DataFusionError> {
    let times = Column::new(times.clone(), false)?;
    let shown = (0..times.len()).map(|row| {
        Ok(match times.value(row)? {
            Value::Zoned(time) => Value::Time(time.datetime()),
            value => value,
        })
    });
    array(shown.collect::<Result<_, DataFusionError>>()?, to)
}

fn written(operand: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
    let shown = digits(operand.data_type());
    let values = Column::new(operand.clone(), false)?;
    let texts = (0..values.len()).map(|row| {
        let text = text(&values.value(row)?, shown);
        Ok(text.map_or(Value::Null, Value::Owned))
    });
    array(
        texts.collect::<Result<_, DataFusionError>>()?,
        &DataType::Utf8,
    )
}

fn read(operand: &ArrayRef, to: &DataType, or_null: bool) -> Result<ArrayRef, DataFusionError> {
    let texts = operand.as_string::<i32>().iter().map(|text| {
        let Some(text) = text else {
            return Ok(Value::Null);
        };
        match cast::read(text, to) {
            Err(_) if or_null => Ok(Value::Null),
            read => read.map_err(|why| exec_datafusion_err!("{why}")),
        }
    });
    array(texts.collect::<Result<_, DataFusionError>>()?, to)
}
