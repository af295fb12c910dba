//! What the tests share: components, a Timestream that plays a script, a connector in front of it, Athena's requests.

pub mod jvm;
pub mod processes;
pub mod proof;
pub mod scripted;
pub mod stores;
pub mod suite;
pub mod trino;

pub use local::proof::calls as athena;
pub use local::proof::config::{sdk_config, sdk_config_with_glue};

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use connector::Settings;
use connector::plugin::{Dialect, Engine};

/// The repository's folder.
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(PathBuf::from)
        .unwrap_or_default()
}

/// Says what is not tested and why, past what the test harness captures.
pub fn say_skipped(what: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}

/// The file of a component that `cargo xtask guests` built.
///
/// # Errors
///
/// When it was not built.
pub fn component(name: &str) -> Result<PathBuf> {
    let path = workspace().join(format!("target/components/{name}.wasm"));
    anyhow::ensure!(
        path.exists(),
        "{} is not there; hint: run `cargo xtask guests`",
        path.display()
    );
    Ok(path)
}

/// An admitted plugin; compiled once for all tests.
///
/// # Errors
///
/// When it was not built, or is refused.
pub fn plugin(name: &str) -> Result<Arc<Dialect>> {
    static ADMITTED: Mutex<BTreeMap<String, Arc<Dialect>>> = Mutex::new(BTreeMap::new());
    let mut admitted = ADMITTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(plugin) = admitted.get(name) {
        return Ok(plugin.clone());
    }
    let plugin = Dialect::from_file(&Engine::new()?, &component(name)?)
        .context("cannot load a component")?;
    admitted.insert(name.to_owned(), plugin.clone());
    Ok(plugin)
}

/// The SDK's retries with pauses that a test can wait for.
pub fn impatient(config: &SdkConfig) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_initial_backoff(Duration::from_millis(1))
        .with_max_backoff(Duration::from_millis(5));
    config.to_builder().retry_config(retries).build()
}

/// Settings with a bucket, without Glue, and nothing else.
///
/// # Errors
///
/// When the name is no bucket's.
pub fn settings(bucket: &str) -> Result<Settings> {
    let lookup = |name: &str| match name {
        "spill_bucket" => Some(bucket.to_owned()),
        "disable_glue" => Some("true".to_owned()),
        // Scripts play the pages of one query.
        "slices_per_query" => Some("1".to_owned()),
        _ => None,
    };
    Ok(Settings::from_lookup(lookup)?)
}
