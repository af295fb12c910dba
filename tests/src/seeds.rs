//! What users' documents show, on the stand-in: their statements against DuckDB, and their own client code.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;
use std::process::Command;

use local::s3::S3;
use local::timestream::{Options, Server};
use tests::processes::{Serve, output, packaged_dialect, program, python};
use tests::workspace;

fn script(name: &str) -> Command {
    let mut command = Command::new(python().unwrap());
    command.arg(workspace().join("tests/interop").join(name));
    command
}

/// Runs the statements, straight or through the connector.
async fn run_statements(is_passed_through: bool) {
    // Small pages, so that one ends inside a group.
    let options = Options {
        page_bytes: 2_000,
        ..Options::default()
    };
    let server = Server::start(options).await.unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let mut command = script("seed_statements.py");
    command.arg(server.url());
    if is_passed_through {
        command
            .arg(program("athena-timestream").unwrap())
            .env("dialect", packaged_dialect().unwrap())
            .env("disable_glue", "true")
            .env("spill_bucket", s3.bucket())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", &s3.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &s3.secret_key)
            .env("AWS_ENDPOINT_URL_S3", s3.url())
            .env("AWS_ENDPOINT_URL_TIMESTREAM_QUERY", server.url())
            .env("AWS_ENDPOINT_URL_TIMESTREAM_WRITE", server.url());
    }
    let printed = tokio::task::spawn_blocking(move || output(&mut command))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(printed.trim_end(), "ok");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_the_documents_answer_as_duckdb_does() {
    run_statements(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_statements_answer_the_same_through_athena() {
    run_statements(true).await;
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
fn client_code_of_a_document_runs_with_endpoint_variables_only() {
    let Some(document) = document() else {
        tests::say_skipped("the documents with client code are not there");
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
