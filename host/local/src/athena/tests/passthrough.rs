//! `TABLE(system.query(query => '…'))`, request by request.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use connector::wire::{Constraints, Request, TableName};

use super::fake::{Fake, inline};
use crate::athena::Profile;

fn arguments(text: &str) -> BTreeMap<String, String> {
    // federation-protocol.md, section 5.3.
    [("schemaFunctionName", "SYSTEM.QUERY"), ("QUERY", text)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Table and arguments of the requests that have them.
fn passed(requests: &[Request]) -> Vec<(&'static str, TableName, BTreeMap<String, String>)> {
    let of = |constraints: &Constraints| constraints.query_passthrough_arguments.clone();
    let passed = requests.iter().filter_map(|request| {
        let (table, arguments) = match request {
            Request::GetTableRequest(request) => (
                &request.table_name,
                request.query_passthrough_arguments.clone(),
            ),
            Request::GetTableLayoutRequest(request) => {
                (&request.table_name, of(&request.constraints))
            }
            Request::GetSplitsRequest(request) => (&request.table_name, of(&request.constraints)),
            Request::ReadRecordsRequest(request) => (&request.table_name, of(&request.constraints)),
            _ => return None,
        };
        Some((request.name(), table.clone(), arguments))
    });
    passed.collect()
}

#[tokio::test]
async fn the_text_travels_with_every_call_whatever_the_names_case() {
    for (sql, text) in [
        (
            "select name from table(system.query(query => 'SELECT 1')) where big = 1",
            "SELECT 1",
        ),
        (
            "select T.Name from TABLE(Timestream.SYSTEM.\"Query\"(QUERY => 'SELECT ''It''''s'', \"A\"')) as t where t.big = 1",
            "SELECT 'It''s', \"A\"",
        ),
    ] {
        let (athena, requests) = Fake::default().athena(Profile::ValueSets);
        let result = athena.query(sql).await.unwrap();
        assert_eq!(result.scans[0].table, "system.query");
        let requests = requests.lock().unwrap();
        assert!(matches!(
            requests[0],
            Request::GetDataSourceCapabilitiesRequest(_)
        ));
        let table = TableName {
            schema_name: "system".into(),
            table_name: "query".into(),
        };
        let expected = [
            "GetTableRequest",
            "GetTableLayoutRequest",
            "GetSplitsRequest",
            "ReadRecordsRequest",
        ]
        .map(|name| (name, table.clone(), arguments(text)));
        assert_eq!(passed(&requests), expected, "{sql}");
        let Some(Request::ReadRecordsRequest(read)) = requests.last() else {
            panic!("{requests:?}")
        };
        assert_eq!(
            read.constraints.summary.keys().collect::<Vec<_>>(),
            ["big"],
            "value sets are sent as for any table"
        );
        assert_eq!(read.schema.fields().len(), 1);
    }
}

#[tokio::test]
async fn a_table_has_no_arguments_and_asks_for_no_capabilities() {
    let (athena, requests) = Fake::default().athena(Profile::ValueSets);
    // A name that the function has, too.
    athena.query("select name from system.query").await.unwrap();
    let requests = requests.lock().unwrap();
    assert!(matches!(requests[0], Request::GetTableRequest(_)));
    assert!(
        passed(&requests)
            .iter()
            .all(|(_, _, arguments)| arguments.is_empty())
    );
}

#[tokio::test]
async fn several_calls_have_schemas_and_rows_of_their_own() {
    // The text is the name of the one column, and of a row as long as the text.
    let fake = Fake {
        schema: |request| match request.query_passthrough_arguments.get("QUERY") {
            Some(text) => Arc::new(Schema::new(vec![Field::new(text, DataType::Int64, true)])),
            None => Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)])),
        },
        read: Box::new(|request| {
            let texts = &request.constraints.query_passthrough_arguments;
            let length = texts.get("QUERY").map_or(2, String::len);
            let rows: ArrayRef = Arc::new(Int64Array::from(vec![i64::try_from(length).unwrap()]));
            inline(request, vec![rows])
        }),
        ..Fake::default()
    };
    let (athena, requests) = fake.athena(Profile::ValueSets);
    let sql = "with twice as (select ab + ab as sum from table(system.query(query => 'ab'))) \
        select x.ab, a, n, sum, (select max(ab) from table(system.query(query => 'ab'))) \
        from table(system.query(query => 'ab')) x \
        join table(timestream.system.query(query => 'a')) on x.ab = a + 1 \
        join db.readings on n = x.ab, twice";
    let result = athena.query(sql).await.unwrap();
    let batch = &result.batches[0];
    let row: Vec<i64> = batch
        .columns()
        .iter()
        .map(|column| column.as_primitive::<Int64Type>().value(0))
        .collect();
    assert_eq!((batch.num_rows(), row), (1, vec![2, 1, 2, 4, 2]));
    let requests = requests.lock().unwrap();
    let capabilities = requests
        .iter()
        .filter(|request| matches!(request, Request::GetDataSourceCapabilitiesRequest(_)));
    assert_eq!(capabilities.count(), 1);
}

#[tokio::test]
async fn explain_shows_the_text() {
    let (athena, _) = Fake::default().athena(Profile::ValueSets);
    let sql = "select name from table(system.query(query => 'SELECT ''a''')) where flag";
    let scans = athena.explain(sql).await.unwrap();
    assert_eq!(scans[0].constraints[0], "query => 'SELECT ''a'''");
    assert_eq!(scans[0].constraints.len(), 2);
}

#[tokio::test]
async fn wrong_calls_are_refused_with_the_reason() {
    for (call, why) in [
        ("system.query('SELECT 1')", "`name => 'text'`"),
        ("system.query(query => 1)", "`name => 'text'`"),
        ("system.query(query => lower('A'))", "`name => 'text'`"),
        ("system.query(query => 'a', QUERY => 'b')", "twice"),
        (
            "system.query(sql => 'SELECT 1')",
            "its arguments are (query), not (sql)",
        ),
        ("system.query()", "its arguments are (query), not ()"),
        ("query(query => 'SELECT 1')", "`timestream.system.query`"),
        (
            "other.system.query(query => 'SELECT 1')",
            "`timestream.system.query`",
        ),
        (
            "system.tql(query => 'SELECT 1')",
            "does not announce the function `SYSTEM.TQL`",
        ),
        ("'SELECT 1'", "needs a call"),
    ] {
        let (athena, _) = Fake::default().athena(Profile::ValueSets);
        let sql = format!("select * from table({call})");
        let error = athena.query(&sql).await.unwrap_err();
        assert!(format!("{error:#}").contains(why), "{call}: {error:#}");
    }
    let (athena, _) = Fake::default().athena(Profile::ValueSets);
    let sql = "select * from system.query(query => 'SELECT 1')";
    let error = athena.query(sql).await.unwrap_err();
    assert!(error.to_string().contains("TABLE("), "{error}");
}

#[tokio::test]
async fn what_is_not_announced_is_not_asked_for() {
    let fake = Fake {
        passthrough: false,
        ..Fake::default()
    };
    let (athena, requests) = fake.athena(Profile::ValueSets);
    let sql = "select * from table(system.query(query => 'SELECT 1'))";
    let error = athena.query(sql).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("does not announce the function `SYSTEM.QUERY`"),
        "{error}"
    );
    assert!(passed(&requests.lock().unwrap()).is_empty());
}
