//! Expressions and the conditions that they become, with their verdicts.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{Asked, ask, call, nodes, request, table, text};
use crate::{Scalar, Term, Verdict, plan};

use Function::{
    Add, And, Array, Divide, Equal, GreaterThan, GreaterThanOrEqual, In, IsDistinctFrom, IsNull,
    LessThan, LessThanOrEqual, Like, Modulus, Multiply, Negate, Not, NotEqual, Nullif, Or,
    Subtract,
};

/// Columns of the tests, by field.
const COLUMNS: [(&str, Scalar); 8] = [
    ("name", Scalar::Varchar),
    ("n", Scalar::Bigint),
    ("time", Scalar::Timestamp),
    ("d", Scalar::Double),
    ("flag", Scalar::Boolean),
    ("host", Scalar::Varchar),
    ("e", Scalar::Double),
    ("m", Scalar::Integer),
];

fn column(name: &str) -> Asked {
    let place = COLUMNS.iter().position(|(column, _)| *column == name);
    Asked::Leaf(Node::Field(u32::try_from(place.unwrap()).unwrap()))
}

fn constant(literal: Literal) -> Asked {
    Asked::Leaf(Node::Constant(literal))
}

fn integer(value: i64) -> Asked {
    constant(Literal::Integer(value))
}

fn double(value: f64) -> Asked {
    constant(Literal::Double(value))
}

fn string(value: &str) -> Asked {
    constant(text(value))
}

const NULL: Asked = Asked::Leaf(Node::Null);

fn list<const N: usize>(elements: [Asked; N]) -> Asked {
    ask(Array, elements)
}

fn of_nodes(nodes: Vec<Node>) -> Verdict {
    let request = request(table(&COLUMNS), vec![Term::Expression(nodes)]);
    plan::plan(&request).unwrap().verdicts.remove(0)
}

fn verdict(asked: Asked) -> Verdict {
    of_nodes(nodes(asked))
}

#[track_caller]
fn exact(asked: Asked, sql: &str) {
    assert_eq!(verdict(asked), Verdict::Exact(sql.into()));
}

/// What becomes of an expression, and of NOT around it.
#[track_caller]
fn both(asked: Asked, is: &str, is_not: &str) {
    exact(asked.clone(), is);
    exact(ask(Not, [asked.clone()]), is_not);
    exact(ask(Not, [ask(Not, [asked])]), is);
}

#[track_caller]
fn wider(asked: Asked, sql: &str) {
    assert_eq!(verdict(asked), Verdict::Wider(sql.into()));
}

#[track_caller]
fn skipped(asked: Asked, reason: &str) {
    assert_eq!(verdict(asked), Verdict::Skipped(reason.into()));
}

const NEVER: &str = "1 = 0";

#[test]
fn a_comparison_puts_the_column_on_the_left() {
    for (function, field_first, constant_first, not) in [
        (Equal, "=", "=", "<>"),
        (NotEqual, "<>", "<>", "="),
        (LessThan, "<", ">", ">="),
        (LessThanOrEqual, "<=", ">=", ">"),
        (GreaterThan, ">", "<", "<="),
        (GreaterThanOrEqual, ">=", "<=", "<"),
    ] {
        both(
            ask(function, [column("n"), integer(5)]),
            &format!(r#""n" {field_first} 5"#),
            &format!(r#""n" {not} 5"#),
        );
        exact(
            ask(function, [integer(5), column("n")]),
            &format!(r#""n" {constant_first} 5"#),
        );
    }
}

/// What the host makes of `time = timestamp '…'` and of NOT around it.
#[test]
fn a_millisecond_is_two_comparisons() {
    let at = |nanos| constant(Literal::Timestamp(nanos));
    let millisecond = ask(
        And,
        [
            ask(GreaterThanOrEqual, [column("time"), at(1_000_000)]),
            ask(LessThan, [column("time"), at(2_000_000)]),
        ],
    );
    both(
        millisecond,
        r#""time" >= TIMESTAMP '1970-01-01 00:00:00.001000000' AND "time" < TIMESTAMP '1970-01-01 00:00:00.002000000'"#,
        r#"("time" < TIMESTAMP '1970-01-01 00:00:00.001000000' OR "time" >= TIMESTAMP '1970-01-01 00:00:00.002000000')"#,
    );
}

#[test]
fn connectives_nest() {
    let is = |name, value| ask(Equal, [column(name), string(value)]);
    let over = ask(GreaterThan, [column("n"), integer(1)]);
    exact(
        ask(
            And,
            [over.clone(), ask(And, [is("name", "x"), is("host", "y")])],
        ),
        r#""n" > 1 AND "name" = 'x' AND "host" = 'y'"#,
    );
    // De Morgan's laws.
    both(
        ask(
            Or,
            [over.clone(), ask(And, [is("name", "x"), is("host", "y")])],
        ),
        r#"("n" > 1 OR ("name" = 'x' AND "host" = 'y'))"#,
        r#""n" <= 1 AND ("name" <> 'x' OR "host" <> 'y')"#,
    );
    both(ask(Or, [over.clone()]), r#""n" > 1"#, r#""n" <= 1"#);
    both(ask(And, [over]), r#""n" > 1"#, r#""n" <= 1"#);
}

/// `LIKE` between two columns stands for anything that has no translation.
fn untranslated() -> Asked {
    ask(Like, [column("name"), column("host")])
}

const WHY: &str = "LIKE is translated between a column and constants only";

#[test]
fn a_part_that_stays_out_widens_and_and_ends_or() {
    let part = ask(Equal, [column("n"), integer(1)]);
    wider(ask(And, [part.clone(), untranslated()]), r#""n" = 1"#);
    skipped(ask(Or, [part.clone(), untranslated()]), WHY);
    // Below NOT it is the other way round: `NOT (a AND b)` is true where one of them is false.
    let not = |function| ask(Not, [ask(function, [part.clone(), untranslated()])]);
    skipped(not(And), WHY);
    wider(not(Or), r#""n" <> 1"#);
    skipped(ask(And, [untranslated(), untranslated()]), WHY);
    skipped(ask(Not, [untranslated()]), WHY);
}

#[test]
fn a_wider_part_makes_the_whole_wider() {
    let finite = ask(LessThan, [column("d"), double(f64::INFINITY)]);
    let part = ask(Equal, [column("n"), integer(1)]);
    let pair = [finite.clone(), part.clone()];
    wider(ask(And, pair.clone()), r#""d" IS NOT NULL AND "n" = 1"#);
    wider(ask(Or, pair), r#"("d" IS NOT NULL OR "n" = 1)"#);
    // A NOT around `IS NOT NULL`, which is wider, would lose infinities and NaN.
    skipped(
        ask(Not, [finite]),
        "it holds a constant that SQL has no form for",
    );
    // What is wider where it is true may be exact where it is false.
    let early = constant(Literal::Timestamp(-1));
    exact(
        ask(Not, [ask(LessThan, [column("time"), early])]),
        r#""time" IS NOT NULL"#,
    );
}

/// Rows where `d` is NaN: `d < 5` is false, and so is `d >= 5`.
#[test]
fn not_below_is_no_above_for_nan() {
    both(
        ask(LessThan, [column("d"), double(5.0)]),
        r#""d" < 5.0E0"#,
        r#"NOT ("d" < 5.0E0)"#,
    );
    both(
        ask(LessThan, [double(5.0), column("d")]),
        r#""d" > 5.0E0"#,
        r#"NOT (5.0E0 < "d")"#,
    );
    both(
        ask(Equal, [column("d"), integer(5)]),
        r#""d" = 5.0E0"#,
        r#""d" <> 5.0E0"#,
    );
    both(
        ask(Equal, [column("d"), double(f64::NAN)]),
        NEVER,
        r#""d" IS NOT NULL"#,
    );
}

#[test]
fn a_comparison_with_null_is_never_true_and_never_false() {
    for function in [Equal, NotEqual, LessThan, GreaterThanOrEqual, Like] {
        both(ask(function, [column("name"), NULL]), NEVER, NEVER);
        both(ask(function, [NULL, column("name")]), NEVER, NEVER);
    }
    both(NULL, NEVER, NEVER);
    both(
        ask(Nullif, [column("flag"), column("flag")]),
        r#"NULLIF("flag", "flag") = true"#,
        r#"NULLIF("flag", "flag") = false"#,
    );
}

#[test]
fn a_boolean_is_a_condition() {
    both(column("flag"), r#""flag" = true"#, r#""flag" = false"#);
    both(constant(Literal::Boolean(true)), "1 = 1", NEVER);
    both(constant(Literal::Boolean(false)), NEVER, "1 = 1");
    skipped(column("n"), "an integer column stands for a condition");
    skipped(integer(1), "it computes with constants only");
}

#[test]
fn lists_with_and_without_null() {
    let names = || [string("a"), string("b")];
    let is_in = |list| ask(In, [column("name"), list]);
    both(
        is_in(list(names())),
        r#""name" IN ('a', 'b')"#,
        r#""name" NOT IN ('a', 'b')"#,
    );
    both(
        is_in(list([string("a")])),
        r#""name" = 'a'"#,
        r#""name" <> 'a'"#,
    );
    // Whether NULL is among the others is never known.
    both(
        is_in(list([string("a"), NULL, string("b")])),
        r#""name" IN ('a', 'b')"#,
        NEVER,
    );
    both(is_in(list([NULL])), NEVER, NEVER);
    both(ask(In, [NULL, list(names())]), NEVER, NEVER);
    both(
        ask(In, [column("d"), list([double(f64::NAN), double(1.0)])]),
        r#""d" = 1.0E0"#,
        r#""d" <> 1.0E0"#,
    );
    let parity = ask(Modulus, [column("n"), integer(2)]);
    both(
        ask(In, [parity.clone(), list([integer(0), integer(1)])]),
        r#"("n" % 2) IN (0, 1)"#,
        r#"("n" % 2) NOT IN (0, 1)"#,
    );
    both(ask(In, [parity, list([NULL])]), NEVER, NEVER);
    skipped(is_in(list([])), "its list is empty");
    skipped(
        is_in(list([column("host")])),
        "its list holds more than constants",
    );
    skipped(
        is_in(column("host")),
        "`in` is not translated where it stands",
    );
    skipped(list(names()), "`array` is not translated where it stands");
}

/// An old Presto looks constants of a list up by a hash that tells the zeros apart.
#[test]
fn zeros_stand_in_no_list() {
    let half = ask(Divide, [column("d"), double(2.0)]);
    both(
        ask(In, [half, list([double(-0.0), double(1.0), double(3.0)])]),
        r#"(("d" / 2.0E0) IN (1.0E0, 3.0E0) OR ("d" / 2.0E0) = 0.0E0)"#,
        r#"("d" / 2.0E0) NOT IN (1.0E0, 3.0E0) AND ("d" / 2.0E0) <> 0.0E0"#,
    );
    both(
        ask(In, [column("d"), list([double(0.0), double(1.0)])]),
        r#"("d" = 1.0E0 OR "d" = 0.0E0)"#,
        r#""d" <> 1.0E0 AND "d" <> 0.0E0"#,
    );
}

/// Presto compiles a filter into one method, which must not become too large.
#[test]
fn what_compares_too_often_is_left_to_the_host() {
    let sum = |count: usize| {
        let sum = (1..count).fold(column("d"), |sum, _| ask(Add, [sum, column("e")]));
        ask(GreaterThan, [sum, double(1.0)])
    };
    let any = |count: usize| {
        let mut all: Vec<Asked> = (0..count).map(|_| sum(8)).collect();
        while all.len() > 1 {
            let mut pairs = all.into_iter();
            let mut joined = Vec::new();
            while let Some(left) = pairs.next() {
                joined.push(match pairs.next() {
                    Some(right) => ask(Or, [left, right]),
                    None => left,
                });
            }
            all = joined;
        }
        all.remove(0)
    };
    assert!(matches!(verdict(any(16)), Verdict::Exact(_)));
    skipped(
        any(17),
        "its 136 comparisons are too many for one statement",
    );
}

#[test]
fn null_is_asked_for() {
    both(
        ask(IsNull, [column("name")]),
        r#""name" IS NULL"#,
        r#""name" IS NOT NULL"#,
    );
    let sum = ask(Add, [column("d"), column("e")]);
    both(
        ask(IsNull, [sum]),
        r#"("d" + "e") IS NULL"#,
        r#"("d" + "e") IS NOT NULL"#,
    );
    both(ask(IsNull, [NULL]), "1 = 1", NEVER);
    both(ask(IsNull, [integer(1)]), NEVER, "1 = 1");
    skipped(
        ask(IsNull, [ask(Equal, [column("n"), integer(1)])]),
        "`equal` is not translated where it stands",
    );
}

#[test]
fn distinct_knows_null() {
    for (left, right) in [(column("name"), string("a")), (string("a"), column("name"))] {
        both(
            ask(IsDistinctFrom, [left, right]),
            r#"("name" <> 'a' OR "name" IS NULL)"#,
            r#""name" = 'a'"#,
        );
    }
    for (left, right) in [(column("name"), NULL), (NULL, column("name"))] {
        both(
            ask(IsDistinctFrom, [left, right]),
            r#""name" IS NOT NULL"#,
            r#""name" IS NULL"#,
        );
    }
    let same = r#"COALESCE("name" = "host", "name" IS NULL AND "host" IS NULL)"#;
    both(
        ask(IsDistinctFrom, [column("name"), column("host")]),
        &format!("NOT {same}"),
        same,
    );
    // Trino: NaN is not distinct from NaN, though it does not equal it.
    for nan in [double(f64::NAN), column("e")] {
        assert!(matches!(
            verdict(ask(IsDistinctFrom, [column("d"), nan])),
            Verdict::Skipped(_)
        ));
    }
}

#[test]
fn columns_of_one_kind_compare() {
    for (left, right) in [("name", "host"), ("d", "e"), ("n", "m"), ("flag", "flag")] {
        let sides = format!(r#""{left}" <= "{right}""#);
        both(
            ask(LessThanOrEqual, [column(left), column(right)]),
            &sides,
            &format!("NOT ({sides})"),
        );
    }
    skipped(
        ask(Equal, [column("n"), column("d")]),
        "an integer column is compared with a double column",
    );
    skipped(
        ask(Equal, [column("time"), column("time")]),
        "timestamps are compared with constants only",
    );
    skipped(
        ask(Equal, [integer(1), integer(2)]),
        "it computes with constants only",
    );
}

#[test]
fn doubles_are_computed() {
    for (function, operator) in [
        (Add, "+"),
        (Subtract, "-"),
        (Multiply, "*"),
        (Divide, "/"),
        (Modulus, "%"),
    ] {
        both(
            ask(
                GreaterThan,
                [ask(function, [column("d"), integer(-2)]), double(0.5)],
            ),
            &format!(r#"("d" {operator} -2.0E0) > 5.0E-1"#),
            &format!(r#"NOT (("d" {operator} -2.0E0) > 5.0E-1)"#),
        );
    }
    // No two signs meet: `--` begins a comment.
    let twice = ask(Negate, [ask(Negate, [column("d")])]);
    exact(
        ask(
            LessThan,
            [double(-1.0), ask(Subtract, [double(-1.0), twice])],
        ),
        r#"-1.0E0 < (-1.0E0 - -(-("d")))"#,
    );
    exact(
        ask(Equal, [ask(Add, [column("d"), column("e")]), column("d")]),
        r#"("d" + "e") = "d""#,
    );
    for divisor in [
        column("e"),
        double(0.0),
        double(-0.0),
        double(f64::INFINITY),
        NULL,
    ] {
        let quotient = ask(Divide, [column("d"), divisor]);
        assert!(matches!(
            verdict(ask(Equal, [quotient, double(1.0)])),
            Verdict::Skipped(_)
        ));
    }
}

/// An overflow, or a division by zero, is an error of the whole query.
#[test]
fn integers_are_computed_where_nothing_can_go_wrong() {
    let overflow = "arithmetic on integers may overflow on rows that Athena does not look at";
    for function in [Add, Subtract, Multiply] {
        let computed = ask(function, [column("n"), integer(1)]);
        skipped(ask(Equal, [computed, integer(1)]), overflow);
    }
    let negative = ask(Negate, [column("n")]);
    skipped(ask(Equal, [negative, integer(1)]), overflow);
    for (function, operator) in [(Divide, "/"), (Modulus, "%")] {
        let by = |divisor| ask(Equal, [ask(function, [column("m"), divisor]), integer(1)]);
        exact(by(integer(-3)), &format!(r#"("m" {operator} -3) = 1"#));
        skipped(by(integer(0)), "its divisor is 0 or -1");
        skipped(by(integer(-1)), "its divisor is 0 or -1");
        skipped(by(column("n")), "its divisor may be 0");
    }
    let text = ask(Add, [column("name"), string("a")]);
    skipped(ask(IsNull, [text]), "it computes with a varchar column");
}

#[test]
fn nullif_of_what_has_no_nan() {
    exact(
        ask(
            Equal,
            [ask(Nullif, [column("name"), string("")]), string("a")],
        ),
        r#"NULLIF("name", '') = 'a'"#,
    );
    exact(
        ask(IsNull, [ask(Nullif, [column("n"), integer(0)])]),
        r#"NULLIF("n", 0) IS NULL"#,
    );
    skipped(
        ask(IsNull, [ask(Nullif, [column("d"), double(0.0)])]),
        "NULLIF may take NaN for equal to itself",
    );
}

#[test]
fn a_constant_of_another_type_is_left_to_the_host() {
    skipped(
        ask(Equal, [column("name"), integer(1)]),
        "a varchar column is compared with an integer",
    );
    skipped(
        ask(LessThan, [column("n"), double(1.5)]),
        "an integer column is compared with a double",
    );
    skipped(
        ask(Equal, [column("flag"), string("true")]),
        "a boolean column is compared with a text",
    );
}

#[test]
fn a_long_list_may_give_way_inside_of_an_expression() {
    let names = Asked::Call(
        Array,
        (0..30_000)
            .map(|number| string(&format!("{number:05}")))
            .collect(),
    );
    let is_in = ask(In, [column("name"), names]);
    let part = ask(Equal, [column("n"), integer(1)]);
    wider(
        ask(Or, [is_in.clone(), part.clone()]),
        r#"(("name" >= '00000' AND "name" <= '29999') OR "n" = 1)"#,
    );
    wider(
        ask(And, [is_in, part]),
        r#""name" >= '00000' AND "name" <= '29999' AND "n" = 1"#,
    );
}

#[test]
fn deep_trees_are_left_to_the_host() {
    let nested = |depth| (1..depth).fold(column("flag"), |inner, _| ask(Not, [inner]));
    assert!(matches!(verdict(nested(32)), Verdict::Exact(_)));
    skipped(nested(33), "it is nested deeper than 32");
    skipped(nested(4096), "it is nested deeper than 32");
}

#[test]
fn an_arena_that_is_no_tree_is_refused() {
    for nodes in [
        vec![],
        vec![call(And, &[0])],
        vec![call(And, &[7])],
        vec![Node::Field(0), call(Equal, &[0, 9])],
        // A field that the table does not have.
        vec![Node::Field(40), Node::Null, call(Equal, &[0, 1])],
        // A node used twice, one that nothing uses.
        vec![Node::Field(4), call(And, &[0, 0])],
        vec![Node::Null, Node::Field(4)],
    ] {
        let request = request(table(&COLUMNS), vec![Term::Expression(nodes)]);
        assert_eq!(
            plan::plan(&request).unwrap_err().kind,
            crate::RefusalKind::Invalid
        );
    }
}

#[test]
fn what_is_announced_is_translated() {
    for function in FUNCTIONS {
        let condition = match function {
            And | Or | Not => ask(function, [column("flag")]),
            IsNull => ask(IsNull, [column("name")]),
            Like => ask(Like, [column("name"), string("a_")]),
            In | Array => ask(In, [column("n"), list([integer(1)])]),
            Nullif => ask(IsNull, [ask(Nullif, [column("n"), integer(1)])]),
            Negate => ask(IsNull, [ask(Negate, [column("d")])]),
            Add | Subtract | Multiply | Divide | Modulus => {
                ask(IsNull, [ask(function, [column("d"), double(2.0)])])
            }
            comparison => ask(comparison, [column("n"), integer(1)]),
        };
        assert!(
            matches!(verdict(condition), Verdict::Exact(_)),
            "{function:?}"
        );
    }
}
