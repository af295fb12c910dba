//! `cargo xtask demo`: builds what the demo needs and runs it, from a clean clone on.
//!
//! The demo itself is a command of `athena-timestream`: it runs everything in its own process and leaves nothing behind.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::{cargo, guests, say};

/// Builds and runs the demo; `arguments` go to it (`--break nanoseconds`).
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let started = Instant::now();
    say("building the plugins");
    guests::build()?;
    say("building athena-timestream (minutes at the first time)");
    cargo::build_programs()?;
    say(&format!(
        "built everything ({:.1} s)",
        started.elapsed().as_secs_f64()
    ));
    let root = guests::workspace_root()?;
    let program = root.join("target/debug/athena-timestream");
    let mut demo = Command::new(&program);
    demo.arg("demo")
        .arg("--dialect")
        .arg(root.join("target/components/timestream.wasm"))
        .args(arguments);
    let status = demo
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    // Nothing else is said after it: the demo's own last line is the outcome.
    ensure!(status.success(), "the demo ended with {status}");
    Ok(())
}
