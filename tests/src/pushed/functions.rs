//! What expressions are: recorded from Trino, and local Athena held against it.

use clap::ValueEnum as _;
use serde_json::Value as Json;
use tests::trino::functions::{Bench, Planted};
use tests::trino::local::{LocalAthena, normal};
use tests::trino::stage::{Outcome, Profile, Stage};

use super::{Recorded, recorded};

/// Whether an error of local Athena's is of the kind that Trino has under a code.
fn is_kind(code: &str, error: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|words| error.contains(words));
    match code {
        "FUNCTION_NOT_FOUND" => says(&[
            "not registered",
            "Unexpected parameters",
            "Cannot apply operator",
        ]),
        "TYPE_MISMATCH" => says(&[
            "Cannot ",
            "must evaluate",
            "must be the same type",
            "different number of columns",
            "Inconsistent data length",
            "can't cast",
            "incompatible types",
            "requires a boolean",
        ]),
        "SYNTAX_ERROR" => says(&["cannot read the query", "Invalid numeric literal"]),
        // For what it computes, not for what it does not know.
        _ => !says(&[
            "cannot read the query",
            "not registered",
            "Unexpected parameters",
            "Error during planning",
        ]),
    }
}

fn file() -> std::path::PathBuf {
    tests::workspace().join("tests/fixtures/trino/functions.txt")
}

fn statement(expression: &str) -> String {
    format!("select {expression}")
}

/// Expressions and what Trino makes of them.
fn expressions() -> Vec<Recorded> {
    recorded(&std::fs::read_to_string(file()).unwrap())
}

/// The one value of an outcome, as it is recorded.
fn value(outcome: Outcome) -> String {
    match normal(outcome) {
        Outcome {
            failed: Some(failed),
            ..
        } => format!("! {}", failed.code),
        outcome => outcome.rows[0][0].to_string(),
    }
}

/// Holds the recording against Trino. What is to be recorded instead is written to a file.
pub(super) fn check_recording(stage: &Stage) {
    let text = std::fs::read_to_string(file()).unwrap();
    let expressions = expressions();
    let asked = expressions.iter();
    let asked: Vec<_> = asked
        .map(|recorded| (statement(&recorded.statement), 0))
        .collect();
    let outcomes = stage.run(&asked).unwrap();
    let mut told: String = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .fold(String::new(), |told, line| told + line + "\n");
    for (recorded, outcome) in expressions.iter().zip(outcomes) {
        told.push_str(&format!("{}\n  {}\n", recorded.statement, value(outcome)));
    }
    let new = tests::workspace().join("target/functions.txt");
    std::fs::write(&new, &told).unwrap();
    assert!(
        told == text,
        "Trino says otherwise than the recording: compare {}",
        new.display()
    );
}

/// Holds local Athena against Trino over random calls, and differences that are planted in it too.
pub(super) fn check_random(stage: &Stage) {
    let bench = |planted| Bench::new(stage, planted).unwrap();
    assert_eq!(bench(None).few(1).unwrap(), None);
    for planted in Planted::value_variants() {
        let found = bench(Some(*planted)).few(1).unwrap();
        assert!(found.is_some(), "{planted:?} is not found");
    }
}

/// Holds local Athena against the recording.
pub(super) async fn check(athena: &LocalAthena) {
    let mut differences = String::new();
    let expressions = expressions();
    assert!(expressions.len() > 100);
    for Recorded {
        statement: expression,
        pushed,
    } in expressions
    {
        let [expected] = pushed.as_slice() else {
            panic!("nothing is recorded of {expression}");
        };
        let answer = athena
            .answer(Profile::Values, &statement(&expression), &[])
            .await;
        let is_same = match (&answer, expected.strip_prefix("! ")) {
            (Ok(outcome), None) => {
                outcome.rows[0][0] == serde_json::from_str::<Json>(expected).unwrap()
            }
            (Err(error), Some(code)) => is_kind(code, &error.to_string()),
            _ => false,
        };
        if !is_same {
            let said = answer.map_or_else(
                |error| format!("{error:#}"),
                |outcome| outcome.rows[0][0].to_string(),
            );
            differences.push_str(&format!("{expression}\n  {expected}\n  here: {said}\n"));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}
