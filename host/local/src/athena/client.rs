//! The calls of one query, in wire version 5 (federation-protocol.md, section 2).

mod list;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{bail, ensure};
use arrow::datatypes::SchemaRef;
use connector::Reading;
use connector::wire::{
    Block, Capability, Constraints, GetDataSourceCapabilitiesRequest, GetSplitsRequest,
    GetTableLayoutRequest, GetTableRequest, GetTableResponse, ReadRecordsRequest, Request,
    Response, Split, TableName, write_request,
};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::function::{Function, read_answer};
use super::{CATALOG, Options};

/// Asks the connector on behalf of one query.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) function: Function,
    pub(super) options: Options,
    query_id: String,
    capabilities: OnceCell<Capabilities>,
}

/// What the connector announced, as far as Athena acts on it here.
#[derive(Clone, Debug, Default)]
pub(super) struct Capabilities {
    pub(super) functions: BTreeSet<String>,
    pub(super) limit: bool,
    pub(super) top_n: bool,
    /// Functions that stand for a table, `SCHEMA.NAME`, with their arguments' names.
    pub(super) calls: BTreeMap<String, BTreeSet<String>>,
}

impl Client {
    pub(super) fn new(function: Function, options: Options) -> Self {
        Self {
            function,
            options,
            query_id: Uuid::new_v4().to_string(),
            capabilities: OnceCell::new(),
        }
    }

    /// `arguments` are those of the call that the table stands for.
    pub(super) async fn table(
        &self,
        table_name: TableName,
        arguments: BTreeMap<String, String>,
    ) -> anyhow::Result<GetTableResponse> {
        let request = Request::GetTableRequest(GetTableRequest {
            identity: Some(self.options.identity.clone()),
            query_id: Some(self.query_id.clone()),
            catalog_name: CATALOG.to_owned(),
            table_name,
            query_passthrough_arguments: arguments,
        });
        match self.ask(&request).await?.response {
            Response::GetTableResponse(response) => Ok(response),
            other => unexpected(&request, &other),
        }
    }

    /// Asked once a query.
    pub(super) async fn capabilities(&self) -> anyhow::Result<&Capabilities> {
        self.capabilities
            .get_or_try_init(|| self.ask_capabilities())
            .await
    }

    async fn ask_capabilities(&self) -> anyhow::Result<Capabilities> {
        let request = Request::GetDataSourceCapabilitiesRequest(GetDataSourceCapabilitiesRequest {
            identity: Some(self.options.identity.clone()),
            query_id: Some(self.query_id.clone()),
            catalog_name: CATALOG.to_owned(),
        });
        let Response::GetDataSourceCapabilitiesResponse(response) =
            self.ask(&request).await?.response
        else {
            bail!(
                "the connector does not answer {} with capabilities",
                request.name()
            );
        };
        let announces = |key: &str, sub_type: &str| {
            response
                .capabilities
                .get(key)
                .is_some_and(|announced| announced.iter().any(|one| one.sub_type == sub_type))
        };
        let functions = response
            .capabilities
            .get("supports_complex_expression_pushdown")
            .into_iter()
            .flatten();
        Ok(Capabilities {
            functions: functions
                .filter(|one| one.sub_type == "supported_function_expression_types")
                .flat_map(|one| one.properties.iter().cloned())
                .collect(),
            limit: announces("supports_limit_pushdown", "integer_constant"),
            top_n: announces("supports_top_n_pushdown", "SUPPORTS_ORDER_BY"),
            calls: calls(&response.capabilities),
        })
    }

    /// Layout and splits; no partition is no split.
    pub(super) async fn splits(
        &self,
        table: &GetTableResponse,
        constraints: &Constraints,
    ) -> anyhow::Result<Vec<Split>> {
        let partitions = self.layout(table, constraints).await?;
        let mut splits = Vec::new();
        let mut token = None;
        while partitions.0.num_rows() > 0 {
            let request = Request::GetSplitsRequest(GetSplitsRequest {
                identity: Some(self.options.identity.clone()),
                query_id: Some(self.query_id.clone()),
                catalog_name: CATALOG.to_owned(),
                table_name: table.table_name.clone(),
                partitions: partitions.clone(),
                partition_columns: table.partition_columns.clone(),
                constraints: constraints.clone(),
                continuation_token: token.take(),
            });
            let response = match self.ask(&request).await?.response {
                Response::GetSplitsResponse(response) => response,
                other => return unexpected(&request, &other),
            };
            // A set: equal splits are read once (section 2.8).
            for split in response.splits {
                if !splits.contains(&split) {
                    splits.push(split);
                }
            }
            token = response.continuation_token;
            if token.is_none() {
                break;
            }
        }
        Ok(splits)
    }

    async fn layout(
        &self,
        table: &GetTableResponse,
        constraints: &Constraints,
    ) -> anyhow::Result<Block> {
        let request = Request::GetTableLayoutRequest(GetTableLayoutRequest {
            identity: Some(self.options.identity.clone()),
            query_id: Some(self.query_id.clone()),
            catalog_name: CATALOG.to_owned(),
            table_name: table.table_name.clone(),
            constraints: constraints.clone(),
            schema: table.schema.clone(),
            partition_columns: table.partition_columns.clone(),
        });
        match self.ask(&request).await?.response {
            Response::GetTableLayoutResponse(response) => Ok(response.partitions),
            other => unexpected(&request, &other),
        }
    }

    /// The request that reads a split: `schema` is the fields asked for, with the table's metadata.
    pub(super) fn read_request(
        &self,
        table_name: &TableName,
        schema: &SchemaRef,
        constraints: &Constraints,
        split: Split,
    ) -> Request {
        Request::ReadRecordsRequest(ReadRecordsRequest {
            identity: Some(self.options.identity.clone()),
            query_id: self.query_id.clone(),
            catalog_name: CATALOG.to_owned(),
            table_name: table_name.clone(),
            schema: schema.clone(),
            split,
            constraints: constraints.clone(),
            max_block_size: self.options.max_block_size,
            max_inline_block_size: self.options.max_inline_block_size,
        })
    }

    /// Sends a request and reads the answer.
    pub(super) async fn ask(&self, request: &Request) -> anyhow::Result<Answered> {
        let payload = write_request(request)?;
        tracing::debug!(
            request = request.name(),
            bytes = payload.len(),
            "asking the connector"
        );
        let answer = self.function.invoke(payload).await?;
        Ok(Answered {
            response: read_answer(&answer.payload)?,
            reading: answer.reading,
            bytes: answer.payload.len(),
        })
    }
}

/// The functions among the capabilities: what has arguments (section 5.2).
fn calls(capabilities: &BTreeMap<String, Vec<Capability>>) -> BTreeMap<String, BTreeSet<String>> {
    let arguments = |announced: &[Capability]| {
        let mut announced = announced.iter();
        let arguments = announced.find(|one| one.sub_type == "query_passthrough_arguments")?;
        Some(arguments.properties.iter().cloned().collect())
    };
    capabilities
        .iter()
        .filter_map(|(name, announced)| Some((name.clone(), arguments(announced)?)))
        .collect()
}

/// An answer, and what is known of it.
pub(super) struct Answered {
    pub(super) response: Response,
    /// Of a read, in process.
    pub(super) reading: Option<Reading>,
    /// Of its JSON.
    pub(super) bytes: usize,
}

fn unexpected<T>(request: &Request, response: &Response) -> anyhow::Result<T> {
    let answer = match response {
        Response::PingResponse(_) => "PingResponse",
        Response::ListSchemasResponse(_) => "ListSchemasResponse",
        Response::ListTablesResponse(_) => "ListTablesResponse",
        Response::GetTableResponse(_) => "GetTableResponse",
        Response::GetTableLayoutResponse(_) => "GetTableLayoutResponse",
        Response::GetSplitsResponse(_) => "GetSplitsResponse",
        Response::GetDataSourceCapabilitiesResponse(_) => "GetDataSourceCapabilitiesResponse",
        Response::ReadRecordsResponse(_) => "ReadRecordsResponse",
        Response::RemoteReadRecordsResponse(_) => "RemoteReadRecordsResponse",
    };
    bail!("the connector answers {} with {answer}", request.name())
}

/// Athena's own check of a table (`ConnectorValidator` of the Java SDK, section 2.6).
pub(super) fn check_table(asked: &TableName, table: &GetTableResponse) -> anyhow::Result<()> {
    ensure!(
        *asked == table.table_name,
        "the connector was asked for table `{}`.`{}` and describes `{}`.`{}`",
        asked.schema_name,
        asked.table_name,
        table.table_name.schema_name,
        table.table_name.table_name,
    );
    for (position, field) in table.schema.fields().iter().enumerate() {
        let name = field.name();
        ensure!(
            *name == name.to_lowercase(),
            "column `{name}` is not in lower case: no query could reach it"
        );
        let first = table
            .schema
            .fields()
            .iter()
            .position(|other| other.name() == name);
        ensure!(first == Some(position), "column `{name}` is there twice");
    }
    Ok(())
}
