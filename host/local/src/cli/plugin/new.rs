//! `plugin new`: a crate that `plugin build` makes a plugin of.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use connector::slot::Choice;
use include_dir::{Dir, include_dir};

use super::say;

/// Makes a crate for a new plugin
///
/// The crate lies in a folder of the plugin's name. It has the library `guest` and the contract in it, and depends on nothing
/// else but `wit-bindgen`. A dialect is made, which so far is the shipped one, or with --policy a policy that lets everything
/// through.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct New {
    /// The plugin's name, of lower-case letters, digits and `-`
    name: String,
    /// Make a policy
    #[arg(long)]
    policy: bool,
}

static GUEST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../guest/src");
static CONTRACT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");
const DIALECT: &str = include_str!("template/dialect.rs");
const POLICY: &str = include_str!("template/policy.rs");

/// The version of `wit-bindgen` that the library is written for; a test holds it against the workspace's.
pub const WIT_BINDGEN: &str = "0.63";

/// Makes the crate in the current folder.
///
/// # Errors
///
/// If the name cannot be a plugin's, the folder is there already, or a file cannot be written.
pub(super) fn new(args: &New) -> anyhow::Result<()> {
    let New { name, policy } = args;
    let is_letter = name.starts_with(|first: char| first.is_ascii_lowercase());
    let choice = Choice::parse(name).map_err(|why| anyhow::anyhow!("`{name}` {why}"))?;
    ensure!(
        is_letter && choice.pinned.is_none(),
        "`{name}` does not begin with a letter, or holds a digest; give a name alone"
    );
    let folder = PathBuf::from(name);
    ensure!(!folder.exists(), "`{name}` is there already");
    write(&folder.join("Cargo.toml"), &manifest(name))?;
    write(&folder.join(".gitignore"), "/target/\n/*.wasm\n")?;
    let code = if *policy { POLICY } else { DIALECT };
    write(&folder.join("src/lib.rs"), code)?;
    write(&folder.join("guest/Cargo.toml"), &guest_manifest())?;
    copy(&GUEST, &folder.join("guest/src"))?;
    copy(&CONTRACT, &folder.join("wit"))?;
    say(&format!(
        "{name}: write it in {name}/src/lib.rs, and build it: athena-timestream plugin build {name}"
    ));
    Ok(())
}

fn manifest(name: &str) -> String {
    format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
rust-version = "1.95"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
guest = {{ package = "athena-timestream-guest", path = "guest" }}

[profile.release]
opt-level = "s"
lto = "fat"
codegen-units = 1
panic = "abort"
strip = "debuginfo"

# Not part of a workspace above it; the library's own tests need more than the plugin.
[workspace]
exclude = ["guest"]
"#
    )
}

fn guest_manifest() -> String {
    format!(
        r#"[package]
name = "athena-timestream-guest"
description = "Write a plugin for the Athena connector for Amazon Timestream"
version = "0.1.0"
edition = "2024"
license = "Apache-2.0"
publish = false

[lib]
name = "guest"

[dependencies]
wit-bindgen = {{ version = "{WIT_BINDGEN}", default-features = false, features = ["macros", "realloc"] }}
"#
    )
}

fn copy(from: &Dir<'_>, to: &Path) -> anyhow::Result<()> {
    for file in from.files() {
        let name = file.path().file_name().context("a file without a name")?;
        let text = file.contents_utf8().context("a file that is not a text")?;
        write(&to.join(name), text)?;
    }
    for folder in from.dirs() {
        let name = folder
            .path()
            .file_name()
            .context("a folder without a name")?;
        copy(folder, &to.join(name))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(cannot)?;
    }
    std::fs::write(path, text).with_context(cannot)
}
