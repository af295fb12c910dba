//! Many tables, listed and then described one after the other, as tools do that read `information_schema`.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Instant;

use connector::Connector;
use connector::wire::{ListTablesRequest, Request, Response};
use serde_json::json;
use tests::athena::{ask, get_table, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config, settings};

const TABLES: usize = 500;

/// As the service's: pages of at most 20.
fn list_tables(call: &Call) -> Reply {
    let start: usize = call.token().map_or(0, |token| token.parse().unwrap());
    let size = call.body["MaxResults"].as_u64().unwrap() as usize;
    assert!(size <= 20, "{size}");
    let end = (start + size).min(TABLES);
    let table = |number| {
        let key = json!({"Type": "DIMENSION", "Name": "host", "EnforcementInRecord": "OPTIONAL"});
        json!({"DatabaseName": "Fleet", "TableName": format!("Table{number}"), "Schema": {"CompositePartitionKey": [key]}})
    };
    let tables: Vec<_> = (start..end).map(table).collect();
    let mut answer = json!({ "Tables": tables });
    if end < TABLES {
        answer["NextToken"] = end.to_string().into();
    }
    Reply::Json(answer.to_string())
}

fn describe(sql: &str) -> Reply {
    if !sql.starts_with(r#"DESCRIBE "Fleet"."Table"#) {
        let message = "line 1:1: The database or table does not exist".to_owned();
        return Reply::Error(400, "ValidationException", message);
    }
    Reply::description(&[
        ("host", "varchar", "DIMENSION"),
        ("measure_name", "varchar", "MEASURE_NAME"),
        ("time", "timestamp", "TIMESTAMP"),
    ])
}

/// The service's allowance for List and Describe calls: five a second (timestream.md, section 6.1).
struct Allowance(Mutex<(f64, Instant)>);

impl Allowance {
    fn take(&self) -> bool {
        let mut state = self.0.lock().unwrap();
        let (left, since) = *state;
        let left = (left + since.elapsed().as_secs_f64() * 5.0).min(5.0);
        let is_left = left >= 1.0;
        *state = (left - f64::from(u8::from(is_left)), Instant::now());
        is_left
    }
}

#[tokio::test]
async fn five_hundred_tables_are_listed_and_described_within_the_allowance() {
    let allowance = Allowance(Mutex::new((5.0, Instant::now())));
    let timestream = Scripted::start(move |call| {
        if call.operation != "Query" && !allowance.take() {
            return Reply::Error(400, "ThrottlingException", "Rate exceeded".to_owned());
        }
        match call.operation.as_str() {
            "ListDatabases" => {
                Reply::Json(json!({"Databases": [{"DatabaseName": "Fleet"}]}).to_string())
            }
            "ListTables" if call.body["DatabaseName"] == "Fleet" => list_tables(call),
            "ListTables" => {
                let message = "The database fleet does not exist.".to_owned();
                Reply::Error(400, "ResourceNotFoundException", message)
            }
            "Query" => describe(call.sql()),
            other => panic!("{other}"),
        }
    })
    .await
    .unwrap();
    let config = sdk_config(timestream.url(), "http://127.0.0.1:1");
    let connector = Connector::with_plugin(
        settings("spill").unwrap(),
        &config,
        plugin("timestream").unwrap(),
    );

    let mut listed = HashSet::new();
    let mut token = None;
    loop {
        let request = ListTablesRequest {
            identity: None,
            query_id: Some("q".into()),
            catalog_name: "c".into(),
            schema_name: "fleet".into(),
            next_token: token,
            page_size: 50,
        };
        let answer = ask(&connector, Request::ListTablesRequest(request)).await;
        let Ok(Response::ListTablesResponse(page)) = answer else {
            panic!("{answer:?}");
        };
        listed.extend(page.tables.into_iter().map(|table| table.table_name));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), TABLES);
    for name in &listed {
        let name = table_name("fleet", &name.to_lowercase());
        let schema = get_table(&connector, &name).await.unwrap();
        assert_eq!(schema.fields().len(), 3);
    }

    let calls = timestream.calls();
    let count = |operation: &str| {
        calls
            .iter()
            .filter(|call| call.operation == operation)
            .count()
    };
    // The database's lower-case name, then 25 pages under its own; each table then costs DESCRIBE under Athena's name
    // and under its own.
    assert_eq!(count("ListTables"), 1 + TABLES / 20);
    assert_eq!(count("ListDatabases"), 1);
    assert_eq!(count("DescribeTable"), 0);
    assert_eq!(count("Query"), 2 * TABLES);
}
