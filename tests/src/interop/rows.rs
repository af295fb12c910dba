//! Rows of every type that the connector's fields have, as Arrow arrays and, stated apart, as what Java must print.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Float64Array, Int32Array, Int64Array,
    ListArray, RecordBatch, StringArray, StructArray, TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use connector::wire::pack_utc_millis;
use serde_json::{Value, json};

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

/// What Java must print for the rows of [`batch`]: ordinary values, NULLs, least and empty ones, largest and such with
/// NULLs inside.
pub(super) fn expected() -> Vec<Value> {
    let utc = |millis: i64| json!({"millis": millis, "zone": "UTC"});
    vec![
        json!([
            true, 1, 2, "0.1", "O'Brien", 19_782, 1_709_210_096_789_i64, utc(1_709_210_096_789),
            ["a", "b"], [true, false], [[1, 2], [3]],
            {"lat": "47.25", "floor": 3}, {"at": {"day": 0, "zoned": utc(0)}, "by": ["x"]},
            [{"time": 0, "measure_value": "1.5"}, {"time": 60_000, "measure_value": "2.5"}],
        ]),
        json!([
            null, null, null, null, null, null, null, null, null, null, null, null, null, null
        ]),
        json!([
            false, i32::MIN, i64::MIN, "-0.0", "", -719_162, -1, utc(-1),
            [], [], [],
            {"lat": "NaN", "floor": i32::MIN}, {"at": {"day": -1, "zoned": utc(-1)}, "by": []},
            [],
        ]),
        json!([
            true, i32::MAX, i64::MAX, "-Infinity", "Zürich 😀\u{0}\n", 2_932_896, 253_402_300_799_999_i64, utc(9_999_999_999_999),
            ["", null, "😀"], [null, true], [[], null, [null, i64::MAX]],
            {"lat": null, "floor": null}, {"at": null, "by": null},
            [{"time": -1, "measure_value": null}, null],
        ]),
    ]
}

/// The same rows as Arrow.
pub(super) fn batch() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "flag",
            Arc::new(BooleanArray::from(vec![
                Some(true),
                None,
                Some(false),
                Some(true),
            ])),
        ),
        (
            "count",
            Arc::new(Int32Array::from(vec![
                Some(1),
                None,
                Some(i32::MIN),
                Some(i32::MAX),
            ])),
        ),
        (
            "big",
            Arc::new(Int64Array::from(vec![
                Some(2),
                None,
                Some(i64::MIN),
                Some(i64::MAX),
            ])),
        ),
        (
            "ratio",
            Arc::new(Float64Array::from(vec![
                Some(0.1),
                None,
                Some(-0.0),
                Some(f64::NEG_INFINITY),
            ])),
        ),
        (
            "name",
            Arc::new(StringArray::from(vec![
                Some("O'Brien"),
                None,
                Some(""),
                Some("Zürich 😀\u{0}\n"),
            ])),
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![
                Some(19_782),
                None,
                Some(-719_162),
                Some(2_932_896),
            ])),
        ),
        (
            "time",
            Arc::new(Date64Array::from(vec![
                Some(1_709_210_096_789),
                None,
                Some(-1),
                Some(253_402_300_799_999),
            ])),
        ),
        (
            "zoned",
            zoned(&[
                Some(1_709_210_096_789),
                None,
                Some(-1),
                Some(9_999_999_999_999),
            ]),
        ),
        (
            "tags",
            list(
                &[2, 0, 0, 3],
                [true, false, true, true],
                Arc::new(StringArray::from(vec![
                    Some("a"),
                    Some("b"),
                    Some(""),
                    None,
                    Some("😀"),
                ])),
            ),
        ),
        (
            "flags",
            list(
                &[2, 0, 0, 2],
                [true, false, true, true],
                Arc::new(BooleanArray::from(vec![
                    Some(true),
                    Some(false),
                    None,
                    Some(true),
                ])),
            ),
        ),
        (
            "matrix",
            list(&[2, 0, 0, 3], [true, false, true, true], matrix()),
        ),
        (
            "place",
            structure(
                vec![
                    (
                        "lat",
                        Arc::new(Float64Array::from(vec![
                            Some(47.25),
                            None,
                            Some(f64::NAN),
                            None,
                        ])),
                    ),
                    (
                        "floor",
                        Arc::new(Int32Array::from(vec![Some(3), None, Some(i32::MIN), None])),
                    ),
                ],
                [true, false, true, true],
            ),
        ),
        ("visit", visit()),
        (
            "readings",
            list(&[2, 0, 0, 2], [true, false, true, true], points()),
        ),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
        .collect();
    let metadata = METADATA
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(
        Arc::new(Schema::new_with_metadata(fields, metadata)),
        columns,
    )
    .unwrap()
}

fn matrix() -> ArrayRef {
    let values = Int64Array::from(vec![Some(1), Some(2), Some(3), None, Some(i64::MAX)]);
    list(
        &[2, 1, 0, 0, 2],
        [true, true, true, false, true],
        Arc::new(values),
    )
}

fn visit() -> ArrayRef {
    let at = structure(
        vec![
            (
                "day",
                Arc::new(Date32Array::from(vec![Some(0), None, Some(-1), None])),
            ),
            ("zoned", zoned(&[Some(0), None, Some(-1), None])),
        ],
        [true, false, true, false],
    );
    let by = list(
        &[1, 0, 0, 0],
        [true, false, true, false],
        Arc::new(StringArray::from(vec!["x"])),
    );
    structure(vec![("at", at), ("by", by)], [true, false, true, true])
}

/// Points of a time series.
fn points() -> ArrayRef {
    structure(
        vec![
            (
                "time",
                Arc::new(Date64Array::from(vec![
                    Some(0),
                    Some(60_000),
                    Some(-1),
                    None,
                ])),
            ),
            (
                "measure_value",
                Arc::new(Float64Array::from(vec![Some(1.5), Some(2.5), None, None])),
            ),
        ],
        [true, true, true, false],
    )
}

fn zoned(millis: &[Option<i64>]) -> ArrayRef {
    let packed = millis
        .iter()
        .map(|millis| millis.map(|millis| pack_utc_millis(millis).unwrap()));
    Arc::new(
        packed
            .collect::<TimestampMillisecondArray>()
            .with_timezone("UTC"),
    )
}

fn list<const N: usize>(lengths: &[usize; N], valid: [bool; N], values: ArrayRef) -> ArrayRef {
    let item: FieldRef = Arc::new(Field::new("item", values.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
    Arc::new(ListArray::new(
        item,
        offsets,
        values,
        Some(NullBuffer::from(valid.as_slice())),
    ))
}

fn structure<const N: usize>(members: Vec<(&str, ArrayRef)>, valid: [bool; N]) -> ArrayRef {
    let field = |(name, array): &(&str, ArrayRef)| {
        Field::new(*name, DataType::clone(array.data_type()), true)
    };
    let fields: Fields = members.iter().map(field).collect();
    let arrays = members.into_iter().map(|(_, array)| array).collect();
    Arc::new(StructArray::new(
        fields,
        arrays,
        Some(NullBuffer::from(valid.as_slice())),
    ))
}
