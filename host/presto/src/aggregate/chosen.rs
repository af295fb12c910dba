//! Aggregates that choose among the values of a group, or collect them.

use std::cmp::Ordering;

use super::Aggregate;
use crate::function::form;
use crate::types::Type;
use crate::value::Value;

use Type::{Array, Bigint, Map, T, U};

/// Values that the forms with a number give at most, as Trino has it.
const MAX_CHOSEN: i64 = 10_000;

pub(super) fn all() -> Vec<Aggregate> {
    let of = |name, form| Aggregate::new(name, [form]);
    vec![
        of("arbitrary", form(&[T], T, first)),
        of("any_value", form(&[T], T, first)),
        Aggregate::new(
            "max_by",
            [
                form(&[T, U], T, |arguments| Ok(by(arguments, Ordering::Greater))).with_nulls(),
                form(&[T, U, Bigint], Array(&T), |arguments| {
                    several_by(arguments, Ordering::Greater)
                })
                .with_nulls(),
            ],
        ),
        Aggregate::new(
            "min_by",
            [
                form(&[T, U], T, |arguments| Ok(by(arguments, Ordering::Less))).with_nulls(),
                form(&[T, U, Bigint], Array(&T), |arguments| {
                    several_by(arguments, Ordering::Less)
                })
                .with_nulls(),
            ],
        ),
        of(
            MAX_N,
            form(&[T, Bigint], Array(&T), |arguments| {
                several(arguments, Ordering::Greater)
            }),
        ),
        of(
            MIN_N,
            form(&[T, Bigint], Array(&T), |arguments| {
                several(arguments, Ordering::Less)
            }),
        ),
        of("map_agg", form(&[T, U], Map(&T, &U), map).with_nulls()),
        of(
            "multimap_agg",
            form(&[T, U], Map(&T, &Array(&U)), multimap).with_nulls(),
        ),
        of("histogram", form(&[T], Map(&T, &Bigint), histogram)),
    ]
}

/// `max` and `min` with a number of values.
pub(crate) const MAX_N: &str = "max\u{1}n";
pub(crate) const MIN_N: &str = "min\u{1}n";

fn first<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    Ok(arguments[0]
        .elements()
        .first()
        .cloned()
        .unwrap_or(Value::Null))
}

/// The places of the rows whose value is not NULL, the wanted first.
fn ranked(values: &[Value<'_>], wanted: Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len())
        .filter(|place| !values[*place].is_null())
        .collect();
    places.sort_by(|left, right| {
        let (left, right) = (&values[*left], &values[*right]);
        match wanted {
            // NaN comes last here too.
            Ordering::Greater if left.is_nan() || right.is_nan() => left.order(right),
            Ordering::Greater => right.order(left),
            _ => left.order(right),
        }
    });
    places
}

fn by<'a>(arguments: &[Value<'a>], wanted: Ordering) -> Value<'a> {
    let place = ranked(arguments[1].elements(), wanted).first().copied();
    let value = place.and_then(|place| arguments[0].elements().get(place));
    value.cloned().unwrap_or(Value::Null)
}

fn several_by<'a>(arguments: &[Value<'a>], wanted: Ordering) -> Result<Value<'a>, String> {
    let (values, keys) = (arguments[0].elements(), arguments[1].elements());
    let Some(count) = number(&arguments[2])? else {
        return Ok(Value::Null);
    };
    let places = ranked(keys, wanted).into_iter().take(count);
    let chosen: Vec<Value<'a>> = places
        .filter_map(|place| values.get(place).cloned())
        .collect();
    Ok(match chosen.is_empty() {
        true => Value::Null,
        false => Value::List(chosen),
    })
}

fn several<'a>(arguments: &[Value<'a>], wanted: Ordering) -> Result<Value<'a>, String> {
    let values = arguments[0].elements();
    let Some(count) = number(&arguments[1])? else {
        return Ok(Value::Null);
    };
    let places = ranked(values, wanted).into_iter().take(count);
    Ok(Value::List(
        places
            .filter_map(|place| values.get(place).cloned())
            .collect(),
    ))
}

/// How many values are asked for; none of a group without rows.
fn number(counts: &Value<'_>) -> Result<Option<usize>, String> {
    let Some(count) = counts.elements().iter().find(|count| !count.is_null()) else {
        return Ok(None);
    };
    match (count.integer(), usize::try_from(count.integer())) {
        (1..=MAX_CHOSEN, Ok(count)) => Ok(Some(count)),
        (..1, _) => Err("third argument of max_by/min_by must be a positive integer".to_owned()),
        _ => Err(format!(
            "third argument of max_by/min_by must be less than or equal to {MAX_CHOSEN}"
        )),
    }
}

/// Keys with their first value.
fn map<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let groups = groups(arguments);
    let entries = groups
        .into_iter()
        .map(|(key, mut values)| (key, values.swap_remove(0)));
    let entries: Vec<_> = entries.collect();
    Ok(match entries.is_empty() {
        true => Value::Null,
        false => Value::Map(entries),
    })
}

fn multimap<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let groups = groups(arguments);
    let entries: Vec<_> = groups
        .into_iter()
        .map(|(key, values)| (key, Value::List(values)))
        .collect();
    Ok(match entries.is_empty() {
        true => Value::Null,
        false => Value::Map(entries),
    })
}

/// Keys that are not NULL with their values, in their order.
fn groups<'a>(arguments: &[Value<'a>]) -> Vec<(Value<'a>, Vec<Value<'a>>)> {
    let (keys, values) = (arguments[0].elements(), arguments[1].elements());
    let mut groups: Vec<(Value<'a>, Vec<Value<'a>>)> = Vec::new();
    for place in ranked(keys, Ordering::Less) {
        let (key, value) = (&keys[place], values[place].clone());
        match groups.last_mut() {
            Some((last, values)) if last.is_same(key) => values.push(value),
            _ => groups.push((key.clone(), vec![value])),
        }
    }
    groups
}

fn histogram<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let keys = arguments[0].clone();
    let ones = Value::List(vec![Value::Integer(1); keys.elements().len()]);
    let groups = groups(&[keys, ones]).into_iter();
    let entries: Vec<_> = groups
        .map(|(key, ones)| {
            (
                key,
                Value::Integer(i64::try_from(ones.len()).unwrap_or(i64::MAX)),
            )
        })
        .collect();
    Ok(match entries.is_empty() {
        true => Value::Null,
        false => Value::Map(entries),
    })
}
