//! ListSchemas and ListTables.

use std::collections::HashSet;

use super::Connector;
use crate::catalog::Owner;
use crate::error::{Code, Error, Result};
use crate::wire::{
    Identity, ListSchemasRequest, ListSchemasResponse, ListTablesRequest, ListTablesResponse,
    TableName,
};

impl Connector {
    pub(super) async fn list_schemas(
        &self,
        request: ListSchemasRequest,
    ) -> Result<ListSchemasResponse> {
        let names = self.names(request.identity.as_ref());
        Ok(ListSchemasResponse {
            catalog_name: request.catalog_name,
            schemas: names.databases().await?.to_vec(),
        })
    }

    /// Tables and views in the order of their names; the token is how many were listed before (`PaginationHelper` of
    /// the Java SDK).
    pub(super) async fn list_tables(
        &self,
        request: ListTablesRequest,
    ) -> Result<ListTablesResponse> {
        let identity = request.identity.as_ref();
        let find = self.all_tables(identity, &request.schema_name);
        let key = request.schema_name.clone();
        let names = self
            .listed
            .get_or_find(Owner::of(identity), key, find)
            .await?;
        let start = match &request.next_token {
            None => 0,
            Some(token) => token.parse::<usize>().map_err(|_| {
                Error::invalid_input("cannot list tables: the token is not one of ours")
            })?,
        };
        let size = match request.page_size {
            -1 => names.len(),
            size => usize::try_from(size)
                .ok()
                .filter(|size| *size > 0)
                .ok_or_else(|| {
                    Error::invalid_input(format!("cannot list tables: page size {size}"))
                })?,
        };
        let end = start.saturating_add(size);
        let next_token = (end < names.len()).then(|| end.to_string());
        let tables = names
            .into_iter()
            .skip(start)
            .take(size)
            .map(|table_name| TableName {
                schema_name: request.schema_name.clone(),
                table_name,
            })
            .collect();
        Ok(ListTablesResponse {
            tables,
            catalog_name: request.catalog_name,
            next_token,
        })
    }

    /// In the order of their names.
    async fn all_tables(&self, identity: Option<&Identity>, asked: &str) -> Result<Vec<String>> {
        let services = self.services(identity).await?;
        let defined = match self.glue_catalog(&services, identity) {
            Some(glue) => glue.tables(asked).await?,
            None => Vec::new(),
        };
        let stored = match self.names(identity).tables(asked).await {
            // A database that only Glue has, for views.
            Err(error) if error.code() == Code::EntityNotFound && !defined.is_empty() => Vec::new(),
            stored => stored?.iter().map(|table| table.name.clone()).collect(),
        };
        let mut names = merged(stored, defined);
        names.sort_unstable();
        Ok(names)
    }
}

/// Timestream's tables, and what Glue alone has: its definition of a table goes by the lower-case name.
fn merged(mut stored: Vec<String>, defined: Vec<String>) -> Vec<String> {
    let known: HashSet<String> = stored.iter().map(|name| name.to_lowercase()).collect();
    stored.extend(
        defined
            .into_iter()
            .filter(|name| !known.contains(&name.to_lowercase())),
    );
    stored
}
