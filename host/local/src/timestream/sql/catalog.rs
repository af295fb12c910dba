//! The store as DataFusion's catalog: a database is a schema.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemTable, SchemaProvider, Session, TableProvider,
};
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::CATALOG;
use crate::timestream::store::{Missing, Store};

/// The one catalog of one statement.
#[derive(Clone, Debug)]
pub(super) struct Catalogs {
    store: Arc<Store>,
    bytes_scanned: Arc<AtomicU64>,
}

/// A table that a statement names and the store does not have, in the service's words but for the place.
#[derive(Debug, thiserror::Error)]
pub(super) enum MissingTable {
    #[error("Requested database '{database}' not found for identifier '{database}.{table}'")]
    Database { database: String, table: String },
    #[error("The table '{table}' does not exist in database '{database}'")]
    Table { database: String, table: String },
    /// The sentence is our own.
    #[error("The table '{table}' must be named with its database")]
    Unqualified { table: String },
}

impl MissingTable {
    pub(super) fn new(missing: Missing, database: &str, table: &str) -> Self {
        let (database, table) = (database.to_owned(), table.to_owned());
        match missing {
            _ if database.is_empty() => MissingTable::Unqualified { table },
            Missing::Database => MissingTable::Database { database, table },
            Missing::Table => MissingTable::Table { database, table },
        }
    }
}

impl Catalogs {
    pub(super) fn new(store: Arc<Store>, bytes_scanned: Arc<AtomicU64>) -> Self {
        Catalogs {
            store,
            bytes_scanned,
        }
    }
}

impl CatalogProviderList for Catalogs {
    fn register_catalog(
        &self,
        _: String,
        catalog: Arc<dyn CatalogProvider>,
    ) -> Option<Arc<dyn CatalogProvider>> {
        Some(catalog)
    }

    fn catalog_names(&self) -> Vec<String> {
        vec![CATALOG.to_owned()]
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        (name == CATALOG).then(|| Arc::new(self.clone()) as Arc<dyn CatalogProvider>)
    }
}

impl CatalogProvider for Catalogs {
    fn schema_names(&self) -> Vec<String> {
        self.store
            .databases(None, usize::MAX)
            .0
            .into_iter()
            .map(|database| database.name)
            .collect()
    }

    /// Has a schema for every name, so that a database that is missing is reported when a table of it is sought.
    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        Some(Arc::new(Database {
            catalogs: self.clone(),
            name: name.to_owned(),
        }))
    }
}

#[derive(Debug)]
struct Database {
    catalogs: Catalogs,
    name: String,
}

#[async_trait]
impl SchemaProvider for Database {
    fn table_names(&self) -> Vec<String> {
        let tables = self
            .catalogs
            .store
            .tables(Some(&self.name), None, usize::MAX);
        let (tables, _) = tables.unwrap_or_default();
        tables
            .iter()
            .map(|table| table.definition.table.clone())
            .collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let missing = |missing| {
            DataFusionError::External(Box::new(MissingTable::new(missing, &self.name, name)))
        };
        let table = self
            .catalogs
            .store
            .table(&self.name, name)
            .map_err(missing)?;
        let (schema, batches) = table.rows().batches()?;
        Ok(Some(Arc::new(Snapshot {
            column_bytes: (0..schema.fields().len())
                .map(|column| bytes_of(&batches, column))
                .collect(),
            rows: MemTable::try_new(schema, vec![batches])?,
            bytes_scanned: Arc::clone(&self.catalogs.bytes_scanned),
        })))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.catalogs.store.table(&self.name, name).is_ok()
    }
}

fn bytes_of(batches: &[RecordBatch], column: usize) -> u64 {
    batches
        .iter()
        .map(|batch| batch.column(column).get_buffer_memory_size() as u64)
        .sum()
}

/// A table as it was when the statement named it, which counts what is read of it.
#[derive(Debug)]
struct Snapshot {
    rows: MemTable,
    /// Bytes of each column.
    column_bytes: Vec<u64>,
    bytes_scanned: Arc<AtomicU64>,
}

#[async_trait]
impl TableProvider for Snapshot {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let bytes: u64 = match projection {
            Some(columns) => columns
                .iter()
                .filter_map(|column| self.column_bytes.get(*column))
                .sum(),
            None => self.column_bytes.iter().sum(),
        };
        self.bytes_scanned.fetch_add(bytes, Ordering::Relaxed);
        self.rows.scan(state, projection, filters, limit).await
    }
}
