//! The one configuration of the WebAssembly engine: what compiles a component is what runs it.

use wasmtime::{Config, OptLevel};

use crate::error::{Code, Error, Fault, Result};

/// Bytes of a component at most: compile time is limited by nothing else. Arbitrary; an honest one has some 70 KB.
pub(crate) const MAX_COMPONENT_BYTES: usize = 8 << 20;

/// Bytes by which a memory may grow before it is moved. A plan of ten columns needs less.
const GROWTH_BYTES: u64 = 256 << 10;

/// A compiler and runtime for plugins; cheap to clone.
#[derive(Clone)]
pub struct Engine(wasmtime::Engine);

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Engine")
    }
}

impl Engine {
    /// Makes the engine.
    ///
    /// # Errors
    ///
    /// When this platform has none.
    pub fn new() -> Result<Self> {
        Self::compiling_for(std::env::consts::ARCH)
    }

    /// Makes an engine that compiles for another architecture, under Rust's name of it; what it compiles cannot be run by
    /// it.
    ///
    /// # Errors
    ///
    /// When the compiler has no such architecture.
    pub fn compiling_for(architecture: &str) -> Result<Self> {
        let engine = config(architecture).and_then(|config| wasmtime::Engine::new(&config));
        let engine = engine.map_err(|error| {
            Error::new(
                Code::Internal,
                Fault::Host,
                format!("cannot start the WebAssembly engine for `{architecture}`"),
            )
            .with_source(error.to_string())
        })?;
        Ok(Self(engine))
    }

    pub(super) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0
    }
}

fn config(architecture: &str) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    // Named, a target has no more of a processor than all of its kind have: code that is compiled on one machine loads on
    // every other.
    if cfg!(target_os = "linux") || architecture != std::env::consts::ARCH {
        config.target(&format!("{architecture}-unknown-linux-gnu"))?;
    }
    config
        .wasm_component_model(true)
        // The same input stops at the same place, and no ticker thread in a process that Lambda freezes.
        .consume_fuel(true)
        .cranelift_opt_level(OptLevel::Speed)
        // The same plan on every machine.
        .cranelift_nan_canonicalization(true)
        // What a plugin that panicked left in its memory.
        .coredump_on_trap(true)
        // Each call has an instance of its own, and mapping and guarding its few hundred kilobytes costs more than a plan:
        // memory comes from the allocator, and code checks bounds itself. Such code is without Cranelift's mitigation of
        // Spectre, which a plugin cannot make use of that has no clock and no threads.
        .signals_based_traps(false)
        .memory_reservation(0)
        .memory_reservation_for_growth(GROWTH_BYTES)
        .memory_guard_size(0)
        .memory_init_cow(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false);
    Ok(config)
}
