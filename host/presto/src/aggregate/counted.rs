//! Aggregates that count, and those of bits.

use super::Aggregate;
use crate::array::distinct;
use crate::function::form;
use crate::types::Type;
use crate::value::Value;

use Type::{Bigint, Boolean, Double, T};

pub(super) fn all() -> Vec<Aggregate> {
    let of = |name, form| Aggregate::new(name, [form]);
    vec![
        of(
            "count_if",
            form(&[Boolean], Bigint, |arguments| {
                let values = arguments[0].elements().iter();
                Ok(count(
                    values
                        .filter(|value| **value == Value::Boolean(true))
                        .count(),
                ))
            }),
        ),
        // The estimate with no error.
        Aggregate::new(
            "approx_distinct",
            [
                form(&[T], Bigint, |arguments| Ok(distinct_count(&arguments[0]))),
                form(&[T, Double], Bigint, |arguments| {
                    let error = arguments[1].elements().first().map_or(0.01, Value::double);
                    match (LEAST_ERROR..=MOST_ERROR).contains(&error) {
                        true => Ok(distinct_count(&arguments[0])),
                        false => Err(format!(
                            "Standard error must be in [{LEAST_ERROR}, {MOST_ERROR}]: {error}"
                        )),
                    }
                }),
            ],
        ),
        of(
            "bool_and",
            form(&[Boolean], Boolean, |arguments| Ok(every(&arguments[0]))),
        ),
        of(
            "every",
            form(&[Boolean], Boolean, |arguments| Ok(every(&arguments[0]))),
        ),
        of(
            "bool_or",
            form(&[Boolean], Boolean, |arguments| {
                let values = arguments[0].elements();
                Ok(match values.is_empty() {
                    true => Value::Null,
                    false => Value::Boolean(values.contains(&Value::Boolean(true))),
                })
            }),
        ),
        of(
            "bitwise_and_agg",
            form(&[Bigint], Bigint, |arguments| {
                Ok(folded(&arguments[0], |left, right| left & right))
            }),
        ),
        of(
            "bitwise_or_agg",
            form(&[Bigint], Bigint, |arguments| {
                Ok(folded(&arguments[0], |left, right| left | right))
            }),
        ),
    ]
}

/// The errors that `approx_distinct` can be asked for (Trino; timestream.md, section 3.4).
const LEAST_ERROR: f64 = 0.0040625;
const MOST_ERROR: f64 = 0.26;

fn count(count: usize) -> Value<'static> {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn distinct_count(values: &Value<'_>) -> Value<'static> {
    count(distinct(values.elements().iter()).len())
}

fn every(values: &Value<'_>) -> Value<'static> {
    let values = values.elements();
    match values.is_empty() {
        true => Value::Null,
        false => Value::Boolean(!values.contains(&Value::Boolean(false))),
    }
}

fn folded(values: &Value<'_>, fold: fn(i64, i64) -> i64) -> Value<'static> {
    let values = values.elements().iter().map(Value::integer);
    values.reduce(fold).map_or(Value::Null, Value::Integer)
}
