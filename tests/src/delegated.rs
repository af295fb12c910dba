//! A request with credentials of its caller's, sealed by the AWS Encryption SDK: Glue is asked in the caller's name.
//!
//! moto keeps accounts apart by the credentials of a call, so what is found tells whose they were.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector::wire::{
    Block, Constraints, GetSplitsRequest, GetTableRequest, GetTableResponse, Identity, Request,
    Response, SpillLocation, Split,
};
use connector::{Code, Connector, Settings};
use tests::athena::{ask, table_name};
use tests::processes::{Moto, output, python};
use tests::scripted::{Reply, Scripted};
use tests::{plugin, sdk_config_with_glue, workspace};

fn identity(options: &[(&str, &str)]) -> Option<Identity> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Some(Identity {
        config_options: options.iter().map(owned).collect(),
        ..Identity::default()
    })
}

async fn get_table(
    connector: &Connector,
    options: &[(&str, &str)],
) -> connector::Result<GetTableResponse> {
    let request = GetTableRequest {
        identity: identity(options),
        query_id: Some("query".into()),
        catalog_name: "catalog".into(),
        table_name: table_name("d", "shown"),
        query_passthrough_arguments: BTreeMap::new(),
    };
    match ask(connector, Request::GetTableRequest(request)).await? {
        Response::GetTableResponse(response) => Ok(response),
        other => panic!("{other:?}"),
    }
}

/// A split of the table; the layout's block as the SDK makes it.
async fn split(connector: &Connector, options: &[(&str, &str)]) -> Split {
    let partition: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    let partitions = RecordBatch::try_from_iter([("partitionId", partition)]).unwrap();
    let request = GetSplitsRequest {
        identity: identity(options),
        query_id: Some("query".into()),
        catalog_name: "catalog".into(),
        table_name: table_name("d", "shown"),
        partitions: Block(partitions),
        partition_columns: Vec::new(),
        constraints: Constraints::default(),
        continuation_token: None,
    };
    match ask(connector, Request::GetSplitsRequest(request)).await {
        Ok(Response::GetSplitsResponse(mut response)) => response.splits.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn glue_is_asked_in_the_callers_name_and_a_token_that_was_altered_is_refused() {
    let timestream = Scripted::start(|call| match call.sql() {
        r#"DESCRIBE "d"."Stored""# => Reply::description(&[("n", "bigint", "MULTI")]),
        _ if call.operation == "ListDatabases" => {
            Reply::Json(r#"{"Databases": [{"DatabaseName": "d"}]}"#.into())
        }
        _ if call.operation == "ListTables" => Reply::Json(r#"{"Tables": []}"#.into()),
        _ => Reply::Error(400, "ValidationException", "no such table".into()),
    })
    .await
    .unwrap();
    let moto = Moto::start().unwrap();
    let config = sdk_config_with_glue(timestream.url(), "http://127.0.0.1:1", &moto.url);
    let kms = aws_sdk_kms::Client::new(&config);
    let new_key = async || {
        let made = kms.create_key().send().await.unwrap();
        made.key_metadata.unwrap().arn.unwrap()
    };
    let (key, other_key) = (new_key().await, new_key().await);
    let script = workspace().join("tests/interop/delegate.py");
    let printed = output(
        Command::new(python().unwrap())
            .arg(script)
            .args([&moto.url, &key]),
    )
    .unwrap();
    let tokens: Vec<&str> = printed.lines().collect();
    assert_eq!(tokens.len(), 2);

    let connector = || {
        Connector::with_plugin(
            Settings::from_lookup(|_| None).unwrap(),
            &config,
            plugin("timestream").unwrap(),
        )
    };
    let one = connector();
    let error = get_table(&one, &[]).await.unwrap_err();
    assert!(
        error.message().contains("cannot find table `shown`"),
        "{error}"
    );
    for token in &tokens {
        let options = [("fas_token", *token), ("service_kms_key_id", &key)];
        let table = get_table(&connector(), &options).await.unwrap();
        assert_eq!(table.schema.metadata()["n"], "the caller's");
        // The same warm function, once more in its own name.
        get_table(&one, &options).await.unwrap();
        get_table(&one, &[]).await.unwrap_err();
    }

    // Blocks go where the request says, since they are written with its credentials.
    let config = sdk_config_with_glue(timestream.url(), &moto.url, &moto.url);
    let s3 = aws_sdk_s3::Client::new(&config);
    s3.create_bucket().bucket("theirs").send().await.unwrap();
    let spilling = Connector::with_plugin(
        Settings::from_lookup(|_| None).unwrap(),
        &config,
        plugin("timestream").unwrap(),
    );
    for (prefix, expected) in [
        ("own", "own/query/"),
        // The query's id is in the prefix already, and then not repeated.
        ("own/query", "own/query/"),
        ("own/query/", "own/query//"),
        (" ", "athena-federation-spill/query/"),
    ] {
        let options = [
            ("fas_token", tokens[0]),
            ("service_kms_key_id", &key),
            ("spill_bucket", "theirs"),
            ("spill_prefix", prefix),
        ];
        let split = split(&spilling, &options).await;
        let Some(SpillLocation::S3SpillLocation { bucket, key, .. }) = split.spill_location else {
            panic!("{:?}", split.spill_location);
        };
        assert_eq!(bucket, "theirs");
        let id = key.strip_prefix(expected).unwrap();
        assert_eq!(id.len(), 36, "{key}");
    }

    let refused = async |token: &str, key: &str| {
        let options = [("fas_token", token), ("service_kms_key_id", key)];
        get_table(&one, &options).await.unwrap_err().to_string()
    };
    let error = refused(tokens[0], &other_key).await;
    assert!(
        error.contains("not sealed for `service_kms_key_id`"),
        "{error}"
    );
    let error = refused("?", &key).await;
    assert!(
        error.contains("`fas_token`") && error.contains("Base64"),
        "{error}"
    );
    for (code, expected) in [
        ("AccessDeniedException", Code::AccessDenied),
        ("ThrottlingException", Code::Throttling),
        ("DisabledException", Code::InvalidInput),
        ("KMSInternalException", Code::Internal),
        ("ExpiredTokenException", Code::InvalidCredentials),
    ] {
        let kms = Scripted::start(move |_| Reply::Error(400, code, String::new()));
        let kms = kms.await.unwrap();
        let config = sdk_config_with_glue("", "", kms.url());
        let settings = Settings::from_lookup(|_| None).unwrap();
        let closed = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
        let options = [("fas_token", tokens[0]), ("service_kms_key_id", &key)];
        let error = get_table(&closed, &options).await.unwrap_err();
        assert_eq!(error.code(), expected, "{error}");
    }
    for token in tokens {
        let bytes = STANDARD.decode(token).unwrap();
        for place in (0..bytes.len()).step_by(5) {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            let error = refused(&STANDARD.encode(altered), &key).await;
            assert!(error.contains("cannot use `fas_token`"), "{place}: {error}");
            let error = refused(&STANDARD.encode(&bytes[..place]), &key).await;
            assert!(error.contains("cannot use `fas_token`"), "{place}: {error}");
        }
        let longer = [bytes.as_slice(), b"\0"].concat();
        let error = refused(&STANDARD.encode(longer), &key).await;
        assert!(error.contains("cannot use `fas_token`"), "{error}");
    }
}
