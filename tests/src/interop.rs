//! The Java federation SDK as judge of our wire format: it reads what we write, and writes what we must read, so that
//! the connector and our own client cannot share a misreading.
//!
//! `cargo xtask test` compiles the Java side (`tests/interop/java`); here it is only run. Without it these tests are
//! skipped, visibly.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

mod answers;
mod cells;
mod generated;
mod generated_answers;
mod java;
mod played;
mod recorded;
mod requests;
mod rows;
mod said;
mod words;

/// Cases that each side generates for the other.
const CASES: u64 = 10_000;

/// The same, or as many as `ATHENA_TIMESTREAM_INTEROP_CASES` says.
fn cases() -> u64 {
    std::env::var("ATHENA_TIMESTREAM_INTEROP_CASES").map_or(CASES, |given| given.parse().unwrap())
}

/// Compares part by part, so that a failure names the part and shows no more than it.
fn compare(place: &str, expected: &Value, said: &Value) {
    match (expected, said) {
        (Value::Object(expected), Value::Object(said)) => {
            assert_eq!(
                said.keys().collect::<BTreeSet<_>>(),
                expected.keys().collect::<BTreeSet<_>>(),
                "{place}"
            );
            for (name, expected) in expected {
                compare(&format!("{place} {name}"), expected, &said[name]);
            }
        }
        (Value::Array(expected), Value::Array(said)) if expected.len() == said.len() => {
            for (index, (expected, said)) in expected.iter().zip(said).enumerate() {
                compare(&format!("{place}[{index}]"), expected, said);
            }
        }
        (expected, said) => assert_eq!(said, expected, "{place}"),
    }
}

/// An empty folder for the files of a test, left behind for a person to look at.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("interop")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
