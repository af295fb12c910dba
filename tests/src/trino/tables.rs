//! Awkward rows, and what Athena must see of them: texts with quotes, wildcards and characters beyond U+FFFF, bigints at
//! the ends and around 2^53, doubles of every size with both zeros, instants between milliseconds, NULLs.
//!
//! The same in every run.

use anyhow::Result;
use aws_sdk_timestreamwrite::Client;
use serde_json::{Map, Value as Json, json};

use crate::proof::model::{Column, Kind, Row, Value, column, small};
use crate::proof::records::{KEY, store};

/// The database.
pub const DATABASE: &str = "awkward";

/// Columns of a table as Timestream has them.
pub const COLUMNS: [Column; 14] = [
    column("id", Kind::Bigint),
    column("host", Kind::Varchar),
    column("region", Kind::Varchar),
    column("tag", Kind::Varchar),
    column("measure_name", Kind::Varchar),
    column("time", Kind::Timestamp),
    column("n", Kind::Bigint),
    small("k", Kind::Bigint),
    column("txt", Kind::Varchar),
    column("d", Kind::Double),
    column("e", Kind::Double),
    column("b", Kind::Boolean),
    column("at", Kind::Timestamp),
    column("Odd Name", Kind::Varchar),
];

/// Those that are dimensions.
pub const DIMENSIONS: [&str; 3] = ["host", "region", "tag"];

/// A table's name and number of rows. An answer of the largest takes several blocks of Athena's smaller sizes.
pub const TABLES: [(&str, usize); 3] = [("edges", 400), ("small", 40), ("big", 12_000)];

const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MILLISECOND;
const DAY: i64 = 86_400 * SECOND;
/// 2024-01-01 00:00:00.
const NEW_YEAR: i64 = 1_704_067_200 * SECOND;

const TEXTS: [&str; 58] = [
    "a",
    "b",
    "A",
    "abc",
    "abd",
    "ab",
    "abc ",
    " abc",
    "it's",
    "''",
    "\"q\"",
    "100%",
    "%",
    "_",
    "a_b",
    "a%b",
    "aXb",
    "a\\b",
    "\\",
    "\\%",
    "ünïcödé",
    "Ünïcödé",
    "日本語",
    "😀",
    "\u{ffff}",
    "\u{f8ff}",
    "a😀b",
    "z",
    "zz",
    "NULL",
    "true",
    "1",
    "10",
    "-1",
    "1.5",
    "é",
    "e\u{301}",
    "ß",
    "SS",
    "line\nbreak",
    "tab\t",
    "\u{a0}",
    "?",
    "a*b",
    "2024-01-01",
    "#",
    "!",
    "a!b",
    "a!%b",
    "--",
    "/*",
    ";",
    "oslo",
    "Oslo",
    "OSLO",
    "  ",
    " ",
    "a\0b",
];

const HOSTS: [&str; 14] = [
    "a",
    "b",
    "A",
    "abc",
    "abc ",
    "it's",
    "100%",
    "a_b",
    "日本語",
    "😀",
    "oslo",
    "\\",
    "é",
    "1",
];

const TAGS: [&str; 6] = ["x", "y", "X", "x ", "z%", "z_"];

const BIGINTS: [i64; 20] = [
    0,
    1,
    -1,
    2,
    3,
    5,
    7,
    10,
    -10,
    42,
    255,
    1000,
    1 << 31,
    i32::MIN as i64,
    1 << 53,
    (1 << 53) + 1,
    -(1 << 53) - 1,
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
];

const DOUBLES: [f64; 27] = [
    0.0,
    -0.0,
    1.5,
    -1.5,
    1.0,
    -1.0,
    2.0,
    3.0,
    0.1,
    0.2,
    0.1 + 0.2,
    1e308,
    -1e308,
    f64::MAX,
    5e-324,
    -5e-324,
    f64::MIN_POSITIVE,
    1e-7,
    123_456_789.125,
    1e16,
    9_007_199_254_740_993.0,
    9_223_372_036_854_775_807.0,
    -9_223_372_036_854_775_808.0,
    0.5,
    2.5,
    100.0,
    1e21,
];

const FEW_DOUBLES: [f64; 5] = [0.0, -0.0, 1.0, -1.0, 0.5];

/// Around the new year, in nanoseconds.
const OFFSETS: [i64; 20] = [
    0,
    1,
    MILLISECOND - 1,
    MILLISECOND,
    MILLISECOND + 1,
    -1,
    -MILLISECOND,
    500_000,
    DAY,
    DAY - 1,
    DAY + 1,
    -DAY,
    3_600 * SECOND,
    3_600 * SECOND - 1,
    SECOND,
    SECOND - 1,
    60 * SECOND,
    31 * DAY,
    31 * DAY - 1,
    123_456_789,
];

/// Instants of measures, beyond those around the new year.
const INSTANTS: [i64; 7] = [
    0,
    1,
    MILLISECOND - 1,
    MILLISECOND,
    1_000_000_000 * SECOND,
    4_102_444_800 * SECOND,
    1_709_164_800 * SECOND,
];

/// Loads tables, by names and numbers of rows, into a Timestream without the database.
///
/// # Errors
///
/// What it answers.
pub async fn load(client: &Client, tables: &[(&str, usize)]) -> Result<()> {
    let create = client.create_database().database_name(DATABASE);
    create.send().await?;
    for (name, count) in tables {
        let (table, rows) = ((DATABASE, *name), rows(name, *count));
        store(client, table, &COLUMNS, &DIMENSIONS, &rows).await?;
    }
    Ok(())
}

/// The rows of a table.
pub fn rows(table: &str, count: usize) -> Vec<Row> {
    let seed = table
        .bytes()
        .fold(7, |seed: u64, byte| seed.wrapping_mul(31) ^ u64::from(byte));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut rows: Vec<Row> = (0..count).map(|id| row(id, &mut random)).collect();
    // A column exists once a record has it.
    for (place, column) in COLUMNS.iter().enumerate() {
        if rows[0][place].is_none() {
            rows[0][place] = value(column.name, 0, &mut random);
        }
    }
    rows
}

fn row(id: usize, random: &mut fastrand::Rng) -> Row {
    let cell = |column: &Column, random: &mut fastrand::Rng| {
        let nulls = match column.name {
            "id" | "host" | "measure_name" | "time" => 0,
            "tag" => 50,
            "k" | "e" => 10,
            _ => 15,
        };
        (random.u8(..100) >= nulls)
            .then(|| value(column.name, id, random))
            .flatten()
    };
    COLUMNS.iter().map(|column| cell(column, random)).collect()
}

fn value(name: &str, id: usize, random: &mut fastrand::Rng) -> Option<Value> {
    let text = |texts: &[&str], random: &mut fastrand::Rng| {
        random
            .choice(texts)
            .map(|text| Value::Text((*text).to_owned()))
    };
    let double = |doubles: &[f64], random: &mut fastrand::Rng| {
        random.choice(doubles).map(|value| Value::Double(*value))
    };
    match name {
        "id" => i64::try_from(id).ok().map(Value::Integer),
        "host" => text(&HOSTS, random),
        // A dimension is not blank, and whether one keeps U+0000 is unknown.
        "region" => text(&TEXTS[..55], random),
        "tag" => text(&TAGS, random),
        "measure_name" => text(&["m", "m", "it's"], random),
        "time" => {
            let offset = random.choice(OFFSETS)?;
            let further = match random.bool() {
                true => random.choice([0, 0, 1, MILLISECOND - 1, MILLISECOND])?,
                false => random.i64(0..90) * DAY + random.i64(0..DAY),
            };
            Some(Value::Nanos(NEW_YEAR + offset + further))
        }
        "n" if random.u8(..5) == 0 => Some(Value::Integer(random.i64(-20..20))),
        "n" => random.choice(BIGINTS).map(Value::Integer),
        "k" => Some(Value::Integer(random.i64(-3..8))),
        "d" if random.u8(..7) == 0 => Some(Value::Double(random.f64() * 20.0 - 10.0)),
        "d" => double(&DOUBLES, random),
        "e" => double(&FEW_DOUBLES, random),
        "b" => Some(Value::Boolean(random.bool())),
        "at" if random.u8(..4) == 0 => random.choice(INSTANTS).map(Value::Nanos),
        "at" => random
            .choice(OFFSETS)
            .map(|offset| Value::Nanos(NEW_YEAR + offset)),
        _ => text(&TEXTS, random),
    }
}

/// A table as the expected side has it.
#[derive(Debug)]
pub struct Expected {
    /// Names and Trino's types.
    columns: Vec<(String, String)>,
    rows: Vec<Vec<Json>>,
}

impl Expected {
    /// Rows as Athena sees them.
    pub fn of(columns: &[Column], rows: &[Row]) -> Self {
        let mut expected = Self {
            columns: Vec::new(),
            rows: vec![Vec::new(); rows.len()],
        };
        for (place, column) in columns.iter().enumerate() {
            let cells = rows.iter().map(|row| cell(row[place].as_ref()));
            expected.push(&column.name.to_lowercase(), trino_type(column.kind), cells);
        }
        expected
    }

    /// Adds a column.
    pub fn push(&mut self, name: &str, r#type: &str, cells: impl Iterator<Item = Json>) {
        self.columns.push((name.to_owned(), r#type.to_owned()));
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            row.push(cell);
        }
    }

    /// As the Java side reads it.
    pub fn json(&self) -> Json {
        json!({"columns": self.columns, "rows": self.rows})
    }
}

/// A stored table as Athena sees it.
pub fn stored(rows: &[Row]) -> Expected {
    let mut expected = Expected::of(&COLUMNS, rows);
    let key = |row: &Row| match &row[0] {
        Some(Value::Integer(id)) => json!(id.to_string()),
        _ => Json::Null,
    };
    expected.push(KEY, "varchar", rows.iter().map(key));
    expected
}

/// Trino's name of a type.
pub fn trino_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Bigint => "bigint",
        Kind::Integer => "integer",
        Kind::Double => "double",
        Kind::Varchar => "varchar",
        Kind::Timestamp => "timestamp(3)",
        Kind::Date => "date",
    }
}

/// A value as Athena sees it, in the expected side's JSON.
pub fn cell(value: Option<&Value>) -> Json {
    match value.map(crate::proof::model::seen) {
        None => Json::Null,
        Some(Value::Boolean(value)) => json!(value),
        Some(Value::Integer(value) | Value::Millis(value) | Value::Nanos(value)) => json!(value),
        Some(Value::Double(value)) => double(value),
        Some(Value::Text(value)) => json!(value),
        Some(Value::Date(value)) => json!(value),
    }
}

/// A double as Java reads it.
pub fn double(value: f64) -> Json {
    json!(match value {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value => format!("{value:?}"),
    })
}

/// Schemas of tables as the Java side reads them.
pub fn schemas(tables: impl IntoIterator<Item = (String, Expected)>) -> Json {
    let tables = tables.into_iter().map(|(name, table)| (name, table.json()));
    json!({ DATABASE: tables.collect::<Map<String, Json>>() })
}
