//! `cargo xtask guests`: every plugin compiled to WebAssembly and wrapped into a component.
//!
//! A component may import no function: then it can reach nothing, and the host has nothing to deny it.
//! Prints what it does; prints nothing when everything was built before.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::{TypeDefKind, WorldItem};

use crate::say;
use crate::toolchain::{self, TARGET, Toolchain};

/// The packages of `plugins/*` and `tests/plugins/*`.
const PLUGINS: [&str; 6] = [
    "timestream",
    "java-compat",
    "guard",
    "tenant",
    "faulty",
    "faulty-policy",
];

/// Stack of a guest, in bytes. rustc's 1 MiB makes every instance 1.1 MB and its creation measurably slower; a plan
/// needs a few KiB. It lies below the data, so an overflow traps.
const STACK_BYTES: u32 = 128 * 1024;

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
    let stack = OsString::from(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    // Every call and address is five bytes wide otherwise, whatever it needs.
    let compress = OsString::from("-Clink-arg=--compress-relocations");
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

fn wrap(module: &Path, component: &Path) -> Result<()> {
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| encoder.encode())
        .context("cannot wrap the module into a component")?;
    refuse_imports(&encoded)?;
    if fs::read(component).is_ok_and(|present| present == encoded) {
        return Ok(());
    }
    let unfinished = component.with_extension("wasm.tmp");
    fs::write(&unfinished, &encoded)
        .with_context(|| format!("cannot write {}", unfinished.display()))?;
    fs::rename(&unfinished, component)
        .with_context(|| format!("cannot write {}", component.display()))?;
    say(&format!(
        "     Wrapped {} ({} KiB)",
        component.display(),
        encoded.len().div_ceil(1024)
    ));
    Ok(())
}

/// An interface of types alone is listed as an import too; it gives the guest nothing to call.
fn refuse_imports(component: &[u8]) -> Result<()> {
    let DecodedWasm::Component(resolve, world) =
        wit_component::decode(component).context("cannot read the component back")?
    else {
        bail!("the encoder made a WIT package, not a component");
    };
    for (key, item) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        let (functions, types) = match item {
            WorldItem::Interface { id, .. } => {
                let interface = &resolve.interfaces[*id];
                (
                    interface.functions.len(),
                    interface.types.values().copied().collect(),
                )
            }
            WorldItem::Function(_) => (1, Vec::new()),
            WorldItem::Type { id, .. } => (0, vec![*id]),
        };
        ensure!(
            functions == 0,
            "it imports the function(s) of `{name}`: a plugin may call nothing"
        );
        let resource = types
            .into_iter()
            .any(|id| matches!(resolve.types[id].kind, TypeDefKind::Resource));
        ensure!(
            !resource,
            "it imports a resource of `{name}`: a plugin may hold nothing"
        );
    }
    Ok(())
}
