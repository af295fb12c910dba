//! `approx_percentile`: the value of the nearest rank, which is what Trino's digest gives as long as it holds every value.

use super::Aggregate;
use crate::function::form;
use crate::types::Type;
use crate::value::{Value, order_doubles};

use Type::{Array, Bigint, Double};

pub(super) fn all() -> Vec<Aggregate> {
    vec![Aggregate::new(
        "approx_percentile",
        [
            form(&[Bigint, Double], Bigint, |arguments| {
                one(arguments, None, 1)
            }),
            form(&[Double, Double], Double, |arguments| {
                one(arguments, None, 1)
            }),
            form(&[Bigint, Array(&Double)], Array(&Bigint), |arguments| {
                several(arguments, None, 1)
            }),
            form(&[Double, Array(&Double)], Array(&Double), |arguments| {
                several(arguments, None, 1)
            }),
            form(&[Bigint, Double, Double], Bigint, |arguments| {
                one(arguments, Some(1), 2)
            }),
            form(&[Double, Double, Double], Double, |arguments| {
                one(arguments, Some(1), 2)
            }),
            form(
                &[Bigint, Double, Array(&Double)],
                Array(&Bigint),
                |arguments| several(arguments, Some(1), 2),
            ),
            form(
                &[Double, Double, Array(&Double)],
                Array(&Double),
                |arguments| several(arguments, Some(1), 2),
            ),
            // With an accuracy, which the exact value has.
            form(&[Bigint, Double, Double, Double], Bigint, |arguments| {
                one(arguments, Some(1), 2)
            }),
            form(&[Double, Double, Double, Double], Double, |arguments| {
                one(arguments, Some(1), 2)
            }),
        ],
    )]
}

fn one<'a>(
    arguments: &[Value<'a>],
    weights: Option<usize>,
    wanted: usize,
) -> Result<Value<'a>, String> {
    let weighted = weighted(arguments, weights)?;
    match arguments[wanted].elements().first() {
        Some(wanted) => percentile(&weighted, wanted.double()),
        None => Ok(Value::Null),
    }
}

fn several<'a>(
    arguments: &[Value<'a>],
    weights: Option<usize>,
    wanted: usize,
) -> Result<Value<'a>, String> {
    let weighted = weighted(arguments, weights)?;
    let Some(wanted) = arguments[wanted].elements().first() else {
        return Ok(Value::Null);
    };
    let wanted = wanted.elements().iter();
    let found = wanted.map(|wanted| percentile(&weighted, wanted.double()));
    Ok(Value::List(found.collect::<Result<_, _>>()?))
}

/// The values in their order, with their weights.
fn weighted<'a>(
    arguments: &[Value<'a>],
    weights: Option<usize>,
) -> Result<Vec<(Value<'a>, f64)>, String> {
    let weight = |row: usize| match weights {
        Some(weights) => arguments[weights].elements()[row].double(),
        None => 1.0,
    };
    let values = arguments[0].elements().iter().enumerate();
    let mut weighted: Vec<(Value<'a>, f64)> = values
        .map(|(row, value)| (value.clone(), weight(row)))
        .collect();
    if weighted
        .iter()
        .any(|(_, weight)| *weight < 1.0 || weight.is_nan())
    {
        return Err("percentile weight must be > 0".to_owned());
    }
    weighted.sort_by(|(left, _), (right, _)| match (left, right) {
        (Value::Double(left), Value::Double(right)) => order_doubles(*left, *right),
        _ => left.order(right),
    });
    Ok(weighted)
}

fn percentile<'a>(weighted: &[(Value<'a>, f64)], wanted: f64) -> Result<Value<'a>, String> {
    if !(0.0..=1.0).contains(&wanted) {
        return Err("Percentile must be between 0 and 1".to_owned());
    }
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let rank = wanted * total;
    let mut before = 0.0;
    for (value, weight) in weighted {
        before += weight;
        if rank < before {
            return Ok(value.clone());
        }
    }
    Ok(weighted
        .last()
        .map_or(Value::Null, |(value, _)| value.clone()))
}
