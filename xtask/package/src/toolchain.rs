//! What the compiler and the linker add to a program.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::output;
use crate::part::{Part, standard_texts, text_of};

/// The file of rustc's installation that has the licences of everything in Rust's standard library.
const LIBRARY: &str = "share/doc/rust/COPYRIGHT-library.html";

/// Rust's standard library, which is in the program and in the plugins; and what Zig links into a program: the unwinder and
/// the runtime of its compiler, and the start of a process with glibc.
///
/// # Errors
///
/// When rustc cannot be asked, or a text is not where it should be.
pub(crate) fn parts_of_toolchain(zig: &Path) -> Result<Vec<Part>> {
    let rustc = |arguments: &[&str]| {
        let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        output(Command::new(program).args(arguments))
    };
    let sysroot = rustc(&["--print", "sysroot"])?;
    let version = rustc(&["--version"])?;
    let mut words = version.split_whitespace().skip(1);
    let mut of_rust = standard_texts("MIT OR Apache-2.0")?;
    of_rust.push(text_of(&Path::new(sysroot.trim()).join(LIBRARY))?);
    let part = |name: &str, version: &str, licence: &str, texts| Part {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: Some(licence.to_owned()),
        checksum: None,
        texts,
    };
    let of_zig = output(Command::new(zig.join("zig")).arg("version"))?;
    let of_zig = format!("zig-{}", of_zig.trim());
    let text = |file: &str| -> Result<Vec<String>> { Ok(vec![text_of(&zig.join(file))?]) };
    Ok(vec![
        part(
            "rust-std",
            words.next().context("rustc told no version")?,
            "MIT OR Apache-2.0",
            of_rust,
        ),
        part(
            "libunwind",
            &of_zig,
            "Apache-2.0 WITH LLVM-exception",
            text("lib/libunwind/LICENSE.TXT")?,
        ),
        part("compiler-rt", &of_zig, "MIT", text("LICENSE")?),
        part(
            "glibc-start",
            &of_zig,
            "LicenseRef-glibc",
            text("lib/libc/glibc/LICENSES")?,
        ),
    ])
}
