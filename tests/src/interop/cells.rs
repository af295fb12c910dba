//! Types and values of the protocol (`SupportedTypes` of the Java SDK), generated from a seed; each as Arrow's array, and
//! stated apart as what Java must say of it.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use fastrand::Rng;
use serde_json::{Map, Value, json};

mod arrays;
pub(super) mod decoded;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Bool,
    /// Bits: 8, 16, 32 or 64.
    Int(u8),
    Float,
    Double,
    /// Precision and scale.
    Decimal(u8, i8),
    Text,
    Bytes,
    Day,
    Milli,
    Zoned,
    Micro,
    List(Box<Kind>),
    Struct(Vec<(String, Kind)>),
    Map(Box<Kind>, Box<Kind>),
}

/// A value, or none.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    /// Of every type whose values are whole numbers.
    Int(i64),
    Float(f32),
    Double(f64),
    /// The digits without the point.
    Decimal(i128),
    Text(String),
    Bytes(Vec<u8>),
    /// Milliseconds in UTC, and the zone's place in [`ZONES`].
    Zoned(i64, usize),
    List(Vec<Cell>),
    /// In the order of the members.
    Struct(Vec<Cell>),
    Map(Vec<(Cell, Cell)>),
}

/// Keys and names of zones (federation-protocol.md, section 3.8 and its appendix A): UTC, both ends of the fixed
/// offsets and what lies at their middle, and named ones.
pub(super) const ZONES: [(i64, &str); 9] = [
    (0, "UTC"),
    (1, "-14:00"),
    (541, "-05:00"),
    (840, "-00:01"),
    (841, "+00:01"),
    (1680, "+14:00"),
    (1847, "America/New_York"),
    (1953, "Asia/Kolkata"),
    (2106, "Europe/Zurich"),
];

/// Milliseconds that can be packed with a zone: 52 bits with their sign.
const PACKED_MILLIS: i64 = 1 << 51;

impl Kind {
    /// Any type, nested so deep at most.
    pub(super) fn random(rng: &mut Rng, depth: u32) -> Self {
        let kinds = if depth == 0 { 14 } else { 18 };
        match rng.u32(0..kinds) {
            0 => Self::Bool,
            1 => Self::Int(8),
            2 => Self::Int(16),
            3 => Self::Int(32),
            4 => Self::Int(64),
            5 => Self::Float,
            6 => Self::Double,
            7 => {
                let precision = rng.u8(1..=38);
                Self::Decimal(precision, rng.i8(0..=precision as i8))
            }
            8 => Self::Text,
            9 => Self::Bytes,
            10 => Self::Day,
            11 => Self::Milli,
            12 => Self::Zoned,
            13 => Self::Micro,
            14 => Self::List(Box::new(Self::random(rng, depth - 1))),
            15 => Self::Map(
                Box::new(Self::random(rng, 0)),
                Box::new(Self::random(rng, depth - 1)),
            ),
            _ => {
                let members = (0..rng.usize(1..4)).map(|number| {
                    let name = format!("{}{number}", rng.choice(["a", "Größe ", "m.😀"]).unwrap());
                    (name, Self::random(rng, depth - 1))
                });
                Self::Struct(members.collect())
            }
        }
    }

    /// As Arrow has it; lists call their elements `item`.
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int(8) => DataType::Int8,
            Self::Int(16) => DataType::Int16,
            Self::Int(32) => DataType::Int32,
            Self::Int(_) => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::Text => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Day => DataType::Date32,
            Self::Milli => DataType::Date64,
            Self::Zoned => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::Micro => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::List(element) => DataType::List(nullable("item", element)),
            Self::Struct(members) => DataType::Struct(fields(members)),
            Self::Map(key, value) => {
                let entries = Field::new("entries", DataType::Struct(entries(key, value)), false);
                DataType::Map(entries.into(), false)
            }
        }
    }

    /// As Java prints a field of that type.
    pub(super) fn field_words(&self, name: &str) -> String {
        let of = |children: Vec<String>| format!("<{}>", children.join(", "));
        let words = match self {
            Self::Bool => "Bool".to_owned(),
            Self::Int(bits) => format!("Int({bits}, true)"),
            Self::Float => "FloatingPoint(SINGLE)".to_owned(),
            Self::Double => "FloatingPoint(DOUBLE)".to_owned(),
            Self::Decimal(precision, scale) => format!("Decimal({precision}, {scale}, 128)"),
            Self::Text => "Utf8".to_owned(),
            Self::Bytes => "Binary".to_owned(),
            Self::Day => "Date(DAY)".to_owned(),
            Self::Milli => "Date(MILLISECOND)".to_owned(),
            Self::Zoned => "Timestamp(MILLISECOND, UTC)".to_owned(),
            Self::Micro => "Timestamp(MICROSECOND, UTC)".to_owned(),
            Self::List(element) => format!("List{}", of(vec![element.field_words("item")])),
            Self::Struct(members) => {
                let members = members.iter().map(|(name, kind)| kind.field_words(name));
                format!("Struct{}", of(members.collect()))
            }
            Self::Map(key, value) => format!(
                "Map(false)<entries: Struct<{} not null, {}> not null>",
                key.field_words("key"),
                value.field_words("value")
            ),
        };
        format!("{name}: {words}")
    }

    /// A value of this type, or none: one in so many.
    pub(super) fn random_cell(&self, rng: &mut Rng, nulls: u32) -> Cell {
        if nulls > 0 && rng.u32(0..nulls) == 0 {
            return Cell::Null;
        }
        match self {
            Self::Bool => Cell::Bool(rng.bool()),
            Self::Int(bits) => Cell::Int(whole(rng, u32::from(*bits))),
            Self::Float => Cell::Float(match rng.u32(0..4) {
                0 => *rng
                    .choice(&[0.0, -0.0, f32::NAN, f32::INFINITY, f32::MAX, 1e-45])
                    .unwrap(),
                1 => f32::from_bits(rng.u32(..)),
                _ => rng.f32() * 1_000.0 - 500.0,
            }),
            Self::Double => Cell::Double(match rng.u32(0..4) {
                0 => *rng
                    .choice(&[0.0, -0.0, f64::NAN, f64::NEG_INFINITY, f64::MIN, 5e-324])
                    .unwrap(),
                1 => f64::from_bits(rng.u64(..)),
                _ => rng.f64() * 1_000.0 - 500.0,
            }),
            Self::Decimal(precision, _) => {
                let limit = 10_i128.pow(u32::from(*precision));
                Cell::Decimal(match rng.u32(0..4) {
                    0 => limit - 1,
                    1 => 1 - limit,
                    _ => rng.i128(1 - limit..limit),
                })
            }
            Self::Text => Cell::Text(text(rng)),
            Self::Bytes => Cell::Bytes((0..length(rng)).map(|_| rng.u8(..)).collect()),
            Self::Day => Cell::Int(whole(rng, 32)),
            Self::Milli | Self::Micro => Cell::Int(whole(rng, 64)),
            Self::Zoned => {
                let millis = match rng.u32(0..4) {
                    0 => *rng
                        .choice(&[0, -1, PACKED_MILLIS - 1, -PACKED_MILLIS])
                        .unwrap(),
                    _ => rng.i64(-PACKED_MILLIS..PACKED_MILLIS),
                };
                Cell::Zoned(millis, rng.usize(0..ZONES.len()))
            }
            Self::List(element) => Cell::List(
                (0..rng.usize(0..4))
                    .map(|_| element.random_cell(rng, nulls))
                    .collect(),
            ),
            Self::Struct(members) => Cell::Struct(
                members
                    .iter()
                    .map(|(_, member)| member.random_cell(rng, nulls))
                    .collect(),
            ),
            Self::Map(key, value) => Cell::Map(
                (0..rng.usize(0..4))
                    .map(|_| (key.random_cell(rng, 0), value.random_cell(rng, nulls)))
                    .collect(),
            ),
        }
    }

    /// What Java says of a value of this type.
    pub(super) fn said(&self, cell: &Cell) -> Value {
        match (self, cell) {
            (_, Cell::Null) => Value::Null,
            (_, Cell::Bool(value)) => json!(value),
            (_, Cell::Int(value)) => json!(value),
            (_, Cell::Float(value)) => json!(format!("{:08x}", value.to_bits())),
            (_, Cell::Double(value)) => double(*value),
            (_, Cell::Decimal(value)) => json!(value.to_string()),
            (_, Cell::Text(value)) => json!(value),
            (_, Cell::Bytes(value)) => {
                json!(
                    value
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect::<String>()
                )
            }
            (_, Cell::Zoned(millis, zone)) => json!({"millis": millis, "zone": ZONES[*zone].1}),
            (Self::List(element), Cell::List(cells)) => {
                cells.iter().map(|cell| element.said(cell)).collect()
            }
            (Self::Struct(members), Cell::Struct(cells)) => {
                let said = |((name, kind), cell): (&(String, Kind), &Cell)| {
                    (name.clone(), kind.said(cell))
                };
                Value::Object(members.iter().zip(cells).map(said).collect::<Map<_, _>>())
            }
            (Self::Map(key, value), Cell::Map(pairs)) => pairs
                .iter()
                .map(|pair| json!([key.said(&pair.0), value.said(&pair.1)]))
                .collect(),
            (kind, cell) => panic!("{cell:?} is no {kind:?}"),
        }
    }
}

/// A double's bits, as Java says them.
pub(super) fn double(value: f64) -> Value {
    json!(format!("{:016x}", value.to_bits()))
}

fn nullable(name: &str, kind: &Kind) -> FieldRef {
    Arc::new(Field::new(name, kind.data_type(), true))
}

fn fields(members: &[(String, Kind)]) -> Fields {
    members
        .iter()
        .map(|(name, kind)| nullable(name, kind))
        .collect()
}

fn entries(key: &Kind, value: &Kind) -> Fields {
    let key = Arc::new(Field::new("key", key.data_type(), false));
    Fields::from(vec![key, nullable("value", value)])
}

/// A number of so many bits, often one at an edge.
fn whole(rng: &mut Rng, bits: u32) -> i64 {
    let (least, most) = (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits));
    match rng.u32(0..4) {
        0 => *rng.choice(&[least, -1, 0, 1, most]).unwrap(),
        1 => rng.i64(-100..100),
        _ => rng.i64(least..=most),
    }
}

/// Mostly short, sometimes beyond what one byte counts.
fn length(rng: &mut Rng) -> usize {
    match rng.u32(0..20) {
        0 => rng.usize(250..300),
        1 => 0,
        _ => rng.usize(1..8),
    }
}

pub(super) fn text(rng: &mut Rng) -> String {
    const LETTERS: [char; 16] = [
        'a', 'Z', '0', ' ', '\'', '"', '\\', '/', '%', '\u{0}', '\n', 'é', 'ß', '€', '\u{ffff}',
        '😀',
    ];
    (0..length(rng))
        .map(|_| *rng.choice(&LETTERS).unwrap())
        .collect()
}
