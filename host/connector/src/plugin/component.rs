//! A compiled plugin: admission, identity, calls.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::DataType;
use wasmtime::component::{Component, Linker};

use super::engine::MAX_COMPONENT_BYTES;
use super::v0_1::{self, Bindings};
use super::{Bins, Description, Digest, Engine, Plan, PlanRequest, call, check, native, probe};
use crate::error::{Code, Error, Fault, Result};
use crate::query::{Mapping, Table};

/// Characters of what a plugin did wrong at most.
const MAX_WHY: usize = 300;

/// A dialect that was admitted. Calls share nothing but the code.
pub struct Plugin {
    engine: Engine,
    bindings: Bindings,
    digest: Digest,
    label: String,
    description: Description,
}

impl Plugin {
    /// Reads and admits a component. It is compiled, unless it lies in the executable's folder with native code beside it
    /// that fits ([`Plugin::precompile`]).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as [`Plugin::from_bytes`].
    pub fn from_file(engine: &Engine, path: &Path) -> Result<Arc<Self>> {
        let bytes = std::fs::read(path).map_err(|error| {
            let message = format!(
                "cannot load plugin `{}`: the file cannot be read",
                path.display()
            );
            Error::new(Code::InvalidInput, Fault::Host, message).with_source(error)
        })?;
        let digest = Digest::of(&bytes);
        let compiled = match native::load(engine, path, digest.as_str()) {
            Some(component) => Ok(component),
            None => compile(engine, &bytes, &digest),
        };
        compiled
            .and_then(|component| Self::admit(engine, &component, digest))
            .map_err(|error| error.context(format_args!("`{}`", path.display())))
    }

    /// Compiles and admits a component: it must instantiate on an empty linker and describe itself.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component of the dialect world, import a function, or the probing call fails.
    pub fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        let digest = Digest::of(bytes);
        Self::admit(engine, &compile(engine, bytes, &digest)?, digest)
    }

    /// Compiles a component to native code for this architecture. [`Plugin::from_file`] loads it from a file beside the
    /// component's, of the same name with the extension `cwasm`, if it was made by the same version of the connector. It
    /// runs unchecked in the connector's process, so that it is taken from the executable's own folder alone.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component.
    pub fn precompile(engine: &Engine, bytes: &[u8]) -> Result<Vec<u8>> {
        let digest = Digest::of(bytes);
        native::compile(engine, bytes, digest.as_str())
            .map_err(|error| refused(&digest, "it is not a WebAssembly component", Some(error)))
    }

    fn admit(engine: &Engine, component: &Component, digest: Digest) -> Result<Arc<Self>> {
        let refuse = |why: &str, error: wasmtime::Error| refused(&digest, why, Some(error));
        let linker = Linker::new(engine.wasmtime());
        let instance = linker
            .instantiate_pre(component)
            .map_err(|error| refuse("it imports something; plugins get nothing", error))?;
        let bindings = Bindings::new(instance).map_err(|error| {
            let why = "it does not export timestream:dialect/dialect@0.1, which this host serves";
            refuse(why, error)
        })?;
        let mut plugin = Self {
            engine: engine.clone(),
            bindings,
            label: digest.short().to_owned(),
            digest,
            description: Description {
                name: String::new(),
                version: String::new(),
                functions: Vec::new(),
                limit: false,
                top_n: false,
            },
        };
        let description = plugin.call("describe", |call| call.describe())?;
        check::description(&description).map_err(|why| plugin.wrong("describe", &why))?;
        plugin.description = description;
        plugin.label = format!("`{}` ({})", plugin.description.name, plugin.digest.short());
        Ok(Arc::new(plugin))
    }

    /// Asks a plugin from outside the package what it must be able to answer before it serves.
    ///
    /// # Errors
    ///
    /// What it did wrong.
    pub fn probe(&self) -> Result<()> {
        probe::probe(self)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// SHA-256 of the component's bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Name and the first digits of the digest, for messages.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What it said of itself when it was admitted.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Maps a table's columns to fields.
    ///
    /// # Errors
    ///
    /// When the plugin refuses, fails, or answers what cannot be.
    pub fn map_table(&self, table: &Table) -> Result<Mapping> {
        let mapping = self.call("map-table", |call| call.map_table(table))?;
        let mapping = mapping.map_err(|refusal| refusal.error())?;
        let mut mapping =
            check::mapping(mapping, table).map_err(|why| self.wrong("map-table", &why))?;
        // The plugin sees what Timestream computes with, and so compares nothing there that Athena compares as doubles.
        for field in &mut mapping.fields {
            let column = field.column.and_then(|column| table.columns.get(column));
            if column.is_some_and(|column| column.as_double)
                && matches!(field.data_type, DataType::Int32 | DataType::Int64)
            {
                field.data_type = DataType::Float64;
            }
        }
        Ok(mapping)
    }

    /// Plans a query.
    ///
    /// # Errors
    ///
    /// When the plugin refuses, fails, or answers what cannot be.
    pub fn plan(&self, request: &PlanRequest<'_>) -> Result<Plan> {
        let plan = self.call("plan", |call| call.plan(request))?;
        let plan = plan.map_err(|refusal| refusal.error())?;
        check::plan(&plan, request).map_err(|why| self.wrong("plan", &why))?;
        Ok(plan)
    }

    /// Says how a table's rows are counted by bins of `width` nanoseconds.
    ///
    /// # Errors
    ///
    /// When the plugin refuses, fails, or answers what cannot be.
    pub fn bins_of(&self, table: &Table, width: i64) -> Result<Bins> {
        let bins = self.call("bins-of", |call| call.bins_of(table, width))?;
        let bins = bins.map_err(|refusal| refusal.error())?;
        check::bins(&bins).map_err(|why| self.wrong("bins-of", &why))?;
        Ok(bins)
    }

    /// One call in a store of its own, so that no call sees another's state and a trap needs no recovery.
    fn call<T>(
        &self,
        function: &str,
        call: impl FnOnce(&mut v0_1::Call<'_>) -> wasmtime::Result<T>,
    ) -> Result<T> {
        let mut store = call::store(&self.engine)?;
        self.bindings
            .instantiate(&mut store)
            .and_then(|mut instance| call(&mut instance))
            .map_err(|error| call::fault(&self.label, function, &error))
    }

    pub(super) fn wrong(&self, function: &str, why: &str) -> Error {
        // It may quote what the plugin answered.
        let why: String = why.chars().take(MAX_WHY).collect();
        let message = format!("plugin {} answered `{function}` wrongly: {why}", self.label);
        Error::new(Code::Internal, Fault::Plugin, message)
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Plugin")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

fn compile(engine: &Engine, bytes: &[u8], digest: &Digest) -> Result<Component> {
    if bytes.len() > MAX_COMPONENT_BYTES {
        let why = format!("it is larger than {} MiB", MAX_COMPONENT_BYTES >> 20);
        return Err(refused(digest, &why, None));
    }
    Component::new(engine.wasmtime(), bytes)
        .map_err(|error| refused(digest, "it is not a WebAssembly component", Some(error)))
}

fn refused(digest: &Digest, why: &str, source: Option<wasmtime::Error>) -> Error {
    let message = format!("cannot load plugin {}: {why}", digest.short());
    let error = Error::new(Code::InvalidInput, Fault::Plugin, message);
    match source {
        Some(source) => error.with_source(format!("{source:?}")),
        None => error,
    }
}
