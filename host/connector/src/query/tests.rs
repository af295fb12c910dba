//! Value sets, the nanosecond rewrite and orders, against what SQL says of single values.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;

use super::*;

const MILLI: i64 = 1_000_000;
const TOP_N_BYTES: usize = 64 << 20;

fn mapping(data_type: DataType) -> Mapping {
    Mapping {
        fields: vec![Field {
            name: "f".into(),
            data_type,
            column: Some(0),
            comment: None,
        }],
    }
}

fn nanos_of(values: ValueSet) -> ValueSet {
    let term = Term::Domain(Domain {
        field: 0,
        values,
        null_allowed: false,
    });
    match pushed_term(&term, &mapping(DataType::Date64)) {
        Some(Term::Domain(domain)) => domain.values,
        other => panic!("{other:?}"),
    }
}

fn range(low: Bound, high: Bound) -> Range {
    Range { low, high }
}

fn half_open(low: i64, high: i64) -> Range {
    range(
        Bound::Inclusive(Literal::Nanos(low)),
        Bound::Exclusive(Literal::Nanos(high)),
    )
}

fn millis(millis: i64) -> Literal {
    Literal::Millis(millis)
}

#[test]
fn comparisons_in_milliseconds_become_half_open_ranges() {
    // timestream.md 9.2, with X = 5 ms.
    let up = |low| ValueSet::Ranges(vec![range(low, Bound::Unbounded)]);
    let down = |high| ValueSet::Ranges(vec![range(Bound::Unbounded, high)]);
    let nanos = |nanos| Literal::Nanos(nanos);
    assert_eq!(
        nanos_of(ValueSet::AnyOf(vec![millis(5)])),
        ValueSet::Ranges(vec![half_open(5 * MILLI, 6 * MILLI)])
    );
    assert_eq!(
        nanos_of(down(Bound::Exclusive(millis(5)))),
        down(Bound::Exclusive(nanos(5 * MILLI)))
    );
    assert_eq!(
        nanos_of(down(Bound::Inclusive(millis(5)))),
        down(Bound::Exclusive(nanos(6 * MILLI)))
    );
    assert_eq!(
        nanos_of(up(Bound::Exclusive(millis(5)))),
        up(Bound::Inclusive(nanos(6 * MILLI)))
    );
    assert_eq!(
        nanos_of(up(Bound::Inclusive(millis(5)))),
        up(Bound::Inclusive(nanos(5 * MILLI)))
    );
    assert_eq!(
        nanos_of(ValueSet::NoneOf(vec![millis(5)])),
        ValueSet::Ranges(vec![
            range(Bound::Unbounded, Bound::Exclusive(nanos(5 * MILLI))),
            range(Bound::Inclusive(nanos(6 * MILLI)), Bound::Unbounded)
        ])
    );
}

#[test]
fn neighbouring_milliseconds_merge() {
    let set = nanos_of(ValueSet::AnyOf(vec![
        millis(7),
        millis(5),
        millis(6),
        millis(-1),
    ]));
    assert_eq!(
        set,
        ValueSet::Ranges(vec![half_open(-MILLI, 0), half_open(5 * MILLI, 8 * MILLI)])
    );
}

#[test]
fn milliseconds_beyond_the_nanosecond_line_keep_their_meaning() {
    let beyond = i64::MAX / MILLI + 1;
    assert_eq!(
        nanos_of(ValueSet::AnyOf(vec![millis(beyond)])),
        ValueSet::None
    );
    assert_eq!(
        nanos_of(ValueSet::NoneOf(vec![millis(beyond)])),
        ValueSet::All
    );
    let down = |high| ValueSet::Ranges(vec![range(Bound::Unbounded, high)]);
    let up = |low| ValueSet::Ranges(vec![range(low, Bound::Unbounded)]);
    assert_eq!(
        nanos_of(down(Bound::Inclusive(millis(beyond)))),
        ValueSet::All
    );
    assert_eq!(
        nanos_of(up(Bound::Inclusive(millis(beyond)))),
        ValueSet::None
    );
    assert_eq!(
        nanos_of(up(Bound::Exclusive(millis(i64::MAX)))),
        ValueSet::None
    );
    assert_eq!(
        nanos_of(down(Bound::Exclusive(millis(i64::MIN)))),
        ValueSet::None
    );
    assert_eq!(
        nanos_of(up(Bound::Inclusive(millis(i64::MIN)))),
        ValueSet::All
    );
}

#[test]
fn every_nanosecond_is_judged_as_its_millisecond() {
    // Membership computed directly, on both sides of the rewrite, around the edges.
    let sets = [
        ValueSet::AnyOf(vec![millis(1), millis(3)]),
        ValueSet::NoneOf(vec![millis(-1), millis(2)]),
        ValueSet::Ranges(vec![range(
            Bound::Exclusive(millis(-2)),
            Bound::Inclusive(millis(1)),
        )]),
        ValueSet::Ranges(vec![
            range(Bound::Unbounded, Bound::Exclusive(millis(-1))),
            range(Bound::Inclusive(millis(2)), Bound::Exclusive(millis(4))),
        ]),
    ];
    for set in sets {
        let rewritten = nanos_of(set.clone());
        for milli in -4..6 {
            for nanos in [milli * MILLI, milli * MILLI + 1, milli * MILLI + 999_999] {
                let shown = Literal::Millis(nanos.div_euclid(MILLI));
                let stored = Literal::Nanos(nanos);
                assert_eq!(
                    member(&set, &shown),
                    member(&rewritten, &stored),
                    "{set:?} at {nanos}"
                );
            }
        }
    }
}

fn member(set: &ValueSet, value: &Literal) -> bool {
    match set {
        ValueSet::All => true,
        ValueSet::None => false,
        ValueSet::AnyOf(values) => values.contains(value),
        ValueSet::NoneOf(values) => !values.contains(value),
        ValueSet::Ranges(ranges) => ranges.iter().any(|range| {
            let above = match &range.low {
                Bound::Unbounded => true,
                Bound::Inclusive(low) => value >= low,
                Bound::Exclusive(low) => value > low,
            };
            let below = match &range.high {
                Bound::Unbounded => true,
                Bound::Inclusive(high) => value <= high,
                Bound::Exclusive(high) => value < high,
            };
            above && below
        }),
    }
}

#[test]
fn timestamp_comparisons_in_expressions_are_rewritten_or_kept_back() {
    let mapping = mapping(DataType::Date64);
    let field = || Expression::Field(0);
    let constant = |value| Expression::Constant(value);
    let call = |function, arguments: Vec<Expression>| Expression::Call(function, arguments);
    let pushed = |expression| pushed_term(&Term::Expression(expression), &mapping);
    let expected = |expression| Some(Term::Expression(expression));
    let nanos = |nanos| constant(Literal::Nanos(nanos));

    assert_eq!(
        pushed(call(Function::Equal, vec![constant(millis(5)), field()])),
        expected(call(
            Function::And,
            vec![
                call(
                    Function::GreaterThanOrEqual,
                    vec![field(), nanos(5 * MILLI)]
                ),
                call(Function::LessThan, vec![field(), nanos(6 * MILLI)]),
            ]
        ))
    );
    // 5 ms >= f is f <= 5 ms.
    assert_eq!(
        pushed(call(
            Function::GreaterThanOrEqual,
            vec![constant(millis(5)), field()]
        )),
        expected(call(Function::LessThan, vec![field(), nanos(6 * MILLI)]))
    );
    assert_eq!(pushed(call(Function::Equal, vec![field(), field()])), None);
    let span = |begin, end| {
        call(
            Function::And,
            vec![
                call(Function::GreaterThanOrEqual, vec![field(), nanos(begin)]),
                call(Function::LessThan, vec![field(), nanos(end)]),
            ],
        )
    };
    let is_in = |elements| {
        let list = call(Function::Array, elements);
        call(Function::In, vec![field(), list])
    };
    // Neighbours in one range; an instant that cannot be stored is dropped; NULL stays.
    let listed = vec![
        constant(millis(6)),
        constant(millis(i64::MAX)),
        constant(Literal::Date(-1)),
        constant(millis(5)),
        Expression::Null,
    ];
    const DAY: i64 = 86_400_000 * MILLI;
    assert_eq!(
        pushed(call(Function::Not, vec![is_in(listed)])),
        expected(call(
            Function::Not,
            vec![call(
                Function::Or,
                vec![
                    span(-DAY, MILLI - DAY),
                    span(5 * MILLI, 7 * MILLI),
                    Expression::Null
                ]
            )]
        ))
    );
    assert_eq!(pushed(is_in(vec![constant(millis(i64::MAX))])), None);
    assert_eq!(pushed(is_in(vec![field()])), None);
    assert_eq!(pushed(is_in(vec![Expression::Null])), None);
    assert_eq!(
        pushed(call(
            Function::IsDistinctFrom,
            vec![field(), constant(millis(5))]
        )),
        expected(call(
            Function::Or,
            vec![
                call(Function::IsNull, vec![field()]),
                call(Function::LessThan, vec![field(), nanos(5 * MILLI)]),
                call(
                    Function::GreaterThanOrEqual,
                    vec![field(), nanos(6 * MILLI)]
                ),
            ]
        ))
    );
    // A date beside a timestamp is its midnight.
    assert_eq!(
        pushed(call(
            Function::LessThan,
            vec![field(), constant(Literal::Date(1))]
        )),
        expected(call(Function::LessThan, vec![field(), nanos(DAY)]))
    );
    for kept in [
        call(Function::IsDistinctFrom, vec![field(), field()]),
        call(
            Function::IsNull,
            vec![call(Function::NullIf, vec![field(), constant(millis(5))])],
        ),
        call(
            Function::Equal,
            vec![
                call(Function::Subtract, vec![field(), constant(millis(5))]),
                constant(millis(0)),
            ],
        ),
        call(
            Function::LessThan,
            vec![field(), constant(millis(i64::MAX))],
        ),
        call(
            Function::GreaterThan,
            vec![field(), constant(millis(i64::MIN))],
        ),
        call(
            Function::Equal,
            vec![field(), constant(millis(i64::MAX / MILLI))],
        ),
    ] {
        assert_eq!(pushed(kept), None);
    }
    let is_null = call(Function::IsNull, vec![field()]);
    assert_eq!(pushed(is_null.clone()), expected(is_null));
}

#[test]
fn ranges_take_their_simplest_form() {
    let at = |value| Literal::Integer(value);
    let open = |low, high| range(Bound::Exclusive(at(low)), Bound::Exclusive(at(high)));
    let closed = |low, high| range(Bound::Inclusive(at(low)), Bound::Inclusive(at(high)));
    let below = |value| range(Bound::Unbounded, Bound::Exclusive(at(value)));
    let above = |value| range(Bound::Exclusive(at(value)), Bound::Unbounded);
    let check = |ranges, expected| assert_eq!(ValueSet::from_ranges(ranges), expected);

    check(vec![], ValueSet::None);
    check(
        vec![closed(3, 3), closed(1, 1)],
        ValueSet::AnyOf(vec![at(1), at(3)]),
    );
    check(vec![above(3), below(3)], ValueSet::NoneOf(vec![at(3)]));
    check(
        vec![below(1), open(1, 3), above(3)],
        ValueSet::NoneOf(vec![at(1), at(3)]),
    );
    check(vec![below(5), above(3)], ValueSet::All);
    check(vec![below(3), closed(3, 3), above(3)], ValueSet::All);
    check(
        vec![closed(1, 4), closed(2, 3), open(4, 6)],
        ValueSet::Ranges(vec![range(
            Bound::Inclusive(at(1)),
            Bound::Exclusive(at(6)),
        )]),
    );
    check(
        vec![open(1, 2), open(2, 3)],
        ValueSet::Ranges(vec![open(1, 2), open(2, 3)]),
    );
    check(vec![closed(4, 2), open(3, 3)], ValueSet::None);
}

#[test]
fn top_n_keeps_the_first_rows_of_all_batches() {
    let batch = |values: Vec<Option<i64>>| {
        RecordBatch::try_from_iter_with_nullable([(
            "f",
            Arc::new(Int64Array::from(values)) as ArrayRef,
            true,
        )])
        .unwrap()
    };
    let key = SortKey {
        field: 0,
        descending: true,
        nulls_first: false,
    };
    let mut top = TopN::new([(0, key)], 3, TOP_N_BYTES);
    for chunk in [
        vec![Some(1), None, Some(9)],
        vec![Some(4), Some(8), Some(2)],
        vec![Some(7), Some(3)],
    ] {
        top.push(batch(chunk)).unwrap();
    }
    assert_eq!(
        top.finish().unwrap().unwrap(),
        batch(vec![Some(9), Some(8), Some(7)])
    );
    let nulls_first = SortKey {
        nulls_first: true,
        ..key
    };
    let mut top = TopN::new([(0, nulls_first)], 2, TOP_N_BYTES);
    top.push(batch(vec![Some(1), None, Some(9)])).unwrap();
    assert_eq!(top.finish().unwrap().unwrap(), batch(vec![None, Some(9)]));
}

/// As Trino 435 sorts: the zeros tie, so that the next key decides, and NaN stands where NULL does.
#[test]
fn top_n_takes_the_zeros_for_one_and_has_nan_where_null_is() {
    let doubles = [
        f64::INFINITY,
        -f64::NAN,
        0.0,
        f64::NAN,
        -0.0,
        f64::NEG_INFINITY,
    ];
    let doubles = Arc::new(Float64Array::from(doubles.to_vec())) as ArrayRef;
    let places = Arc::new(Int64Array::from_iter_values(0..6)) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("d", doubles), ("place", places)]).unwrap();
    for (descending, nulls_first, expected) in [
        (false, false, [5, 2, 4, 0, 1, 3]),
        (true, false, [1, 3, 0, 2, 4, 5]),
        (false, true, [1, 3, 5, 2, 4, 0]),
        (true, true, [0, 2, 4, 5, 1, 3]),
    ] {
        let first = SortKey {
            field: 0,
            descending,
            nulls_first,
        };
        let second = SortKey {
            field: 1,
            descending: false,
            nulls_first: false,
        };
        let mut top = TopN::new([(0, first), (1, second)], 6, TOP_N_BYTES);
        top.push(batch.clone()).unwrap();
        let sorted = top.finish().unwrap().unwrap();
        let expected = Int64Array::from(expected.to_vec());
        assert_eq!(sorted.column(1).as_ref(), &expected as &dyn Array);
    }
}

#[test]
fn top_n_holds_many_rows_and_no_unbounded_number_of_bytes() {
    let key = SortKey {
        field: 0,
        descending: false,
        nulls_first: false,
    };
    let mut top = TopN::new([(0, key)], 250_000, TOP_N_BYTES);
    // Backwards, so that each batch's rows come before those that are held.
    for batch in (0..40).rev() {
        let rows = batch * 10_000..(batch + 1) * 10_000;
        let rows = Arc::new(Int64Array::from_iter_values(rows)) as ArrayRef;
        top.push(RecordBatch::try_from_iter([("f", rows)]).unwrap())
            .unwrap();
    }
    let first = top.finish().unwrap().unwrap();
    let expected = Int64Array::from_iter_values(0..250_000);
    assert_eq!(first.column(0).as_ref(), &expected as &dyn Array);

    let mut top = TopN::new([(0, key)], 5_000_000, TOP_N_BYTES);
    let wide = StringArray::from(vec!["x".repeat(8 << 20)]);
    let wide = RecordBatch::try_from_iter([("f", Arc::new(wide) as ArrayRef)]).unwrap();
    let refused = (0..20).find_map(|_| top.push(wide.clone()).err());
    assert!(
        refused
            .unwrap()
            .message()
            .contains("hint: use a smaller LIMIT")
    );
}

#[test]
fn ranges_with_nan_are_sorted_without_a_panic() {
    let at = |value| {
        range(
            Bound::Inclusive(Literal::Double(value)),
            Bound::Inclusive(Literal::Double(value)),
        )
    };
    let ranges = (0..60)
        .map(|n| {
            at(if n % 4 == 0 {
                f64::NAN
            } else {
                f64::from((n * 37) % 50)
            })
        })
        .collect();
    assert!(matches!(
        ValueSet::from_ranges(ranges),
        ValueSet::AnyOf(_) | ValueSet::Ranges(_)
    ));
}

#[test]
fn is_null_of_more_than_a_field_stays_with_the_host_where_timestamps_are_compared() {
    let mapping = mapping(DataType::Date64);
    let equal = Expression::Call(
        Function::Equal,
        vec![Expression::Field(0), Expression::Constant(millis(5))],
    );
    let is_null = Expression::Call(Function::IsNull, vec![equal]);
    let Some(Term::Expression(Expression::Call(Function::IsNull, inner))) =
        pushed_term(&Term::Expression(is_null), &mapping)
    else {
        panic!("kept")
    };
    assert!(
        matches!(&inner[0], Expression::Call(Function::And, _)),
        "rewritten inside"
    );
}
