//! Blocks to rows: inline, spilled, encrypted, wrong.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date64Array, Int64Array, ListArray, RecordBatch,
    RecordBatchOptions, StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit, TimestampMillisecondType};
use aws_credential_types::Credentials;
use connector::spill::encrypt;
use connector::wire::{
    Block, EncryptionKey, Framing, ReadRecordsResponse, RemoteReadRecordsResponse, Response,
    SpillLocation, encode_batch,
};

use super::fake::{Fake, inline, options, split};
use crate::athena::{Athena, Function, Options, Profile, QueryResult};
use crate::s3::S3;

async fn query(fake: Fake, sql: &str) -> anyhow::Result<QueryResult> {
    fake.athena(Profile::ValueSets).0.query(sql).await
}

fn rows(result: &QueryResult) -> usize {
    result.batches.iter().map(RecordBatch::num_rows).sum()
}

fn integers(result: &QueryResult) -> Vec<Option<i64>> {
    result
        .batches
        .iter()
        .flat_map(|batch| {
            batch
                .column(0)
                .as_primitive::<Int64Type>()
                .iter()
                .collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test]
async fn wire_types_are_shown_as_athena_shows_them() {
    let fake = Fake {
        read: Box::new(|request| {
            let tags = ListArray::new_null(Arc::new(Field::new("item", DataType::Utf8, true)), 3);
            let columns: Vec<ArrayRef> = vec![
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
                Arc::new(Date64Array::from(vec![Some(1), None, Some(-1)])),
                // Packed: the second vector of federation-protocol.md 3.8, in New York.
                Arc::new(
                    TimestampMillisecondArray::from(vec![
                        Some(40_960),
                        None,
                        Some(6_483_788_281_677_623),
                    ])
                    .with_timezone("UTC"),
                ),
                Arc::new(tags),
            ];
            inline(request, columns)
        }),
        ..Fake::default()
    };
    let result = query(fake, "select flag, time, seen, tags from db.readings")
        .await
        .unwrap();
    let batch = &result.batches[0];
    assert_eq!(
        batch.schema().field(1).data_type(),
        &DataType::Timestamp(TimeUnit::Millisecond, None)
    );
    let millis = |column: usize| {
        batch
            .column(column)
            .as_primitive::<TimestampMillisecondType>()
            .iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(millis(1), [Some(1), None, Some(-1)]);
    // 2020-02-29T01:02:03.456 in New York is 06:02:03.456 UTC.
    assert_eq!(millis(2), [Some(10), None, Some(1_582_956_123_456)]);
    assert_eq!(batch.column(3).null_count(), 3);
    assert_eq!((result.scans[0].rows, result.scans[0].blocks), (3, 0));
}

#[tokio::test]
async fn rows_without_columns_are_counted() {
    let fake = Fake {
        splits: vec![split("1"), split("2")],
        read: Box::new(|request| {
            assert!(request.schema.fields().is_empty());
            let options = RecordBatchOptions::new().with_row_count(Some(21));
            let batch =
                RecordBatch::try_new_with_options(request.schema.clone(), Vec::new(), &options)
                    .unwrap();
            Response::ReadRecordsResponse(ReadRecordsResponse {
                catalog_name: request.catalog_name.clone(),
                records: Block(batch),
            })
        }),
        ..Fake::default()
    };
    let result = query(fake, "select count(*) from db.readings where flag")
        .await
        .unwrap();
    assert_eq!(integers(&result), [Some(42)]);
}

#[tokio::test]
async fn a_row_too_many_is_seen_unless_filters_are_applied_again() {
    let fake = || Fake {
        read: Box::new(|request| {
            let columns = request
                .schema
                .fields()
                .iter()
                .map(|field| match field.name().as_str() {
                    "big" => Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef,
                    _ => Arc::new(StringArray::from(vec!["a", "b"])),
                });
            inline(request, columns.collect())
        }),
        ..Fake::default()
    };
    let sql = "select big from db.readings where name = 'a'";
    assert_eq!(
        integers(&query(fake(), sql).await.unwrap()),
        [Some(1), Some(2)]
    );
    let again = Options {
        filter_again: true,
        ..options()
    };
    let athena = Athena::open(fake().function().0, again).unwrap();
    assert_eq!(integers(&athena.query(sql).await.unwrap()), [Some(1)]);
}

#[tokio::test]
async fn an_answer_of_another_schema_is_an_error() {
    let fake = Fake {
        read: Box::new(|request| {
            let schema = Schema::new(vec![Field::new("big", DataType::Int32, true)]);
            Response::ReadRecordsResponse(ReadRecordsResponse {
                catalog_name: request.catalog_name.clone(),
                records: Block(RecordBatch::new_empty(Arc::new(schema))),
            })
        }),
        ..Fake::default()
    };
    let error = query(fake, "select big from db.readings")
        .await
        .unwrap_err();
    let text = "cannot read table `db`.`readings`: the connector was asked for (big Int64) and answers (big Int32)";
    assert_eq!(format!("{error:#}"), text);
}

/// Blocks of one split in S3, encrypted if there is a key.
async fn spilled(
    key: Option<EncryptionKey>,
    answered_key: Option<EncryptionKey>,
) -> anyhow::Result<QueryResult> {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_s3::config::Region::new("us-east-1"))
        .endpoint_url(s3.url())
        .credentials_provider(Credentials::new(
            &s3.access_key,
            &s3.secret_key,
            None,
            None,
            "test",
        ))
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let schema = Arc::new(Schema::new(vec![Field::new("big", DataType::Int64, true)]));
    let mut remote_blocks = Vec::new();
    for (number, values) in [vec![1, 2], vec![3], vec![4, 5, 6]].into_iter().enumerate() {
        let batch =
            RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(values))]).unwrap();
        let mut bytes = encode_batch(&batch, Framing::Legacy).unwrap();
        if let Some(key) = &key {
            encrypt(key, &mut bytes).unwrap();
        }
        let object = format!("prefix/query/split.{number}");
        client
            .put_object()
            .bucket("spill")
            .key(&object)
            .body(bytes.into())
            .send()
            .await
            .unwrap();
        remote_blocks.push(SpillLocation::S3SpillLocation {
            bucket: "spill".into(),
            key: object,
            directory: false,
        });
    }
    let fake = Fake {
        read: Box::new(move |request| {
            Response::RemoteReadRecordsResponse(RemoteReadRecordsResponse {
                catalog_name: request.catalog_name.clone(),
                schema: request.schema.clone(),
                remote_blocks: remote_blocks.clone(),
                encryption_key: answered_key.clone(),
            })
        }),
        ..Fake::default()
    };
    let athena = Athena::open(fake.function().0, Options::new(client)).unwrap();
    let result = athena.query("select big from db.readings").await;
    s3.stop().await;
    result
}

#[tokio::test]
async fn spilled_blocks_come_in_order() {
    let key = EncryptionKey {
        key: vec![7; 32],
        nonce: vec![9; 12],
    };
    for key in [None, Some(key)] {
        let result = spilled(key.clone(), key).await.unwrap();
        assert_eq!(integers(&result), (1..=6).map(Some).collect::<Vec<_>>());
        assert_eq!(
            (rows(&result), result.scans[0].blocks, result.batches.len()),
            (6, 3, 3)
        );
    }
}

#[tokio::test]
async fn a_block_with_another_key_is_an_error() {
    let key = |byte| {
        Some(EncryptionKey {
            key: vec![byte; 32],
            nonce: vec![9; 12],
        })
    };
    let error = spilled(key(7), key(8)).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("cannot read block `prefix/query/split.0`"),
        "{error:#}"
    );
}

#[tokio::test]
async fn a_failure_in_place_of_an_answer_is_an_error_with_its_message() {
    // As the runtime interface emulator answers it, without a header (federation-protocol.md, section 7.1).
    let payload = br#"{"errorMessage":"EntityNotFoundException: cannot find it","errorType":"a.b.C","stackTrace":[]}"#;
    let function = Function::Fake(Arc::new(|_| Ok(payload.to_vec())));
    let athena = Athena::open(function, options()).unwrap();
    let error = athena
        .query("select big from db.readings")
        .await
        .unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "EntityNotFoundException: cannot find it"
    );
}
