//! What Arrow's reader takes for granted of a message: it panics, or takes memory without end, where that is not so.
//!
//! Only the protocol's types (federation-protocol.md, section 3.6) come through.

use arrow::datatypes::{DataType, Field};
use arrow::ipc::{
    self, Buffer, DateUnit, Endianness, FieldNode, Message, Precision, TimeUnit,
    root_as_message_with_opts,
};
use flatbuffers::{VectorIter, VerifierOptions};

/// Depth of a schema's types at most.
const MAX_DEPTH: usize = 48;

/// What a message's metadata may amount to once everything that is shared in it is there several times, in multiples
/// of its size. A field's table is looked at in parts, some of them shared: honest schemas come to 2.
const MAX_SHARING: usize = 8;

/// Rows at most of a column of type Null, which holds no byte for them: else a short message could make its reader loop
/// over 10¹² rows. Such columns are constants, one NULL for each.
const MAX_NULL_ROWS: usize = 1 << 20;

/// The metadata of a message.
pub(super) fn message(metadata: &[u8]) -> Result<Message<'_>, String> {
    let options = VerifierOptions {
        max_depth: MAX_DEPTH + 16,
        max_apparent_size: metadata.len().saturating_mul(MAX_SHARING),
        ..VerifierOptions::default()
    };
    root_as_message_with_opts(&options, metadata).map_err(|error| error.to_string())
}

/// Whether Arrow can take a schema over.
pub(super) fn schema(schema: ipc::Schema<'_>) -> Result<(), String> {
    if schema.endianness() != Endianness::Little {
        return Err("its numbers are not little-endian".into());
    }
    let fields = schema.fields().ok_or("it has no fields")?;
    fields.iter().try_for_each(|field| schema_field(field, 0))
}

fn schema_field(field: ipc::Field<'_>, depth: usize) -> Result<(), String> {
    let name = field.name().ok_or("a field has no name")?;
    let wrong = |why: &str| Err(format!("field `{name}` {why}"));
    if depth > MAX_DEPTH {
        return wrong("is nested too deeply");
    }
    if field.dictionary().is_some() {
        return wrong("has a dictionary");
    }
    let mut children = field.children().into_iter().flatten();
    let mut only_child = || children.next().filter(|_| children.next().is_none());
    let is_known = match field.type_type() {
        ipc::Type::Null | ipc::Type::Bool | ipc::Type::Utf8 | ipc::Type::Binary => true,
        ipc::Type::Date => field
            .type_as_date()
            .is_some_and(|date| matches!(date.unit(), DateUnit::DAY | DateUnit::MILLISECOND)),
        // Arrow's writer takes an empty zone for none.
        ipc::Type::Timestamp => field.type_as_timestamp().is_some_and(|timestamp| {
            let is_known = matches!(
                timestamp.unit(),
                TimeUnit::SECOND
                    | TimeUnit::MILLISECOND
                    | TimeUnit::MICROSECOND
                    | TimeUnit::NANOSECOND
            );
            is_known && timestamp.timezone() != Some("")
        }),
        ipc::Type::Int => field
            .type_as_int()
            .is_some_and(|int| matches!(int.bitWidth(), 8 | 16 | 32 | 64)),
        ipc::Type::FloatingPoint => field.type_as_floating_point().is_some_and(|float| {
            matches!(
                float.precision(),
                Precision::HALF | Precision::SINGLE | Precision::DOUBLE
            )
        }),
        ipc::Type::Decimal => field.type_as_decimal().is_some_and(|decimal| {
            decimal.bitWidth() == 128
                && u8::try_from(decimal.precision()).is_ok()
                && i8::try_from(decimal.scale()).is_ok()
        }),
        ipc::Type::List => only_child().is_some(),
        // Without members nothing says how many rows there are.
        ipc::Type::Struct_ => children.next().is_some(),
        ipc::Type::Map => {
            field.type_as_map().is_some()
                && only_child().is_some_and(|entries| {
                    entries.type_type() == ipc::Type::Struct_
                        && entries.children().is_some_and(|pair| pair.len() == 2)
                })
        }
        _ => false,
    };
    if !is_known {
        return wrong("has a type that is not one of the protocol's");
    }
    let mut children = field.children().into_iter().flatten();
    children.try_for_each(|child| schema_field(child, depth + 1))
}

/// Whether Arrow can read the columns of a batch from a body of that many bytes.
pub(super) fn batch<'a>(
    batch: ipc::RecordBatch<'_>,
    fields: impl IntoIterator<Item = &'a Field>,
    body_bytes: usize,
) -> Result<(), String> {
    if batch.compression().is_some() {
        return Err("it is compressed".into());
    }
    if batch
        .variadicBufferCounts()
        .is_some_and(|counts| !counts.is_empty())
    {
        return Err("it has counts of buffers, which none of its columns needs".into());
    }
    if batch.length() < 0 {
        return Err("it has less than no rows".into());
    }
    let mut parts = Parts {
        nodes: batch.nodes().ok_or("it has no columns")?.iter(),
        buffers: batch.buffers().ok_or("it has no buffers")?.iter(),
        body_bytes,
    };
    for field in fields {
        parts
            .column(field)
            .map_err(|why| format!("column `{}` {why}", field.name()))?;
    }
    Ok(())
}

/// Nodes and buffers of a batch, in the order in which Arrow takes them.
struct Parts<'a> {
    nodes: VectorIter<'a, FieldNode>,
    buffers: VectorIter<'a, Buffer>,
    body_bytes: usize,
}

impl Parts<'_> {
    fn column(&mut self, field: &Field) -> Result<(), String> {
        let node = self.nodes.next().ok_or("is missing")?;
        let rows = usize::try_from(node.length()).map_err(|_| "has less than no rows")?;
        let nulls = usize::try_from(node.null_count()).ok();
        let nulls = nulls
            .filter(|nulls| *nulls <= rows)
            .ok_or("has less than no nulls, or more nulls than rows")?;
        if field.data_type() == &DataType::Null {
            return if rows <= MAX_NULL_ROWS {
                Ok(())
            } else {
                Err(format!(
                    "claims {rows} rows of NULL, of which {MAX_NULL_ROWS} are read at most"
                ))
            };
        }
        if self.buffer()? < rows.div_ceil(8) && nulls > 0 {
            return Err("does not say of each row whether it is null".into());
        }
        match field.data_type() {
            DataType::Utf8 | DataType::Binary => {
                self.offsets()?;
                self.buffer().map(drop)
            }
            DataType::List(child) | DataType::Map(child, _) => {
                self.offsets()?;
                self.column(child)
            }
            DataType::Struct(children) => children.iter().try_for_each(|child| self.column(child)),
            data_type if data_type == &DataType::Boolean || data_type.is_primitive() => {
                self.buffer().map(drop)
            }
            other => Err(format!(
                "is {other}, which is not one of the protocol's types"
            )),
        }
    }

    /// A buffer of 32-bit offsets. Whether they ascend, Arrow checks.
    fn offsets(&mut self) -> Result<(), String> {
        if self.buffer()?.is_multiple_of(size_of::<i32>()) {
            Ok(())
        } else {
            Err("has offsets that end inside a number".into())
        }
    }

    /// The bytes of the next buffer.
    fn buffer(&mut self) -> Result<usize, String> {
        let buffer = self.buffers.next().ok_or("has not all of its buffers")?;
        let (offset, length) = (
            usize::try_from(buffer.offset()),
            usize::try_from(buffer.length()),
        );
        match (offset, length) {
            (Ok(offset), Ok(length))
                if offset
                    .checked_add(length)
                    .is_some_and(|end| end <= self.body_bytes) =>
            {
                Ok(length)
            }
            _ => Err("has a buffer outside its message".into()),
        }
    }
}
