//! `plugin`: what the author or packager of a dialect needs.

use std::path::PathBuf;

use anyhow::Context as _;

/// What the author or packager of a dialect needs
#[derive(Debug, clap::Subcommand)]
#[expect(missing_docs, reason = "each has its own")]
pub enum Plugin {
    Precompile(Precompile),
}

/// Compiles a plugin to native code, so that a cold start of the function need not
///
/// The code is written beside the plugin, with the extension `cwasm`. Put both beside the function's executable: the plugin is
/// compiled at the start all the same where the code was made of another plugin, by another version, or for another
/// architecture.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Precompile {
    /// The plugin, a WebAssembly component
    file: PathBuf,
}

/// Does what is asked.
///
/// # Errors
///
/// If the file cannot be read, is not a plugin, or its code cannot be written.
pub fn run(args: Plugin) -> anyhow::Result<()> {
    let Plugin::Precompile(Precompile { file }) = args;
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let engine = connector::plugin::Engine::new()?;
    let code = connector::plugin::Plugin::precompile(&engine, &bytes)?;
    // What is not a dialect would be found only in the function.
    connector::plugin::Plugin::from_bytes(&engine, &bytes)?;
    let target = file.with_extension("cwasm");
    std::fs::write(&target, code).with_context(|| format!("cannot write {}", target.display()))
}
