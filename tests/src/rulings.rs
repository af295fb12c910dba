//! What a policy may rule, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test")]

use arrow::datatypes::DataType;
use connector::plugin::{Caller, Engine, PlanRequest, Policy};
use connector::query::{Column, ColumnKind, Field, Mapping, Scalar, Source, Table, TimestreamType};
use connector::{Code, Fault};
use tests::component;

#[test]
fn rulings_that_cannot_be_held_against_a_row_are_refused() {
    let policy = Policy::from_file(
        &Engine::new().unwrap(),
        &component("faulty-policy").unwrap(),
    );
    let policy = policy.unwrap();
    let column = |name: &str, scalar, kind| Column {
        name: name.to_owned(),
        r#type: TimestreamType::Scalar(scalar),
        kind,
        partition_key: false,
        as_double: false,
    };
    let field = |name: &str, data_type, column| Field {
        name: name.to_owned(),
        data_type,
        column: Some(column),
        comment: None,
    };
    let mapping = Mapping {
        fields: vec![
            field("host", DataType::Utf8, 0),
            field("time", DataType::Date64, 1),
        ],
    };
    let review = |fault: Option<&str>| {
        let fault = fault.map(|fault| ("fault".to_owned(), fault.to_owned()));
        let table = Table {
            source: Source::Table {
                database: "d".to_owned(),
                table: "t".to_owned(),
            },
            columns: vec![
                column("host", Scalar::Varchar, ColumnKind::Dimension),
                column("time", Scalar::Timestamp, ColumnKind::Time),
            ],
            options: fault.into_iter().collect(),
        };
        policy.review(&PlanRequest {
            table: &table,
            mapping: &mapping,
            projection: Vec::new(),
            terms: Vec::new(),
            order: &[],
            limit: None,
            now: 0,
            caller: &Caller::default(),
        })
    };
    assert_eq!(review(None).unwrap().terms, []);
    for (fault, said) in [
        ("trap", "failed in `review`: it panicked"),
        ("loop", "within its fuel"),
        ("no-field", "term 0: field 1000000 of 2"),
        (
            "other-type",
            "term 0: a constant is integer, the field is Utf8",
        ),
        ("fraction", "a timestamp is not a whole millisecond"),
        ("backwards", "a range ends before it begins"),
        ("many-terms", "1001 terms; at most 1000"),
        ("no-nodes", "an expression without nodes"),
        ("two-roots", "a node is part of nothing"),
        ("cycle", "node 0 points at node 0"),
        ("used-twice", "node 1 points at node 0"),
        ("arity", "`$equal` has 1 arguments"),
        ("deep", "nested deeper than 32"),
        ("not-comparable", "term 0: cannot evaluate"),
        ("not-boolean", "term 0: cannot evaluate"),
    ] {
        let error = review(Some(fault)).unwrap_err();
        assert_eq!(error.fault(), Fault::Plugin, "{fault}");
        let message = error.message();
        assert!(message.contains("`faulty-policy` ("), "{message}");
        assert!(message.contains(said), "{fault}: {message}");
    }
    // Seven megabytes of a refusal would not fit into an answer of Lambda's.
    let long = review(Some("long")).unwrap_err();
    assert_eq!(long.code(), Code::AccessDenied);
    assert!(long.message().len() < 1_200, "{}", long.message().len());
}
