//! What must not be there.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::processes::output;
use tests::workspace;

#[test]
fn the_lambda_binary_holds_no_local_part() {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace()).args([
        "tree",
        "--offline",
        "--package",
        "connector",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let tree = output(&mut cargo).unwrap();
    assert!(tree.contains("wasmtime v"), "{tree}");
    for absent in ["datafusion", "clap", "s3s", "axum", "local", "tests"] {
        let mut lines = tree.lines();
        assert!(
            !lines.any(|line| line.split(' ').next() == Some(absent)),
            "{absent}"
        );
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The fuzz targets' workspace builds into a folder of its own.
        if path.ends_with("target") {
            continue;
        }
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn only_the_wire_knows_athena_s_members() {
    let source = workspace().join("host/connector/src");
    for file in rust_files(&source) {
        if file.starts_with(source.join("wire")) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for member in [
            "@type",
            "\"catalogName\"",
            "\"queryId\"",
            "\"valueBlock\"",
            "\"remoteBlocks\"",
        ] {
            assert!(!text.contains(member), "{} knows {member}", file.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_none_is_too_long() {
    for folder in ["guest", "host", "plugins", "tests", "xtask"] {
        for file in rust_files(&workspace().join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(text.starts_with("//!"), "{} has no head", file.display());
            assert!(
                text.lines().count() <= 600,
                "{} is longer than 600 lines",
                file.display()
            );
        }
    }
}
