//! A dialect: admission, and its calls with their answers checked.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::DataType;

use super::code::Code;
use super::{Bins, Description, Digest, Engine, Plan, PlanRequest, Plugin, check, probe, v0_1};
use crate::error::{Error, Result};
use crate::query::{Mapping, Table};

/// A dialect that was admitted.
#[derive(Debug)]
pub struct Dialect {
    code: Code<v0_1::Dialect>,
    description: Description,
}

impl Dialect {
    /// Reads and admits a component. It is compiled, unless it lies in the executable's folder with native code beside it
    /// that fits ([`precompile`](super::precompile)).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as [`Dialect::from_bytes`].
    pub fn from_file(engine: &Engine, path: &Path) -> Result<Arc<Self>> {
        Code::from_file(engine, path, Self::new)
    }

    /// Compiles and admits a component: it must instantiate on an empty linker and describe itself.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component of the dialect world, import a function, or the describing call fails.
    pub fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        Self::new(Code::from_bytes(engine, bytes)?)
    }

    pub(super) fn new(code: Code<v0_1::Dialect>) -> Result<Arc<Self>> {
        let description = code.call("describe", |call| call.describe())?;
        let code = code.named(&description.name, &description.version)?;
        Ok(Arc::new(Self { code, description }))
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.code.engine()
    }

    /// SHA-256 of the component's bytes.
    pub fn digest(&self) -> &Digest {
        self.code.digest()
    }

    /// Fuel that the dearest call so far has burnt; each has a billion units.
    pub fn most_fuel(&self) -> u64 {
        self.code.most_fuel()
    }

    /// Name and the first digits of the digest, for messages.
    pub fn label(&self) -> &str {
        self.code.label()
    }

    /// What it said of itself when it was admitted.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Asks a dialect from outside the package what it must be able to answer before it serves.
    ///
    /// # Errors
    ///
    /// What it did wrong.
    pub fn probe(&self) -> Result<()> {
        probe::dialect(self)
    }

    /// Maps a table's columns to fields.
    ///
    /// # Errors
    ///
    /// When the dialect refuses, fails, or answers what cannot be.
    pub fn map_table(&self, table: &Table) -> Result<Mapping> {
        let mapping = self.code.call("map-table", |call| call.map_table(table))?;
        let mapping = mapping.map_err(|refusal| refusal.error("the dialect"))?;
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
    /// When the dialect refuses, fails, or answers what cannot be.
    pub fn plan(&self, request: &PlanRequest<'_>) -> Result<Plan> {
        let plan = self.code.call("plan", |call| call.plan(request))?;
        let plan = plan.map_err(|refusal| refusal.error("the dialect"))?;
        check::plan(&plan, request).map_err(|why| self.wrong("plan", &why))?;
        Ok(plan)
    }

    /// Says how a table's rows are counted by bins of `width` nanoseconds.
    ///
    /// # Errors
    ///
    /// When the dialect refuses, fails, or answers what cannot be.
    pub fn bins_of(&self, table: &Table, width: i64) -> Result<Bins> {
        let bins = self
            .code
            .call("bins-of", |call| call.bins_of(table, width))?;
        let bins = bins.map_err(|refusal| refusal.error("the dialect"))?;
        check::bins(&bins).map_err(|why| self.wrong("bins-of", &why))?;
        Ok(bins)
    }

    pub(super) fn fuel(&self) -> u64 {
        self.code.fuel()
    }

    pub(super) fn wrong(&self, function: &str, why: &str) -> Error {
        self.code.wrong(function, why)
    }
}

impl Plugin for Dialect {
    fn admit(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        let dialect = Self::from_bytes(engine, bytes)?;
        dialect.probe()?;
        Ok(dialect)
    }

    fn name(&self) -> &str {
        &self.description.name
    }

    fn digest(&self) -> &Digest {
        self.code.digest()
    }

    fn label(&self) -> &str {
        self.code.label()
    }
}
