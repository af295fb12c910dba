//! A table's columns by `DESCRIBE` (timestream.md, section 2.3).

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Schema};
use aws_sdk_timestreamwrite::types::PartitionKey;

use super::names::{Listed, Names};
use super::partition;
use crate::error::{Code, Result};
use crate::query::{Column, ColumnKind, Scalar, Source, Table, TimestreamType};
use crate::timestream::{Clients, Decoder, Pages};
use crate::wire::TableName;

/// What Timestream says of a name as it came.
pub(super) struct Look {
    columns: Result<Vec<Column>>,
    keys: Result<Vec<PartitionKey>>,
}

/// Asks for a name's columns and partition key at once. The name is tried as it came: it may have been made since tables
/// were listed, beside one that differs in case.
pub(super) async fn look(names: &Names<'_>, asked: &TableName) -> Look {
    let TableName {
        schema_name,
        table_name,
    } = asked;
    let keys = async {
        match names.known(asked) {
            Some((database, listed)) if is(asked, &database, &listed.name) => Ok(listed.keys),
            // It is another name that Athena means.
            Some(_) => Ok(Vec::new()),
            None => partition::keys(names.clients, schema_name, table_name).await,
        }
    };
    let columns = columns(names.clients, schema_name, table_name);
    let (columns, keys) = tokio::join!(columns, keys);
    Look { columns, keys }
}

/// The table that Athena means, with its columns, after a look at its name.
///
/// # Errors
///
/// When there is no such table, or what Timestream answered.
pub(super) async fn describe(names: &Names<'_>, asked: &TableName, look: Look) -> Result<Table> {
    let (database, listed, mut columns) = match look.columns {
        Ok(columns) => {
            let listed = Listed {
                name: asked.table_name.clone(),
                keys: look
                    .keys
                    .inspect_err(partition::unknown)
                    .unwrap_or_default(),
            };
            (asked.schema_name.clone(), listed, columns)
        }
        // A missing database or table is a validation error like any other, and one that the role may not see is denied:
        // look the name up, and if it was right after all, say what was wrong in truth.
        Err(error) if matches!(error.code(), Code::InvalidInput | Code::AccessDenied) => {
            let is_denied = error.code() == Code::AccessDenied;
            let (database, listed) = match names.known(asked) {
                Some(known) if !is(asked, &known.0, &known.1.name) => known,
                _ => match names.resolve(asked).await {
                    // That no other name is found, or none may be listed, is not why this one is denied.
                    Err(_) if is_denied => return Err(error),
                    resolved => resolved?,
                },
            };
            if is(asked, &database, &listed.name) {
                return Err(error);
            }
            let columns = columns(names.clients, &database, &listed.name).await?;
            (database, listed, columns)
        }
        Err(error) => return Err(error),
    };
    partition::mark(&listed.keys, &mut columns);
    Ok(Table {
        source: Source::Table {
            database,
            table: listed.name,
        },
        columns,
        options: Vec::new(),
    })
}

fn is(asked: &TableName, database: &str, table: &str) -> bool {
    (database, table) == (asked.schema_name.as_str(), asked.table_name.as_str())
}

async fn columns(clients: &Clients, database: &str, table: &str) -> Result<Vec<Column>> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let sql = format!("DESCRIBE {}.{}", quoted(database), quoted(table));
    let mut pages = Pages::start(clients, sql, "timestream:DescribeTable", None);
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let schema = Arc::new(Schema::new(vec![
        text("Column"),
        text("Type"),
        text("Timestream attribute type"),
    ]));
    let mut decoder = Decoder::new(schema);
    let mut columns = Vec::new();
    while let Some((_, batch)) = pages.next(&mut decoder).await? {
        for row in 0..batch.num_rows() {
            let value = |column: usize| batch.column(column).as_string::<i32>().value(row);
            let (name, r#type, kind) = (value(0), value(1), value(2));
            let scalar = Scalar::from_any_name(r#type);
            columns.push(Column {
                name: name.to_owned(),
                r#type: TimestreamType::Scalar(scalar),
                kind: kind_from_name(kind),
                partition_key: false,
                as_double: false,
            });
        }
    }
    Ok(columns)
}

/// `MULTI` and `MEASURE_VALUE` are both values; anything unknown is read like one.
fn kind_from_name(name: &str) -> ColumnKind {
    match name.trim().to_ascii_uppercase().as_str() {
        "DIMENSION" => ColumnKind::Dimension,
        "MEASURE_NAME" => ColumnKind::MeasureName,
        "TIMESTAMP" => ColumnKind::Time,
        _ => ColumnKind::MeasureValue,
    }
}
