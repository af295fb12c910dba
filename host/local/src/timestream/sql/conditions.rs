//! Conditions on rows at hand, without store, pages or network: tests ask millions of them.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemTable, MemoryCatalogProvider,
    MemoryCatalogProviderList, MemorySchemaProvider, SchemaProvider,
};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::physical_plan::collect;

use super::error::{planning, running};
use super::{CATALOG, Engine, plan, tokenize};
use crate::timestream::store::Store;

/// The only table there is.
const TABLE: &str = "rows";

/// Rows that conditions are asked of: as columns of statements, hundreds in each.
#[derive(Debug)]
pub struct Conditions {
    state: SessionState,
}

impl Conditions {
    /// Takes rows with Timestream's types as queries see them: timestamps are nanoseconds without a zone.
    ///
    /// # Errors
    ///
    /// When the rows are no table.
    pub fn new(rows: RecordBatch) -> anyhow::Result<Self> {
        let table = MemTable::try_new(rows.schema(), vec![vec![rows]])?;
        let database = MemorySchemaProvider::new();
        database.register_table(TABLE.to_owned(), Arc::new(table))?;
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(TABLE, Arc::new(database))?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let state = Engine::new(Arc::new(Store::default())).state;
        // Optimizing hundreds of columns takes far longer than computing each once; whole queries are optimized. Some
        // functions exist only until they are simplified, for which once is enough.
        let mut config = state.config().clone();
        config.options_mut().optimizer.max_passes = 1;
        let state = SessionStateBuilder::new_from_existing(state)
            .with_config(config)
            .with_catalog_list(Arc::new(catalogs))
            .with_optimizer_rules(vec![Arc::new(SimplifyExpressions::new())])
            .with_physical_optimizer_rules(Vec::new())
            .build();
        Ok(Self { state })
    }

    /// Tells of each condition, row by row, whether it is true, false or NULL.
    ///
    /// # Errors
    ///
    /// When the statement of all of them is too long, wrong, or fails.
    pub async fn truths(&self, conditions: &[&str]) -> anyhow::Result<Vec<BooleanArray>> {
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let columns: Vec<String> = conditions
            .iter()
            .enumerate()
            .map(|(number, condition)| format!("({condition}) AS \"{number}\""))
            .collect();
        let sql = format!("SELECT {} FROM \"{TABLE}\".\"{TABLE}\"", columns.join(", "));
        let tokens = tokenize(&sql)?;
        let (plan, _) = plan(&self.state, &tokens, jiff::Timestamp::UNIX_EPOCH).await?;
        let at = |error| planning(error, &tokens);
        let physical = self.state.create_physical_plan(&plan).await.map_err(at)?;
        let batches = collect(physical, self.state.task_ctx())
            .await
            .map_err(|error| running(&error))?;
        let [batch] = batches.as_slice() else {
            anyhow::bail!("{} batches came of one", batches.len());
        };
        let boolean = |column: &Arc<dyn arrow::array::Array>| {
            let truths = column.as_boolean_opt().cloned();
            truths.context("a condition is not boolean")
        };
        batch.columns().iter().map(boolean).collect()
    }
}
