//! The Java federation SDK as judge of our wire format: it reads what we write, and writes what we must read, so that
//! the connector and our own client cannot share a misreading.
//!
//! `cargo xtask test` compiles the Java side (`tests/interop/java`); here it is only run.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::ordered::Json;

mod answers;
mod requests;
mod rows;
mod words;

/// What the SDK understood of one file.
#[derive(Deserialize)]
struct Line {
    /// Relative to the folder read.
    file: String,
    /// An answer's values.
    #[serde(default)]
    says: Value,
    /// A request as the SDK writes it again.
    rewritten: Option<Json>,
}

/// Lets the SDK read a folder of messages.
fn read(folder: &Path) -> Vec<Line> {
    let lines = java("read", folder);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
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

/// Runs the Java side and returns what it prints.
fn java(command: &str, folder: &Path) -> String {
    let built = tests::workspace().join("target/interop");
    let jars = std::fs::read_to_string(built.join("classpath")).unwrap_or_else(|error| {
        panic!(
            "the Java side is not built ({}: {error}); hint: run `cargo xtask test`, which needs Maven 3.6 or later \
             and a JDK 17 or later (`apt install maven openjdk-17-jdk-headless`)",
            built.join("classpath").display()
        )
    });
    let mut classpath = built.join("classes").into_os_string();
    classpath.push(":");
    classpath.push(jars.trim());
    let run = Command::new("java")
        // Arrow reaches into direct buffers.
        .arg("--add-opens=java.base/java.nio=ALL-UNNAMED")
        // Short runs: the second compiler never pays.
        .args([
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
        ])
        .arg("-classpath")
        .arg(classpath)
        .args(["interop.Interop", command])
        .arg(folder)
        .output();
    let output = match run {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!(
                "`java` is not installed; hint: install a JDK 17 or later (`apt install openjdk-17-jdk-headless`)"
            )
        }
        Err(error) => panic!("cannot run `java`: {error}"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`java … {command} {}` failed:\n{errors}",
        folder.display()
    );
    String::from_utf8(output.stdout).unwrap()
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
