//! The readers.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use connector::catalog::Carried;
use connector::plugin::check_part;
use connector::query::{self, Literal, Mapping, pushed_term, residual};
use connector::spill::decrypt;
use connector::timestream::{Decoder, Page};
use connector::wire::{
    Constraints, EncryptionKey, Framing, Request, decode_batch, decode_schema, encode_batch,
    encode_schema, read_request, write_request,
};

use crate::memory::bounded;
use crate::samples;

/// Rows of a block that are looked at: a block may have any number of rows without data, as `count(*)` has.
const ROWS: usize = 1_000;

/// Bytes as a request of Athena's: its members, terms and order over [`samples::mapping`], and the terms on rows.
///
/// # Errors
///
/// What is wrong with them.
///
/// # Panics
///
/// As said of the crate.
pub fn request(bytes: &[u8]) -> Result<(), String> {
    bounded(bytes.len(), || {
        let request = read_request(bytes).map_err(|error| error.to_string())?;
        written_and_read_again(&request);
        let none = Constraints::default();
        let (constraints, schema) = match &request {
            Request::PingRequest(_)
            | Request::ListSchemasRequest(_)
            | Request::ListTablesRequest(_)
            | Request::GetTableRequest(_)
            | Request::GetDataSourceCapabilitiesRequest(_) => (&none, None),
            Request::GetTableLayoutRequest(request) => {
                (&request.constraints, Some(request.schema.clone()))
            }
            Request::GetSplitsRequest(request) => {
                literals(&request.partitions.0);
                (&request.constraints, Some(request.partitions.0.schema()))
            }
            Request::ReadRecordsRequest(request) => {
                let carried = Carried::from_properties(|key| request.split.properties.get(key));
                carried.map_err(|error| error.to_string())?;
                (&request.constraints, Some(request.schema.clone()))
            }
        };
        if let Some(schema) = schema {
            let metadata = schema.metadata();
            Carried::table(metadata).map_err(|error| error.to_string())?;
            let carried = Carried::from_properties(|key| metadata.get(key));
            carried.map_err(|error| error.to_string())?;
        }
        terms(constraints, samples::mapping()).map_err(|error| error.to_string())
    })
}

/// What was read is what is read of it once it was written; a type that the protocol does not know is not written.
fn written_and_read_again(request: &Request) {
    if let Ok(written) = write_request(request) {
        match read_request(&written) {
            Ok(again) => assert!(again == *request, "a request changes when it is written"),
            Err(error) => panic!("a request cannot be read once it is written: {error}"),
        }
    }
}

fn terms(constraints: &Constraints, mapping: &Mapping) -> connector::Result<()> {
    let terms = query::terms(constraints, mapping)?;
    query::order(constraints, mapping)?;
    for term in &terms {
        pushed_term(term, mapping);
    }
    residual::admitted(&terms, samples::rows(), Some)?;
    Ok(())
}

/// Bytes as a schema message, or as a record-batch message of one of [`samples::schemas`]: the first byte chooses.
/// Of its own schema, if the first byte is beyond them: a schema message's length in two bytes, that message, and the
/// batch's.
///
/// # Errors
///
/// What is wrong with them.
///
/// # Panics
///
/// As said of the crate.
pub fn block(bytes: &[u8]) -> Result<(), String> {
    let Some((choice, bytes)) = bytes.split_first() else {
        return Err("nothing".into());
    };
    let schemas = samples::schemas();
    bounded(bytes.len(), || match schemas.get(usize::from(*choice)) {
        Some(schema) => batch(bytes, schema),
        None => {
            let (length, bytes) = bytes.split_first_chunk().ok_or("no length")?;
            let (message, bytes) = bytes
                .split_at_checked(u16::from_le_bytes(*length).into())
                .ok_or("no schema")?;
            let schema = decode_schema(message).map_err(|error| error.to_string())?;
            for framing in [Framing::Modern, Framing::Legacy] {
                let written = encode_schema(&schema, framing).map_err(|error| error.to_string())?;
                match decode_schema(&written) {
                    Ok(again) => assert_eq!(again, schema, "a schema changes when it is written"),
                    Err(error) => panic!("a schema cannot be read once it is written: {error}"),
                }
            }
            batch(bytes, &schema)
        }
    })
}

/// Bytes as a spilled object: decrypted with [`samples::key`], then as a legacy message of [`samples::schemas`]'s
/// first. An odd first byte says that they are in clear and are encrypted before, so that a fuzzer gets behind the tag.
///
/// # Errors
///
/// What is wrong with them.
///
/// # Panics
///
/// As said of the crate.
pub fn spilled(bytes: &[u8]) -> Result<(), String> {
    let Some((is_clear, bytes)) = bytes.split_first() else {
        return Err("nothing".into());
    };
    let schemas = samples::schemas();
    let Some(schema) = schemas.first() else {
        return Ok(());
    };
    let (key, mut object) = (samples::key(), bytes.to_vec());
    if *is_clear % 2 == 1 {
        connector::spill::encrypt(&key, &mut object).map_err(|error| error.to_string())?;
    }
    bounded(bytes.len(), || {
        let plain = decrypt(&key, object).map_err(|error| error.to_string())?;
        batch(&plain, schema)
    })
}

/// Bytes as a key of Athena's, 16 or 32 bytes and a nonce of 12 and nothing else.
///
/// # Errors
///
/// What is wrong with them.
pub fn key(key: EncryptionKey) -> Result<(), String> {
    let lengths = (key.key.len(), key.nonce.len());
    match connector::spill::encrypt(&key, &mut vec![0; 16]) {
        Ok(()) => {
            assert!(matches!(lengths, (16 | 32, 12)), "{lengths:?}");
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn batch(bytes: &[u8], schema: &SchemaRef) -> Result<(), String> {
    let batch = decode_batch(bytes, schema).map_err(|error| error.to_string())?;
    literals(&batch);
    for framing in [Framing::Modern, Framing::Legacy] {
        let written = match encode_batch(&batch, framing) {
            Ok(written) => written,
            Err(error) => panic!("a block that was read cannot be written: {error}"),
        };
        match decode_batch(&written, schema) {
            Ok(again) => assert!(again == batch, "a block changes when it is written"),
            Err(error) => panic!("a block cannot be read once it is written: {error}"),
        }
    }
    Ok(())
}

/// Every value of the block, as constants are read; some types are none.
fn literals(batch: &RecordBatch) {
    for column in batch.columns() {
        for row in 0..column.len().min(ROWS) {
            let _ = Literal::from_array(column, row);
        }
    }
}

/// Bytes as two equal pages of Timestream's answer, decoded into [`samples::result`]; their rows as a block.
///
/// # Errors
///
/// What is wrong with them.
///
/// # Panics
///
/// As said of the crate.
pub fn page(bytes: &[u8]) -> Result<(), String> {
    let (body, schema) = (Bytes::copy_from_slice(bytes), samples::result());
    bounded(bytes.len(), || {
        let mut page = Page::parse(body).map_err(|error| error.to_string())?;
        let mut decoder = Decoder::new(schema.clone());
        for _ in 0..2 {
            let rows = decoder
                .decode(&mut page)
                .map_err(|error| error.to_string())?;
            let message = encode_batch(&rows, Framing::Legacy);
            let message = message.map_err(|error| error.to_string())?;
            match decode_batch(&message, schema) {
                Ok(again) => assert!(again == rows, "a page's rows change in their block"),
                Err(error) => panic!("the block of a page cannot be read: {error}"),
            }
        }
        Ok(())
    })
}

/// Text as a part of a statement: one that passes the check stays one part beside others.
///
/// # Errors
///
/// What is wrong with it.
///
/// # Panics
///
/// As said of the crate, and when parts that pass do not pass together.
pub fn part(text: &str) -> Result<(), String> {
    /// Half of a statement: two parts are not longer than one.
    const MOST: usize = 131_000;
    bounded(text.len(), || check_part(text, true))?;
    if text.len() > MOST {
        return Ok(());
    }
    let among = format!("({text}) AND ({text})");
    assert_eq!(check_part(&among, false), Ok(()), "in parentheses");
    check_part(text, false)?;
    let among = format!("{text} AND {text}");
    assert_eq!(check_part(&among, false), Ok(()), "beside another");
    let listed = format!("{text}, {text}");
    assert_eq!(check_part(&listed, true), Ok(()), "in a list");
    assert!(check_part(&listed, false).is_err(), "takes in a comma");
    Ok(())
}
