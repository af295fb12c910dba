//! The engine that never sees the connector: the same SQL over the generated rows in memory.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::MemorySchemaProvider;
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

use crate::data::generate::{DATABASE, Fleet, READINGS, SIGNALS};

/// Answers questions about a fleet.
pub struct Reference(SessionContext);

impl Reference {
    /// Keeps what Athena should see of a fleet.
    ///
    /// # Errors
    ///
    /// If the engine refuses the rows.
    pub fn new(fleet: &Fleet) -> anyhow::Result<Reference> {
        let context = SessionContext::new();
        let default = context
            .state()
            .config()
            .options()
            .catalog
            .default_catalog
            .clone();
        let catalog = context
            .catalog(&default)
            .context("the engine has no catalog")?;
        let schema = DATABASE.to_lowercase();
        catalog.register_schema(&schema, Arc::new(MemorySchemaProvider::new()))?;
        for (name, batch) in [
            (READINGS, fleet.reading_batch()?),
            (SIGNALS, fleet.signal_batch()?),
        ] {
            let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
            let name = TableReference::partial(schema.as_str(), name.to_lowercase());
            context.register_table(name, Arc::new(table))?;
        }
        Ok(Reference(context))
    }

    /// Answers one question, or runs a statement such as `CREATE VIEW`.
    ///
    /// # Errors
    ///
    /// If the engine cannot.
    pub async fn query(&self, sql: &str) -> anyhow::Result<(SchemaRef, Vec<RecordBatch>)> {
        let frame = self.0.sql(sql).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        Ok((schema, frame.collect().await?))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;
    use crate::data::generate::{LAST, MILLISECOND};

    /// Counted over the rows themselves, in nanoseconds.
    #[tokio::test]
    async fn a_row_within_the_last_millisecond_is_asked_for() {
        let fleet = Fleet::generate();
        let sql = "SELECT 1 FROM \"fleet-metrics\".readings WHERE time <= timestamp '2024-03-01 00:20:00'";
        let (_, batches) = Reference::new(&fleet).unwrap().query(sql).await.unwrap();
        let found: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let up_to = |end: i64| fleet.readings.iter().filter(|row| row.time < end).count();
        assert_eq!(found, up_to(LAST + MILLISECOND));
        assert_eq!(found, up_to(LAST + 1) + 1);
    }
}
