//! `cargo xtask bench`: figures beside those of other programs in the same run.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{cargo, guests, say};

/// Builds what the queries need and prints what each of them fetches, beside the Java connector. Nothing is timed.
pub(crate) fn pushdown() -> Result<()> {
    say("building the plugins");
    guests::build()?;
    say("building the programs (minutes at the first time)");
    cargo::build_programs()?;
    start("target/debug/bench", &["pushdown"])
}

/// Builds the connector as it is deployed and times the read path: one benchmark, and its options.
pub(crate) fn read_path(arguments: &[&str]) -> Result<()> {
    say("building the plugins");
    guests::build()?;
    say("building the function (a quarter of an hour at the first time)");
    cargo::run(&[
        "build",
        "--locked",
        "--profile",
        "function",
        "--package",
        "connector",
        "--bin",
        "bootstrap",
    ])?;
    say("building the benchmarks");
    cargo::run(&[
        "build",
        "--locked",
        "--release",
        "--manifest-path",
        "tests/bench/Cargo.toml",
        "--target-dir",
        "target",
    ])?;
    start("target/release/bench", arguments)
}

fn start(program: &str, arguments: &[&str]) -> Result<()> {
    let program = guests::workspace_root()?.join(program);
    let status = Command::new(&program).args(arguments).status();
    let status = status.with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(status.success(), "the benchmark ended with {status}");
    Ok(())
}
