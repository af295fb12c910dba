//! `plugin watch`: from a saved file to a plugin that serves.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::Context as _;
use connector::plugin::{Admitted, Engine};
use notify::{Event, RecursiveMode, Watcher as _};

use super::store::Store;
use super::{build, check, name, read, say};

/// Builds a plugin's crate whenever a file of it is saved, checks it quickly, and makes it current in a store
///
/// A function with that store takes it over within ten seconds of its next request. What does not build, or fails the check,
/// is printed, and the plugin before stays. The plugin is not signed, so that a function with `plugin_keys` does not take it.
/// Files outside the folder are not watched. Ends with the terminal's interrupt.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Watch {
    /// The crate's folder
    folder: PathBuf,
    /// A folder, or s3://bucket/prefix
    store: String,
}

/// Changes that follow each other within this time are one: editors write several files.
const QUIET: Duration = Duration::from_millis(200);

/// Watches until the process ends.
///
/// # Errors
///
/// If the folder cannot be watched.
pub(super) async fn watch(args: Watch) -> anyhow::Result<()> {
    let store = Store::open(&args.store).await?;
    let (send, mut changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // After an error it is not known what has changed.
        if event.is_ok_and(|event| !is_change(&event)) {
            return;
        }
        // Nobody listens any more when the process ends.
        let _ = send.send(());
    })?;
    let watched = watcher.watch(&args.folder, RecursiveMode::Recursive);
    watched.with_context(|| format!("cannot watch {}", args.folder.display()))?;
    loop {
        match serve(&args.folder, &store).await {
            Ok(line) => say(&line),
            Err(error) => say(&format!("not taken over: {error:#}")),
        }
        changes = tokio::task::spawn_blocking(move || wait(changes)).await??;
    }
}

/// Whether a file of the crate is another: none that cargo or this command writes.
fn is_change(event: &Event) -> bool {
    let is_written = |path: &PathBuf| {
        let mut parts = path.iter().map(|part| part.to_string_lossy());
        let is_component = path
            .extension()
            .is_some_and(|end| end == "wasm" || end == "new");
        is_component || parts.any(|part| part == "target" || part == "Cargo.lock")
    };
    event.need_rescan()
        || (!event.kind.is_access() && event.paths.iter().any(|path| !is_written(path)))
}

/// Waits for a change, and until there is quiet.
fn wait(changes: Receiver<()>) -> anyhow::Result<Receiver<()>> {
    changes.recv().context("the folder is no longer watched")?;
    while changes.recv_timeout(QUIET).is_ok() {}
    Ok(changes)
}

/// Builds, checks and pushes; what is now current.
async fn serve(folder: &Path, store: &Store) -> anyhow::Result<String> {
    let folder = folder.to_path_buf();
    let file = tokio::task::spawn_blocking(move || build::component_of(&folder)).await??;
    let bytes = read(&file)?;
    let plugin = Admitted::from_bytes(&Engine::new()?, &bytes)?;
    plugin.probe()?;
    if let Admitted::Dialect(dialect) = &plugin {
        let dialect = dialect.clone();
        tokio::task::spawn_blocking(move || check::quickly(&dialect)).await??;
    }
    let name = name(plugin.name())?;
    store.put(&name, plugin.digest(), bytes).await?;
    store.set(&name, plugin.digest()).await?;
    Ok(format!("{name} {}", plugin.digest()))
}
