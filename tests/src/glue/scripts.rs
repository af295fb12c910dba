//! What moto does not do: pages, failures, catalogs of other accounts; and a Timestream that answers what it is told.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use aws_types::SdkConfig;
use connector::Code;
use connector::wire::{Block, GetTableRequest, Identity, ValueSet};
use serde_json::json;
use tests::scripted::{Call, Reply, Scripted};

use super::*;

async fn scripted(
    settings: Settings,
    glue: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    timestream: impl Fn(&Call) -> Reply + Send + Sync + 'static,
) -> (Scripted, Scripted, Connector) {
    let glue = Scripted::start(glue).await.unwrap();
    let timestream = Scripted::start(timestream).await.unwrap();
    let config = config(timestream.url(), glue.url());
    let connector = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
    (glue, timestream, connector)
}

fn config(timestream: &str, glue: &str) -> SdkConfig {
    sdk_config_with_glue(timestream, "http://127.0.0.1:1", glue)
}

/// A table `t` with one column.
fn timestream(call: &Call) -> Reply {
    match call.operation.as_str() {
        "ListTables" => {
            Reply::Json(r#"{"Tables":[{"TableName":"t"},{"TableName":"Mixed"}]}"#.into())
        }
        "ListDatabases" => Reply::Json(r#"{"Databases":[{"DatabaseName":"d"}]}"#.into()),
        _ => Reply::description(&[("host", "varchar", "DIMENSION")]),
    }
}

fn flagged(name: &str) -> serde_json::Value {
    json!({"Name": name, "Parameters": {FLAG: "x", "_view_template": "SELECT 1 AS one"},
           "StorageDescriptor": {"Columns": [{"Name": "one", "Type": "bigint"}]}})
}

fn not_found() -> Reply {
    Reply::Error(400, "EntityNotFoundException", "Entity Not Found".into())
}

#[tokio::test]
async fn views_are_listed_from_all_of_glues_pages() {
    let pages = |call: &Call| {
        assert_eq!(
            (call.operation.as_str(), &call.body["DatabaseName"]),
            ("GetTables", &json!("d"))
        );
        let page = match call.token() {
            // A page may be empty and still name the next one.
            None => json!({"TableList": [], "NextToken": "1"}),
            Some("1") => {
                json!({"TableList": [flagged("v1"), {"Name": "unflagged"}], "NextToken": "2"})
            }
            Some("2") => json!({"TableList": [flagged("mixed"), flagged("v2")]}),
            Some(other) => panic!("{other}"),
        };
        Reply::Json(page.to_string())
    };
    let (glue, _timestream, connector) = scripted(settings(&[]), pages, timestream).await;
    assert_eq!(
        list_tables(&connector, "D").await.unwrap(),
        ["Mixed", "t", "v1", "v2"]
    );
    assert_eq!(glue.calls().len(), 3);
}

/// Neither is answered before both are asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn glue_and_timestream_are_asked_for_a_table_at_once() {
    let asked = Arc::new((Mutex::new(BTreeSet::new()), Condvar::new()));
    let wait = move |call: &Call| {
        let (operations, changed) = &*asked;
        let mut operations = operations.lock().unwrap();
        operations.insert(call.operation.clone());
        changed.notify_all();
        let is_alone = |operations: &mut BTreeSet<String>| operations.len() < 2;
        let (operations, waited) = changed
            .wait_timeout_while(operations, Duration::from_secs(10), is_alone)
            .unwrap();
        assert!(!waited.timed_out(), "only {operations:?} were asked");
    };
    let (wait_for_glue, wait) = (wait.clone(), wait);
    let glue = move |call: &Call| {
        wait_for_glue(call);
        not_found()
    };
    let timestream = move |call: &Call| {
        wait(call);
        timestream(call)
    };
    let (_glue, timestream, connector) = scripted(settings(&[]), glue, timestream).await;
    let schema = get_table(&connector, &table_name("d", "t")).await.unwrap();
    assert_eq!(names(&schema), ["host"]);
    let operations = timestream.calls().into_iter().map(|call| call.operation);
    let operations: BTreeSet<String> = operations.collect();
    assert_eq!(
        operations,
        ["DescribeTable", "Query"].map(str::to_owned).into()
    );
}

/// The look at the name itself is of no use then, and must not hold what the look at the source table waits for.
#[tokio::test]
async fn tables_of_other_names_are_described_one_after_the_other() {
    let glue = |call: &Call| {
        let table =
            json!({"Name": call.body["Name"], "Parameters": {FLAG: "x", "sourceTable": "t"}});
        Reply::Json(json!({"Table": table}).to_string())
    };
    let (_glue, _timestream, connector) = scripted(settings(&[]), glue, timestream).await;
    for name in ["a", "b", "c", "e"] {
        let name = table_name("d", name);
        let schema = tokio::time::timeout(Duration::from_secs(10), get_table(&connector, &name));
        assert_eq!(names(&schema.await.unwrap().unwrap()), ["host"]);
    }
}

#[tokio::test]
async fn a_database_that_only_glue_has_lists_its_views() {
    let glue = |_: &Call| Reply::Json(json!({"TableList": [flagged("v")]}).to_string());
    let missing = |call: &Call| match call.operation.as_str() {
        "ListDatabases" => Reply::Json(r#"{"Databases":[]}"#.into()),
        _ => Reply::Error(404, "ResourceNotFoundException", "no such database".into()),
    };
    let (_glue, _timestream, connector) = scripted(settings(&[]), glue, missing).await;
    assert_eq!(list_tables(&connector, "views").await.unwrap(), ["v"]);
    let (_glue, _timestream, connector) = scripted(settings(&[]), |_| not_found(), missing).await;
    let error = list_tables(&connector, "views").await.unwrap_err();
    assert!(
        error.message().contains("cannot find database `views`"),
        "{error}"
    );
}

/// The Java connector swallows each of these and shows the table of the same name (W-10).
#[tokio::test]
async fn a_glue_that_fails_is_told_with_what_to_allow() {
    let arn = "User: arn:aws:sts::123456789012:assumed-role/r is not authorized to perform: glue:GetTable";
    let lake = "Insufficient Lake Formation permission(s): Required Describe on t";
    for (reply, code, words) in [
        (
            Reply::Error(400, "AccessDeniedException", arn.into()),
            Code::AccessDenied,
            vec!["`glue:GetTable", "`disable_glue` = `true`"],
        ),
        (
            Reply::Error(400, "AccessDeniedException", lake.into()),
            Code::AccessDenied,
            vec!["Required Describe", "`glue:GetTable"],
        ),
        (
            Reply::Error(400, "ThrottlingException", "Rate exceeded".into()),
            Code::Throttling,
            vec!["Rate exceeded"],
        ),
        (
            Reply::Error(400, "GlueEncryptionException", "no key".into()),
            Code::Internal,
            vec!["no key"],
        ),
        (
            Reply::Json("<html>".into()),
            Code::Internal,
            vec!["in Glue"],
        ),
    ] {
        let (_glue, asked, connector) =
            scripted(settings(&[]), move |_| reply.clone(), timestream).await;
        let of_table = get_table(&connector, &table_name("d", "t"))
            .await
            .unwrap_err();
        let of_list = list_tables(&connector, "d").await.unwrap_err();
        for error in [of_table, of_list] {
            assert_eq!(error.code(), code, "{error}");
            for word in &words {
                assert!(error.message().contains(word), "{word}: {error}");
            }
            assert!(!error.message().contains("arn:"), "{error}");
        }
        // Its table was looked up meanwhile, and is not shown.
        assert!(
            !asked
                .calls()
                .iter()
                .any(|call| call.operation == "ListTables")
        );
    }
    let config = config("http://127.0.0.1:1", "http://127.0.0.1:1");
    let connector = Connector::with_plugin(settings(&[]), &config, plugin("timestream").unwrap());
    let error = get_table(&connector, &table_name("d", "t"))
        .await
        .unwrap_err();
    assert!(
        error.message().contains("Glue cannot be reached"),
        "{error}"
    );
}

#[tokio::test]
async fn glue_is_left_out_where_the_setting_says_so() {
    // As the Java SDK reads it: any value but `false`.
    for (value, is_asked) in [
        ("true", false),
        ("", false),
        ("yes", false),
        ("false", true),
        ("FALSE", true),
    ] {
        let (glue, _timestream, connector) = scripted(
            settings(&[("disable_glue", value)]),
            |_| not_found(),
            timestream,
        )
        .await;
        get_table(&connector, &table_name("d", "t")).await.unwrap();
        assert_eq!(list_tables(&connector, "d").await.unwrap(), ["Mixed", "t"]);
        assert_eq!(!glue.calls().is_empty(), is_asked, "{value}");
    }
}

#[tokio::test]
async fn the_catalog_is_the_settings_else_the_functions_else_the_callers() {
    let function = "arn:aws:lambda:us-east-1:222222222222:function:connector:live";
    for (setting, function, caller, expected) in [
        (
            "111111111111",
            function,
            "333333333333",
            json!("111111111111"),
        ),
        ("", function, "333333333333", json!("222222222222")),
        ("", "", "333333333333", json!("333333333333")),
        ("", "", "", json!(null)),
    ] {
        let settings = settings(&[("glue_catalog", setting)]);
        let (glue, _timestream, connector) = scripted(settings, |_| not_found(), timestream).await;
        connector.invoked_as(function);
        let identity = Identity {
            account: Some(caller.to_owned()),
            ..Identity::default()
        };
        let request = GetTableRequest {
            identity: Some(identity),
            query_id: None,
            catalog_name: "c".into(),
            table_name: table_name("D", "T"),
            query_passthrough_arguments: Default::default(),
        };
        ask(&connector, Request::GetTableRequest(request))
            .await
            .unwrap();
        let call = &glue.calls()[0].body;
        assert_eq!(call["CatalogId"], expected);
        // Glue's names are lower case.
        assert_eq!(
            (&call["DatabaseName"], &call["Name"]),
            (&json!("d"), &json!("t"))
        );
    }
}

#[tokio::test]
async fn a_view_is_taken_on_glues_word_where_the_function_may_not_prepare_it() {
    let glue = |_: &Call| Reply::Json(json!({"Table": flagged("v")}).to_string());
    let denied = |call: &Call| match call.operation.as_str() {
        "PrepareQuery" => Reply::Error(400, "AccessDeniedException", "no".into()),
        other => panic!("{other}"),
    };
    let (_glue, _timestream, connector) = scripted(settings(&[]), glue, denied).await;
    let schema = get_table(&connector, &table_name("d", "v")).await.unwrap();
    assert_eq!(
        (names(&schema), types(&schema)),
        (vec!["one".to_owned()], vec!["Int64".to_owned()])
    );

    let bare = |_: &Call| {
        let view =
            json!({"Name": "v", "Parameters": {FLAG: "x", "_view_template": "SELECT 1 AS one"}});
        Reply::Json(json!({"Table": view}).to_string())
    };
    let (_glue, _timestream, connector) = scripted(settings(&[]), bare, denied).await;
    let error = get_table(&connector, &table_name("d", "v"))
        .await
        .unwrap_err();
    assert!(
        error.message().contains("allow timestream:PrepareQuery"),
        "{error}"
    );
}

/// A name that Timestream makes up for a result is not one that a statement around the view can use.
#[tokio::test]
async fn a_view_whose_text_names_no_column_is_refused_where_the_column_is_asked_for() {
    let prepared = |names: [&'static str; 2]| {
        move |call: &Call| match call.operation.as_str() {
            "PrepareQuery" => {
                let columns =
                    names.map(|name| json!({"Name": name, "Type": {"ScalarType": "BIGINT"}}));
                Reply::Json(
                    json!({"QueryString": "", "Columns": columns, "Parameters": []}).to_string(),
                )
            }
            other => panic!("{other}"),
        }
    };
    let view = |columns: &'static [&'static str]| {
        move |_: &Call| {
            let columns: Vec<_> = columns
                .iter()
                .map(|name| json!({"Name": name, "Type": "bigint"}))
                .collect();
            let mut view = flagged("v");
            view["StorageDescriptor"]["Columns"] = json!(columns);
            Reply::Json(json!({"Table": view}).to_string())
        }
    };
    for (names, defined) in [
        (["one", "_col1"], &[] as &[&str]),
        (["one", "_col1"], &["one", "_col1"]),
        (["one", ""], &[]),
    ] {
        let (_glue, _timestream, connector) =
            scripted(settings(&[]), view(defined), prepared(names)).await;
        let error = get_table(&connector, &table_name("d", "v"))
            .await
            .unwrap_err();
        assert_eq!(
            error.message(),
            "cannot read view `d.v`: column 2 of its text has no name of its own; hint: give it one with AS (Athena's query query)"
        );
    }
    // The user's own name; and a nameless column that the definition leaves out.
    for (names, defined) in [
        (["_col1", "one"], &[] as &[&str]),
        (["one", "_col1"], &["one"]),
    ] {
        let (_glue, _timestream, connector) =
            scripted(settings(&[]), view(defined), prepared(names)).await;
        get_table(&connector, &table_name("d", "v")).await.unwrap();
    }
}

/// A type that Timestream may get one day is none that Glue can name: it is text, and compared by the host.
#[tokio::test]
async fn a_column_of_an_unknown_type_is_text_in_glue_or_refused() {
    let glue = |r#type: &'static str| {
        move |_: &Call| {
            let table = json!({"Name": "t", "Parameters": {FLAG: "x"},
                "StorageDescriptor": {"Columns": [{"Name": "price", "Type": r#type}]}});
            Reply::Json(json!({"Table": table}).to_string())
        }
    };
    let timestream = |call: &Call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => {
            Reply::description(&[("price", "decimal(3,1)", "MULTI")])
        }
        sql if sql.contains("WHERE") => panic!("{sql}"),
        _ => Reply::page(
            &[("price", "DECIMAL(3,1)")],
            &[&[Some("2.5")], &[Some("1.0")]],
            None,
        ),
    };
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let timestream = Scripted::start(timestream).await.unwrap();
    let name = table_name("d", "t");
    let connector = async |r#type| {
        let glue = Scripted::start(glue(r#type)).await.unwrap();
        let config = sdk_config_with_glue(timestream.url(), &s3.url(), glue.url());
        let plugin = plugin("timestream").unwrap();
        (glue, Connector::with_plugin(settings(&[]), &config, plugin))
    };
    let (_glue, as_text) = connector("string").await;
    let one = ValueSet::EquatableValueSet {
        value_block: Block(
            RecordBatch::try_from_iter([(
                "c",
                Arc::new(StringArray::from(vec!["2.5"])) as ArrayRef,
            )])
            .unwrap(),
        ),
        white_list: true,
        null_allowed: false,
    };
    let constraints = Constraints {
        summary: [("price".to_owned(), one)].into(),
        ..Constraints::default()
    };
    let read = select(&as_text, None, &name, &["price"], &constraints, USUAL).await;
    assert_eq!(rows(&read.unwrap().0).unwrap(), [["2.5"]]);
    for r#type in ["double", "timestamp", "bigint"] {
        let (_glue, connector) = connector(r#type).await;
        let error = get_table(&connector, &name).await.unwrap_err();
        assert!(error.message().contains("`other` in Timestream"), "{error}");
    }
}

/// What Glue calls double may be a bigint: two that are one apart are one double, and Timestream would compare the bigints.
#[tokio::test]
async fn doubles_on_glues_word_are_compared_by_the_host() {
    let glue = |_: &Call| {
        let columns = ["a", "b"].map(|name| json!({"Name": name, "Type": "double"}));
        let mut view = flagged("v");
        view["StorageDescriptor"]["Columns"] = json!(columns);
        Reply::Json(json!({"Table": view}).to_string())
    };
    let timestream = |call: &Call| match call.operation.as_str() {
        "PrepareQuery" => Reply::Error(400, "AccessDeniedException", "no".into()),
        "Query" if ["=", "ORDER"].iter().any(|word| call.sql().contains(word)) => {
            Reply::page(&[], &[], None)
        }
        "Query" => Reply::page(
            &[("a", "BIGINT"), ("b", "DOUBLE")],
            &[
                &[Some("9007199254740993"), Some("9007199254740992.0")],
                &[Some("1"), Some("1.5")],
            ],
            None,
        ),
        other => panic!("{other}"),
    };
    let glue = Scripted::start(glue).await.unwrap();
    let timestream = Scripted::start(timestream).await.unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = sdk_config_with_glue(timestream.url(), &s3.url(), glue.url());
    let connector = Connector::with_plugin(settings(&[]), &config, plugin("timestream").unwrap());
    let (name, equal) = (table_name("d", "v"), equal_doubles("a", "b"));
    let read = select(&connector, None, &name, &["a", "b"], &equal, USUAL);
    let (batches, _) = read.await.unwrap();
    let both = "9007199254740992.0";
    assert_eq!(rows(&batches).unwrap(), [[both, both]]);

    // And what may be NaN has its place in Athena's order.
    let first = Constraints {
        order_by_clause: vec![by("b")],
        limit: 1,
        ..Constraints::default()
    };
    let read = select(&connector, None, &name, &["b"], &first, USUAL);
    let (batches, _) = read.await.unwrap();
    assert_eq!(rows(&batches).unwrap(), [["1.5"]]);
}
