//! Maps.

use crate::array::{distinct, distinct_places};
use crate::function::{Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::{Array, Map, Row, T, U};

/// A map of any keys and values.
const OF_ANY: Type = Map(&T, &U);

pub(crate) fn all() -> Vec<Function> {
    let of = |name, form| Function::new(name, [form]);
    vec![
        Function::new(
            "map",
            [form(&[Array(&T), Array(&U)], OF_ANY, |arguments| {
                let (keys, values) = (arguments[0].elements(), arguments[1].elements());
                if keys.len() != values.len() {
                    return Err("Key and value arrays must be the same length".to_owned());
                }
                unique(keys.iter().cloned().zip(values.iter().cloned()).collect())
            })],
        ),
        of(
            "map_keys",
            form(&[OF_ANY], Array(&T), |arguments| {
                let keys = arguments[0].entries().iter().map(|(key, _)| key.clone());
                Ok(Value::List(keys.collect()))
            }),
        ),
        of(
            "map_values",
            form(&[OF_ANY], Array(&U), |arguments| {
                let values = arguments[0]
                    .entries()
                    .iter()
                    .map(|(_, value)| value.clone());
                Ok(Value::List(values.collect()))
            }),
        ),
        entries(),
        of(
            "map_from_entries",
            form(&[Array(&Row(&[T, U]))], OF_ANY, |arguments| {
                let rows = arguments[0].elements().iter();
                let entries = rows.map(|row| match row.elements() {
                    [key, value] => Ok((key.clone(), value.clone())),
                    _ => Err("map entry cannot be null".to_owned()),
                });
                unique(entries.collect::<Result<_, _>>()?)
            }),
        ),
        of(
            "map_concat",
            form(&[OF_ANY], OF_ANY, |arguments| {
                // Of one key the last value, and the last map's entries first, as Trino has them.
                let entries = arguments.iter().rev().flat_map(Value::entries);
                let entries: Vec<_> = entries.map(|(key, value)| (key, value)).collect();
                let places = distinct_places(entries.iter().map(|(key, _)| *key));
                let kept = places.into_iter().map(|place| {
                    let (key, value) = entries[place];
                    (key.clone(), value.clone())
                });
                Ok(Value::Map(kept.collect()))
            })
            .repeated(),
        ),
    ]
}

/// The entries of a map as rows.
pub(crate) fn entries() -> Function {
    let rows = form(&[OF_ANY], Array(&Row(&[T, U])), |arguments| {
        let entries = arguments[0].entries().iter();
        let rows = entries.map(|(key, value)| Value::Row(vec![key.clone(), value.clone()]));
        Ok(Value::List(rows.collect()))
    });
    Function::new("map_entries", [rows])
}

fn unique<'a>(entries: Vec<(Value<'a>, Value<'a>)>) -> Result<Value<'a>, String> {
    if entries.iter().any(|(key, _)| key.is_null()) {
        return Err("map key cannot be null".to_owned());
    }
    let map = Value::Map(entries);
    match has_unique_keys(&map) {
        true => Ok(map),
        false => Err("Duplicate map keys are not allowed".to_owned()),
    }
}

/// Whether no two keys of a map are one.
pub(crate) fn has_unique_keys(map: &Value<'_>) -> bool {
    let entries = map.entries();
    distinct(entries.iter().map(|(key, _)| key)).len() == entries.len()
}
