//! Statements and what they give. Expected values are from the developer guide and from arithmetic.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bounds;
mod doubles;

use futures::TryStreamExt;
use serde_json::json;

use super::*;
use crate::timestream::fixture::{empty, write_records};

/// 2024-02-29 12:34:56.789123456, which `now()` shows in milliseconds.
const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_709_210_096, 789_123_456);

/// `db.t` with two kinds of records: single measures and multi-measure ones.
fn engine() -> Engine {
    let store = empty();
    let common =
        json!({ "Dimensions": [{ "Name": "host", "Value": "a" }], "Time": "1704103200000" });
    let records = json!([
        { "MeasureName": "cpu", "MeasureValue": "0.5" },
        { "MeasureName": "count", "MeasureValue": "7", "MeasureValueType": "BIGINT",
          "Dimensions": [{ "Name": "Region", "Value": r"50%\_x" }] },
        { "MeasureName": "m", "MeasureValueType": "MULTI",
          "MeasureValues": [{ "Name": "Temp", "Value": "21.5", "Type": "DOUBLE" },
                            { "Name": "at", "Value": "1000", "Type": "TIMESTAMP" }] },
    ]);
    write_records(&store, &common, &records).unwrap();
    Engine::new(store)
}

/// Names of the columns and the rows, cells joined by blanks.
async fn rows(engine: &Engine, sql: &str) -> Result<(Vec<String>, Vec<String>), ApiError> {
    let answer = engine.run(sql, NOW).await?;
    let names = answer
        .columns
        .into_iter()
        .map(|column| column.name)
        .collect();
    let batches: Vec<RecordBatch> = answer
        .batches
        .try_collect()
        .await
        .map_err(|error| running(&error))?;
    let shown = arrow::util::pretty::pretty_format_batches(&batches)
        .unwrap()
        .to_string();
    let cells = |line: &str| {
        line.trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ")
    };
    Ok((
        names,
        shown
            .lines()
            .filter(|line| line.starts_with('|'))
            .skip(1)
            .map(cells)
            .collect(),
    ))
}

/// Checks the one cell that a statement gives.
pub(super) async fn gives(sql: &str, expected: &str) {
    let (_, rows) = rows(&engine(), sql)
        .await
        .unwrap_or_else(|error| unreachable!("{sql}: {error}"));
    assert_eq!(rows, [expected], "{sql}");
}

async fn names(sql: &str) -> Vec<String> {
    rows(&engine(), sql)
        .await
        .unwrap_or_else(|error| unreachable!("{sql}: {error}"))
        .0
}

/// Checks that a statement is refused as invalid, with this text.
async fn refused(sql: &str, expected: &str) {
    match rows(&engine(), sql).await {
        Err(ApiError::Validation(message)) => {
            assert!(message.contains(expected), "{sql}: {message}")
        }
        other => unreachable!("{sql}: {other:?}"),
    }
}

#[tokio::test]
async fn durations_are_numbers_with_a_unit_and_no_blank() {
    for (unit, nanoseconds) in [
        ("7ns", 7_i64),
        ("7nanosecond", 7),
        ("7us", 7_000),
        ("7microsecond", 7_000),
        ("7ms", 7_000_000),
        ("7millisecond", 7_000_000),
        ("7s", 7_000_000_000),
        ("7second", 7_000_000_000),
        ("7m", 420_000_000_000),
        ("7minute", 420_000_000_000),
        ("7h", 25_200_000_000_000),
        ("7hour", 25_200_000_000_000),
        ("7d", 604_800_000_000_000),
        ("7day", 604_800_000_000_000),
    ] {
        gives(
            &format!("SELECT to_nanoseconds({unit})"),
            &nanoseconds.to_string(),
        )
        .await;
    }
    gives(
        "SELECT TIMESTAMP '2024-01-31 00:00:00' + 1month",
        "2024-02-29T00:00:00",
    )
    .await;
    gives(
        "SELECT TIMESTAMP '2024-01-31 00:00:00' - 2y",
        "2022-01-31T00:00:00",
    )
    .await;
    assert_eq!(names("SELECT 1 h").await, ["h"]);
    gives("SELECT '1h' || ' 2m'", "1h 2m").await;
    gives(r#"SELECT "1h" FROM (SELECT 3 AS "1h")"#, "3").await;
    gives("SELECT to_milliseconds(/* 5w */ 1s -- 5w\n)", "1000").await;
    refused("SELECT 5w", "line 1:8: '5w' is no duration").await;
    refused("SELECT 1.5h", "line 1:8: '1.5h' is no duration").await;
}

#[tokio::test]
async fn now_is_the_same_all_over_a_statement_and_has_milliseconds() {
    gives("SELECT now()", "2024-02-29T12:34:56.789").await;
    gives("SELECT NOW()", "2024-02-29T12:34:56.789").await;
    gives("SELECT current_timestamp", "2024-02-29T12:34:56.789").await;
    gives("SELECT current_date", "2024-02-29").await;
    gives("SELECT ago(1h)", "2024-02-29T11:34:56.789").await;
    gives("SELECT ago(1d + 1h)", "2024-02-28T11:34:56.789").await;
    gives("SELECT now() - 5m", "2024-02-29T12:29:56.789").await;
    refused("SELECT ago()", "parameters for function ago").await;
}

#[tokio::test]
async fn bin_floors_to_multiples_from_the_epoch() {
    gives(
        "SELECT bin(TIMESTAMP '2024-01-01 10:14:59.999999999', 5m)",
        "2024-01-01T10:10:00",
    )
    .await;
    gives(
        "SELECT bin(TIMESTAMP '1969-12-31 23:59:59', 1h)",
        "1969-12-31T23:00:00",
    )
    .await;
    gives(
        "SELECT bin(time, 1d) FROM db.t LIMIT 1",
        "2024-01-01T00:00:00",
    )
    .await;
}

/// Presto's rules; Timestream's guide has timestamps and dates with intervals, and intervals with intervals.
#[tokio::test]
async fn timestamps_are_not_subtracted_and_dates_have_whole_days() {
    let time = "TIMESTAMP '2024-01-01 10:00:00'";
    for (sql, why) in [
        (
            format!("SELECT {time} - {time}"),
            "'-' cannot be applied to timestamp, timestamp",
        ),
        (
            "SELECT max(time) - min(time) FROM db.t".to_owned(),
            "cannot be applied",
        ),
        (
            format!("SELECT {time} - DATE '2024-01-01'"),
            "cannot be applied to timestamp, date",
        ),
        (
            "SELECT DATE '2024-01-02' - DATE '2024-01-01'".to_owned(),
            "cannot be applied to date, date",
        ),
        (format!("SELECT {time} + {time}"), "cannot be applied"),
        (
            "SELECT DATE '2024-01-01' + 1h".to_owned(),
            "Cannot add hour",
        ),
        (
            "SELECT DATE '2024-01-01' - INTERVAL '90' MINUTE".to_owned(),
            "Cannot add hour",
        ),
        (
            "SELECT 1h + DATE '2024-01-01'".to_owned(),
            "Cannot add hour",
        ),
    ] {
        let refused = rows(&engine(), &sql).await;
        assert!(
            matches!(&refused, Err(ApiError::Validation(message)) if message.contains(why)),
            "{sql}: {refused:?}"
        );
    }
    gives("SELECT DATE '2024-01-01' + 24h", "2024-01-02").await;
    gives("SELECT DATE '2024-01-31' + 1month", "2024-02-29").await;
    gives(&format!("SELECT {time} - 90m"), "2024-01-01T08:30:00").await;
}

#[tokio::test]
async fn numbers_become_timestamps_and_back() {
    gives(
        "SELECT from_milliseconds(1704103200001)",
        "2024-01-01T10:00:00.001",
    )
    .await;
    gives(
        "SELECT from_nanoseconds(1704103200000000001)",
        "2024-01-01T10:00:00.000000001",
    )
    .await;
    gives(
        "SELECT to_milliseconds(TIMESTAMP '2024-01-01 10:00:00.001999999')",
        "1704103200001",
    )
    .await;
    gives(
        "SELECT to_milliseconds(TIMESTAMP '1969-12-31 23:59:59.9999')",
        "-1",
    )
    .await;
    gives(
        "SELECT to_nanoseconds(TIMESTAMP '2024-01-01 10:00:00.000000001')",
        "1704103200000000001",
    )
    .await;
    gives("SELECT to_milliseconds(1h)", "3600000").await;
    gives(
        "SELECT count(*) FROM db.t WHERE to_milliseconds(time) = 1704103200000",
        "3",
    )
    .await;
    let overflow = rows(&engine(), "SELECT from_milliseconds(9223372036854775807)").await;
    assert!(
        matches!(overflow, Err(ApiError::QueryExecution(_))),
        "{overflow:?}"
    );
}

#[tokio::test]
async fn timestamp_literals_may_be_short() {
    gives("SELECT TIMESTAMP '2024-01-01 10:00'", "2024-01-01T10:00:00").await;
    gives("SELECT TIMESTAMP '2024-01-01'", "2024-01-01T00:00:00").await;
    gives(
        "SELECT timestamp '2024-01-01 10:00:00.5'",
        "2024-01-01T10:00:00.500",
    )
    .await;
    gives(
        "SELECT TIMESTAMP '2024-01-01 10:00:00.123456789'",
        "2024-01-01T10:00:00.123456789",
    )
    .await;
    for wrong in [
        "2024-01-01 10:00:00.",
        "2024-13-01",
        "2024-01-01 10:00:00+01:00",
        "2262-04-12",
        "x",
        "",
    ] {
        refused(
            &format!("SELECT TIMESTAMP '{wrong}'"),
            "is not a valid TIMESTAMP literal",
        )
        .await;
    }
    gives(
        "SELECT count(*) FROM db.t WHERE time >= '2024-01-01 10:00:00'",
        "3",
    )
    .await;
}

#[tokio::test]
async fn value_columns_need_no_quotes() {
    gives(
        "SELECT measure_value::double FROM db.t WHERE measure_name = 'cpu'",
        "0.5",
    )
    .await;
    gives(
        r#"SELECT t.measure_value::BIGINT FROM "db"."t" t WHERE measure_value::bigint > 1"#,
        "7",
    )
    .await;
    gives(
        r#"SELECT "measure_value::double" FROM db.t WHERE "measure_value::double" IS NOT NULL"#,
        "0.5",
    )
    .await;
    assert_eq!(
        names("SELECT measure_value::double FROM db.t").await,
        ["measure_value::double"]
    );
    refused("SELECT '1'::bigint", "mismatched input '::'").await;
}

#[tokio::test]
async fn backslash_in_like_is_an_ordinary_character() {
    // The stored text is 50%\_x.
    let count = async |condition: &str, expected: &str| {
        gives(
            &format!(r#"SELECT count(*) FROM db.t WHERE "Region" {condition}"#),
            expected,
        )
        .await;
    };
    count(r"LIKE '50%\_x'", "1").await;
    count(r"LIKE '50%\%'", "1").await;
    count(r"LIKE '50\%'", "0").await;
    count(r"LIKE '50\%\\\_x' ESCAPE '\'", "1").await;
    count(r"LIKE '50!%\!_x' ESCAPE '!'", "1").await;
    count(r"LIKE '50!%\__' ESCAPE '!'", "1").await;
    count(r"LIKE '50!!%' ESCAPE '!'", "0").await;
    count(r"NOT LIKE '50!%%' ESCAPE '!'", "0").await;
    count(r"LIKE '50%%\_x' ESCAPE '%'", "1").await;
    count(r"LIKE concat('50%', '\_x')", "1").await;
    refused(
        r"SELECT 'a' LIKE 'a!' ESCAPE '!'",
        "Escape character must be followed by",
    )
    .await;
    refused(
        r"SELECT 'a' LIKE 'a' ESCAPE 'xy'",
        "Escape string must be a single character",
    )
    .await;
    refused(r"SELECT 'a' ILIKE 'A'", "ILIKE").await;
}

#[tokio::test]
async fn names_are_case_sensitive() {
    gives(r#"SELECT Temp FROM db.t WHERE Temp > 1"#, "21.5").await;
    refused(
        "SELECT temp FROM db.t",
        "line 1:8: Column 'temp' does not exist",
    )
    .await;
    refused(
        "SELECT host\nFROM db.t WHERE\n hosT = 'a'",
        "line 3:2: Column 'hosT' does not exist",
    )
    .await;
    refused("SELECT x.host FROM db.t", "Column 'x.host' does not exist").await;
    refused(
        r#"SELECT 1 FROM "db"."T""#,
        "The table 'T' does not exist in database 'db' at line 1:20",
    )
    .await;
    let message = "Requested database 'DB' not found for identifier 'DB.t' at line 1:15";
    refused("SELECT 1 FROM DB.t", message).await;
    refused("SELECT 1 FROM t", "must be named with its database").await;
    gives("SELECT COUNT(*) FROM db.t", "3").await;
}

#[tokio::test]
async fn unnamed_columns_are_called_by_their_place() {
    assert_eq!(
        names("SELECT 1, 1, 'a' AS x, now()").await,
        ["_col0", "_col1", "x", "_col3"]
    );
    assert_eq!(
        names("SELECT host, host, count(*) FROM db.t GROUP BY host").await,
        ["host", "host", "_col2"]
    );
    assert_eq!(
        names("SELECT t.host, t.time FROM db.t AS t").await,
        ["host", "time"]
    );
    assert_eq!(names("SELECT 1 UNION ALL SELECT 2").await, ["_col0"]);
    assert_eq!(names("VALUES (1, 2)").await, ["_col0", "_col1"]);
    assert_eq!(names("(SELECT 1) ORDER BY 1").await, ["_col0"]);
    let all = [
        "host",
        "Region",
        "measure_name",
        "time",
        "measure_value::double",
        "measure_value::bigint",
        "Temp",
        "at",
    ];
    assert_eq!(names("SELECT * FROM db.t").await, all);
    assert_eq!(
        names("SELECT *, 1, host FROM db.t ORDER BY host").await[8..],
        ["_col8", "host"]
    );
}

#[tokio::test]
async fn aliases_do_not_disturb_the_rest_of_the_statement() {
    gives("SELECT count(*) FROM db.t ORDER BY count(*)", "3").await;
    gives("SELECT DISTINCT lower(host) FROM db.t ORDER BY 1", "a").await;
    gives(
        "SELECT bin(time, 1h) FROM db.t GROUP BY bin(time, 1h) ORDER BY bin(time, 1h)",
        "2024-01-01T10:00:00",
    )
    .await;
    gives(
        "SELECT max(measure_value::bigint) FROM db.t HAVING max(measure_value::bigint) > 1",
        "7",
    )
    .await;
}

#[tokio::test]
async fn nulls_come_last_in_both_directions() {
    let sql = |direction: &str| {
        format!(r#"SELECT "measure_value::bigint" FROM db.t ORDER BY 1 {direction}"#)
    };
    assert_eq!(rows(&engine(), &sql("ASC")).await.unwrap().1, ["7", "", ""]);
    assert_eq!(
        rows(&engine(), &sql("DESC")).await.unwrap().1,
        ["7", "", ""]
    );
}

#[tokio::test]
async fn common_queries_run() {
    gives(
        "WITH a AS (SELECT host FROM db.t), b AS (SELECT * FROM a) SELECT count(*) FROM b",
        "3",
    )
    .await;
    gives("SELECT count(*) FROM db.t a JOIN db.t b ON a.time = b.time AND a.measure_name = b.measure_name", "3").await;
    gives("SELECT count(*) FROM db.t WHERE measure_name IN (SELECT measure_name FROM db.t WHERE Temp > 1)", "1").await;
    gives("SELECT CASE WHEN true THEN 'a' END", "a").await;
    gives(
        "SELECT row_number() OVER (PARTITION BY host ORDER BY time) FROM db.t LIMIT 1",
        "1",
    )
    .await;
    gives("SELECT v FROM UNNEST(ARRAY[5]) AS u(v)", "5").await;
    gives("SELECT sqrt(-1)", "NaN").await;
    gives("SELECT sqrt(v) FROM (VALUES (2.25)) AS x(v)", "1.5").await;
    gives("SELECT count(*) FILTER (WHERE Temp > 1) FROM db.t", "1").await;
    // The forms that the connector's own statements use.
    gives("SELECT (-9223372036854775807 - 1)", "-9223372036854775808").await;
    gives(r#"SELECT count(*) FROM "db"."t" WHERE "time" >= TIMESTAMP '2024-01-01 10:00:00.000000000' AND "time" < TIMESTAMP '2024-01-01 10:00:00.000000001' AND "Temp" = 2.15E1"#, "1").await;
    gives(r#"SELECT count(*) FROM "db"."t" WHERE 1 = 0"#, "0").await;
}

#[tokio::test]
async fn what_is_no_query_is_refused() {
    refused("", "the query is empty").await;
    refused("  -- nothing", "the query is empty").await;
    for statement in [
        "INSERT INTO db.t VALUES (1)",
        "CREATE TABLE x (a int)",
        "DROP TABLE db.t",
        "EXPLAIN SELECT 1",
        "SET a = 1",
        "UPDATE db.t SET a = 1",
    ] {
        refused(statement, "line 1:1: mismatched input").await;
    }
    refused(
        "WITH x AS (SELECT 1) INSERT INTO db.t SELECT * FROM x",
        "only queries",
    )
    .await;
    refused("SELECT 1 INTO x", "SELECT INTO").await;
    refused("SELECT 1; SELECT 2", "line 1:9: mismatched input ';'").await;
    refused("SELECT 1 LIMIT 1 OFFSET 1", "OFFSET").await;
    refused("SELECT * FROM (SELECT 1 OFFSET 1)", "OFFSET").await;
    refused("SELECT 1 FETCH FIRST 1 ROW ONLY", "FETCH").await;
    refused("SELECT `host` FROM db.t", "line 1:8").await;
    refused("SELECT nonsense(1)", "nonsense").await;
    refused("SELECT 1 FROM", "line 1:").await;
    refused("SELECT 'open", "line 1:8").await;
}

#[tokio::test]
async fn length_is_counted_in_bytes() {
    let sql = |letters: usize| format!("SELECT '{}'", "ü".repeat(letters));
    assert_eq!(sql(131_067).len(), 262_143);
    assert!(rows(&engine(), &sql(131_067)).await.is_ok());
    refused(&sql(131_068), "262145 bytes").await;
}

#[tokio::test]
async fn what_is_wrong_with_values_is_no_validation_error() {
    for sql in [
        "SELECT 1 / 0",
        "SELECT CAST('x' AS bigint)",
        "SELECT CAST(host AS bigint) FROM db.t",
    ] {
        let answer = rows(&engine(), sql).await;
        assert!(
            matches!(answer, Err(ApiError::QueryExecution(_))),
            "{sql}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn describe_shows_dimensions_name_time_and_measures() {
    let (names, rows) = rows(&engine(), r#"DESCRIBE "db"."t""#).await.unwrap();
    assert_eq!(names, ["Column", "Type", "Timestream attribute type"]);
    let expected = [
        "host varchar DIMENSION",
        "Region varchar DIMENSION",
        "measure_name varchar MEASURE_NAME",
        "time timestamp TIMESTAMP",
        "measure_value::double double MEASURE_VALUE",
        "measure_value::bigint bigint MEASURE_VALUE",
        "Temp double MULTI",
        "at timestamp MULTI",
    ];
    assert_eq!(rows, expected);
    refused(
        r#"DESCRIBE "db"."none""#,
        "The table 'none' does not exist in database 'db' at line 1:15",
    )
    .await;
    let message = "Requested database 'none' not found for identifier 'none.t' at line 1:10";
    refused("describe none.t", message).await;
    refused("DESCRIBE t", "the statement ends where . is expected").await;
}

#[tokio::test]
async fn empty_table_has_two_columns() {
    let (_, shown) = rows(&Engine::new(empty()), "DESCRIBE db.t").await.unwrap();
    assert_eq!(
        shown,
        [
            "measure_name varchar MEASURE_NAME",
            "time timestamp TIMESTAMP"
        ]
    );
    assert_eq!(
        rows(&Engine::new(empty()), "SELECT * FROM db.t")
            .await
            .unwrap()
            .0,
        ["measure_name", "time"]
    );
}

#[tokio::test]
async fn show_lists_databases_and_tables() {
    let engine = engine();
    engine.store.create_database("d_b").unwrap();
    let shown = async |sql: &str| rows(&engine, sql).await.unwrap();
    assert_eq!(
        shown("SHOW DATABASES").await,
        (
            vec!["Database".to_owned()],
            vec!["d_b".to_owned(), "db".to_owned()]
        )
    );
    assert_eq!(shown("SHOW DATABASES LIKE 'd_'").await.1, ["db"]);
    assert_eq!(
        shown("SHOW DATABASES LIKE 'd!_b' ESCAPE '!'").await.1,
        ["d_b"]
    );
    assert_eq!(
        shown(r#"SHOW TABLES FROM "db""#).await,
        (vec!["Table".to_owned()], vec!["t".to_owned()])
    );
    assert_eq!(shown("SHOW TABLES FROM d_b").await.1, Vec::<String>::new());
    assert_eq!(shown("SHOW TABLES").await.1, ["t"]);
    assert_eq!(shown("show tables like 'x%'").await.1, Vec::<String>::new());
    refused(
        "SHOW TABLES FROM none",
        "Requested database 'none' not found",
    )
    .await;
    refused("SHOW MEASURES FROM db.t", "expecting DATABASES or TABLES").await;
}
