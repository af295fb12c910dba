//! Domains in, conditions out. "Q" numbers are the cases of the Java connector's tests and probes; what it printed
//! wrongly (untyped timestamps, day numbers, lost holes, inverted lists) is printed rightly here.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{domain, domain_or_null, request, table, text};
use crate::{Literal, Range, Scalar, Term, Verdict, plan};

/// 2024-04-05T09:31:12.142Z in nanoseconds.
const SPRING: i64 = 1_712_309_472_142_000_000;

/// One column `c` of a type, the record's time aside; what becomes of a term on it.
fn verdict(scalar: Scalar, term: Term) -> Verdict {
    let mut plan = plan::plan(&request(table(&[("c", scalar)]), vec![term])).unwrap();
    plan.verdicts.remove(0)
}

#[track_caller]
fn exact(scalar: Scalar, values: ValueSet, expected: &str) {
    assert_eq!(
        verdict(scalar, domain(0, values)),
        Verdict::Exact(expected.into())
    );
}

#[track_caller]
fn exact_or_null(scalar: Scalar, values: ValueSet, expected: &str) {
    assert_eq!(
        verdict(scalar, domain_or_null(0, values)),
        Verdict::Exact(expected.into())
    );
}

#[track_caller]
fn wider(scalar: Scalar, values: ValueSet, expected: &str) {
    assert_eq!(
        verdict(scalar, domain(0, values)),
        Verdict::Wider(expected.into())
    );
}

#[track_caller]
fn skipped(scalar: Scalar, values: ValueSet, reason: &str) {
    assert_eq!(
        verdict(scalar, domain(0, values)),
        Verdict::Skipped(reason.into())
    );
}

fn integers<const N: usize>(values: [i64; N]) -> ValueSet {
    ValueSet::AnyOf(values.map(Literal::Integer).into())
}

fn texts<const N: usize>(values: [&str; N]) -> ValueSet {
    ValueSet::AnyOf(values.map(text).into())
}

fn doubles<const N: usize>(values: [f64; N]) -> ValueSet {
    ValueSet::AnyOf(values.map(Literal::Double).into())
}

fn ranges<const N: usize>(ranges: [(Bound, Bound); N]) -> ValueSet {
    ValueSet::Ranges(ranges.map(|(low, high)| Range { low, high }).into())
}

fn at(literal: Literal) -> Bound {
    Bound::Inclusive(literal)
}

fn beyond(literal: Literal) -> Bound {
    Bound::Exclusive(literal)
}

use Bound::Unbounded as Open;
use Literal::{Date, Double, Integer, Timestamp};

#[test]
fn everything_and_nothing() {
    exact(Scalar::Varchar, ValueSet::All, r#""c" IS NOT NULL"#); // Q19
    exact_or_null(Scalar::Varchar, ValueSet::All, "1 = 1"); // Q44
    exact(Scalar::Varchar, ValueSet::None, "1 = 0"); // Q22
    exact_or_null(Scalar::Varchar, ValueSet::None, r#""c" IS NULL"#); // Q18
    exact(Scalar::Varchar, texts([]), "1 = 0"); // Q23
    exact_or_null(Scalar::Varchar, texts([]), r#""c" IS NULL"#);
    exact(
        Scalar::Varchar,
        ValueSet::NoneOf(vec![]),
        r#""c" IS NOT NULL"#,
    );
    exact_or_null(Scalar::Varchar, ValueSet::NoneOf(vec![]), "1 = 1");
    exact(Scalar::Bigint, ranges([]), "1 = 0");
    exact(Scalar::Bigint, ranges([(Open, Open)]), r#""c" IS NOT NULL"#);
    exact_or_null(Scalar::Bigint, ranges([(Open, Open)]), "1 = 1");
}

#[test]
fn lists_of_values() {
    exact(Scalar::Varchar, texts(["x"]), r#""c" = 'x'"#); // Q24
    exact(Scalar::Varchar, texts(["b", "a"]), r#""c" IN ('b', 'a')"#); // Q25
    exact(
        Scalar::Varchar,
        texts(["us-east-1", "O'Brien"]),
        r#""c" IN ('us-east-1', 'O''Brien')"#,
    ); // Q13
    exact(
        Scalar::Varchar,
        texts(["host-keE37's-test"]),
        r#""c" = 'host-keE37''s-test'"#,
    ); // Q14
    exact(Scalar::Varchar, texts(["a\nb"]), "\"c\" = 'a\nb'"); // Q47
    exact(Scalar::Varchar, texts([r"a\b"]), r#""c" = 'a\b'"#); // Q47
    exact(
        Scalar::Integer,
        integers([20_000, 10_000]),
        r#""c" IN (20000, 10000)"#,
    ); // Q3
    exact(
        Scalar::Bigint,
        integers([9_007_199_254_740_993]),
        r#""c" = 9007199254740993"#,
    ); // Q34
    exact(
        Scalar::Bigint,
        integers([i64::MIN]),
        r#""c" = (-9223372036854775807 - 1)"#,
    ); // Q35
    exact_or_null(
        Scalar::Varchar,
        texts(["x"]),
        r#"("c" = 'x' OR "c" IS NULL)"#,
    );
    exact_or_null(
        Scalar::Varchar,
        texts(["x", "y"]),
        r#"("c" IN ('x', 'y') OR "c" IS NULL)"#,
    );
}

#[test]
fn exclusions() {
    let not = |values: &[&str]| ValueSet::NoneOf(values.iter().map(|value| text(value)).collect());
    exact(Scalar::Varchar, not(&["x"]), r#""c" <> 'x'"#); // Q45
    exact(
        Scalar::Varchar,
        not(&["a", "b"]),
        r#""c" NOT IN ('a', 'b')"#,
    );
    exact_or_null(
        Scalar::Varchar,
        not(&["x"]),
        r#"("c" <> 'x' OR "c" IS NULL)"#,
    );
    exact_or_null(
        Scalar::Varchar,
        not(&["a", "b"]),
        r#"("c" NOT IN ('a', 'b') OR "c" IS NULL)"#,
    );
}

#[test]
fn ranges_of_one_column() {
    let int = Scalar::Integer;
    exact(int, ranges([(beyond(Integer(1)), Open)]), r#""c" > 1"#); // Q15
    exact(int, ranges([(Open, beyond(Integer(1)))]), r#""c" < 1"#); // Q3
    exact_or_null(
        int,
        ranges([(beyond(Integer(1)), Open)]),
        r#"("c" > 1 OR "c" IS NULL)"#,
    ); // Q20
    exact(
        int,
        ranges([(at(Integer(1)), at(Integer(5)))]),
        r#""c" >= 1 AND "c" <= 5"#,
    ); // Q31
    exact(
        Scalar::Varchar,
        ranges([(at(text("a")), beyond(text("b")))]),
        r#""c" >= 'a' AND "c" < 'b'"#,
    ); // Q26
    exact(
        int,
        ranges([(at(Integer(7)), at(Integer(7)))]),
        r#""c" = 7"#,
    );
    // Q30
    exact(
        int,
        ranges([(Open, beyond(Integer(1))), (beyond(Integer(10)), Open)]),
        r#"("c" < 1 OR "c" > 10)"#,
    );
    // Q32
    exact(
        int,
        ranges([
            (at(Integer(1)), at(Integer(2))),
            (at(Integer(5)), at(Integer(6))),
            (at(Integer(9)), at(Integer(9))),
            (at(Integer(11)), at(Integer(11))),
        ]),
        r#"(("c" >= 1 AND "c" <= 2) OR ("c" >= 5 AND "c" <= 6) OR "c" IN (9, 11))"#,
    );
    // Q33
    exact_or_null(
        int,
        ranges([
            (at(Integer(1)), at(Integer(2))),
            (at(Integer(9)), at(Integer(9))),
        ]),
        r#"(("c" >= 1 AND "c" <= 2) OR "c" = 9 OR "c" IS NULL)"#,
    );
}

#[test]
fn holes_in_ranges() {
    let but = |value: &str| ranges([(Open, beyond(text(value))), (beyond(text(value)), Open)]);
    exact(Scalar::Varchar, but("x"), r#""c" <> 'x'"#); // Q27
    exact_or_null(Scalar::Varchar, but("x"), r#"("c" <> 'x' OR "c" IS NULL)"#); // Q28
    // Q29
    exact(
        Scalar::Varchar,
        ranges([
            (Open, beyond(text("a"))),
            (beyond(text("a")), beyond(text("b"))),
            (beyond(text("b")), Open),
        ]),
        r#""c" NOT IN ('a', 'b')"#,
    );
    exact(
        Scalar::Bigint,
        ranges([
            (beyond(Integer(1)), beyond(Integer(5))),
            (beyond(Integer(5)), at(Integer(9))),
        ]),
        r#""c" > 1 AND "c" <= 9 AND "c" <> 5"#,
    );
}

/// An old Presto looks constants of a list up by a hash that tells the zeros apart.
#[test]
fn zeros_stand_in_no_list() {
    exact(
        Scalar::Double,
        doubles([2.5, -0.0, 1.5, 0.0]),
        r#"("c" IN (2.5E0, 1.5E0) OR "c" = 0.0E0)"#,
    );
    exact(
        Scalar::Double,
        doubles([0.0, 1.5]),
        r#"("c" = 1.5E0 OR "c" = 0.0E0)"#,
    );
    exact(Scalar::Double, doubles([0.0, -0.0]), r#""c" = 0.0E0"#);
    let none_of = |values: &[f64]| ValueSet::NoneOf(values.iter().copied().map(Double).collect());
    exact(
        Scalar::Double,
        none_of(&[0.0, 1.5, 2.5]),
        r#""c" NOT IN (1.5E0, 2.5E0) AND "c" <> 0.0E0"#,
    );
    exact(
        Scalar::Double,
        none_of(&[-0.0, 1.5]),
        r#""c" <> 1.5E0 AND "c" <> 0.0E0"#,
    );
    exact(Scalar::Bigint, integers([0, 1]), r#""c" IN (0, 1)"#);
}

#[test]
fn doubles_of_every_sort() {
    for (value, printed) in [
        (0.1, "1.0E-1"),
        (1e10, "1.0E10"),
        (1e-5, "1.0E-5"),
        (100.0, "1.0E2"),
        (-0.0, "0.0E0"),
    ] {
        exact(
            Scalar::Double,
            doubles([value]),
            &format!(r#""c" = {printed}"#),
        ); // Q36, Q37
    }
    exact(Scalar::Double, doubles([f64::NAN]), "1 = 0"); // Q37
    exact(Scalar::Double, doubles([1.0, f64::NAN]), r#""c" = 1.0E0"#);
    exact(
        Scalar::Double,
        ValueSet::NoneOf(vec![Double(f64::NAN)]),
        r#""c" IS NOT NULL"#,
    );
    exact(
        Scalar::Double,
        ranges([(beyond(Double(0.5)), Open)]),
        r#""c" > 5.0E-1"#,
    );
    exact(Scalar::Double, integers([3]), r#""c" = 3.0E0"#);
    let reason = "a double column is compared with an integer";
    skipped(Scalar::Double, integers([(1 << 53) + 1]), reason);
}

#[test]
fn infinities_and_nan_only_widen() {
    wider(
        Scalar::Double,
        doubles([f64::INFINITY]),
        r#""c" > 1.7976931348623157E308"#,
    ); // Q37
    wider(
        Scalar::Double,
        doubles([1.0, f64::NEG_INFINITY]),
        r#"("c" < -1.7976931348623157E308 OR "c" = 1.0E0)"#,
    );
    wider(
        Scalar::Double,
        ranges([(Open, beyond(Double(f64::INFINITY)))]),
        r#""c" IS NOT NULL"#,
    );
    wider(
        Scalar::Double,
        ranges([(at(Double(f64::NEG_INFINITY)), at(Double(2.0)))]),
        r#""c" <= 2.0E0"#,
    );
    wider(
        Scalar::Double,
        ranges([(at(Double(f64::NAN)), at(Double(2.0)))]),
        r#""c" <= 2.0E0"#,
    );
    wider(
        Scalar::Double,
        ValueSet::NoneOf(vec![Double(f64::INFINITY), Double(1.0)]),
        r#""c" <> 1.0E0"#,
    );
}

#[test]
fn two_booleans_are_everything() {
    let booleans = |values: &[bool]| {
        ValueSet::AnyOf(
            values
                .iter()
                .map(|value| Literal::Boolean(*value))
                .collect(),
        )
    };
    exact(Scalar::Boolean, booleans(&[true]), r#""c" = true"#); // Q38
    exact(
        Scalar::Boolean,
        booleans(&[false, true]),
        r#""c" IS NOT NULL"#,
    ); // Q38
    exact_or_null(Scalar::Boolean, booleans(&[true, false]), "1 = 1");
    exact(
        Scalar::Boolean,
        ValueSet::NoneOf(vec![Literal::Boolean(true)]),
        r#""c" = false"#,
    );
    exact(
        Scalar::Boolean,
        ValueSet::NoneOf(vec![Literal::Boolean(true), Literal::Boolean(false)]),
        "1 = 0",
    );
    exact(
        Scalar::Boolean,
        ranges([(beyond(Literal::Boolean(false)), Open)]),
        r#""c" = true"#,
    );
    exact(
        Scalar::Boolean,
        ranges([(Open, at(Literal::Boolean(true)))]),
        r#""c" IS NOT NULL"#,
    );
}

#[test]
fn timestamps_are_typed_nanoseconds() {
    let printed = "TIMESTAMP '2024-04-05 09:31:12.142000000'";
    let next = "TIMESTAMP '2024-04-05 09:31:12.143000000'";
    let millisecond = (at(Timestamp(SPRING)), beyond(Timestamp(SPRING + 1_000_000)));
    // Q4, Q17: after the host has turned "> 12.142" into "from 12.143 on".
    exact(
        Scalar::Timestamp,
        ranges([(at(Timestamp(SPRING + 1_000_000)), Open)]),
        &format!(r#""c" >= {next}"#),
    );
    // Q41
    exact(
        Scalar::Timestamp,
        ranges([millisecond]),
        &format!(r#""c" >= {printed} AND "c" < {next}"#),
    );
    exact(
        Scalar::Timestamp,
        ranges([
            (Open, beyond(Timestamp(SPRING))),
            (at(Timestamp(SPRING + 1_000_000)), Open),
        ]),
        &format!(r#"("c" < {printed} OR "c" >= {next})"#),
    );
    // Q40
    exact(
        Scalar::Timestamp,
        ranges([(
            at(Timestamp(1_704_067_200_000_000_000)),
            beyond(Timestamp(1_704_153_600_000_000_000)),
        )]),
        r#""c" >= TIMESTAMP '2024-01-01 00:00:00.000000000' AND "c" < TIMESTAMP '2024-01-02 00:00:00.000000000'"#,
    );
    exact(
        Scalar::Timestamp,
        ranges([(Open, at(Timestamp(i64::MAX)))]),
        r#""c" <= TIMESTAMP '2262-04-11 23:47:16.854775807'"#,
    );
}

/// Before 1970 nothing is printed. The record's own time is never there; of other columns that is not known.
#[test]
fn timestamps_before_1970() {
    let of_time = |values| {
        let request = request(
            table(&[("time", Scalar::Timestamp)]),
            vec![domain(0, values)],
        );
        plan::plan(&request).unwrap().verdicts.remove(0)
    };
    let epoch = "TIMESTAMP '1970-01-01 00:00:00.000000000'";
    for (values, time, column) in [
        (
            ranges([(at(Timestamp(-1)), Open)]),
            Verdict::Exact(r#""time" IS NOT NULL"#.into()),
            Verdict::Wider(r#""c" IS NOT NULL"#.into()),
        ),
        (
            ranges([(Open, beyond(Timestamp(-1)))]),
            Verdict::Exact("1 = 0".into()),
            Verdict::Wider(format!(r#""c" < {epoch}"#)),
        ),
        (
            ranges([(at(Timestamp(i64::MIN)), beyond(Timestamp(0)))]),
            Verdict::Exact(format!(r#""time" < {epoch}"#)),
            Verdict::Wider(format!(r#""c" < {epoch}"#)),
        ),
        (
            ValueSet::AnyOf(vec![Timestamp(-5), Timestamp(-9)]),
            Verdict::Exact("1 = 0".into()),
            Verdict::Wider(format!(r#""c" < {epoch}"#)),
        ),
        (
            ValueSet::NoneOf(vec![Timestamp(-5)]),
            Verdict::Exact(r#""time" IS NOT NULL"#.into()),
            Verdict::Wider(r#""c" IS NOT NULL"#.into()),
        ),
        (
            ranges([(at(Timestamp(0)), Open)]),
            Verdict::Exact(format!(r#""time" >= {epoch}"#)),
            Verdict::Exact(format!(r#""c" >= {epoch}"#)),
        ),
    ] {
        assert_eq!(
            verdict(Scalar::Timestamp, domain(0, values.clone())),
            column
        );
        assert_eq!(of_time(values), time);
    }
}

#[test]
fn dates_are_typed_and_clamped() {
    exact(
        Scalar::Date,
        ValueSet::AnyOf(vec![Date(19_889)]),
        r#""c" = DATE '2024-06-15'"#,
    ); // Q42, Q43
    exact(
        Scalar::Date,
        ranges([(at(Date(0)), at(Date(106_751)))]),
        r#""c" >= DATE '1970-01-01' AND "c" <= DATE '2262-04-11'"#,
    );
    wider(
        Scalar::Date,
        ranges([(at(Date(-1)), beyond(Date(1)))]),
        r#""c" < DATE '1970-01-02'"#,
    );
    wider(
        Scalar::Date,
        ranges([(at(Date(1)), at(Date(106_752)))]),
        r#""c" >= DATE '1970-01-02'"#,
    );
    wider(
        Scalar::Date,
        ValueSet::AnyOf(vec![Date(i32::MAX)]),
        r#""c" > DATE '2262-04-11'"#,
    );
    wider(
        Scalar::Date,
        ValueSet::AnyOf(vec![Date(i32::MIN)]),
        r#""c" < DATE '1970-01-01'"#,
    );
    skipped(
        Scalar::Timestamp,
        ValueSet::AnyOf(vec![Date(1)]),
        "a timestamp column is compared with a date",
    );
}

#[test]
fn a_text_with_nul_is_never_printed() {
    wider(Scalar::Varchar, texts(["a\0", "b"]), r#""c" IS NOT NULL"#);
    wider(
        Scalar::Varchar,
        ranges([(at(text("a\0")), beyond(text("c")))]),
        r#""c" < 'c'"#,
    );
    wider(
        Scalar::Varchar,
        ValueSet::NoneOf(vec![text("\0"), text("b")]),
        r#""c" <> 'b'"#,
    );
    assert_eq!(
        verdict(Scalar::Varchar, domain_or_null(0, texts(["\0"]))),
        Verdict::Skipped("it holds a constant that SQL has no form for".into())
    );
}

#[test]
fn what_is_shown_as_text_is_not_compared() {
    let reason = |what| format!("`c` is {what} shown as text, and texts compare differently");
    skipped(
        Scalar::Time,
        texts(["10:00:00.000000000"]),
        &reason("a time of day"),
    );
    skipped(
        Scalar::IntervalDayToSecond,
        texts(["1"]),
        &reason("an interval"),
    );
    skipped(
        Scalar::IntervalYearToMonth,
        texts(["1"]),
        &reason("an interval"),
    );
    skipped(
        Scalar::Unknown,
        texts(["1"]),
        &reason("a value without a type"),
    );
    exact_or_null(Scalar::Time, ValueSet::None, r#""c" IS NULL"#);
    exact(
        Scalar::IntervalDayToSecond,
        ValueSet::All,
        r#""c" IS NOT NULL"#,
    );
}

#[test]
fn a_constant_of_another_type_is_not_compared() {
    skipped(
        Scalar::Varchar,
        integers([1]),
        "a varchar column is compared with an integer",
    );
    skipped(
        Scalar::Bigint,
        texts(["1"]),
        "an integer column is compared with a text",
    );
    skipped(
        Scalar::Boolean,
        integers([1]),
        "a boolean column is compared with an integer",
    );
}

#[test]
fn many_ranges_become_the_one_around_them() {
    let many = |count: i64| ranges_of((0..count).map(|low| (10 * low, 10 * low + 1)));
    let verdict = verdict(Scalar::Bigint, domain(0, many(65)));
    assert_eq!(verdict, Verdict::Wider(r#""c" >= 0 AND "c" <= 641"#.into()));
}

fn ranges_of(bounds: impl Iterator<Item = (i64, i64)>) -> ValueSet {
    ValueSet::Ranges(
        bounds
            .map(|(low, high)| Range {
                low: at(Integer(low)),
                high: at(Integer(high)),
            })
            .collect(),
    )
}
