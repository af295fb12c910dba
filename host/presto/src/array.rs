//! Arrays. Positions count from 1, negative ones from the end.

use std::cmp::Ordering;

use crate::cast::{MILLISECONDS, text};
use crate::function::{Function, form};
use crate::map::has_unique_keys;
use crate::types::Type;
use crate::value::{Value, fits};

use Type::{Array, Bigint, Boolean, Map, T, U, Varchar};

/// An array of any elements.
const OF_T: Type = Array(&T);
/// Elements that `sequence` and `repeat` make at most, as Trino has it.
pub(crate) const MAX_MADE: usize = 10_000;

pub(crate) fn all() -> Vec<Function> {
    let of = |name, form| Function::new(name, [form]);
    vec![
        of(
            "array_distinct",
            form(&[OF_T], OF_T, |arguments| {
                Ok(Value::List(distinct(arguments[0].elements().iter())))
            }),
        ),
        of(
            "array_except",
            form(&[OF_T, OF_T], OF_T, |arguments| {
                let (left, right) = (arguments[0].elements(), arguments[1].elements());
                // Trino's answer, doubles and all.
                if right.is_empty() {
                    return Ok(arguments[0].clone());
                }
                let is_there = among(right);
                Ok(Value::List(distinct(
                    left.iter().filter(|element| !is_there(element)),
                )))
            }),
        ),
        of(
            "array_intersect",
            form(&[OF_T, OF_T], OF_T, |arguments| {
                let (left, right) = (arguments[0].elements(), arguments[1].elements());
                // In the order of the longer one, as Trino has it.
                let (left, right) = match left.len() < right.len() {
                    true => (right, left),
                    false => (left, right),
                };
                let is_there = among(right);
                Ok(Value::List(distinct(
                    left.iter().filter(|element| is_there(element)),
                )))
            }),
        ),
        of(
            "array_union",
            form(&[OF_T, OF_T], OF_T, |arguments| {
                let both = arguments[0]
                    .elements()
                    .iter()
                    .chain(arguments[1].elements());
                Ok(Value::List(distinct(both)))
            }),
        ),
        of("arrays_overlap", form(&[OF_T, OF_T], Boolean, overlap)),
        Function::new(
            "array_join",
            [
                form(&[OF_T, Varchar], Varchar, |arguments| join(arguments, None)),
                form(&[OF_T, Varchar, Varchar], Varchar, |arguments| {
                    join(arguments, Some(arguments[2].text()))
                }),
            ],
        ),
        of(
            "array_max",
            form(&[OF_T], T, |arguments| {
                Ok(extreme(arguments[0].elements(), Ordering::Greater))
            }),
        ),
        of(
            "array_min",
            form(&[OF_T], T, |arguments| {
                Ok(extreme(arguments[0].elements(), Ordering::Less))
            }),
        ),
        Function::new(
            "array_position",
            [
                form(&[OF_T, T], Bigint, |arguments| position(arguments, 1)),
                form(&[OF_T, T, Bigint], Bigint, |arguments| {
                    match arguments[2].integer() {
                        0 => {
                            Err("array_position cannot take a 0-valued instance argument."
                                .to_owned())
                        }
                        instance => position(arguments, instance),
                    }
                }),
            ],
        ),
        of(
            "array_remove",
            form(&[OF_T, T], OF_T, |arguments| {
                let kept = (arguments[0].elements().iter())
                    .filter(|element| element.equals(&arguments[1]) != Some(true));
                Ok(Value::List(kept.cloned().collect()))
            }),
        ),
        of(
            "array_sort",
            form(&[OF_T], OF_T, |arguments| {
                let mut elements = arguments[0].elements().to_vec();
                elements.sort_by(Value::order);
                Ok(Value::List(elements))
            }),
        ),
        Function::new(
            "cardinality",
            [
                form(&[OF_T], Bigint, |arguments| {
                    Ok(count(arguments[0].elements().len()))
                }),
                form(&[Map(&T, &U)], Bigint, |arguments| {
                    Ok(count(arguments[0].entries().len()))
                }),
            ],
        ),
        of("contains", form(&[OF_T, T], Boolean, contains)),
        Function::new(
            "element_at",
            [
                form(&[OF_T, Bigint], T, element_at),
                form(&[Map(&T, &U), T], U, |arguments| {
                    Ok(of_key(&arguments[0], &arguments[1]).unwrap_or(Value::Null))
                }),
            ],
        ),
        // What `||` means between an array and an element.
        Function::new(
            APPEND,
            [
                form(&[OF_T, T], OF_T, |arguments| {
                    let elements = arguments[0].elements().iter().chain(&arguments[1..]);
                    Ok(Value::List(elements.cloned().collect()))
                }),
                form(&[T, OF_T], OF_T, |arguments| {
                    let elements = arguments[..1].iter().chain(arguments[1].elements());
                    Ok(Value::List(elements.cloned().collect()))
                }),
            ],
        ),
        // What a subscript means: there must be such an element.
        Function::new(
            SUBSCRIPT,
            [
                form(&[OF_T, Bigint], T, subscript),
                form(&[Map(&T, &U), T], U, |arguments| {
                    of_key(&arguments[0], &arguments[1])
                        .ok_or_else(|| "Key not present in map".to_owned())
                }),
            ],
        ),
        of(
            "flatten",
            form(&[Array(&OF_T)], OF_T, |arguments| {
                let arrays = arguments[0].elements().iter();
                Ok(Value::List(
                    arrays.flat_map(Value::elements).cloned().collect(),
                ))
            }),
        ),
        of("ngrams", form(&[OF_T, Bigint], Array(&OF_T), ngrams)),
        of(
            "repeat",
            form(&[T, Bigint], OF_T, |arguments| {
                if arguments[1].is_null() {
                    return Ok(Value::Null);
                }
                let Ok(count) = usize::try_from(arguments[1].integer()) else {
                    return Err(
                        "count argument of repeat function must be greater than or equal to 0"
                            .to_owned(),
                    );
                };
                if count > MAX_MADE {
                    return Err(format!(
                        "count argument of repeat function must be less than or equal to {MAX_MADE}"
                    ));
                }
                fits(count, arguments[0].weight())?;
                Ok(Value::List(vec![arguments[0].clone(); count]))
            })
            .with_nulls(),
        ),
        of(
            "shuffle",
            form(&[OF_T], OF_T, |arguments| {
                let mut elements = arguments[0].elements().to_vec();
                for end in (1..elements.len()).rev() {
                    elements.swap(end, fastrand::usize(0..=end));
                }
                Ok(Value::List(elements))
            }),
        )
        .volatile(),
        of("slice", form(&[OF_T, Bigint, Bigint], OF_T, slice)),
        of(
            "trim_array",
            form(&[OF_T, Bigint], OF_T, |arguments| {
                let elements = arguments[0].elements();
                let left = usize::try_from(arguments[1].integer())
                    .ok()
                    .and_then(|cut| elements.get(..elements.len().checked_sub(cut)?));
                match left {
                    Some(left) => Ok(Value::List(left.to_vec())),
                    None => Err(format!(
                        "size must not exceed array cardinality {}: {}",
                        elements.len(),
                        arguments[1].integer()
                    )),
                }
            }),
        ),
        Function::new(
            "zip",
            [
                form(&[OF_T, Array(&U)], Array(&Type::Row(&[T, U])), zip).with_nulls(),
                form(&[OF_T, OF_T, Array(&U)], Array(&Type::Row(&[T, T, U])), zip).with_nulls(),
                form(
                    &[OF_T, Array(&U), Array(&U)],
                    Array(&Type::Row(&[T, U, U])),
                    zip,
                )
                .with_nulls(),
            ],
        ),
        of(
            "split_to_map",
            form(
                &[Varchar, Varchar, Varchar],
                Map(&Varchar, &Varchar),
                |arguments| {
                    let [text, entry, key] = [0, 1, 2].map(|place: usize| arguments[place].text());
                    split_to_map(text, entry, key)
                },
            ),
        ),
    ]
}

fn split_to_map<'a>(text: &str, entry: &str, key: &str) -> Result<Value<'a>, String> {
    if entry.is_empty() || key.is_empty() {
        return Err("a delimiter is empty".to_owned());
    }
    if entry == key {
        return Err("entryDelimiter and keyValueDelimiter must not be the same".to_owned());
    }
    // The last entry may end with a delimiter.
    let text = text.strip_suffix(entry).unwrap_or(text);
    let entries = text.split(entry).filter(|_| !text.is_empty());
    let entries = entries.map(|entry| match entry.split_once(key) {
        Some((name, value)) if !value.contains(key) => Ok((
            Value::Owned(name.to_owned()),
            Value::Owned(value.to_owned()),
        )),
        _ => Err(format!(
            "Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'"
        )),
    });
    let map = Value::Map(entries.collect::<Result<_, _>>()?);
    match has_unique_keys(&map) {
        true => Ok(map),
        false => Err("Duplicate keys are not allowed".to_owned()),
    }
}

/// The function that `||` is between an array and an element.
pub(crate) const APPEND: &str = "append\u{1}";

/// The function that a subscript is.
pub(crate) const SUBSCRIPT: &str = "subscript\u{1}";

fn count(length: usize) -> Value<'static> {
    Value::Integer(i64::try_from(length).unwrap_or(i64::MAX))
}

/// Whether a value is among elements. They are put in order once, so that long arrays take n log n steps.
fn among<'e, 'a>(elements: &'e [Value<'a>]) -> impl Fn(&Value<'_>) -> bool + use<'e, 'a> {
    let mut sorted: Vec<&Value<'a>> = elements.iter().collect();
    sorted.sort_by(|left, right| left.order(right));
    move |wanted| {
        sorted
            .binary_search_by(|element| element.order(wanted))
            .is_ok()
    }
}

/// Elements without those that came before.
pub(crate) fn distinct<'e, 'a: 'e>(
    elements: impl Iterator<Item = &'e Value<'a>>,
) -> Vec<Value<'a>> {
    let elements: Vec<&Value<'a>> = elements.collect();
    let places = distinct_places(elements.iter().copied());
    places
        .into_iter()
        .map(|place| elements[place].clone())
        .collect()
}

/// The places of elements, without those of elements that came before.
pub(crate) fn distinct_places<'e, 'a: 'e>(
    elements: impl Iterator<Item = &'e Value<'a>>,
) -> Vec<usize> {
    // By their order first, so that a long array takes n log n steps.
    let mut placed: Vec<(usize, &Value<'a>)> = elements.enumerate().collect();
    placed.sort_by(|(place, element), (other, another)| {
        element.order(another).then(place.cmp(other))
    });
    placed.dedup_by(|(_, later), (_, earlier)| later.is_same(earlier));
    let mut places: Vec<usize> = placed.into_iter().map(|(place, _)| place).collect();
    places.sort_unstable();
    places
}

fn overlap<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (left, right) = (arguments[0].elements(), arguments[1].elements());
    let is_there = among(right);
    let is_found = left
        .iter()
        .any(|element| !element.is_null() && is_there(element));
    let is_unknown =
        !left.is_empty() && !right.is_empty() && left.iter().chain(right).any(Value::is_null);
    Ok(match (is_found, is_unknown) {
        (true, _) => Value::Boolean(true),
        (false, true) => Value::Null,
        (false, false) => Value::Boolean(false),
    })
}

fn join<'a>(arguments: &[Value<'a>], null: Option<&str>) -> Result<Value<'a>, String> {
    fits(arguments[0].elements().len(), arguments[1].text().len())?;
    let mut texts = Vec::new();
    for element in arguments[0].elements() {
        match element {
            Value::Null => texts.extend(null.map(str::to_owned)),
            element => texts.push(text(element, MILLISECONDS).ok_or("an element has no text")?),
        }
    }
    Ok(Value::Owned(texts.join(arguments[1].text())))
}

/// NULL where an element is NULL or none is there; NaN only where all are.
pub(crate) fn extreme<'a>(elements: &[Value<'a>], wanted: Ordering) -> Value<'a> {
    if elements.iter().any(Value::is_null) {
        return Value::Null;
    }
    let best = elements.iter().reduce(|best, element| {
        match best.is_nan() || (!element.is_nan() && element.order(best) == wanted) {
            true => element,
            false => best,
        }
    });
    best.cloned().unwrap_or(Value::Null)
}

/// Where an element stands for the n-th time, counted from the end where n is negative; 0 where it does not.
fn position<'a>(arguments: &[Value<'a>], instance: i64) -> Result<Value<'a>, String> {
    let places = arguments[0].elements().iter().enumerate();
    let places = places.filter(|(_, element)| element.equals(&arguments[1]) == Some(true));
    let mut places: Vec<usize> = places.map(|(place, _)| place + 1).collect();
    if instance < 0 {
        places.reverse();
    }
    let nth = usize::try_from(instance.unsigned_abs()).unwrap_or(usize::MAX) - 1;
    Ok(count(places.get(nth).copied().unwrap_or(0)))
}

/// NULL where it is not found beside a NULL.
fn contains<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let mut is_unknown = false;
    for element in arguments[0].elements() {
        match element.equals(&arguments[1]) {
            Some(true) => return Ok(Value::Boolean(true)),
            Some(false) => {}
            None => is_unknown = true,
        }
    }
    Ok(match is_unknown {
        true => Value::Null,
        false => Value::Boolean(false),
    })
}

fn element_at<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (elements, position) = (arguments[0].elements(), arguments[1].integer());
    let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    let place = match position {
        0 => return Err("SQL array indices start at 1".to_owned()),
        1.. => Some(distance - 1),
        _ => elements.len().checked_sub(distance),
    };
    let element = place.and_then(|place| elements.get(place));
    Ok(element.cloned().unwrap_or(Value::Null))
}

fn subscript<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (elements, position) = (arguments[0].elements(), arguments[1].integer());
    match position {
        0 => Err("SQL array indices start at 1".to_owned()),
        ..0 => Err(format!("Array subscript is negative: {position}")),
        _ => {
            let place = usize::try_from(position - 1).unwrap_or(usize::MAX);
            elements.get(place).cloned().ok_or_else(|| {
                let length = elements.len();
                format!("Array subscript must be less than or equal to array length: {position} > {length}")
            })
        }
    }
}

fn of_key<'a>(map: &Value<'a>, key: &Value<'_>) -> Option<Value<'a>> {
    let found = map.entries().iter().find(|(known, _)| known.is_same(key));
    found.map(|(_, value)| value.clone())
}

fn ngrams<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let elements = arguments[0].elements();
    let Ok(n @ 1..) = usize::try_from(arguments[1].integer()) else {
        return Err("N must be positive".to_owned());
    };
    let n = n.min(elements.len()).max(1);
    // A gram holds its elements, and they repeat from gram to gram.
    let grams = elements.len().saturating_sub(n) + 1;
    fits(
        grams,
        n * (size_of::<Value<'_>>() + arguments[0].weight() / elements.len().max(1)),
    )?;
    let grams = elements.windows(n);
    let grams = grams.map(|gram| Value::List(gram.to_vec()));
    Ok(Value::List(match elements.is_empty() {
        true => vec![Value::List(Vec::new())],
        false => grams.collect(),
    }))
}

fn slice<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let elements = arguments[0].elements();
    let (start, length) = (arguments[1].integer(), arguments[2].integer());
    let Ok(length) = usize::try_from(length) else {
        return Err("length must be greater than or equal to 0".to_owned());
    };
    let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    let begin = match start {
        0 => return Err("SQL array indices start at 1".to_owned()),
        1.. => Some(distance - 1),
        _ => elements.len().checked_sub(distance),
    };
    let kept = begin.map(|begin| elements.iter().skip(begin).take(length).cloned());
    Ok(Value::List(kept.into_iter().flatten().collect()))
}

fn zip<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let longest = arguments.iter().map(|array| array.elements().len()).max();
    let row = |place: usize| {
        let members = arguments.iter().map(|array| array.elements().get(place));
        Value::Row(
            members
                .map(|member| member.cloned().unwrap_or(Value::Null))
                .collect(),
        )
    };
    Ok(match arguments.iter().any(Value::is_null) {
        true => Value::Null,
        false => Value::List((0..longest.unwrap_or(0)).map(row).collect()),
    })
}
