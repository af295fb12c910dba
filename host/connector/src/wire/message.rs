//! Single Arrow IPC messages in the two framings of the protocol.
//!
//! Modern (`FFFFFFFF`, length, metadata V5) inside JSON; legacy (length, metadata V4) in every spilled object. Both are
//! read. No stream, no end marker, no compression, no dictionaries (federation-protocol.md, sections 3.1 to 3.5).

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::{
    DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions, write_message,
};
use arrow::ipc::{MetadataVersion, reader, root_as_message};

use super::WireError;

/// How a message is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Inside JSON since wire version 3.
    Modern,
    /// Spilled objects, whatever the wire version.
    Legacy,
}

impl Framing {
    fn options(self) -> Result<IpcWriteOptions, WireError> {
        let (legacy, version) = match self {
            Self::Modern => (false, MetadataVersion::V5),
            Self::Legacy => (true, MetadataVersion::V4),
        };
        IpcWriteOptions::try_new(8, legacy, version).map_err(arrow_error)
    }
}

/// Encodes a schema message.
///
/// # Errors
///
/// When Arrow cannot write it.
pub fn encode_schema(schema: &Schema, framing: Framing) -> Result<Vec<u8>, WireError> {
    let options = framing.options()?;
    let mut tracker = DictionaryTracker::new(true);
    let encoded = IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(
        schema,
        &mut tracker,
        &options,
    );
    let mut bytes = Vec::new();
    write_message(&mut bytes, encoded, &options).map_err(arrow_error)?;
    Ok(bytes)
}

/// Encodes a record-batch message with its body.
///
/// # Errors
///
/// When Arrow cannot write it.
pub fn encode_batch(batch: &RecordBatch, framing: Framing) -> Result<Vec<u8>, WireError> {
    let options = framing.options()?;
    let mut tracker = DictionaryTracker::new(true);
    let (_, encoded) = IpcDataGenerator::default()
        .encode(
            batch,
            &mut tracker,
            &options,
            &mut IpcWriteContext::default(),
        )
        .map_err(arrow_error)?;
    let mut bytes = Vec::with_capacity(encoded.arrow_data.len() + encoded.ipc_message.len() + 16);
    write_message(&mut bytes, encoded, &options).map_err(arrow_error)?;
    Ok(bytes)
}

/// Decodes a schema message of either framing.
///
/// # Errors
///
/// When the bytes are no schema message.
pub fn decode_schema(bytes: &[u8]) -> Result<SchemaRef, WireError> {
    let (metadata, _) = split(bytes)?;
    let message =
        root_as_message(metadata).map_err(|error| malformed(format_args!("schema: {error}")))?;
    let header = message
        .header_as_schema()
        .ok_or_else(|| malformed("message holds no schema"))?;
    Ok(arrow::ipc::convert::fb_to_schema(header).into())
}

/// Decodes a record-batch message of either framing; bytes after the message are ignored, as the Java reader does.
///
/// # Errors
///
/// When the bytes are no record batch of that schema.
pub fn decode_batch(bytes: &[u8], schema: &SchemaRef) -> Result<RecordBatch, WireError> {
    let (metadata, body) = split(bytes)?;
    let message =
        root_as_message(metadata).map_err(|error| malformed(format_args!("batch: {error}")))?;
    let header = message
        .header_as_record_batch()
        .ok_or_else(|| malformed("message holds no record batch"))?;
    if header.compression().is_some() {
        return Err(malformed("record batch is compressed"));
    }
    // Arrow's reader slices the body without a check.
    for buffer in header.buffers().into_iter().flatten() {
        let end = u64::try_from(buffer.offset())
            .ok()
            .zip(u64::try_from(buffer.length()).ok());
        let end = end.and_then(|(offset, length)| offset.checked_add(length));
        if end.is_none_or(|end| end > body.len() as u64) {
            return Err(malformed(
                "a buffer of the record batch lies outside its message",
            ));
        }
    }
    // Copied, so that buffers are aligned whatever the caller's slice.
    let body = Buffer::from(body);
    reader::read_record_batch(
        &body,
        header,
        schema.clone(),
        &HashMap::new(),
        None,
        &message.version(),
    )
    .map_err(arrow_error)
}

/// Splits an encapsulated message into metadata and the rest.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let int = |bytes: &[u8]| {
        bytes
            .first_chunk::<4>()
            .map(|bytes| u32::from_le_bytes(*bytes))
    };
    let (length, prefix) = match int(bytes) {
        Some(u32::MAX) => (int(&bytes[4..]), 8),
        length => (length, 4),
    };
    let length = length.ok_or_else(|| malformed("message is cut short"))? as usize;
    bytes[prefix..]
        .split_at_checked(length)
        .ok_or_else(|| malformed("message is cut short"))
}

fn malformed(what: impl std::fmt::Display) -> WireError {
    WireError::Arrow(format!("malformed Arrow message: {what}"))
}

fn arrow_error(error: arrow::error::ArrowError) -> WireError {
    malformed(error)
}
