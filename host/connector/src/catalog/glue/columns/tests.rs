//! Glue's columns beside Timestream's: names, types, and what does not fit.

#![expect(clippy::unwrap_used, reason = "a test")]

use super::*;
use crate::catalog::glue::types::timestream_type;
use crate::query::ColumnKind;

fn actual(columns: &[(&str, TimestreamType)]) -> Vec<Column> {
    let column = |(name, r#type): &(&str, TimestreamType)| Column {
        name: (*name).to_owned(),
        r#type: r#type.clone(),
        kind: ColumnKind::Dimension,
        partition_key: true,
        as_double: false,
    };
    columns.iter().map(column).collect()
}

fn defined(columns: &[(&str, &str)]) -> Vec<DefinedColumn> {
    let column = |(name, text): &(&str, &str)| DefinedColumn {
        name: (*name).to_owned(),
        r#type: timestream_type(text).unwrap(),
        text: (*text).to_owned(),
        comment: None,
    };
    columns.iter().map(column).collect()
}

fn scalar(scalar: Scalar) -> TimestreamType {
    TimestreamType::Scalar(scalar)
}

#[test]
fn names_and_kinds_are_timestreams_and_the_order_is_glues() {
    let actual = actual(&[
        ("deviceId", scalar(Scalar::Varchar)),
        ("time", scalar(Scalar::Timestamp)),
        ("Twin", scalar(Scalar::Varchar)),
        ("twin", scalar(Scalar::Varchar)),
        ("not in glue", scalar(Scalar::Double)),
    ]);
    let names = |columns: Vec<Column>| {
        columns
            .into_iter()
            .map(|column| column.name)
            .collect::<Vec<_>>()
    };
    let glue = defined(&[
        ("time", "timestamp"),
        ("deviceid", "string"),
        ("twin", "string"),
    ]);
    let fitted = fit(&glue, actual.clone()).unwrap();
    assert!(fitted.iter().all(|column| column.partition_key));
    assert_eq!(names(fitted), ["time", "deviceId", "twin"]);
    // A Glue table without columns says nothing of them.
    assert_eq!(names(fit(&[], actual).unwrap()).len(), 5);
}

#[test]
fn a_name_that_means_no_column_or_several_is_told() {
    let columns = ["Temperature", "Twin", "twIn", "one", "one"];
    let columns = columns.map(|name| (name, scalar(Scalar::Double)));
    for (name, why) in [
        ("temp", "no column `temp`"),
        ("twin", "may be `Twin` or `twIn`"),
        ("one", "two columns `one`"),
    ] {
        let error = fit(&defined(&[(name, "double")]), actual(&columns)).unwrap_err();
        assert!(error.message().contains(why), "{error}");
    }
}

#[test]
fn values_are_shown_as_glue_says_or_refused() {
    use Scalar::*;
    let list = |element| TimestreamType::List(Box::new(element));
    let series = |value| TimestreamType::Series(Box::new(scalar(value)));
    let point = "array<struct<time:timestamp,measure_value::double:double>>";
    for (timestream, glue, expected) in [
        (scalar(Bigint), "bigint", Ok("bigint")),
        (scalar(Integer), "bigint", Ok("bigint")),
        (scalar(Integer), "smallint", Ok("integer")),
        (scalar(Double), "float", Ok("double")),
        (scalar(Bigint), "double", Ok("double")),
        (scalar(Integer), "double", Ok("double")),
        // Shown as text, and compared with nothing in Timestream.
        (scalar(Bigint), "string", Ok("other")),
        (scalar(Timestamp), "string", Ok("other")),
        (scalar(Time), "string", Ok("time")),
        (scalar(Unknown), "double", Ok("double")),
        (
            series(Double),
            point,
            Ok("array(row(time timestamp, measure_value::double double))"),
        ),
        (
            series(Boolean),
            "array<struct<at:timestamp,is_on:boolean>>",
            Ok("array(row(at timestamp, is_on boolean))"),
        ),
        // The instants of a series as text keep their nanoseconds.
        (
            series(Varchar),
            "array<struct<time:string,v:string>>",
            Ok("array(row(time other, v varchar))"),
        ),
        (list(scalar(Double)), "array<double>", Ok("array(double)")),
        (
            TimestreamType::Row(vec![
                ("x".into(), scalar(Double)),
                (String::new(), scalar(Date)),
            ]),
            "struct<a:double,b:date>",
            Ok("row(a double, b date)"),
        ),
        (scalar(Bigint), "int", Err("bigint")),
        (scalar(Bigint), "timestamp", Err("bigint")),
        (scalar(Timestamp), "bigint", Err("timestamp")),
        (scalar(Varchar), "double", Err("varchar")),
        (scalar(Varchar), point, Err("varchar")),
        (series(Varchar), point, Err("timeseries(varchar)")),
        (series(Double), "array<double>", Err("timeseries(double)")),
        (list(scalar(Double)), "double", Err("array(double)")),
        (
            TimestreamType::Row(vec![("x".into(), scalar(Double))]),
            "struct<a:double,b:date>",
            Err("row(x double)"),
        ),
    ] {
        let fitted = fit(&defined(&[("c", glue)]), actual(&[("c", timestream)]));
        let shown = fitted.map(|columns| match columns[0].as_double {
            true => "double".to_owned(),
            false => name_of(&columns[0].r#type),
        });
        match (shown, expected) {
            (Ok(shown), Ok(expected)) => assert_eq!(shown, expected, "{glue}"),
            (Err(error), Err(actual)) => {
                let both =
                    format!("column `c` has type `{glue}` in Glue and `{actual}` in Timestream");
                assert!(error.message().contains(&both), "{error}");
            }
            (shown, expected) => panic!("{glue}: {shown:?}, not {expected:?}"),
        }
    }
}
