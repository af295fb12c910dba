//! `cargo xtask prove`: any number of random cases against the dialect, beyond those of the tests.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{cargo, guests, interop, say};

/// The options that need a Trino.
const JUDGED_BY_TRINO: [&str; 3] = ["--trino", "--evaluator", "--functions"];

/// Builds what is proved and runs `prove`; `arguments` go to it.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    say("prove: building the plugins");
    guests::build()?;
    let name = |argument: &&str| argument.split('=').next().unwrap_or_default().to_owned();
    if arguments
        .iter()
        .any(|argument| JUDGED_BY_TRINO.contains(&name(argument).as_str()))
    {
        interop::build_trino()?;
    }
    say("prove: building the programs (minutes at the first time)");
    cargo::build_programs()?;
    let program = guests::workspace_root()?.join("target/debug/prove");
    say("prove: trying");
    let status = Command::new(&program)
        .args(arguments)
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(status.success(), "the proof ended with {status}");
    Ok(())
}
