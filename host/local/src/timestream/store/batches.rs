//! Rows as Arrow batches, built when a query asks and kept until a write touches them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, RecordBatch, RecordBatchOptions, StringArray, TimestampNanosecondArray,
};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::cells::ValueType;
use super::rows::{Rows, Series};

/// Rows of a batch: the batch size DataFusion works with.
const BATCH_ROWS: usize = 8_192;

/// Batches built before, and the schema they have.
#[derive(Debug, Default)]
pub(super) struct Cache {
    schema: Option<SchemaRef>,
    /// One place for each `BATCH_ROWS` rows.
    batches: Vec<Option<RecordBatch>>,
}

impl Cache {
    /// Forgets everything, because the columns change.
    pub(super) fn forget_columns(&mut self) {
        self.schema = None;
        self.batches.clear();
    }

    /// Forgets the batch that holds a row.
    pub(super) fn forget_row(&mut self, row: usize) {
        if let Some(batch) = self.batches.get_mut(row / BATCH_ROWS) {
            *batch = None;
        }
    }
}

/// A column as `DESCRIBE` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) value_type: ValueType,
    /// `DIMENSION`, `MEASURE_NAME`, `TIMESTAMP`, `MEASURE_VALUE` or `MULTI`.
    pub(crate) kind: &'static str,
}

impl Rows {
    /// Returns the columns in the service's order: dimensions, `measure_name`, `time`, measures.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let column = |name: &str, value_type, kind| Column {
            name: name.to_owned(),
            value_type,
            kind,
        };
        let mut columns = Vec::with_capacity(self.dimensions.len() + self.measures.len() + 2);
        columns.extend(
            self.dimensions
                .iter()
                .map(|name| column(name, ValueType::Varchar, "DIMENSION")),
        );
        columns.push(column("measure_name", ValueType::Varchar, "MEASURE_NAME"));
        columns.push(column("time", ValueType::Timestamp, "TIMESTAMP"));
        columns.extend(self.measures.iter().map(|measure| {
            let kind = if measure.multi {
                "MULTI"
            } else {
                "MEASURE_VALUE"
            };
            column(&measure.name, measure.cells.value_type(), kind)
        }));
        columns
    }

    /// Returns all rows. Batches that no write touched since the last call are the same ones.
    pub(crate) fn batches(&mut self) -> Result<(SchemaRef, Vec<RecordBatch>), ArrowError> {
        let schema = match &self.cache.schema {
            Some(schema) => Arc::clone(schema),
            None => {
                let field = |column: Column| {
                    let nullable = !matches!(column.kind, "MEASURE_NAME" | "TIMESTAMP");
                    Field::new(column.name, column.value_type.arrow(), nullable)
                };
                let fields: Vec<Field> = self.columns().into_iter().map(field).collect();
                Arc::new(Schema::new(fields))
            }
        };
        self.cache.schema = Some(Arc::clone(&schema));
        let count = self.times.len().div_ceil(BATCH_ROWS);
        let mut batches = Vec::with_capacity(count);
        self.cache.batches.resize(count, None);
        for start in (0..self.times.len()).step_by(BATCH_ROWS) {
            let batch = match &self.cache.batches[start / BATCH_ROWS] {
                Some(batch) => batch.clone(),
                None => self.batch(&schema, start..self.times.len().min(start + BATCH_ROWS))?,
            };
            self.cache.batches[start / BATCH_ROWS] = Some(batch.clone());
            batches.push(batch);
        }
        Ok((schema, batches))
    }

    fn batch(
        &self,
        schema: &SchemaRef,
        rows: std::ops::Range<usize>,
    ) -> Result<RecordBatch, ArrowError> {
        let series = || {
            rows.clone()
                .map(|row| &self.series[self.row_series[row] as usize])
        };
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        for place in 0..self.dimensions.len() as u32 {
            arrays.push(Arc::new(
                series()
                    .map(|series| dimension(series, place))
                    .collect::<StringArray>(),
            ));
        }
        arrays.push(Arc::new(StringArray::from_iter_values(
            series().map(|series| &series.measure_name),
        )));
        arrays.push(Arc::new(TimestampNanosecondArray::from_iter_values(
            self.times[rows.clone()].iter().copied(),
        )));
        arrays.extend(
            self.measures
                .iter()
                .map(|measure| measure.cells.array(rows.clone())),
        );
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
    }
}

fn dimension(series: &Series, place: u32) -> Option<&str> {
    let found = series
        .dimensions
        .binary_search_by_key(&place, |(place, _)| *place)
        .ok()?;
    Some(&series.dimensions[found].1)
}
