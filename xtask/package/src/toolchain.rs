//! What the compiler and the linker add to a program.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

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
    let rustc = |arguments: &[&str]| -> Result<String> {
        let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(program).args(arguments).output();
        let output = output.context("cannot start rustc")?;
        ensure!(
            output.status.success(),
            "rustc ended with {}",
            output.status
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let sysroot = rustc(&["--print", "sysroot"])?;
    let version = rustc(&["--version"])?;
    let mut words = version.split(' ').skip(1);
    let mut of_rust = standard_texts("MIT OR Apache-2.0")?;
    of_rust.push(text_of(&Path::new(&sysroot).join(LIBRARY))?);
    let part = |name: &str, version: &str, licence: &str, texts| Part {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: Some(licence.to_owned()),
        checksum: None,
        texts,
    };
    let of_zig = zig_version(zig)?;
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
            &format!("zig-{of_zig}"),
            "Apache-2.0 WITH LLVM-exception",
            text("lib/libunwind/LICENSE.TXT")?,
        ),
        part(
            "compiler-rt",
            &format!("zig-{of_zig}"),
            "MIT",
            text("LICENSE")?,
        ),
        part(
            "glibc-start",
            &format!("zig-{of_zig}"),
            "LicenseRef-glibc",
            text("lib/libc/glibc/LICENSES")?,
        ),
    ])
}

fn zig_version(zig: &Path) -> Result<String> {
    let output = Command::new(zig.join("zig")).arg("version").output();
    let output = output.with_context(|| format!("cannot start {}", zig.join("zig").display()))?;
    ensure!(output.status.success(), "zig ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
