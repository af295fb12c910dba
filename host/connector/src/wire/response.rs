//! Our answers (federation-protocol.md, section 2), members in write order.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use super::block::{base64_bytes, schema};
use super::{Block, null_as_default};

/// An answer, told by its first member `@type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "@type")]
#[expect(missing_docs, reason = "each names its type")]
pub enum Response {
    PingResponse(PingResponse),
    ListSchemasResponse(ListSchemasResponse),
    ListTablesResponse(ListTablesResponse),
    GetTableResponse(GetTableResponse),
    GetTableLayoutResponse(GetTableLayoutResponse),
    GetSplitsResponse(GetSplitsResponse),
    GetDataSourceCapabilitiesResponse(GetDataSourceCapabilitiesResponse),
    ReadRecordsResponse(ReadRecordsResponse),
    RemoteReadRecordsResponse(RemoteReadRecordsResponse),
}

/// A database's and a table's name, as Athena writes them: in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct TableName {
    pub schema_name: String,
    pub table_name: String,
}

/// A place in S3; the only kind of spill location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "@type")]
pub enum SpillLocation {
    /// In S3.
    S3SpillLocation {
        /// The bucket.
        bucket: String,
        /// A prefix when `directory`, else an object's key.
        key: String,
        /// True in a split, false in an answer.
        directory: bool,
    },
}

/// Key and nonce of a split's blocks, in clear.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionKey {
    /// An AES key of any length.
    #[serde(with = "base64_bytes")]
    pub key: Vec<u8>,
    /// Twelve bytes, used for every block of the split.
    #[serde(with = "base64_bytes")]
    pub nonce: Vec<u8>,
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EncryptionKey(..)")
    }
}

/// Athena's unit of parallel work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Split {
    /// Where its blocks may go.
    pub spill_location: Option<SpillLocation>,
    /// None: blocks are not encrypted.
    pub encryption_key: Option<EncryptionKey>,
    /// The connector's own.
    #[serde(default, deserialize_with = "null_as_default")]
    pub properties: BTreeMap<String, String>,
}

/// Section 1.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 1.4")]
pub struct PingResponse {
    pub catalog_name: String,
    pub query_id: String,
    pub source_type: Option<String>,
    pub capabilities: u32,
    #[serde(default = "first_version")]
    pub ser_de_version: u32,
}

fn first_version() -> u32 {
    1
}

/// Section 2.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.4")]
pub struct ListSchemasResponse {
    pub catalog_name: String,
    pub schemas: Vec<String>,
}

/// Section 2.5: `tables` stands before `catalogName`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.5")]
pub struct ListTablesResponse {
    pub tables: Vec<TableName>,
    pub catalog_name: String,
    #[serde(default)]
    pub next_token: Option<String>,
}

/// Section 2.6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.6")]
pub struct GetTableResponse {
    pub catalog_name: String,
    pub table_name: TableName,
    #[serde(with = "schema")]
    pub schema: SchemaRef,
    pub partition_columns: Vec<String>,
}

/// Section 2.7. A row of `partitions` is a partition to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.7")]
pub struct GetTableLayoutResponse {
    pub catalog_name: String,
    pub table_name: TableName,
    pub partitions: Block,
}

/// Section 2.8. The token is written even when null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.8")]
pub struct GetSplitsResponse {
    pub catalog_name: String,
    pub splits: Vec<Split>,
    pub continuation_token: Option<String>,
}

/// Section 5.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 5.1")]
pub struct GetDataSourceCapabilitiesResponse {
    pub catalog_name: String,
    pub capabilities: BTreeMap<String, Vec<Capability>>,
}

/// One entry below a capability's key (section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 5.2")]
pub struct Capability {
    pub sub_type: String,
    pub properties: Vec<String>,
}

/// Rows inline (section 2.10).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.10")]
pub struct ReadRecordsResponse {
    pub catalog_name: String,
    pub records: Block,
}

/// Rows in S3 (section 2.10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 2.10")]
pub struct RemoteReadRecordsResponse {
    pub catalog_name: String,
    #[serde(with = "schema")]
    pub schema: SchemaRef,
    pub remote_blocks: Vec<SpillLocation>,
    pub encryption_key: Option<EncryptionKey>,
}

/// What Lambda answers when a call failed (section 7.1); read by the local tools.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in federation-protocol.md 7.1")]
pub struct Failure {
    pub error_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub error_message: String,
}
