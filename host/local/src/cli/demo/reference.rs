//! The engine that never sees the connector: the same SQL over the generated rows in memory.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::MemorySchemaProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

use crate::data::generate::{DATABASE, Fleet, READINGS, SIGNALS};

/// Answers questions about a fleet.
pub(super) struct Reference(SessionContext);

impl Reference {
    /// Keeps what Athena should see of a fleet.
    ///
    /// # Errors
    ///
    /// If the engine refuses the rows.
    pub(super) fn new(fleet: &Fleet) -> anyhow::Result<Reference> {
        let context = SessionContext::new();
        let default = &context
            .state()
            .config()
            .options()
            .catalog
            .default_catalog
            .clone();
        let catalog = context
            .catalog(default)
            .context("the engine has no catalog")?;
        catalog.register_schema(
            &DATABASE.to_lowercase(),
            Arc::new(MemorySchemaProvider::new()),
        )?;
        for (name, batch) in [
            (READINGS, fleet.reading_batch()?),
            (SIGNALS, fleet.signal_batch()?),
        ] {
            let name = (DATABASE.to_lowercase(), name.to_lowercase());
            let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
            context.register_table(name, Arc::new(table))?;
        }
        Ok(Reference(context))
    }

    /// Answers one question.
    ///
    /// # Errors
    ///
    /// If the engine cannot.
    pub(super) async fn query(&self, sql: &str) -> anyhow::Result<(SchemaRef, Vec<RecordBatch>)> {
        let frame = self.0.sql(sql).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        Ok((schema, frame.collect().await?))
    }
}
