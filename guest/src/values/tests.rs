//! Every pair of ranges over a few values: what comes out holds at least what went in, and exactly that if it says so.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::operand::Kind;

/// Whether a set admits a value, by the contract's words alone.
fn admits(set: &ValueSet, value: &Literal) -> bool {
    match set {
        ValueSet::All => true,
        ValueSet::None => false,
        ValueSet::AnyOf(list) => list.contains(value),
        ValueSet::NoneOf(list) => !list.contains(value),
        ValueSet::Ranges(ranges) => ranges.iter().any(|range| {
            let low = match &range.low {
                Bound::Unbounded => true,
                Bound::Inclusive(low) => compare(low, value).is_le(),
                Bound::Exclusive(low) => compare(low, value).is_lt(),
            };
            let high = match &range.high {
                Bound::Unbounded => true,
                Bound::Inclusive(high) => compare(value, high).is_le(),
                Bound::Exclusive(high) => compare(value, high).is_lt(),
            };
            low && high
        }),
    }
}

/// Every way to begin or end a range at one of these values.
fn bounds(universe: &[Literal]) -> Vec<Bound> {
    let ends = universe
        .iter()
        .cloned()
        .flat_map(|value| [Bound::Inclusive(value.clone()), Bound::Exclusive(value)]);
    std::iter::once(Bound::Unbounded).chain(ends).collect()
}

fn check(kind: Kind, universe: &[Literal], set: &ValueSet) {
    let values = Values::new(kind, set).unwrap();
    let enclosing = values.enclosing();
    for value in universe
        .iter()
        .filter(|value| !kind.is_complete() || kind.place(value) == Place::Inside)
    {
        let admitted = admits(set, value);
        assert!(
            !admitted || values.contains(value),
            "{set:?} loses {value:?}: {values:?}"
        );
        assert!(
            !values.exact || admitted == values.contains(value),
            "{set:?} is not exact at {value:?}: {values:?}"
        );
        assert!(
            !values.contains(value) || enclosing.contains(value),
            "{enclosing:?} is no span around {values:?}"
        );
    }
}

fn check_every_set(kind: Kind, universe: &[Literal]) {
    let bounds = bounds(universe);
    let ranges: Vec<Range> = bounds
        .iter()
        .flat_map(|low| {
            bounds.iter().map(|high| Range {
                low: low.clone(),
                high: high.clone(),
            })
        })
        .filter(|range| {
            universe
                .iter()
                .any(|value| admits(&ValueSet::Ranges(vec![range.clone()]), value))
        })
        .collect();
    for first in &ranges {
        check(kind, universe, &ValueSet::Ranges(vec![first.clone()]));
        let last = universe
            .iter()
            .rposition(|value| admits(&ValueSet::Ranges(vec![first.clone()]), value))
            .unwrap();
        for second in &ranges {
            let begin = universe
                .iter()
                .position(|value| admits(&ValueSet::Ranges(vec![second.clone()]), value))
                .unwrap();
            if begin > last {
                check(
                    kind,
                    universe,
                    &ValueSet::Ranges(vec![first.clone(), second.clone()]),
                );
            }
        }
    }
    for subset in 0u32..1 << universe.len() {
        let chosen = universe
            .iter()
            .zip(0..)
            .filter(|(_, place)| subset & (1 << place) != 0);
        let chosen: Vec<Literal> = chosen.map(|(value, _)| value.clone()).collect();
        check(kind, universe, &ValueSet::AnyOf(chosen.clone()));
        check(kind, universe, &ValueSet::NoneOf(chosen));
    }
    check(kind, universe, &ValueSet::All);
    check(kind, universe, &ValueSet::None);
}

#[test]
fn dates_around_both_edges() {
    let universe = [i32::MIN, -2, -1, 0, 1, 106_750, 106_751, 106_752, i32::MAX].map(Literal::Date);
    check_every_set(Kind::Date, &universe);
}

#[test]
fn timestamps_around_the_epoch_and_the_limits() {
    let universe = [i64::MIN, -2, -1, 0, 1, 2, i64::MAX - 1, i64::MAX].map(Literal::Timestamp);
    check_every_set(Kind::Timestamp { stored: false }, &universe);
    check_every_set(Kind::Timestamp { stored: true }, &universe);
}

#[test]
fn doubles_with_infinities() {
    let universe = [
        f64::NEG_INFINITY,
        f64::MIN,
        -1.0,
        0.0,
        5e-324,
        f64::MAX,
        f64::INFINITY,
    ]
    .map(Literal::Double);
    check_every_set(Kind::Double, &universe);
}

/// SQL takes both zeros for equal: the span around one of them and all above the other holds zero.
#[test]
fn minus_zero_is_zero() {
    let set = ValueSet::Ranges(vec![
        Range {
            low: Bound::Inclusive(Literal::Double(0.0)),
            high: Bound::Inclusive(Literal::Double(0.0)),
        },
        Range {
            low: Bound::Exclusive(Literal::Double(-0.0)),
            high: Bound::Unbounded,
        },
    ]);
    let enclosing = Values::new(Kind::Double, &set).unwrap().enclosing();
    let low = Bound::Inclusive(Literal::Double(0.0));
    assert_eq!(enclosing.spans[0].low, low);
}

#[test]
fn texts_with_nul_and_beyond_the_basic_plane() {
    // In code-point order, which differs from UTF-16's for the last two.
    let universe = ["", "\0", "A", "a", "a\0", "b", "\u{e000}", "\u{10000}"]
        .map(|text| Literal::Text(text.into()));
    check_every_set(Kind::Text, &universe);
}

#[test]
fn integers_and_booleans_are_always_exact() {
    let integers = [i64::MIN, -1, 0, 1, i64::MAX].map(Literal::Integer);
    check_every_set(Kind::Integer, &integers);
    check_every_set(Kind::Boolean, &[false, true].map(Literal::Boolean));
    let set = ValueSet::NoneOf(integers.to_vec());
    assert!(Values::new(Kind::Integer, &set).unwrap().exact);
}
