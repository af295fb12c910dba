//! Arrow types as JSON (`ArrowTypeSerDe` of the Java SDK). Nested types lose their children there.

use arrow::datatypes::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

/// The type of a value set, marker or expression. Informative: values carry their own schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "@type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the names and members of Arrow's Java types")]
pub enum ArrowType {
    Null,
    Struct,
    List,
    Utf8,
    Binary,
    Bool,
    Map,
    Int {
        bit_width: u32,
        is_signed: bool,
    },
    FloatingPoint {
        precision: String,
    },
    Decimal {
        precision: u8,
        scale: i8,
    },
    Date {
        unit: String,
    },
    Time {
        unit: String,
        bit_width: u32,
    },
    Timestamp {
        unit: String,
        timezone: Option<String>,
    },
    Interval {
        unit: String,
    },
    FixedSizeList {
        list_size: i32,
    },
    FixedSizeBinary {
        byte_width: i32,
    },
    /// Anything else; never written.
    #[serde(other, skip_serializing)]
    Other,
}

impl From<&DataType> for ArrowType {
    fn from(data_type: &DataType) -> Self {
        let int = |bit_width| Self::Int {
            bit_width,
            is_signed: true,
        };
        match data_type {
            DataType::Boolean => Self::Bool,
            DataType::Int8 => int(8),
            DataType::Int16 => int(16),
            DataType::Int32 => int(32),
            DataType::Int64 => int(64),
            DataType::Float32 => Self::FloatingPoint {
                precision: "SINGLE".into(),
            },
            DataType::Float64 => Self::FloatingPoint {
                precision: "DOUBLE".into(),
            },
            DataType::Decimal128(precision, scale) => Self::Decimal {
                precision: *precision,
                scale: *scale,
            },
            DataType::Utf8 => Self::Utf8,
            DataType::Binary => Self::Binary,
            DataType::Date32 => Self::Date { unit: "DAY".into() },
            DataType::Date64 => Self::Date {
                unit: "MILLISECOND".into(),
            },
            DataType::Timestamp(unit, timezone) => Self::Timestamp {
                unit: match unit {
                    TimeUnit::Second => "SECOND",
                    TimeUnit::Millisecond => "MILLISECOND",
                    TimeUnit::Microsecond => "MICROSECOND",
                    TimeUnit::Nanosecond => "NANOSECOND",
                }
                .into(),
                timezone: timezone.as_deref().map(str::to_owned),
            },
            DataType::List(_) => Self::List,
            DataType::Struct(_) => Self::Struct,
            DataType::Map(..) => Self::Map,
            DataType::Null => Self::Null,
            _ => Self::Other,
        }
    }
}
