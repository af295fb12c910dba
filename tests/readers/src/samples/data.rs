//! Schemas, batches of them, and the table that requests are about.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, NullArray, RecordBatch,
    RecordBatchOptions, StringArray, StructArray, TimestampMillisecondArray, new_null_array,
};
use arrow::array::{ListArray, MapArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema, SchemaRef, TimeUnit};
use connector::query::{self, Mapping};
use connector::wire::EncryptionKey;

/// A key and nonce of a split.
pub fn key() -> EncryptionKey {
    EncryptionKey {
        key: (0..32).collect(),
        nonce: (0..12).collect(),
    }
}

/// A schema of one nullable column.
pub(super) fn one(name: &str, data_type: DataType) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(name, data_type, true)]))
}

/// The schemas that messages are read with: one integer, one text, every flat type, nested types, no column, a column
/// without data.
pub fn schemas() -> &'static [SchemaRef] {
    static SCHEMAS: LazyLock<Vec<SchemaRef>> =
        LazyLock::new(|| batches().iter().map(RecordBatch::schema).collect());
    &SCHEMAS
}

/// A batch of each of [`schemas`], of three rows.
pub(super) fn batches() -> Vec<RecordBatch> {
    let texts = || StringArray::from(vec![Some("caf\u{e9}"), None, Some("")]);
    vec![
        batch([(
            "id",
            Arc::new(Int32Array::from(vec![Some(7), Some(8), None])) as ArrayRef,
        )]),
        batch([("col1", Arc::new(texts()) as ArrayRef)]),
        batch([
            (
                "flag",
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])) as ArrayRef,
            ),
            (
                "i8",
                Arc::new(Int8Array::from(vec![Some(-1), None, Some(1)])),
            ),
            (
                "i16",
                Arc::new(Int16Array::from(vec![Some(-1), None, Some(1)])),
            ),
            ("i32", Arc::new(Int32Array::from(vec![1, 2, 3]))),
            (
                "i64",
                Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(1)])),
            ),
            (
                "f32",
                Arc::new(Float32Array::from(vec![Some(-0.0), None, Some(1.5)])),
            ),
            (
                "f64",
                Arc::new(Float64Array::from(vec![
                    Some(1e300),
                    None,
                    Some(f64::INFINITY),
                ])),
            ),
            ("text", Arc::new(texts())),
            (
                "bytes",
                Arc::new(BinaryArray::from(vec![Some(&b"\xff"[..]), None, Some(b"")])),
            ),
            (
                "day",
                Arc::new(Date32Array::from(vec![Some(-1), None, Some(1)])),
            ),
            (
                "at",
                Arc::new(Date64Array::from(vec![Some(-1), None, Some(1)])),
            ),
            ("time", zoned(vec![Some(4_096), None, Some(-4_096)])),
        ]),
        batch([("list", list()), ("row", row()), ("map", map())]),
        without_columns(),
        batch([("null", Arc::new(NullArray::new(3)) as ArrayRef)]),
    ]
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    let columns = columns
        .into_iter()
        .map(|(name, column)| (name, column, true));
    match RecordBatch::try_from_iter_with_nullable(columns) {
        Ok(batch) => batch,
        Err(error) => panic!("a sample is no batch: {error}"),
    }
}

fn without_columns() -> RecordBatch {
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    match RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options) {
        Ok(batch) => batch,
        Err(error) => panic!("rows without columns are no batch: {error}"),
    }
}

fn zoned(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(values).with_timezone("UTC"))
}

fn list() -> ArrayRef {
    let lists = vec![Some(vec![Some(1), None]), None, Some(vec![])];
    Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))
}

fn row() -> ArrayRef {
    let fields = Fields::from(vec![
        Field::new("a", DataType::Int32, true),
        Field::new("b", list().data_type().clone(), true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None, None])),
        list(),
    ];
    Arc::new(StructArray::new(
        fields,
        columns,
        Some(NullBuffer::from(vec![true, true, false])),
    ))
}

fn map() -> ArrayRef {
    let fields = Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", DataType::Int64, true),
    ]);
    let entries: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["a", "b"])),
        Arc::new(Int64Array::from(vec![Some(1), None])),
    ];
    let entries = StructArray::new(fields.clone(), entries, None);
    let field = Field::new("entries", DataType::Struct(fields), false);
    let offsets = OffsetBuffer::from_lengths([1, 0, 1]);
    Arc::new(MapArray::new(
        Arc::new(field),
        offsets,
        entries,
        None,
        false,
    ))
}

fn utc() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// The table that requests are about: a field of every type that a mapping can hold.
pub fn mapping() -> &'static Mapping {
    static MAPPING: LazyLock<Mapping> = LazyLock::new(make_mapping);
    &MAPPING
}

fn make_mapping() -> Mapping {
    let fields = rows_schema();
    Mapping {
        fields: fields
            .fields()
            .iter()
            .enumerate()
            .map(|(index, field)| query::Field {
                name: field.name().clone(),
                data_type: field.data_type().clone(),
                column: Some(index),
                comment: None,
            })
            .collect(),
    }
}

fn rows_schema() -> Schema {
    let fields = [
        ("flag", DataType::Boolean),
        ("i", DataType::Int32),
        ("n", DataType::Int64),
        ("d", DataType::Float64),
        ("text", DataType::Utf8),
        ("day", DataType::Date32),
        ("at", DataType::Date64),
        ("time", utc()),
        ("list", list().data_type().clone()),
        ("row", row().data_type().clone()),
    ];
    let fields = fields.map(|(name, data_type)| Field::new(name, data_type, true));
    Schema::new(fields.to_vec())
}

/// Rows of that table; the last is NULL throughout.
pub fn rows() -> &'static RecordBatch {
    static ROWS: LazyLock<RecordBatch> = LazyLock::new(make_rows);
    &ROWS
}

fn make_rows() -> RecordBatch {
    let schema = rows_schema();
    let values: Vec<ArrayRef> = vec![
        Arc::new(BooleanArray::from(vec![true, false, true])),
        Arc::new(Int32Array::from(vec![0, i32::MIN, 7])),
        Arc::new(Int64Array::from(vec![0, i64::MAX, 7])),
        Arc::new(Float64Array::from(vec![-0.0, f64::NAN, 1.5])),
        Arc::new(StringArray::from(vec!["", "a_%\\", "\u{1f600}"])),
        Arc::new(Date32Array::from(vec![0, -1, 20_000])),
        Arc::new(Date64Array::from(vec![0, -1, 1_700_000_000_000])),
        zoned(vec![Some(0), Some(-4_096), Some(1_700_000_000_000 << 12)]),
        list(),
        row(),
    ];
    let columns = values.iter().map(|column| {
        let null = new_null_array(column.data_type(), 1);
        match arrow::compute::concat(&[column, &null]) {
            Ok(column) => column,
            Err(error) => panic!("a sample cannot be joined: {error}"),
        }
    });
    match RecordBatch::try_new(Arc::new(schema), columns.collect()) {
        Ok(batch) => batch,
        Err(error) => panic!("the sample's rows are no batch: {error}"),
    }
}

/// What a page of Timestream is decoded into: every type that the decoder knows.
pub fn result() -> &'static SchemaRef {
    static RESULT: LazyLock<SchemaRef> = LazyLock::new(make_result);
    &RESULT
}

fn make_result() -> SchemaRef {
    let point = Fields::from(vec![
        Field::new("time", utc(), true),
        Field::new("value", DataType::Int64, true),
    ]);
    let item = |data_type| DataType::List(Arc::new(Field::new("item", data_type, true)));
    let fields = [
        ("flag", DataType::Boolean),
        ("i", DataType::Int32),
        ("n", DataType::Int64),
        ("nanos", DataType::Int64),
        ("d", DataType::Float64),
        ("text", DataType::Utf8),
        ("day", DataType::Date32),
        ("at", DataType::Date64),
        ("time", utc()),
        ("list", item(DataType::Utf8)),
        (
            "row",
            DataType::Struct(Fields::from(vec![
                Field::new("a", DataType::Int32, true),
                Field::new("b", item(DataType::Float64), true),
            ])),
        ),
        ("series", item(DataType::Struct(point))),
        ("empty", DataType::Utf8),
    ];
    let fields = fields.map(|(name, data_type)| Field::new(name, data_type, true));
    Arc::new(Schema::new(fields.to_vec()))
}
