//! What a package of the function holds, and what it must not.
//!
//! A package is a zip file as Lambda takes it: `bootstrap`, the shipped plugins with their native code, the licences of
//! everything that is linked in, and a bill of materials. The same files give the same bytes.

mod archive;
mod bill;
mod contents;
mod dependencies;
mod elf;
mod licences;
mod part;
mod toolchain;

pub use archive::{SUMS, sha256, zip};
pub use contents::{BILL, PLUGINS, Sources, contents};
pub use elf::check;

use std::process::Command;
use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};

/// A kind of processor that Lambda has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Intel's and AMD's.
    X86_64,
    /// Graviton.
    Arm64,
}

impl Architecture {
    /// Lambda's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// Rust's name of it.
    fn rust(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

impl FromStr for Architecture {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "x86_64" => Ok(Self::X86_64),
            "arm64" => Ok(Self::Arm64),
            other => anyhow::bail!("`{other}` is not an architecture of Lambda: x86_64 or arm64"),
        }
    }
}

/// Runs a program to its end; its standard output.
///
/// # Errors
///
/// When it cannot be started or fails, with what it wrote to standard error; when its output is not UTF-8.
fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output();
    let output = output.with_context(|| format!("cannot start {program}"))?;
    ensure!(
        output.status.success(),
        "{program} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).with_context(|| format!("what {program} wrote is not UTF-8"))
}
