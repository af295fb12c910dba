//! JSON whose members keep their order, and the comparison of two messages.
//!
//! The Java readers expect a sequence of tokens, so the order of members is part of the format. Left out of it are
//! maps, which are in Java's hash order. Arrow in base64 is compared decoded: another writer lays the same values out
//! in other bytes.

use std::fmt;

use arrow::array::RecordBatch;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector::wire::{decode_batch, decode_schema};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Members that hold maps.
const MAPS: [&str; 5] = [
    "summary",
    "tags",
    "configOptions",
    "properties",
    "queryPassthroughArguments",
];

/// What a block consists of.
const BLOCK: [&str; 3] = ["aId", "schema", "records"];

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of that name.
    pub(crate) fn member(&mut self, name: &str) -> Option<&mut Json> {
        self.members()?
            .iter_mut()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value)
    }

    /// All members, if it is an object.
    pub(crate) fn members(&mut self) -> Option<&mut Vec<(String, Json)>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// The message with its maps sorted and without the allocators' ids, which carry no meaning: equal when every byte of
/// Arrow is.
pub(crate) fn canonical(message: Json) -> Json {
    canonical_at(message, "")
}

fn canonical_at(value: Json, name: &str) -> Json {
    match value {
        Json::Object(mut members) => {
            if MAPS.contains(&name) {
                members.sort_by(|(left, _), (right, _)| left.cmp(right));
            }
            let member = |(name, value): (String, Json)| {
                let value = if name == BLOCK[0] {
                    Json::Null
                } else {
                    canonical_at(value, &name)
                };
                (name, value)
            };
            Json::Object(members.into_iter().map(member).collect())
        }
        Json::List(values) => Json::List(
            values
                .into_iter()
                .map(|value| canonical_at(value, ""))
                .collect(),
        ),
        value => value,
    }
}

/// Where `actual` differs from `expected`, a line each; empty when they are the same message.
pub(crate) fn differences(expected: &Json, actual: &Json) -> Vec<String> {
    let mut found = Vec::new();
    compare(expected, actual, "", &mut found);
    found
}

fn compare(expected: &Json, actual: &Json, path: &str, found: &mut Vec<String>) {
    match (expected, actual) {
        (Json::Object(expected), Json::Object(actual)) => {
            let is_map = MAPS.iter().any(|map| path.ends_with(&format!(".{map}")));
            let (expected, actual) = (members(expected, is_map), members(actual, is_map));
            if names(&expected) != names(&actual) {
                found.push(format!(
                    "{path}: {:?} in place of {:?}",
                    names(&actual),
                    names(&expected)
                ));
            } else if names(&expected) == BLOCK {
                found.extend(
                    compare_blocks(&expected, &actual)
                        .err()
                        .map(|error| format!("{path}: {error}")),
                );
            } else {
                for ((name, expected), (_, actual)) in expected.into_iter().zip(actual) {
                    compare(expected, actual, &format!("{path}.{name}"), found);
                }
            }
        }
        (Json::List(expected), Json::List(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(expected, actual, &format!("{path}[{index}]"), found);
            }
        }
        (Json::Text(expected), Json::Text(actual)) if path.ends_with(".schema") => {
            found.extend(
                compare_schemas(expected, actual)
                    .err()
                    .map(|error| format!("{path}: {error}")),
            );
        }
        (expected, actual) if expected == actual => {}
        (expected, actual) => found.push(format!("{path}: {actual:?} in place of {expected:?}")),
    }
}

fn members(object: &[(String, Json)], is_map: bool) -> Vec<(&str, &Json)> {
    let mut members: Vec<(&str, &Json)> = object
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    if is_map {
        members.sort_by_key(|(name, _)| *name);
    }
    members
}

fn names<'a>(members: &[(&'a str, &Json)]) -> Vec<&'a str> {
    members.iter().map(|(name, _)| *name).collect()
}

fn compare_schemas(expected: &str, actual: &str) -> Result<(), String> {
    let (expected, actual) = (schema(expected)?, schema(actual)?);
    if expected == actual {
        Ok(())
    } else {
        Err(format!("{actual} in place of {expected}"))
    }
}

fn schema(text: &str) -> Result<arrow::datatypes::SchemaRef, String> {
    decode_schema(&base64(text)?).map_err(|error| error.to_string())
}

/// The allocator's id carries no meaning. A block without rows is written as no message.
fn compare_blocks(expected: &[(&str, &Json)], actual: &[(&str, &Json)]) -> Result<(), String> {
    let (expected, actual) = (block(expected)?, block(actual)?);
    if expected == actual {
        Ok(())
    } else {
        Err(format!("{actual:?} in place of {expected:?}"))
    }
}

fn block(members: &[(&str, &Json)]) -> Result<Option<RecordBatch>, String> {
    let [_, (_, Json::Text(schema_text)), (_, Json::Text(records))] = members else {
        return Err("a block's schema and records are texts".into());
    };
    let schema = schema(schema_text)?;
    if records.is_empty() {
        return Ok(None);
    }
    decode_batch(&base64(records)?, &schema)
        .map(Some)
        .map_err(|error| error.to_string())
}

fn base64(text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|error| error.to_string())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

/// The comparison can fail.
mod tests {
    use super::*;

    fn found(expected: &str, actual: &str) -> Vec<String> {
        let parse = |text: &str| serde_json::from_str(text).unwrap_or(Json::Null);
        differences(&parse(expected), &parse(actual))
    }

    #[test]
    fn the_order_of_members_counts_but_not_in_maps() {
        assert_eq!(
            found(r#"{"a":1,"b":{"c":null}}"#, r#"{"a":1,"b":{"c":null}}"#),
            [""; 0]
        );
        assert_eq!(
            found(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
            [r#": ["b", "a"] in place of ["a", "b"]"#]
        );
        assert_eq!(found(r#"{"a":null}"#, "{}"), [r#": [] in place of ["a"]"#]);
        assert_eq!(
            found(
                r#"{"tags":{"a":"1","b":"2"}}"#,
                r#"{"tags":{"b":"2","a":"1"}}"#
            ),
            [""; 0]
        );
        assert_eq!(
            found(r#"{"tags":{"a":"1"}}"#, r#"{"tags":{"a":"2"}}"#).len(),
            1
        );
        assert_eq!(found(r#"{"a":["1"]}"#, r#"{"a":[1]}"#).len(), 1);
    }

    #[test]
    fn blocks_are_the_same_when_schema_and_rows_are() {
        // One column `col1` of BIGINT; 100 and 200 (federation-protocol.md, section 4.3).
        const SCHEMA: &str = "/////5gAAAAQAAAAAAAKAA4ABgANAAgACgAAAAAABAAQAAAAAAEKAAwAAAAIAAQACgAAAAgAAAAIAAAAAAAAAAEAAAAYAAAAAAASABgAFAATABIADAAAAAgABAASAAAAFAAAABQAAAAcAAAAAAACASAAAAAAAAAAAAAAAAgADAAIAAcACAAAAAAAAAFAAAAABAAAAGNvbDEAAAAAAAAAAA==";
        const HEAD: &str = "/////4gAAAAUAAAAAAAAAAwAFgAOABUAEAAEAAwAAAAQAAAAAAAAAAAABAAQAAAAAAMKABgADAAIAAQACgAAABQAAAA4AAAAAQAAAAAAAAAAAAAAAgAAAAAAAAAAAAAAAQAAAAAAAAAIAAAAAAAAAAgAAAAAAAAAAAAAAAEAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAB";
        let block = |id: &str, records: &str| {
            format!(r#"{{"aId":"{id}","schema":"{SCHEMA}","records":"{records}"}}"#)
        };
        let (hundred, two_hundred) = (
            format!("{HEAD}kAAAAAAAAAA=="),
            format!("{HEAD}DIAAAAAAAAAA=="),
        );
        assert_eq!(found(&block("x", &hundred), &block("y", &hundred)), [""; 0]);
        assert_eq!(found(&block("x", ""), &block("y", "")), [""; 0]);
        assert_eq!(
            found(&block("x", &hundred), &block("x", &two_hundred)).len(),
            1
        );
        assert_eq!(found(&block("x", &hundred), &block("x", "")).len(), 1);
        assert_eq!(found(&block("x", &hundred), &block("x", "AAAA")).len(), 1);
    }
}
