//! Athena's requests (federation-protocol.md, section 2), members in write order.

use std::collections::BTreeMap;
use std::fmt;

use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::block::schema;
use super::{Block, Constraints, Split, TableName, null_as_default};

/// A request, told by its first member `@type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "@type")]
#[expect(missing_docs, reason = "each names its type")]
pub enum Request {
    PingRequest(PingRequest),
    ListSchemasRequest(ListSchemasRequest),
    ListTablesRequest(ListTablesRequest),
    GetTableRequest(GetTableRequest),
    GetTableLayoutRequest(GetTableLayoutRequest),
    GetSplitsRequest(GetSplitsRequest),
    GetDataSourceCapabilitiesRequest(GetDataSourceCapabilitiesRequest),
    ReadRecordsRequest(ReadRecordsRequest),
}

impl Request {
    /// The `@type`, for logs and errors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PingRequest(_) => "PingRequest",
            Self::ListSchemasRequest(_) => "ListSchemasRequest",
            Self::ListTablesRequest(_) => "ListTablesRequest",
            Self::GetTableRequest(_) => "GetTableRequest",
            Self::GetTableLayoutRequest(_) => "GetTableLayoutRequest",
            Self::GetSplitsRequest(_) => "GetSplitsRequest",
            Self::GetDataSourceCapabilitiesRequest(_) => "GetDataSourceCapabilitiesRequest",
            Self::ReadRecordsRequest(_) => "ReadRecordsRequest",
        }
    }

    /// Who asks, where the request tells it.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::PingRequest(request) => request.identity.as_ref(),
            Self::ListSchemasRequest(request) => request.identity.as_ref(),
            Self::ListTablesRequest(request) => request.identity.as_ref(),
            Self::GetTableRequest(request) => request.identity.as_ref(),
            Self::GetTableLayoutRequest(request) => request.identity.as_ref(),
            Self::GetSplitsRequest(request) => request.identity.as_ref(),
            Self::GetDataSourceCapabilitiesRequest(request) => request.identity.as_ref(),
            Self::ReadRecordsRequest(request) => request.identity.as_ref(),
        }
    }

    /// Athena's id of the query, where the request has one.
    pub fn query_id(&self) -> Option<&str> {
        match self {
            Self::PingRequest(request) => Some(&request.query_id),
            Self::ListSchemasRequest(request) => request.query_id.as_deref(),
            Self::ListTablesRequest(request) => request.query_id.as_deref(),
            Self::GetTableRequest(request) => request.query_id.as_deref(),
            Self::GetTableLayoutRequest(request) => request.query_id.as_deref(),
            Self::GetSplitsRequest(request) => request.query_id.as_deref(),
            Self::GetDataSourceCapabilitiesRequest(request) => request.query_id.as_deref(),
            Self::ReadRecordsRequest(request) => Some(&request.query_id),
        }
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Always `UNKNOWN`.
    #[serde(default = "unknown")]
    pub id: String,
    /// Always `UNKNOWN`.
    #[serde(default = "unknown")]
    pub principal: String,
    /// The caller's account.
    #[serde(default)]
    pub account: Option<String>,
    /// The caller's ARN.
    #[serde(default)]
    pub arn: Option<String>,
    /// IAM principal tags.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: BTreeMap<String, String>,
    /// IAM groups.
    #[serde(default, deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
    /// Settings the service sends with a request.
    #[serde(default, deserialize_with = "null_as_default")]
    pub config_options: BTreeMap<String, String>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            id: unknown(),
            principal: unknown(),
            account: None,
            arn: None,
            tags: BTreeMap::new(),
            groups: Vec::new(),
            config_options: BTreeMap::new(),
        }
    }
}

/// Options may hold credentials.
impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, arn, .. } = self;
        let mut shown = formatter.debug_struct("Identity");
        let shown = shown.field("account", account).field("arn", arn);
        shown.finish_non_exhaustive()
    }
}

fn unknown() -> String {
    "UNKNOWN".into()
}

/// The first call. Its catalog stands before its query id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.2")]
pub struct PingRequest {
    pub identity: Option<Identity>,
    pub catalog_name: String,
    pub query_id: String,
}

/// Which databases are there?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.3")]
pub struct ListSchemasRequest {
    pub identity: Option<Identity>,
    pub query_id: Option<String>,
    pub catalog_name: String,
}

/// Which tables are in a database?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.5")]
pub struct ListTablesRequest {
    pub identity: Option<Identity>,
    pub query_id: Option<String>,
    pub catalog_name: String,
    pub schema_name: String,
    #[serde(default)]
    pub next_token: Option<String>,
    /// −1: all in one answer.
    #[serde(default = "unlimited")]
    pub page_size: i64,
}

fn unlimited() -> i64 {
    -1
}

/// Which columns has a table, or a passthrough query?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.6")]
pub struct GetTableRequest {
    pub identity: Option<Identity>,
    pub query_id: Option<String>,
    pub catalog_name: String,
    pub table_name: TableName,
    #[serde(default, deserialize_with = "null_as_default")]
    pub query_passthrough_arguments: BTreeMap<String, String>,
}

/// Which partitions must be read?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.7")]
pub struct GetTableLayoutRequest {
    pub identity: Option<Identity>,
    pub query_id: Option<String>,
    pub catalog_name: String,
    pub table_name: TableName,
    pub constraints: Constraints,
    #[serde(with = "schema")]
    pub schema: SchemaRef,
    #[serde(default, deserialize_with = "null_as_default")]
    pub partition_columns: Vec<String>,
}

/// How is the reading divided?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.8")]
pub struct GetSplitsRequest {
    pub identity: Option<Identity>,
    pub query_id: Option<String>,
    pub catalog_name: String,
    pub table_name: TableName,
    pub partitions: Block,
    #[serde(default, deserialize_with = "null_as_default")]
    pub partition_columns: Vec<String>,
    pub constraints: Constraints,
    #[serde(default)]
    pub continuation_token: Option<String>,
}

/// What can be pushed down?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.9")]
pub struct GetDataSourceCapabilitiesRequest {
    pub identity: Option<Identity>,
    pub query_id: Option<String>,
    pub catalog_name: String,
}

/// Give me the rows of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.10")]
pub struct ReadRecordsRequest {
    pub identity: Option<Identity>,
    pub query_id: String,
    pub catalog_name: String,
    pub table_name: TableName,
    /// The fields to return.
    #[serde(with = "schema")]
    pub schema: SchemaRef,
    pub split: Split,
    pub constraints: Constraints,
    /// Bytes of a block before it is spilled.
    #[serde(serialize_with = "as_text", deserialize_with = "text_or_number")]
    pub max_block_size: u64,
    /// Bytes returned inline at most.
    #[serde(serialize_with = "as_text", deserialize_with = "text_or_number")]
    pub max_inline_block_size: u64,
}

/// The two sizes travel as decimal text; the Java reader accepts a bare number too.
fn as_text<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(bytes)
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Size {
        Number(u64),
        Text(String),
    }
    match Size::deserialize(deserializer)? {
        Size::Number(bytes) => Ok(bytes),
        Size::Text(text) => text
            .parse()
            .map_err(|_| de::Error::custom(format!("`{text}` is no size in bytes"))),
    }
}
