//! Rows of a file: types, times, and what is malformed.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use super::*;

const MULTI: &str = r#"{
    "TimeColumn": "at", "TimeUnit": "SECONDS",
    "DimensionMappings": [{"SourceColumn": "gpio", "DestinationColumn": "pin"}, {"SourceColumn": "room"}],
    "MultiMeasureMappings": {"TargetMultiMeasureName": "metric", "MultiMeasureAttributeMappings": [
        {"SourceColumn": "t", "TargetMultiMeasureAttributeName": "temperature", "MeasureValueType": "DOUBLE"},
        {"SourceColumn": "on", "MeasureValueType": "BOOLEAN"},
        {"SourceColumn": "seen", "MeasureValueType": "TIMESTAMP"},
        {"SourceColumn": "note"}
    ]}
}"#;
const HEADER: &[&str] = &["gpio", "room", "at", "t", "on", "seen", "note"];

const MIXED: &str = r#"{
    "TimeColumn": "at", "DimensionMappings": [{"SourceColumn": "gpio"}], "MeasureNameColumn": "what",
    "MixedMeasureMappings": [
        {"MeasureName": "cpu", "SourceColumn": "value", "MeasureValueType": "DOUBLE"},
        {"MeasureName": "mem", "SourceColumn": "value", "TargetMeasureName": "memory", "MeasureValueType": "BIGINT"},
        {"MeasureName": "env", "MeasureValueType": "MULTI", "MultiMeasureAttributeMappings": [
            {"SourceColumn": "value", "TargetMultiMeasureAttributeName": "load", "MeasureValueType": "DOUBLE"}]}
    ]
}"#;

fn rows(model: &str, header: &[&str]) -> anyhow::Result<Rows> {
    let model = DataModel::from_json(model.as_bytes()).unwrap();
    Rows::new(&model, &StringRecord::from(header.to_vec()))
}

fn records(model: &str, header: &[&str], row: &[&str]) -> Result<Vec<Record>, String> {
    rows(model, header)
        .unwrap()
        .records(&StringRecord::from(row.to_vec()))
}

fn dimensions(record: &Record) -> Vec<(&str, &str)> {
    let dimensions = record.dimensions().iter();
    dimensions
        .map(|dimension| (dimension.name(), dimension.value()))
        .collect()
}

fn measures(record: &Record) -> Vec<(&str, &str, &MeasureValueType)> {
    let values = record.measure_values().iter();
    values
        .map(|value| (value.name(), value.value(), value.r#type()))
        .collect()
}

#[test]
fn a_row_becomes_one_record_with_several_values() {
    let row = [
        "22",
        "hall",
        "1700000000",
        "81.5",
        "TRUE",
        "1600000000",
        "it's",
    ];
    let records = records(MULTI, HEADER, &row).unwrap();
    let [record] = records.as_slice() else {
        panic!("{records:?}")
    };
    assert_eq!(record.time(), Some("1700000000"));
    assert_eq!(record.time_unit(), Some(&TimeUnit::Seconds));
    assert_eq!(record.measure_name(), Some("metric"));
    assert_eq!(record.measure_value_type(), Some(&MeasureValueType::Multi));
    assert_eq!(dimensions(record), [("pin", "22"), ("room", "hall")]);
    let expected = [
        ("temperature", "81.5", &MeasureValueType::Double),
        ("on", "true", &MeasureValueType::Boolean),
        ("seen", "1600000000", &MeasureValueType::Timestamp),
        ("note", "it's", &MeasureValueType::Varchar),
    ];
    assert_eq!(measures(record), expected);
}

#[test]
fn an_empty_cell_is_no_value() {
    let records = records(MULTI, HEADER, &["22", "", "1", "", "", "", "x"]).unwrap();
    assert_eq!(dimensions(&records[0]), [("pin", "22")]);
    assert_eq!(
        measures(&records[0]),
        [("note", "x", &MeasureValueType::Varchar)]
    );
}

#[test]
fn a_row_without_any_value_is_refused() {
    let refused = records(MULTI, HEADER, &["22", "hall", "1", "", "", "", ""]).unwrap_err();
    assert_eq!(refused, "every measure is empty: a record needs a value");
}

#[test]
fn bad_cells_are_named_with_their_column() {
    let row = |at, t, on| ["22", "hall", at, t, on, "", ""];
    let refused = |row: [&str; 7]| records(MULTI, HEADER, &row).unwrap_err();
    assert_eq!(
        refused(row("1", "warm", "")),
        "column `t`: `warm` is not a finite DOUBLE"
    );
    assert_eq!(
        refused(row("1", "NaN", "")),
        "column `t`: `NaN` is not a finite DOUBLE"
    );
    assert_eq!(
        refused(row("1", "", "1")),
        "column `on`: `1` is not a BOOLEAN (true or false)"
    );
    assert_eq!(
        refused(row("1.5", "1", "")),
        "column `at`: `1.5` is not a time: a whole number since 1970"
    );
    assert_eq!(
        refused(row("", "1", "")),
        "column `at` is empty: a record needs a time"
    );
}

#[test]
fn a_column_of_measure_names_goes_before_the_models_own_name() {
    let model = MULTI.replace(
        "\"TimeColumn\"",
        "\"MeasureNameColumn\": \"note\", \"TimeColumn\"",
    );
    let named = records(&model, HEADER, &["22", "", "1", "1", "", "", "event"]).unwrap();
    assert_eq!(named[0].measure_name(), Some("event"));
    let unnamed = records(&model, HEADER, &["22", "", "1", "1", "", "", ""]).unwrap_err();
    assert_eq!(
        unnamed,
        "column `note` is empty: a record needs a measure name"
    );
}

#[test]
fn mixed_mappings_take_the_rows_of_their_measure_name() {
    let header = ["gpio", "at", "what", "value"];
    let record = |row: &[&str]| records(MIXED, &header, row).map(|records| records[0].clone());
    let cpu = record(&["1", "5", "cpu", "0.5"]).unwrap();
    assert_eq!(
        (cpu.measure_name(), cpu.measure_value()),
        (Some("cpu"), Some("0.5"))
    );
    assert_eq!(cpu.measure_value_type(), Some(&MeasureValueType::Double));
    let memory = record(&["1", "5", "mem", "12"]).unwrap();
    assert_eq!(
        (memory.measure_name(), memory.measure_value()),
        (Some("memory"), Some("12"))
    );
    let env = record(&["1", "5", "env", "2.5"]).unwrap();
    assert_eq!(env.measure_name(), Some("env"));
    assert_eq!(measures(&env), [("load", "2.5", &MeasureValueType::Double)]);
    let unknown = record(&["1", "5", "disk", "1"]).unwrap_err();
    assert_eq!(unknown, "no mapping is for the measure name `disk`");
}

#[test]
fn without_a_column_of_names_every_mixed_mapping_makes_a_record() {
    let model = r#"{"TimeColumn": "at", "DimensionMappings": [], "MixedMeasureMappings": [
        {"SourceColumn": "a", "MeasureValueType": "DOUBLE"},
        {"SourceColumn": "b", "MeasureValueType": "BIGINT"},
        {"SourceColumn": "c", "MeasureValueType": "BIGINT"}]}"#;
    let records = records(model, &["at", "a", "b", "c"], &["5", "1.5", "", "7"]).unwrap();
    let names: Vec<_> = records
        .iter()
        .map(|record| record.measure_name().unwrap())
        .collect();
    assert_eq!(names, ["a", "c"]);
}

#[test]
fn all_missing_columns_are_told_at_once_with_the_header() {
    let error = rows(MULTI, &["gpio", "at", "t", "t", "on", "note"])
        .unwrap_err()
        .to_string();
    let expected = "the data model names `room`, `seen`, which the file does not have; its header is `gpio`, `at`, `t`, \
                    `t`, `on`, `note`";
    assert_eq!(error, expected);
    let error = rows(
        MULTI,
        &["gpio", "room", "at", "t", "t", "on", "seen", "note"],
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the file has `t` more than once"),
        "{error}"
    );
}
