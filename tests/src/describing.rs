//! `DESCRIBE`: its pages, what is no description, names of any kind, and what IAM denies.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use connector::wire::{
    Block, Constraints, ListSchemasRequest, ListTablesRequest, Request, ValueSet,
};
use connector::{Code, Connector};
use local::s3::S3;
use serde_json::json;
use tests::athena::{ask, get_table, rows, select, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config, settings};

/// The columns of `DESCRIBE`'s own result.
const DESCRIPTION: [(&str, &str); 3] = [
    ("Column", "VARCHAR"),
    ("Type", "VARCHAR"),
    ("Timestream attribute type", "VARCHAR"),
];

fn connector(timestream: &Scripted) -> Connector {
    Connector::with_plugin(
        settings("spill").unwrap(),
        &sdk_config(timestream.url(), "http://127.0.0.1:1"),
        plugin("timestream").unwrap(),
    )
}

/// The Java connector asks for the second page without the text, which the service refuses (W-21).
#[tokio::test]
async fn a_description_of_several_pages_is_asked_for_with_the_same_text() {
    let timestream = Scripted::start(|call| match call.token() {
        None => Reply::page(
            &DESCRIPTION,
            &[&[Some("host"), Some("varchar"), Some("DIMENSION")]],
            Some("more"),
        ),
        Some(_) => Reply::page(
            &DESCRIPTION,
            &[&[Some("time"), Some("timestamp"), Some("TIMESTAMP")]],
            None,
        ),
    })
    .await
    .unwrap();
    let schema = get_table(&connector(&timestream), &table_name("d", "t"))
        .await
        .unwrap();
    assert_eq!(schema.fields().len(), 2);
    let asked: Vec<(String, Option<String>)> = timestream
        .calls()
        .iter()
        .filter(|call| call.operation == "Query")
        .map(|call| (call.sql().to_owned(), call.token().map(str::to_owned)))
        .collect();
    let text = r#"DESCRIBE "d"."t""#.to_owned();
    assert_eq!(asked, [(text.clone(), None), (text, Some("more".into()))]);
}

#[tokio::test]
async fn what_is_no_description_is_told_with_table_and_column() {
    let reply = Reply::page(&DESCRIPTION[..2], &[&[Some("host"), Some("varchar")]], None);
    let timestream = Scripted::start(move |_| reply.clone()).await.unwrap();
    let error = get_table(&connector(&timestream), &table_name("d", "t"))
        .await
        .unwrap_err();
    let expected = "Timestream attribute type";
    assert!(error.message().contains(expected), "{error}");
}

/// A type that Timestream may get one day: one column of it leaves the others readable, and is read as text.
#[tokio::test]
async fn a_column_of_an_unknown_type_is_shown_as_text_and_compared_by_the_host() {
    let timestream = Scripted::start(|call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => Reply::description(&[
            ("host", "varchar", "DIMENSION"),
            ("price", "decimal(3,1)", "MULTI"),
        ]),
        _ => Reply::page(
            &[("host", "VARCHAR"), ("price", "DECIMAL(3,1)")],
            &[&[Some("a"), Some("1.5")], &[Some("b"), Some("2.5")]],
            None,
        ),
    })
    .await
    .unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = Connector::with_plugin(
        settings(s3.bucket()).unwrap(),
        &sdk_config(timestream.url(), &s3.url()),
        plugin("timestream").unwrap(),
    );
    let one = Arc::new(StringArray::from(vec!["2.5"])) as ArrayRef;
    let one = ValueSet::EquatableValueSet {
        value_block: Block(RecordBatch::try_from_iter([("col1", one)]).unwrap()),
        white_list: true,
        null_allowed: false,
    };
    let constraints = Constraints {
        summary: [("price".to_owned(), one)].into(),
        ..Constraints::default()
    };
    let name = table_name("d", "t");
    let (batches, _) = select(
        &connector,
        None,
        &name,
        &["host", "price"],
        &constraints,
        (16_000_000, 5_242_880),
    )
    .await
    .unwrap();
    assert_eq!(rows(&batches).unwrap(), [["b", "2.5"]]);
    let sql = timestream.calls().last().unwrap().sql().to_owned();
    assert!(!sql.contains("WHERE"), "{sql}");
}

/// A role that may read one table alone is denied others, those that are not there among them: Athena's lower-case name.
#[tokio::test]
async fn a_name_that_is_denied_is_looked_for_under_its_other_spellings() {
    let denied = "User: arn:aws:sts::1:assumed-role/r is not authorized to perform: timestream:DescribeTable";
    let timestream = |tables: &'static str| {
        Scripted::start(move |call| match call.operation.as_str() {
            "ListDatabases" => {
                Reply::Json(json!({"Databases": [{"DatabaseName": "Fleet"}]}).to_string())
            }
            "ListTables" if tables.is_empty() => {
                Reply::Error(400, "AccessDeniedException", "not allowed".into())
            }
            "ListTables" => Reply::Json(json!({"Tables": [{"TableName": tables}]}).to_string()),
            "Query" if call.sql() == r#"DESCRIBE "Fleet"."Trucks""# => {
                Reply::description(&[("host", "varchar", "DIMENSION")])
            }
            _ => Reply::Error(400, "AccessDeniedException", denied.into()),
        })
    };
    let name = table_name("fleet", "trucks");
    let named = timestream("Trucks").await.unwrap();
    let schema = get_table(&connector(&named), &name).await.unwrap();
    assert_eq!(schema.fields().len(), 1);
    // No other name, or none that may be listed: what was wrong at first is said.
    for tables in ["other", ""] {
        let timestream = timestream(tables).await.unwrap();
        let error = get_table(&connector(&timestream), &name).await.unwrap_err();
        assert_eq!(error.code(), Code::AccessDenied);
        assert!(
            error.message().contains("timestream:DescribeTable"),
            "{error}"
        );
    }
}

/// The Java connector looks through all names after any validation error, and tells of no match in place of the cause
/// (W-26).
#[tokio::test]
async fn a_validation_error_of_a_name_that_is_right_is_told_itself() {
    let timestream = Scripted::start(|call| match call.operation.as_str() {
        "ListDatabases" => Reply::Json(json!({"Databases": [{"DatabaseName": "d"}]}).to_string()),
        "ListTables" => Reply::Json(json!({"Tables": [{"TableName": "t"}]}).to_string()),
        _ => Reply::Error(400, "ValidationException", "the moon is full".into()),
    })
    .await
    .unwrap();
    let error = get_table(&connector(&timestream), &table_name("d", "t"))
        .await
        .unwrap_err();
    assert!(error.message().contains("the moon is full"), "{error}");
}

#[tokio::test]
async fn names_hold_whatever_they_hold() {
    const COLUMNS: [&str; 6] = ["select", "a\"b", "with space", "a.b", "1st", "it's -- /*"];
    const TABLE: &str = "2024.read-ings \"raw\"; drop";
    let timestream = Scripted::start(|call| {
        let table = r#""my-db"."2024.read-ings ""raw""; drop""#;
        match call.sql() {
            sql if sql == format!("DESCRIBE {table}") => {
                let columns: Vec<_> = COLUMNS
                    .iter()
                    .map(|name| (*name, "varchar", "DIMENSION"))
                    .collect();
                Reply::description(&columns)
            }
            sql if sql.contains(&format!("FROM {table}")) => {
                for name in COLUMNS {
                    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
                    assert!(sql.contains(&quoted), "{sql}");
                }
                // In another order than asked for: values go by name.
                let mut columns = COLUMNS;
                columns.reverse();
                let values = columns.map(Some);
                Reply::page(&columns.map(|name| (name, "VARCHAR")), &[&values], None)
            }
            other => Reply::Error(400, "ValidationException", other.into()),
        }
    })
    .await
    .unwrap();
    let s3 = local::s3::S3::start(0, "spill", None).await.unwrap();
    let connector = Connector::with_plugin(
        settings("spill").unwrap(),
        &sdk_config(timestream.url(), &s3.url()),
        plugin("timestream").unwrap(),
    );
    let (batches, _) = select(
        &connector,
        None,
        &table_name("my-db", TABLE),
        &COLUMNS,
        &Constraints::default(),
        (16_000_000, 5_000_000),
    )
    .await
    .unwrap();
    assert_eq!(rows(&batches).unwrap(), [COLUMNS]);
}

#[tokio::test]
async fn what_iam_denies_is_told_by_its_action_and_without_the_role() {
    let denied =
        "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: it";
    for action in ["ListDatabases", "ListTables", "DescribeTable", "Select"] {
        let timestream = Scripted::start(move |call: &Call| {
            let needed = match call.operation.as_str() {
                "Query" if call.sql().starts_with("DESCRIBE") => "DescribeTable",
                "Query" => "Select",
                other => other,
            };
            if needed == action {
                return Reply::Error(400, "AccessDeniedException", denied.into());
            }
            match call.operation.as_str() {
                "Query" => Reply::description(&[("host", "varchar", "DIMENSION")]),
                _ => Reply::Json(json!({"Databases": [], "Tables": []}).to_string()),
            }
        })
        .await
        .unwrap();
        let s3 = local::s3::S3::start(0, "spill", None).await.unwrap();
        let connector = Connector::with_plugin(
            settings("spill").unwrap(),
            &sdk_config(timestream.url(), &s3.url()),
            plugin("timestream").unwrap(),
        );
        let (identity, query_id, catalog_name) = (None, None, "c".to_owned());
        let message = match action {
            "ListDatabases" => {
                let request = ListSchemasRequest {
                    identity,
                    query_id,
                    catalog_name,
                };
                let error = ask(&connector, Request::ListSchemasRequest(request)).await;
                let error = error.unwrap_err();
                assert_eq!(error.code(), Code::AccessDenied);
                error.to_string()
            }
            "ListTables" => {
                let request = ListTablesRequest {
                    identity,
                    query_id,
                    catalog_name,
                    schema_name: "d".into(),
                    next_token: None,
                    page_size: -1,
                };
                let error = ask(&connector, Request::ListTablesRequest(request)).await;
                error.unwrap_err().to_string()
            }
            _ => {
                let read = select(
                    &connector,
                    None,
                    &table_name("d", "t"),
                    &["host"],
                    &Constraints::default(),
                    (16_000_000, 5_000_000),
                )
                .await;
                read.unwrap_err().to_string()
            }
        };
        assert!(
            message.contains(&format!("`timestream:{action}`")),
            "{message}"
        );
        assert!(!message.contains("arn:"), "{message}");
    }
}
