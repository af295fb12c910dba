//! Arrow arrays in the words in which the Java side states its own.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal128Type, Field, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType,
};
use connector::wire::unpack_utc_millis;
use serde_json::{Map, Value, json};

use super::{ZONES, double};

/// A block's schema and rows.
pub(in crate::interop) fn block(batch: &RecordBatch) -> Value {
    let rows = (0..batch.num_rows()).map(|row| {
        let columns = batch.columns().iter();
        columns.map(|column| cell(column, row)).collect::<Value>()
    });
    json!({"schema": schema(&batch.schema()), "rows": rows.collect::<Value>()})
}

/// The values of a block of one column.
pub(in crate::interop) fn column(batch: &RecordBatch) -> Value {
    assert_eq!(batch.num_columns(), 1);
    (0..batch.num_rows())
        .map(|row| cell(batch.column(0), row))
        .collect()
}

/// Java refuses none of the fields.
pub(in crate::interop) fn schema(schema: &Schema) -> Value {
    let fields: Vec<String> = schema.fields().iter().map(|one| field(one)).collect();
    json!({"fields": fields, "refused": [], "metadata": schema.metadata()})
}

/// As Java prints a field.
fn field(field: &Field) -> String {
    let words = match field.data_type() {
        DataType::Boolean => "Bool".to_owned(),
        DataType::Int8 => "Int(8, true)".to_owned(),
        DataType::Int16 => "Int(16, true)".to_owned(),
        DataType::Int32 => "Int(32, true)".to_owned(),
        DataType::Int64 => "Int(64, true)".to_owned(),
        DataType::Float32 => "FloatingPoint(SINGLE)".to_owned(),
        DataType::Float64 => "FloatingPoint(DOUBLE)".to_owned(),
        DataType::Decimal128(precision, scale) => format!("Decimal({precision}, {scale}, 128)"),
        DataType::Utf8 => "Utf8".to_owned(),
        DataType::Binary => "Binary".to_owned(),
        DataType::Date32 => "Date(DAY)".to_owned(),
        DataType::Date64 => "Date(MILLISECOND)".to_owned(),
        DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) => {
            format!("Timestamp(MILLISECOND, {zone})")
        }
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => {
            format!("Timestamp(MICROSECOND, {zone})")
        }
        DataType::List(element) => format!("List<{}>", self::field(element)),
        DataType::Struct(members) => {
            let members: Vec<String> = members.iter().map(|one| self::field(one)).collect();
            format!("Struct<{}>", members.join(", "))
        }
        DataType::Map(entries, false) => format!("Map(false)<{}>", self::field(entries)),
        other => panic!("no type of the protocol: {other}"),
    };
    let not_null = if field.is_nullable() { "" } else { " not null" };
    format!("{}: {words}{not_null}", field.name())
}

fn cell(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int8 => json!(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => json!(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => json!(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => {
            let bits = array.as_primitive::<Float32Type>().value(row).to_bits();
            json!(format!("{bits:08x}"))
        }
        DataType::Float64 => double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => {
            json!(
                array
                    .as_primitive::<Decimal128Type>()
                    .value(row)
                    .to_string()
            )
        }
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::Binary => {
            let bytes = array.as_binary::<i32>().value(row).iter();
            json!(bytes.map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        DataType::Date32 => json!(array.as_primitive::<Date32Type>().value(row)),
        DataType::Date64 => json!(array.as_primitive::<Date64Type>().value(row)),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let packed = array.as_primitive::<TimestampMillisecondType>().value(row);
            let zone = ZONES.iter().find(|(key, _)| *key == packed & 0xfff);
            json!({"millis": unpack_utc_millis(packed), "zone": zone.unwrap().1})
        }
        DataType::Timestamp(..) => {
            json!(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::List(_) => {
            let elements = array.as_list::<i32>().value(row);
            (0..elements.len()).map(|at| cell(&elements, at)).collect()
        }
        DataType::Struct(members) => {
            let columns = members.iter().zip(array.as_struct().columns());
            let said = columns.map(|(member, column)| (member.name().clone(), cell(column, row)));
            Value::Object(said.collect::<Map<_, _>>())
        }
        DataType::Map(..) => {
            let pairs = array.as_map().value(row);
            let pair = |at| json!([cell(pairs.column(0), at), cell(pairs.column(1), at)]);
            (0..pairs.len()).map(pair).collect()
        }
        other => panic!("no type of the protocol: {other}"),
    }
}
