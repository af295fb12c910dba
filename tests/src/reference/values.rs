//! The reference's record handler: what each value of a page becomes, scalar, nested and missing.

use connector::wire::Constraints;
use serde_json::{Value, json};
use tests::athena::{rows, table_name};
use tests::scripted::Reply;

use super::{USUAL, World, arguments};

/// A column, and the datum of the only row.
type Cell = (&'static str, Value, Value);

/// The only row of these columns.
async fn read(cells: &[Cell]) -> Vec<String> {
    let columns = cells.iter();
    let columns: Vec<Value> = columns
        .map(|(name, r#type, _)| json!({"Name": name, "Type": r#type}))
        .collect();
    let data: Vec<Value> = cells.iter().map(|(_, _, datum)| datum.clone()).collect();
    let world = World::start(move |call| match call.operation.as_str() {
        "PrepareQuery" => Reply::Json(
            json!({"QueryString": "", "Parameters": [], "Columns": columns}).to_string(),
        ),
        _ => Reply::Json(
            json!({"QueryId": "Q", "ColumnInfo": columns, "Rows": [{"Data": data}]}).to_string(),
        ),
    })
    .await;
    let constraints = Constraints {
        query_passthrough_arguments: arguments("SELECT * FROM my_schema.my_table"),
        ..Constraints::default()
    };
    let names: Vec<&str> = cells.iter().map(|(name, ..)| *name).collect();
    let name = table_name("system", "query");
    let (batches, ..) = world.read(&name, &names, &constraints, USUAL).await;
    let mut rows = rows(&batches).unwrap();
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

fn scalar(r#type: &str) -> Value {
    json!({"ScalarType": r#type})
}

fn array(element: Value) -> Value {
    json!({"ArrayColumnInfo": {"Type": element}})
}

fn series(value: &str) -> Value {
    json!({"TimeSeriesMeasureValueColumnInfo": {"Type": scalar(value)}})
}

fn row(members: &[(&str, &str)]) -> Value {
    let members: Vec<Value> = members
        .iter()
        .map(|(name, r#type)| json!({"Name": name, "Type": scalar(r#type)}))
        .collect();
    json!({"RowColumnInfo": members})
}

fn text(value: &str) -> Value {
    json!({"ScalarValue": value})
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|value| text(value)).collect()
}

fn of_row(values: &[&str]) -> Value {
    json!({"RowValue": {"Data": texts(values)}})
}

fn point(value: &str) -> Value {
    json!({"TimeSeriesValue": [{"Time": "2024-06-15 10:11:12.123456789", "Value": text(value)}]})
}

/// The reference wants most of the nested ones to be anything but NULL.
#[tokio::test]
async fn a_row_has_the_values_of_its_data() {
    let null = || json!({"NullValue": true});
    let cases: Vec<(&str, Vec<Cell>, Vec<&str>)> = vec![
        (
            "withIntAndDateDayScalars",
            vec![
                ("n", scalar("INTEGER"), text("42")),
                ("day", scalar("DATE"), text("2024-06-15")),
            ],
            vec!["42", "2024-06-15"],
        ),
        (
            "withBitTrueFalseAndBigIntScalars",
            vec![
                ("yes", scalar("BOOLEAN"), text("true")),
                ("no", scalar("BOOLEAN"), text("false")),
                ("n", scalar("BIGINT"), text("1000")),
            ],
            vec!["true", "false", "1000"],
        ),
        (
            "withListStructWrongTimeFieldName",
            vec![(
                "points",
                array(row(&[("timestamp", "VARCHAR"), ("value", "DOUBLE")])),
                json!({"ArrayValue": [of_row(&["2024-06-15", "1.5"])]}),
            )],
            vec!["[{timestamp: 2024-06-15, value: 1.5}]"],
        ),
        (
            "withNullScalars",
            vec![
                ("v", scalar("VARCHAR"), json!({})),
                ("x", scalar("DOUBLE"), json!({})),
                ("b", scalar("BOOLEAN"), json!({})),
                ("n", scalar("BIGINT"), json!({})),
                ("i", scalar("INTEGER"), json!({})),
                ("t", scalar("TIMESTAMP"), json!({})),
                ("d", scalar("DATE"), json!({})),
            ],
            vec!["NULL"; 7],
        ),
        (
            "withArrayColumn",
            vec![(
                "numbers",
                array(scalar("INTEGER")),
                json!({"ArrayValue": texts(&["100", "200"])}),
            )],
            vec!["[100, 200]"],
        ),
        (
            "withStructColumn",
            vec![(
                "reading",
                row(&[("temp", "DOUBLE"), ("flag", "BOOLEAN")]),
                of_row(&["21.5", "true"]),
            )],
            vec!["{temp: 21.5, flag: true}"],
        ),
        (
            "withNestedDateFields",
            vec![(
                "event",
                row(&[("event_time", "TIMESTAMP"), ("event_date", "DATE")]),
                of_row(&["2024-06-15 10:11:12.123", "2024-06-15"]),
            )],
            vec!["{event_time: 2024-06-15T10:11:12.123, event_date: 2024-06-15}"],
        ),
        (
            "withTimeSeriesVarcharMeasure",
            vec![("states", series("VARCHAR"), point("up"))],
            vec!["[{time: 2024-06-15T10:11:12.123, measure_value: up}]"],
        ),
        (
            "withNullComplexDatums",
            vec![
                ("numbers", array(scalar("INTEGER")), null()),
                ("reading", row(&[("value", "DOUBLE")]), null()),
                ("states", series("DOUBLE"), null()),
            ],
            vec!["NULL"; 3],
        ),
        (
            "withTimeSeriesIntBigintBitMeasures",
            vec![
                ("i", series("INTEGER"), point("-42")),
                ("n", series("BIGINT"), point("9876543210")),
                ("b", series("BOOLEAN"), point("true")),
            ],
            vec![
                "[{time: 2024-06-15T10:11:12.123, measure_value: -42}]",
                "[{time: 2024-06-15T10:11:12.123, measure_value: 9876543210}]",
                "[{time: 2024-06-15T10:11:12.123, measure_value: true}]",
            ],
        ),
        (
            "withStructContainingVarcharBigintInt",
            vec![(
                "info",
                row(&[("name", "VARCHAR"), ("id", "BIGINT"), ("age", "INTEGER")]),
                of_row(&["alice", "9876543210", "42"]),
            )],
            vec!["{name: alice, id: 9876543210, age: 42}"],
        ),
    ];
    for (id, cells, expected) in cases {
        assert_eq!(read(&cells).await, expected, "{id}");
    }
}
