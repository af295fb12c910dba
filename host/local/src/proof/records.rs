//! Rows as records that Timestream stores.

use anyhow::{Context, Result};
use aws_sdk_timestreamwrite::Client;
use aws_sdk_timestreamwrite::types::{Dimension, MeasureValue, MeasureValueType, Record, TimeUnit};

use super::model::{Column, Row, Value};

/// Records of one call at most (service quotas).
const RECORDS: usize = 100;

/// The dimension that keeps every row apart from all others: its `id` as text.
pub const KEY: &str = "key";

/// Creates a table of rows. Columns are measures, but for `time`, `measure_name` and those that are `dimensions`; their
/// column `id` stands in the dimension [`KEY`] too.
///
/// # Errors
///
/// What the service answers.
pub async fn store(
    client: &Client,
    (database, table): (&str, &str),
    columns: &[Column],
    dimensions: &[&str],
    rows: &[Row],
) -> Result<()> {
    let create = client.create_table().database_name(database);
    create.table_name(table).send().await?;
    let records = rows.iter().map(|row| record(columns, dimensions, row));
    let records = records.collect::<Result<Vec<_>>>()?;
    for some in records.chunks(RECORDS) {
        let write = client.write_records().database_name(database);
        let write = write.table_name(table).set_records(Some(some.to_vec()));
        write
            .send()
            .await
            .with_context(|| format!("cannot write to {table}"))?;
    }
    Ok(())
}

fn record(columns: &[Column], dimensions: &[&str], row: &Row) -> Result<Record> {
    let mut record = Record::builder()
        .time_unit(TimeUnit::Nanoseconds)
        .measure_value_type(MeasureValueType::Multi);
    for (column, value) in columns.iter().zip(row) {
        let Some(value) = value else {
            continue;
        };
        let (text, r#type) = match value {
            Value::Boolean(value) => (value.to_string(), MeasureValueType::Boolean),
            Value::Integer(value) => (value.to_string(), MeasureValueType::Bigint),
            Value::Double(value) => (format!("{value:?}"), MeasureValueType::Double),
            Value::Text(value) => (value.clone(), MeasureValueType::Varchar),
            Value::Nanos(value) => (value.to_string(), MeasureValueType::Timestamp),
            Value::Date(_) | Value::Millis(_) => continue,
        };
        if column.name == "id" {
            let key = Dimension::builder().name(KEY).value(&text);
            record = record.dimensions(key.build()?);
        }
        record = match column.name {
            "time" => record.time(text),
            "measure_name" => record.measure_name(text),
            name if dimensions.contains(&name) => {
                record.dimensions(Dimension::builder().name(name).value(text).build()?)
            }
            name => {
                let measure = MeasureValue::builder().name(name).value(text);
                record.measure_values(measure.r#type(r#type).build()?)
            }
        };
    }
    Ok(record.build())
}
