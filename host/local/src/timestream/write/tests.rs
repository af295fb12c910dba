//! Writing: lists, definitions, records and what becomes of bad ones.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::timestream::fixture::{empty, write_records};
use crate::timestream::store::{Rows, ValueType};

fn bytes(value: Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Asks page after page; gives the sizes of the pages and all names.
fn list(
    ask: impl Fn(&[u8]) -> Result<Value, ApiError>,
    mut request: Value,
    name: &str,
) -> (Vec<usize>, Vec<String>) {
    let (mut sizes, mut names) = (Vec::new(), Vec::new());
    loop {
        let answer = ask(&bytes(request.clone())).unwrap();
        let listed = answer
            .get("Databases")
            .or(answer.get("Tables"))
            .unwrap()
            .as_array()
            .unwrap()
            .clone();
        sizes.push(listed.len());
        names.extend(
            listed
                .iter()
                .map(|entry| entry[name].as_str().unwrap().to_owned()),
        );
        match answer.get("NextToken") {
            Some(token) => request["NextToken"] = token.clone(),
            None => return (sizes, names),
        }
    }
}

#[test]
fn lists_come_in_pages_of_twenty_at_most() {
    let store = Store::default();
    let databases: Vec<String> = (0..41).map(|n| format!("d{n:02}")).collect();
    for name in &databases {
        create_database(&store, &bytes(json!({ "DatabaseName": name }))).unwrap();
    }
    let (sizes, names) = list(
        |body| list_databases(&store, body),
        json!({}),
        "DatabaseName",
    );
    assert_eq!((sizes, names), (vec![20, 20, 1], databases));
    let (sizes, _) = list(
        |body| list_databases(&store, body),
        json!({ "MaxResults": 7 }),
        "DatabaseName",
    );
    assert_eq!(sizes, [7, 7, 7, 7, 7, 6]);
    for wrong in [
        json!({ "MaxResults": 0 }),
        json!({ "MaxResults": 21 }),
        json!({ "NextToken": "?" }),
    ] {
        assert!(matches!(
            list_databases(&store, &bytes(wrong)),
            Err(ApiError::Validation(_))
        ));
    }
}

#[test]
fn exact_last_page_has_no_token() {
    let store = Store::default();
    for n in 0..20 {
        create_database(
            &store,
            &bytes(json!({ "DatabaseName": format!("d{n:02}") })),
        )
        .unwrap();
    }
    assert_eq!(
        list_databases(&store, b"{}").unwrap().get("NextToken"),
        None
    );
}

#[test]
fn tables_are_listed_of_one_database_or_of_all() {
    let store = Store::default();
    for database in ["a", "b"] {
        create_database(&store, &bytes(json!({ "DatabaseName": database }))).unwrap();
        for n in 0..15 {
            let body =
                json!({ "DatabaseName": database, "TableName": format!("{database}{n:02}") });
            create_table(&store, &bytes(body)).unwrap();
        }
    }
    let (sizes, names) = list(|body| list_tables(&store, body), json!({}), "TableName");
    assert_eq!(
        (sizes, names[0].as_str(), names[29].as_str()),
        (vec![20, 10], "a00", "b14")
    );
    let only = json!({ "DatabaseName": "b", "MaxResults": 10 });
    let (sizes, names) = list(|body| list_tables(&store, body), only, "TableName");
    assert_eq!((sizes, names[0].as_str()), (vec![10, 5], "b00"));
    let missing = list_tables(&store, br#"{"DatabaseName":"none"}"#);
    assert!(matches!(missing, Err(ApiError::ResourceNotFound(_))));
}

#[test]
fn table_tells_its_key_and_retention() {
    let store = Store::default();
    create_database(&store, br#"{"DatabaseName":"db"}"#).unwrap();
    create_table(&store, br#"{"DatabaseName":"db","TableName":"plain"}"#).unwrap();
    let shown = describe_table(&store, br#"{"DatabaseName":"db","TableName":"plain"}"#).unwrap();
    assert_eq!(
        shown["Table"]["Schema"],
        json!({ "CompositePartitionKey": [{ "Type": "MEASURE" }] })
    );
    assert_eq!(
        shown["Table"]["RetentionProperties"]["MemoryStoreRetentionPeriodInHours"],
        6
    );

    let key = json!([{ "Type": "DIMENSION", "Name": "host", "EnforcementInRecord": "REQUIRED" }]);
    let retention =
        json!({ "MemoryStoreRetentionPeriodInHours": 1, "MagneticStoreRetentionPeriodInDays": 2 });
    let definition = json!({
        "DatabaseName": "db", "TableName": "keyed",
        "Schema": { "CompositePartitionKey": key }, "RetentionProperties": retention,
    });
    create_table(&store, &bytes(definition)).unwrap();
    let shown = describe_table(&store, br#"{"DatabaseName":"db","TableName":"keyed"}"#).unwrap();
    assert_eq!(shown["Table"]["Schema"]["CompositePartitionKey"], key);
    assert_eq!(shown["Table"]["RetentionProperties"], retention);
}

#[test]
fn names_are_case_sensitive_and_unique() {
    let store = empty();
    create_database(&store, br#"{"DatabaseName":"DB"}"#).unwrap();
    assert!(matches!(
        create_database(&store, br#"{"DatabaseName":"db"}"#),
        Err(ApiError::Conflict(_))
    ));
    let again = create_table(&store, br#"{"DatabaseName":"db","TableName":"t"}"#);
    assert!(matches!(again, Err(ApiError::Conflict(_))));
    let other = describe_table(&store, br#"{"DatabaseName":"db","TableName":"T"}"#);
    assert!(matches!(other, Err(ApiError::ResourceNotFound(_))));
    let bad = create_database(&store, br#"{"DatabaseName":"a b"}"#);
    assert!(matches!(bad, Err(ApiError::Validation(_))));
}

#[test]
fn database_with_tables_cannot_be_deleted() {
    let store = empty();
    assert!(matches!(
        delete_database(&store, br#"{"DatabaseName":"db"}"#),
        Err(ApiError::Validation(_))
    ));
    delete_table(&store, br#"{"DatabaseName":"db","TableName":"t"}"#).unwrap();
    delete_database(&store, br#"{"DatabaseName":"db"}"#).unwrap();
    let gone = describe_database(&store, br#"{"DatabaseName":"db"}"#);
    assert!(matches!(gone, Err(ApiError::ResourceNotFound(_))));
}

/// The rows of `db.t` as text, one line a row.
fn rows(store: &Store) -> Vec<String> {
    let table = store.table("db", "t").unwrap();
    let (_, batches) = table.rows().batches().unwrap();
    let shown = arrow::util::pretty::pretty_format_batches(&batches)
        .unwrap()
        .to_string();
    let line = |line: &str| {
        line.trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ")
    };
    shown
        .lines()
        .filter(|text| text.starts_with('|'))
        .skip(1)
        .map(line)
        .collect()
}

fn columns(store: &Store) -> Vec<(String, ValueType, &'static str)> {
    let table = store.table("db", "t").unwrap();
    let columns = Rows::columns(&table.rows());
    columns
        .into_iter()
        .map(|column| (column.name, column.value_type, column.kind))
        .collect()
}

#[test]
fn single_measures_have_a_column_for_each_type() {
    let store = empty();
    let record = |name: &str, value: &str, value_type: Option<&str>| {
        let mut record = json!({ "MeasureName": name, "MeasureValue": value, "Time": "5" });
        if let Some(value_type) = value_type {
            record["MeasureValueType"] = value_type.into();
        }
        record
    };
    let records = json!([
        record("cpu", "0.5", None),
        record("count", "-7", Some("BIGINT")),
        record("up", "true", Some("BOOLEAN")),
        record("state", "it's", Some("VARCHAR")),
    ]);
    let answer = write_records(
        &store,
        &json!({ "Dimensions": [{ "Name": "host", "Value": "a" }] }),
        &records,
    );
    assert_eq!(answer.unwrap()["RecordsIngested"]["Total"], 4);
    let expected = [
        ("host", ValueType::Varchar, "DIMENSION"),
        ("measure_name", ValueType::Varchar, "MEASURE_NAME"),
        ("time", ValueType::Timestamp, "TIMESTAMP"),
        ("measure_value::double", ValueType::Double, "MEASURE_VALUE"),
        ("measure_value::bigint", ValueType::Bigint, "MEASURE_VALUE"),
        (
            "measure_value::boolean",
            ValueType::Boolean,
            "MEASURE_VALUE",
        ),
        (
            "measure_value::varchar",
            ValueType::Varchar,
            "MEASURE_VALUE",
        ),
    ];
    assert_eq!(
        columns(&store),
        expected.map(|(name, kind, role)| (name.to_owned(), kind, role))
    );
    // Empty cells are NULL; the time unit is milliseconds unless it is given.
    let expected = [
        "a cpu 1970-01-01T00:00:00.005 0.5   ",
        "a count 1970-01-01T00:00:00.005  -7  ",
        "a up 1970-01-01T00:00:00.005   true ",
        "a state 1970-01-01T00:00:00.005    it's",
    ];
    assert_eq!(rows(&store), expected);
}

#[test]
fn own_attributes_win_over_common_ones_and_missing_dimensions_are_null() {
    let store = empty();
    let value = json!([
        { "Name": "v", "Value": "1", "Type": "BIGINT" },
        { "Name": "at", "Value": "1500", "Type": "TIMESTAMP" },
    ]);
    let common = json!({
        "MeasureName": "m", "MeasureValueType": "MULTI", "MeasureValues": value,
        "Time": "9", "TimeUnit": "SECONDS", "Dimensions": [{ "Name": "region", "Value": "eu" }],
    });
    let records = json!([
        {},
        { "Time": "2000", "TimeUnit": "MICROSECONDS", "Dimensions": [{ "Name": "host", "Value": "a" }] },
    ]);
    write_records(&store, &common, &records).unwrap();
    let expected = [
        "eu  m 1970-01-01T00:00:09 1 1970-01-01T00:25:00",
        "eu a m 1970-01-01T00:00:00.002 1 1970-01-01T00:00:00.001500",
    ];
    assert_eq!(rows(&store), expected);
    assert!(columns(&store).contains(&("at".to_owned(), ValueType::Timestamp, "MULTI")));
}

#[test]
fn nanoseconds_are_kept() {
    let store = empty();
    let record = json!([{ "MeasureName": "m", "MeasureValue": "1", "Time": "1700000000123456789", "TimeUnit": "NANOSECONDS" }]);
    write_records(&store, &json!({}), &record).unwrap();
    assert_eq!(rows(&store), ["m 2023-11-14T22:13:20.123456789 1.0"]);
}

/// The four rules of the developer guide's "Writing data and updating records", one after the other.
#[test]
fn versions_decide_between_records_of_one_identity() {
    let store = empty();
    let write = |value: &str, version: Option<i64>| {
        let mut record = json!({ "MeasureName": "m", "MeasureValue": value, "Time": "1" });
        if let Some(version) = version {
            record["Version"] = version.into();
        }
        write_records(&store, &json!({}), &json!([record]))
    };
    let existing = |answer: Result<Value, ApiError>| match answer.unwrap_err() {
        ApiError::RejectedRecords(records) => records[0].existing_version,
        other => unreachable!("{other}"),
    };
    write("1", None).unwrap();
    write("1", None).unwrap();
    assert_eq!(existing(write("2", None)), Some(1));
    assert_eq!(rows(&store), ["m 1970-01-01T00:00:00.001 1.0"]);
    write("2", Some(5)).unwrap();
    assert_eq!(rows(&store), ["m 1970-01-01T00:00:00.001 2.0"]);
    write("2", Some(9)).unwrap();
    assert_eq!(existing(write("3", Some(9))), Some(9));
    assert_eq!(rows(&store), ["m 1970-01-01T00:00:00.001 2.0"]);
}

#[test]
fn a_higher_version_replaces_all_measures() {
    let store = empty();
    let write = |name: &str, version: i64| {
        let values = json!([{ "Name": name, "Value": "1", "Type": "BIGINT" }]);
        let record = json!({ "MeasureName": "m", "MeasureValueType": "MULTI", "MeasureValues": values, "Time": "1" });
        write_records(&store, &json!({ "Version": version }), &json!([record]))
    };
    write("a", 1).unwrap();
    write("b", 2).unwrap();
    assert_eq!(rows(&store), ["m 1970-01-01T00:00:00.001  1"]);
    assert!(write("c", 1).is_err());
    assert_eq!(
        columns(&store).len(),
        4,
        "a rejected record leaves no column"
    );
}

#[test]
fn records_that_are_not_rejected_are_written() {
    let store = empty();
    let record = |time: &str, value: &str| json!({ "MeasureName": "m", "MeasureValue": value, "Time": time });
    let records = json!([
        record("1", "1"),
        record("-1", "1"),
        record("2", "NaN"),
        record("3", "3")
    ]);
    let Err(ApiError::RejectedRecords(rejected)) = write_records(&store, &json!({}), &records)
    else {
        unreachable!("two records are wrong");
    };
    let shown: Vec<(usize, &str)> = rejected
        .iter()
        .map(|record| (record.record_index, record.reason.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (1, "Time is before 1970-01-01"),
            (2, "MeasureValue is not a finite number")
        ]
    );
    assert_eq!(rows(&store).len(), 2);
}

#[test]
fn wrong_records_are_rejected_with_the_reason() {
    let store = empty();
    let known = json!([
        { "MeasureName": "known", "MeasureValue": "1", "Time": "1", "Dimensions": [{ "Name": "host", "Value": "a" }] },
        { "MeasureName": "multi", "MeasureValueType": "MULTI", "Time": "1",
          "MeasureValues": [{ "Name": "v", "Value": "1", "Type": "BIGINT" }] },
    ]);
    write_records(&store, &json!({}), &known).unwrap();
    let valid = json!({ "MeasureName": "m", "MeasureValue": "1", "Time": "1" });
    let dimensions = |name: &str| json!([{ "Name": name, "Value": "x" }]);
    let multi = |values: Value| json!({ "MeasureValue": null, "MeasureValueType": "MULTI", "MeasureValues": values });
    let long = "x".repeat(2_049);
    let cases = [
        (json!({ "Time": null }), "no Time"),
        (json!({ "Time": "soon" }), "whole number"),
        (json!({ "Time": "9223372036854775807" }), "after 2262-04-11"),
        (json!({ "Version": 0 }), "Version"),
        (json!({ "MeasureName": null }), "no MeasureName"),
        (json!({ "MeasureName": "" }), "1 to 256 bytes"),
        (json!({ "MeasureName": "a:b" }), "colon"),
        (json!({ "MeasureName": "x".repeat(257) }), "1 to 256 bytes"),
        (json!({ "MeasureValue": "" }), "1 to 2048 bytes"),
        (
            json!({ "MeasureValue": long, "MeasureValueType": "VARCHAR" }),
            "1 to 2048 bytes",
        ),
        (json!({ "MeasureValue": "Infinity" }), "finite"),
        (json!({ "MeasureValue": "1e999" }), "finite"),
        (json!({ "MeasureValue": "one" }), "no double"),
        (
            json!({ "MeasureValue": "1.5", "MeasureValueType": "BIGINT" }),
            "no bigint",
        ),
        (
            json!({ "MeasureValue": "yes", "MeasureValueType": "BOOLEAN" }),
            "no boolean",
        ),
        (
            json!({ "MeasureValueType": "TIMESTAMP" }),
            "part of a MULTI record",
        ),
        (
            json!({ "MeasureValueType": "MULTI" }),
            "needs MeasureValues",
        ),
        (json!({ "MeasureValue": null }), "needs MeasureValue"),
        (
            json!({ "MeasureName": "known", "MeasureValueType": "BIGINT" }),
            "another type",
        ),
        (json!({ "Dimensions": dimensions("") }), "1 to 60 bytes"),
        (
            json!({ "Dimensions": dimensions(&"x".repeat(61)) }),
            "1 to 60 bytes",
        ),
        (json!({ "Dimensions": dimensions("a:b") }), "colon"),
        (json!({ "Dimensions": dimensions("a\"b") }), "quote"),
        (
            json!({ "Dimensions": dimensions("a\nb") }),
            "control character",
        ),
        (json!({ "Dimensions": dimensions("ts_x") }), "reserved"),
        (
            json!({ "Dimensions": dimensions("measure_value::x") }),
            "colon",
        ),
        (json!({ "Dimensions": dimensions("time") }), "reserved"),
        (
            json!({ "Dimensions": dimensions("v") }),
            "also the name of a measure",
        ),
        (
            json!({ "Dimensions": [{ "Name": "d", "Value": long }] }),
            "more than 2048 bytes",
        ),
        (
            json!({ "Dimensions": [{ "Name": "d", "Value": "1" }, { "Name": "d", "Value": "2" }] }),
            "given twice",
        ),
        (multi(json!([])), "1 to 256 entries"),
        (
            multi(json!([{ "Name": "time", "Value": "1", "Type": "BIGINT" }])),
            "reserved",
        ),
        (
            multi(json!([{ "Name": "v", "Value": "1", "Type": "DOUBLE" }])),
            "another type",
        ),
        (
            multi(json!([{ "Name": "host", "Value": "1", "Type": "DOUBLE" }])),
            "also the name of a dimension",
        ),
        (
            multi(json!([{ "Name": "w", "Value": "1", "Type": "MULTI" }])),
            "cannot have type MULTI",
        ),
        (
            multi(json!([{ "Name": "w", "Value": "-1", "Type": "TIMESTAMP" }])),
            "before 1970",
        ),
    ];
    for (change, reason) in cases {
        let mut record = valid.clone();
        for (member, value) in change.as_object().unwrap() {
            record[member] = value.clone();
        }
        match write_records(&store, &json!({}), &json!([record])) {
            Err(ApiError::RejectedRecords(rejected)) => {
                assert!(
                    rejected[0].reason.contains(reason),
                    "{change}: {}",
                    rejected[0].reason
                );
            }
            other => unreachable!("{change}: {other:?}"),
        }
    }
    assert_eq!(rows(&store).len(), 2, "no rejected record was written");
}

#[test]
fn required_partition_key_must_be_in_every_record() {
    let store = Store::default();
    create_database(&store, br#"{"DatabaseName":"db"}"#).unwrap();
    let key = json!([{ "Type": "DIMENSION", "Name": "host", "EnforcementInRecord": "REQUIRED" }]);
    let definition = json!({ "DatabaseName": "db", "TableName": "t", "Schema": { "CompositePartitionKey": key } });
    create_table(&store, &bytes(definition)).unwrap();
    let record = json!([{ "MeasureName": "m", "MeasureValue": "1", "Time": "1" }]);
    assert!(matches!(
        write_records(&store, &json!({}), &record),
        Err(ApiError::RejectedRecords(_))
    ));
    write_records(
        &store,
        &json!({ "Dimensions": [{ "Name": "host", "Value": "a" }] }),
        &record,
    )
    .unwrap();
}

#[test]
fn calls_with_no_or_too_many_records_are_invalid() {
    let store = empty();
    let record = json!({ "MeasureName": "m", "MeasureValue": "1", "Time": "1" });
    for count in [0, 101] {
        let records = vec![record.clone(); count];
        let answer = write_records(&store, &json!({}), &records.into());
        assert!(matches!(answer, Err(ApiError::Validation(_))));
    }
}

#[test]
fn broken_json_is_told_from_a_wrong_shape() {
    assert!(matches!(
        parse::<DatabaseName>(b"{"),
        Err(ApiError::Serialization(_))
    ));
    assert!(matches!(
        parse::<DatabaseName>(b"{}"),
        Err(ApiError::Validation(_))
    ));
}

#[test]
fn batches_that_no_write_touched_are_kept() {
    let store = crate::timestream::fixture::numbers(8_192 + 10);
    let table = store.table("db", "t").unwrap();
    let batches = |rows: &mut Rows| rows.batches().unwrap().1;
    let before = batches(&mut table.rows());
    let common =
        json!({ "Dimensions": [{ "Name": "host", "Value": "a" }], "MeasureName": "metrics" });
    let values = json!([{ "Name": "n", "Value": "-1", "Type": "BIGINT" }]);
    let record =
        json!([{ "MeasureValueType": "MULTI", "MeasureValues": values, "Time": "99999999" }]);
    write_records(&store, &common, &record).unwrap();
    let after = batches(&mut table.rows());
    assert_eq!(
        before
            .iter()
            .chain(&after)
            .map(|batch| batch.num_rows())
            .collect::<Vec<_>>(),
        [8_192, 10, 8_192, 11]
    );
    assert!(
        Arc::ptr_eq(before[0].column(0), after[0].column(0)),
        "the first batch is the same one"
    );
}
