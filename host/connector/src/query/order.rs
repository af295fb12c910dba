//! Order with a limit, applied by the host where Timestream was not asked to.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{
    LexicographicalComparator, SortColumn, SortOptions, concat_batches, take_record_batch,
};
use arrow::datatypes::Float64Type;

use crate::error::{Code, Error, Fault, Result};

/// One key to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// Index into the mapping's fields.
    pub field: usize,
    /// Largest first.
    pub descending: bool,
    /// NULL before everything else, else after.
    pub nulls_first: bool,
}

/// Bytes by which a row is sorted: its place, twice, and a key's value.
const SORTING_BYTES: usize = 24;

fn bytes(batch: &RecordBatch) -> usize {
    batch.get_array_memory_size() + batch.num_rows() * SORTING_BYTES
}

/// Keeps the first `limit` rows of all that it is given.
#[derive(Debug)]
pub struct TopN {
    /// Column of the batch, and how to sort by it.
    keys: Vec<(usize, SortOptions)>,
    limit: usize,
    /// Of what is kept, at most.
    max_bytes: usize,
    kept: Vec<RecordBatch>,
    /// Rows and bytes of what is kept.
    rows: usize,
    bytes: usize,
}

impl TopN {
    /// Sorts by columns of the batches that will come, most significant first. While it cuts it holds four times
    /// `max_bytes`: the rows it keeps, as many that have come since, and a copy of both.
    pub fn new(
        keys: impl IntoIterator<Item = (usize, SortKey)>,
        limit: u64,
        max_bytes: usize,
    ) -> Self {
        let options = |key: SortKey| SortOptions {
            descending: key.descending,
            nulls_first: key.nulls_first,
        };
        let keys = keys.into_iter();
        Self {
            keys: keys.map(|(column, key)| (column, options(key))).collect(),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            max_bytes,
            kept: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }

    /// Takes a batch.
    ///
    /// # Errors
    ///
    /// When more bytes would have to be kept than memory is meant for, or a key's type cannot be sorted.
    pub fn push(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        self.bytes += bytes(&batch);
        self.kept.push(batch);
        if self.rows > self.limit.saturating_mul(2) || self.bytes / 2 > self.max_bytes {
            self.cut()?;
            if self.bytes > self.max_bytes {
                let message = format!(
                    "cannot sort the first {} rows in the function: they take more than {} MiB; hint: use a smaller LIMIT, \
                     fewer columns, more memory for the function, or conditions that Timestream can answer exactly",
                    self.limit,
                    self.max_bytes >> 20
                );
                return Err(Error::new(
                    Code::OperationNotSupported,
                    Fault::Caller,
                    message,
                ));
            }
        }
        Ok(())
    }

    /// The rows kept, sorted; None if there were none.
    ///
    /// # Errors
    ///
    /// When a key's type cannot be sorted.
    pub fn finish(mut self) -> Result<Option<RecordBatch>> {
        self.cut()?;
        Ok(self.kept.pop())
    }

    fn cut(&mut self) -> Result<()> {
        let kept = std::mem::take(&mut self.kept);
        let Some(first) = kept.first() else {
            return Ok(());
        };
        let cannot = |error| Error::invalid_input("cannot sort the rows").with_source(error);
        let all = concat_batches(&first.schema(), &kept).map_err(cannot)?;
        drop(kept);
        let columns: Vec<SortColumn> = self
            .keys
            .iter()
            .map(|(column, options)| SortColumn {
                values: sortable(all.column(*column), *options),
                options: Some(*options),
            })
            .collect();
        let order = LexicographicalComparator::try_new(&columns).map_err(cannot)?;
        let indices = first_in_order(all.num_rows(), self.limit, &order);
        let cut = take_record_batch(&all, &indices).map_err(cannot)?;
        self.rows = cut.num_rows();
        self.bytes = bytes(&cut);
        self.kept = vec![cut];
        Ok(())
    }
}

/// The first `limit` of so many rows. Arrow's `lexsort_to_indices` does the same with a sort of its own for each type,
/// a megabyte of code.
fn first_in_order(rows: usize, limit: usize, order: &LexicographicalComparator) -> UInt32Array {
    let compare = |one: &u32, other: &u32| order.compare(*one as usize, *other as usize);
    // Rows are counted in 32 bits by Arrow's kernels; the budget of bytes keeps far below.
    let mut indices: Vec<u32> = (0..).take(rows).collect();
    if limit < indices.len() {
        indices.select_nth_unstable_by(limit, compare);
        indices.truncate(limit);
    }
    indices.sort_unstable_by(compare);
    indices.into()
}

/// Doubles as Trino orders them since release 434: the zeros tie; NaN, of either sign, stands above all where NULL comes
/// last and below all where it comes first.
fn sortable(column: &ArrayRef, options: SortOptions) -> ArrayRef {
    let nan = if options.nulls_first {
        -f64::NAN
    } else {
        f64::NAN
    };
    // The sum of −0.0 and 0.0 is 0.0.
    let one = |value: f64| if value.is_nan() { nan } else { value + 0.0 };
    match column.as_primitive_opt::<Float64Type>() {
        Some(doubles) => Arc::new(doubles.unary::<_, Float64Type>(one)),
        None => column.clone(),
    }
}
