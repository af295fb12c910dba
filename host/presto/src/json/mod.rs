//! JSON: a type of its own, which is held as its text ([`DataType::LargeUtf8`], which nothing else is here).

mod cast;
mod parse;

use arrow::datatypes::DataType;

pub(crate) use cast::{is_cast, read, written};

use self::parse::{Json, parse, written_as};
use crate::function::{Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::{Bigint, Boolean, Varchar};

/// The type of JSON.
pub(crate) const JSON: DataType = DataType::LargeUtf8;

/// Forms of a document, which is JSON or a text, and more.
macro_rules! documents {
    ([$($more:expr),*], $gives:expr, $call:expr) => {
        [
            form(&[Type::Json, $($more),*], $gives, $call),
            form(&[Varchar, $($more),*], $gives, $call),
        ]
    };
}

pub(crate) fn all() -> Vec<Function> {
    vec![
        Function::new(
            "json_extract",
            documents!([Varchar], Type::Json, |arguments| {
                let found = extracted(arguments)?;
                let found = found.and_then(|found| written_as(found, false).ok());
                Ok(found.map_or(Value::Null, Value::Owned))
            }),
        ),
        Function::new(
            "json_extract_scalar",
            documents!([Varchar], Varchar, |arguments| {
                let found = extracted(arguments)?.and_then(|found| parse(found).ok());
                Ok(match found {
                    Some(Json::Text(text)) => Value::Owned(text),
                    Some(Json::Number(digits)) => Value::Owned(digits.to_owned()),
                    Some(Json::Boolean(value)) => Value::Owned(value.to_string()),
                    _ => Value::Null,
                })
            }),
        ),
        Function::new(
            "json_parse",
            [form(&[Varchar], Type::Json, |arguments| {
                let text = arguments[0].text();
                let invalid = |_| format!("Cannot convert value to JSON: '{text}'");
                written_as(text, true).map(Value::Owned).map_err(invalid)
            })],
        ),
        Function::new(
            "json_format",
            [form(&[Type::Json], Varchar, |arguments| {
                Ok(arguments[0].clone())
            })],
        ),
        Function::new(
            "json_array_length",
            documents!([], Bigint, |arguments| {
                Ok(match parse(arguments[0].text()) {
                    Ok(Json::Array(elements)) => length(elements.len()),
                    _ => Value::Null,
                })
            }),
        ),
        Function::new(
            "json_array_get",
            documents!([Bigint], Type::Json, |arguments| {
                let Ok(Json::Array(elements)) = parse(arguments[0].text()) else {
                    return Ok(Value::Null);
                };
                let place = arguments[1].integer();
                let distance = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
                let place = match place {
                    0.. => Some(distance),
                    _ => elements.len().checked_sub(distance),
                };
                let found = place.and_then(|place| elements.get(place));
                let found = found.and_then(|found| written_as(found.get(), false).ok());
                Ok(found.map_or(Value::Null, Value::Owned))
            }),
        ),
        Function::new(
            "is_json_scalar",
            documents!([], Boolean, |arguments| {
                let text = arguments[0].text();
                let invalid = |_| format!("Invalid JSON value: {text}");
                let parsed = parse(text).map_err(invalid)?;
                Ok(Value::Boolean(!matches!(
                    parsed,
                    Json::Array(_) | Json::Object(_)
                )))
            }),
        ),
        Function::new(
            "json_size",
            documents!([Varchar], Bigint, |arguments| {
                let found = extracted(arguments)?.and_then(|found| parse(found).ok());
                Ok(match found {
                    Some(Json::Array(elements)) => length(elements.len()),
                    Some(Json::Object(members)) => length(members.len()),
                    Some(_) => Value::Integer(0),
                    None => Value::Null,
                })
            }),
        ),
    ]
}

fn length(length: usize) -> Value<'static> {
    Value::Integer(i64::try_from(length).unwrap_or(i64::MAX))
}

/// What a path leads to; nothing in a text that is not JSON.
fn extracted<'t>(arguments: &'t [Value<'_>]) -> Result<Option<&'t str>, String> {
    let steps = steps(arguments[1].text())?;
    let mut found = arguments[0].text();
    // Without a step too it must be JSON.
    if parse(found).is_err() {
        return Ok(None);
    }
    for step in steps {
        let next = match (parse(found), step) {
            (Ok(Json::Object(members)), step) => {
                // A number may be the name of a member too.
                let name = match step {
                    Step::Member(name) => name,
                    Step::Element(place) => place.to_string(),
                };
                let mut members = members.into_iter();
                members
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| value)
            }
            (Ok(Json::Array(elements)), Step::Element(place)) => elements.get(place).copied(),
            _ => None,
        };
        match next {
            Some(next) => found = next.get(),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

enum Step {
    Member(String),
    Element(usize),
}

/// The steps of a path: `$`, `.name`, `[0]`, `["name"]`.
fn steps(path: &str) -> Result<Vec<Step>, String> {
    let invalid = || format!("Invalid JSON path: '{path}'");
    let mut rest = path.strip_prefix('$').ok_or_else(invalid)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            let is_name = |letter: char| letter.is_alphanumeric() || "_-:".contains(letter);
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(invalid());
            }
            steps.push(Step::Member(name.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("[\"") {
            let (name, after) = after.split_once("\"]").ok_or_else(invalid)?;
            steps.push(Step::Member(
                name.replace("\\\"", "\"").replace("\\\\", "\\"),
            ));
            rest = after;
        } else {
            let after = rest.strip_prefix('[').ok_or_else(invalid)?;
            let (place, after) = after.split_once(']').ok_or_else(invalid)?;
            steps.push(Step::Element(place.parse().map_err(|_| invalid())?));
            rest = after;
        }
    }
    Ok(steps)
}
