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

use std::str::FromStr;

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

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "x86_64" => Ok(Self::X86_64),
            "arm64" => Ok(Self::Arm64),
            other => anyhow::bail!("`{other}` is not an architecture of Lambda: x86_64 or arm64"),
        }
    }
}
