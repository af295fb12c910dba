//! Plugin stores in folders.

#![expect(clippy::unwrap_used, reason = "what the tests write must be written")]

use std::path::Path;
use std::time::Duration;

use connector::plugin::Digest;

/// How long the tests wait for a plugin of a store: a busy machine compiles one in more than the function's three seconds.
pub const PATIENT: Duration = Duration::from_secs(120);

/// Puts a component into a folder's store.
pub fn push(store: &Path, name: &str, component: &[u8]) -> Digest {
    let digest = Digest::of(component);
    let folder = store.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{digest}.wasm")), component).unwrap();
    digest
}

/// Moves a folder's pointer at once, as a store has to.
pub fn point(store: &Path, name: &str, text: &str) {
    let folder = store.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("next"), text).unwrap();
    std::fs::rename(folder.join("next"), folder.join("current")).unwrap();
}

/// Puts a component into a folder's store, and makes it current.
pub fn push_current(store: &Path, name: &str, component: &[u8]) {
    let digest = push(store, name, component);
    point(store, name, digest.as_str());
}
