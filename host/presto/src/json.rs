//! JSON, which is held as its text.

use serde_json::Value as Json;

use crate::function::{Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::{Bigint, Varchar};

pub(crate) fn all() -> Vec<Function> {
    let of = |name, form| Function::new(name, [form]);
    vec![
        of(
            "json_extract",
            form(&[Varchar, Varchar], Varchar, |arguments| {
                let found = extracted(arguments)?;
                Ok(found.map_or(Value::Null, |found| Value::Owned(found.to_string())))
            }),
        ),
        of(
            "json_extract_scalar",
            form(&[Varchar, Varchar], Varchar, |arguments| {
                Ok(match extracted(arguments)? {
                    Some(Json::String(text)) => Value::Owned(text),
                    Some(scalar @ (Json::Number(_) | Json::Bool(_))) => {
                        Value::Owned(scalar.to_string())
                    }
                    _ => Value::Null,
                })
            }),
        ),
        of(
            "json_parse",
            form(&[Varchar], Varchar, |arguments| {
                let text = arguments[0].text();
                let parsed: Result<Json, _> = serde_json::from_str(text);
                let invalid = |_| format!("Cannot convert value to JSON: '{text}'");
                parsed
                    .map(|json| Value::Owned(json.to_string()))
                    .map_err(invalid)
            }),
        ),
        of(
            "json_format",
            form(&[Varchar], Varchar, |arguments| Ok(arguments[0].clone())),
        ),
        of(
            "json_array_length",
            form(&[Varchar], Bigint, |arguments| {
                Ok(match serde_json::from_str(arguments[0].text()) {
                    Ok(Json::Array(elements)) => length(elements.len()),
                    _ => Value::Null,
                })
            }),
        ),
        of(
            "json_size",
            form(&[Varchar, Varchar], Bigint, |arguments| {
                Ok(match extracted(arguments)? {
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
fn extracted(arguments: &[Value<'_>]) -> Result<Option<Json>, String> {
    let steps = steps(arguments[1].text())?;
    let Ok(mut json) = serde_json::from_str::<Json>(arguments[0].text()) else {
        return Ok(None);
    };
    for step in steps {
        let next = match (&mut json, step) {
            (Json::Object(members), Step::Member(name)) => members.remove(&name),
            // A number may be the name of a member too.
            (Json::Object(members), Step::Element(place)) => members.remove(&place.to_string()),
            (Json::Array(elements), Step::Element(place)) => elements.get(place).cloned(),
            _ => None,
        };
        match next {
            Some(next) => json = next,
            None => return Ok(None),
        }
    }
    Ok(Some(json))
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
