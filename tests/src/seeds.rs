//! What users' documents show, on the stand-in: their statements against DuckDB, and their own client code.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;
use std::process::Command;

use local::timestream::{Options, Server};
use tests::processes::{Serve, output, python};
use tests::workspace;

fn script(name: &str) -> Command {
    let mut command = Command::new(python().unwrap());
    command.arg(workspace().join("tests/interop").join(name));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_the_documents_answer_as_duckdb_does() {
    // Small pages, so that one ends inside a group.
    let options = Options {
        page_bytes: 2_000,
        ..Options::default()
    };
    let server = Server::start(options).await.unwrap();
    let mut command = script("seed_statements.py");
    command.arg(server.url());
    let printed = tokio::task::spawn_blocking(move || output(&mut command))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(printed.trim_end(), "ok");
    server.stop().await.unwrap();
}

/// The document that shows a client in Python, where the documents are at hand; they are no part of this repository.
fn document() -> Option<PathBuf> {
    let entries = std::fs::read_dir(workspace().join("../shared/seeds")).ok()?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| {
            std::fs::read_to_string(path)
                .is_ok_and(|text| text.contains("boto3.client('timestream-write'"))
        })
}

#[test]
#[expect(clippy::print_stderr, reason = "says that it did nothing")]
fn client_code_of_a_document_runs_with_endpoint_variables_only() {
    let Some(document) = document() else {
        eprintln!("skipped: the documents with client code are not there");
        return;
    };
    let serve = Serve::start().unwrap();
    let printed = output(
        script("run_document.py")
            .arg(document)
            .envs(&serve.environment),
    )
    .unwrap();
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
}
