//! The shape of a request, without anything that it is about: what Athena sends for a query, for others to see.
//!
//! Only what is known to be a word of the protocol stays. Every other text, a column's name as well as a value, is shown as
//! `text1`, `text2` …, equal ones alike, so that a column can be followed from the schema to the constraints; a block shows
//! how many rows it has, a schema the types of its columns. What a newer Athena adds stays visible as a member.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Schema};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::block::Parts;
use super::{Block, decode_schema};

/// Members whose own members are named by users: columns, tags, options. Of `summary` alone the values are the protocol's.
const NAMED_BY_USERS: [&str; 5] = [
    "configOptions",
    "properties",
    "queryPassthroughArguments",
    "summary",
    "tags",
];

/// Objects of the protocol without a `@type`. What a newer Athena adds without one may be named by users too.
const OBJECTS: [&str; 11] = [
    "constraints",
    "encryptionKey",
    "functionName",
    "high",
    "identity",
    "low",
    "orderByClause",
    "queryPlan",
    "ranges",
    "split",
    "tableName",
];

/// Members whose numbers are of the protocol and not of a query's data.
const NUMBERS: [&str; 12] = [
    "bitWidth",
    "byteWidth",
    "limit",
    "listSize",
    "maxBlockSize",
    "maxInlineBlockSize",
    "pageSize",
    "precision",
    "scale",
    "serDeVersion",
    "capabilities",
    "substraitVersion",
];

/// Values that are words of the protocol (federation-protocol.md, sections 2 to 4), besides types and functions.
const WORDS: [&str; 22] = [
    "ABOVE",
    "ASC_NULLS_FIRST",
    "ASC_NULLS_LAST",
    "BELOW",
    "DAY",
    "DAY_TIME",
    "DESC_NULLS_FIRST",
    "DESC_NULLS_LAST",
    "DOUBLE",
    "EXACTLY",
    "HALF",
    "MICROSECOND",
    "MILLISECOND",
    "MONTH_DAY_NANO",
    "NANOSECOND",
    "QUERY",
    "SECOND",
    "SINGLE",
    "SYSTEM",
    "UNKNOWN",
    "UTC",
    "YEAR_MONTH",
];

/// The shape of a request's JSON; of anything else a text that says that it is not JSON.
pub fn shape(payload: &[u8]) -> Value {
    match serde_json::from_slice(payload) {
        Ok(request) => Texts::default().shape("", request),
        Err(_) => json!("not JSON"),
    }
}

/// Texts that were met, with what they are shown as.
#[derive(Default)]
struct Texts(BTreeMap<String, usize>);

impl Texts {
    fn hide(&mut self, text: &str) -> String {
        let next = self.0.len() + 1;
        let number = self.0.entry(text.to_owned()).or_insert(next);
        format!("text{number}")
    }

    /// The shape of a member's value.
    fn shape(&mut self, name: &str, value: Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value,
            Value::Number(_) if NUMBERS.contains(&name) => value,
            Value::Number(_) => json!("number"),
            Value::String(text) => self.text(name, &text),
            Value::Array(values) => {
                let values = values.into_iter().map(|value| self.shape(name, value));
                values.collect()
            }
            Value::Object(members) => self.object(name, members),
        }
    }

    /// The shape of a value of which nothing is the protocol's.
    fn hidden(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => self.hide(&text).into(),
            Value::Array(values) => {
                let values = values.into_iter().map(|value| self.hidden(value));
                values.collect()
            }
            Value::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(name, value)| (self.hide(&name), self.hidden(value)));
                Value::Object(members.collect())
            }
            Value::Number(_) => json!("number"),
            plain => plain,
        }
    }

    fn text(&mut self, name: &str, text: &str) -> Value {
        let is_word = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let stays = match name {
            "@type" => is_word(text),
            "functionName" => text.strip_prefix('$').is_some_and(is_word),
            "schema" => return self.schema(text),
            _ if NUMBERS.contains(&name) => text.parse::<f64>().is_ok(),
            _ => text.is_empty() || WORDS.contains(&text),
        };
        match stays {
            true => text.into(),
            false => self.hide(text).into(),
        }
    }

    fn object(&mut self, name: &str, members: Map<String, Value>) -> Value {
        if members.contains_key("records") && members.contains_key("schema") {
            return self.block(members);
        }
        let is_ours = !NAMED_BY_USERS.contains(&name)
            && (members.contains_key("@type") || OBJECTS.contains(&name));
        let members = members.into_iter().map(|(member, value)| match is_ours {
            true => {
                let value = self.shape(&member, value);
                (member, value)
            }
            // A user's own object may have a member `@type`: what stands in it is hidden as a text is.
            false if name == "summary" => (self.hide(&member), self.shape("", value)),
            false => (self.hide(&member), self.hidden(value)),
        });
        Value::Object(members.collect())
    }

    /// Types of columns and the number of rows, in place of bytes.
    fn block(&mut self, members: Map<String, Value>) -> Value {
        let parts: Result<Parts, _> = serde_json::from_value(Value::Object(members));
        match parts.map(Block::try_from) {
            Ok(Ok(Block(batch))) => json!({
                "columns": self.columns(&batch.schema()),
                "rows": batch.num_rows(),
            }),
            _ => json!("a block that cannot be read"),
        }
    }

    fn schema(&mut self, text: &str) -> Value {
        let schema = STANDARD.decode(text).ok();
        match schema.and_then(|bytes| decode_schema(&bytes).ok()) {
            Some(schema) => json!({ "columns": self.columns(&schema) }),
            None => json!("a schema that cannot be read"),
        }
    }

    fn columns(&mut self, schema: &Schema) -> Vec<Value> {
        let columns = schema.fields().iter();
        columns
            .map(|field| json!({ "name": self.hide(field.name()), "type": self.data_type(field.data_type()) }))
            .collect()
    }

    /// A type; the names of its own fields are hidden too.
    fn data_type(&mut self, data_type: &DataType) -> Value {
        match data_type {
            DataType::Struct(fields) => {
                let schema = Schema::new(fields.clone());
                json!({ "Struct": self.columns(&schema) })
            }
            DataType::List(item) => json!({ "List": self.data_type(item.data_type()) }),
            nested if nested.is_nested() => json!("another nested type"),
            plain => plain.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, StringArray};

    use super::*;

    #[test]
    fn the_protocol_s_words_stay_and_nothing_else() {
        let values: ArrayRef = Arc::new(StringArray::from(vec!["secret", "value"]));
        let block = Block(RecordBatch::try_from_iter([("col1", values)]).unwrap());
        let request = json!({
            "@type": "ReadRecordsRequest",
            "identity": { "id": "UNKNOWN", "account": "123456789012", "arn": "arn:aws:iam::123456789012:user/eve",
                          "tags": { "team": "blue", "@type": "Green", "UNKNOWN": "SYSTEM" }, "groups": ["admins"] },
            "tableName": { "schemaName": "plant", "tableName": "meters" },
            "constraints": {
                "summary": { "@type": { "@type": "AllOrNoneValueSet", "all": true }, "site": { "@type": "EquatableValueSet", "valueBlock": block, "whiteList": true } },
                "expression": [{ "@type": "FunctionCallExpression", "functionName": { "functionName": "$like" },
                    "arguments": [{ "@type": "VariableExpression", "columnName": "site",
                                    "type": { "@type": "Utf8" } }] }],
                "orderByClause": [{ "columnName": "site", "direction": "DESC_NULLS_LAST" }],
                "limit": 10,
                "ofTomorrow": { "site": 12 },
            },
            "maxBlockSize": "16000000",
            "newMember": "what is this",
        });
        let shown = shape(request.to_string().as_bytes());
        let site = &shown["constraints"]["expression"][0]["arguments"][0]["columnName"];
        assert_eq!(
            shown["constraints"],
            json!({
                "summary": { "text2": { "@type": "AllOrNoneValueSet", "all": true }, site.as_str().unwrap(): {
                    "@type": "EquatableValueSet",
                    "valueBlock": { "columns": [{ "name": "text3", "type": "Utf8" }], "rows": 2 },
                    "whiteList": true,
                } },
                "expression": [{ "@type": "FunctionCallExpression", "functionName": { "functionName": "$like" },
                    "arguments": [{ "@type": "VariableExpression", "columnName": site, "type": { "@type": "Utf8" } }] }],
                "orderByClause": [{ "columnName": site, "direction": "DESC_NULLS_LAST" }],
                "limit": 10,
                "ofTomorrow": { site.as_str().unwrap(): "number" },
            })
        );
        assert_eq!(shown["maxBlockSize"], "16000000");
        assert!(
            shown["newMember"]
                .as_str()
                .is_some_and(|text| text.starts_with("text"))
        );
        let shown = shown.to_string();
        for secret in [
            "123456789012",
            "eve",
            "team",
            "blue",
            "admins",
            "plant",
            "meters",
            "site",
            "secret",
            "what is this",
            "Green",
            "SYSTEM",
        ] {
            assert!(!shown.contains(secret), "{secret} is in {shown}");
        }
    }

    #[test]
    fn what_is_not_a_request_shows_nothing() {
        assert_eq!(shape(b"secret"), json!("not JSON"));
        assert_eq!(shape(b"\"secret\""), json!("text1"));
        let broken = br#"{"@type": "secret value", "schema": "secret", "partitions": {"schema": "secret", "records": ""}}"#;
        let shown = shape(broken).to_string();
        assert!(!shown.contains("secret"), "{shown}");
    }
}
