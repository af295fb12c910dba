//! What is linked into the function and the plugins: cargo's word.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use cargo_lock::Lockfile;
use cargo_metadata::MetadataCommand;

use crate::Architecture;

/// A crate that is linked in, of a registry or of this repository.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// Its name in the registry.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its licence as an SPDX expression.
    pub(crate) licence: Option<String>,
    /// SHA-256 of what the registry gave, in hexadecimal; none of a crate of this repository.
    pub(crate) checksum: Option<String>,
    /// The folder of its sources.
    pub(crate) folder: PathBuf,
    /// Its licence's file, where the manifest names one.
    pub(crate) licence_file: Option<PathBuf>,
}

/// The crates that are linked into the function for an architecture, and into plugins, sorted by name and version. What
/// only builds them, procedural macros too, is not among them.
///
/// # Errors
///
/// When cargo fails, or tells of crates that the lock file does not have.
pub(crate) fn dependencies(
    root: &Path,
    architecture: Architecture,
    plugins: &[&str],
) -> Result<Vec<Dependency>> {
    let mut linked = tree(
        root,
        &format!("{}-unknown-linux-gnu", architecture.rust()),
        &["connector"],
    )?;
    linked.extend(tree(root, "wasm32-unknown-unknown", plugins)?);
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .other_options(["--locked".to_owned()])
        .exec()
        .context("cannot ask cargo for the workspace's metadata")?;
    let lock = Lockfile::load(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let mut found = Vec::new();
    for (name, version) in linked {
        let package = metadata
            .packages
            .iter()
            .find(|package| *package.name == name && package.version.to_string() == version)
            .with_context(|| format!("cargo knows nothing of {name} {version}"))?;
        let checksum = lock
            .packages
            .iter()
            .find(|package| package.name.as_str() == name && package.version.to_string() == version)
            .with_context(|| format!("Cargo.lock lacks {name} {version}"))?
            .checksum
            .as_ref()
            .map(ToString::to_string);
        let folder = package
            .manifest_path
            .parent()
            .context("a manifest without a folder")?;
        found.push(Dependency {
            // Cargo took `MIT/Apache-2.0` before it took SPDX's words.
            licence: package
                .license
                .as_ref()
                .map(|licence| licence.replace('/', " OR ")),
            checksum,
            licence_file: package.license_file().map(PathBuf::from),
            folder: PathBuf::from(folder),
            name,
            version,
        });
    }
    Ok(found)
}

/// Names and versions of what packages are made of. `cargo tree` chooses features as a build of these packages alone does.
fn tree(root: &Path, target: &str, packages: &[&str]) -> Result<BTreeSet<(String, String)>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args([
        "tree",
        "--locked",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--target",
        target,
    ]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let output = cargo.output().context("cannot start cargo")?;
    ensure!(
        output.status.success(),
        "cargo tree ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let output = String::from_utf8(output.stdout).context("cargo tree printed no UTF-8")?;
    // A line is `name v1.2.3`, perhaps with ` (path)` or ` (*)` behind it.
    let crates = output.lines().filter(|line| !line.is_empty()).map(|line| {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let version = words.next().and_then(|version| version.strip_prefix('v'));
        let version = version.with_context(|| format!("cargo tree printed `{line}`"))?;
        Ok((name.to_owned(), version.to_owned()))
    });
    crates.collect()
}
