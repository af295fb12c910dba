//! The text of JSON, taken apart level by level: members stay in their order and numbers have their digits.

use std::fmt::{self, Formatter};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::shown::java;

/// How deep JSON may nest, as Trino's parser has it.
const MAX_DEPTH: usize = 1_000;

/// A value whose parts are texts still.
pub(super) enum Json<'t> {
    Null,
    Boolean(bool),
    Number(&'t str),
    Text(String),
    Array(Vec<&'t RawValue>),
    Object(Vec<(String, &'t RawValue)>),
}

struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// The outermost level of a text.
///
/// # Errors
///
/// When it is not JSON.
pub(super) fn parse(text: &str) -> Result<Json<'_>, serde_json::Error> {
    let raw: &RawValue = serde_json::from_str(text)?;
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => Json::Object(serde_json::from_str::<Members<'_>>(text)?.0),
        Some(b'[') => Json::Array(serde_json::from_str(text)?),
        Some(b'"') => Json::Text(serde_json::from_str(text)?),
        Some(b't' | b'f') => Json::Boolean(serde_json::from_str(text)?),
        Some(b'n') => Json::Null,
        _ => Json::Number(text),
    })
}

/// A text of JSON without blanks, with doubles as Java writes them. `is_sorted` orders members by their names, of which the
/// last of one name stays.
///
/// # Errors
///
/// When it is not JSON, or nests too deep.
pub(super) fn written_as(text: &str, is_sorted: bool) -> Result<String, String> {
    let mut output = String::with_capacity(text.len());
    write(text, is_sorted, 0, &mut output)?;
    Ok(output)
}

fn write(text: &str, is_sorted: bool, depth: usize, output: &mut String) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("JSON nests deeper than {MAX_DEPTH}"));
    }
    match parse(text).map_err(|error| error.to_string())? {
        Json::Null => output.push_str("null"),
        Json::Boolean(value) => output.push_str(if value { "true" } else { "false" }),
        Json::Number(digits) => output.push_str(&number(digits)),
        Json::Text(text) => output.push_str(&quoted(&text)),
        Json::Array(elements) => {
            output.push('[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    output.push(',');
                }
                write(element.get(), is_sorted, depth + 1, output)?;
            }
            output.push(']');
        }
        Json::Object(mut members) => {
            if is_sorted {
                members.reverse();
                members.sort_by(|(name, _), (other, _)| name.cmp(other));
                members.dedup_by(|(later, _), (earlier, _)| later == earlier);
            }
            output.push('{');
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    output.push(',');
                }
                output.push_str(&quoted(name));
                output.push(':');
                write(value.get(), is_sorted, depth + 1, output)?;
            }
            output.push('}');
        }
    }
    Ok(())
}

fn number(digits: &str) -> String {
    match digits.contains(['.', 'e', 'E']) {
        true => digits.parse().map_or_else(|_| digits.to_owned(), java),
        false => digits.to_owned(),
    }
}

/// A text as JSON has it.
pub(super) fn quoted(text: &str) -> String {
    let mut written = String::new();
    for letter in serde_json::Value::from(text).to_string().chars() {
        match letter {
            // As Trino writes what UTF-16 has in two.
            '\u{10000}'.. => {
                let mut units = [0; 2];
                let units = letter.encode_utf16(&mut units).iter();
                written.extend(units.map(|unit| format!("\\u{unit:04X}")));
            }
            letter => written.push(letter),
        }
    }
    written
}
