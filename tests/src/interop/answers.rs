//! Our answers, read by the Java SDK.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use connector::spill::encrypt;
use connector::wire::{
    ANNOUNCED_VERSION, Block, Capability, EncryptionKey, FEDERATION_CAPABILITIES, Framing,
    GetDataSourceCapabilitiesResponse, GetSplitsResponse, GetTableLayoutResponse, GetTableResponse,
    ListSchemasResponse, ListTablesResponse, PingResponse, ReadRecordsResponse,
    RemoteReadRecordsResponse, Response, SpillLocation, Split, TableName, encode_batch,
    write_response,
};
use serde_json::{Value, json};

use super::rows::{FIELDS, METADATA, batch, expected};
use super::{compare, folder, read};

/// Writes the answers, lets Java read them, and returns what it says of each by the file's name.
fn understood(folder: &Path, answers: &[(&str, Response)]) -> BTreeMap<String, Value> {
    for (name, answer) in answers {
        std::fs::write(
            folder.join(format!("{name}.json")),
            write_response(answer).unwrap(),
        )
        .unwrap();
    }
    let lines = read(folder);
    assert_eq!(lines.len(), answers.len());
    lines
        .into_iter()
        .map(|line| (line.file.trim_end_matches(".json").to_owned(), line.says))
        .collect()
}

fn check(understood: &BTreeMap<String, Value>, name: &str, expected: Value) {
    compare(name, &expected, &understood[name]);
}

fn catalog() -> String {
    "timestream".into()
}

fn table() -> TableName {
    TableName {
        schema_name: "fleet-metrics".into(),
        table_name: "o'brien 😀".into(),
    }
}

/// What Java says of the schema of [`batch`].
fn schema_words() -> Value {
    json!({"fields": FIELDS, "refused": [], "metadata": BTreeMap::from(METADATA)})
}

fn read_records(batch: RecordBatch) -> Response {
    Response::ReadRecordsResponse(ReadRecordsResponse {
        catalog_name: catalog(),
        records: Block(batch),
    })
}

#[test]
fn java_reads_names_capabilities_and_splits_of_ours() {
    let list = |tables, next_token| {
        Response::ListTablesResponse(ListTablesResponse {
            tables,
            catalog_name: catalog(),
            next_token,
        })
    };
    let location = |key: &str| {
        let (bucket, key) = ("spill-bucket".into(), key.into());
        Some(SpillLocation::S3SpillLocation {
            bucket,
            key,
            directory: true,
        })
    };
    let encrypted = Split {
        spill_location: location("spill/q/1"),
        encryption_key: Some(EncryptionKey {
            key: (0..32).collect(),
            nonce: (0xa0..0xac).collect(),
        }),
        properties: BTreeMap::from([
            ("slice".into(), "{\"from\":1}".into()),
            ("é".into(), "😀".into()),
        ]),
    };
    let open = Split {
        spill_location: location("spill/q/2"),
        encryption_key: None,
        properties: BTreeMap::new(),
    };
    let capability = |sub_type: &str, properties: &[&str]| Capability {
        sub_type: sub_type.into(),
        properties: properties.iter().copied().map(str::to_owned).collect(),
    };
    let capabilities = BTreeMap::from([
        (
            "supports_filter_pushdown".into(),
            vec![capability("sorted_range_set", &[])],
        ),
        (
            "supports_complex_expression_pushdown".into(),
            vec![capability(
                "supported_function_expression_types",
                &["$and", "$like_pattern"],
            )],
        ),
    ]);
    let understood = understood(
        &folder("names"),
        &[
            (
                "PingResponse",
                Response::PingResponse(PingResponse {
                    catalog_name: catalog(),
                    query_id: "q-1".into(),
                    source_type: None,
                    capabilities: FEDERATION_CAPABILITIES,
                    ser_de_version: ANNOUNCED_VERSION,
                }),
            ),
            (
                "ListSchemasResponse",
                Response::ListSchemasResponse(ListSchemasResponse {
                    catalog_name: catalog(),
                    schemas: vec!["fleet-metrics".into(), "größe".into()],
                }),
            ),
            ("ListTablesResponse", list(vec![table()], Some("50".into()))),
            ("ListTablesResponse.last", list(Vec::new(), None)),
            (
                "GetSplitsResponse",
                Response::GetSplitsResponse(GetSplitsResponse {
                    catalog_name: catalog(),
                    splits: vec![encrypted, open],
                    continuation_token: Some("2".into()),
                }),
            ),
            (
                "GetSplitsResponse.last",
                Response::GetSplitsResponse(GetSplitsResponse {
                    catalog_name: catalog(),
                    splits: Vec::new(),
                    continuation_token: None,
                }),
            ),
            (
                "GetDataSourceCapabilitiesResponse",
                Response::GetDataSourceCapabilitiesResponse(GetDataSourceCapabilitiesResponse {
                    catalog_name: catalog(),
                    capabilities,
                }),
            ),
        ],
    );
    check(
        &understood,
        "PingResponse",
        json!({"catalogName": "timestream", "queryId": "q-1", "sourceType": null, "capabilities": 24, "serDeVersion": 5}),
    );
    check(
        &understood,
        "ListSchemasResponse",
        json!({"catalogName": "timestream", "schemas": ["fleet-metrics", "größe"]}),
    );
    check(
        &understood,
        "ListTablesResponse",
        json!({"catalogName": "timestream", "tables": ["fleet-metrics.o'brien 😀"], "nextToken": "50"}),
    );
    check(
        &understood,
        "ListTablesResponse.last",
        json!({"catalogName": "timestream", "tables": [], "nextToken": null}),
    );
    check(
        &understood,
        "GetSplitsResponse",
        json!({
            "catalogName": "timestream",
            "splits": [
                {
                    "bucket": "spill-bucket", "key": "spill/q/1", "directory": true,
                    "encryptionKey": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "nonce": "oKGio6Slpqeoqaqr",
                    "properties": {"slice": "{\"from\":1}", "é": "😀"},
                },
                {
                    "bucket": "spill-bucket", "key": "spill/q/2", "directory": true,
                    "encryptionKey": null, "nonce": null, "properties": {},
                },
            ],
            "continuationToken": "2",
        }),
    );
    check(
        &understood,
        "GetSplitsResponse.last",
        json!({"catalogName": "timestream", "splits": [], "continuationToken": null}),
    );
    check(
        &understood,
        "GetDataSourceCapabilitiesResponse",
        json!({
            "catalogName": "timestream",
            "capabilities": {
                "supports_filter_pushdown": {"sorted_range_set": []},
                "supports_complex_expression_pushdown":
                    {"supported_function_expression_types": ["$and", "$like_pattern"]},
            },
        }),
    );
}

#[test]
fn java_reads_schemas_and_inline_blocks_of_ours() {
    let partition = RecordBatch::try_from_iter_with_nullable([(
        "partitionId",
        Arc::new(Int32Array::from(vec![1])) as ArrayRef,
        true,
    )]);
    let layout = |batch| {
        Response::GetTableLayoutResponse(GetTableLayoutResponse {
            catalog_name: catalog(),
            table_name: table(),
            partitions: Block(batch),
        })
    };
    let understood = understood(
        &folder("inline"),
        &[
            (
                "GetTableResponse",
                Response::GetTableResponse(GetTableResponse {
                    catalog_name: catalog(),
                    table_name: table(),
                    schema: batch().schema(),
                    partition_columns: vec!["name".into(), "day".into()],
                }),
            ),
            ("GetTableLayoutResponse", layout(partition.unwrap())),
            (
                "GetTableLayoutResponse.none",
                layout(RecordBatch::new_empty(batch().schema())),
            ),
            ("ReadRecordsResponse", read_records(batch())),
            (
                "ReadRecordsResponse.sliced",
                read_records(batch().slice(1, 3)),
            ),
            (
                "ReadRecordsResponse.empty",
                read_records(batch().slice(2, 0)),
            ),
            // `count(*)`: rows without a column.
            (
                "ReadRecordsResponse.count",
                read_records(batch().project(&[]).unwrap()),
            ),
        ],
    );
    check(
        &understood,
        "GetTableResponse",
        json!({
            "catalogName": "timestream", "table": "fleet-metrics.o'brien 😀", "schema": schema_words(),
            "partitionColumns": ["day", "name"],
        }),
    );
    let layout = |schema: Value, rows: Value| {
        json!({
            "catalogName": "timestream", "table": "fleet-metrics.o'brien 😀",
            "partitions": {"schema": schema, "rows": rows},
        })
    };
    let partition_schema =
        json!({"fields": ["partitionId: Int(32, true)"], "refused": [], "metadata": {}});
    check(
        &understood,
        "GetTableLayoutResponse",
        layout(partition_schema, json!([[1]])),
    );
    check(
        &understood,
        "GetTableLayoutResponse.none",
        layout(schema_words(), json!([])),
    );

    let records = |rows: &[Value]| json!({"catalogName": "timestream", "records": {"schema": schema_words(), "rows": rows}});
    check(&understood, "ReadRecordsResponse", records(&expected()));
    check(
        &understood,
        "ReadRecordsResponse.sliced",
        records(&expected()[1..]),
    );
    check(&understood, "ReadRecordsResponse.empty", records(&[]));
    let mut no_columns = schema_words();
    no_columns["fields"] = json!([]);
    let rows = vec![json!([]); batch().num_rows()];
    check(
        &understood,
        "ReadRecordsResponse.count",
        json!({"catalogName": "timestream", "records": {"schema": no_columns, "rows": rows}}),
    );
}

#[test]
fn java_decrypts_and_reads_spilled_blocks_of_ours() {
    let folder = folder("spilled");
    // The local factory makes keys of 32 bytes, KMS of 16.
    let keys = [("local", Some(32)), ("kms", Some(16)), ("open", None)];
    let answers = keys.map(|(name, key_bytes)| {
        let key = key_bytes.map(|bytes| EncryptionKey {
            key: (0..bytes).collect(),
            nonce: (0xa0..0xac).collect(),
        });
        // A slice does not begin at the beginning of its buffers.
        let blocks = [batch(), batch().slice(1, 3)];
        let remote_blocks = blocks
            .iter()
            .zip(0..)
            .map(|(block, number)| spill(&folder, name, number, block, key.as_ref()));
        let answer = RemoteReadRecordsResponse {
            catalog_name: catalog(),
            schema: batch().schema(),
            remote_blocks: remote_blocks.collect(),
            encryption_key: key,
        };
        (name, Response::RemoteReadRecordsResponse(answer))
    });
    let understood = understood(&folder, &answers);
    for (name, key_bytes) in keys {
        let block = |number: u32, rows: &[Value]| {
            json!({
                "bucket": "spill-bucket", "key": format!("spill/q/{name}.{number}"), "directory": false, "rows": rows,
            })
        };
        check(
            &understood,
            name,
            json!({
                "catalogName": "timestream",
                "schema": schema_words(),
                "encrypted": key_bytes.is_some(),
                "blocks": [block(0, &expected()), block(1, &expected()[1..])],
            }),
        );
    }
}

/// Puts a block where the Java side looks for it, and returns the place that the answer names.
fn spill(
    folder: &Path,
    name: &str,
    number: u32,
    block: &RecordBatch,
    key: Option<&EncryptionKey>,
) -> SpillLocation {
    let mut bytes = encode_batch(block, Framing::Legacy).unwrap();
    assert_ne!(
        bytes[..4],
        [0xff; 4],
        "spilled objects are in the old framing"
    );
    if let Some(key) = key {
        encrypt(key, &mut bytes).unwrap();
    }
    std::fs::write(folder.join(format!("{name}.{number}")), bytes).unwrap();
    let key = format!("spill/q/{name}.{number}");
    SpillLocation::S3SpillLocation {
        bucket: "spill-bucket".into(),
        key,
        directory: false,
    }
}
