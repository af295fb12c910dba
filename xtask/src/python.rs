//! The tests' Python programs (`tests/requirements.txt`) in an environment of their own, `target/python`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::say;

/// Installs what the tests name, unless it is there.
pub(crate) fn install() -> Result<()> {
    let (wanted, folder) = (
        Path::new("tests/requirements.txt"),
        Path::new("target/python"),
    );
    let stamp = folder.join("installed.txt");
    let requirements = std::fs::read_to_string(wanted)
        .with_context(|| format!("cannot read {}", wanted.display()))?;
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    say("python: installing tests/requirements.txt into target/python");
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(folder))
    .context("cannot make a Python environment; hint: install python3 with its venv module")?;
    run(Command::new(folder.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ])
        .arg(wanted))
    .context("cannot install the tests' Python packages")?;
    std::fs::write(&stamp, requirements)
        .with_context(|| format!("cannot write {}", stamp.display()))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(
        status.success(),
        "{} ended with {status}",
        command.get_program().display()
    );
    Ok(())
}
