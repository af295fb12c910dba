//! Which rustc compiles plugins.
//!
//! Normally the active one, with its target `wasm32-unknown-unknown`. Where that target cannot be installed, Debian's
//! `rustc-web` and its library sources, of one version by construction, are unpacked into `target/wasm-toolchain`:
//! no root, nothing installed, kept between runs.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use component::TARGET;

use crate::say;

/// `rustup target add` is killed after this time: a mirror that never answers would hold up every build.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(60);

/// Flags and wrappers meant for the host would break or taint a WebAssembly build.
const HOST_ONLY: [&str; 9] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
];

/// A compiler with a standard library for [`TARGET`].
pub(crate) enum Toolchain {
    /// The one cargo uses anyway.
    Active,
    /// Debian's, unpacked, with rustup's linker.
    Private {
        /// A script that starts the compiler with its own libraries.
        rustc: PathBuf,
        /// `rust-lld`.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Makes a cargo call use this toolchain.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        cargo.envs(self.variables());
    }

    /// What tells cargo of this toolchain.
    pub(crate) fn variables(&self) -> Vec<(&'static str, &Path)> {
        match self {
            Self::Active => Vec::new(),
            Self::Private { rustc, linker } => vec![
                ("RUSTC", rustc),
                ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker),
            ],
        }
    }
}

/// A cargo call without the settings that are meant for the host.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in HOST_ONLY {
        cargo.env_remove(name);
    }
    cargo
}

/// Flags in cargo's encoding, which lets paths hold blanks.
pub(crate) fn encoded<const N: usize>(flags: [OsString; N]) -> OsString {
    flags.join(OsStr::new("\u{1f}"))
}

/// The flag that hides a folder of this machine. Panic locations would carry it, and a component's digest would depend
/// on where it was built. Of several, rustc takes the last that matches: general ones come first.
pub(crate) fn remap(folder: &Path, shown_as: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(folder);
    flag.push(format!("={shown_as}"));
    flag
}

/// Hides where cargo keeps the sources of dependencies.
pub(crate) fn remap_cargo_home() -> Result<OsString> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir()
            .context("neither CARGO_HOME nor HOME is set")?
            .join(".cargo"),
    };
    Ok(remap(&home, "/cargo"))
}

/// Chooses by `GUEST_TOOLCHAIN`; `auto` takes the first that works without asking the network twice.
pub(crate) fn choose(root: &Path) -> Result<Toolchain> {
    let private = root.join("target/wasm-toolchain");
    let wanted = env::var("GUEST_TOOLCHAIN").unwrap_or_else(|_| "auto".into());
    match wanted.as_str() {
        "auto" => {
            if active_has(TARGET)? {
                return Ok(Toolchain::Active);
            }
            if is_complete(&private) {
                return use_private(&private);
            }
            let offline = env::var("CARGO_NET_OFFLINE").is_ok_and(|value| value == "true");
            if !offline && rustup_adds(TARGET)? {
                return Ok(Toolchain::Active);
            }
            debian(&private)
        }
        "installed" => {
            ensure!(
                active_has(TARGET)?,
                "the active rustc has no `{TARGET}`; hint: rustup target add {TARGET}"
            );
            Ok(Toolchain::Active)
        }
        "rustup" => {
            ensure!(
                active_has(TARGET)? || rustup_adds(TARGET)?,
                "rustup did not add the target `{TARGET}`"
            );
            Ok(Toolchain::Active)
        }
        "debian" => debian(&private),
        other => bail!("GUEST_TOOLCHAIN is none of auto, installed, rustup, debian: {other}"),
    }
}

/// Makes sure that the active rustc has a standard library for a target, which rustup adds otherwise.
pub(crate) fn standard_library(target: &str) -> Result<()> {
    ensure!(
        active_has(target)? || rustup_adds(target)?,
        "the active rustc has no standard library for `{target}`; hint: `rustup target add {target}`, or a rustc that comes \
         with it"
    );
    Ok(())
}

/// Whether the active rustc has a `std` for a target. That the folder exists proves nothing: rustup leaves it behind.
fn active_has(target: &str) -> Result<bool> {
    let folder = output(Command::new(active_rustc()).args([
        "--print",
        "target-libdir",
        "--target",
        target,
    ]))?;
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(false);
    };
    Ok(entries
        .flatten()
        .any(|entry| is_rlib_of(&entry.file_name(), "libstd-")))
}

fn rustup_adds(target: &str) -> Result<bool> {
    say(&format!("      Adding the target {target} with rustup"));
    let rustup = Command::new("rustup")
        .args(["target", "add", target])
        .env("RUSTUP_MAX_RETRIES", "1")
        .spawn();
    let Ok(mut rustup) = rustup else {
        say("rustup cannot be started");
        return Ok(false);
    };
    let started = Instant::now();
    while started.elapsed() < RUSTUP_PATIENCE {
        match rustup.try_wait().context("cannot wait for rustup")? {
            Some(status) => return Ok(status.success() && active_has(target)?),
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    rustup
        .kill()
        .and_then(|()| rustup.wait())
        .context("cannot stop rustup")?;
    say(&format!(
        "rustup did not finish within {} s",
        RUSTUP_PATIENCE.as_secs()
    ));
    Ok(false)
}

/// Debian's toolchain, unpacked once.
fn debian(folder: &Path) -> Result<Toolchain> {
    if !is_complete(folder) {
        unpack(folder).with_context(|| {
            format!(
                "no compiler for {TARGET}; hint: `rustup target add {TARGET}`, or a machine with Debian's package \
                 manager, or GUEST_TOOLCHAIN=installed with a rustc that has the target"
            )
        })?;
    }
    use_private(folder)
}

/// The folder appears under its name only when everything is in it.
fn is_complete(folder: &Path) -> bool {
    folder.join("rustc").is_file()
}

fn use_private(folder: &Path) -> Result<Toolchain> {
    Ok(Toolchain::Private {
        rustc: folder.join("rustc"),
        linker: rust_lld()?,
    })
}

fn unpack(folder: &Path) -> Result<()> {
    ensure!(
        output(Command::new("apt-get").arg("--version")).is_ok(),
        "there is no `apt-get`"
    );
    let unfinished = folder.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)
            .with_context(|| format!("cannot remove {}", unfinished.display()))?;
    }
    let packages = unfinished.join("packages");
    let sysroot = unfinished.join("root");
    for path in [&packages, &sysroot] {
        fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))?;
    }

    say("    Fetching Debian's rustc-web and its sources (about 140 MB, once)");
    let standard_library = dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = dependency(&standard_library, "libllvm")?;
    let names = [
        "rustc-web",
        "rust-web-src",
        "libstd-rust-web-dev",
        &standard_library,
        &llvm,
    ];
    run(Command::new("apt-get")
        .args(["-qq", "download"])
        .args(names)
        .current_dir(&packages))?;
    for entry in fs::read_dir(&packages)? {
        extract(&entry?.path(), &sysroot)?;
    }
    fs::remove_dir_all(&packages)?;

    let rustc = unfinished.join("rustc");
    // `root` is found from the script's own place, so the folder can be renamed when it is complete.
    let script = format!(
        "#!/bin/sh\nroot=${{0%/*}}/root/usr\nLD_LIBRARY_PATH=$root/lib/{}-linux-gnu exec \"$root/bin/rustc\" \"$@\"\n",
        env::consts::ARCH
    );
    fs::write(&rustc, script)?;
    run(Command::new("chmod").arg("+x").arg(&rustc))?;

    say("    Building the standard library for WebAssembly (about a minute, once)");
    standard_library_for(&rustc, &unfinished)?;
    fs::rename(&unfinished, folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// Unpacks a package; of the compiler's sources, which are large, the library's alone.
fn extract(package: &Path, into: &Path) -> Result<()> {
    let mut reader = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start `dpkg-deb`")?;
    let archive = reader.stdout.take().context("`dpkg-deb` has no output")?;
    let mut tar = Command::new("tar");
    tar.arg("-x").arg("-C").arg(into).stdin(archive);
    if package
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("rust-web-src"))
    {
        tar.args([
            "--wildcards",
            "./usr/src/rustc-*/library",
            "./usr/lib/rustlib/src",
        ]);
    }
    run(&mut tar)?;
    let status = reader.wait().context("cannot wait for `dpkg-deb`")?;
    ensure!(status.success(), "`dpkg-deb` failed: {status}");
    Ok(())
}

/// Compiles `std` through an empty crate and puts it where rustc looks: from then on this is an ordinary toolchain with
/// an ordinary target, and the plugins need no unstable flag.
fn standard_library_for(rustc: &Path, folder: &Path) -> Result<()> {
    let seed = folder.join("seed");
    fs::create_dir_all(seed.join("src"))?;
    fs::write(
        seed.join("Cargo.toml"),
        "[package]\nname = \"seed\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    fs::write(seed.join("src/lib.rs"), "")?;
    let sysroot = folder.join("root/usr");
    // Fat LTO of the plugins needs the library's bitcode.
    let flags = encoded([
        "-Cembed-bitcode=yes".into(),
        remap_cargo_home()?,
        remap(&sysroot, "/toolchain"),
    ]);
    let mut cargo = cargo();
    Toolchain::Private {
        rustc: rustc.to_path_buf(),
        linker: rust_lld()?,
    }
    .apply(&mut cargo);
    cargo
        .current_dir(&seed)
        // The flag -Z is unstable; the compiler is not a nightly one.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .args([
            "build",
            "--quiet",
            "--release",
            "-Zbuild-std=std,panic_abort",
            "--target",
            TARGET,
            "--target-dir",
            "target",
        ]);
    run(&mut cargo)?;

    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&library)?;
    for entry in fs::read_dir(seed.join("target").join(TARGET).join("release/deps"))? {
        let entry = entry?;
        let name = entry.file_name();
        if is_rlib_of(&name, "lib") && !is_rlib_of(&name, "libseed-") {
            fs::copy(entry.path(), library.join(name))?;
        }
    }
    fs::remove_dir_all(&seed)?;
    fs::remove_dir_all(sysroot.join("src")).context("cannot remove the library's sources")
}

/// The package starting with `prefix` that `package` depends on: its name carries a version that moves with Debian.
fn dependency(package: &str, prefix: &str) -> Result<String> {
    let listing = output(Command::new("apt-cache").args(["depends", package]))?;
    let found = listing
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "));
    let found = found.map(str::trim).find(|name| name.starts_with(prefix));
    found
        .map(str::to_owned)
        .with_context(|| format!("`{package}` depends on no `{prefix}…`; hint: apt-get update"))
}

/// The linker of the active rustup toolchain. Debian's package has only a link to a linker of another package.
fn rust_lld() -> Result<PathBuf> {
    let sysroot = output(Command::new(active_rustc()).args(["--print", "sysroot"]))?;
    let version = output(Command::new(active_rustc()).arg("-vV"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names no host")?;
    let linker = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    ensure!(
        linker.is_file(),
        "the active toolchain has no linker at {}",
        linker.display()
    );
    Ok(linker)
}

fn active_rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn is_rlib_of(file: &OsStr, prefix: &str) -> bool {
    file.to_str()
        .is_some_and(|name| name.starts_with(prefix) && name.ends_with(".rlib"))
}

/// Runs a command that talks to the terminal itself.
fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", program(command)))?;
    ensure!(status.success(), "{} failed: {status}", program(command));
    Ok(())
}

/// What a command prints, without the final newline.
fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", program(command)))?;
    ensure!(
        output.status.success(),
        "{} failed: {}",
        program(command),
        output.status
    );
    let text = String::from_utf8(output.stdout)
        .with_context(|| format!("{} prints no UTF-8", program(command)))?;
    Ok(text.trim_end().to_owned())
}

fn program(command: &Command) -> String {
    format!("`{}`", command.get_program().to_string_lossy())
}
