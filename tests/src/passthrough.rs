//! Statements for Timestream, sent through `system.query`: columns without a run, mapped by name, pruned, checked.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use connector::wire::{
    Constraints, GetDataSourceCapabilitiesRequest, GetTableRequest, Request, Response,
};
use connector::{Code, Connector, Settings};
use local::s3::S3;
use tests::athena::{ask, read_request, rows, splits, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config};

const STATEMENT: &str = "SELECT a.time, b.time, a.v FROM x a JOIN y b ON a.k = b.k";

/// What `PrepareQuery` answers for the statement.
const PREPARED: &str = r#"{"QueryString":"","Parameters":[],"Columns":[
    {"Name":"time","Type":{"ScalarType":"TIMESTAMP"}},{"Name":"time","Type":{"ScalarType":"TIMESTAMP"}},
    {"Name":"v","Type":{"ScalarType":"DOUBLE"}}]}"#;

fn arguments() -> BTreeMap<String, String> {
    [
        ("schemaFunctionName", "SYSTEM.QUERY"),
        ("QUERY", &format!("{STATEMENT} -- both times")),
    ]
    .map(|(name, value): (&str, &str)| (name.into(), value.into()))
    .into()
}

async fn connector(
    script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    enabled: &'static str,
) -> (Scripted, S3, Connector) {
    let timestream = Scripted::start(script).await.unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let settings = Settings::from_lookup(|name| match name {
        "spill_bucket" => Some("spill".into()),
        "enable_query_passthrough" => Some(enabled.into()),
        _ => None,
    });
    let config = sdk_config(timestream.url(), &s3.url());
    let connector =
        Connector::with_plugin(settings.unwrap(), &config, plugin("timestream").unwrap());
    (timestream, s3, connector)
}

async fn get_table(connector: &Connector) -> connector::Result<arrow::datatypes::SchemaRef> {
    let request = GetTableRequest {
        identity: None,
        query_id: None,
        catalog_name: "c".into(),
        table_name: table_name("system", "query"),
        query_passthrough_arguments: arguments(),
    };
    match ask(connector, Request::GetTableRequest(request)).await? {
        Response::GetTableResponse(response) => Ok(response.schema),
        _ => panic!("not a GetTableResponse"),
    }
}

#[tokio::test]
async fn columns_come_without_a_run_and_values_by_name_whatever_is_pruned() {
    let script = |call: &Call| match call.operation.as_str() {
        "PrepareQuery" => Reply::Json(PREPARED.into()),
        _ => Reply::page(
            &[("v", "DOUBLE"), ("time_2", "TIMESTAMP")],
            &[&[Some("1.5"), Some("2024-01-01 00:00:00.000000000")]],
            None,
        ),
    };
    let (timestream, _s3, connector) = connector(script, "true").await;
    let schema = get_table(&connector).await.unwrap();
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(names, ["time", "time_2", "v"]);
    assert!(
        timestream
            .calls()
            .iter()
            .all(|call| call.operation == "PrepareQuery"),
        "nothing was run"
    );

    let constraints = Constraints {
        query_passthrough_arguments: arguments(),
        ..Constraints::default()
    };
    let name = table_name("system", "query");
    let split = splits(&connector, &name, &schema, &constraints)
        .await
        .unwrap()
        .remove(0);
    let request = read_request(&name, &schema, &["v", "time_2"], split, &constraints).unwrap();
    let Response::ReadRecordsResponse(read) = ask(&connector, Request::ReadRecordsRequest(request))
        .await
        .unwrap()
    else {
        panic!("not inline")
    };
    assert_eq!(
        rows(&[read.records.0]).unwrap(),
        [["1.5", "2024-01-01T00:00:00"]]
    );
    let sql = timestream.calls().last().unwrap().sql().to_owned();
    assert_eq!(
        sql,
        format!(
            "SELECT \"v\", \"time_2\"\nFROM (\n{STATEMENT}\n) AS \"athena_timestream_source\" (\"time\", \"time_2\", \"v\")"
        )
    );
}

#[tokio::test]
async fn where_preparing_is_denied_the_first_page_tells_the_columns() {
    let script = |call: &Call| match call.operation.as_str() {
        "PrepareQuery" => Reply::Error(
            403,
            "AccessDeniedException",
            "timestream:PrepareQuery".into(),
        ),
        "CancelQuery" => Reply::Json(r#"{"CancellationMessage":"ok"}"#.into()),
        _ => Reply::page(&[("v", "DOUBLE")], &[&[Some("1.5")]], Some("more")),
    };
    let (timestream, _s3, connector) = connector(script, "true").await;
    let schema = get_table(&connector).await.unwrap();
    assert_eq!(schema.fields().len(), 1);
    let calls = timestream.calls();
    assert!(calls.iter().any(|call| call.operation == "CancelQuery"));
    // One row is enough to tell the columns.
    let mut runs = calls.iter().filter(|call| call.operation == "Query");
    assert!(runs.all(|call| call.body["MaxRows"] == 1));
}

#[tokio::test]
async fn the_switch_is_obeyed_in_every_call() {
    let (timestream, _s3, connector) = connector(|_| panic!("nothing may be asked"), "false").await;
    let refused = |error: connector::Error| {
        assert_eq!(error.code(), Code::OperationNotSupported);
        assert!(
            error.message().contains("enable_query_passthrough"),
            "{error}"
        );
    };
    refused(get_table(&connector).await.unwrap_err());
    let constraints = Constraints {
        query_passthrough_arguments: arguments(),
        ..Constraints::default()
    };
    let name = table_name("system", "query");
    let schema = std::sync::Arc::new(arrow::datatypes::Schema::empty());
    refused(
        splits(&connector, &name, &schema, &constraints)
            .await
            .unwrap_err(),
    );
    assert!(timestream.calls().is_empty());
}

#[tokio::test]
async fn passthrough_is_announced_while_it_is_on() {
    for (enabled, expected) in [("true", true), ("FALSE", false)] {
        let (_timestream, _s3, connector) =
            connector(|_| panic!("nothing may be asked"), enabled).await;
        let request = GetDataSourceCapabilitiesRequest {
            identity: None,
            query_id: None,
            catalog_name: "c".into(),
        };
        let Response::GetDataSourceCapabilitiesResponse(announced) = ask(
            &connector,
            Request::GetDataSourceCapabilitiesRequest(request),
        )
        .await
        .unwrap() else {
            panic!("not capabilities")
        };
        let signature = announced.capabilities.get("SYSTEM.QUERY");
        assert_eq!(signature.is_some(), expected);
        let Some(signature) = signature else { continue };
        let properties: Vec<(&str, &str)> = signature
            .iter()
            .map(|entry| (entry.sub_type.as_str(), entry.properties[0].as_str()))
            .collect();
        assert_eq!(
            properties,
            [
                ("query_passthrough_schema", "system"),
                ("query_passthrough_name", "query"),
                ("query_passthrough_arguments", "QUERY")
            ]
        );
    }
}
