//! Tables and views as Glue's parameters define them.

#![expect(clippy::unwrap_used, reason = "a test")]

use aws_sdk_glue::types::StorageDescriptor;

use super::*;

fn table(parameters: &[(&str, &str)], columns: &[(&str, &str)], keys: &[(&str, &str)]) -> Table {
    let column = |(name, r#type): &(&str, &str)| {
        let column = Column::builder().name(*name).r#type(*r#type).comment(" ");
        column.build().unwrap()
    };
    let columns = columns.iter().map(column).collect();
    let stored = StorageDescriptor::builder().set_columns(Some(columns));
    let parameters = parameters.iter();
    Table::builder()
        .name("t")
        .storage_descriptor(stored.build())
        .set_partition_keys(Some(keys.iter().map(column).collect()))
        .set_parameters(Some(
            parameters
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        ))
        .build()
        .unwrap()
}

#[test]
fn only_the_flag_counts_whatever_its_value() {
    for value in ["", "timestream-metadata-flag", "false"] {
        assert!(is_flagged(&table(&[(FLAG, value)], &[], &[])));
    }
    assert!(!is_flagged(&table(
        &[("Timestream-Metadata-Flag", "x")],
        &[],
        &[]
    )));
    assert!(!is_flagged(&Table::builder().name("t").build().unwrap()));
}

#[test]
fn partition_keys_are_columns_and_parameters_are_options() {
    let parameters = [
        (FLAG, "yes"),
        ("_view_template", "SELECT 1 AS a;"),
        ("timestream_nanos_columns", "true"),
        ("columnMapping", " Temp = measure_value::double , b=B"),
        ("sourceTable", "Readings"),
    ];
    let read = Definition::read(&table(
        &parameters,
        &[("temp", "double"), ("a", "int")],
        &[("b", "string")],
    ));
    let read = read.unwrap();
    let names: Vec<&str> = read
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["measure_value::double", "a", "B"]);
    assert_eq!(read.columns[0].comment, None);
    assert_eq!(read.view.as_deref(), Some("SELECT 1 AS a"));
    assert_eq!(read.source_table.as_deref(), Some("Readings"));
    let options: Vec<&str> = read.options.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        options,
        [
            "columnMapping",
            "sourceTable",
            "timestream-metadata-flag",
            "timestream_nanos_columns"
        ]
    );
}

#[test]
fn malformed_parameters_and_types_are_told_by_name() {
    for (mapping, why) in [
        ("a", "entry `a`"),
        ("a=b=c", "entry `a=b=c`"),
        ("a=b,,c=d", "entry ``"),
        ("a=", "empty name"),
        ("a=b,A=c", "names `A` twice"),
    ] {
        let error = Definition::read(&table(&[("columnMapping", mapping)], &[], &[])).unwrap_err();
        assert!(error.message().contains(why), "{mapping}: {error}");
    }
    let error = Definition::read(&table(&[], &[("a", "int")], &[("price", "decimal(9,2)")]));
    let error = error.unwrap_err();
    assert!(
        error
            .message()
            .contains("column `price` has type `decimal(9,2)`: Timestream has no decimals"),
        "{error}"
    );
}
