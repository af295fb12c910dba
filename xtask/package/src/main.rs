//! `package`: packs a `bootstrap` that was built, with the plugins that were built; `cargo xtask package` builds both.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use package::{Architecture, BILL, PLUGINS, Sources};

/// Bytes of a package at most. Lambda takes 50 MB; a cold start fetches them.
const MOST_BYTES: usize = 12_000_000;

/// Packs the function for Lambda
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the package is written
    folder: PathBuf,
    /// What the function runs on: x86_64 or arm64
    #[arg(long)]
    arch: Architecture,
    /// The function's program
    #[arg(long, value_name = "FILE")]
    bootstrap: PathBuf,
    /// The folder of Zig, which has linked the program
    #[arg(long, value_name = "FOLDER")]
    zig: PathBuf,
    /// A plugin to add to those that are shipped
    #[arg(long = "plugin", value_name = "FILE.wasm")]
    plugins: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        folder,
        arch,
        bootstrap,
        zig,
        plugins,
    } = arguments;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = std::fs::read(&bootstrap)
        .with_context(|| format!("cannot read {}", bootstrap.display()))?;
    package::check(&program, arch)
        .with_context(|| format!("{} would not start at Lambda", bootstrap.display()))?;
    let shipped = PLUGINS.map(|name| root.join(format!("target/components/{name}.wasm")));
    let files = package::contents(Sources {
        root: &root,
        architecture: arch,
        bootstrap: program,
        plugins: shipped.into_iter().chain(plugins).collect(),
        zig: &zig,
    })?;
    let zip = package::zip(&files)?;
    ensure!(
        zip.len() <= MOST_BYTES,
        "the package would have {} bytes, more than the {MOST_BYTES} that are allowed for",
        zip.len()
    );
    for (name, bytes) in &files {
        say(&format!("{:>10} {name}", bytes.len()));
    }
    let name = format!("athena-timestream-{}", arch.name());
    let zip_name = format!("{name}.zip");
    let sum = package::sha256(&zip);
    let bill = files
        .get(BILL)
        .context("the package has no bill of materials")?;
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, bytes) in [
        (&zip_name, zip.as_slice()),
        (
            &format!("{zip_name}.sha256"),
            format!("{sum}  {zip_name}\n").as_bytes(),
        ),
        (&format!("{name}.cdx.json"), bill),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    say(&format!("{zip_name}: {} bytes, SHA-256 {sum}", zip.len()));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a command talks to its user")]
fn say(line: &str) {
    eprintln!("{line}");
}
