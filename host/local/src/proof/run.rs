//! Many cases on all cores, one seed after the other.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context, Result};

/// Stack of a thread, in bytes: parser and planner work by recursion.
const THREAD_STACK: usize = 128 << 20;

/// Runs a case for each of `count` seeds from `first` on, and stops at the first that fails. `progress` hears how many
/// are done.
///
/// # Errors
///
/// What is wrong, with its seed; or why a case could not be run.
pub fn seeds(
    first: u64,
    count: u64,
    case: impl Fn(u64) -> Result<Option<String>> + Sync,
    progress: impl Fn(u64) + Sync,
) -> Result<()> {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let stopped = AtomicBool::new(false);
    let failure = Mutex::new(None);
    let work = || {
        while !stopped.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            let seed = first.wrapping_add(number);
            let outcome = match case(seed) {
                Ok(None) => {
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                    continue;
                }
                Ok(Some(wrong)) => anyhow::anyhow!("seed {seed}: {wrong}"),
                Err(error) => error.context(format!("seed {seed}")),
            };
            stopped.store(true, Ordering::Relaxed);
            failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(outcome);
        }
    };
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| -> Result<()> {
        let started: Vec<_> = (0..threads)
            .map(|_| {
                let builder = std::thread::Builder::new().stack_size(THREAD_STACK);
                builder.spawn_scoped(scope, work)
            })
            .collect::<Result<_, _>>()
            .context("cannot start threads")?;
        for thread in started {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
        Ok(())
    })?;
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        None => Ok(()),
        Some(failure) => Err(failure),
    }
}
