#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{call, request, table, text};
use crate::{Scalar, Term, Verdict, plan};

use Function::{
    And, Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual, Like, NotEqual, Or,
};

/// Columns of the tests, by field.
const NAME: u32 = 0;
const COUNT: u32 = 1;
const TIME: u32 = 2;

fn verdict(nodes: Vec<Node>) -> Verdict {
    let columns = [
        ("name", Scalar::Varchar),
        ("count", Scalar::Bigint),
        ("time", Scalar::Timestamp),
        ("d", Scalar::Double),
    ];
    let request = request(table(&columns), vec![Term::Expression(nodes)]);
    plan::plan(&request).unwrap().verdicts.remove(0)
}

fn integer(value: i64) -> Node {
    Node::Constant(Literal::Integer(value))
}

fn exact(sql: &str) -> Verdict {
    Verdict::Exact(sql.into())
}

fn wider(sql: &str) -> Verdict {
    Verdict::Wider(sql.into())
}

fn skipped(reason: &str) -> Verdict {
    Verdict::Skipped(reason.into())
}

#[test]
fn a_comparison_puts_the_column_on_the_left() {
    for (function, field_first, constant_first) in [
        (Equal, r#""count" = 5"#, r#""count" = 5"#),
        (LessThan, r#""count" < 5"#, r#""count" > 5"#),
        (LessThanOrEqual, r#""count" <= 5"#, r#""count" >= 5"#),
        (GreaterThan, r#""count" > 5"#, r#""count" < 5"#),
        (GreaterThanOrEqual, r#""count" >= 5"#, r#""count" <= 5"#),
    ] {
        let comparison = call(function, &[0, 1]);
        assert_eq!(
            verdict(vec![Node::Field(COUNT), integer(5), comparison.clone()]),
            exact(field_first)
        );
        assert_eq!(
            verdict(vec![integer(5), Node::Field(COUNT), comparison]),
            exact(constant_first)
        );
    }
}

/// What the host makes of `time = timestamp '…'`.
#[test]
fn a_millisecond_is_two_comparisons() {
    let nodes = vec![
        Node::Field(TIME),
        Node::Constant(Literal::Timestamp(1_000_000)),
        call(GreaterThanOrEqual, &[0, 1]),
        Node::Field(TIME),
        Node::Constant(Literal::Timestamp(2_000_000)),
        call(LessThan, &[3, 4]),
        call(And, &[2, 5]),
    ];
    let expected = r#""time" >= TIMESTAMP '1970-01-01 00:00:00.001000000' AND "time" < TIMESTAMP '1970-01-01 00:00:00.002000000'"#;
    assert_eq!(verdict(nodes), exact(expected));
}

#[test]
fn nested_conjunctions_keep_their_order() {
    let nodes = vec![
        Node::Field(COUNT),
        integer(1),
        call(GreaterThan, &[0, 1]),
        Node::Field(NAME),
        Node::Constant(text("x")),
        call(Equal, &[3, 4]),
        Node::Field(NAME),
        Node::Constant(text("y%")),
        call(Like, &[6, 7]),
        call(And, &[5, 8]),
        call(And, &[2, 9]),
    ];
    assert_eq!(
        verdict(nodes),
        exact(r#""count" > 1 AND "name" = 'x' AND "name" LIKE 'y%'"#)
    );
}

#[test]
fn a_part_that_stays_out_widens_the_rest() {
    let nodes = vec![
        Node::Field(COUNT),
        integer(1),
        call(GreaterThan, &[0, 1]),
        Node::Field(NAME),
        Node::Field(NAME),
        call(Equal, &[3, 4]),
        call(And, &[2, 5]),
    ];
    assert_eq!(verdict(nodes), wider(r#""count" > 1"#));
}

#[test]
fn a_wider_part_makes_the_whole_wider() {
    let nodes = vec![
        Node::Field(3),
        Node::Constant(Literal::Double(f64::INFINITY)),
        call(LessThan, &[0, 1]),
        Node::Field(COUNT),
        integer(1),
        call(Equal, &[3, 4]),
        call(And, &[2, 5]),
    ];
    assert_eq!(verdict(nodes), wider(r#""d" IS NOT NULL AND "count" = 1"#));
}

#[test]
fn what_is_not_translated_says_so() {
    let comparison = |function| vec![Node::Field(COUNT), integer(1), call(function, &[0, 1])];
    assert_eq!(
        verdict(comparison(NotEqual)),
        skipped("`not-equal` is not translated")
    );
    assert_eq!(
        verdict(vec![Node::Field(COUNT), Node::Null, call(Equal, &[0, 1])]),
        skipped("it compares with NULL")
    );
    assert_eq!(
        verdict(vec![Node::Null, Node::Field(COUNT), call(Equal, &[0, 1])]),
        skipped("it compares with NULL")
    );
    assert_eq!(
        verdict(vec![Node::Field(COUNT)]),
        skipped("a bare field is not translated")
    );
    assert_eq!(
        verdict(vec![
            Node::Field(COUNT),
            Node::Field(TIME),
            call(LessThan, &[0, 1])
        ]),
        skipped("`less-than` is translated between a field and a constant only")
    );
    assert_eq!(
        verdict(vec![
            Node::Constant(text("a")),
            Node::Field(NAME),
            call(Like, &[0, 1])
        ]),
        skipped("`like` is not translated")
    );
    let either = vec![
        Node::Field(COUNT),
        integer(1),
        call(Equal, &[0, 1]),
        Node::Field(COUNT),
        integer(2),
        call(Equal, &[3, 4]),
        call(Or, &[2, 5]),
    ];
    assert_eq!(verdict(either), skipped("`or` is not translated"));
}

#[test]
fn a_constant_of_another_type_is_left_to_the_host() {
    let nodes = vec![Node::Field(NAME), integer(1), call(Equal, &[0, 1])];
    assert_eq!(
        verdict(nodes),
        skipped("a varchar column is compared with an integer")
    );
}

#[test]
fn an_arena_out_of_order_is_refused() {
    let columns = [("name", Scalar::Varchar)];
    for nodes in [
        vec![],
        vec![call(And, &[0])],
        vec![call(And, &[7])],
        vec![Node::Field(0), call(Equal, &[0, 9])],
        vec![Node::Field(4), integer(1), call(Equal, &[0, 1])],
    ] {
        let request = request(table(&columns), vec![Term::Expression(nodes)]);
        assert_eq!(
            plan::plan(&request).unwrap_err().kind,
            crate::RefusalKind::Invalid
        );
    }
}

#[test]
fn what_is_announced_is_translated() {
    for function in FUNCTIONS {
        let nodes = match function {
            And => vec![
                Node::Field(COUNT),
                integer(1),
                call(Equal, &[0, 1]),
                call(And, &[2]),
            ],
            Like => vec![
                Node::Field(NAME),
                Node::Constant(text("a_")),
                call(Like, &[0, 1]),
            ],
            comparison => vec![Node::Field(COUNT), integer(1), call(comparison, &[0, 1])],
        };
        assert!(matches!(verdict(nodes), Verdict::Exact(_)), "{function:?}");
    }
}
