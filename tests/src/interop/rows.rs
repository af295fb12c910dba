//! Rows of every type that the connector's fields have, and, stated by hand, what Java must print of them.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use serde_json::{Value, json};

use super::cells::{Cell, Kind, double};

/// The fields as Java prints them: Athena's `timestamp` is `Date(MILLISECOND)`.
pub(super) const FIELDS: [&str; 14] = [
    "flag: Bool",
    "count: Int(32, true)",
    "big: Int(64, true)",
    "ratio: FloatingPoint(DOUBLE)",
    "name: Utf8",
    "day: Date(DAY)",
    "time: Date(MILLISECOND)",
    "zoned: Timestamp(MILLISECOND, UTC)",
    "tags: List<item: Utf8>",
    "flags: List<item: Bool>",
    "matrix: List<item: List<item: Int(64, true)>>",
    "place: Struct<lat: FloatingPoint(DOUBLE), floor: Int(32, true)>",
    "visit: Struct<at: Struct<day: Date(DAY), zoned: Timestamp(MILLISECOND, UTC)>, by: List<item: Utf8>>",
    "readings: List<item: Struct<time: Date(MILLISECOND), measure_value: FloatingPoint(DOUBLE)>>",
];

/// The schema's metadata.
pub(super) const METADATA: [(&str, &str); 2] = [
    ("name", "Größe in m² 😀"),
    ("_timestream", "{\"a\":[1,\"O'Brien\"]}"),
];

fn kinds() -> Vec<(&'static str, Kind)> {
    let list = |element: Kind| Kind::List(Box::new(element));
    let structure = |members: &[(&str, Kind)]| {
        Kind::Struct(
            members
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), kind.clone()))
                .collect(),
        )
    };
    let at = structure(&[("day", Kind::Day), ("zoned", Kind::Zoned)]);
    vec![
        ("flag", Kind::Bool),
        ("count", Kind::Int(32)),
        ("big", Kind::Int(64)),
        ("ratio", Kind::Double),
        ("name", Kind::Text),
        ("day", Kind::Day),
        ("time", Kind::Milli),
        ("zoned", Kind::Zoned),
        ("tags", list(Kind::Text)),
        ("flags", list(Kind::Bool)),
        ("matrix", list(list(Kind::Int(64)))),
        (
            "place",
            structure(&[("lat", Kind::Double), ("floor", Kind::Int(32))]),
        ),
        ("visit", structure(&[("at", at), ("by", list(Kind::Text))])),
        (
            "readings",
            list(structure(&[
                ("time", Kind::Milli),
                ("measure_value", Kind::Double),
            ])),
        ),
    ]
}

/// What Java must print for the rows of [`batch`]: ordinary values, NULLs, least and empty ones, largest and such with
/// NULLs inside.
pub(super) fn expected() -> Vec<Value> {
    let utc = |millis: i64| json!({"millis": millis, "zone": "UTC"});
    vec![
        json!([
            true, 1, 2, "3fb999999999999a", "O'Brien", 19_782, 1_709_210_096_789_i64, utc(1_709_210_096_789),
            ["a", "b"], [true, false], [[1, 2], [3]],
            {"lat": double(47.25), "floor": 3}, {"at": {"day": 0, "zoned": utc(0)}, "by": ["x"]},
            [{"time": 0, "measure_value": double(1.5)}, {"time": 60_000, "measure_value": double(2.5)}],
        ]),
        json!([
            null, null, null, null, null, null, null, null, null, null, null, null, null, null
        ]),
        json!([
            false, i32::MIN, i64::MIN, "8000000000000000", "", -719_162, -1, utc(-1),
            [], [], [],
            {"lat": "7ff8000000000000", "floor": i32::MIN}, {"at": {"day": -1, "zoned": utc(-1)}, "by": []},
            [],
        ]),
        json!([
            true, i32::MAX, i64::MAX, "fff0000000000000", "Zürich 😀\u{0}\n", 2_932_896, 253_402_300_799_999_i64,
            utc(999_999_999_999), ["", null, "😀"], [null, true], [[], null, [null, i64::MAX]],
            {"lat": null, "floor": null}, {"at": null, "by": null},
            [{"time": -1, "measure_value": null}, null],
        ]),
    ]
}

/// The same rows.
fn rows() -> Vec<Vec<Cell>> {
    let int = |value: i32| Cell::Int(value.into());
    let text = |value: &str| Cell::Text(value.into());
    let utc = |millis: i64| Cell::Zoned(millis, 0);
    let list = |cells: Vec<Cell>| Cell::List(cells);
    let row = |cells: Vec<Cell>| Cell::Struct(cells);
    let (null, yes, no) = (|| Cell::Null, Cell::Bool(true), Cell::Bool(false));
    vec![
        vec![
            yes.clone(),
            int(1),
            int(2),
            Cell::Double(0.1),
            text("O'Brien"),
            int(19_782),
            Cell::Int(1_709_210_096_789),
            utc(1_709_210_096_789),
            list(vec![text("a"), text("b")]),
            list(vec![yes.clone(), no.clone()]),
            list(vec![list(vec![int(1), int(2)]), list(vec![int(3)])]),
            row(vec![Cell::Double(47.25), int(3)]),
            row(vec![row(vec![int(0), utc(0)]), list(vec![text("x")])]),
            list(vec![
                row(vec![int(0), Cell::Double(1.5)]),
                row(vec![int(60_000), Cell::Double(2.5)]),
            ]),
        ],
        vec![Cell::Null; FIELDS.len()],
        vec![
            no,
            int(i32::MIN),
            Cell::Int(i64::MIN),
            Cell::Double(-0.0),
            text(""),
            int(-719_162),
            int(-1),
            utc(-1),
            list(vec![]),
            list(vec![]),
            list(vec![]),
            row(vec![Cell::Double(f64::NAN), int(i32::MIN)]),
            row(vec![row(vec![int(-1), utc(-1)]), list(vec![])]),
            list(vec![]),
        ],
        vec![
            yes.clone(),
            int(i32::MAX),
            Cell::Int(i64::MAX),
            Cell::Double(f64::NEG_INFINITY),
            text("Zürich 😀\u{0}\n"),
            int(2_932_896),
            Cell::Int(253_402_300_799_999),
            utc(999_999_999_999),
            list(vec![text(""), null(), text("😀")]),
            list(vec![null(), yes]),
            list(vec![
                list(vec![]),
                null(),
                list(vec![null(), Cell::Int(i64::MAX)]),
            ]),
            row(vec![null(), null()]),
            row(vec![null(), null()]),
            list(vec![row(vec![int(-1), null()]), null()]),
        ],
    ]
}

/// The same rows as Arrow.
pub(super) fn batch() -> RecordBatch {
    let metadata = METADATA
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let rows = rows();
    let column = |(number, (name, kind)): (usize, (&str, Kind))| {
        let cells: Vec<&Cell> = rows.iter().map(|row| &row[number]).collect();
        (Field::new(name, kind.data_type(), true), kind.array(&cells))
    };
    let (fields, columns): (Vec<_>, Vec<_>) = kinds().into_iter().enumerate().map(column).unzip();
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    RecordBatch::try_new(schema, columns).unwrap()
}
