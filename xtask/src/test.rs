//! `cargo xtask test`: everything the tests need, then all of them.

use anyhow::{Result, anyhow};

use crate::{cargo, guests, interop, python, say};

/// Builds plugins, programs and the Java side, installs the Python side, and runs all tests.
pub(crate) fn run() -> Result<()> {
    say("test: checking the format");
    cargo::run(&["fmt", "--all", "--check"])?;
    say("test: fetching the sources of all dependencies, for the checks that have no network");
    for manifest in [
        "Cargo.toml",
        "tests/bench/Cargo.toml",
        "tests/fuzz/Cargo.toml",
    ] {
        cargo::run(&["fetch", "--quiet", "--locked", "--manifest-path", manifest])?;
    }
    // Downloads wait for the network while the compiler works.
    std::thread::scope(|scope| -> Result<()> {
        let others = scope.spawn(|| {
            python::install("tests/requirements.txt", "target/python")
                .and_then(|()| interop::build())
        });
        say("test: building the plugins");
        guests::build()?;
        say("test: building bootstrap and athena-timestream (minutes at the first time)");
        cargo::build_programs()?;
        others
            .join()
            .map_err(|_| anyhow!("the thread that builds the Java and Python sides panicked"))?
    })?;
    say("test: running all tests");
    cargo::run(&["test", "--locked", "--workspace", "--quiet"])
}
