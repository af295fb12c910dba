//! Programs from Python's registry, in environments of their own below `target/`.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{guests, say};

/// Installs what a file names into a folder, unless it is there. Both are seen from the workspace.
pub(crate) fn install(wanted: &str, folder: &str) -> Result<()> {
    let root = guests::workspace_root()?;
    let (wanted, folder) = (&root.join(wanted), &root.join(folder));
    let stamp = folder.join("installed.txt");
    let requirements = std::fs::read_to_string(wanted)
        .with_context(|| format!("cannot read {}", wanted.display()))?;
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    say(&format!(
        "python: installing {} into {}",
        wanted.display(),
        folder.display()
    ));
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
    .with_context(|| format!("cannot install {}", wanted.display()))?;
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
