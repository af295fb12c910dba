//! Rows against domains.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Date64Array, Float64Array, Int32Array, StringArray};

use super::super::value::comparable;
use super::matches;
use crate::query::{Bound, Domain, Literal, Range, ValueSet};

fn kept(values: ValueSet, null_allowed: bool, array: &ArrayRef) -> Vec<bool> {
    let domain = Domain {
        field: 0,
        values,
        null_allowed,
    };
    let kept = matches(&domain, &comparable(array)).unwrap();
    kept.iter().map(Option::unwrap).collect()
}

fn from(low: Bound) -> ValueSet {
    ValueSet::Ranges(vec![Range {
        low,
        high: Bound::Unbounded,
    }])
}

#[test]
fn ranges_and_points_hold_what_they_say() {
    let integers = Arc::new(Int32Array::from(vec![Some(-3), Some(4), Some(5), None])) as ArrayRef;
    let at = Literal::Integer;
    let ranges = ValueSet::Ranges(vec![
        Range {
            low: Bound::Unbounded,
            high: Bound::Exclusive(at(-3)),
        },
        Range {
            low: Bound::Exclusive(at(3)),
            high: Bound::Exclusive(at(5)),
        },
        Range {
            low: Bound::Exclusive(at(5)),
            high: Bound::Unbounded,
        },
    ]);
    assert_eq!(kept(ranges, true, &integers), [false, true, false, true]);

    let instants = Arc::new(Date64Array::from(vec![Some(5), Some(6), None])) as ArrayRef;
    let other = ValueSet::NoneOf(vec![Literal::Millis(5)]);
    assert_eq!(kept(other, true, &instants), [false, true, true]);
}

#[test]
fn doubles_compare_as_ieee_says() {
    let doubles = vec![Some(f64::NAN), Some(-0.0), Some(5.0), None];
    let doubles = Arc::new(Float64Array::from(doubles)) as ArrayRef;
    let [zero, nan] = [0.0, f64::NAN].map(Literal::Double);
    let is_zero = ValueSet::AnyOf(vec![zero.clone()]);
    assert_eq!(kept(is_zero, false, &doubles), [false, true, false, false]);
    let from_zero = from(Bound::Inclusive(zero.clone()));
    assert_eq!(kept(from_zero, true, &doubles), [false, true, true, true]);
    let others = ValueSet::NoneOf(vec![nan.clone(), zero]);
    assert_eq!(kept(others, false, &doubles), [true, false, true, false]);
    assert_eq!(
        kept(from(Bound::Inclusive(nan)), false, &doubles),
        [false; 4]
    );
}

#[test]
fn text_is_ordered_by_code_point() {
    // U+1F600 is above U+FFFD by code point and below it in UTF-16 (reference-connector.md, W-7).
    let texts = Arc::new(StringArray::from(vec!["\u{1F600}", "\u{FFFD}"])) as ArrayRef;
    let above = from(Bound::Exclusive(Literal::Text("\u{FFFD}".into())));
    assert_eq!(kept(above, false, &texts), [true, false]);
}
