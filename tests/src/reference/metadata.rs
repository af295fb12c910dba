//! The reference's metadata handler: listings, `DESCRIBE`, tables and views of Glue.

use arrow::datatypes::{DataType, SchemaRef};
use connector::Connector;
use connector::wire::{ListSchemasRequest, ListTablesRequest, Request, Response};
use serde_json::{Value, json};
use tests::athena::{ask, get_table, table_name};
use tests::processes::Moto;
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config_with_glue};

use super::{World, list, row};
use crate::glue::{FLAG, GlueTable, Tables, settings};

/// Names 0 to 9, 10 to 99 and 100 to 999, whatever size of page is asked for.
fn three_pages(call: &Call, list: &str, member: &str, prefix: &str) -> Reply {
    let (numbers, next) = match call.token() {
        None => (0..10, Some("1")),
        Some("1") => (10..100, Some("2")),
        Some("2") => (100..1_000, None),
        Some(other) => panic!("{other}"),
    };
    let named = |number| json!({member: format!("{prefix}_{number}")});
    let names: Vec<Value> = numbers.map(named).collect();
    Reply::Json(json!({list: names, "NextToken": next}).to_string())
}

/// `<prefix>_0` to `<prefix>_999`, in the order of the text.
fn thousand(prefix: &str) -> Vec<String> {
    let mut names: Vec<String> = (0..1_000)
        .map(|number| format!("{prefix}_{number}"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_thousand_databases_in_three_uneven_pages_cost_three_calls() {
    let world =
        World::start(|call| three_pages(call, "Databases", "DatabaseName", "database")).await;
    let request = ListSchemasRequest {
        identity: None,
        query_id: None,
        catalog_name: "default".into(),
    };
    let answer = ask(&world.connector, Request::ListSchemasRequest(request)).await;
    let Ok(Response::ListSchemasResponse(mut listed)) = answer else {
        panic!("{answer:?}");
    };
    listed.schemas.sort();
    assert_eq!(listed.schemas, thousand("database"));
    let calls = world.timestream.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.operation == "ListDatabases"));
}

#[tokio::test]
async fn a_thousand_tables_in_three_uneven_pages_cost_three_calls_of_their_database() {
    let world = World::start(|call| three_pages(call, "Tables", "TableName", "table")).await;
    let request = ListTablesRequest {
        identity: None,
        query_id: None,
        catalog_name: "default".into(),
        schema_name: "default".into(),
        next_token: None,
        page_size: -1,
    };
    let answer = ask(&world.connector, Request::ListTablesRequest(request)).await;
    let Ok(Response::ListTablesResponse(listed)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(listed.next_token, None);
    let mut names = Vec::new();
    for table in listed.tables {
        assert_eq!(table.schema_name, "default");
        names.push(table.table_name);
    }
    names.sort();
    assert_eq!(names, thousand("table"));
    let calls = world.timestream.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.operation, "ListTables");
        assert_eq!(call.body["DatabaseName"], "default");
    }
}

fn fields(schema: &SchemaRef) -> Vec<(&str, DataType)> {
    let fields = schema.fields().iter();
    fields
        .map(|field| (field.name().as_str(), field.data_type().clone()))
        .collect()
}

#[tokio::test]
async fn a_table_that_glue_answers_nothing_of_is_described() {
    let glue = Scripted::start(|_| Reply::Json("{}".into())).await.unwrap();
    let timestream = Scripted::start(|call| match call.sql() {
        r#"DESCRIBE "default"."table1""# => Reply::description(&[
            ("availability_zone", "varchar", "dimension"),
            ("measure_value", "double", "measure_value"),
            ("measure_name", "varchar", "measure_name"),
            ("time", "timestamp", "timestamp"),
            ("sample_int", "int", "measure"),
            ("sample_date", "date", "dimension"),
        ]),
        other => panic!("{other}"),
    })
    .await
    .unwrap();
    let config = sdk_config_with_glue(timestream.url(), "http://127.0.0.1:1", glue.url());
    let connector = Connector::with_plugin(settings(&[]), &config, plugin("timestream").unwrap());
    let schema = get_table(&connector, &table_name("default", "table1"))
        .await
        .unwrap();
    assert_eq!(
        fields(&schema),
        [
            ("availability_zone", DataType::Utf8),
            ("measure_value", DataType::Float64),
            ("measure_name", DataType::Utf8),
            ("time", DataType::Date64),
            ("sample_int", DataType::Int32),
            ("sample_date", DataType::Date32),
        ]
    );
    assert_eq!(glue.calls().len(), 1);
}

/// The schema of Glue's table `default`.`table1` with the flag, these columns and this text, where `columns` are what
/// Timestream says of the text; what Timestream was asked to prepare.
async fn of_glue(
    defined: &[(&str, &str)],
    text: &str,
    columns: Value,
) -> (connector::Result<SchemaRef>, Vec<Call>) {
    let moto = Moto::start().unwrap();
    let timestream = Scripted::start(move |call| match call.operation.as_str() {
        "CreateDatabase" => Reply::Json(r#"{"Database":{}}"#.into()),
        "PrepareQuery" => Reply::Json(
            json!({"QueryString": "", "Parameters": [], "Columns": columns}).to_string(),
        ),
        // Its name is looked up meanwhile, and nothing is run.
        "Query" if call.sql().starts_with("DESCRIBE") => {
            let message = "The table does not exist".to_owned();
            Reply::Error(400, "ValidationException", message)
        }
        other => panic!("{other}"),
    })
    .await
    .unwrap();
    let config = sdk_config_with_glue(timestream.url(), "http://127.0.0.1:1", &moto.url);
    let tables = Tables {
        glue: aws_sdk_glue::Client::new(&config),
        write: aws_sdk_timestreamwrite::Client::new(&config),
    };
    tables.database("default").await;
    let table = GlueTable {
        name: "table1",
        parameters: &[(FLAG, FLAG)],
        columns: defined,
        original_text: Some(text),
        ..GlueTable::default()
    };
    tables.glue_table("default", table).await;
    let connector = Connector::with_plugin(settings(&[]), &config, plugin("timestream").unwrap());
    let schema = get_table(&connector, &table_name("default", "table1")).await;
    let mut calls = timestream.calls();
    calls.retain(|call| call.operation == "PrepareQuery");
    (schema, calls)
}

/// Nothing is run for it, yet Timestream is asked whether it would understand the text: the reference asks nothing, and
/// takes the words `view text` for a view that no query can read.
#[tokio::test(flavor = "multi_thread")]
async fn a_view_of_glue_has_its_columns_and_a_text_that_timestream_understands() {
    let defined = [("col1", "varchar"), ("col2", "double")];
    let columns = json!([
        {"Name": "col1", "Type": {"ScalarType": "VARCHAR"}},
        {"Name": "col2", "Type": {"ScalarType": "DOUBLE"}},
    ]);
    let text = "SELECT col1, col2 FROM d.t";
    let (schema, calls) = of_glue(&defined, text, columns.clone()).await;
    let schema = schema.unwrap();
    assert_eq!(
        fields(&schema),
        [("col1", DataType::Utf8), ("col2", DataType::Float64)]
    );
    // It travels with the query.
    assert!(schema.metadata().values().any(|value| value.contains(text)));
    let [prepared] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    assert_eq!(prepared.sql(), text);
    assert_eq!(prepared.body["ValidateOnly"], true);

    let (schema, calls) = of_glue(&defined, "view text", columns).await;
    let error = schema.unwrap_err();
    let message = error.message();
    assert!(
        message.contains("`default`.`table1`") && message.contains("begins with `VIEW`"),
        "{error}"
    );
    assert!(calls.is_empty());
}

/// `TIMESERIES(…)` is no table function of Timestream's, so the script has to understand it;
/// `glue::views::the_documented_view_is_listed_described_and_read` has the same columns over a text that is run.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_series_in_glue_is_a_list_of_points_with_glues_names() {
    let defined = [
        ("az", "varchar"),
        ("hostname", "varchar"),
        ("region", "varchar"),
        (
            "cpu_utilization",
            r"ARRAY<STRUCT<time: timestamp, measure_value\:\:double: double>>",
        ),
    ];
    let varchar = |name| json!({"Name": name, "Type": {"ScalarType": "VARCHAR"}});
    let series = json!({"TimeSeriesMeasureValueColumnInfo": {"Type": {"ScalarType": "DOUBLE"}}});
    let columns = json!([
        varchar("az"), varchar("hostname"), varchar("region"),
        {"Name": "cpu_utilization", "Type": series},
    ]);
    let text = "SELECT az, hostname, region, cpu_utilization FROM TIMESERIES(metrics_table,'cpu_utilization')";
    let (schema, _) = of_glue(&defined, text, columns).await;
    let schema = schema.unwrap();
    let point = row(&[
        ("time", DataType::Date64),
        ("measure_value::double", DataType::Float64),
    ]);
    assert_eq!(
        fields(&schema),
        [
            ("az", DataType::Utf8),
            ("hostname", DataType::Utf8),
            ("region", DataType::Utf8),
            ("cpu_utilization", list(point)),
        ]
    );
    assert!(schema.metadata().values().any(|value| value.contains(text)));
}

/// The reference's prefix is its own name.
#[tokio::test]
async fn every_call_tells_whose_it_is() {
    let world =
        World::start(|call| three_pages(call, "Databases", "DatabaseName", "database")).await;
    let request = ListSchemasRequest {
        identity: None,
        query_id: None,
        catalog_name: "default".into(),
    };
    ask(&world.connector, Request::ListSchemasRequest(request))
        .await
        .unwrap();
    for call in world.timestream.calls() {
        let words: Vec<&str> = call.user_agent.split(' ').collect();
        assert!(words.contains(&"app/athena-timestream"), "{words:?}");
    }
}
