//! Arrow types as the `Type` of a `ColumnInfo`.

use arrow::datatypes::{DataType, IntervalUnit};
use serde_json::{Value, json};

use crate::timestream::error::ApiError;
use crate::timestream::sql::{OutputColumn, value_type};

/// Returns a column's `ColumnInfo`, or an error that names the type Timestream does not have.
pub(super) fn column_info(column: &OutputColumn) -> Result<Value, ApiError> {
    Ok(json!({ "Name": column.name, "Type": type_of(&column.data_type)? }))
}

fn type_of(data_type: &DataType) -> Result<Value, ApiError> {
    let scalar = match data_type {
        DataType::Null => "UNKNOWN",
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            "INTEGER"
        }
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "BIGINT",
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "DOUBLE",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR",
        DataType::Timestamp(_, _) => "TIMESTAMP",
        DataType::Date32 | DataType::Date64 => "DATE",
        DataType::Time32(_) | DataType::Time64(_) => "TIME",
        DataType::Interval(IntervalUnit::YearMonth) => "INTERVAL_YEAR_TO_MONTH",
        DataType::Interval(_) | DataType::Duration(_) => "INTERVAL_DAY_TO_SECOND",
        DataType::Dictionary(_, values) => return type_of(values),
        series if let Some(value) = value_type(series) => {
            return Ok(json!({ "TimeSeriesMeasureValueColumnInfo": { "Type": type_of(value)? } }));
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            return Ok(json!({ "ArrayColumnInfo": { "Type": type_of(item.data_type())? } }));
        }
        DataType::Struct(fields) => {
            let fields: Result<Vec<Value>, ApiError> = fields
                .iter()
                .map(|field| {
                    Ok(json!({ "Name": field.name(), "Type": type_of(field.data_type())? }))
                })
                .collect();
            return Ok(json!({ "RowColumnInfo": fields? }));
        }
        other => {
            return Err(ApiError::Validation(format!(
                "type {other} is not supported as a result"
            )));
        }
    };
    Ok(json!({ "ScalarType": scalar }))
}
