//! Plans of eight clients while the plugin is swapped a thousand times: the slowest of a hundred beside the usual one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use aws_types::SdkConfig;
use connector::plugin::{Dialect, Digest, Engine};
use connector::query::Table;
use connector::slot::{Choice, Keys, Place, Slot};
use serde_json::{Map, Value};

use crate::function::own_mebibytes;
use crate::pages::Pages;
use crate::plan::{request, table};
use crate::rounded;

const SWAPS: usize = 1_000;
const CLIENTS: usize = 8;

/// Between two swaps.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a plugin is waited for: both are compiled before anything is measured.
const PATIENT: Duration = Duration::from_secs(120);

/// Swaps two dialects of one name, and the same without swaps before.
pub(crate) fn run(dialects: [PathBuf; 2]) -> Result<Vec<Map<String, Value>>> {
    // As the function has it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let store = std::env::temp_dir().join(format!("bench-swap-{}", std::process::id()));
    let rows = runtime.block_on(async {
        let mut rows = Vec::new();
        for swaps in [0, SWAPS] {
            rows.push(plans(&store, &dialects, swaps).await?);
        }
        Ok(rows)
    });
    std::fs::remove_dir_all(&store).context("cannot remove the store")?;
    rows
}

/// Makes one of two plugins current.
fn point(folder: &Path, digest: &Digest) -> Result<()> {
    std::fs::write(folder.join("next"), digest.as_str())?;
    Ok(std::fs::rename(
        folder.join("next"),
        folder.join("current"),
    )?)
}

async fn plans(store: &Path, dialects: &[PathBuf; 2], swaps: usize) -> Result<Map<String, Value>> {
    let folder = store.join("timestream");
    std::fs::create_dir_all(&folder)?;
    let mut digests = Vec::new();
    for file in dialects {
        let bytes = std::fs::read(file)?;
        let digest = Digest::of(&bytes);
        std::fs::write(folder.join(format!("{digest}.wasm")), bytes)?;
        digests.push(digest);
    }
    point(&folder, &digests[0])?;
    let slot = Slot::new(
        Dialect::from_file(&Engine::new()?, &dialects[0])?,
        Some(&Place::Folder(store.to_owned())),
        &Keys::default(),
        Choice::default(),
        // Nothing is asked of AWS.
        &SdkConfig::builder().build(),
    );
    let slot = Arc::new(slot.with_times(Duration::ZERO, PATIENT));
    // Both are compiled once.
    for digest in &digests {
        slot.of_digest(None, digest).await?;
    }
    let table = Arc::new(table(&Pages::usual().columns));
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(client(slot.clone(), table.clone(), done.clone())))
        .collect();
    let before = own_mebibytes()?;
    for swap in 0..SWAPS {
        if swaps > 0 {
            point(&folder, &digests[swap % 2])?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let after = own_mebibytes()?;
    done.store(true, Ordering::Relaxed);
    let mut took = Vec::new();
    for client in clients {
        took.extend(client.await??);
    }
    took.sort_unstable();
    ensure!(took.len() >= 1_000, "only {} plans were made", took.len());
    let micros = |of: Duration| of.as_secs_f64() * 1e6;
    let (median, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    Ok(Map::from_iter([
        ("swaps".to_owned(), swaps.into()),
        ("clients".to_owned(), CLIENTS.into()),
        ("plans".to_owned(), took.len().into()),
        ("median µs".to_owned(), rounded(micros(median))),
        ("p99 µs".to_owned(), rounded(micros(p99))),
        (
            "of median".to_owned(),
            rounded(micros(p99) / micros(median)),
        ),
        ("MiB before".to_owned(), rounded(before)),
        ("MiB after".to_owned(), rounded(after)),
    ]))
}

/// How long each plan took; the pointer is looked at before each.
async fn client(
    slot: Arc<Slot>,
    table: Arc<Table>,
    done: Arc<AtomicBool>,
) -> Result<Vec<Duration>> {
    let mut took = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let plugin = slot.current(None).await?;
        let mapping = plugin.map_table(&table)?;
        let request = request(&table, &mapping)?;
        let started = Instant::now();
        plugin.plan(&request)?;
        took.push(started.elapsed());
        // The function is never idle: the next client's turn.
        tokio::task::yield_now().await;
    }
    Ok(took)
}
