//! The Java side, one process for all tests: commands and outcomes are JSON lines, what is large travels in files.

use std::io::{BufRead, BufReader, ErrorKind, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::folder;

/// A running Java; it ends when its input does, which is when the tests do.
struct Java {
    _process: Child,
    commands: ChildStdin,
    outcomes: BufReader<ChildStdout>,
}

/// None: it was not built, or there is no Java here. Said once.
static JAVA: LazyLock<Option<Mutex<Java>>> = LazyLock::new(|| {
    let started = start();
    if let Err(why) = &started {
        tests::say_skipped(&format!(
            "the tests with the Java federation SDK, since {why}; hint: run `cargo xtask test` with Maven 3.6 or later \
             and a JDK 17 or later (`apt install maven openjdk-17-jdk-headless`)"
        ));
    }
    started.ok().map(Mutex::new)
});

fn start() -> Result<Java, String> {
    let built = tests::workspace().join("target/interop");
    let jars = std::fs::read_to_string(built.join("classpath"))
        .map_err(|_| "its side is not built".to_owned())?;
    let mut classpath = built.join("classes").into_os_string();
    classpath.push(":");
    classpath.push(jars.trim());
    let spawned = Command::new("java")
        // Arrow reaches into direct buffers.
        .arg("--add-opens=java.base/java.nio=ALL-UNNAMED")
        .args(["-XX:+UseSerialGC", "-Xshare:auto", "-Xmx1g"])
        .arg("-classpath")
        .arg(classpath)
        .arg("interop.Interop")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Its logging; what fails comes back as an outcome.
        .stderr(Stdio::null())
        .spawn();
    let mut process = match spawned {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err("`java` is not installed".into());
        }
        spawned => spawned.unwrap(),
    };
    Ok(Java {
        commands: process.stdin.take().unwrap(),
        outcomes: BufReader::new(process.stdout.take().unwrap()),
        _process: process,
    })
}

/// Whether there is a Java to ask.
pub(super) fn is_there() -> bool {
    JAVA.is_some()
}

/// Runs a command and returns its outcome; none without Java.
pub(super) fn ask(command: &Value) -> Option<Value> {
    let mut java = JAVA
        .as_ref()?
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    writeln!(java.commands, "{command}").unwrap();
    java.commands.flush().unwrap();
    let mut line = String::new();
    java.outcomes.read_line(&mut line).unwrap();
    let mut outcome: Value = serde_json::from_str(&line)
        .unwrap_or_else(|error| panic!("java ended at {command}: {error}"));
    if let Some(failed) = outcome["failed"].as_str() {
        panic!("java failed at {command}:\n{failed}");
    }
    Some(outcome["done"].take())
}

/// Runs a command that answers lines with lines, in a folder of that name.
pub(super) fn answer_lines<T: DeserializeOwned>(
    command: &str,
    name: &str,
    lines: impl IntoIterator<Item = Value>,
) -> Option<Vec<T>> {
    if !is_there() {
        return None;
    }
    let folder = folder(name);
    let (from, to) = (folder.join("from.jsonl"), folder.join("to.jsonl"));
    let mut text = String::new();
    let mut count = 0;
    for line in lines {
        text.push_str(&line.to_string());
        text.push('\n');
        count += 1;
    }
    std::fs::write(&from, text).unwrap();
    ask(&json!({"do": command, "from": from, "to": to}))?;
    let answered = read_lines(&to);
    assert_eq!(answered.len(), count, "{command} {name}");
    Some(answered)
}

/// A file of JSON lines.
pub(super) fn read_lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
