//! Cutting batches into blocks, and the choice between inline and spilled (federation-protocol.md, section 6.3).

use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, SchemaRef};
use tokio::task::JoinSet;

use super::crypto::encrypt;
use super::pool::Pool;
use super::store::{Location, SpillStore};
use crate::error::{Error, Result};
use crate::wire::{EncryptionKey, Framing, encode_batch, encode_batches, encode_schema};

/// Bytes of an answer that Lambda carries.
const MAX_ANSWER_BYTES: usize = 6_291_556;

/// Bytes of an answer besides its block: names of the catalog and the table, mostly.
const ANSWER_BYTES_AROUND_BLOCK: usize = 16_384;

/// Where a read's rows went.
#[derive(Debug)]
pub enum Output {
    /// All in one batch.
    Inline(RecordBatch),
    /// In this many objects, numbered from 0.
    Spilled(usize),
}

/// Collects batches into blocks and spills those that are full. Holds, whatever the result's size, one block's batches
/// and one block's buffer, in which it is uploaded: the next block is written into it when that upload has ended.
#[derive(Debug)]
pub struct Spiller {
    store: Arc<SpillStore>,
    location: Location,
    key: Option<EncryptionKey>,
    schema: SchemaRef,
    /// Of the buffers of a block, as [`block_bytes`] counts them.
    max_block_bytes: usize,
    max_inline_bytes: usize,
    current: Vec<RecordBatch>,
    current_bytes: usize,
    blocks: usize,
    uploads: JoinSet<Result<()>>,
    buffers: Pool,
    /// Bytes of an object around its buffers, at most.
    around_bytes: usize,
}

impl Spiller {
    /// A spiller for one split; the sizes are the request's, in bytes. No sealed object is larger than a block may be,
    /// unless a single row is.
    ///
    /// # Errors
    ///
    /// When Arrow cannot write the schema.
    pub fn new(
        store: Arc<SpillStore>,
        location: Location,
        key: Option<EncryptionKey>,
        schema: SchemaRef,
        max_block_bytes: u64,
        max_inline_bytes: u64,
    ) -> Result<Self> {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let around = bytes_around_buffers(&schema)?;
        let described = encode_schema(&schema, Framing::Modern)
            .map_err(|error| Error::bug(format_args!("a schema cannot be encoded: {error}")))?;
        // Schema and rows travel as base64.
        let most_inline = (MAX_ANSWER_BYTES - ANSWER_BYTES_AROUND_BLOCK) / 4 * 3;
        let most_inline = most_inline.saturating_sub(described.len() + around);
        Ok(Self {
            store,
            location,
            key,
            schema,
            max_block_bytes: size(max_block_bytes).saturating_sub(around),
            max_inline_bytes: size(max_inline_bytes).min(most_inline),
            current: Vec::new(),
            current_bytes: 0,
            blocks: 0,
            uploads: JoinSet::new(),
            buffers: Pool::default(),
            around_bytes: around,
        })
    }

    /// Takes a batch. Waits where a block is full and the one before is being uploaded: that is all the back-pressure there is.
    ///
    /// # Errors
    ///
    /// When an upload failed.
    pub async fn push(&mut self, batch: RecordBatch) -> Result<()> {
        while let Some(upload) = self.uploads.try_join_next() {
            finished(upload)?;
        }
        let mut rest = batch;
        while rest.num_rows() > 0 {
            let bytes = block_bytes(&rest);
            if self.current_bytes + bytes <= self.max_block_bytes {
                self.current_bytes += bytes;
                self.current.push(rest);
                return Ok(());
            }
            if !self.current.is_empty() {
                self.spill().await?;
                continue;
            }
            // A batch above the limit by itself: cut in proportion. A single row may be above it.
            let rows = rest.num_rows();
            let mut head = (rows * self.max_block_bytes / bytes.max(1)).clamp(1, rows);
            // The first rows may be longer than the others.
            while head > 1 && block_bytes(&rest.slice(0, head)) > self.max_block_bytes {
                head /= 2;
            }
            let head_rows = rest.slice(0, head);
            self.current_bytes = block_bytes(&head_rows);
            self.current.push(head_rows);
            self.spill().await?;
            rest = rest.slice(head, rows - head);
        }
        Ok(())
    }

    /// The answer: inline when nothing was spilled and the rest is small, else all in S3.
    ///
    /// # Errors
    ///
    /// When an upload failed.
    pub async fn finish(&mut self) -> Result<Output> {
        if self.blocks == 0 && self.current_bytes < self.max_inline_bytes {
            let whole = concat_batches(&self.schema, &self.current);
            return whole
                .map(Output::Inline)
                .map_err(|error| Error::bug(format_args!("batches do not fit: {error}")));
        }
        if !self.current.is_empty() {
            self.spill().await?;
        }
        self.uploaded().await?;
        Ok(Output::Spilled(self.blocks))
    }

    /// Whether a block was given to S3.
    pub fn has_spilled(&self) -> bool {
        self.blocks > 0
    }

    /// The error of an upload, once one fails; waits for ever if none does.
    pub async fn failure(&mut self) -> Error {
        match self.uploaded().await {
            Err(error) => error,
            Ok(()) => std::future::pending().await,
        }
    }

    /// Waits for the upload under way.
    async fn uploaded(&mut self) -> Result<()> {
        while let Some(upload) = self.uploads.join_next().await {
            finished(upload)?;
        }
        Ok(())
    }

    async fn spill(&mut self) -> Result<()> {
        // One at a time: each holds a block, and a block's pages take longer to come than its upload (read-path.md,
        // section 5).
        self.uploaded().await?;
        let mut bytes = self.buffers.take();
        bytes.reserve_exact(self.current_bytes + self.around_bytes);
        self.current_bytes = 0;
        encode_batches(
            &std::mem::take(&mut self.current),
            Framing::Legacy,
            &mut bytes,
        )
        .map_err(|error| Error::bug(format_args!("a block cannot be encoded: {error}")))?;
        if let Some(key) = &self.key {
            encrypt(key, &mut bytes)?;
        }
        let bytes = self.buffers.lend(bytes);
        let (store, location, number) = (self.store.clone(), self.location.clone(), self.blocks);
        self.blocks += 1;
        self.uploads
            .spawn(async move { store.put(&location, number, bytes).await });
        Ok(())
    }
}

fn finished(upload: Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    upload.map_err(|error| Error::bug(format_args!("an upload's task ended: {error}")))?
}

/// A block's size as the protocol counts it: used bytes of all buffers, without padding. Every column has a bitmap of its
/// nulls at the wire, whether it has nulls or not.
pub fn block_bytes(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(array_bytes).sum()
}

/// Used bytes of an array's buffers. Arrow's own count of a list has all elements of the list that this may be a slice of.
fn array_bytes(array: &ArrayRef) -> usize {
    let bitmap = array.len().div_ceil(8);
    match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            let (first, last) = (offsets[0] as usize, offsets[list.len()] as usize);
            let elements = list.values().slice(first, last - first);
            bitmap + size_of_val(offsets) + array_bytes(&elements)
        }
        DataType::Struct(_) => {
            let members = array.as_struct().columns().iter();
            bitmap + members.map(array_bytes).sum::<usize>()
        }
        _ => {
            let data = array.to_data();
            let counted = data.get_slice_memory_size().unwrap_or_default();
            // A bitmap that stands at the wire and not in memory, where nothing is null.
            counted + if data.nulls().is_some() { 0 } else { bitmap }
        }
    }
}

/// Bytes of a sealed object around the used bytes of its buffers, at most: the message's head, the padding of each buffer
/// to eight bytes, and the tag of AES-GCM.
fn bytes_around_buffers(schema: &SchemaRef) -> Result<usize> {
    const TAG_BYTES: usize = 16;
    const PADDING_BYTES: usize = 7;
    // Numbers that are 0 in an empty batch are left out of its head: its length, and that of its body.
    const LEFT_OUT_BYTES: usize = 32;
    fn buffers(array: &ArrayData) -> usize {
        1 + array.buffers().len() + array.child_data().iter().map(buffers).sum::<usize>()
    }
    let empty = RecordBatch::new_empty(schema.clone());
    let buffers: usize = empty
        .columns()
        .iter()
        .map(|column| buffers(&column.to_data()))
        .sum();
    let head = encode_batch(&empty, Framing::Legacy)
        .map_err(|error| Error::bug(format_args!("a schema cannot be encoded: {error}")))?;
    Ok(head.len() + buffers * PADDING_BYTES + TAG_BYTES + LEFT_OUT_BYTES)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use arrow::array::{
        BooleanArray, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder,
        StructArray,
    };
    use arrow::compute::concat_batches;
    use arrow::datatypes::Field;

    use super::*;

    /// Columns of every shape, each with nulls and without.
    fn batch(rows: usize) -> RecordBatch {
        let is_null = |row: usize, nulls: bool| nulls && row.is_multiple_of(3);
        let mut columns: Vec<(String, ArrayRef)> = Vec::new();
        for nulls in [false, true] {
            let numbers: Int64Array = (0..rows)
                .map(|row| (!is_null(row, nulls)).then_some(row as i64))
                .collect();
            let truths: BooleanArray = (0..rows)
                .map(|row| (!is_null(row, nulls)).then_some(row % 2 == 0))
                .collect();
            let texts: StringArray = (0..rows)
                .map(|row| (!is_null(row, nulls)).then(|| "x".repeat(row % 7)))
                .collect();
            let mut lists = ListBuilder::new(StringBuilder::new());
            for row in 0..rows {
                for element in 0..row % 5 {
                    lists.values().append_value("y".repeat(element));
                }
                lists.append(!is_null(row, nulls));
            }
            let doubles = Float64Array::from_iter_values((0..rows).map(|row| row as f64));
            let members: Vec<(Arc<Field>, ArrayRef)> = vec![
                (
                    Arc::new(Field::new("d", DataType::Float64, true)),
                    Arc::new(doubles),
                ),
                (
                    Arc::new(Field::new("t", DataType::Utf8, true)),
                    Arc::new(texts.clone()),
                ),
            ];
            let arrays: [ArrayRef; 5] = [
                Arc::new(numbers),
                Arc::new(truths),
                Arc::new(texts),
                Arc::new(lists.finish()),
                Arc::new(StructArray::from(members)),
            ];
            for (place, array) in arrays.into_iter().enumerate() {
                columns.push((format!("{place} {nulls}"), array));
            }
        }
        RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap()
    }

    #[test]
    fn no_object_is_larger_than_its_buffers_and_what_is_counted_around_them() {
        let whole = batch(1_000);
        let around = bytes_around_buffers(&whole.schema()).unwrap();
        for (first, count) in [(0, 1_000), (0, 1), (1, 8), (17, 64), (500, 333), (999, 1)] {
            let slice = whole.slice(first, count);
            let counted = block_bytes(&slice);
            let compact = concat_batches(&slice.schema(), [&slice]).unwrap();
            let written = encode_batch(&compact, Framing::Legacy).unwrap().len();
            assert!(
                written + 16 <= counted + around,
                "{written} of {counted} + {around}"
            );
            // A slice counts in proportion, its lists too; elements of a NULL are counted and not written.
            assert!(counted <= written + written / 10, "{counted} of {written}");
        }
    }
}
