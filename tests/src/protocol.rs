//! Rules of the federation protocol that no single type of the wire can keep (federation-protocol.md, section 14): what
//! the connector as a whole answers, where it spills, and when.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, SchemaRef};
use connector::wire::{
    Constraints, GetDataSourceCapabilitiesRequest, GetSplitsRequest, GetTableLayoutRequest,
    Identity, PingRequest, Request, Response, SpillLocation, Split, write_request, write_response,
};
use connector::{Code, Connector, Settings};
use local::s3::S3;
use serde_json::{Value, json};
use tests::athena::{ask, get_table, read_request, splits, table_name};
use tests::scripted::{Reply, Scripted};
use tests::{plugin, sdk_config, settings};

/// A table `d.t` of one column, and a connector in front of it.
struct Stage {
    _timestream: Scripted,
    _s3: S3,
    connector: Connector,
}

/// With so many rows of so many letters each.
async fn stage(rows: usize, letters: usize, change: impl Fn(&mut Settings)) -> Stage {
    let timestream = Scripted::start(move |call| {
        if call.sql().starts_with("DESCRIBE") {
            return Reply::description(&[("host", "varchar", "DIMENSION")]);
        }
        let text = "x".repeat(letters);
        let row = [Some(text.as_str())];
        Reply::page(&[("host", "VARCHAR")], &vec![row.as_slice(); rows], None)
    })
    .await
    .unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let mut settings = settings(s3.bucket()).unwrap();
    change(&mut settings);
    let config = sdk_config(timestream.url(), &s3.url());
    let connector = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
    Stage {
        _timestream: timestream,
        _s3: s3,
        connector,
    }
}

impl Stage {
    async fn text(&self, request: Request) -> String {
        let payload = write_request(&request).unwrap();
        String::from_utf8(self.connector.handle(&payload).await.unwrap()).unwrap()
    }

    async fn schema(&self) -> SchemaRef {
        get_table(&self.connector, &table_name("d", "t"))
            .await
            .unwrap()
    }

    async fn splits(&self) -> Vec<Split> {
        let (name, schema) = (table_name("d", "t"), self.schema().await);
        splits(&self.connector, &name, &schema, &Constraints::default())
            .await
            .unwrap()
    }

    /// Reads all rows with these sizes, in bytes.
    async fn read(&self, split: Split, sizes: (u64, u64)) -> connector::Result<Response> {
        let (name, schema) = (table_name("d", "t"), self.schema().await);
        let mut request =
            read_request(&name, &schema, &["host"], split, &Constraints::default()).unwrap();
        (request.max_block_size, request.max_inline_block_size) = sizes;
        ask(&self.connector, Request::ReadRecordsRequest(request)).await
    }

    async fn layout(&self) -> RecordBatch {
        let request = GetTableLayoutRequest {
            identity: Some(Identity::default()),
            query_id: Some("query".into()),
            catalog_name: "catalog".into(),
            table_name: table_name("d", "t"),
            constraints: Constraints::default(),
            schema: self.schema().await,
            partition_columns: Vec::new(),
        };
        match ask(&self.connector, Request::GetTableLayoutRequest(request)).await {
            Ok(Response::GetTableLayoutResponse(layout)) => layout.partitions.0,
            other => panic!("{other:?}"),
        }
    }

    async fn splits_request(&self, identity: Identity) -> Request {
        Request::GetSplitsRequest(GetSplitsRequest {
            identity: Some(identity),
            query_id: Some("query".into()),
            catalog_name: "catalog".into(),
            table_name: table_name("d", "t"),
            partitions: connector::wire::Block(self.layout().await),
            partition_columns: Vec::new(),
            constraints: Constraints::default(),
            continuation_token: None,
        })
    }
}

fn bucket_and_key(split: &Split) -> (&str, &str) {
    match split.spill_location.as_ref().unwrap() {
        SpillLocation::S3SpillLocation {
            bucket,
            key,
            directory: true,
        } => (bucket, key),
        other => panic!("{other:?} is no directory"),
    }
}

#[tokio::test]
async fn a_ping_is_answered_with_the_versions_we_speak() {
    let stage = stage(0, 0, |_| {}).await;
    let ping = Request::PingRequest(PingRequest {
        identity: None,
        catalog_name: "größe".into(),
        query_id: "q/1".into(),
    });
    assert_eq!(
        stage.text(ping).await,
        concat!(
            r#"{"@type":"PingResponse","catalogName":"größe","queryId":"q/1","sourceType":"timestream","#,
            r#""capabilities":24,"serDeVersion":5}"#
        )
    );
}

#[tokio::test]
async fn capabilities_are_spelled_as_the_sdk_spells_them() {
    let stage = stage(0, 0, |_| {}).await;
    let asked = Request::GetDataSourceCapabilitiesRequest(GetDataSourceCapabilitiesRequest {
        identity: Some(Identity::default()),
        query_id: None,
        catalog_name: "catalog".into(),
    });
    let text = stage.text(asked).await;
    let head =
        r#"{"@type":"GetDataSourceCapabilitiesResponse","catalogName":"catalog","capabilities":{""#;
    assert!(text.starts_with(head), "{text}");
    assert!(
        text.contains(r#"{"subType":"sorted_range_set","properties":[]}"#),
        "{text}"
    );
    let mut capabilities = serde_json::from_str::<Value>(&text).unwrap()["capabilities"].take();
    let functions = capabilities["supports_complex_expression_pushdown"][0]["properties"].take();
    // `StandardFunctions` of the SDK.
    let standard: BTreeSet<&str> = [
        "$and",
        "$or",
        "$not",
        "$is_null",
        "$nullif",
        "$equal",
        "$not_equal",
        "$less_than",
        "$less_than_or_equal",
        "$greater_than",
        "$greater_than_or_equal",
        "$is_distinct_from",
        "$add",
        "$subtract",
        "$multiply",
        "$divide",
        "$modulus",
        "$negate",
        "$like_pattern",
        "$in",
        "$array",
    ]
    .into();
    let functions = functions.as_array().unwrap();
    assert!(!functions.is_empty());
    for function in functions {
        assert!(standard.contains(function.as_str().unwrap()), "{function}");
    }
    let plain = |names: &[&str]| -> Value {
        names
            .iter()
            .map(|name| json!({"subType": name, "properties": []}))
            .collect()
    };
    assert_eq!(
        capabilities,
        json!({
            "supports_filter_pushdown":
                plain(&["sorted_range_set", "equatable_range_set", "all_or_none_value_set", "nullable_comparison"]),
            "supports_complex_expression_pushdown":
                [{"subType": "supported_function_expression_types", "properties": null}],
            "supports_limit_pushdown": plain(&["integer_constant"]),
            "supports_top_n_pushdown": plain(&["SUPPORTS_ORDER_BY"]),
            "SYSTEM.QUERY": [
                {"subType": "query_passthrough_schema", "properties": ["system"]},
                {"subType": "query_passthrough_name", "properties": ["query"]},
                {"subType": "query_passthrough_arguments", "properties": ["QUERY"]},
            ],
        })
    );
}

#[tokio::test]
async fn a_table_without_partitions_has_the_sdk_s_one_partition() {
    let partitions = stage(0, 0, |_| {}).await.layout().await;
    let schema = partitions.schema();
    let [field] = schema.fields().as_ref() else {
        panic!("{schema}")
    };
    assert_eq!(
        (field.name().as_str(), field.data_type()),
        ("partitionId", &DataType::Int32)
    );
    assert_eq!(
        partitions.column(0).as_primitive::<Int32Type>().values(),
        &[1]
    );
}

#[tokio::test]
async fn every_split_has_a_place_and_a_key_of_its_own() {
    let stage = stage(0, 0, |_| {}).await;
    let text = stage
        .text(stage.splits_request(Identity::default()).await)
        .await;
    assert!(text.ends_with(r#","continuationToken":null}"#), "{text}");
    let (first, second) = (
        stage.splits().await.remove(0),
        stage.splits().await.remove(0),
    );
    let mut places = BTreeSet::new();
    for split in [&first, &second] {
        let (bucket, key) = bucket_and_key(split);
        assert_eq!(bucket, "spill");
        let id = key.strip_prefix("athena-federation-spill/query/").unwrap();
        assert_eq!(id.len(), 36, "{id} is no UUID");
        let encryption = split.encryption_key.as_ref().unwrap();
        assert_eq!((encryption.key.len(), encryption.nonce.len()), (32, 12));
        places.insert(key);
    }
    assert_eq!(places.len(), 2);
    assert_ne!(first.encryption_key, second.encryption_key);
}

#[tokio::test]
async fn a_request_names_the_settings_place_to_spill_or_brings_credentials() {
    let stage = stage(0, 0, |_| {}).await;
    let split = async |bucket: &str, prefix: &str| {
        let options = [("spill_bucket", bucket), ("spill_prefix", prefix)];
        let identity = Identity {
            config_options: options
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            ..Identity::default()
        };
        let request = stage.splits_request(identity).await;
        match ask(&stage.connector, request).await? {
            Response::GetSplitsResponse(mut response) => {
                Ok::<_, connector::Error>(response.splits.remove(0))
            }
            other => panic!("{other:?}"),
        }
    };
    // Blank is not given.
    for (bucket, prefix) in [("spill", " "), ("", "athena-federation-spill"), (" ", "")] {
        let split = split(bucket, prefix).await.unwrap();
        let (bucket, key) = bucket_and_key(&split);
        assert_eq!(bucket, "spill");
        assert!(key.starts_with("athena-federation-spill/query/"), "{key}");
    }
    for (bucket, prefix, named) in [
        ("other", " ", "`spill_bucket`"),
        ("spill", "other", "`spill_prefix`"),
    ] {
        let error = split(bucket, prefix).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidInput);
        let message = error.message();
        assert!(message.contains(named), "{error}");
        assert!(message.contains("brings no credentials"), "{error}");
    }
}

#[tokio::test]
async fn without_encryption_neither_splits_nor_answers_have_a_key() {
    let stage = stage(3, 5, |settings| settings.disable_spill_encryption = true).await;
    let text = stage
        .text(stage.splits_request(Identity::default()).await)
        .await;
    assert!(
        text.contains(r#","encryptionKey":null,"properties":{"#),
        "{text}"
    );
    let answer = stage
        .read(stage.splits().await.remove(0), (16_000_000, 0))
        .await
        .unwrap();
    let json = String::from_utf8(write_response(&answer).unwrap()).unwrap();
    assert!(json.ends_with(r#","encryptionKey":null}"#), "{json}");
}

#[tokio::test]
async fn rows_are_inline_when_they_are_smaller_than_the_limit_and_spilled_when_they_reach_it() {
    let stage = stage(10, 7, |_| {}).await;
    let split = stage.splits().await.remove(0);
    let inline = stage
        .read(split.clone(), (16_000_000, 5_242_880))
        .await
        .unwrap();
    let Response::ReadRecordsResponse(inline) = inline else {
        panic!("{inline:?}")
    };
    let size = connector::spill::block_bytes(&inline.records.0) as u64;
    // Ten texts of seven bytes, and eleven offsets.
    assert!((70 + 44..70 + 44 + 8).contains(&size), "{size}");
    let above = stage
        .read(split.clone(), (16_000_000, size + 1))
        .await
        .unwrap();
    assert!(matches!(above, Response::ReadRecordsResponse(_)));
    let Response::RemoteReadRecordsResponse(spilled) =
        stage.read(split.clone(), (16_000_000, size)).await.unwrap()
    else {
        panic!("inline")
    };
    assert_eq!(
        spilled.remote_blocks,
        [SpillLocation::S3SpillLocation {
            bucket: "spill".into(),
            key: format!("{}.0", bucket_and_key(&split).1),
            directory: false,
        }]
    );
    assert_eq!(spilled.encryption_key, split.encryption_key);
}

#[tokio::test]
async fn no_row_and_no_room_inline_gives_no_block() {
    let stage = stage(0, 0, |_| {}).await;
    let split = stage.splits().await.remove(0);
    let Response::RemoteReadRecordsResponse(answer) =
        stage.read(split, (16_000_000, 0)).await.unwrap()
    else {
        panic!("inline")
    };
    assert_eq!(answer.remote_blocks, []);
}

#[tokio::test]
async fn what_lambda_would_not_carry_is_spilled_whatever_room_athena_gives() {
    // 5 MB, which base64 makes 6.7 MB; Lambda carries 6,291,556 bytes.
    let stage = stage(50, 100_000, |_| {}).await;
    let split = stage.splits().await.remove(0);
    let answer = stage.read(split, (1 << 30, 1 << 30)).await.unwrap();
    let Response::RemoteReadRecordsResponse(answer) = answer else {
        panic!("inline")
    };
    assert_eq!(answer.remote_blocks.len(), 1);
    // The most that still goes inline.
    let stage = self::stage(41, 100_000, |_| {}).await;
    let split = stage.splits().await.remove(0);
    let answer = stage.read(split, (1 << 30, 1 << 30)).await.unwrap();
    assert!(matches!(answer, Response::ReadRecordsResponse(_)));
    assert!(write_response(&answer).unwrap().len() < 6_291_556);
}

#[tokio::test]
async fn a_split_that_cannot_be_spilled_to_is_refused() {
    let stage = stage(1, 1, |_| {}).await;
    let split = stage.splits().await.remove(0);
    let nowhere = Split {
        spill_location: None,
        ..split.clone()
    };
    let error = stage.read(nowhere, (16_000_000, 0)).await.unwrap_err();
    assert!(error.message().contains("spill location"), "{error}");
    let object = SpillLocation::S3SpillLocation {
        bucket: "spill".into(),
        key: "a".into(),
        directory: false,
    };
    let object = Split {
        spill_location: Some(object),
        properties: BTreeMap::clone(&split.properties),
        ..split
    };
    let error = stage.read(object, (16_000_000, 0)).await.unwrap_err();
    assert!(error.message().contains("not a directory"), "{error}");
}
