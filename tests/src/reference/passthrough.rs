//! The reference's passthrough: which texts it takes, and what a statement's columns become.

use arrow::datatypes::{DataType, SchemaRef};
use connector::Code;
use connector::wire::{GetTableRequest, Request, Response};
use serde_json::{Value, json};
use tests::athena::{ask, table_name};
use tests::scripted::Reply;

use super::{World, arguments, list, row};

impl World {
    async fn passthrough_schema(&self, text: &str) -> connector::Result<SchemaRef> {
        let request = GetTableRequest {
            identity: None,
            query_id: None,
            catalog_name: "default".into(),
            table_name: table_name("system", "query"),
            query_passthrough_arguments: arguments(text),
        };
        match ask(&self.connector, Request::GetTableRequest(request)).await? {
            Response::GetTableResponse(response) => Ok(response.schema),
            _ => panic!("not a GetTableResponse"),
        }
    }
}

/// What `columns` become: Timestream tells them when it prepares a statement, or, where that is denied, with the first
/// page of a run, as the reference asks for them.
async fn schema(columns: &Value, is_prepared: bool) -> connector::Result<SchemaRef> {
    let columns = columns.clone();
    let world = World::start(move |call| match call.operation.as_str() {
        "PrepareQuery" if is_prepared => Reply::Json(
            json!({"QueryString": "", "Parameters": [], "Columns": columns}).to_string(),
        ),
        "PrepareQuery" => Reply::Error(403, "AccessDeniedException", "no".into()),
        _ => Reply::Json(json!({"QueryId": "Q", "Rows": [], "ColumnInfo": columns}).to_string()),
    })
    .await;
    world.passthrough_schema("SELECT id FROM d.t").await
}

/// Holds what `columns` become, whichever way they are told.
async fn becomes(columns: Value, expected: &[(&str, DataType)]) {
    for is_prepared in [true, false] {
        let schema = schema(&columns, is_prepared).await.unwrap();
        let fields = schema.fields().iter();
        let fields: Vec<(&str, DataType)> = fields
            .map(|field| (field.name().as_str(), field.data_type().clone()))
            .collect();
        assert_eq!(fields, expected, "{is_prepared}");
    }
}

fn scalar(name: &str, r#type: &str) -> Value {
    json!({"Name": name, "Type": {"ScalarType": r#type}})
}

fn nameless(r#type: &str) -> Value {
    json!({"Type": {"ScalarType": r#type}})
}

#[tokio::test]
async fn scalar_columns_have_the_reference_s_types() {
    let columns = json!([
        scalar("id", "VARCHAR"),
        scalar("measure_value", "DOUBLE"),
        scalar("time", "TIMESTAMP"),
        scalar("day", "DATE"),
        scalar("cnt", "INTEGER"),
        scalar("clock", "TIME"),
        scalar("iv_day", "INTERVAL_DAY_TO_SECOND"),
        scalar("iv_month", "INTERVAL_YEAR_TO_MONTH"),
        scalar("unknown_col", "UNKNOWN"),
    ]);
    let expected = [
        ("id", DataType::Utf8),
        ("measure_value", DataType::Float64),
        ("time", DataType::Date64),
        ("day", DataType::Date32),
        ("cnt", DataType::Int32),
        ("clock", DataType::Utf8),
        ("iv_day", DataType::Utf8),
        ("iv_month", DataType::Utf8),
        ("unknown_col", DataType::Utf8),
    ];
    becomes(columns, &expected).await;
}

/// The reference takes the value's name from the measure's. Timestream sends none (timestream.md, section 1.5), and
/// both then say `measure_value`, so that a name is passed over here.
#[tokio::test]
async fn a_series_column_is_a_list_of_points() {
    let measure = scalar("cpu_util", "DOUBLE");
    let series = json!({"TimeSeriesMeasureValueColumnInfo": measure});
    let point = row(&[
        ("time", DataType::Date64),
        ("measure_value", DataType::Float64),
    ]);
    becomes(
        json!([{"Name": "my_time_series", "Type": series}]),
        &[("my_time_series", list(point))],
    )
    .await;
}

/// The reference calls each of them `item`, so that two are one; Timestream itself says `_col0`, `_col1`.
#[tokio::test]
async fn a_nameless_column_is_named_by_its_place() {
    let columns = json!([nameless("VARCHAR"), nameless("DOUBLE")]);
    let expected = [("_col0", DataType::Utf8), ("_col1", DataType::Float64)];
    becomes(columns, &expected).await;
}

#[tokio::test]
async fn arrays_and_rows_have_the_reference_s_members() {
    let members = json!([
        scalar("x", "VARCHAR"),
        scalar("y", "DOUBLE"),
        nameless("INTEGER")
    ]);
    let columns = json!([
        {"Name": "arr", "Type": {"ArrayColumnInfo": nameless("INTEGER")}},
        {"Name": "r", "Type": {"RowColumnInfo": members}},
    ]);
    let members = row(&[
        ("x", DataType::Utf8),
        ("y", DataType::Float64),
        ("field_2", DataType::Int32),
    ]);
    becomes(columns, &[("arr", list(DataType::Int32)), ("r", members)]).await;
}

#[tokio::test]
async fn a_column_without_a_type_or_with_an_empty_one_is_told_by_its_name() {
    for (column, why) in [
        (
            json!({"Name": "missing_type"}),
            "column `missing_type` has no type information",
        ),
        (
            json!({"Name": "my_time_series", "Type": {}}),
            "column `my_time_series` has a type that could not be mapped",
        ),
    ] {
        for is_prepared in [true, false] {
            let columns = json!([scalar("id", "VARCHAR"), column]);
            let error = schema(&columns, is_prepared).await.unwrap_err();
            assert_eq!(error.code(), Code::InvalidResponse);
            assert!(error.message().contains(why), "{is_prepared}: {error}");
        }
    }
}

/// `'UPDATE'` within a text is harmless: the reference's own test wants it refused (W-22).
#[tokio::test]
async fn queries_are_taken_and_other_statements_refused() {
    let world = World::start(|call| match call.operation.as_str() {
        "PrepareQuery" => {
            let columns = [scalar("x", "VARCHAR")];
            Reply::Json(
                json!({"QueryString": "", "Parameters": [], "Columns": columns}).to_string(),
            )
        }
        other => panic!("{other}"),
    })
    .await;
    let taken = [
        r#"SELECT * FROM "database"."table""#,
        r#"WITH temp AS (SELECT * FROM "database"."table") SELECT * FROM temp"#,
        r#"SELECT last_update, status FROM "database"."table""#,
        r#"SELECT CREATE_TIME_SERIES(time, value) AS time_series FROM "database"."table""#,
        r#"SELECT * FROM "database"."table" WHERE type = 'UPDATE'"#,
        r#"WITH temp AS (SELECT created_at, last_update, CREATE_TIME_SERIES(time, value) AS time_series
           FROM "database"."table" GROUP BY created_at, last_update)
           SELECT * FROM temp ORDER BY last_update DESC"#,
    ];
    for text in taken {
        world.passthrough_schema(text).await.unwrap();
    }
    let text = r#"INSERT INTO "database"."table" (col1, col2) VALUES ('val1', 'val2')"#;
    let error = world.passthrough_schema(text).await.unwrap_err();
    assert_eq!(error.code(), Code::OperationNotSupported);
    assert!(error.message().contains("begins with `INSERT`"), "{error}");
    let calls = world.timestream.calls();
    let asked: Vec<&str> = calls.iter().map(|call| call.sql()).collect();
    assert_eq!(asked, taken);
}
