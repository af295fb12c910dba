//! Values as text. What Java prints is from the documentation of `Double.toString` and from recorded answers.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{
    Date32Array, DurationNanosecondArray, Int32Array, Int64Builder, IntervalMonthDayNanoArray,
    IntervalYearMonthArray, ListBuilder, NullArray, StringViewArray, TimestampMillisecondArray,
    UInt64Array,
};
use arrow::datatypes::IntervalMonthDayNano;

use super::*;

fn texts(array: impl Array + 'static) -> Vec<String> {
    let array: ArrayRef = Arc::new(array);
    let cells = Cells::new(&array).unwrap();
    let text = |row| {
        let mut output = String::new();
        cells.write(row, &mut output).unwrap();
        let scalar = output
            .strip_prefix(r#"{"ScalarValue":""#)
            .and_then(|text| text.strip_suffix("\"}"));
        scalar.map_or_else(|| output.clone(), str::to_owned)
    };
    (0..array.len()).map(text).collect()
}

#[test]
fn doubles_are_printed_as_java_prints_them() {
    let cases = [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (13.5, "13.5"),
        (40.232656725296536, "40.232656725296536"),
        (0.001, "0.001"),
        (0.00099, "9.9E-4"),
        (9_999_999.0, "9999999.0"),
        (10_000_000.0, "1.0E7"),
        (-12_345_678.5, "-1.23456785E7"),
        (1_655_487_883.771_000_1, "1.6554878837710001E9"),
        (1e10, "1.0E10"),
        (f64::MAX, "1.7976931348623157E308"),
        (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ];
    for (value, expected) in cases {
        let mut output = String::new();
        write_double(value, &mut output).unwrap();
        assert_eq!(output, expected);
    }
}

#[test]
fn timestamps_have_nine_digits() {
    let instants =
        TimestampNanosecondArray::from(vec![0, 1_596_848_400_000_000_001, -1, i64::MAX, i64::MIN]);
    let expected = [
        "1970-01-01 00:00:00.000000000",
        "2020-08-08 01:00:00.000000001",
        "1969-12-31 23:59:59.999999999",
        "2262-04-11 23:47:16.854775807",
        "1677-09-21 00:12:43.145224192",
    ];
    assert_eq!(texts(instants), expected);
    assert_eq!(
        texts(TimestampMillisecondArray::from(vec![1])),
        ["1970-01-01 00:00:00.001000000"]
    );
}

#[test]
fn dates_and_times_of_day() {
    assert_eq!(
        texts(Date32Array::from(vec![0, 18_482, -1])),
        ["1970-01-01", "2020-08-08", "1969-12-31"]
    );
    let times = Time64NanosecondArray::from(vec![3_600_000_000_000, 86_399_999_999_999]);
    assert_eq!(texts(times), ["01:00:00.000000000", "23:59:59.999999999"]);
}

#[test]
fn intervals() {
    let intervals = IntervalMonthDayNanoArray::from(vec![
        IntervalMonthDayNano::new(0, 1, 21 * 3_600_000_000_000),
        IntervalMonthDayNano::new(0, 0, 45 * 3_600_000_000_000),
        IntervalMonthDayNano::new(0, -1, 0),
    ]);
    assert_eq!(
        texts(intervals),
        [
            "1 21:00:00.000000000",
            "1 21:00:00.000000000",
            "-1 00:00:00.000000000"
        ]
    );
    assert_eq!(
        texts(DurationNanosecondArray::from(vec![1])),
        ["0 00:00:00.000000001"]
    );
    assert_eq!(
        texts(IntervalYearMonthArray::from(vec![31, -1])),
        ["2-7", "-0-1"]
    );
}

#[test]
fn whole_numbers_and_booleans() {
    assert_eq!(texts(Int32Array::from(vec![223, -1])), ["223", "-1"]);
    assert_eq!(texts(UInt64Array::from(vec![7])), ["7"]);
    assert_eq!(
        texts(Int64Array::from(vec![i64::MIN, i64::MAX])),
        ["-9223372036854775808", "9223372036854775807"]
    );
    assert_eq!(
        texts(BooleanArray::from(vec![true, false])),
        ["true", "false"]
    );
}

#[test]
fn text_is_escaped_for_json_and_otherwise_raw() {
    assert_eq!(
        texts(StringArray::from(vec!["it's", "a\"b\\c\n", "ü€😀"])),
        ["it's", r#"a\"b\\c\n"#, "ü€😀"]
    );
    assert_eq!(
        texts(StringViewArray::from(vec![
            "a view of more than twelve bytes"
        ])),
        ["a view of more than twelve bytes"]
    );
}

#[test]
fn nulls_are_said_apart_at_every_level() {
    assert_eq!(texts(NullArray::new(1)), [r#"{"NullValue":true}"#]);
    assert_eq!(
        texts(Int64Array::from(vec![None])),
        [r#"{"NullValue":true}"#]
    );
    let mut lists = ListBuilder::new(Int64Builder::new());
    lists.append_value([Some(1), None]);
    lists.append_value([]);
    lists.append_null();
    let expected = [
        r#"{"ArrayValue":[{"ScalarValue":"1"},{"NullValue":true}]}"#,
        r#"{"ArrayValue":[]}"#,
        r#"{"NullValue":true}"#,
    ];
    assert_eq!(texts(lists.finish()), expected);
}

#[test]
fn rows_are_written_field_by_field() {
    let fields = vec![
        (
            Arc::new(Field::new("a", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("b", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef,
        ),
    ];
    let expected = [
        r#"{"RowValue":{"Data":[{"ScalarValue":"1"},{"ScalarValue":"x"}]}}"#,
        r#"{"RowValue":{"Data":[{"NullValue":true},{"ScalarValue":"y"}]}}"#,
    ];
    assert_eq!(texts(StructArray::from(fields)), expected);
}
