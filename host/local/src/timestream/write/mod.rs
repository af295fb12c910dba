//! The Write service: databases, tables, records.

mod record;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::timestream::error::{ApiError, RejectedRecord};
use crate::timestream::store::{
    DatabaseSummary, Definition, Enforcement, PartitionKey, Rejection, Retention, Store, Table,
    epoch_seconds,
};

/// Most records of one `WriteRecords` call (service model).
const MAX_RECORDS: usize = 100;
/// Most entries a list answers with (service model, `PaginationLimit`).
const MAX_LISTED: i64 = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DatabaseName {
    database_name: String,
}

pub(crate) fn create_database(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let DatabaseName { database_name } = parse(body)?;
    check_name("DatabaseName", &database_name)?;
    let database = store.create_database(&database_name)?;
    Ok(json!({ "Database": show_database(&database) }))
}

pub(crate) fn describe_database(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let DatabaseName { database_name } = parse(body)?;
    let database = store.describe_database(&database_name)?;
    Ok(json!({ "Database": show_database(&database) }))
}

pub(crate) fn delete_database(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let DatabaseName { database_name } = parse(body)?;
    store.delete_database(&database_name)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListDatabases {
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(crate) fn list_databases(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let request: ListDatabases = parse(body)?;
    let limit = check_limit(request.max_results)?;
    let after = request.next_token.as_deref().map(read_token).transpose()?;
    let (databases, more) = store.databases(after.as_deref(), limit);
    let mut answer =
        json!({ "Databases": databases.iter().map(show_database).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, databases.last()) {
        answer["NextToken"] = write_token(&last.name).into();
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateTable {
    database_name: String,
    table_name: String,
    retention_properties: Option<Retention>,
    schema: Option<TableSchema>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableSchema {
    composite_partition_key: Option<Vec<PartitionKey>>,
}

pub(crate) fn create_table(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let request: CreateTable = parse(body)?;
    check_name("TableName", &request.table_name)?;
    let keys = request
        .schema
        .and_then(|schema| schema.composite_partition_key)
        .unwrap_or_default();
    let partition_key = match keys.as_slice() {
        [] => PartitionKey::Measure {},
        [key] => key.clone(),
        _ => {
            return Err(ApiError::Validation(
                "CompositePartitionKey must have exactly one entry".to_owned(),
            ));
        }
    };
    if let PartitionKey::Dimension { name, .. } = &partition_key {
        record::check_dimension_name(name).map_err(ApiError::Validation)?;
    }
    let table = store.create_table(Definition {
        database: request.database_name,
        table: request.table_name,
        retention: request.retention_properties.unwrap_or_default(),
        partition_key,
        created: epoch_seconds(),
    })?;
    Ok(json!({ "Table": show_table(&table) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableName {
    database_name: String,
    table_name: String,
}

pub(crate) fn describe_table(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let TableName {
        database_name,
        table_name,
    } = parse(body)?;
    let table = store.describe_table(&database_name, &table_name)?;
    Ok(json!({ "Table": show_table(&table) }))
}

pub(crate) fn delete_table(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let TableName {
        database_name,
        table_name,
    } = parse(body)?;
    store.delete_table(&database_name, &table_name)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTables {
    database_name: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(crate) fn list_tables(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let request: ListTables = parse(body)?;
    let limit = check_limit(request.max_results)?;
    let token = request.next_token.as_deref().map(read_token).transpose()?;
    // Neither name can contain a slash.
    let after = match &token {
        Some(token) => Some(token.split_once('/').ok_or_else(invalid_token)?),
        None => None,
    };
    let (tables, more) = store
        .tables(request.database_name.as_deref(), after, limit)
        .ok_or_else(|| ApiError::ResourceNotFound("the database does not exist".to_owned()))?;
    let mut answer = json!({ "Tables": tables.iter().map(show_table).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, tables.last()) {
        answer["NextToken"] = write_token(&format!(
            "{}/{}",
            last.definition.database, last.definition.table
        ))
        .into();
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WriteRecords {
    database_name: String,
    table_name: String,
    #[serde(default)]
    common_attributes: record::Input,
    records: Vec<record::Input>,
}

/// Writes what can be written. Everything wrong with a single record rejects that record and no other.
pub(crate) fn write_records(store: &Store, body: &[u8]) -> Result<Value, ApiError> {
    let request: WriteRecords = parse(body)?;
    let total = request.records.len();
    if total == 0 || total > MAX_RECORDS {
        let message =
            format!("Records must have 1 to {MAX_RECORDS} entries, this call has {total}");
        return Err(ApiError::Validation(message));
    }
    let table = store.describe_table(&request.database_name, &request.table_name)?;
    let required = match &table.definition.partition_key {
        PartitionKey::Dimension {
            name,
            enforcement: Enforcement::Required,
        } => Some(name.as_str()),
        PartitionKey::Dimension {
            enforcement: Enforcement::Optional,
            ..
        }
        | PartitionKey::Measure {} => None,
    };
    let mut rejected = Vec::new();
    let mut rows = table.rows();
    for (record_index, input) in request.records.into_iter().enumerate() {
        let written = record::read(input, &request.common_attributes, required)
            .map_err(Rejection::from)
            .and_then(|record| rows.upsert(record));
        if let Err(rejection) = written {
            let (reason, existing_version) = (rejection.reason, rejection.existing_version);
            rejected.push(RejectedRecord {
                record_index,
                reason,
                existing_version,
            });
        }
    }
    if !rejected.is_empty() {
        return Err(ApiError::RejectedRecords(rejected));
    }
    Ok(json!({ "RecordsIngested": { "Total": total, "MemoryStore": total, "MagneticStore": 0 } }))
}

/// Reads a request; members that it does not have are ignored.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("cannot read the request: {error}");
        if error.is_data() {
            ApiError::Validation(message)
        } else {
            ApiError::Serialization(message)
        }
    })
}

/// Database and table names: `[a-zA-Z0-9_.-]+` (service model), 256 bytes at most (service quotas).
fn check_name(member: &str, name: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if (1..=256).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    let message =
        format!("{member} must have 1 to 256 characters out of a-z, A-Z, 0-9, `_`, `.` and `-`");
    Err(ApiError::Validation(message))
}

fn check_limit(asked: Option<i64>) -> Result<usize, ApiError> {
    match asked.unwrap_or(MAX_LISTED) {
        limit @ 1..=MAX_LISTED => Ok(limit as usize),
        other => Err(ApiError::Validation(format!(
            "MaxResults must be 1 to {MAX_LISTED}, not {other}"
        ))),
    }
}

/// A list's token is the last name it showed.
fn write_token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

fn read_token(token: &str) -> Result<String, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid_token())?;
    String::from_utf8(bytes).map_err(|_| invalid_token())
}

fn invalid_token() -> ApiError {
    ApiError::Validation("Invalid pagination token".to_owned())
}

fn show_database(database: &DatabaseSummary) -> Value {
    json!({
        "Arn": format!("arn:aws:timestream:us-east-1:000000000000:database/{}", database.name),
        "DatabaseName": database.name,
        "TableCount": database.tables,
        "CreationTime": database.created,
        "LastUpdatedTime": database.created,
    })
}

fn show_table(table: &Arc<Table>) -> Value {
    let Definition {
        database,
        table,
        retention,
        partition_key,
        created,
    } = &table.definition;
    json!({
        "Arn": format!("arn:aws:timestream:us-east-1:000000000000:database/{database}/table/{table}"),
        "TableName": table,
        "DatabaseName": database,
        "TableStatus": "ACTIVE",
        "RetentionProperties": retention,
        "CreationTime": created,
        "LastUpdatedTime": created,
        "MagneticStoreWriteProperties": { "EnableMagneticStoreWrites": false },
        "Schema": { "CompositePartitionKey": [partition_key] },
    })
}

#[cfg(test)]
mod tests;
