//! `cargo xtask bench pushdown`: figures beside those of the Java connector. Ratios only; nothing is timed.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{cargo, guests, say};

/// Builds what the queries need and prints what each of them fetches.
pub(crate) fn pushdown() -> Result<()> {
    say("building the plugins");
    guests::build()?;
    say("building the programs (minutes at the first time)");
    cargo::build_programs()?;
    let program = guests::workspace_root()?.join("target/debug/bench");
    let status = Command::new(&program).arg("pushdown").status();
    let status = status.with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(status.success(), "the queries ended with {status}");
    Ok(())
}
