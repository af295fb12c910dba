//! `plugin sign`: a signature in minisign's format.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use minisign::{SecretKey, SecretKeyBox};

/// Signs a plugin
///
/// The signature is written beside the plugin as FILE.minisig, from where `plugin push` takes it along. A function with the
/// setting `plugin_keys` takes no plugin from a store that none of those keys has signed. Keys are minisign's, made by
/// `minisign -G` or `rsign generate`. The password of a key that has one is asked for, unless it is in MINISIGN_PASSWORD.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Sign {
    /// The plugin, a WebAssembly component
    file: PathBuf,
    /// The file of the secret key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Where the signature of a plugin lies.
pub(super) fn signature_of(plugin: &Path) -> PathBuf {
    let mut path = plugin.as_os_str().to_owned();
    path.push(".minisig");
    path.into()
}

/// Signs.
///
/// # Errors
///
/// If the plugin or the key cannot be read, the password is wrong, or the signature cannot be written.
pub(super) fn sign(args: Sign) -> anyhow::Result<()> {
    let plugin = super::read(&args.file)?;
    let key = std::fs::read_to_string(&args.key)
        .with_context(|| format!("cannot read {}", args.key.display()))?;
    let key = secret_key(&key, std::env::var("MINISIGN_PASSWORD").ok())
        .with_context(|| format!("cannot use the key in {}", args.key.display()))?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let comment = format!("file:{name}");
    let signature = minisign::sign(None, &key, plugin.as_slice(), Some(&comment), None)
        .context("cannot sign the plugin")?;
    let target = signature_of(&args.file);
    std::fs::write(&target, signature.into_string())
        .with_context(|| format!("cannot write {}", target.display()))
}

fn secret_key(text: &str, password: Option<String>) -> Result<SecretKey, minisign::PError> {
    let boxed = || SecretKeyBox::from_string(text);
    match boxed()?.into_unencrypted_secret_key() {
        Ok(key) => Ok(key),
        Err(_) => boxed()?.into_secret_key(password),
    }
}
