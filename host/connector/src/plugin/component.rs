//! A compiled plugin: admission, identity, calls.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::DataType;
use sha2::{Digest, Sha256};
use wasmtime::component::{Component, Linker};

use super::engine::MAX_COMPONENT_BYTES;
use super::v0_1::{self, Bindings};
use super::{Bins, Description, Engine, Plan, PlanRequest, call, check};
use crate::error::{Code, Error, Fault, Result};
use crate::query::{Mapping, Table};

/// A dialect that was admitted. Calls share nothing but the code.
pub struct Plugin {
    engine: Engine,
    bindings: Bindings,
    digest: String,
    label: String,
    description: Description,
}

impl Plugin {
    /// Reads, compiles and admits a component.
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
        Self::from_bytes(engine, &bytes)
            .map_err(|error| error.context(format_args!("`{}`", path.display())))
    }

    /// Compiles and admits a component: it must instantiate on an empty linker and describe itself.
    ///
    /// # Errors
    ///
    /// When the bytes are no component of the dialect world, import a function, or the probing call fails.
    pub fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        let digest = format!("{:x}", Sha256::digest(bytes));
        let refuse = |why: String, source: Option<wasmtime::Error>| {
            let error = Error::new(
                Code::InvalidInput,
                Fault::Plugin,
                format!("cannot load plugin {}: {why}", short(&digest)),
            );
            match source {
                Some(source) => error.with_source(format!("{source:?}")),
                None => error,
            }
        };
        if bytes.len() > MAX_COMPONENT_BYTES {
            return Err(refuse(
                format!("it is larger than {} MiB", MAX_COMPONENT_BYTES >> 20),
                None,
            ));
        }
        let component = Component::new(engine.wasmtime(), bytes)
            .map_err(|error| refuse("it is no WebAssembly component".into(), Some(error)))?;
        let linker = Linker::new(engine.wasmtime());
        let instance = linker.instantiate_pre(&component).map_err(|error| {
            refuse(
                "it imports something; plugins get nothing".into(),
                Some(error),
            )
        })?;
        let bindings = Bindings::new(instance).map_err(|error| {
            refuse(
                "it does not export timestream:dialect/dialect@0.1, which this host serves".into(),
                Some(error),
            )
        })?;
        let mut plugin = Self {
            engine: engine.clone(),
            bindings,
            label: short(&digest).to_owned(),
            digest,
            description: Description {
                name: String::new(),
                version: String::new(),
                functions: Vec::new(),
                limit: false,
                top_n: false,
            },
        };
        plugin.description = plugin.call("describe", |call| call.describe())?;
        plugin.label = format!("`{}` ({})", plugin.description.name, short(&plugin.digest));
        Ok(Arc::new(plugin))
    }

    /// SHA-256 of the component's bytes, in hexadecimal.
    pub fn digest(&self) -> &str {
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

    fn wrong(&self, function: &str, why: &str) -> Error {
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

/// The digits of a digest that a person reads.
fn short(digest: &str) -> &str {
    &digest[..12]
}
