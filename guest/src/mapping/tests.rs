//! Columns and the fields that Athena sees, with the Java connector's types.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::table;
use crate::{Column, ColumnKind, RefusalKind, dialect::Dialect};

fn nested(types: Vec<TimestreamType>) -> Table {
    let root = u32::try_from(types.len()).unwrap() - 1;
    let column = Column {
        name: "n".into(),
        type_: root,
        kind: ColumnKind::Computed,
        partition_key: false,
    };
    Table {
        source: Source::View(("v".into(), "SELECT 1".into())),
        types,
        columns: vec![column],
        options: Vec::new(),
    }
}

fn names(columns: &[&str]) -> Vec<(String, Option<String>)> {
    let columns: Vec<(&str, Scalar)> = columns
        .iter()
        .map(|name| (*name, Scalar::Varchar))
        .collect();
    let mapping = map_table(&table(&columns)).unwrap();
    mapping
        .fields
        .into_iter()
        .map(|field| (field.name, field.comment))
        .collect()
}

fn plain(name: &str) -> (String, Option<String>) {
    (name.into(), None)
}

fn renamed(name: &str, column: &str) -> (String, Option<String>) {
    (name.into(), Some(format!("column `{column}`")))
}

/// The table of the Java connector's documentation and code.
#[test]
fn scalars_are_shown_as_the_java_connector_shows_them() {
    let columns = [
        ("varchar", Scalar::Varchar, ArrowType::Utf8),
        ("double", Scalar::Double, ArrowType::Float64),
        ("boolean", Scalar::Boolean, ArrowType::Boolean),
        ("bigint", Scalar::Bigint, ArrowType::Int64),
        ("int", Scalar::Integer, ArrowType::Int32),
        ("timestamp", Scalar::Timestamp, ArrowType::DateMilli),
        ("date", Scalar::Date, ArrowType::DateDay),
        ("time", Scalar::Time, ArrowType::Utf8),
        (
            "interval_day_to_second",
            Scalar::IntervalDayToSecond,
            ArrowType::Utf8,
        ),
        (
            "interval_year_to_month",
            Scalar::IntervalYearToMonth,
            ArrowType::Utf8,
        ),
        ("unknown", Scalar::Unknown, ArrowType::Utf8),
    ];
    let mapping = map_table(&table(
        &columns.clone().map(|(name, scalar, _)| (name, scalar)),
    ))
    .unwrap();
    for (index, (name, _, expected)) in columns.into_iter().enumerate() {
        let field = &mapping.fields[index];
        assert_eq!(field.name, name);
        assert_eq!(field.column, Some(u32::try_from(index).unwrap()));
        assert_eq!(mapping.types[field.type_ as usize], expected);
    }
}

#[test]
fn a_table_without_columns_has_no_fields() {
    assert_eq!(
        crate::Timestream::map_table(&table(&[])).unwrap(),
        Mapping {
            types: vec![],
            fields: vec![]
        }
    );
}

#[test]
fn names_become_lower_case() {
    assert_eq!(
        names(&["Host", "measure_value::double", "ÄÖ"]),
        [plain("host"), plain("measure_value::double"), plain("äö")]
    );
}

#[test]
fn colliding_names_stay_apart() {
    assert_eq!(
        names(&["Host", "HOST", "hosT"]),
        [
            plain("host"),
            renamed("host_2", "HOST"),
            renamed("host_3", "hosT")
        ]
    );
    // The exact one keeps the name wherever it stands.
    assert_eq!(
        names(&["Host", "host"]),
        [renamed("host_2", "Host"), plain("host")]
    );
    // A number that a column already has is passed over.
    assert_eq!(
        names(&["a", "A", "a_2"]),
        [plain("a"), renamed("a_3", "A"), plain("a_2")]
    );
    assert_eq!(
        names(&["A", "A_2", "a"]),
        [renamed("a_3", "A"), plain("a_2"), plain("a")]
    );
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let mut table = table(&[("time", Scalar::Timestamp), ("time", Scalar::Timestamp)]);
    table.source = Source::Passthrough("SELECT a.time, b.time FROM a, b".into());
    let refusal = map_table(&table).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Invalid);
    assert_eq!(
        refusal.message,
        "cannot map the table: two columns are named `time`; hint: name one of them with AS"
    );
}

#[test]
fn a_series_is_a_list_of_points() {
    let mapping = map_table(&nested(vec![
        TimestreamType::Scalar(Scalar::Double),
        TimestreamType::Series(0),
    ]))
    .unwrap();
    assert_eq!(
        mapping.types,
        [
            ArrowType::DateMilli,
            ArrowType::Float64,
            ArrowType::StructOf(vec![("time".into(), 0), ("measure_value".into(), 1)]),
            ArrowType::List(2),
        ]
    );
    assert_eq!(mapping.fields[0].type_, 3);
}

#[test]
fn rows_name_their_nameless_members() {
    let types = vec![
        TimestreamType::Scalar(Scalar::Bigint),
        TimestreamType::Row(vec![
            (String::new(), 0),
            ("a".into(), 0),
            ("a".into(), 0),
            ("field_0".into(), 0),
            (String::new(), 0),
        ]),
        TimestreamType::List(1),
    ];
    let mapping = map_table(&nested(types)).unwrap();
    let members = ["field_0", "a", "a_2", "field_0_2", "field_4"];
    let members = members.into_iter().map(String::from).zip(0..).collect();
    assert_eq!(
        mapping.types[5..],
        [ArrowType::StructOf(members), ArrowType::List(5)]
    );
}

/// The host wants children before parents, and each entry used once.
#[test]
fn a_shared_type_is_copied() {
    let types = vec![
        TimestreamType::Scalar(Scalar::Double),
        TimestreamType::Row(vec![("x".into(), 0), ("y".into(), 0)]),
        TimestreamType::Row(vec![("p".into(), 1), ("q".into(), 1)]),
    ];
    let mapping = map_table(&nested(types)).unwrap();
    let mut uses = vec![0; mapping.types.len()];
    uses[mapping.fields[0].type_ as usize] += 1;
    for (place, arrow_type) in mapping.types.iter().enumerate() {
        let children: Vec<u32> = match arrow_type {
            ArrowType::List(element) => vec![*element],
            ArrowType::StructOf(members) => members.iter().map(|(_, member)| *member).collect(),
            _ => vec![],
        };
        for child in children {
            assert!((child as usize) < place);
            uses[child as usize] += 1;
        }
    }
    assert_eq!(uses, vec![1; mapping.types.len()]);
}

#[test]
fn a_type_that_points_at_no_earlier_one_is_refused() {
    for types in [
        vec![TimestreamType::List(0)],
        vec![TimestreamType::Series(9)],
        vec![
            TimestreamType::Row(vec![("a".into(), 1)]),
            TimestreamType::List(0),
        ],
    ] {
        assert_eq!(
            map_table(&nested(types)).unwrap_err().kind,
            RefusalKind::Invalid
        );
    }
}

#[test]
fn a_type_nested_too_deeply_is_refused() {
    let deep = |levels: u32| {
        let lists = (0..levels).map(TimestreamType::List);
        nested(
            std::iter::once(TimestreamType::Scalar(Scalar::Double))
                .chain(lists)
                .collect(),
        )
    };
    assert_eq!(map_table(&deep(31)).unwrap().types.len(), 32);
    let refusal = map_table(&deep(32)).unwrap_err();
    assert_eq!(
        refusal.message,
        "cannot map column `n`: its type is nested deeper than 32"
    );
}

/// Twenty rows, each of two of the one before, hold a million values.
#[test]
fn types_that_multiply_are_refused() {
    let rows = (0..20).map(|of| TimestreamType::Row(vec![("a".into(), of), ("b".into(), of)]));
    let types = std::iter::once(TimestreamType::Scalar(Scalar::Double))
        .chain(rows)
        .collect();
    let refusal = map_table(&nested(types)).unwrap_err();
    assert_eq!(
        refusal.message,
        "cannot map column `n`: the table has more than 4096 types"
    );
}

#[test]
fn options_add_nanoseconds_and_plain_names_beside_the_usual_fields() {
    let mut table = crate::testing::table(&[
        ("time", Scalar::Timestamp),
        ("measure_value::double", Scalar::Double),
        ("measure_value_double", Scalar::Varchar),
    ]);
    table.options = vec![
        ("timestream_nanos_columns".into(), "TRUE".into()),
        ("timestream_plain_names".into(), "false".into()),
        ("timestream_plain_names".into(), "true".into()),
    ];
    let mapping = map_table(&table).unwrap();
    let shown: Vec<_> = mapping
        .fields
        .iter()
        .map(|field| {
            let r#type = mapping.types[field.type_ as usize].clone();
            (field.name.as_str(), r#type, field.column)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("time", ArrowType::DateMilli, Some(0)),
            ("measure_value::double", ArrowType::Float64, Some(1)),
            ("measure_value_double", ArrowType::Utf8, Some(2)),
            ("time_nanos", ArrowType::Int64, Some(0)),
            ("measure_value_double_2", ArrowType::Float64, Some(1)),
        ]
    );
}

/// Every name of a wide table is tried against all others.
#[test]
fn options_add_names_that_are_free_among_those_added_too() {
    let columns: Vec<(String, Scalar)> = (0..1_024)
        .map(|number| (format!("t{number}"), Scalar::Timestamp))
        .chain([
            ("T0".to_owned(), Scalar::Timestamp),
            ("t0_nanos".to_owned(), Scalar::Bigint),
        ])
        .collect();
    let columns: Vec<(&str, Scalar)> = columns
        .iter()
        .map(|(name, scalar)| (name.as_str(), *scalar))
        .collect();
    let mut table = crate::testing::table(&columns);
    table.options = vec![("timestream_nanos_columns".into(), "true".into())];
    let mapping = map_table(&table).unwrap();
    let names: HashSet<&str> = mapping
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(names.len(), mapping.fields.len());
    assert_eq!(mapping.fields.len(), 2 * 1_025 + 1);
    let nanos = mapping
        .fields
        .iter()
        .filter(|field| field.column == Some(0));
    let nanos: Vec<&str> = nanos.map(|field| field.name.as_str()).collect();
    assert_eq!(nanos, ["t0", "t0_nanos_2"]);
}

#[test]
fn an_option_that_is_neither_on_nor_off_is_refused() {
    let mut table = crate::testing::table(&[("time", Scalar::Timestamp)]);
    table.options = vec![("timestream_nanos_columns".into(), "yes".into())];
    let refusal = map_table(&table).unwrap_err();
    assert!(refusal.message.contains("`timestream_nanos_columns`"));
}
