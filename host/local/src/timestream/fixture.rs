//! A store with a few rows, for the tests of this folder.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ApiError;
use super::store::Store;
use super::write;

/// Writes records to `db.t`, as the operation of that name.
pub(super) fn write_records(
    store: &Store,
    common: &Value,
    records: &Value,
) -> Result<Value, ApiError> {
    let body = json!({ "DatabaseName": "db", "TableName": "t", "CommonAttributes": common, "Records": records });
    write::write_records(store, body.to_string().as_bytes())
}

/// A store with an empty table `db.t`.
pub(super) fn empty() -> Arc<Store> {
    let store = Arc::new(Store::default());
    write::create_database(&store, br#"{"DatabaseName":"db"}"#).unwrap();
    write::create_table(&store, br#"{"DatabaseName":"db","TableName":"t"}"#).unwrap();
    store
}

/// A store whose table `db.t` has `count` rows: dimension `host`, measure `n` with the numbers from 0, one row a second
/// from the second 1,000 on.
pub(super) fn numbers(count: usize) -> Arc<Store> {
    let store = empty();
    let common = json!({
        "Dimensions": [{ "Name": "host", "Value": "a" }],
        "MeasureName": "metrics", "MeasureValueType": "MULTI", "TimeUnit": "SECONDS",
    });
    let record = |n: &usize| {
        json!({
            "Time": (1_000 + n).to_string(),
            "MeasureValues": [{ "Name": "n", "Value": n.to_string(), "Type": "BIGINT" }],
        })
    };
    let all: Vec<usize> = (0..count).collect();
    for some in all.chunks(100) {
        let records: Vec<Value> = some.iter().map(record).collect();
        write_records(&store, &common, &records.into()).unwrap();
    }
    store
}
