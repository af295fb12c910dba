//! Athena's calls, as far as a read needs them.

use anyhow::{Context as _, Result, bail};
use connector::wire::{
    Constraints, GetSplitsRequest, GetTableLayoutRequest, GetTableRequest, Identity,
    ReadRecordsRequest, Request, Response, TableName, read_response, write_request,
};

use crate::service::Service;

/// Asks for a scan of the whole table: a read for each of its splits.
pub(crate) async fn plan(service: &mut Service) -> Result<Vec<Request>> {
    let (identity, query_id) = (Some(Identity::default()), "query".to_owned());
    let (catalog_name, constraints) = ("catalog".to_owned(), Constraints::default());
    let table_name = TableName {
        schema_name: "plant".into(),
        table_name: "machines".into(),
    };
    let request = Request::GetTableRequest(GetTableRequest {
        identity: identity.clone(),
        query_id: Some(query_id.clone()),
        catalog_name: catalog_name.clone(),
        table_name: table_name.clone(),
        query_passthrough_arguments: Default::default(),
    });
    let Response::GetTableResponse(table) = ask(service, &request).await? else {
        bail!("a table was asked for");
    };
    let request = Request::GetTableLayoutRequest(GetTableLayoutRequest {
        identity: identity.clone(),
        query_id: Some(query_id.clone()),
        catalog_name: catalog_name.clone(),
        table_name: table_name.clone(),
        constraints: constraints.clone(),
        schema: table.schema.clone(),
        partition_columns: Vec::new(),
    });
    let Response::GetTableLayoutResponse(layout) = ask(service, &request).await? else {
        bail!("a layout was asked for");
    };
    let request = Request::GetSplitsRequest(GetSplitsRequest {
        identity: identity.clone(),
        query_id: Some(query_id.clone()),
        catalog_name: catalog_name.clone(),
        table_name: table_name.clone(),
        partitions: layout.partitions,
        partition_columns: Vec::new(),
        constraints: constraints.clone(),
        continuation_token: None,
    });
    let Response::GetSplitsResponse(splits) = ask(service, &request).await? else {
        bail!("splits were asked for");
    };
    let reads = splits.splits.into_iter().map(|split| {
        Request::ReadRecordsRequest(ReadRecordsRequest {
            identity: identity.clone(),
            query_id: query_id.clone(),
            catalog_name: catalog_name.clone(),
            table_name: table_name.clone(),
            schema: table.schema.clone(),
            split,
            constraints: constraints.clone(),
            max_block_size: 16_000_000,
            max_inline_block_size: 5_242_880,
        })
    });
    Ok(reads.collect())
}

async fn ask(service: &mut Service, request: &Request) -> Result<Response> {
    answered(&service.invoke(write_request(request)?).await?)
}

/// Reads what the function answered.
pub(crate) fn answered(answer: &[u8]) -> Result<Response> {
    let said = || String::from_utf8_lossy(&answer[..answer.len().min(1_000)]).into_owned();
    read_response(answer).with_context(said)
}
