//! `plugin build`: cargo, and a component of what it makes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use component::{RUSTFLAGS, TARGET};
use connector::plugin::Digest;
use serde_json::Value;

use super::say;

/// Builds a plugin's crate into a component, NAME.wasm in the crate's folder
///
/// Needs cargo, and its target wasm32-unknown-unknown (`rustup target add wasm32-unknown-unknown`).
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Build {
    /// The crate's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// Flags and wrappers meant for the host would break a WebAssembly build.
const HOST_ONLY: [&str; 7] = [
    "RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
];

/// Builds.
///
/// # Errors
///
/// If cargo fails, the crate makes no module or several, or the module imports a function.
pub(super) fn build(args: &Build) -> anyhow::Result<()> {
    let file = component_of(&args.folder)?;
    let bytes = super::read(&file)?;
    let (digest, size) = (Digest::of(&bytes), bytes.len().div_ceil(1024));
    say(&format!("{} {digest} ({size} KiB)", file.display()));
    Ok(())
}

/// Builds the crate in a folder; the component's file.
pub(super) fn component_of(folder: &Path) -> anyhow::Result<PathBuf> {
    let module = module(folder)?;
    let component = component::wrap(&super::read(&module)?)?;
    let name = module.file_stem().unwrap_or_default().to_string_lossy();
    let file = folder.join(format!("{}.wasm", name.replace('_', "-")));
    // At once: whoever watches the file sees all of it.
    let unfinished = file.with_extension("wasm.new");
    let cannot = || format!("cannot write {}", file.display());
    std::fs::write(&unfinished, component).with_context(cannot)?;
    std::fs::rename(&unfinished, &file).with_context(cannot)?;
    Ok(file)
}

/// Lets cargo build the module.
fn module(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in HOST_ONLY {
        cargo.env_remove(name);
    }
    let output = cargo
        .current_dir(folder)
        .args(["build", "--release", "--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\u{1f}"))
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(
        output.status.success(),
        "cargo failed; hint: if it has no target {TARGET}, `rustup target add {TARGET}`"
    );
    let manifest = folder.join("Cargo.toml");
    let manifest = manifest
        .canonicalize()
        .with_context(|| format!("cannot find {}", manifest.display()))?;
    let messages = String::from_utf8(output.stdout).context("cargo's messages are not text")?;
    let mut modules: Vec<PathBuf> = Vec::new();
    for line in messages.lines() {
        let message: Value =
            serde_json::from_str(line).context("cannot read a message of cargo's")?;
        // Dependencies may be plugin crates too, and make modules of their own.
        let is_own = message["manifest_path"]
            .as_str()
            .is_some_and(|path| Path::new(path) == manifest);
        if message["reason"] != "compiler-artifact" || !is_own {
            continue;
        }
        let files = message["filenames"].as_array().into_iter().flatten();
        let files = files.filter_map(Value::as_str).map(PathBuf::from);
        modules.extend(files.filter(|file| file.extension().is_some_and(|end| end == "wasm")));
    }
    match modules.as_slice() {
        [module] => Ok(module.clone()),
        [] => bail!("the crate makes no module; hint: `crate-type = [\"cdylib\", \"rlib\"]`"),
        modules => bail!("the crate makes {} modules", modules.len()),
    }
}
