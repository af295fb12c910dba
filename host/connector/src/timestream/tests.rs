//! Pages as the service sends them (timestream.md, section 1.5), and pages as it must not.

#![expect(clippy::unwrap_used, reason = "a test")]

mod differential;
mod generate;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Field, Float64Type, Int32Type, Int64Type, TimeUnit,
};
use arrow::util::display::array_value_to_string;

use super::{Decoder, Page, schema_of};
use crate::error::{Code, Result};

fn scalar(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn decode(fields: Vec<Field>, page: &str) -> Result<RecordBatch> {
    let mut page = Page::parse(page.to_owned().into())?;
    Decoder::new(schema_of(fields)).decode(&mut page)
}

/// A page of one row with columns given as `(name, type)` and data as JSON.
fn page(columns: &[(&str, &str)], rows: &str) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|(name, r#type)| format!(r#"{{"Name":"{name}","Type":{{"ScalarType":"{type}"}}}}"#))
        .collect();
    // Members may come in any order.
    format!(
        r#"{{"Rows":{rows},"QueryId":"Q","ColumnInfo":[{}]}}"#,
        columns.join(",")
    )
}

#[test]
fn scalars_of_every_type() {
    let columns = [
        ("v", "VARCHAR"),
        ("b", "BOOLEAN"),
        ("n", "BIGINT"),
        ("i", "INTEGER"),
        ("d", "DOUBLE"),
        ("t", "TIMESTAMP"),
        ("day", "DATE"),
        ("clock", "TIME"),
        ("iv", "INTERVAL_DAY_TO_SECOND"),
        ("u", "UNKNOWN"),
    ];
    let row = r#"[{"Data":[{"ScalarValue":"a\"\u00e9\ud83d\ude00"},{"ScalarValue":"true"},{"ScalarValue":"-9223372036854775808"},
        {"ScalarValue":"-1"},{"ScalarValue":"1.6554878837710001E9"},{"ScalarValue":"2020-08-08 01:00:00.123999999"},
        {"ScalarValue":"2020-08-08"},{"ScalarValue":"01:00:00.000000000"},{"ScalarValue":"1 21:00:00.000000000"},{"NullValue":true}]},
        {"Data":[{"NullValue":true},{"NullValue":true},{"NullValue":true},{"NullValue":true},{"NullValue":true},
        {"NullValue":true},{},{"ScalarValue":null,"NullValue":true},{"NullValue":true},{"NullValue":true}]}]"#;
    let fields = vec![
        scalar("v", DataType::Utf8),
        scalar("b", DataType::Boolean),
        scalar("n", DataType::Int64),
        scalar("i", DataType::Int32),
        scalar("d", DataType::Float64),
        scalar("t", DataType::Date64),
        scalar("day", DataType::Date32),
        scalar("clock", DataType::Utf8),
        scalar("iv", DataType::Utf8),
        scalar("u", DataType::Utf8),
    ];
    let batch = decode(fields, &page(&columns, row)).unwrap();
    assert_eq!(batch.num_rows(), 2);
    assert_eq!(
        batch.column(0).as_string::<i32>().value(0),
        "a\"\u{e9}\u{1F600}"
    );
    assert!(batch.column(1).as_boolean().value(0));
    assert_eq!(
        batch.column(2).as_primitive::<Int64Type>().value(0),
        i64::MIN
    );
    assert_eq!(batch.column(3).as_primitive::<Int32Type>().value(0), -1);
    assert_eq!(
        batch.column(4).as_primitive::<Float64Type>().value(0),
        1_655_487_883.771_000_1
    );
    // 2020-08-08T01:00:00Z is 1596848400 s; cut down to the millisecond.
    assert_eq!(
        batch.column(5).as_primitive::<Date64Type>().value(0),
        1_596_848_400_123
    );
    assert_eq!(
        batch.column(6).as_primitive::<Date32Type>().value(0),
        18_482
    );
    assert_eq!(
        batch.column(8).as_string::<i32>().value(0),
        "1 21:00:00.000000000"
    );
    assert!(batch.columns().iter().all(|column| column.is_null(1)));
}

#[test]
fn values_go_by_name_and_other_columns_are_passed_over() {
    let page = page(
        &[("x", "DOUBLE"), ("other", "VARCHAR"), ("y", "DOUBLE")],
        r#"[{"Data":[{"ScalarValue":"1.0"},{"ScalarValue":"z"},{"ScalarValue":"2.0"}]}]"#,
    );
    let batch = decode(
        vec![
            scalar("y", DataType::Float64),
            scalar("x", DataType::Float64),
        ],
        &page,
    )
    .unwrap();
    assert_eq!(batch.column(0).as_primitive::<Float64Type>().value(0), 2.0);
    assert_eq!(batch.column(1).as_primitive::<Float64Type>().value(0), 1.0);
    // count(*): rows without a field.
    assert_eq!(decode(vec![], &page).unwrap().num_rows(), 1);
}

#[test]
fn timestamps_with_any_fraction_and_before_1970() {
    let millis = |text: &str| {
        let page = page(
            &[("t", "TIMESTAMP")],
            &format!(r#"[{{"Data":[{{"ScalarValue":"{text}"}}]}}]"#),
        );
        decode(vec![scalar("t", DataType::Date64)], &page)
            .map(|batch| batch.column(0).as_primitive::<Date64Type>().value(0))
    };
    assert_eq!(millis("1970-01-01 00:00:01").unwrap(), 1000);
    assert_eq!(millis("1970-01-01T00:00:01.5").unwrap(), 1500);
    // Cut toward the past.
    assert_eq!(millis("1969-12-31 23:59:59.999999999").unwrap(), -1);
    assert_eq!(
        millis("1677-09-21 00:12:44.000000000").unwrap(),
        -9_223_372_036_000
    );
    assert_eq!(
        millis("2262-04-11 23:47:16.854775807").unwrap(),
        9_223_372_036_854
    );
    for wrong in [
        "2024-02-30 00:00:00.000000000",
        "2263-01-01 00:00:00",
        "yesterday",
        "",
        "2024-01-01",
    ] {
        let result = millis(wrong);
        if wrong == "2024-01-01" {
            assert_eq!(result.unwrap(), 1_704_067_200_000, "a day is its beginning");
        } else {
            let error = result.unwrap_err();
            assert!(error.message().contains("row 0, column `t`: a"), "{error}");
        }
    }
}

#[test]
fn a_zoned_timestamp_is_packed_and_a_bigint_has_its_nanoseconds() {
    let page = page(
        &[("t", "TIMESTAMP")],
        r#"[{"Data":[{"ScalarValue":"1970-01-01 00:00:00.010000001"}]}]"#,
    );
    let zoned = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let batch = decode(vec![scalar("t", zoned)], &page).unwrap();
    let packed = batch
        .column(0)
        .as_primitive::<arrow::datatypes::TimestampMillisecondType>()
        .value(0);
    assert_eq!(packed, 40_960);
    let batch = decode(vec![scalar("t", DataType::Int64)], &page).unwrap();
    assert_eq!(
        batch.column(0).as_primitive::<Int64Type>().value(0),
        10_000_001
    );
}

#[test]
fn nested_values() {
    let row = DataType::Struct(
        vec![
            scalar("a", DataType::Utf8),
            scalar("field_1", DataType::Float64),
        ]
        .into(),
    );
    let point = DataType::Struct(
        vec![
            scalar("time", DataType::Date64),
            scalar("measure_value", DataType::Int64),
        ]
        .into(),
    );
    let list = |element: DataType| DataType::List(Field::new("item", element, true).into());
    let page = r#"{"QueryId":"Q","ColumnInfo":[
        {"Name":"l","Type":{"ArrayColumnInfo":{"Type":{"ScalarType":"BIGINT"}}}},
        {"Name":"r","Type":{"RowColumnInfo":[{"Name":"a","Type":{"ScalarType":"VARCHAR"}},{"Type":{"ScalarType":"DOUBLE"}}]}},
        {"Name":"s","Type":{"TimeSeriesMeasureValueColumnInfo":{"Type":{"ScalarType":"BIGINT"}}}}],
        "Rows":[{"Data":[{"ArrayValue":[{"ScalarValue":"1"},{"NullValue":true}]},
                         {"RowValue":{"Data":[{"ScalarValue":"x"},{"ScalarValue":"0.5"}]}},
                         {"TimeSeriesValue":[{"Time":"1970-01-01 00:00:00.001000000","Value":{"ScalarValue":"7"}},
                                             {"Value":{"NullValue":true},"Time":"1970-01-01 00:00:00.002000000"}]}]},
                {"Data":[{"ArrayValue":[]},{"NullValue":true},{"NullValue":true}]}]}"#;
    let fields = vec![
        scalar("l", list(DataType::Int64)),
        scalar("r", row),
        scalar("s", list(point)),
    ];
    let batch = decode(fields, page).unwrap();
    let text =
        |column: usize, row: usize| array_value_to_string(batch.column(column), row).unwrap();
    assert_eq!(text(0, 0), "[1, ]");
    assert_eq!(text(0, 1), "[]");
    assert_eq!(text(1, 0), "{a: x, field_1: 0.5}");
    assert!(batch.column(1).is_null(1) && batch.column(2).is_null(1));
    assert_eq!(
        text(2, 0),
        "[{time: 1970-01-01T00:00:00.001, measure_value: 7}, {time: 1970-01-01T00:00:00.002, measure_value: }]"
    );
}

#[test]
fn a_page_without_rows_needs_no_columns() {
    for page in [
        r#"{"QueryId":"Q","Rows":[],"ColumnInfo":[],"NextToken":"t"}"#,
        r#"{"QueryId":"Q"}"#,
    ] {
        assert_eq!(
            decode(vec![scalar("x", DataType::Utf8)], page)
                .unwrap()
                .num_rows(),
            0
        );
    }
    let page = Page::parse(r#"{"QueryId":"Q","NextToken":"","Rows":[]}"#.into()).unwrap();
    assert_eq!(page.next_token, None);
}

#[test]
fn malformed_pages_say_what_and_where() {
    let one = |rows: &str| page(&[("x", "BIGINT")], rows);
    let check = |page: &str, expected: &str| {
        let error = decode(vec![scalar("x", DataType::Int64)], page).unwrap_err();
        assert_eq!(error.code(), Code::InvalidResponse);
        assert!(error.message().contains(expected), "{error}");
    };
    check("<html>", "not the JSON of a page");
    check(
        &one(r#"[{"Data":[{"ScalarValue":"1"}]},{"Data":[{"ScalarValue":"secret"}]}]"#),
        "page 1 of Timestream's answer: row 1, column `x`: a value is not an integer",
    );
    check(&one(r#"[{"Data":[]}]"#), "a row has 0 values for 1 columns");
    check(
        &one(r#"[{"Data":[{"ScalarValue":"1"},{"ScalarValue":"2"}]}]"#),
        "more than 1 values",
    );
    check(
        &one(r#"[{"Data":[{"ArrayValue":[]}]}]"#),
        "a list where none was announced",
    );
    check(
        &one(r#"[{"Data":[{"RowValue":{"Data":[]}}]}]"#),
        "a row where none was announced",
    );
    check(
        &one(r#"[{"Data":[{"ScalarValue":"1","ArrayValue":[]}]}]"#),
        "a list where none",
    );
    check(&one(r#"[{}]"#), "a row has no data");
    check(&one(r#"[7]"#), "expected a row");
    check(
        &one(r#"[{"Data":[{"ScalarValue":7}]}]"#),
        "expected a scalar's text",
    );
    check(
        &page(&[("y", "BIGINT")], r#"[{"Data":[{"ScalarValue":"1"}]}]"#),
        "no column `x`",
    );
    check(
        &page(
            &[("x", "BIGINT"), ("x", "BIGINT")],
            r#"[{"Data":[{"ScalarValue":"1"},{"ScalarValue":"1"}]}]"#,
        ),
        "two columns `x`",
    );
    check(
        &page(&[("x", "VARCHAR")], r#"[{"Data":[{"ScalarValue":"1"}]}]"#),
        "column `x` cannot be read as Int64",
    );
    check(
        r#"{"QueryId":"Q","Rows":[],"ColumnInfo":[{"Name":"x","Type":{}}]}"#,
        "column `x` has a type that could not be mapped",
    );
    check(
        r#"{"QueryId":"Q","Rows":[],"ColumnInfo":[{"Name":"x"}]}"#,
        "column `x` has no type information",
    );
}

/// The Java connector takes any text but "true" for false, and the last day of a month for those after it (W-16).
#[test]
fn what_is_not_a_boolean_date_or_timestamp_is_refused() {
    let refused = |kind: &str, data_type: &DataType, text: &str| {
        let page = page(
            &[("x", kind)],
            &format!(r#"[{{"Data":[{{"ScalarValue":"{text}"}}]}}]"#),
        );
        let error = decode(vec![scalar("x", data_type.clone())], &page).unwrap_err();
        error.message().to_owned()
    };
    for text in ["TRUE", "t", "1", "yes", ""] {
        let message = refused("BOOLEAN", &DataType::Boolean, text);
        assert!(message.contains("not a boolean"), "{text}: {message}");
    }
    for text in [
        "2023-02-29",
        "2024-02-31",
        "2024-13-01",
        "2024-01-01 10:00:00",
        "19723",
        "",
    ] {
        let message = refused("DATE", &DataType::Date32, text);
        assert!(message.contains("not a date"), "{text}: {message}");
    }
    for text in [
        "2024-02-30 00:00:00.000000000",
        "2024-01-01 00:00:00.000000000+02:00",
        "2024-01-01 00:00:00.000000000-02:00",
        "2024-01-01 00:00:00[Europe/Berlin]",
        "1704067200000",
    ] {
        let message = refused("TIMESTAMP", &DataType::Date64, text);
        assert!(message.contains("not a timestamp"), "{text}: {message}");
    }
}

#[test]
fn no_value_of_a_row_is_in_a_message() {
    let page = page(
        &[("x", "BIGINT")],
        r#"[{"Data":[{"ScalarValue":"hunter2"}]}]"#,
    );
    let error = decode(vec![scalar("x", DataType::Int64)], &page).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn columns_that_change_between_pages_are_refused() {
    let mut decoder = Decoder::new(schema_of([scalar("x", DataType::Int64)]));
    let mut first = Page::parse(page(&[("x", "BIGINT")], "[]").into()).unwrap();
    let mut second = Page::parse(page(&[("x", "INTEGER")], "[]").into()).unwrap();
    assert!(decoder.decode(&mut first).is_ok());
    assert!(
        decoder
            .decode(&mut second)
            .unwrap_err()
            .message()
            .contains("not those of the pages before")
    );
}
