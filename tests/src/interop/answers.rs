//! Our answers, read by the Java SDK.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
use super::{compare, java};

/// What Java says of an answer, by its name; the same in every wire version.
type Understood = BTreeMap<String, Value>;

/// Lets Java read answers, and the spilled objects that they name, by key.
fn understood(
    name: &str,
    answers: &[(&str, Response)],
    objects: &BTreeMap<String, String>,
) -> Option<Understood> {
    let mut asked = Vec::new();
    for (name, answer) in answers {
        // Capabilities came with version 4.
        let since = match answer {
            Response::GetDataSourceCapabilitiesResponse(_) => 4,
            _ => 2,
        };
        let answer = String::from_utf8(write_response(answer).unwrap()).unwrap();
        for version in since..=6 {
            let line = json!({"version": version, "answer": answer, "objects": objects});
            asked.push((*name, version, line));
        }
    }
    let lines = asked.iter().map(|(.., line)| line.clone());
    let all_said: Vec<Value> = java::answer_lines("read", name, lines)?;
    let mut understood = Understood::new();
    for ((name, version, _), said) in asked.into_iter().zip(all_said) {
        let first = understood
            .entry(name.to_owned())
            .or_insert_with(|| said.clone());
        compare(&format!("{name} in version {version}"), first, &said);
    }
    Some(understood)
}

fn check(understood: &Understood, name: &str, expected: Value) {
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
        "names",
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
        &BTreeMap::new(),
    );
    let Some(understood) = understood else { return };
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
        "inline",
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
        &BTreeMap::new(),
    );
    let Some(understood) = understood else { return };
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
    let mut objects = BTreeMap::new();
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
            .map(|(block, number)| spill(&mut objects, name, number, block, key.as_ref()));
        let answer = RemoteReadRecordsResponse {
            catalog_name: catalog(),
            schema: batch().schema(),
            remote_blocks: remote_blocks.collect(),
            encryption_key: key,
        };
        (name, Response::RemoteReadRecordsResponse(answer))
    });
    let Some(understood) = understood("spilled", &answers, &objects) else {
        return;
    };
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

/// Puts a block among the objects, and returns the place that the answer names.
fn spill(
    objects: &mut BTreeMap<String, String>,
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
    let key = format!("spill/q/{name}.{number}");
    objects.insert(key.clone(), STANDARD.encode(bytes));
    SpillLocation::S3SpillLocation {
        bucket: "spill-bucket".into(),
        key,
        directory: false,
    }
}
