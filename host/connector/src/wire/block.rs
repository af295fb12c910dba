//! A batch as Athena carries it: `{"aId", "schema", "records"}`, base64 of single Arrow messages.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::message::{Framing, decode_batch, decode_schema, encode_batch, encode_schema};

/// The Java allocator's id. It carries no meaning; a reader wants some text.
const ALLOCATOR: &str = "timestream";

/// A schema and one batch of it, perhaps without rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Block(pub RecordBatch);

/// A block as its JSON has it.
#[derive(Serialize, Deserialize)]
pub(super) struct Parts {
    #[serde(rename = "aId", default)]
    allocator: String,
    schema: String,
    records: String,
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let schema =
            encode_schema(&self.0.schema(), Framing::Modern).map_err(ser::Error::custom)?;
        // A block without rows is written as no message at all (section 3.3).
        let records = match self.0.num_rows() {
            0 => String::new(),
            _ => {
                STANDARD.encode(encode_batch(&self.0, Framing::Modern).map_err(ser::Error::custom)?)
            }
        };
        Parts {
            allocator: ALLOCATOR.into(),
            schema: STANDARD.encode(schema),
            records,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Parts::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl TryFrom<Parts> for Block {
    type Error = String;

    fn try_from(parts: Parts) -> Result<Self, String> {
        let schema = schema_from_text(&parts.schema)?;
        if parts.records.is_empty() {
            return Ok(Self(RecordBatch::new_empty(schema)));
        }
        let records = STANDARD
            .decode(&parts.records)
            .map_err(|error| format!("records are not base64: {error}"))?;
        let batch = decode_batch(&records, &schema).map_err(|error| error.to_string())?;
        Ok(Self(batch))
    }
}

fn schema_from_text(text: &str) -> Result<SchemaRef, String> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| format!("schema is no base64: {error}"))?;
    decode_schema(&bytes).map_err(|error| error.to_string())
}

/// `#[serde(with)]` for a schema on its own: base64 of one schema message.
pub(super) mod schema {
    use super::*;

    pub(in crate::wire) fn serialize<S: Serializer>(
        schema: &SchemaRef,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let bytes = encode_schema(schema, Framing::Modern).map_err(ser::Error::custom)?;
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::wire) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SchemaRef, D::Error> {
        schema_from_text(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// `#[serde(with)]` for bytes as base64.
pub(super) mod base64_bytes {
    use super::*;

    pub(in crate::wire) fn serialize<S: Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::wire) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        STANDARD
            .decode(String::deserialize(deserializer)?)
            .map_err(de::Error::custom)
    }
}

/// Packs an instant as Athena's `timestamp with time zone` in UTC: zone key 0 in the low twelve bits (section 3.8).
///
/// None when the instant does not fit the remaining 52 bits.
pub fn pack_utc_millis(millis: i64) -> Option<i64> {
    let packed = millis.checked_mul(1 << 12)?;
    Some(packed)
}

/// The UTC milliseconds of a packed `timestamp with time zone`, whatever its zone.
pub fn unpack_utc_millis(packed: i64) -> i64 {
    packed >> 12
}
