//! What statements read: stored tables, a Glue table that shows nanoseconds, a Glue view, and passthrough statements;
//! each with the rows that Athena must see, computed here without any SQL.

use serde_json::{Value as Json, json};

use super::tables::{COLUMNS, DATABASE, Expected, TABLES, cell, rows, schemas, stored, trino_type};
use crate::proof::model::{Column, Kind, Row, Value, column, small};

/// A view and a passthrough statement: what is computed, not stored. The quotient has NaN, the infinities and both zeros.
pub const RATIOS: &str = "SELECT \"id\", \"host\", \"n\", \"k\", \"d\", \"e\", \"d\" / \"e\" AS \"Ratio\", \
    CAST(\"k\" AS INTEGER) AS i, CAST(\"at\" AS DATE) AS day, \"time\" - 20000d AS early \
    FROM \"awkward\".\"edges\" WHERE \"host\" <> 'it''s'";

/// Values in values.
const NESTED: &str = "SELECT \"id\", \"k\", \"host\", ARRAY[\"n\", \"k\"] AS pair, ARRAY[\"txt\", \"host\"] AS texts \
    FROM \"awkward\".\"edges\"";

/// A time series for each host: every point of a host has an instant of its own.
const SERIES: &str = "SELECT \"host\", CREATE_TIME_SERIES(\"time\", \"d\") AS series FROM \"awkward\".\"steps\" \
    GROUP BY \"host\"";

const RATIOS_COLUMNS: [Column; 10] = [
    column("id", Kind::Bigint),
    column("host", Kind::Varchar),
    column("n", Kind::Bigint),
    small("k", Kind::Bigint),
    column("d", Kind::Double),
    column("e", Kind::Double),
    column("ratio", Kind::Double),
    column("i", Kind::Integer),
    column("day", Kind::Date),
    column("early", Kind::Timestamp),
];

const NESTED_COLUMNS: [Column; 3] = [
    column("id", Kind::Bigint),
    small("k", Kind::Bigint),
    column("host", Kind::Varchar),
];

/// Something to read.
#[derive(Debug)]
pub struct Source {
    /// Statements have it in braces: `SELECT id FROM {edges}`.
    pub name: &'static str,
    /// Columns with scalar values, by their names in Athena.
    pub columns: Vec<Column>,
    /// Of a passthrough; None: a table.
    statement: Option<&'static str>,
    expected: Expected,
}

impl Source {
    fn table(name: &'static str, columns: &[Column], expected: Expected) -> Self {
        Self {
            name,
            columns: columns.to_vec(),
            statement: None,
            expected,
        }
    }

    fn passthrough(statement: &'static str, table: Self) -> Self {
        Self {
            statement: Some(statement),
            ..table
        }
    }

    /// Column names of Athena's that hold values of this type.
    pub fn of(&self, kind: Kind) -> Vec<&'static str> {
        let of_kind = self.columns.iter().filter(|column| column.kind == kind);
        of_kind.map(|column| column.name).collect()
    }
}

/// All of them.
#[derive(Debug)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Makes the rows.
    pub fn new() -> Self {
        let seen = COLUMNS.map(|column| Column {
            name: seen_name(column.name),
            ..column
        });
        let [edges, small_rows, big] = TABLES.map(|(name, count)| rows(name, count));
        let fine_columns = [
            &seen[..],
            &[
                column("time_nanos", Kind::Bigint),
                column("at_nanos", Kind::Bigint),
            ],
        ];
        Self(vec![
            Source::table("edges", &seen, stored(&edges)),
            Source::table("small", &seen, stored(&small_rows)),
            Source::table("big", &seen, stored(&big)),
            Source::table("fine", &fine_columns.concat(), fine(&edges)),
            Source::table("ratios", &RATIOS_COLUMNS, ratios(&edges)),
            Source::passthrough(
                RATIOS,
                Source::table("computed", &RATIOS_COLUMNS, ratios(&edges)),
            ),
            Source::passthrough(
                NESTED,
                Source::table("nested", &NESTED_COLUMNS, nested(&edges)),
            ),
            Source::passthrough(
                SERIES,
                Source::table("series", &[column("host", Kind::Varchar)], series()),
            ),
        ])
    }

    /// All, the most awkward one first.
    pub fn all(&self) -> &[Source] {
        &self.0
    }

    /// A source by its name; None if there is none of that name.
    pub fn get(&self, name: &str) -> Option<&Source> {
        self.0.iter().find(|source| source.name == name)
    }

    /// A statement with its sources in braces, for a catalog; `rows` is the expected side's.
    pub fn render(&self, statement: &str, catalog: &str) -> String {
        let mut rendered = statement.to_owned();
        for source in &self.0 {
            let place = match source.statement {
                Some(text) if catalog != "rows" => {
                    let text = text.replace('\'', "''");
                    format!("TABLE({catalog}.system.query(query => '{text}'))")
                }
                _ => format!("{catalog}.{DATABASE}.{}", source.name),
            };
            rendered = rendered.replace(&format!("{{{}}}", source.name), &place);
        }
        rendered
    }

    /// The expected side's tables, as the Java side reads them; `more` are further ones.
    pub fn json(self, more: Vec<(String, Expected)>) -> Json {
        let tables = self.0.into_iter();
        let tables = tables.map(|source| (source.name.to_owned(), source.expected));
        schemas(tables.chain(more))
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::new()
    }
}

/// Athena's names are in lower case.
fn seen_name(name: &'static str) -> &'static str {
    match name {
        "Odd Name" => "odd name",
        name => name,
    }
}

fn at(column: &str) -> usize {
    let found = COLUMNS.iter().position(|known| known.name == column);
    found.unwrap_or_default()
}

/// The rows of a table with the nanoseconds of its instants.
fn fine(rows: &[Row]) -> Expected {
    let mut expected = stored(rows);
    for name in ["time", "at"] {
        let nanos = rows.iter().map(|row| match &row[at(name)] {
            Some(Value::Nanos(nanos)) => json!(nanos),
            _ => Json::Null,
        });
        expected.push(&format!("{name}_nanos"), "bigint", nanos);
    }
    expected
}

/// The rows of [`RATIOS`].
fn ratios(rows: &[Row]) -> Expected {
    const DAY: i64 = 86_400_000_000_000;
    let computed = |row: &Row, column: &Column| {
        let stored = |name| row[at(name)].clone();
        match column.name {
            "ratio" => match (stored("d"), stored("e")) {
                (Some(Value::Double(d)), Some(Value::Double(e))) => Some(Value::Double(d / e)),
                _ => None,
            },
            "i" => stored("k"),
            "day" => match stored("at") {
                Some(Value::Nanos(nanos)) => {
                    i32::try_from(nanos.div_euclid(DAY)).ok().map(Value::Date)
                }
                _ => None,
            },
            "early" => match stored("time") {
                Some(Value::Nanos(nanos)) => Some(Value::Nanos(nanos - 20_000 * DAY)),
                _ => None,
            },
            name => stored(name),
        }
    };
    let is_read = |row: &&Row| row[at("host")] != Some(Value::Text("it's".to_owned()));
    let computed_row = |row: &Row| {
        let cells = RATIOS_COLUMNS.iter().map(|column| computed(row, column));
        cells.collect::<Row>()
    };
    let rows: Vec<Row> = rows.iter().filter(is_read).map(computed_row).collect();
    Expected::of(&RATIOS_COLUMNS, &rows)
}

/// The rows of [`NESTED`].
fn nested(rows: &[Row]) -> Expected {
    let chosen = |row: &Row| {
        let cells = NESTED_COLUMNS
            .iter()
            .map(|column| row[at(column.name)].clone());
        cells.collect::<Row>()
    };
    let scalars: Vec<Row> = rows.iter().map(chosen).collect();
    let mut expected = Expected::of(&NESTED_COLUMNS, &scalars);
    for (name, r#type, members) in [
        ("pair", "array(bigint)", ["n", "k"]),
        ("texts", "array(varchar)", ["txt", "host"]),
    ] {
        let list = |row: &Row| json!(members.map(|member| cell(row[at(member)].as_ref())));
        expected.push(name, r#type, rows.iter().map(list));
    }
    expected
}

/// Hosts and points of the table `steps`: columns `host`, `time` and `d` of records.
pub fn steps() -> Vec<Row> {
    let mut rows = Vec::new();
    for (place, host) in ["a", "it's", "日本語"].iter().enumerate() {
        for step in 0..=(place as i64 * 7) {
            rows.push(vec![
                Some(Value::Integer(place as i64 * 100 + step)),
                Some(Value::Text((*host).to_owned())),
                Some(Value::Text("m".to_owned())),
                Some(Value::Nanos(
                    1_704_067_200_000_000_000 + step * 61_000_999_999,
                )),
                Some(Value::Double([0.5, -0.0, 1e300, -2.0][step as usize % 4])),
            ]);
        }
    }
    rows
}

/// The rows of [`SERIES`].
fn series() -> Expected {
    let steps = steps();
    let mut hosts: Vec<&Option<Value>> = steps.iter().map(|row| &row[1]).collect();
    hosts.dedup();
    let point = |row: &Row| json!([cell(row[3].as_ref()), cell(row[4].as_ref())]);
    let points = hosts.iter().map(|host| {
        let own = steps.iter().filter(|row| row[1] == **host);
        json!(own.map(point).collect::<Vec<_>>())
    });
    let host: Vec<Row> = hosts.iter().map(|host| vec![(*host).clone()]).collect();
    let mut expected = Expected::of(&[column("host", Kind::Varchar)], &host);
    let r#type = format!(
        "array(row(\"time\" {}, \"measure_value\" double))",
        trino_type(Kind::Timestamp)
    );
    expected.push("series", &r#type, points);
    expected
}

/// Columns of the table `steps`.
pub const STEPS: [Column; 5] = [
    column("id", Kind::Bigint),
    column("host", Kind::Varchar),
    column("measure_name", Kind::Varchar),
    column("time", Kind::Timestamp),
    column("d", Kind::Double),
];
