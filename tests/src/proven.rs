//! The dialect loses no row: a share of what `cargo xtask prove` tries, and that the evaluator is right by itself.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use tests::plugin;
use tests::proof::model::Value;
use tests::proof::oracle::{Bound, Expr, Op, Set, Term, admits};
use tests::proof::subject::Subject;
use tests::proof::{conditions, end_to_end, exhaustive, run, tenants};

/// `cargo xtask prove --exhaustive` has domains of three ranges, five times as many.
#[test]
fn every_small_domain_of_every_type_keeps_its_rows() {
    let lines = exhaustive::lines();
    for (name, ranges) in [("timestream", 2), ("java-compat", 1)] {
        let subject = Subject::strict(plugin(name).unwrap());
        let check = |number: u64| {
            let line = &lines[number as usize];
            let checked = line.check(&subject, ranges)?;
            // Their values are all that SQL has a form for, so nothing may be left to the host.
            if name == "timestream" && ["boolean", "bigint", "integer"].contains(&line.name) {
                assert_eq!(checked.exact, checked.domains, "{}", line.name);
            }
            assert!(checked.exact > 0, "{name}: {}", line.name);
            Ok(None)
        };
        run::seeds(0, lines.len() as u64, check, |_| {}).unwrap();
    }
}

#[test]
fn thousands_of_random_terms_keep_their_rows() {
    let subject = Subject::strict(plugin("timestream").unwrap());
    let batch = |seed| conditions::batch(&subject, seed);
    run::seeds(1, 20, batch, |_| {}).unwrap();
}

#[test]
fn hundreds_of_random_queries_give_their_rows() {
    let subject = Subject::strict(plugin("timestream").unwrap());
    let stage = end_to_end::Stage::start(Arc::new(subject)).unwrap();
    run::seeds(1, 50, |seed| stage.batch(seed), |_| {}).unwrap();
}

#[test]
fn no_tenant_is_shown_another_s_rows() {
    let stage = tenants::Stage::start().unwrap();
    run::seeds(1, 12, |seed| stage.batch(seed), |_| {}).unwrap();
}

/// Whether an expression admits a row of one column.
fn holds(op: Op, arguments: &[Expr], value: Option<Value>) -> bool {
    let term = Term::Expression(Expr::Call(op, arguments.to_vec()));
    admits(&term, &vec![value]).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Trino's documentation, by hand: what the whole proof stands on.
#[test]
fn the_evaluator_knows_trinos_semantics() {
    use Expr::{Column, Constant, Null};
    let nan = || Some(Value::Double(f64::NAN));
    let zero = || Constant(Value::Double(0.0));
    let one = || Constant(Value::Integer(1));

    assert!(!holds(Op::Equal, &[Column(0), Column(0)], nan()));
    assert!(holds(Op::NotEqual, &[Column(0), Column(0)], nan()));
    assert!(!holds(Op::Distinct, &[Column(0), Column(0)], nan()));
    assert!(holds(
        Op::Equal,
        &[Column(0), zero()],
        Some(Value::Double(-0.0))
    ));
    assert!(!holds(
        Op::Equal,
        &[Column(0), Null],
        Some(Value::Integer(1))
    ));
    assert!(!holds(Op::NotEqual, &[Column(0), one()], None));
    assert!(holds(Op::Distinct, &[Column(0), one()], None));

    let in_list = Expr::Call(Op::In, vec![Column(0), one(), Null]);
    assert!(holds(
        Op::Or,
        std::slice::from_ref(&in_list),
        Some(Value::Integer(1))
    ));
    assert!(!holds(
        Op::Not,
        std::slice::from_ref(&in_list),
        Some(Value::Integer(2))
    ));
    assert!(holds(Op::IsNull, &[in_list], Some(Value::Integer(2))));

    let like = |pattern: &str, value: &str| {
        holds(
            Op::Like,
            &[Column(0), Constant(text(pattern))],
            Some(text(value)),
        )
    };
    assert!(like("a%c_", "abbc\u{1f600}"));
    assert!(like("%\\%", "a\\b") && !like("a\\%", "a%"));
    assert!(!like("a_", "ae\u{301}") && like("a_", "a\n"));

    let minus = |right| {
        Expr::Call(
            Op::Modulus,
            vec![Column(0), Constant(Value::Integer(right))],
        )
    };
    let equals = |expr, value| [expr, Constant(Value::Integer(value))];
    assert!(holds(
        Op::Equal,
        &equals(minus(3), -1),
        Some(Value::Integer(-7))
    ));
    let term = Term::Expression(Expr::Call(Op::IsNull, vec![minus(0)]));
    assert!(admits(&term, &vec![Some(Value::Integer(1))]).is_err());
}

/// A value set's members, by federation-protocol.md, section 4.2, and timestream.md, section 9.4.
#[test]
fn the_evaluator_knows_value_sets() {
    let double = |value| Value::Double(value);
    let admits = |set: &Set, null, value| {
        let set = set.clone();
        admits(
            &Term::Domain {
                column: 0,
                set,
                null,
            },
            &vec![value],
        )
        .unwrap()
    };
    let but_one = Set::Ranges(vec![
        (Bound::Unbounded, Bound::Without(double(1.0))),
        (Bound::Without(double(1.0)), Bound::Unbounded),
    ]);
    assert!(!admits(&but_one, true, Some(double(1.0))));
    assert!(admits(&but_one, true, None) && !admits(&but_one, false, None));
    // `<>` comes as two ranges, and NaN passes it; no other range holds NaN.
    assert!(admits(&but_one, false, Some(double(f64::NAN))));
    let above = Set::Ranges(vec![(
        Bound::With(double(f64::NEG_INFINITY)),
        Bound::Unbounded,
    )]);
    assert!(!admits(&above, false, Some(double(f64::NAN))));
    assert!(!admits(
        &Set::AnyOf(vec![double(f64::NAN)]),
        false,
        Some(double(f64::NAN))
    ));
    assert!(admits(
        &Set::NoneOf(vec![double(0.0)]),
        false,
        Some(double(f64::NAN))
    ));
    assert!(!admits(
        &Set::NoneOf(vec![double(0.0)]),
        false,
        Some(double(-0.0))
    ));
    assert!(!admits(&Set::Ranges(vec![]), false, Some(double(1.0))));
}
