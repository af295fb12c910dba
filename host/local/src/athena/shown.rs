//! The wire's types as Athena's engine shows them, here DataFusion.
//!
//! Athena's `timestamp(3)` travels as Arrow's Date64, which DataFusion takes for a day; a timestamp with zone travels
//! packed (federation-protocol.md, sections 3.6 and 3.8).

use std::sync::Arc;

use anyhow::{Context as _, bail};
use arrow::array::{
    Array, ArrayRef, AsArray, GenericListArray, RecordBatch, RecordBatchOptions, StructArray,
    TimestampMillisecondArray,
};
use arrow::datatypes::{
    DataType, Date64Type, Field, FieldRef, Schema, SchemaRef, TimeUnit, TimestampMillisecondType,
};
use connector::wire::unpack_utc_millis;

/// The schema of a table or answer as the engine has it, without metadata.
pub(super) fn shown_schema(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(
        schema.fields().iter().map(shown_field).collect::<Vec<_>>(),
    ))
}

/// The rows of a block as the engine has them, under its schema.
pub(super) fn shown_batch(batch: &RecordBatch, schema: &SchemaRef) -> anyhow::Result<RecordBatch> {
    let columns = batch
        .columns()
        .iter()
        .map(shown_array)
        .collect::<anyhow::Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
        .context("rows do not fit the table's schema")
}

fn shown_field(field: &FieldRef) -> Field {
    Field::new(field.name(), shown_type(field.data_type()), true)
}

fn shown_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => {
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
        }
        DataType::List(element) => DataType::List(Arc::new(shown_field(element))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(shown_field).collect()),
        other => other.clone(),
    }
}

fn shown_array(array: &ArrayRef) -> anyhow::Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Date64 => {
            let values = array.as_primitive::<Date64Type>();
            Arc::new(TimestampMillisecondArray::new(
                values.values().clone(),
                values.nulls().cloned(),
            ))
        }
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => {
            let packed = array.as_primitive::<TimestampMillisecondType>();
            let millis: TimestampMillisecondArray = packed.unary(unpack_utc_millis);
            Arc::new(millis.with_timezone("UTC"))
        }
        DataType::List(element) => {
            let list = array.as_list::<i32>();
            let values = shown_array(list.values())?;
            let shown = GenericListArray::try_new(
                Arc::new(shown_field(element)),
                list.offsets().clone(),
                values,
                list.nulls().cloned(),
            );
            Arc::new(shown?)
        }
        DataType::Struct(fields) => {
            let rows = array.as_struct();
            let columns = rows
                .columns()
                .iter()
                .map(shown_array)
                .collect::<anyhow::Result<Vec<_>>>()?;
            let fields = fields.iter().map(shown_field).collect();
            Arc::new(StructArray::try_new_with_length(
                fields,
                columns,
                rows.nulls().cloned(),
                rows.len(),
            )?)
        }
        DataType::Dictionary(..) => bail!("a block holds a dictionary, which the protocol has not"),
        _ => array.clone(),
    })
}
