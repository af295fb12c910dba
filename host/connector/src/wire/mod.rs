//! Athena's federation JSON: bytes to requests, answers to bytes, and the same the other way round for the local
//! tools that play Athena.
//!
//! Written strictly (member order, explicit nulls: the Java readers expect a token sequence), read leniently (by
//! name, unknown members ignored, missing ones empty), so that one reader covers wire versions 2 to 6.
//! Nothing outside this module knows a member's name.

mod arrow_type;
mod block;
mod constraints;
mod expression;
mod message;
mod request;
mod response;
mod shape;
mod value_set;

#[cfg(test)]
mod tests;

pub use arrow_type::ArrowType;
pub use block::{Block, pack_utc_millis, unpack_utc_millis};
pub use constraints::{Constraints, OrderByField, OrderDirection, QueryPlan};
pub use expression::{Expression, FunctionName};
pub use message::{
    Framing, decode_batch, decode_schema, encode_batch, encode_batches, encode_schema,
};
pub use request::{
    GetDataSourceCapabilitiesRequest, GetSplitsRequest, GetTableLayoutRequest, GetTableRequest,
    Identity, ListSchemasRequest, ListTablesRequest, PingRequest, ReadRecordsRequest, Request,
};
pub use response::{
    Capability, EncryptionKey, Failure, GetDataSourceCapabilitiesResponse, GetSplitsResponse,
    GetTableLayoutResponse, GetTableResponse, ListSchemasResponse, ListTablesResponse,
    PingResponse, ReadRecordsResponse, RemoteReadRecordsResponse, Response, SpillLocation, Split,
    TableName,
};
pub use shape::shape;
pub use value_set::{Marker, MarkerBound, Range, ValueSet};

/// The wire version announced in `PingResponse.serDeVersion`.
///
/// With 6 Athena may send a Substrait plan in place of the other constraints; 5 is everything else.
pub const ANNOUNCED_VERSION: u32 = 5;

/// `PingResponse.capabilities`: the constant of the Java SDK's `FederationCapabilities`.
pub const FEDERATION_CAPABILITIES: u32 = 24;

/// Why bytes are not a message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Not the JSON expected; the text names member and place.
    #[error("{}", crate::json::without_values(.0))]
    Json(#[from] serde_json::Error),
    /// Base64 or Arrow inside the JSON is malformed.
    #[error("{0}")]
    Arrow(String),
}

/// Reads a request.
///
/// # Errors
///
/// When the bytes are no JSON object, `@type` is unknown, or a member is malformed.
pub fn read_request(payload: &[u8]) -> Result<Request, WireError> {
    Ok(serde_json::from_slice(payload)?)
}

/// Reads an answer. A Lambda error payload is not one: see [`Failure`].
///
/// # Errors
///
/// As [`read_request`].
pub fn read_response(payload: &[u8]) -> Result<Response, WireError> {
    Ok(serde_json::from_slice(payload)?)
}

/// Writes a request as compact JSON in the Java SDK's member order.
///
/// # Errors
///
/// When a block cannot be encoded as Arrow IPC.
pub fn write_request(request: &Request) -> Result<Vec<u8>, WireError> {
    Ok(serde_json::to_vec(request)?)
}

/// Writes an answer as compact JSON in the Java SDK's member order.
///
/// # Errors
///
/// When a block cannot be encoded as Arrow IPC.
pub fn write_response(response: &Response) -> Result<Vec<u8>, WireError> {
    Ok(serde_json::to_vec(response)?)
}

/// Accepts `null` where the Java SDK tolerates one, as the type's default.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    use serde::Deserialize;
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
