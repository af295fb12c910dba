//! `cargo xtask test`: everything the tests need, then all of them.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{guests, interop, python, say};

/// Builds plugins, `bootstrap` and the Java side, installs the Python side, and runs all tests.
pub(crate) fn run() -> Result<()> {
    guests::build()?;
    python::install()?;
    interop::build()?;
    cargo("checking the format", &["fmt", "--all", "--check"])?;
    cargo("building bootstrap and athena-timestream", &["build", "--package", "connector", "--package", "local"])?;
    cargo("running all tests", &["test", "--workspace", "--quiet"])
}

fn cargo(what: &str, arguments: &[&str]) -> Result<()> {
    say(&format!("test: {what}"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(arguments).status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} ended with {status}", arguments.join(" "));
    Ok(())
}
