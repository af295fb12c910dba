//! `cargo xtask guests`: every plugin compiled to WebAssembly and wrapped into a component.
//!
//! Prints what it does; prints nothing when everything was built before.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use component::TARGET;

use crate::say;
use crate::toolchain::{self, Toolchain};

/// The packages of `plugins/*` and `tests/plugins/*`.
const PLUGINS: [&str; 7] = [
    "timestream",
    "java-compat",
    "guard",
    "tenant",
    "wide",
    "faulty",
    "faulty-policy",
];

/// Builds `target/components/<name>.wasm` for every plugin. A file is replaced only when its content changes, and at
/// once, so that a reader sees the old component or the new one.
pub(crate) fn build() -> Result<()> {
    let root = workspace_root()?;
    let target_dir = root.join("target/guests");
    let toolchain = toolchain::choose(&root)?;
    compile(&root, &target_dir, &toolchain)?;
    let components = root.join("target/components");
    fs::create_dir_all(&components)
        .with_context(|| format!("cannot create {}", components.display()))?;
    // For the tests that build a plugin as its author would.
    let variables = toolchain.variables().into_iter();
    let variables = variables.map(|(name, path)| format!("{name}={}\n", path.display()));
    fs::write(components.join("toolchain"), variables.collect::<String>())?;
    for name in PLUGINS {
        let module = target_dir
            .join(TARGET)
            .join("guest")
            .join(format!("{}.wasm", name.replace('-', "_")));
        wrap(&module, &components.join(format!("{name}.wasm")))
            .with_context(|| format!("plugin `{name}`"))?;
    }
    Ok(())
}

/// The folder of the workspace's manifest.
pub(crate) fn workspace_root() -> Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.parent().context("xtask lies outside a workspace")?;
    Ok(root.to_path_buf())
}

fn compile(root: &Path, target_dir: &Path, toolchain: &Toolchain) -> Result<()> {
    let mut cargo = toolchain::cargo();
    toolchain.apply(&mut cargo);
    cargo
        .current_dir(root)
        .args([
            "build",
            "--locked",
            "--profile",
            "guest",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(root)?);
    for name in PLUGINS {
        cargo.args(["--package", name]);
    }
    run_quietly(&mut cargo).context("cannot compile the plugins")
}

/// Flags of every guest crate.
fn rustflags(root: &Path) -> Result<OsString> {
    let [stack, compress] = component::RUSTFLAGS.map(OsString::from);
    let remap = toolchain::remap(root, "/workspace");
    Ok(toolchain::encoded([
        stack,
        compress,
        toolchain::remap_cargo_home()?,
        remap,
    ]))
}

/// Runs cargo and passes on what it says, but for the line that says it had nothing to do.
fn run_quietly(cargo: &mut Command) -> Result<()> {
    let mut child = cargo
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let line = line.context("cannot read what cargo says")?;
            if !line.trim_start().starts_with("Finished") {
                say(&line);
            }
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    ensure!(status.success(), "cargo failed: {status}");
    Ok(())
}

fn wrap(module: &Path, file: &Path) -> Result<()> {
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let encoded = component::wrap(&bytes)?;
    if fs::read(file).is_ok_and(|present| present == encoded) {
        return Ok(());
    }
    let unfinished = file.with_extension("wasm.tmp");
    fs::write(&unfinished, &encoded)
        .with_context(|| format!("cannot write {}", unfinished.display()))?;
    fs::rename(&unfinished, file).with_context(|| format!("cannot write {}", file.display()))?;
    say(&format!(
        "     Wrapped {} ({} KiB)",
        file.display(),
        encoded.len().div_ceil(1024)
    ));
    Ok(())
}
