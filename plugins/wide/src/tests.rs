//! Fields and statements, by hand.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use guest::{
    Bound, Caller, Column, ColumnKind, Domain, Literal, Range, Scalar, Term, TimestreamType,
    ValueSet, Verdict,
};

use super::*;

fn table(measures: Option<&str>) -> Table {
    let column = |name: &str, type_, kind| Column {
        name: name.to_owned(),
        type_,
        kind,
        partition_key: name == "Host",
    };
    let options = measures.iter();
    Table {
        source: Source::Table(("d".to_owned(), "t".to_owned())),
        types: [Scalar::Varchar, Scalar::Timestamp, Scalar::Double]
            .map(TimestreamType::Scalar)
            .to_vec(),
        columns: vec![
            column("Host", 0, ColumnKind::Dimension),
            column("measure_name", 0, ColumnKind::MeasureName),
            column("time", 1, ColumnKind::Time),
            column("measure_value::double", 2, ColumnKind::MeasureValue),
            column("measure_value::varchar", 0, ColumnKind::MeasureValue),
        ],
        options: options
            .map(|text| ("wide_measures".to_owned(), (*text).to_owned()))
            .collect(),
    }
}

fn request(measures: &str, terms: Vec<Term>) -> Request {
    let table = table(Some(measures));
    Request {
        mapping: Wide::map_table(&table).unwrap(),
        table,
        projection: vec![0, 2],
        terms,
        order: Vec::new(),
        limit: None,
        now: 0,
        caller: Caller {
            account: String::new(),
            arn: String::new(),
            tags: Vec::new(),
            groups: Vec::new(),
        },
    }
}

fn domain(field: u32, values: ValueSet) -> Term {
    Term::Domain(Domain {
        field,
        values,
        null_allowed: false,
    })
}

fn one(literal: Literal) -> ValueSet {
    ValueSet::AnyOf(vec![literal])
}

#[test]
fn fields_are_dimensions_time_and_measures() {
    let mapping = Wide::map_table(&table(Some("cpu user double, state  varchar"))).unwrap();
    let fields = mapping.fields.iter();
    let fields: Vec<_> = fields
        .map(|field| (field.name.as_str(), field.column))
        .collect();
    assert_eq!(
        fields,
        [
            ("host", Some(0)),
            ("time", Some(2)),
            ("cpu user", None),
            ("state", None)
        ]
    );
    // A measure that is called like a dimension, and two that differ in case alone.
    let mapping = Wide::map_table(&table(Some("Host double,CPU double,cpu double"))).unwrap();
    let fields = mapping.fields.iter();
    let names: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
    assert_eq!(names.len(), 5);
    assert_eq!(names[..3], ["host", "time", "host_measure"]);
    assert_ne!(names[3], names[4]);
    // The dimension keeps its name whatever the measure's case is: a policy may look for it.
    for measure in ["host", "HOST"] {
        let mapping = Wide::map_table(&table(Some(&format!("{measure} double")))).unwrap();
        let fields = mapping.fields.iter();
        let host: Vec<_> = fields.filter(|field| field.name == "host").collect();
        assert_eq!((host.len(), host[0].column), (1, Some(0)), "{measure}");
    }
    // Without the option it is the shipped dialect.
    let usual = Timestream::map_table(&table(None)).unwrap();
    assert_eq!(Wide::map_table(&table(None)).unwrap(), usual);
}

#[test]
fn conditions_on_keys_stand_inside_and_those_on_measures_outside() {
    let since = ValueSet::Ranges(vec![Range {
        low: Bound::Inclusive(Literal::Timestamp(1_704_067_200_000_000_000)),
        high: Bound::Unbounded,
    }]);
    let host = one(Literal::Text("it's".to_owned()));
    let warm = one(Literal::Double(1.5));
    let terms = vec![domain(2, warm), domain(1, since), domain(0, host)];
    let plan = Wide::plan(&request("it's double, state varchar", terms)).unwrap();
    let [text] = plan.common_tables.as_slice() else {
        panic!("{:?}", plan.common_tables);
    };
    let expected = r#"(
SELECT "Host", "time", max(CASE WHEN "measure_name" = 'it''s' THEN "measure_value::double" END) AS "it's", max(CASE WHEN "measure_name" = 'state' THEN "measure_value::varchar" END) AS "state"
FROM "d"."t"
WHERE ("measure_name" IN ('it''s', 'state'))
AND ("time" >= TIMESTAMP '2024-01-01 00:00:00.000000000')
AND ("Host" = 'it''s')
GROUP BY "Host", "time"
)"#;
    let (_, statement) = text.split_once(" AS ").unwrap();
    assert_eq!(statement, expected);
    let conditions: Vec<_> = plan
        .verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Exact(condition) => condition.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        conditions,
        [
            r#""it's" = 1.5E0"#,
            r#""time" >= TIMESTAMP '2024-01-01 00:00:00.000000000'"#,
            r#""Host" = 'it''s'"#
        ]
    );
    assert!(matches!(plan.slicing, Slicing::Never(_)));
}

#[test]
fn measures_that_cannot_be_are_refused() {
    for (text, said) in [
        ("cpu", "`cpu` in the option"),
        ("cpu float", "is not a measure"),
        ("cpu double,", "`` in the option"),
        ("cpu double, cpu varchar", "names `cpu` twice"),
        ("n bigint", "no column `measure_value::bigint`"),
        ("a\0b double", "is not a measure"),
    ] {
        let refusal = Wide::map_table(&table(Some(text))).unwrap_err();
        assert!(
            refusal.message.contains(said),
            "{text}: {}",
            refusal.message
        );
    }
    let mut hidden = table(Some("cpu double"));
    let option = ("timestream_hidden_keys".to_owned(), "`region`".to_owned());
    hidden.options.push(option);
    let refusal = Wide::map_table(&hidden).unwrap_err();
    assert!(refusal.message.contains("does not list `region`"));
    let mut timeless = table(Some("cpu double"));
    timeless.columns.remove(2);
    let refusal = Wide::map_table(&timeless).unwrap_err();
    assert!(refusal.message.contains("has no time"));
    let empty = Wide::map_table(&table(Some(" "))).unwrap();
    assert_eq!(empty, Timestream::map_table(&table(None)).unwrap());
}
