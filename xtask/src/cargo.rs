//! Cargo, called for the whole workspace: a call for some packages alone would choose other features of their
//! dependencies, and compile DataFusion a second time.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::guests;

/// Builds `bootstrap` and `athena-timestream` into `target/debug`.
pub(crate) fn build_programs() -> Result<()> {
    run(&["build", "--locked", "--workspace", "--bins"])
}

/// Runs cargo in the workspace; it talks to the terminal itself.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(guests::workspace_root()?)
        .args(arguments)
        .status()
        .context("cannot start cargo")?;
    ensure!(
        status.success(),
        "cargo {} ended with {status}",
        arguments.join(" ")
    );
    Ok(())
}
