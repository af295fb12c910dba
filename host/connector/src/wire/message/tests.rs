//! Messages that Arrow's reader panics on, or takes memory without end for.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};
use arrow::ipc::{
    DateBuilder, DateUnit, Endianness, FieldBuilder, FloatingPointBuilder, KeyValue,
    KeyValueBuilder, Precision, SchemaBuilder, Struct_Builder, TimeUnit, TimestampBuilder, Type,
    UnionBuilder,
};
use flatbuffers::{UnionWIPOffset, WIPOffset};

use super::*;

type Builder = FlatBufferBuilder<'static>;

/// Metadata as a message, in front of a body.
fn message(
    mut builder: Builder,
    header_type: MessageHeader,
    header: WIPOffset<UnionWIPOffset>,
    body: &[u8],
) -> Vec<u8> {
    let mut message = MessageBuilder::new(&mut builder);
    message.add_version(MetadataVersion::V5);
    message.add_header_type(header_type);
    message.add_header(header);
    message.add_bodyLength(body.len() as i64);
    let message = message.finish();
    builder.finish(message, None);
    let metadata = builder.finished_data();
    let length = u32::try_from(metadata.len()).unwrap();
    [
        &u32::MAX.to_le_bytes()[..],
        &length.to_le_bytes(),
        metadata,
        body,
    ]
    .concat()
}

fn field_of(
    builder: &mut Builder,
    r#type: Type,
    value: WIPOffset<UnionWIPOffset>,
    children: &[WIPOffset<ipc::Field<'static>>],
) -> WIPOffset<ipc::Field<'static>> {
    let name = builder.create_string("f");
    let children = builder.create_vector(children);
    let mut field = FieldBuilder::new(builder);
    field.add_name(name);
    field.add_nullable(true);
    field.add_type_type(r#type);
    field.add_type_(value);
    field.add_children(children);
    field.finish()
}

fn schema_of(
    mut builder: Builder,
    fields: &[WIPOffset<ipc::Field<'static>>],
    endianness: Endianness,
    metadata: &[WIPOffset<KeyValue<'static>>],
) -> Vec<u8> {
    let fields = builder.create_vector(fields);
    let metadata = builder.create_vector(metadata);
    let mut schema = SchemaBuilder::new(&mut builder);
    schema.add_fields(fields);
    schema.add_endianness(endianness);
    schema.add_custom_metadata(metadata);
    let schema = schema.finish();
    message(builder, MessageHeader::Schema, schema.as_union_value(), &[])
}

/// Why a schema of one field of that type is refused.
fn refused(r#type: Type, value: impl FnOnce(&mut Builder) -> WIPOffset<UnionWIPOffset>) -> String {
    let mut builder = Builder::new();
    let value = value(&mut builder);
    let field = field_of(&mut builder, r#type, value, &[]);
    let bytes = schema_of(builder, &[field], Endianness::Little, &[]);
    decode_schema(&bytes).unwrap_err().to_string()
}

#[test]
fn types_of_unknown_units_are_refused_by_the_name_of_their_field() {
    let unit = |builder: &mut Builder| {
        let mut date = DateBuilder::new(builder);
        date.add_unit(DateUnit(2));
        date.finish().as_union_value()
    };
    let date = refused(Type::Date, unit);
    let unit = |builder: &mut Builder| {
        let mut timestamp = TimestampBuilder::new(builder);
        timestamp.add_unit(TimeUnit(-1));
        timestamp.finish().as_union_value()
    };
    let timestamp = refused(Type::Timestamp, unit);
    let precision = |builder: &mut Builder| {
        let mut float = FloatingPointBuilder::new(builder);
        float.add_precision(Precision(3));
        float.finish().as_union_value()
    };
    let float = refused(Type::FloatingPoint, precision);
    let union = refused(Type::Union, |builder| {
        UnionBuilder::new(builder).finish().as_union_value()
    });
    for why in [date, timestamp, float, union] {
        assert_eq!(
            why,
            "malformed Arrow message: schema: field `f` has a type that is not one of the protocol's"
        );
    }
}

#[test]
fn numbers_of_the_other_byte_order_are_refused() {
    let bytes = schema_of(Builder::new(), &[], Endianness::Big, &[]);
    let why = decode_schema(&bytes).unwrap_err().to_string();
    assert!(why.contains("little-endian"), "{why}");
}

#[test]
fn a_row_without_members_is_refused() {
    let row = Field::new("r", DataType::Struct(Fields::empty()), true);
    let bytes = encode_schema(&Schema::new(vec![row]), Framing::Modern).unwrap();
    let why = decode_schema(&bytes).unwrap_err().to_string();
    assert!(why.contains("field `r` has a type"), "{why}");
}

#[test]
fn a_map_without_its_pair_is_refused() {
    let key = Field::new("key", DataType::Utf8, false);
    let entries = Field::new("entries", DataType::Struct(Fields::from(vec![key])), false);
    let map = Field::new("m", DataType::Map(Arc::new(entries), false), true);
    let bytes = encode_schema(&Schema::new(vec![map]), Framing::Modern).unwrap();
    let why = decode_schema(&bytes).unwrap_err().to_string();
    assert!(why.contains("field `m` has a type"), "{why}");
}

#[test]
fn what_is_shared_does_not_make_a_small_schema_large() {
    // A field of two children, which are the same; and so on, 30 times: 2^30 fields.
    let kind = |children: &[_]| {
        if children.is_empty() {
            Type::Bool
        } else {
            Type::Struct_
        }
    };
    let mut builder = Builder::new();
    let mut children = Vec::new();
    for _ in 0..30 {
        let value = Struct_Builder::new(&mut builder).finish().as_union_value();
        let field = field_of(&mut builder, kind(&children), value, &children);
        children = vec![field, field];
    }
    let fields = children;
    let bytes = schema_of(builder, &fields, Endianness::Little, &[]);
    assert!(bytes.len() < 4_096);
    let why = decode_schema(&bytes).unwrap_err().to_string();
    assert!(why.contains("pparent size"), "{why}");

    // A thousand pairs, all of the same hundred thousand letters.
    let mut builder = Builder::new();
    let text = builder.create_string(&"x".repeat(100_000));
    let mut pair = KeyValueBuilder::new(&mut builder);
    pair.add_key(text);
    pair.add_value(text);
    let pair = pair.finish();
    let bytes = schema_of(builder, &[], Endianness::Little, &[pair; 1_000]);
    let why = decode_schema(&bytes).unwrap_err().to_string();
    assert!(why.contains("pparent size"), "{why}");
}

#[test]
fn schemas_of_many_columns_and_deep_types_are_read() {
    let column = |index| {
        let metadata = [("comment".to_owned(), "of a column".to_owned())];
        Field::new(format!("column_{index}"), DataType::Int64, true).with_metadata(metadata.into())
    };
    let mut deep = DataType::Utf8;
    for _ in 0..MAX_LIST_DEPTH {
        deep = DataType::List(Arc::new(Field::new("item", deep, true)));
    }
    let mut columns: Vec<Field> = (0..1_024).map(column).collect();
    columns.push(Field::new("deep", deep, true));
    for schema in [
        Schema::new(columns),
        Schema::empty(),
        Schema::new(vec![Field::new("a", DataType::Boolean, true)]),
    ] {
        for framing in [Framing::Modern, Framing::Legacy] {
            let bytes = encode_schema(&schema, framing).unwrap();
            assert_eq!(*decode_schema(&bytes).unwrap(), schema);
        }
    }
}

/// Depth that a plugin's mapping may have (design.md, section 3).
const MAX_LIST_DEPTH: usize = 32;

/// A batch message of one column: rows, nulls, and the bytes of its buffers in a row.
struct OneColumn {
    rows: i64,
    node: FieldNode,
    buffers: Vec<IpcBuffer>,
    body: Vec<u8>,
    counts: Vec<i64>,
}

impl OneColumn {
    fn new(rows: i64, nulls: i64, buffers: &[&[u8]]) -> Self {
        let mut body = Vec::new();
        let mut places = Vec::new();
        for buffer in buffers {
            places.push(IpcBuffer::new(body.len() as i64, buffer.len() as i64));
            body.extend_from_slice(buffer);
            body.resize(body.len().next_multiple_of(8), 0);
        }
        Self {
            rows,
            node: FieldNode::new(rows, nulls),
            buffers: places,
            body,
            counts: Vec::new(),
        }
    }

    fn read(&self, data_type: DataType) -> Result<RecordBatch, String> {
        let mut builder = Builder::new();
        let nodes = builder.create_vector(&[self.node]);
        let buffers = builder.create_vector(&self.buffers);
        let counts = builder.create_vector(&self.counts);
        let mut batch = RecordBatchBuilder::new(&mut builder);
        batch.add_length(self.rows);
        batch.add_nodes(nodes);
        batch.add_buffers(buffers);
        batch.add_variadicBufferCounts(counts);
        let batch = batch.finish().as_union_value();
        let bytes = message(builder, MessageHeader::RecordBatch, batch, &self.body);
        let schema = Schema::new(vec![Field::new("c", data_type, true)]);
        decode_batch(&bytes, &Arc::new(schema)).map_err(|error| error.to_string())
    }
}

#[test]
fn nulls_that_no_bits_tell_are_refused() {
    let types = [
        (DataType::Boolean, vec![&[][..], &[0]]),
        (DataType::Int32, vec![&[][..], &[0; 36]]),
        (DataType::Utf8, vec![&[][..], &[0; 40], &[]]),
        (DataType::Struct(Fields::empty()), vec![&[1][..]]),
    ];
    for (data_type, buffers) in types {
        let why = OneColumn::new(9, 1, &buffers).read(data_type).unwrap_err();
        assert_eq!(
            why,
            "malformed Arrow message: batch: column `c` does not say of each row whether it is null"
        );
    }
}

#[test]
fn offsets_cut_inside_a_number_are_refused() {
    let read = |data_type| OneColumn::new(1, 0, &[&[], &[0; 9], &[]]).read(data_type);
    for data_type in [DataType::Utf8, DataType::Binary] {
        assert_eq!(
            read(data_type).unwrap_err(),
            "malformed Arrow message: batch: column `c` has offsets that end inside a number"
        );
    }
}

#[test]
fn numbers_of_rows_and_nulls_that_cannot_be_are_refused() {
    let read = |rows, nulls| {
        OneColumn::new(rows, nulls, &[&[0], &[0; 8]])
            .read(DataType::Int64)
            .unwrap_err()
    };
    assert!(read(-1, 0).contains("less than no rows"));
    assert!(read(1, -1).contains("nulls"));
    assert!(read(1, 2).contains("nulls"));
    assert!(read(i64::MAX, 0).contains("bytes"));
    let why = OneColumn::new(-1, -1, &[])
        .read(DataType::Null)
        .unwrap_err();
    assert!(why.contains("less than no rows"), "{why}");
}

#[test]
fn a_short_message_does_not_claim_rows_of_null_without_end() {
    let read = |rows| OneColumn::new(rows, rows, &[]).read(DataType::Null);
    assert_eq!(read(1_000_000).unwrap().num_rows(), 1_000_000);
    let why = read(1_000_000_000_000).unwrap_err();
    assert!(
        why.contains("column `c` claims 1000000000000 rows of NULL"),
        "{why}"
    );
}

#[test]
fn counts_of_buffers_are_refused() {
    let column = OneColumn {
        counts: vec![1],
        ..OneColumn::new(1, 0, &[&[], &[0; 8]])
    };
    let why = column.read(DataType::Int64).unwrap_err();
    assert!(why.contains("counts of buffers"), "{why}");
}

#[test]
fn a_buffer_outside_its_message_is_refused() {
    for (offset, length) in [(0, 9), (8, 1), (-1, 1), (1, -1), (i64::MAX, i64::MAX)] {
        let mut column = OneColumn::new(1, 0, &[&[], &[0; 8]]);
        column.buffers[1] = IpcBuffer::new(offset, length);
        let why = column.read(DataType::Int64).unwrap_err();
        assert_eq!(
            why,
            "malformed Arrow message: batch: column `c` has a buffer outside its message"
        );
    }
}
