//! Listings: every schema, and every table of one, page by page (federation-protocol.md, sections 2.4 and 2.5).

use anyhow::ensure;
use connector::wire::{ListSchemasRequest, ListTablesRequest, Request, Response};

use super::{Client, unexpected};
use crate::athena::CATALOG;

/// Tables asked for at a time. Arbitrary: the page size of the protocol's example.
const PAGE_SIZE: i64 = 50;

impl Client {
    pub(in crate::athena) async fn schemas(&self) -> anyhow::Result<Vec<String>> {
        let request = Request::ListSchemasRequest(ListSchemasRequest {
            identity: Some(self.options.identity.clone()),
            query_id: Some(self.query_id.clone()),
            catalog_name: CATALOG.to_owned(),
        });
        match self.ask(&request).await?.response {
            Response::ListSchemasResponse(response) => Ok(response.schemas),
            other => unexpected(&request, &other),
        }
    }

    pub(in crate::athena) async fn tables(&self, schema: &str) -> anyhow::Result<Vec<String>> {
        let mut tables = Vec::new();
        let mut token = None;
        loop {
            let request = Request::ListTablesRequest(ListTablesRequest {
                identity: Some(self.options.identity.clone()),
                query_id: Some(self.query_id.clone()),
                catalog_name: CATALOG.to_owned(),
                schema_name: schema.to_owned(),
                next_token: token.clone(),
                page_size: PAGE_SIZE,
            });
            let response = match self.ask(&request).await?.response {
                Response::ListTablesResponse(response) => response,
                other => return unexpected(&request, &other),
            };
            let answered = response.tables.len();
            ensure!(
                i64::try_from(answered).is_ok_and(|answered| answered <= PAGE_SIZE),
                "the connector was asked for {PAGE_SIZE} tables of `{schema}` and lists {answered}"
            );
            tables.extend(response.tables.into_iter().map(|table| table.table_name));
            if response.next_token.is_none() {
                return Ok(tables);
            }
            ensure!(
                response.next_token != token,
                "the connector lists the same page of `{schema}` again and again"
            );
            token = response.next_token;
        }
    }
}
