//! `cargo xtask test`: everything the tests need, then all of them.

use anyhow::Result;

use crate::{cargo, guests, interop, python, say};

/// Builds plugins, programs and the Java side, installs the Python side, and runs all tests.
pub(crate) fn run() -> Result<()> {
    say("test: checking the format");
    cargo::run(&["fmt", "--all", "--check"])?;
    say("test: building the plugins");
    guests::build()?;
    python::install()?;
    interop::build()?;
    say("test: building bootstrap and athena-timestream (minutes at the first time)");
    cargo::build_programs()?;
    say("test: running all tests");
    cargo::run(&["test", "--locked", "--workspace", "--quiet"])
}
