//! The limits of one call, and whose fault it is when one is hit.

use wasmtime::{ResourceLimiter, Store, Trap};

use super::engine::Engine;
use crate::error::{Code, Error, Fault, Result};

/// Fuel for one call. A plan of ten columns burns some 20,000 units; the longest statement that Timestream takes some
/// tens of millions. A runaway loop ends within a second.
const CALL_FUEL: u64 = 1_000_000_000;

/// Bytes of linear memory for one call. Arbitrary; a plan of ten columns needs two hundred thousand.
const CALL_MEMORY_BYTES: usize = 64 << 20;

/// Bytes that one call may copy out. The longest statement has 262,144; a mapping of a thousand columns half as many.
const CALL_OUTPUT_BYTES: usize = 8 << 20;

/// A fresh store's data: the limiter.
#[derive(Debug)]
pub(super) struct Limits;

#[derive(Debug, thiserror::Error)]
#[error("more than {CALL_MEMORY_BYTES} bytes of memory were asked for")]
struct MemoryLimit;

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > CALL_MEMORY_BYTES {
            Err(wasmtime::Error::new(MemoryLimit))
        } else {
            Ok(true)
        }
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= 10_000)
    }
}

/// A store for one call.
pub(super) fn store(engine: &Engine) -> Result<Store<Limits>> {
    let mut store = Store::new(engine.wasmtime(), Limits);
    store.limiter(|limits| limits);
    store.set_hostcall_fuel(CALL_OUTPUT_BYTES);
    store
        .set_fuel(CALL_FUEL)
        .map_err(|error| Error::bug(format_args!("the engine counts no fuel: {error}")))?;
    Ok(store)
}

/// Says what a plugin did when a call of it ended badly.
pub(super) fn fault(plugin: &str, function: &str, error: &wasmtime::Error) -> Error {
    let why = if error.downcast_ref::<MemoryLimit>().is_some() {
        format!(
            "it asked for more than {} MiB of memory",
            CALL_MEMORY_BYTES >> 20
        )
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => "it did not come to an end within its fuel".into(),
            Some(Trap::UnreachableCodeReached) => "it panicked".into(),
            Some(Trap::MemoryOutOfBounds | Trap::StackOverflow) => {
                "it ran out of stack or read outside its memory".into()
            }
            Some(trap) => format!("it trapped: {trap}"),
            // Copying out too much is told by text alone.
            None if format!("{error:#}").contains("too much data") => {
                format!("it answered with more than {} MiB", CALL_OUTPUT_BYTES >> 20)
            }
            None => "its answer could not be read".into(),
        }
    };
    Error::new(
        Code::Internal,
        Fault::Plugin,
        format!("plugin {plugin} failed in `{function}`: {why}"),
    )
    .with_source(format!("{error:?}"))
}
