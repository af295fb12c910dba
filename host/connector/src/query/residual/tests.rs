//! The evaluator against what Trino says of single values.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray,
};

use super::admitted;
use crate::error::{Error, Result};
use crate::query::{Expression, Function, Literal, Term};

fn field(index: usize) -> Expression {
    Expression::Field(index)
}

fn constant(literal: Literal) -> Expression {
    Expression::Constant(literal)
}

fn integer(value: i64) -> Expression {
    constant(Literal::Integer(value))
}

fn double(value: f64) -> Expression {
    constant(Literal::Double(value))
}

fn call<const N: usize>(function: Function, arguments: [Expression; N]) -> Expression {
    Expression::Call(function, arguments.into())
}

fn list<const N: usize>(elements: [Expression; N]) -> Expression {
    call(Function::Array, elements)
}

/// Rows of the fields that meet all expressions.
fn rows<const N: usize>(fields: &[ArrayRef], expressions: [Expression; N]) -> Result<Vec<bool>> {
    let named = fields.iter().enumerate();
    let named = named.map(|(index, array)| (format!("f{index}"), array.clone(), true));
    let batch = RecordBatch::try_from_iter_with_nullable(named).unwrap();
    let terms: Vec<Term> = expressions.into_iter().map(Term::Expression).collect();
    let kept = admitted(&terms, &batch, Some)?;
    Ok(kept.iter().map(Option::unwrap).collect())
}

/// What an expression without fields is: true, false or NULL.
fn truth(expression: Expression) -> Option<bool> {
    let row = [Arc::new(BooleanArray::from(vec![true])) as ArrayRef];
    let is = |expression| rows(&row, [expression]).unwrap()[0];
    let not = call(Function::Not, [expression.clone()]);
    match (is(expression), is(not)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
        (true, true) => panic!("true and false at once"),
    }
}

fn message(result: Result<Vec<bool>, Error>) -> String {
    result.unwrap_err().message().to_owned()
}

fn equal(left: Expression, right: Expression) -> Expression {
    call(Function::Equal, [left, right])
}

#[test]
fn nan_is_not_distinct_from_nan() {
    use Function::{IsDistinctFrom, NullIf};
    let distinct = |left, right| truth(call(IsDistinctFrom, [double(left), double(right)]));
    assert_eq!(distinct(f64::NAN, f64::NAN), Some(false));
    assert_eq!(distinct(f64::NAN, -f64::NAN), Some(false));
    assert_eq!(distinct(f64::NAN, 1.0), Some(true));
    assert_eq!(distinct(-0.0, 0.0), Some(false));
    let null = call(IsDistinctFrom, [double(f64::NAN), Expression::Null]);
    assert_eq!(truth(null), Some(true));
    // But it equals nothing, so that NULLIF leaves it.
    let nan = || double(f64::NAN);
    assert_eq!(truth(equal(nan(), nan())), Some(false));
    assert_eq!(truth(call(Function::NotEqual, [nan(), nan()])), Some(true));
    assert_eq!(
        truth(call(Function::In, [nan(), list([nan()])])),
        Some(false)
    );
    let left = call(NullIf, [nan(), nan()]);
    assert_eq!(truth(call(Function::IsNull, [left])), Some(false));
}

/// One failure below many functions is one failure, not twice as many with each.
#[test]
fn a_failure_does_not_multiply_with_nesting() {
    let fields = [Arc::new(Int32Array::from(vec![i32::MAX])) as ArrayRef];
    let mut nested = call(Function::Add, [field(0), integer(1)]);
    for _ in 0..60 {
        nested = call(
            Function::NullIf,
            [call(Function::Negate, [nested]), integer(7)],
        );
    }
    let error = rows(&fields, [equal(nested, integer(0))]).unwrap_err();
    assert!(error.message().contains("`$add`"), "{error}");
}

#[test]
fn integers_overflow_at_their_own_width() {
    use Function::{Add, Divide, Modulus, Multiply, Negate, Subtract};
    let narrow = [Arc::new(Int32Array::from(vec![i32::MIN])) as ArrayRef];
    let wide = [Arc::new(Int64Array::from(vec![i64::MIN])) as ArrayRef];
    let is =
        |fields: &[ArrayRef], expression, value| rows(fields, [equal(expression, integer(value))]);
    let failed = |function: Function| {
        format!(
            "cannot evaluate `{}`: on some row its result is beyond the range of its type",
            function.name()
        )
    };
    for fields in [&narrow, &wide] {
        for (function, other) in [(Add, -1), (Subtract, 1), (Multiply, 2), (Divide, -1)] {
            let result = is(fields, call(function, [field(0), integer(other)]), 0);
            assert_eq!(message(result), failed(function));
        }
        assert_eq!(
            message(is(fields, call(Negate, [field(0)]), 0)),
            failed(Negate)
        );
        // Java's and so Trino's remainder: no failure.
        assert_eq!(
            is(fields, call(Modulus, [field(0), integer(-1)]), 0).unwrap(),
            [true]
        );
    }
    // With a bigint, an integer has room.
    let sum = call(Subtract, [field(0), integer(1 << 32)]);
    assert_eq!(
        is(&narrow, sum, i64::from(i32::MIN) - (1 << 32)).unwrap(),
        [true]
    );
    let both = [
        narrow[0].clone(),
        Arc::new(Int64Array::from(vec![-1])) as ArrayRef,
    ];
    let sum = call(Add, [field(0), field(1)]);
    assert_eq!(is(&both, sum, i64::from(i32::MIN) - 1).unwrap(), [true]);
}

#[test]
fn integers_are_divided_toward_zero_and_never_by_it() {
    use Function::{Divide, Modulus};
    let is = |function, left, right, result| {
        truth(equal(
            call(function, [integer(left), integer(right)]),
            integer(result),
        ))
    };
    assert_eq!(is(Divide, -7, 2, -3), Some(true));
    assert_eq!(is(Modulus, -7, 2, -1), Some(true));
    assert_eq!(is(Modulus, 7, -2, 1), Some(true));
    let one = [Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef];
    for function in [Divide, Modulus] {
        let result = rows(
            &one,
            [equal(call(function, [field(0), integer(0)]), integer(0))],
        );
        let expected = format!(
            "cannot evaluate `{}`: on some row its divisor is 0",
            function.name()
        );
        assert_eq!(message(result), expected);
    }
    // NULL whatever it is divided by.
    let null = call(Divide, [Expression::Null, integer(0)]);
    assert_eq!(truth(call(Function::IsNull, [null])), Some(true));
}

#[test]
fn doubles_follow_ieee() {
    use Function::{Add, Divide, Modulus, Multiply, Negate, Subtract};
    let is = |expression, result| truth(equal(expression, double(result)));
    let of = |function, left, right| call(function, [double(left), double(right)]);
    assert_eq!(is(of(Divide, 1.0, 0.0), f64::INFINITY), Some(true));
    assert_eq!(is(of(Modulus, -7.5, 2.0), -1.5), Some(true));
    assert_eq!(is(of(Add, 0.1, 0.2), 0.300_000_000_000_000_04), Some(true));
    assert_eq!(is(of(Multiply, 1e308, 10.0), f64::INFINITY), Some(true));
    let nan = of(Subtract, f64::INFINITY, f64::INFINITY);
    assert_eq!(truth(equal(nan.clone(), nan)), Some(false));
    // The sign of a zero shows in what it divides.
    let negative = call(Negate, [double(0.0)]);
    let quotient = call(Divide, [double(1.0), negative]);
    assert_eq!(is(quotient, f64::NEG_INFINITY), Some(true));
    // An integer beside a double becomes one, beyond 2^53 as the nearest.
    assert_eq!(is(call(Divide, [integer(7), double(2.0)]), 3.5), Some(true));
    assert_eq!(
        is(integer((1 << 53) + 1), 9_007_199_254_740_992.0),
        Some(true)
    );
}

#[test]
fn nullif_keeps_the_first_in_its_own_type() {
    use Function::{IsNull, NullIf};
    let null = |left, right| truth(call(IsNull, [call(NullIf, [left, right])]));
    let text = |text: &str| constant(Literal::Text(text.into()));
    assert_eq!(null(text("a"), text("a")), Some(true));
    assert_eq!(null(text("a"), text("A")), Some(false));
    assert_eq!(null(text("a"), Expression::Null), Some(false));
    assert_eq!(null(Expression::Null, text("a")), Some(true));
    assert_eq!(null(integer(1), double(1.0)), Some(true));
    // 7 stays an integer beside 2.0: 7 / 2 is 3.
    let seven = call(NullIf, [integer(7), double(2.0)]);
    let half = call(Function::Divide, [seven, integer(2)]);
    assert_eq!(truth(equal(half, integer(3))), Some(true));
}

#[test]
fn a_failure_counts_only_where_the_answer_depends_on_it() {
    use Function::{
        And, Divide, GreaterThan, In, IsDistinctFrom, IsNull, Not, NotEqual, NullIf, Or,
    };
    let fields = [Arc::new(Int64Array::from(vec![Some(0), Some(2), None])) as ArrayRef];
    let quotient = || call(Divide, [integer(10), field(0)]);
    let fails = || call(GreaterThan, [quotient(), integer(4)]);
    let nonzero = || call(NotEqual, [field(0), integer(0)]);
    let zero = || equal(field(0), integer(0));
    let kept = |expression| rows(&fields, [expression]);

    assert!(kept(fails()).is_err());
    // As terms of their own, and inside one, whichever stands first.
    assert_eq!(
        rows(&fields, [fails(), nonzero()]).unwrap(),
        [false, true, false]
    );
    assert_eq!(
        rows(&fields, [nonzero(), fails()]).unwrap(),
        [false, true, false]
    );
    for arguments in [[fails(), nonzero()], [nonzero(), fails()]] {
        assert_eq!(
            kept(call(And, arguments.clone())).unwrap(),
            [false, true, false]
        );
        let not = call(Not, [call(And, arguments)]);
        assert_eq!(kept(not).unwrap(), [true, false, false]);
    }
    assert_eq!(
        kept(call(Or, [fails(), zero()])).unwrap(),
        [true, true, false]
    );
    // A term that is NULL rejects as well.
    assert_eq!(
        rows(&fields, [fails(), equal(field(0), Expression::Null)]).unwrap(),
        [false; 3]
    );
    let is_in = call(In, [integer(0), list([quotient(), field(0)])]);
    assert_eq!(kept(is_in).unwrap(), [true, false, false]);
    // Nothing hides it.
    for expression in [
        call(IsNull, [quotient()]),
        call(Not, [fails()]),
        call(IsDistinctFrom, [quotient(), Expression::Null]),
        call(IsNull, [call(NullIf, [quotient(), Expression::Null])]),
        call(IsNull, [call(NullIf, [integer(1), quotient()])]),
        call(And, [Expression::Null, fails()]).clone(),
    ]
    .map(|expression| {
        call(
            Or,
            [equal(integer(1), integer(2)), call(IsNull, [expression])],
        )
    }) {
        assert!(kept(expression).is_err());
    }
}

#[test]
fn a_date_beside_an_instant_is_its_midnight() {
    const DAY: i64 = 86_400_000;
    let dates = Arc::new(Date32Array::from(vec![Some(1), Some(-1), None])) as ArrayRef;
    let instants = Arc::new(Date64Array::from(vec![Some(DAY), Some(1 - DAY), Some(0)])) as ArrayRef;
    let fields = [dates, instants];
    let date = |day| constant(Literal::Date(day));
    let instant = |millis| constant(Literal::Millis(millis));
    let kept = |expression| rows(&fields, [expression]).unwrap();
    assert_eq!(kept(equal(field(0), field(1))), [true, false, false]);
    assert_eq!(
        kept(call(Function::LessThan, [field(0), field(1)])),
        [false, true, false]
    );
    assert_eq!(kept(equal(field(0), instant(DAY))), [true, false, false]);
    assert_eq!(kept(equal(field(0), instant(DAY + 1))), [false; 3]);
    assert_eq!(kept(equal(field(1), date(1))), [true, false, false]);
    assert_eq!(kept(equal(field(1), date(0))), [false, false, true]);
}

#[test]
fn what_has_no_common_type_is_refused() {
    let fields = [
        Arc::new(StringArray::from(vec!["1"])) as ArrayRef,
        Arc::new(Date64Array::from(vec![1])) as ArrayRef,
    ];
    let kept = |expression| message(rows(&fields, [expression]));
    assert_eq!(
        kept(equal(field(0), integer(1))),
        "cannot evaluate `$equal` of Utf8 and Int32"
    );
    assert_eq!(
        kept(equal(call(Function::Negate, [field(0)]), integer(1))),
        "cannot evaluate `$negate` of Utf8"
    );
    let sum = call(Function::Subtract, [field(1), field(1)]);
    assert!(kept(equal(sum, field(1))).contains("`$subtract` of Timestamp"));
    assert_eq!(
        kept(call(Function::Not, [field(0)])),
        "cannot evaluate `$not`: an operand is Utf8, not boolean"
    );
}

#[test]
fn every_function_takes_an_untyped_null() {
    use Function::*;
    let null = || Expression::Null;
    for function in [
        Equal,
        NotEqual,
        LessThan,
        LessThanOrEqual,
        GreaterThan,
        GreaterThanOrEqual,
        Like,
    ] {
        assert_eq!(
            truth(call(function, [null(), null()])),
            None,
            "{function:?}"
        );
    }
    for function in [Add, Subtract, Multiply, Divide, Modulus, NullIf] {
        let result = call(function, [null(), null()]);
        assert_eq!(truth(call(IsNull, [result])), Some(true), "{function:?}");
        let result = call(function, [null(), integer(0)]);
        assert_eq!(truth(call(IsNull, [result])), Some(true), "{function:?}");
    }
    assert_eq!(truth(call(IsNull, [call(Negate, [null()])])), Some(true));
    assert_eq!(truth(call(IsDistinctFrom, [null(), null()])), Some(false));
    assert_eq!(truth(call(In, [null(), list([integer(1)])])), None);
    assert_eq!(truth(call(In, [null(), list([])])), Some(false));
    assert_eq!(truth(call(Not, [null()])), None);
    assert_eq!(truth(call(And, [null(), null()])), None);
    let instant = constant(Literal::Millis(1));
    assert_eq!(truth(equal(instant, null())), None);
}

#[test]
fn long_lists_and_ranges_hold_what_they_say() {
    let fields = [Arc::new(Int32Array::from(vec![Some(-3), Some(4), Some(5), None])) as ArrayRef];
    let even: Vec<Expression> = (0..1_000).rev().map(|n| integer(2 * n)).collect();
    let is_in = call(
        Function::In,
        [field(0), Expression::Call(Function::Array, even)],
    );
    assert_eq!(
        rows(&fields, [is_in.clone()]).unwrap(),
        [false, true, false, false]
    );
    let not = call(Function::Not, [is_in]);
    assert_eq!(rows(&fields, [not]).unwrap(), [true, false, true, false]);
}

fn kept(term: Term, array: ArrayRef) -> Vec<bool> {
    let batch = RecordBatch::try_from_iter_with_nullable([("f", array, true)]).unwrap();
    let kept = admitted(&[term], &batch, Some).unwrap();
    kept.iter().map(|value| value.unwrap()).collect()
}

#[test]
fn doubles_compare_as_ieee_says() {
    let doubles = || {
        Arc::new(Float64Array::from(vec![
            Some(f64::NAN),
            Some(-0.0),
            Some(5.0),
            None,
        ])) as ArrayRef
    };
    let zero = Literal::Double(0.0);
    let compare = |function, value| {
        Term::Expression(Expression::Call(
            function,
            vec![Expression::Field(0), Expression::Constant(value)],
        ))
    };
    assert_eq!(
        kept(compare(Function::Equal, zero.clone()), doubles()),
        [false, true, false, false]
    );
    assert_eq!(
        kept(compare(Function::NotEqual, zero), doubles()),
        [true, false, true, false]
    );
    assert_eq!(
        kept(
            compare(Function::GreaterThan, Literal::Integer(4)),
            doubles()
        ),
        [false, false, true, false]
    );
}

#[test]
fn connectives_have_three_values() {
    let values = || Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])) as ArrayRef;
    let field = || Expression::Field(0);
    let term = |expression| Term::Expression(expression);
    let call = |function, arguments| Expression::Call(function, arguments);
    let truth = Expression::Constant(Literal::Boolean(true));
    assert_eq!(
        kept(term(call(Function::Not, vec![field()])), values()),
        [false, true, false]
    );
    assert_eq!(
        kept(
            term(call(Function::Or, vec![field(), Expression::Null])),
            values()
        ),
        [true, false, false]
    );
    assert_eq!(
        kept(
            term(call(Function::Or, vec![Expression::Null, truth])),
            values()
        ),
        [true, true, true]
    );
    // NOT (f AND NULL): false AND NULL is false, so only that row is true.
    let and = call(Function::And, vec![field(), Expression::Null]);
    assert_eq!(
        kept(term(call(Function::Not, vec![and])), values()),
        [false, true, false]
    );
    assert_eq!(
        kept(term(call(Function::IsNull, vec![field()])), values()),
        [false, false, true]
    );
    let distinct = call(Function::IsDistinctFrom, vec![field(), Expression::Null]);
    assert_eq!(kept(term(distinct), values()), [true, true, false]);
}

#[test]
fn in_with_a_null_is_true_or_unknown() {
    let values = || Arc::new(Int64Array::from(vec![Some(1), Some(2), None])) as ArrayRef;
    let list = Expression::Call(
        Function::Array,
        vec![Expression::Constant(Literal::Integer(1)), Expression::Null],
    );
    let is_in = Expression::Call(Function::In, vec![Expression::Field(0), list]);
    assert_eq!(
        kept(Term::Expression(is_in.clone()), values()),
        [true, false, false]
    );
    let not_in = Expression::Call(Function::Not, vec![is_in]);
    assert_eq!(
        kept(Term::Expression(not_in), values()),
        [false, false, false]
    );
}

#[test]
fn like_has_no_escape_character() {
    let values = || {
        Arc::new(StringArray::from(vec![
            Some(r"a\b"),
            Some("a%b"),
            Some("axb\n"),
            None,
        ])) as ArrayRef
    };
    let like = |pattern: &str| {
        let pattern = Expression::Constant(Literal::Text(pattern.into()));
        Term::Expression(Expression::Call(
            Function::Like,
            vec![Expression::Field(0), pattern],
        ))
    };
    assert_eq!(kept(like(r"a\b"), values()), [true, false, false, false]);
    assert_eq!(kept(like(r"a\%"), values()), [true, false, false, false]);
    assert_eq!(kept(like("a_b%"), values()), [true, true, true, false]);
}

#[test]
fn timestamps_are_compared_in_milliseconds_on_rows() {
    let values = Arc::new(Date64Array::from(vec![Some(5), Some(6), None])) as ArrayRef;
    let equal = Expression::Call(
        Function::Equal,
        vec![
            Expression::Field(0),
            Expression::Constant(Literal::Millis(5)),
        ],
    );
    assert_eq!(kept(Term::Expression(equal), values), [true, false, false]);
}

#[test]
fn like_with_an_escape_character() {
    let texts = ["50%", "50!", "50!%", "500", r"a\b", r"a\%"];
    let texts = [Arc::new(StringArray::from(texts.to_vec())) as ArrayRef];
    let text = |text: &str| constant(Literal::Text(text.into()));
    let like = |pattern, escape| {
        let call = call(Function::Like, [field(0), text(pattern), text(escape)]);
        rows(&texts, [call])
    };
    let only = |place: usize| (0..6).map(|row| row == place).collect::<Vec<_>>();
    assert_eq!(like("50!%", "!").unwrap(), only(0));
    assert_eq!(like("50!!", "!").unwrap(), only(1));
    assert_eq!(like("50!!!%", "!").unwrap(), only(2));
    assert_eq!(like("__0", "!").unwrap(), only(3));
    assert_eq!(like(r"a\\b", r"\").unwrap(), only(4));
    assert_eq!(like(r"a\\\%", r"\").unwrap(), only(5));
    // An escape that is itself a digit: `5%` is a percent sign.
    assert_eq!(like("5%", "5").unwrap(), [false; 6]);
    for (pattern, escape) in [("50!0", "!"), ("50!", "!"), ("a", "!!"), ("a", "")] {
        let message = like(pattern, escape).unwrap_err().to_string();
        assert!(message.contains("`$like_pattern`: the escape"), "{message}");
        // It fails no query where no row depends on it.
        let is_like = call(Function::Like, [field(0), text(pattern), text(escape)]);
        let none = equal(field(0), text("none"));
        assert_eq!(rows(&texts, [is_like, none]).unwrap(), [false; 6]);
    }
    let null = call(Function::Like, [field(0), text("%"), Expression::Null]);
    assert_eq!(rows(&texts, [null]).unwrap(), [false; 6]);
}

#[test]
fn distinct_from_null_is_told_for_every_type() {
    let texts = Arc::new(StringArray::from(vec![Some("a"), None])) as ArrayRef;
    let distinct = Expression::Call(
        Function::IsDistinctFrom,
        vec![Expression::Field(0), Expression::Null],
    );
    assert_eq!(kept(Term::Expression(distinct), texts), [true, false]);
}

/// A constant stands on every row: these would take 100 MiB at once.
#[test]
fn a_long_text_is_compared_with_rows_by_the_slice() {
    let long = "x".repeat(1 << 20);
    let is_long = |row: usize| row == 0 || row == 99;
    let texts = (0..100).map(|row| if is_long(row) { long.as_str() } else { "x" });
    let texts = Arc::new(StringArray::from_iter_values(texts)) as ArrayRef;
    let is = equal(field(0), constant(Literal::Text(long.clone())));
    let expected: Vec<bool> = (0..100).map(is_long).collect();
    assert_eq!(rows(&[texts], [is]).unwrap(), expected);
}
