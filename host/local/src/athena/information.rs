//! `information_schema`: what the connector lists, as the tables that tools ask first.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, TimeUnit};
use connector::wire::TableName;

use super::CATALOG;
use super::client::{Client, check_table};
use super::shown::shown_schema;

/// The schema's name.
pub(super) const SCHEMA: &str = "information_schema";

/// The rows of one of its tables; none of a table that is not there.
///
/// # Errors
///
/// If the connector cannot be asked.
pub(super) async fn rows(client: &Client, table: &str) -> anyhow::Result<Option<RecordBatch>> {
    let schemas = client.schemas().await?;
    let all = |count: usize, text: &str| Arc::new(StringArray::from(vec![text; count])) as ArrayRef;
    let texts = |texts: Vec<String>| Arc::new(StringArray::from(texts)) as ArrayRef;
    if table == "schemata" {
        let columns = [
            ("catalog_name", all(schemas.len(), CATALOG)),
            ("schema_name", texts(schemas)),
        ];
        return Ok(Some(RecordBatch::try_from_iter(columns)?));
    }
    let mut tables = Vec::new();
    for schema in schemas {
        let names = client.tables(&schema).await?.into_iter();
        tables.extend(names.map(|name| (schema.clone(), name)));
    }
    match table {
        "tables" => {
            let (schemas, names): (Vec<_>, Vec<_>) = tables.into_iter().unzip();
            let columns = [
                ("table_catalog", all(names.len(), CATALOG)),
                ("table_schema", texts(schemas)),
                ("table_type", all(names.len(), "BASE TABLE")),
                ("table_name", texts(names)),
            ];
            let [catalog, schema, kind, name] = columns;
            Ok(Some(RecordBatch::try_from_iter([
                catalog, schema, name, kind,
            ])?))
        }
        "columns" => {
            let (mut schemas, mut names) = (Vec::new(), Vec::new());
            let (mut columns, mut types, mut places) = (Vec::new(), Vec::new(), Vec::new());
            for (schema, name) in tables {
                let described = described(client, &schema, &name).await?;
                for (place, (column, data_type)) in (1..).zip(described) {
                    schemas.push(schema.clone());
                    names.push(name.clone());
                    columns.push(column);
                    types.push(data_type);
                    places.push(place);
                }
            }
            let count = places.len();
            Ok(Some(RecordBatch::try_from_iter([
                ("table_catalog", all(count, CATALOG)),
                ("table_schema", texts(schemas)),
                ("table_name", texts(names)),
                ("column_name", texts(columns)),
                ("ordinal_position", Arc::new(Int64Array::from(places))),
                ("is_nullable", all(count, "YES")),
                ("data_type", texts(types)),
            ])?))
        }
        _ => Ok(None),
    }
}

/// The columns of a table with the names of their types.
///
/// # Errors
///
/// If the connector does not have the table.
pub(super) async fn described(
    client: &Client,
    schema: &str,
    table: &str,
) -> anyhow::Result<Vec<(String, String)>> {
    let asked = TableName {
        schema_name: schema.to_owned(),
        table_name: table.to_owned(),
    };
    let table = client.table(asked.clone(), Default::default()).await?;
    check_table(&asked, &table)?;
    let columns = shown_schema(&table.schema);
    let columns = columns.fields().iter();
    Ok(columns
        .map(|column| (column.name().clone(), type_name(column.data_type())))
        .collect())
}

/// A type as Athena names it: a timestamp with its precision.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Timestamp(TimeUnit::Millisecond, None) => "timestamp(3)".to_owned(),
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => {
            "timestamp(3) with time zone".to_owned()
        }
        other => presto::type_name(other),
    }
}
