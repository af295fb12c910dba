//! Batches as one record-batch message, each value copied once: to its place in the message.
//!
//! The layout is that of Arrow's own writer for the batches put together. Only the protocol's types
//! (federation-protocol.md, section 3.6) are written.

use arrow::array::{Array as _, ArrayData, BooleanBufferBuilder, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::DataType;
use arrow::ipc::{Buffer as IpcBuffer, FieldNode};

use super::super::WireError;
use super::{Framing, count_only, head, malformed};

/// What every buffer is padded to, and the head.
const ALIGNMENT: usize = 8;

/// Appends the record-batch message of all rows of batches that have one schema.
///
/// # Errors
///
/// When a column is not of the protocol's types, or has more bytes than its offsets can count.
pub fn encode_batches(
    batches: &[RecordBatch],
    framing: Framing,
    bytes: &mut Vec<u8>,
) -> Result<(), WireError> {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let columns = batches.first().map_or(0, RecordBatch::num_columns);
    if columns == 0 {
        bytes.extend(count_only(rows, framing)?);
        return Ok(());
    }
    // The head says where each buffer is. Its size depends on their number alone, so that its place is kept free while
    // they are written.
    let (mut nodes, mut buffers) = (0, 0);
    for column in batches.iter().take(1).flat_map(RecordBatch::columns) {
        count(&column.to_data(), &mut nodes, &mut buffers);
    }
    let (no_nodes, no_buffers) = (
        vec![FieldNode::new(0, 0); nodes],
        vec![IpcBuffer::new(0, 0); buffers],
    );
    let start = bytes.len();
    bytes.extend(head(framing, rows, &no_nodes, &no_buffers, ALIGNMENT)?);
    let mut body = Body {
        start: bytes.len(),
        bytes,
        nodes: Vec::with_capacity(nodes),
        buffers: Vec::with_capacity(buffers),
    };
    for column in 0..columns {
        let parts = batches.iter().map(|batch| batch.column(column).to_data());
        body.column(&parts.collect::<Vec<_>>())?;
    }
    let length = body.bytes.len() - body.start;
    let head = head(framing, rows, &body.nodes, &body.buffers, length)?;
    // Of the same size, unless there is nothing in the body.
    body.bytes.splice(start..body.start, head);
    Ok(())
}

/// Counts the nodes and buffers of a column.
fn count(column: &ArrayData, nodes: &mut usize, buffers: &mut usize) {
    *nodes += 1;
    if *column.data_type() != DataType::Null {
        // One more says what is null.
        *buffers += 1 + column.buffers().len();
    }
    for child in column.child_data() {
        count(child, nodes, buffers);
    }
}

/// A message's body as it is written.
struct Body<'a> {
    bytes: &'a mut Vec<u8>,
    /// Where it begins in the bytes.
    start: usize,
    nodes: Vec<FieldNode>,
    buffers: Vec<IpcBuffer>,
}

impl Body<'_> {
    /// Writes a column, of which every batch has a part.
    fn column(&mut self, parts: &[ArrayData]) -> Result<(), WireError> {
        let Some(data_type) = parts.first().map(ArrayData::data_type) else {
            return Ok(());
        };
        let rows: usize = parts.iter().map(ArrayData::len).sum();
        let nulls: usize = match data_type {
            DataType::Null => rows,
            _ => parts.iter().map(ArrayData::null_count).sum(),
        };
        self.nodes.push(FieldNode::new(rows as i64, nulls as i64));
        if *data_type == DataType::Null {
            return Ok(());
        }
        // Where nothing is null, the bitmap that says so may be left out.
        let rows_with_nulls = if nulls > 0 { rows } else { 0 };
        self.bits(rows_with_nulls, parts, |part| {
            part.nulls().map(|nulls| nulls.inner().clone())
        });
        match data_type {
            DataType::Boolean => self.bits(rows, parts, |part| {
                let bits = part.buffers().first()?.clone();
                Some(BooleanBuffer::new(bits, part.offset(), part.len()))
            }),
            DataType::Utf8 | DataType::Binary => {
                let ranges = self.offsets(parts)?;
                self.buffer(|bytes| {
                    for (part, (first, last)) in parts.iter().zip(ranges) {
                        bytes.extend_from_slice(&part.buffers()[1][first..last]);
                    }
                });
            }
            DataType::List(_) | DataType::Map(..) => {
                let ranges = self.offsets(parts)?;
                let elements = parts
                    .iter()
                    .zip(ranges)
                    .map(|(part, (first, last))| part.child_data()[0].slice(first, last - first));
                self.column(&elements.collect::<Vec<_>>())?;
            }
            DataType::Struct(members) => {
                for member in 0..members.len() {
                    let members = parts.iter().map(|part| part.child_data()[member].clone());
                    self.column(&members.collect::<Vec<_>>())?;
                }
            }
            other => {
                let width = other
                    .primitive_width()
                    .ok_or_else(|| malformed(format_args!("{other} is not written")))?;
                self.buffer(|bytes| {
                    for part in parts {
                        let first = part.offset() * width;
                        let last = first + part.len() * width;
                        bytes.extend_from_slice(&part.buffers()[0][first..last]);
                    }
                });
            }
        }
        Ok(())
    }

    /// Writes offsets from 0 on; yields where each part's own begin and end.
    fn offsets(&mut self, parts: &[ArrayData]) -> Result<Vec<(usize, usize)>, WireError> {
        let mut of_parts = Vec::with_capacity(parts.len());
        for part in parts {
            let first = part.offset();
            of_parts.push(match part.buffers().first() {
                Some(offsets) if !part.is_empty() => {
                    &offsets.typed_data::<i32>()[first..=first + part.len()]
                }
                _ => &[0],
            });
        }
        let ranges = of_parts.iter().map(|offsets| {
            let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
            (first as usize, last as usize)
        });
        let ranges: Vec<_> = ranges.collect();
        let end: usize = ranges.iter().map(|(first, last)| last - first).sum();
        i32::try_from(end).map_err(|_| malformed("a column has too many bytes or elements"))?;
        self.buffer(|bytes| {
            bytes.extend_from_slice(&0_i32.to_le_bytes());
            let mut end = 0;
            for offsets in of_parts {
                let shift = end - offsets[0];
                let at = bytes.len();
                bytes.resize(at + size_of_val(&offsets[1..]), 0);
                let (places, _) = bytes[at..].as_chunks_mut();
                for (place, offset) in places.iter_mut().zip(&offsets[1..]) {
                    *place = (offset + shift).to_le_bytes();
                }
                end = offsets[offsets.len() - 1] + shift;
            }
        });
        Ok(ranges)
    }

    /// Writes a bitmap of that many rows; a part without bits has all of them set.
    fn bits(
        &mut self,
        rows: usize,
        parts: &[ArrayData],
        bits: impl Fn(&ArrayData) -> Option<BooleanBuffer>,
    ) {
        self.buffer(|bytes| {
            if rows == 0 {
                return;
            }
            let mut bitmap = BooleanBufferBuilder::new(rows);
            for part in parts {
                match bits(part) {
                    Some(bits) => bitmap.append_buffer(&bits),
                    None => bitmap.append_n(part.len(), true),
                }
            }
            bytes.extend_from_slice(bitmap.as_slice());
        });
    }

    /// Notes the buffer that is written, and pads it.
    fn buffer(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(self.bytes);
        let length = self.bytes.len() - start;
        let offset = (start - self.start) as i64;
        self.buffers.push(IpcBuffer::new(offset, length as i64));
        let padded = start + length.next_multiple_of(ALIGNMENT);
        self.bytes.resize(padded, 0);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, ListArray, NullArray,
        StringArray, StructArray, TimestampMillisecondArray,
    };
    use arrow::buffer::{NullBuffer, OffsetBuffer};
    use arrow::compute::concat_batches;
    use arrow::datatypes::{Field, Schema};
    use fastrand::Rng;

    use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, write_message};

    use super::super::decode_batch;
    use super::*;

    fn written_by_arrow(batch: &RecordBatch, framing: Framing) -> Vec<u8> {
        let options = framing.options().unwrap();
        let mut tracker = DictionaryTracker::new(true);
        let mut context = IpcWriteContext::default();
        let (_, encoded) = IpcDataGenerator::default()
            .encode(batch, &mut tracker, &options, &mut context)
            .unwrap();
        let mut bytes = Vec::new();
        write_message(&mut bytes, encoded, &options).unwrap();
        bytes
    }

    /// Rows of every shape, in whose columns something is null or nothing.
    fn batch(random: &mut Rng, rows: usize) -> RecordBatch {
        let has_nulls = random.bool();
        let validity = |random: &mut Rng, rows: usize| -> Vec<bool> {
            (0..rows).map(|_| !has_nulls || random.bool()).collect()
        };
        let texts = |random: &mut Rng, rows: usize| {
            let valid = validity(random, rows);
            let texts = valid
                .into_iter()
                .map(|valid| valid.then(|| "ü".repeat(random.usize(..4))));
            Arc::new(texts.collect::<StringArray>()) as ArrayRef
        };
        let doubles = |random: &mut Rng, rows: usize| {
            let valid = validity(random, rows);
            let doubles = valid.into_iter().map(|valid| valid.then(|| random.f64()));
            Arc::new(doubles.collect::<Float64Array>()) as ArrayRef
        };
        let structs = |random: &mut Rng, rows: usize| {
            let members = vec![texts(random, rows), doubles(random, rows)];
            let fields = vec![
                Field::new("t", DataType::Utf8, true),
                Field::new("d", DataType::Float64, true),
            ];
            let nulls = NullBuffer::from(validity(random, rows));
            Arc::new(StructArray::new(fields.into(), members, Some(nulls))) as ArrayRef
        };
        let valid = validity(random, rows);
        let lengths = valid
            .iter()
            .map(|valid| if *valid { random.usize(..4) } else { 0 });
        let offsets = OffsetBuffer::from_lengths(lengths.collect::<Vec<_>>());
        let elements = structs(random, offsets.last().copied().unwrap_or_default() as usize);
        let item = Field::new("item", elements.data_type().clone(), true);
        let lists = ListArray::new(item.into(), offsets, elements, Some(valid.into()));
        let bools: BooleanArray = validity(random, rows)
            .into_iter()
            .map(|valid| valid.then(|| random.bool()))
            .collect();
        let days = Date32Array::from_iter_values((0..rows).map(|row| row as i32));
        let zoned = TimestampMillisecondArray::from_iter_values((0..rows).map(|row| row as i64));
        let columns: Vec<ArrayRef> = vec![
            texts(random, rows),
            Arc::new(bools),
            Arc::new(Int32Array::from_iter(
                validity(random, rows)
                    .into_iter()
                    .map(|valid| valid.then(|| random.i32(..))),
            )),
            Arc::new(days),
            Arc::new(zoned.with_timezone("UTC")),
            Arc::new(NullArray::new(rows)),
            structs(random, rows),
            Arc::new(lists),
        ];
        let fields = columns.iter().enumerate().map(|(number, column)| {
            Field::new(number.to_string(), column.data_type().clone(), true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new(schema, columns).unwrap()
    }

    #[test]
    fn the_message_is_that_of_arrow_s_writer_for_the_batches_put_together() {
        for seed in 0..300 {
            let mut random = Rng::with_seed(seed);
            let batches: Vec<_> = (0..random.usize(1..5))
                .map(|_| {
                    let rows = random.usize(1..40);
                    let whole = batch(&mut random, rows);
                    // As a batch that was cut at a block's end, or is too long for one.
                    let first = random.usize(..rows);
                    whole.slice(first, random.usize(1..=rows - first))
                })
                .collect();
            let schema = batches[0].schema();
            // One batch alone would not be copied, and keep the bits of rows that were cut off.
            let nothing = RecordBatch::new_empty(schema.clone());
            let whole = concat_batches(&schema, batches.iter().chain([&nothing])).unwrap();
            for framing in [Framing::Legacy, Framing::Modern] {
                let mut written = b"before".to_vec();
                encode_batches(&batches, framing, &mut written).unwrap();
                let written = written.strip_prefix(b"before").unwrap();
                let expected = written_by_arrow(&whole, framing);
                let differs = written.iter().zip(&expected).position(|(a, b)| a != b);
                assert_eq!(
                    (written.len(), differs),
                    (expected.len(), None),
                    "seed {seed}"
                );
                assert_eq!(
                    decode_batch(written, &schema).unwrap(),
                    whole,
                    "seed {seed}"
                );
            }
        }
    }

    /// Elements of a list that is NULL are no rows of anybody, whatever the writer does with them.
    #[test]
    fn elements_under_a_null_do_not_change_their_neighbours() {
        let lists = ListArray::new(
            Field::new("item", DataType::Int32, true).into(),
            OffsetBuffer::from_lengths([2, 3, 1]),
            Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5, 6])),
            Some(vec![true, false, true].into()),
        );
        let column = ("l", Arc::new(lists) as ArrayRef, true);
        let batch = RecordBatch::try_from_iter_with_nullable([column]).unwrap();
        let mut written = Vec::new();
        let parts = [batch.slice(1, 2), batch.clone()];
        encode_batches(&parts, Framing::Legacy, &mut written).unwrap();
        let whole = concat_batches(&batch.schema(), &parts).unwrap();
        assert_eq!(decode_batch(&written, &batch.schema()).unwrap(), whole);
    }

    #[test]
    fn rows_without_columns_and_columns_without_rows_are_written_too() {
        let rows = |count| {
            let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(count));
            RecordBatch::try_new_with_options(Schema::empty().into(), vec![], &options).unwrap()
        };
        let mut written = Vec::new();
        encode_batches(&[rows(3), rows(4)], Framing::Legacy, &mut written).unwrap();
        let read = decode_batch(&written, &Schema::empty().into()).unwrap();
        assert_eq!(read.num_rows(), 7);
        let empty = batch(&mut Rng::with_seed(0), 1).slice(0, 0);
        let mut written = Vec::new();
        encode_batches(std::slice::from_ref(&empty), Framing::Legacy, &mut written).unwrap();
        assert_eq!(decode_batch(&written, &empty.schema()).unwrap(), empty);
    }
}
