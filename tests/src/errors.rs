//! What a person reads when something is wrong: each message says what to do, none holds a value.

#![expect(clippy::unwrap_used, reason = "a test")]

use connector::wire::{Constraints, ListSchemasRequest, ListTablesRequest, Request, Response};
use connector::{Code, Connector, Error};
use local::s3::S3;
use tests::athena::{ask, get_table, select, splits, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{impatient, plugin, sdk_config, sdk_config_with_glue, settings};

async fn answering(
    script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
) -> (Scripted, Connector) {
    let timestream = Scripted::start(script).await.unwrap();
    let config = sdk_config(timestream.url(), "http://127.0.0.1:1");
    let connector = Connector::with_plugin(
        settings("spill").unwrap(),
        &config,
        plugin("timestream").unwrap(),
    );
    (timestream, connector)
}

/// Two databases, of which one has two tables that differ in case.
fn catalog(call: &Call) -> Reply {
    let database = call.body["DatabaseName"].as_str().unwrap_or_default();
    match (call.operation.as_str(), database) {
        ("ListDatabases", _) if call.body["NextToken"].is_null() => Reply::Json(
            r#"{"Databases":[{"DatabaseName":"Fleet-Metrics"}],"NextToken":"2"}"#.into(),
        ),
        ("ListDatabases", _) => Reply::Json(r#"{"Databases":[{"DatabaseName":"other"}]}"#.into()),
        ("ListTables", "Fleet-Metrics") => Reply::Json(
            r#"{"Tables":[{"TableName":"Readings"},{"TableName":"Twin"},{"TableName":"twIn"}]}"#
                .into(),
        ),
        ("ListTables", _) => {
            Reply::Error(404, "ResourceNotFoundException", "no such database".into())
        }
        ("Query", _) if call.sql() == r#"DESCRIBE "Fleet-Metrics"."Readings""# => {
            Reply::description(&[
                ("deviceId", "varchar", "DIMENSION"),
                ("time", "timestamp", "TIMESTAMP"),
            ])
        }
        _ => Reply::Error(
            400,
            "ValidationException",
            "The table 'x' does not exist in database 'y' at line 1:1".into(),
        ),
    }
}

#[tokio::test]
async fn names_are_found_by_their_lower_case_or_the_candidates_are_listed() {
    let (_timestream, connector) = answering(catalog).await;
    let schema = get_table(&connector, &table_name("fleet-metrics", "readings"))
        .await
        .unwrap();
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(names, ["deviceid", "time"]);

    let error = get_table(&connector, &table_name("fleet-metrics", "twin"))
        .await
        .unwrap_err();
    assert!(
        error
            .message()
            .contains("`Twin`, `twIn`, which differ in case alone"),
        "{error}"
    );
    let error = get_table(&connector, &table_name("fleet-metrics", "missing"))
        .await
        .unwrap_err();
    assert!(
        error.message().contains("cannot find table `missing`"),
        "{error}"
    );
    assert_eq!(error.code(), Code::EntityNotFound);
    let error = get_table(&connector, &table_name("nowhere", "t"))
        .await
        .unwrap_err();
    assert!(
        error.message().contains("cannot find database `nowhere`"),
        "{error}"
    );
}

fn list_tables(schema: &str, token: Option<&str>, page_size: i64) -> Request {
    Request::ListTablesRequest(ListTablesRequest {
        identity: None,
        query_id: None,
        catalog_name: "c".into(),
        schema_name: schema.into(),
        next_token: token.map(str::to_owned),
        page_size,
    })
}

#[tokio::test]
async fn listings_have_all_pages_and_honour_the_page_size() {
    let (_timestream, connector) = answering(catalog).await;
    let request = ListSchemasRequest {
        identity: None,
        query_id: None,
        catalog_name: "c".into(),
    };
    let Response::ListSchemasResponse(schemas) =
        ask(&connector, Request::ListSchemasRequest(request))
            .await
            .unwrap()
    else {
        panic!("not a listing")
    };
    assert_eq!(schemas.schemas, ["Fleet-Metrics", "other"]);

    let page = async |token: Option<&str>, size| {
        let Response::ListTablesResponse(tables) =
            ask(&connector, list_tables("fleet-metrics", token, size))
                .await
                .unwrap()
        else {
            panic!("not a listing")
        };
        let names: Vec<String> = tables
            .tables
            .into_iter()
            .map(|table| table.table_name)
            .collect();
        (names, tables.next_token)
    };
    let (all, token) = page(None, -1).await;
    assert_eq!((all.len(), token), (3, None));
    let (first, token) = page(None, 2).await;
    let (second, end) = page(token.as_deref(), 2).await;
    assert_eq!((first.len(), second.len(), end), (2, 1, None));
    assert_eq!([first, second].concat(), all);
    let error = ask(&connector, list_tables("fleet-metrics", Some("x"), 2))
        .await
        .unwrap_err();
    assert!(
        error.message().contains("the token is not one of ours"),
        "{error}"
    );
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_is_named_with_what_to_check() {
    let config = sdk_config("http://127.0.0.1:1", "http://127.0.0.1:1");
    let connector = Connector::with_plugin(
        settings("spill").unwrap(),
        &config,
        plugin("timestream").unwrap(),
    );
    let error = get_table(&connector, &table_name("d", "t"))
        .await
        .unwrap_err();
    assert!(
        error
            .message()
            .contains("Timestream cannot be reached; hint: check region, credentials, the endpoint if one is set"),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_bucket_is_found_before_anything_is_read() {
    let timestream = Scripted::start(|call| {
        assert!(call.sql().starts_with("DESCRIBE"), "nothing may be read");
        Reply::description(&[("time", "timestamp", "TIMESTAMP")])
    })
    .await
    .unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = sdk_config(timestream.url(), &s3.url());
    let connector = Connector::with_plugin(
        settings("absent").unwrap(),
        &config,
        plugin("timestream").unwrap(),
    );
    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let error = splits(&connector, &name, &schema, &Constraints::default())
        .await
        .unwrap_err();
    assert!(
        error
            .message()
            .contains("spill bucket `absent`: it was not found"),
        "{error}"
    );
    assert_eq!(error.code(), Code::InvalidInput);
}

#[tokio::test]
async fn an_s3_that_fails_is_not_taken_for_one_that_refuses() {
    let (timestream, _) = answering(catalog).await;
    for (status, code, hint) in [
        (503, Code::Internal, "again later"),
        (301, Code::InvalidInput, "region"),
        (403, Code::InvalidInput, "s3:ListBucket"),
    ] {
        let s3 = Scripted::start(move |_| Reply::Error(status, "Any", String::new()));
        let s3 = s3.await.unwrap();
        let config = sdk_config(timestream.url(), s3.url());
        let plugin = plugin("timestream").unwrap();
        let connector = Connector::with_plugin(settings("spill").unwrap(), &config, plugin);
        let name = table_name("fleet-metrics", "readings");
        let schema = get_table(&connector, &name).await.unwrap();
        let refused = splits(&connector, &name, &schema, &Constraints::default()).await;
        let error = refused.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains(hint), "{error}");
    }
}

/// What S3 and KMS answer decides who has to do something: IAM, the user, or nobody but time.
#[tokio::test]
async fn what_s3_kms_and_the_cell_s_discovery_answer_is_told_by_its_kind() {
    let timestream = Scripted::start(|call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => Reply::description(&[("n", "bigint", "MULTI")]),
        _ => Reply::page(&[("n", "BIGINT")], &[&[Some("1")]], None),
    })
    .await
    .unwrap();
    let failing = async |status, code: &'static str, operation: &'static str| -> Error {
        let other = Scripted::start(move |call: &Call| {
            if call.operation == operation {
                Reply::Error(status, code, "the service's words".into())
            } else {
                Reply::Json(String::new())
            }
        });
        let other = other.await.unwrap();
        let config = sdk_config_with_glue(timestream.url(), other.url(), other.url());
        let with_key = |name: &str| match name {
            "spill_bucket" => Some("spill".to_owned()),
            "disable_glue" => Some("true".to_owned()),
            "kms_key_id" => (operation == "GenerateDataKey").then(|| "key".to_owned()),
            _ => None,
        };
        let connector = Connector::with_plugin(
            connector::Settings::from_lookup(with_key).unwrap(),
            &config,
            plugin("timestream").unwrap(),
        );
        let (name, none) = (table_name("d", "t"), Constraints::default());
        let read = select(&connector, None, &name, &["n"], &none, (16_000_000, 0)).await;
        read.unwrap_err().downcast().unwrap()
    };
    for (status, code, operation, expected, words) in [
        (
            400,
            "ThrottlingException",
            "GenerateDataKey",
            Code::Throttling,
            "the service's words",
        ),
        (
            400,
            "AccessDeniedException",
            "GenerateDataKey",
            Code::AccessDenied,
            "kms:GenerateDataKey",
        ),
        (
            400,
            "NotFoundException",
            "GenerateDataKey",
            Code::EntityNotFound,
            "`kms_key_id`",
        ),
        (
            500,
            "KMSInternalException",
            "GenerateDataKey",
            Code::Internal,
            "the service's words",
        ),
        (
            403,
            "AccessDenied",
            "PUT",
            Code::AccessDenied,
            "s3:PutObject",
        ),
        (
            404,
            "NoSuchBucket",
            "PUT",
            Code::EntityNotFound,
            "`spill_bucket`",
        ),
    ] {
        let error = failing(status, code, operation).await;
        assert_eq!(error.code(), expected, "{error}");
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn no_bucket_at_all_says_which_setting() {
    let (_timestream, _) = answering(catalog).await;
    let settings =
        connector::Settings::from_lookup(|name| (name == "disable_glue").then(|| "true".into()));
    let settings = settings.unwrap();
    let config = sdk_config(_timestream.url(), "http://127.0.0.1:1");
    let connector = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
    let name = table_name("fleet-metrics", "readings");
    let schema = get_table(&connector, &name).await.unwrap();
    let error = splits(&connector, &name, &schema, &Constraints::default())
        .await
        .unwrap_err();
    assert!(error.message().contains("set `spill_bucket`"), "{error}");
}

#[tokio::test]
async fn malformed_requests_are_invalid_input() {
    let (_timestream, connector) = answering(catalog).await;
    for (payload, expected) in [
        ("", "cannot read the request"),
        ("{}", "@type"),
        (r#"{"@type":"DropTableRequest"}"#, "DropTableRequest"),
        (
            r#"{"@type":"ListTablesRequest","identity":null,"queryId":null,"catalogName":"c"}"#,
            "schemaName",
        ),
    ] {
        let error = connector.handle(payload.as_bytes()).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidInput);
        assert!(error.message().contains(expected), "{error}");
    }
}

/// Why column `column` of `d.t` cannot be read.
async fn read_error(connector: &Connector, column: &str) -> Error {
    let (name, none, sizes) = (
        table_name("d", "t"),
        Constraints::default(),
        (16_000_000, 5_242_880),
    );
    select(connector, None, &name, &[column], &none, sizes)
        .await
        .unwrap_err()
        .downcast()
        .unwrap()
}

#[tokio::test]
async fn what_timestream_answers_reaches_the_person_who_asked() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let failing = async |status, code, message: &'static str| -> Error {
        let timestream = Scripted::start(move |call| match call.sql() {
            sql if sql.starts_with("DESCRIBE") => {
                Reply::description(&[("time", "timestamp", "TIMESTAMP")])
            }
            _ => Reply::Error(status, code, message.into()),
        })
        .await
        .unwrap();
        let config = sdk_config(timestream.url(), &s3.url());
        let connector = Connector::with_plugin(
            settings("spill").unwrap(),
            &config,
            plugin("timestream").unwrap(),
        );
        read_error(&connector, "time").await
    };
    let error = failing(429, "ThrottlingException", "Request rate limit exceeded").await;
    assert_eq!(error.code(), Code::Throttling);
    assert!(
        error.message().contains("Request rate limit exceeded"),
        "{error}"
    );
    let error = failing(
        400,
        "ValidationException",
        "line 1:8: Column 'x' does not exist",
    )
    .await;
    assert_eq!(error.code(), Code::InvalidInput);
    assert!(
        error.message().contains("Column 'x' does not exist"),
        "{error}"
    );
    let error = failing(
        403,
        "AccessDeniedException",
        "not authorized to perform: timestream:Select",
    )
    .await;
    assert_eq!(error.code(), Code::AccessDenied);
    assert!(error.message().contains("timestream:Select"), "{error}");
}

/// Athena reads a throttled split again, and may have read what was written of it.
#[tokio::test]
async fn a_throttle_after_blocks_were_written_is_no_throttle() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let timestream = Scripted::start(|call| match (call.sql(), call.token()) {
        (sql, _) if sql.starts_with("DESCRIBE") => {
            Reply::description(&[("n", "bigint", "MEASURE_VALUE")])
        }
        (_, None) => Reply::page(&[("n", "BIGINT")], &[&[Some("1")][..]; 100], Some("next")),
        _ => Reply::Error(429, "ThrottlingException", "Rate exceeded".into()),
    });
    let timestream = timestream.await.unwrap();
    let config = impatient(&sdk_config(timestream.url(), &s3.url()));
    let plugin = plugin("timestream").unwrap();
    let mut settings = settings("spill").unwrap();
    settings.throttling.patience = std::time::Duration::from_millis(50);
    let connector = Connector::with_plugin(settings, &config, plugin);
    for (max_block_bytes, code) in [(100, Code::PartialFailure), (1_000_000, Code::Throttling)] {
        let (name, none, sizes) = (
            table_name("d", "t"),
            Constraints::default(),
            (max_block_bytes, 0),
        );
        let read = select(&connector, None, &name, &["n"], &none, sizes).await;
        let error: Error = read.unwrap_err().downcast().unwrap();
        assert_eq!(error.code(), code, "{error}");
        // The service's own words, by which Athena may know it.
        let is_quoted = error.message().contains("Rate exceeded");
        assert_eq!(is_quoted, code == Code::Throttling, "{error}");
    }
}

#[tokio::test]
async fn a_page_that_is_no_page_is_told_as_such() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let timestream = Scripted::start(|call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => {
            Reply::description(&[("n", "bigint", "MEASURE_VALUE")])
        }
        _ => Reply::page(
            &[("n", "BIGINT")],
            &[&[Some("12")], &[Some("hunter2")]],
            None,
        ),
    })
    .await
    .unwrap();
    let config = sdk_config(timestream.url(), &s3.url());
    let connector = Connector::with_plugin(
        settings("spill").unwrap(),
        &config,
        plugin("timestream").unwrap(),
    );
    let error = read_error(&connector, "n").await;
    assert!(
        error
            .message()
            .contains("page 1 of Timestream's answer: row 1, column `n`"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_column_that_is_not_the_table_s_is_named() {
    let (_timestream, connector) = answering(catalog).await;
    let name = table_name("fleet-metrics", "readings");
    let schema = get_table(&connector, &name).await.unwrap();
    let mut constraints = Constraints::default();
    let set = connector::wire::ValueSet::AllOrNoneValueSet {
        r#type: connector::wire::ArrowType::Utf8,
        all: false,
        null_allowed: true,
    };
    constraints.summary.insert("nope".into(), set);
    let error = splits(&connector, &name, &schema, &constraints)
        .await
        .unwrap_err();
    assert!(
        error.message().contains("cannot find column `nope`"),
        "{error}"
    );
}

#[test]
fn settings_report_every_problem_at_once() {
    let error = connector::Settings::from_lookup(|name| {
        Some(
            match name {
                "spill_bucket" => "bucket/prefix",
                "disable_spill_encryption" => "maybe",
                "MAX_BLOCK_SIZE_BYTES" => "many",
                "spill_put_request_headers" => "[]",
                "throttle_decrease_factor" => "2",
                "throttle_max_delay_ms" => "0",
                "max_bytes_metered" => "-1",
                "slices_per_query" => "0",
                "timestream_query_endpoint" => "query.timestream",
                "timestream_role_external_id" => "id",
                _ => return None,
            }
            .to_owned(),
        )
    })
    .unwrap_err();
    for name in [
        "spill_bucket",
        "disable_spill_encryption",
        "MAX_BLOCK_SIZE_BYTES",
        "spill_put_request_headers",
        "`throttle_decrease_factor` is not a number from 0.001 to 1: 2",
        "`throttle_max_delay_ms` is not a number from 1 to 60000: 0",
        "max_bytes_metered",
        "slices_per_query",
        "timestream_query_endpoint",
        "`timestream_role_external_id` needs `timestream_role_arn`",
    ] {
        assert!(error.message().contains(name), "{name}: {error}");
    }
}
