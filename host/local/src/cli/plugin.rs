//! `plugin`: what the author or packager of a plugin needs.

mod build;
mod check;
mod new;
mod sign;
mod store;
mod watch;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use connector::plugin::{self, Admitted, Digest, Engine};
use connector::slot::Choice;

use self::build::Build;
use self::check::Check;
use self::new::New;
pub use self::new::WIT_BINDGEN;
use self::sign::Sign;
use self::store::Store;
use self::watch::Watch;

use super::output::say;

/// What the author or packager of a plugin needs
#[derive(Debug, clap::Subcommand)]
#[expect(missing_docs, reason = "each has its own")]
pub enum Plugin {
    Precompile(Precompile),
    New(New),
    Build(Build),
    Check(Check),
    Sign(Sign),
    Push(Push),
    Current(Current),
    Watch(Watch),
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
    /// What the function runs on, in place of this machine's architecture
    #[arg(long, value_enum)]
    arch: Option<Architecture>,
}

/// The names of Lambda.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Architecture {
    #[value(name = "x86_64")]
    X86_64,
    Arm64,
}

impl Architecture {
    /// Rust's name.
    fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

/// Puts a plugin into a store and makes it the current one of its name
///
/// A function with the setting `plugin_store` takes it over within ten seconds of its next request. Queries that were planned
/// with the plugin before go on with that one. A plugin that a function would refuse is not put there. A signature that lies
/// beside the file, as `plugin sign` writes it, goes with it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Push {
    /// The plugin, a WebAssembly component
    file: PathBuf,
    /// A folder, or s3://bucket/prefix
    store: String,
    /// The name in the store, in place of the one that the plugin gives itself
    #[arg(long)]
    name: Option<String>,
}

/// Prints which plugin of a name is the current one in a store, or makes an earlier one current again
#[derive(Debug, clap::Args)]
pub struct Current {
    /// A folder, or s3://bucket/prefix
    store: String,
    /// The plugin's name
    name: String,
    /// The SHA-256 of a plugin in the store
    #[arg(long, value_name = "DIGEST")]
    set: Option<String>,
}

/// Does what is asked.
///
/// # Errors
///
/// If a file cannot be read, is not a plugin, or what is made of it cannot be written; if the store cannot be used.
pub async fn run(args: Plugin) -> anyhow::Result<()> {
    match args {
        Plugin::Precompile(args) => precompile(&args),
        Plugin::New(args) => new::new(&args),
        Plugin::Build(args) => build::build(&args),
        Plugin::Check(args) => check::check(args).await,
        Plugin::Sign(args) => sign::sign(args),
        Plugin::Push(args) => push(args).await,
        Plugin::Current(args) => current(args).await,
        Plugin::Watch(args) => watch::watch(args).await,
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn precompile(Precompile { file, arch }: &Precompile) -> anyhow::Result<()> {
    let bytes = read(file)?;
    let own = Engine::new()?;
    let engine = match arch {
        Some(arch) => Engine::compiling_for(arch.name())?,
        None => own.clone(),
    };
    let code = plugin::precompile(&engine, &bytes)?;
    // What is not a plugin would be found only in the function.
    Admitted::from_bytes(&own, &bytes)?;
    let target = file.with_extension("cwasm");
    std::fs::write(&target, code).with_context(|| format!("cannot write {}", target.display()))
}

async fn push(args: Push) -> anyhow::Result<()> {
    let bytes = read(&args.file)?;
    let plugin = Admitted::from_bytes(&Engine::new()?, &bytes)?;
    plugin.probe()?;
    let name = name(args.name.as_deref().unwrap_or(plugin.name()))?;
    let store = Store::open(&args.store).await?;
    let before = store.current(&name).await?;
    let signature = sign::signature_of(&args.file);
    if signature.exists() {
        let written = |file: &Path| std::fs::metadata(file).and_then(|file| file.modified());
        if written(&signature)? < written(&args.file)? {
            let file = args.file.display();
            bail!(
                "{file} is newer than its signature; hint: sign it again, or remove the signature"
            );
        }
        let signature = read(&signature)?;
        store
            .put_signature(&name, plugin.digest(), signature)
            .await?;
    }
    store.put(&name, plugin.digest(), bytes).await?;
    store.set(&name, plugin.digest()).await?;
    say(&format!("{name} {}", plugin.digest()));
    if let Some(before) = before.filter(|before| before != plugin.digest()) {
        let store = &args.store;
        say(&format!(
            "before: {before}; back to it: athena-timestream plugin current {store} {name} --set {before}"
        ));
    }
    Ok(())
}

async fn current(args: Current) -> anyhow::Result<()> {
    let name = name(&args.name)?;
    let store = Store::open(&args.store).await?;
    if let Some(digest) = &args.set {
        let digest = Digest::parse(digest)
            .context("the digest is not a SHA-256 in lower-case hexadecimal")?;
        if !store.has(&name, &digest).await? {
            bail!("cannot make {digest} current: the store has no such plugin `{name}`");
        }
        store.set(&name, &digest).await?;
    }
    match store.current(&name).await? {
        Some(digest) => say(&format!("{name} {digest}")),
        None => bail!("the store has no plugin `{name}`"),
    }
    Ok(())
}

/// A name that a store can have.
fn name(text: &str) -> anyhow::Result<String> {
    match Choice::parse(text) {
        Ok(Choice { name, pinned: None }) => Ok(name),
        Ok(_) => bail!("`{text}` holds a digest; give the name alone"),
        Err(why) => bail!("`{text}` {why}"),
    }
}
