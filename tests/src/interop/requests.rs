//! Requests of the Java SDK, read by us; and the same requests, written by us, read by the Java SDK again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use connector::wire::{Request, read_request, write_request};
use serde_json::Value;

use super::words::{mapping, words};
use super::{compare, folder, java, read};
use crate::ordered::{Json, canonical, differences};

/// What the SDK wrote: `v5` and `v6`, and `expected.json` with what each file says.
static WRITTEN: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder("written");
    java("write", &folder);
    folder
});

fn expected() -> BTreeMap<String, Value> {
    let text = std::fs::read(WRITTEN.join("expected.json")).unwrap();
    let expected: BTreeMap<String, Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(expected.len(), 30, "a request of each kind in two versions");
    expected
}

fn request(file: &str) -> Request {
    read_request(&std::fs::read(WRITTEN.join(file)).unwrap())
        .unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn ordered(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn requests_of_the_java_sdk_say_what_java_put_in() {
    for (file, mut expected) in expected() {
        let version = file.split('/').next().unwrap_or_default();
        make_comparable(&mut expected, version);
        let request = request(&file);
        // A GetSplits has no schema of its own; its constraints are on the columns of the read.
        let table = match &request {
            Request::GetSplitsRequest(_) => mapping(&self::request(&format!(
                "{version}/ReadRecordsRequest.json"
            ))),
            request => mapping(request),
        };
        compare(&file, &expected, &words(&request, &table));
    }
}

/// What the wire cannot carry as Java put it in.
fn make_comparable(expected: &mut Value, version: &str) {
    if let Some(plan) = expected
        .pointer_mut("/constraints/plan")
        .filter(|_| version == "v5")
    {
        // The member came with version 6.
        *plan = Value::Null;
    }
    if let Some(Value::Object(domains)) = expected.pointer_mut("/constraints/domains") {
        for (column, domain) in domains {
            // The SDK writes "nothing" and "not null" alike; read as the second, which loses no row.
            if column.ends_with("_no_value_without_null") {
                domain["values"] = "all".into();
            }
        }
    }
    spell_doubles(expected);
}

/// Java's spelling of doubles into Rust's: `1.0E300` and `Infinity` are `1e300` and `inf`.
fn spell_doubles(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("double") {
                *text = format!("{:?}", text.parse::<f64>().unwrap());
            }
            members.values_mut().for_each(spell_doubles);
        }
        Value::Array(values) => values.iter_mut().for_each(spell_doubles),
        _ => {}
    }
}

#[test]
fn requests_are_written_as_java_writes_them_and_java_reads_them_again() {
    let ours = folder("rewritten");
    for version in ["v5", "v6"] {
        std::fs::create_dir(ours.join(version)).unwrap();
    }
    for file in expected().keys() {
        std::fs::write(ours.join(file), write_request(&request(file)).unwrap()).unwrap();
        let found = differences(&ordered(&WRITTEN.join(file)), &ordered(&ours.join(file)));
        assert!(found.is_empty(), "{file}: {found:#?}");
    }

    let again = read(&ours);
    assert_eq!(again.len(), expected().len());
    for line in again {
        // One writer: the same values are the same bytes, so our own decoder has no say in this.
        let rewritten = canonical(line.rewritten.unwrap());
        assert!(
            rewritten == canonical(ordered(&WRITTEN.join(&line.file))),
            "{}",
            line.file
        );
    }
}
