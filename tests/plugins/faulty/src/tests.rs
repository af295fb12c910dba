//! The faults that can be looked at without a sandbox around them.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use guest::{Caller, Column, ColumnKind, Domain, Source, Term, ValueSet};

use super::*;

fn table(fault: Option<&str>) -> Table {
    let column = |name: &str, kind| Column {
        name: name.into(),
        type_: 0,
        kind,
        partition_key: false,
    };
    Table {
        source: Source::Table(("db".into(), "t".into())),
        types: vec![TimestreamType::Scalar(Scalar::Varchar)],
        columns: vec![
            column("a", ColumnKind::Dimension),
            column("b", ColumnKind::Dimension),
        ],
        options: fault
            .into_iter()
            .map(|fault| ("fault".into(), fault.into()))
            .collect(),
    }
}

fn request(fault: Option<&str>) -> Request {
    let table = table(fault);
    Request {
        mapping: Timestream::map_table(&table).unwrap(),
        table,
        projection: vec![0, 1],
        terms: vec![Term::Domain(Domain {
            field: 0,
            values: ValueSet::All,
            null_allowed: false,
        })],
        order: vec![],
        limit: None,
        now: 0,
        caller: Caller {
            account: String::new(),
            arn: String::new(),
            tags: vec![],
            groups: vec![],
        },
    }
}

#[test]
fn without_a_fault_it_is_the_default_dialect() {
    assert_eq!(
        Faulty::map_table(&table(None)),
        Timestream::map_table(&table(None))
    );
    assert_eq!(
        Faulty::plan(&request(None)),
        Timestream::plan(&request(None))
    );
}

#[test]
fn a_fault_of_the_mapping_leaves_the_plan_alone() {
    let good = Timestream::plan(&request(None));
    for fault in ["cyclic-arena", "forward-arena", "undecodable"] {
        assert_eq!(Faulty::plan(&request(Some(fault))), good);
    }
}

#[test]
fn arenas_point_where_they_must_not() {
    let cyclic = Faulty::map_table(&table(Some("cyclic-arena"))).unwrap();
    assert_eq!(
        (cyclic.fields[0].type_, &cyclic.types[2]),
        (2, &ArrowType::List(2))
    );
    let forward = Faulty::map_table(&table(Some("forward-arena"))).unwrap();
    assert_eq!(
        (forward.fields[0].type_, &forward.types[2]),
        (2, &ArrowType::List(3))
    );
    let undecodable = Faulty::map_table(&table(Some("undecodable"))).unwrap();
    assert_eq!(undecodable.types, [ArrowType::Int64, ArrowType::Int64]);
}

#[test]
fn plans_break_one_promise_each() {
    let plan = |fault| Faulty::plan(&request(Some(fault))).unwrap();
    assert!(
        plan("output")
            .notes
            .iter()
            .any(|note| note.len() == OUTPUT_BYTES)
    );
    assert_eq!(plan("wrong-index").outputs.last().unwrap().0, NO_FIELD);
    assert_eq!(plan("missing-output").outputs.len(), 1);
    assert_eq!(plan("missing-verdict").verdicts, []);
    for fault in ["unbalanced", "two-statements", "comment", "clause", "union"] {
        assert_ne!(plan(fault).verdicts, plan("missing-output").verdicts);
    }
}

#[test]
fn an_unknown_fault_is_refused() {
    let refusal = Faulty::plan(&request(Some("typo"))).unwrap_err();
    assert_eq!(
        refusal.message,
        "this plugin has no fault of that name: typo"
    );
}
