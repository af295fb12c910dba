//! Athena's catalog: a database or table is asked for when a query names it, and so is what a call gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use connector::wire::TableName;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};

use super::client::{Capabilities, Client, check_table};
use super::passthrough::{CALLS, Call};
use super::table::Table;
use super::{Profile, information};

/// The data source: every database may be there until a table of it is asked for.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) client: Arc<Client>,
    /// Those of the query, as its tables' names count them.
    pub(super) calls: Arc<[Call]>,
}

impl CatalogProvider for Catalog {
    fn schema_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        Some(Arc::new(Database {
            client: self.client.clone(),
            calls: (name == CALLS).then(|| self.calls.clone()),
            name: name.to_lowercase(),
        }))
    }
}

#[derive(Debug)]
struct Database {
    client: Arc<Client>,
    /// Its tables, if it is the schema of the calls.
    calls: Option<Arc<[Call]>>,
    name: String,
}

impl Database {
    async fn open(&self, name: &str) -> anyhow::Result<Table> {
        let (asked, arguments) = match &self.calls {
            Some(calls) => {
                let position = name.parse().ok();
                let call = position.and_then(|position: usize| calls.get(position));
                let call = call.with_context(|| format!("there is no call {name}"))?;
                call.check(self.client.capabilities().await?)?;
                (call.function.clone(), call.arguments())
            }
            None => {
                let asked = TableName {
                    schema_name: self.name.clone(),
                    table_name: name.to_lowercase(),
                };
                (asked, BTreeMap::new())
            }
        };
        let table = self.client.table(asked.clone(), arguments.clone()).await?;
        check_table(&asked, &table)?;
        let capabilities = match self.client.options.profile {
            Profile::ValueSets => Capabilities::default(),
            Profile::Everything => self.client.capabilities().await?.clone(),
        };
        Ok(Table::new(
            self.client.clone(),
            table,
            arguments,
            capabilities,
        ))
    }
}

#[async_trait]
impl SchemaProvider for Database {
    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if self.name == information::SCHEMA {
            let rows = information::rows(&self.client, &name.to_lowercase()).await;
            let Some(rows) = rows.map_err(|error| DataFusionError::External(error.into()))? else {
                return Ok(None);
            };
            let table = MemTable::try_new(rows.schema(), vec![vec![rows]])?;
            return Ok(Some(Arc::new(table)));
        }
        let table = self
            .open(name)
            .await
            .map_err(|error| DataFusionError::External(error.into()))?;
        Ok(Some(Arc::new(table)))
    }

    fn table_exist(&self, _: &str) -> bool {
        true
    }
}
