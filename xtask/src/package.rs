//! `cargo xtask package`: the zip that Lambda takes, for one architecture.
//!
//! This builds the programs; what is packed, and checked of it, is the crate `package`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::{cargo, guests, python, say, toolchain};

/// The glibc that `bootstrap` is linked against. Lambda's image has it; the crate `package` checks the result.
const GLIBC: &str = "2.34";

/// Where Zig is installed.
const PYTHON: &str = "target/package/python";

/// Builds everything and packs it. Of the arguments `--arch` decides what is built; all go to the packer.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let named = arguments.windows(2).find(|pair| pair[0] == "--arch");
    let target = match named.map(|pair| pair[1]) {
        Some("x86_64") => "x86_64-unknown-linux-gnu",
        Some("arm64") => "aarch64-unknown-linux-gnu",
        _ => bail!("usage: cargo xtask package --arch <x86_64 or arm64> [--plugin FILE.wasm]…"),
    };
    let root = guests::workspace_root()?;
    toolchain::standard_library(target)?;
    say("package: building the plugins");
    guests::build()?;
    say("package: building the packer (minutes at the first time)");
    cargo::build_programs()?;
    say(&format!(
        "package: building bootstrap for {target} (a quarter of an hour at the first time)"
    ));
    python::install("xtask/package/requirements.txt", PYTHON)?;
    let bootstrap = build(&root, target)?;
    let status = Command::new(root.join("target/debug/package"))
        .arg(root.join("target/package"))
        .arg("--bootstrap")
        .arg(bootstrap)
        .arg("--zig")
        .arg(zig(&root)?)
        .args(arguments)
        .status()
        .context("cannot start the packer")?;
    ensure!(status.success(), "the packer ended with {status}");
    Ok(())
}

/// Builds the function's program against the glibc of Lambda's image.
fn build(root: &Path, target: &str) -> Result<PathBuf> {
    let mut path = OsString::from(root.join(PYTHON).join("bin"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    // Nothing of this machine shows in the program, so that it is the same from every folder.
    let hidden = [
        toolchain::remap_cargo_home()?,
        toolchain::remap(root, "/workspace"),
    ];
    let hidden_in_c = hidden.clone().map(|flag| {
        let flag = flag.to_string_lossy();
        flag.replace("--remap-path-prefix=", "-ffile-prefix-map=")
    });
    let status = toolchain::cargo()
        .current_dir(root)
        .args(["zigbuild", "--locked", "--profile", "function"])
        .args(["--package", "connector", "--bin", "bootstrap"])
        .args(["--target", &format!("{target}.{GLIBC}")])
        .env("PATH", path)
        .env("CARGO_ENCODED_RUSTFLAGS", toolchain::encoded(hidden))
        .env(
            format!("CFLAGS_{}", target.replace('-', "_")),
            hidden_in_c.join(" "),
        )
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "cargo zigbuild ended with {status}");
    Ok(root.join("target").join(target).join("function/bootstrap"))
}

/// The folder of Zig.
fn zig(root: &Path) -> Result<PathBuf> {
    let mut python = Command::new(root.join(PYTHON).join("bin/python"));
    python.args(["-c", "import ziglang; print(ziglang.__path__[0])"]);
    let output = python.output().context("cannot start Python")?;
    ensure!(output.status.success(), "Zig is not installed in {PYTHON}");
    let folder = String::from_utf8(output.stdout).context("the path of Zig is not UTF-8")?;
    Ok(PathBuf::from(folder.trim()))
}
