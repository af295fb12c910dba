//! ListSchemas and ListTables.

use crate::catalog;
use crate::error::{Code, Error, Result};
use crate::timestream::Clients;
use crate::wire::{
    ListSchemasRequest, ListSchemasResponse, ListTablesRequest, ListTablesResponse, TableName,
};

pub(super) async fn schemas(
    clients: &Clients,
    request: ListSchemasRequest,
) -> Result<ListSchemasResponse> {
    Ok(ListSchemasResponse {
        catalog_name: request.catalog_name,
        schemas: catalog::databases(clients).await?,
    })
}

/// Tables in the order of their names; the token is how many were listed before (`PaginationHelper` of the Java SDK).
pub(super) async fn tables(
    clients: &Clients,
    request: ListTablesRequest,
) -> Result<ListTablesResponse> {
    let mut names = match catalog::tables(clients, &request.schema_name).await {
        Err(error) if error.code() == Code::EntityNotFound => {
            let database = catalog::resolve_database(clients, &request.schema_name).await?;
            catalog::tables(clients, &database).await?
        }
        listed => listed?,
    };
    names.sort_unstable();
    let start = match &request.next_token {
        None => 0,
        Some(token) => token.parse::<usize>().map_err(|_| {
            Error::invalid_input("cannot list tables: the token is not one of ours")
        })?,
    };
    let size = match request.page_size {
        -1 => names.len(),
        size => usize::try_from(size)
            .map_err(|_| Error::invalid_input(format!("cannot list tables: page size {size}")))?,
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
