//! What is linked into the function and the plugins, as cargo resolves it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use cargo_lock::Lockfile;
use cargo_metadata::MetadataCommand;

use crate::part::{Part, standard_texts, text_of, texts_of};
use crate::{Architecture, output};

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
) -> Result<Vec<Part>> {
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
        let folder = package.manifest_path.parent();
        let folder = folder.context("a manifest without a folder")?;
        // Cargo took `MIT/Apache-2.0` before it took SPDX's words.
        let licence = package.license.as_ref();
        let licence = licence.map(|licence| licence.replace('/', " OR "));
        let mut texts = texts_of(folder.as_std_path())?;
        if let Some(file) = package.license_file() {
            texts.push(text_of(file.as_std_path())?);
        }
        if texts.is_empty() {
            let licence = licence.as_deref();
            let licence = licence.with_context(|| format!("{name} {version} has no licence"))?;
            texts = standard_texts(licence)?;
        }
        found.push(Part {
            licence,
            checksum,
            texts,
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
    let output = output(&mut cargo)?;
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
