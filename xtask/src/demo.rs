//! `cargo xtask demo`: builds what the demo needs and runs it, from a clean clone on.
//!
//! The demo itself is a command of `athena-timestream`: it runs everything in its own process and leaves nothing behind.

use std::env;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::{guests, say};

/// Builds and runs the demo; `arguments` go to it (`--break nanoseconds`).
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let started = Instant::now();
    say("building the plugins");
    guests::build()?;
    say("building athena-timestream (minutes at the first time)");
    cargo(&["build", "--locked", "--package", "local"])?;
    say(&format!(
        "built everything ({:.1} s)",
        started.elapsed().as_secs_f64()
    ));
    let dialect = guests::workspace_root()?.join("target/components/timestream.wasm");
    let dialect = dialect
        .to_str()
        .context("the workspace's path is not UTF-8")?;
    let mut call = vec![
        "run",
        "--quiet",
        "--locked",
        "--package",
        "local",
        "--",
        "demo",
        "--dialect",
        dialect,
    ];
    call.extend(arguments);
    // Nothing is said after it: the demo's own last line is the outcome.
    cargo(&call)
}

/// Runs cargo in the workspace; it talks to the terminal itself.
fn cargo(arguments: &[&str]) -> Result<()> {
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(guests::workspace_root()?)
        .args(arguments)
        .status()
        .context("cannot start cargo")?;
    ensure!(
        status.success(),
        "cargo {} ended with {status}",
        arguments[0]
    );
    Ok(())
}
