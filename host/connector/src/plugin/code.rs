//! A compiled component of a world: identity, calls.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::{Component, Linker};

use super::engine::MAX_COMPONENT_BYTES;
use super::v0_1::World;
use super::{Digest, Engine, blame, call, check, native};
use crate::error::{Code as ErrorCode, Error, Fault, Result};

/// Characters of what a plugin did wrong at most.
const MAX_WHY: usize = 300;

/// A component that exports a world. Calls share nothing but the code.
pub(super) struct Code<W> {
    engine: Engine,
    world: W,
    digest: Digest,
    label: String,
    /// Units that all calls have burnt so far, and that the dearest one has.
    fuel: AtomicU64,
    most_fuel: AtomicU64,
}

impl<W: World> Code<W> {
    /// Reads a component and admits it. It is compiled, unless it lies in the executable's folder with native code beside
    /// it that fits ([`precompile`]).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as [`Code::from_bytes`], or why it is not admitted.
    pub(super) fn from_file<T>(
        engine: &Engine,
        path: &Path,
        admit: impl FnOnce(Self) -> Result<T>,
    ) -> Result<T> {
        let bytes = std::fs::read(path).map_err(|error| {
            let message = format!(
                "cannot load plugin `{}`: the file cannot be read",
                path.display()
            );
            Error::new(ErrorCode::InvalidInput, Fault::Host, message).with_source(error)
        })?;
        let digest = Digest::of(&bytes);
        let compiled = match native::load(engine, path, digest.as_str()) {
            Some(component) => Ok(component),
            None => compile(engine, &bytes, &digest),
        };
        compiled
            .and_then(|component| Self::link(engine, &component, digest))
            .and_then(admit)
            .map_err(|error| error.context(format_args!("`{}`", path.display())))
    }

    /// Compiles a component, which must instantiate on an empty linker.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component of the world, or import a function.
    pub(super) fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Self> {
        let digest = Digest::of(bytes);
        Self::link(engine, &compile(engine, bytes, &digest)?, digest)
    }

    /// Whether a component exports what this world does.
    pub(super) fn is_exported(engine: &Engine, component: &Component) -> bool {
        let exported = component.component_type();
        let mut exports = exported.exports(engine.wasmtime());
        exports.any(|(name, _)| name.starts_with(W::EXPORT))
    }

    /// Links a compiled component, as [`Code::from_bytes`].
    pub(super) fn link(engine: &Engine, component: &Component, digest: Digest) -> Result<Self> {
        let refuse = |why: &str, error: wasmtime::Error| refused(&digest, why, Some(error));
        let linker = Linker::new(engine.wasmtime());
        let instance = linker
            .instantiate_pre(component)
            .map_err(|error| refuse("it imports something; plugins get nothing", error))?;
        let world = W::new(instance).map_err(|error| {
            let why = format!("it does not export {}, which this host serves", W::EXPORT);
            refuse(&why, error)
        })?;
        Ok(Self {
            engine: engine.clone(),
            world,
            label: digest.short().to_owned(),
            digest,
            fuel: AtomicU64::new(0),
            most_fuel: AtomicU64::new(0),
        })
    }

    /// Takes the name that the plugin gives itself into its label.
    ///
    /// # Errors
    ///
    /// When name or version cannot stand in a message.
    pub(super) fn named(mut self, name: &str, version: &str) -> Result<Self> {
        check::description(name, version).map_err(|why| self.wrong("describe", &why))?;
        self.label = format!("`{name}` ({})", self.digest.short());
        Ok(self)
    }

    /// One call in a store of its own, so that no call sees another's state and a trap needs no recovery.
    pub(super) fn call<T>(
        &self,
        function: &str,
        ask: impl FnOnce(&mut W::Call<'_>) -> wasmtime::Result<T>,
    ) -> Result<T> {
        let mut store = call::store(&self.engine)?;
        let answer = self
            .world
            .instantiate(&mut store)
            .and_then(|mut instance| ask(&mut instance));
        let burnt = call::burnt(&store);
        self.fuel.fetch_add(burnt, Ordering::Relaxed);
        self.most_fuel.fetch_max(burnt, Ordering::Relaxed);
        answer.map_err(|error| blame::fault(&self.label, function, &store, &error))
    }

    /// The error of a plugin that answered what cannot be.
    pub(super) fn wrong(&self, function: &str, why: &str) -> Error {
        // It may quote what the plugin answered.
        let why: String = why.chars().take(MAX_WHY).collect();
        let message = format!("plugin {} answered `{function}` wrongly: {why}", self.label);
        Error::new(ErrorCode::Internal, Fault::Plugin, message)
    }
}

impl<W> Code<W> {
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// SHA-256 of the component's bytes.
    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Fuel that all calls so far have burnt.
    pub(super) fn fuel(&self) -> u64 {
        self.fuel.load(Ordering::Relaxed)
    }

    /// Fuel that the dearest call so far has burnt.
    pub(super) fn most_fuel(&self) -> u64 {
        self.most_fuel.load(Ordering::Relaxed)
    }

    /// Name and the first digits of the digest, for messages.
    pub(super) fn label(&self) -> &str {
        &self.label
    }
}

impl<W> std::fmt::Debug for Code<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.label)
    }
}

/// Compiles a component of any world to native code for this architecture. It is loaded from a file beside the
/// component's, of the same name with the extension `cwasm`, if it was made by the same version of the connector. It runs
/// unchecked in the connector's process, so that it is taken from the executable's own folder alone.
///
/// # Errors
///
/// When the bytes are not a component.
pub fn precompile(engine: &Engine, bytes: &[u8]) -> Result<Vec<u8>> {
    let digest = Digest::of(bytes);
    native::compile(engine, bytes, digest.as_str())
        .map_err(|error| refused(&digest, "it is not a WebAssembly component", Some(error)))
}

pub(super) fn compile(engine: &Engine, bytes: &[u8], digest: &Digest) -> Result<Component> {
    if bytes.len() > MAX_COMPONENT_BYTES {
        let why = format!("it is larger than {} MiB", MAX_COMPONENT_BYTES >> 20);
        return Err(refused(digest, &why, None));
    }
    Component::new(engine.wasmtime(), bytes)
        .map_err(|error| refused(digest, "it is not a WebAssembly component", Some(error)))
}

fn refused(digest: &Digest, why: &str, source: Option<wasmtime::Error>) -> Error {
    let message = format!("cannot load plugin {}: {why}", digest.short());
    let error = Error::new(ErrorCode::InvalidInput, Fault::Plugin, message);
    match source {
        Some(source) => error.with_source(format!("{source:?}")),
        None => error,
    }
}
