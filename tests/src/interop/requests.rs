//! Requests of the Java SDK, read by us; and the same requests, written by us, read by the Java SDK again. Chosen by
//! hand, and compared by what SQL means by them.

use std::sync::LazyLock;

use connector::wire::{Request, read_request, write_request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::words::{mapping, words};
use super::{compare, folder, java};
use crate::ordered::{Json, canonical, differences};

/// A request that the SDK wrote.
#[derive(Deserialize)]
struct Written {
    name: String,
    version: u32,
    /// Its JSON.
    request: String,
    /// What Java put in.
    said: Value,
}

impl Written {
    fn title(&self) -> String {
        format!("{} in version {}", self.name, self.version)
    }

    fn read(&self) -> Request {
        read_request(self.request.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", self.title()))
    }
}

/// A request of each kind in each version; none without Java.
static WRITTEN: LazyLock<Vec<Written>> = LazyLock::new(|| {
    let to = folder("written").join("to.jsonl");
    if java::ask(&json!({"do": "write", "to": to})).is_none() {
        return Vec::new();
    }
    let written: Vec<Written> = java::read_lines(&to);
    assert_eq!(
        written.len(),
        5 * 15 - 2,
        "each kind in five versions; capabilities came with the third of them"
    );
    written
});

#[test]
fn requests_of_the_java_sdk_say_what_java_put_in() {
    for written in WRITTEN.iter() {
        let mut expected = written.said.clone();
        make_comparable(&mut expected, written.version);
        let request = written.read();
        // A GetSplits has no schema of its own; its constraints are on the columns of the read.
        let table = match &request {
            Request::GetSplitsRequest(_) => {
                let read = |other: &&Written| {
                    other.name == "ReadRecordsRequest" && other.version == written.version
                };
                mapping(&WRITTEN.iter().find(read).unwrap().read())
            }
            request => mapping(request),
        };
        compare(&written.title(), &expected, &words(&request, &table));
    }
}

/// What the wire cannot carry as Java put it in: members came with the versions, and one set has no form of its own.
pub(super) fn make_comparable(expected: &mut Value, version: u32) {
    if let Some(passthrough) = expected.get_mut("passthrough").filter(|_| version < 5) {
        *passthrough = json!({});
    }
    let Some(Value::Object(constraints)) = expected.get_mut("constraints") else {
        return;
    };
    for (since, member, none) in [
        (4, "expressions", json!([])),
        (4, "expression", json!([])),
        (4, "order", json!([])),
        (4, "limit", json!(-1)),
        (5, "passthrough", json!({})),
        (6, "plan", Value::Null),
    ] {
        match constraints.get_mut(member) {
            Some(said) if version < since => *said = none,
            _ => {}
        }
    }
    // The SDK writes "nothing" and "not null" alike: word by word as the first, ..
    if let Some(Value::Object(summary)) = constraints.get_mut("summary") {
        for set in summary.values_mut() {
            if set["all"] == json!(true) && set["nullAllowed"] == json!(false) {
                set["all"] = json!(false);
            }
        }
    }
    // .. read as the second, which loses no row.
    if let Some(Value::Object(domains)) = constraints.get_mut("domains") {
        for (column, domain) in domains {
            if column.ends_with("_no_value_without_null") {
                domain["values"] = "all".into();
            }
        }
    }
}

#[test]
fn requests_are_written_as_java_writes_them_and_java_reads_them_again() {
    let ordered = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    // We write what is current; older versions have fewer members.
    let current = || WRITTEN.iter().filter(|written| written.version >= 5);
    let mut ours = Vec::new();
    for written in current() {
        let text = String::from_utf8(write_request(&written.read()).unwrap()).unwrap();
        let found = differences(&ordered(&written.request), &ordered(&text));
        assert!(found.is_empty(), "{}: {found:#?}", written.title());
        ours.push(json!({"version": written.version, "request": text}));
    }
    let Some(again) = java::answer_lines::<String>("rewrite", "rewritten", ours) else {
        return;
    };
    for (written, again) in current().zip(again) {
        // One writer: the same values are the same bytes, so our own decoder has no say in this.
        assert!(
            canonical(ordered(&again)) == canonical(ordered(&written.request)),
            "{}",
            written.title()
        );
    }
}
