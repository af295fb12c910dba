//! A table's columns by `DESCRIBE` (timestream.md, section 2.3).

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Schema};

use super::names::{Listed, Names};
use super::partition;
use crate::error::{Code, Result};
use crate::query::{Column, ColumnKind, Scalar, Source, Table, TimestreamType};
use crate::timestream::{Clients, Decoder, Pages};
use crate::wire::TableName;

/// The table that Athena means, with its columns.
///
/// The name is tried as it came first: it may have been made since tables were listed, beside one that differs in case.
///
/// # Errors
///
/// When there is no such table, or what Timestream answered.
pub(super) async fn describe(names: &Names<'_>, asked: &TableName) -> Result<Table> {
    let clients = names.clients;
    let known = names.known(asked);
    let is_asked = |database: &str, table: &str| {
        (database, table) == (asked.schema_name.as_str(), asked.table_name.as_str())
    };
    let first = columns(clients, &asked.schema_name, &asked.table_name).await;
    let (database, listed, mut columns) = match first {
        Ok(columns) => {
            let known = known.filter(|(database, listed)| is_asked(database, &listed.name));
            let listed = match known {
                Some((_, listed)) => listed,
                None => Listed {
                    name: asked.table_name.clone(),
                    keys: partition::keys(clients, &asked.schema_name, &asked.table_name).await,
                },
            };
            (asked.schema_name.clone(), listed, columns)
        }
        // A missing database or table is a validation error like any other, and one that the role may not see is denied:
        // look the name up, and if it was right after all, say what was wrong in truth.
        Err(error) if matches!(error.code(), Code::InvalidInput | Code::AccessDenied) => {
            let is_denied = error.code() == Code::AccessDenied;
            let (database, listed) = match known {
                Some(known) if !is_asked(&known.0, &known.1.name) => known,
                _ => match names.resolve(asked).await {
                    // That no other name is found, or none may be listed, is not why this one is denied.
                    Err(_) if is_denied => return Err(error),
                    resolved => resolved?,
                },
            };
            if is_asked(&database, &listed.name) {
                return Err(error);
            }
            let columns = columns(clients, &database, &listed.name).await?;
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
