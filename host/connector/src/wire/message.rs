//! Single Arrow IPC messages in the two framings of the protocol.
//!
//! Modern (`FFFFFFFF`, length, metadata V5) inside JSON; legacy (length, metadata V4) in every spilled object. Both are
//! read. No stream, no end marker, no compression, no dictionaries (federation-protocol.md, sections 3.1 to 3.5).

mod check;
mod write;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::{
    DictionaryTracker, EncodedData, IpcDataGenerator, IpcWriteOptions, write_message,
};
use arrow::ipc::{
    self, Buffer as IpcBuffer, FieldNode, MessageBuilder, MessageHeader, MetadataVersion,
    RecordBatchBuilder, reader,
};
use flatbuffers::FlatBufferBuilder;

use super::WireError;

pub use write::encode_batches;

/// How a message is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Inside JSON since wire version 3.
    Modern,
    /// Spilled objects, whatever the wire version.
    Legacy,
}

impl Framing {
    fn version(self) -> MetadataVersion {
        match self {
            Self::Modern => MetadataVersion::V5,
            Self::Legacy => MetadataVersion::V4,
        }
    }

    fn options(self) -> Result<IpcWriteOptions, WireError> {
        IpcWriteOptions::try_new(8, self == Self::Legacy, self.version()).map_err(arrow_error)
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
/// As [`encode_batches`].
pub fn encode_batch(batch: &RecordBatch, framing: Framing) -> Result<Vec<u8>, WireError> {
    let mut bytes = Vec::new();
    encode_batches(std::slice::from_ref(batch), framing, &mut bytes)?;
    Ok(bytes)
}

/// A batch of rows without columns, as `count(*)` asks for them.
///
/// Arrow's writer gives it no body, and the Java SDK's reader fails on a message without one: eight bytes that no column
/// uses satisfy it.
fn count_only(rows: usize, framing: Framing) -> Result<Vec<u8>, WireError> {
    let body = [0; 8];
    let mut bytes = head(framing, rows, &[], &[], body.len())?;
    bytes.extend(body);
    Ok(bytes)
}

/// A record-batch message without its body.
fn head(
    framing: Framing,
    rows: usize,
    nodes: &[FieldNode],
    buffers: &[IpcBuffer],
    body_bytes: usize,
) -> Result<Vec<u8>, WireError> {
    let mut builder = FlatBufferBuilder::new();
    let buffers = builder.create_vector(buffers);
    let nodes = builder.create_vector(nodes);
    let mut batch = RecordBatchBuilder::new(&mut builder);
    batch.add_length(i64::try_from(rows).map_err(malformed)?);
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    let batch = batch.finish();
    let mut message = MessageBuilder::new(&mut builder);
    message.add_version(framing.version());
    message.add_header_type(MessageHeader::RecordBatch);
    message.add_bodyLength(i64::try_from(body_bytes).map_err(malformed)?);
    message.add_header(batch.as_union_value());
    let message = message.finish();
    builder.finish(message, None);
    let encoded = EncodedData {
        ipc_message: builder.finished_data().to_vec(),
        arrow_data: Vec::new(),
    };
    let mut bytes = Vec::new();
    write_message(&mut bytes, encoded, &framing.options()?).map_err(arrow_error)?;
    Ok(bytes)
}

/// Decodes a schema message of either framing.
///
/// # Errors
///
/// When the bytes are no schema message.
pub fn decode_schema(bytes: &[u8]) -> Result<SchemaRef, WireError> {
    let (metadata, _) = split(bytes)?;
    let wrong = |why| malformed(format_args!("schema: {why}"));
    let message = check::message(metadata).map_err(wrong)?;
    let header = message
        .header_as_schema()
        .ok_or_else(|| malformed("message holds no schema"))?;
    check::schema(header).map_err(wrong)?;
    Ok(ipc::convert::fb_to_schema(header).into())
}

/// Decodes a record-batch message of either framing; bytes after the message are ignored, as the Java reader does.
///
/// # Errors
///
/// When the bytes are no record batch of that schema.
pub fn decode_batch(bytes: &[u8], schema: &SchemaRef) -> Result<RecordBatch, WireError> {
    let (metadata, body) = split(bytes)?;
    let wrong = |why| malformed(format_args!("batch: {why}"));
    let message = check::message(metadata).map_err(wrong)?;
    let header = message
        .header_as_record_batch()
        .ok_or_else(|| malformed("message holds no record batch"))?;
    let fields = schema.fields().iter().map(|field| field.as_ref());
    check::batch(header, fields, body.len()).map_err(wrong)?;
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
