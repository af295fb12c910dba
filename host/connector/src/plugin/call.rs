//! The limits of one call.

use std::ops::Range;

use wasmtime::{ResourceLimiter, Store};

use super::engine::Engine;
use crate::error::{Error, Result};

/// Fuel for one call. A plan of ten columns burns some 20,000 units; the longest statement that Timestream takes some
/// tens of millions. A runaway loop ends within a second.
pub(super) const CALL_FUEL: u64 = 1_000_000_000;

/// Bytes of linear memory for one call, of all its memories together. Arbitrary; a plan of ten columns needs two hundred
/// thousand.
pub(super) const CALL_MEMORY_BYTES: usize = 64 << 20;

/// Elements of all its tables together. Arbitrary; a table holds the functions that are called through pointers.
pub(super) const CALL_TABLE_ELEMENTS: usize = 100_000;

/// Instances, memories and tables of a component at most, each. Arbitrary; one made of Rust has four instances, a memory
/// and three tables. Each instance may have a million globals of 16 bytes, which nothing else bounds.
pub(super) const MAX_PARTS: usize = 16;

/// Bytes that one call may copy out. The longest statement has 262,144; a mapping of a thousand columns half as many.
pub(super) const CALL_OUTPUT_BYTES: usize = 8 << 20;

/// A fresh store's data: what the call has taken so far.
#[derive(Debug, Default)]
pub(super) struct Limits {
    memory_bytes: usize,
    table_elements: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("more than {CALL_MEMORY_BYTES} bytes of memory were asked for")]
pub(super) struct MemoryLimit;

#[derive(Debug, thiserror::Error)]
#[error("more than {CALL_TABLE_ELEMENTS} elements of tables were asked for")]
pub(super) struct TableLimit;

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let (taken, most) = (&mut self.memory_bytes, CALL_MEMORY_BYTES);
        grow(taken, current..desired, maximum, most).map_err(|()| wasmtime::Error::new(MemoryLimit))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let (taken, most) = (&mut self.table_elements, CALL_TABLE_ELEMENTS);
        grow(taken, current..desired, maximum, most).map_err(|()| wasmtime::Error::new(TableLimit))
    }

    fn instances(&self) -> usize {
        MAX_PARTS
    }

    fn memories(&self) -> usize {
        MAX_PARTS
    }

    fn tables(&self) -> usize {
        MAX_PARTS
    }
}

/// Adds what a memory or table takes more to what the call has taken; an error above `most`. What its own declaration
/// forbids is not granted, and so not added.
fn grow(
    taken: &mut usize,
    size: Range<usize>,
    maximum: Option<usize>,
    most: usize,
) -> Result<bool, ()> {
    if maximum.is_some_and(|maximum| size.end > maximum) {
        return Ok(false);
    }
    *taken = taken.saturating_add(size.len());
    if *taken > most { Err(()) } else { Ok(true) }
}

/// A store for one call.
pub(super) fn store(engine: &Engine) -> Result<Store<Limits>> {
    let mut store = Store::new(engine.wasmtime(), Limits::default());
    store.limiter(|limits| limits);
    store.set_hostcall_fuel(CALL_OUTPUT_BYTES);
    store
        .set_fuel(CALL_FUEL)
        .map_err(|error| Error::bug(format_args!("the engine counts no fuel: {error}")))?;
    Ok(store)
}

/// Fuel that a call has burnt.
pub(super) fn burnt(store: &Store<Limits>) -> u64 {
    CALL_FUEL.saturating_sub(store.get_fuel().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use wasmtime::component::{Component, Linker};

    use super::super::blame::fault;
    use super::*;

    /// What becomes of a component with so many instances of a core module.
    fn instances(count: usize, module: &str) -> Result<(), String> {
        let instances = "(core instance (instantiate $m))".repeat(count);
        let text = format!("(component (core module $m {module}) {instances})");
        let engine = Engine::new().unwrap();
        let component = Component::new(engine.wasmtime(), wat::parse_str(text).unwrap()).unwrap();
        let mut store = store(&engine).unwrap();
        Linker::new(engine.wasmtime())
            .instantiate(&mut store, &component)
            .map(drop)
            .map_err(|error| {
                fault("`p`", "describe", &store, &error)
                    .message()
                    .to_owned()
            })
    }

    #[test]
    fn limits_hold_for_all_memories_and_tables_of_a_component_together() {
        // Pages of 64 KiB: 10 MiB each.
        let memory = "(memory 160)";
        assert_eq!(instances(6, memory), Ok(()));
        assert_eq!(
            instances(7, memory).unwrap_err(),
            "plugin `p` failed in `describe`: it asked for more than 64 MiB of memory"
        );
        let table = "(table 40000 funcref)";
        assert_eq!(instances(2, table), Ok(()));
        assert_eq!(
            instances(3, table).unwrap_err(),
            "plugin `p` failed in `describe`: it asked for tables of more than 100000 elements"
        );
    }

    #[test]
    fn a_component_has_not_any_number_of_parts() {
        assert_eq!(instances(16, ""), Ok(()));
        for module in ["", "(memory 0)", "(table 0 funcref)"] {
            assert_eq!(
                instances(17, module).unwrap_err(),
                "plugin `p` failed in `describe`: it has more than 16 instances, memories or tables"
            );
        }
    }
}
