//! The Java side, one process for all tests: commands and outcomes are JSON lines, what is large travels in files.

use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tests::jvm::{HINT, Jvm, Program};

use super::folder;

const INTEROP: Program = Program {
    folder: "interop",
    main: "interop.Interop",
    options: &["-Xmx1g"],
};

/// None: it was not built, or there is no Java here. Said once.
static JAVA: LazyLock<Option<Mutex<Jvm>>> = LazyLock::new(|| {
    if let Some(why) = INTEROP.missing() {
        tests::say_skipped(&format!(
            "the tests with the Java federation SDK, since {why}; {HINT}"
        ));
        return None;
    }
    Some(Mutex::new(INTEROP.start().unwrap()))
});

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
    Some(java.ask(command).unwrap())
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
