//! Whether two results are the same: every row as often in one as in the other, to the last bit.
//!
//! Rows are compared in Arrow's row format, where equal bytes are equal values: nothing is rounded, and neither null and
//! empty nor 0.0 and −0.0 are taken for each other.

use std::collections::HashMap;
use std::hash::Hash;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::row::{OwnedRow, RowConverter, SortField};

/// What is different.
#[derive(Debug)]
pub enum Difference {
    /// Columns that are not called or typed alike.
    Columns {
        /// As they should be.
        expected: String,
        /// As they came.
        found: String,
    },
    /// Rows that are not there as often as they should be.
    Rows {
        /// Rows that should have come and did not.
        missing: RecordBatch,
        /// Rows that came and should not have.
        surplus: RecordBatch,
    },
    /// The rows are the same, their order is not.
    Order {
        /// The first row that stands elsewhere, from 0.
        row: usize,
    },
}

/// Compares what came with what should have come. `is_ordered` says whether the question fixes the order of rows.
///
/// # Errors
///
/// If Arrow cannot compare rows of such types.
pub fn difference(
    schema: &SchemaRef,
    expected: &[RecordBatch],
    found: (&SchemaRef, &[RecordBatch]),
    is_ordered: bool,
) -> anyhow::Result<Option<Difference>> {
    let (found_schema, found) = found;
    let (wanted, came) = (columns(schema), columns(found_schema));
    if wanted != came {
        return Ok(Some(Difference::Columns {
            expected: wanted,
            found: came,
        }));
    }
    let fields = schema
        .fields()
        .iter()
        .map(|field| SortField::new(field.data_type().clone()));
    let converter = RowConverter::new(fields.collect())?;
    let expected = rows(&converter, expected)?;
    let found = rows(&converter, found)?;
    let missing = without(&expected, &found);
    let surplus = without(&found, &expected);
    if !missing.is_empty() || !surplus.is_empty() {
        return Ok(Some(Difference::Rows {
            missing: batch(&converter, schema, &missing)?,
            surplus: batch(&converter, schema, &surplus)?,
        }));
    }
    let moved = expected
        .iter()
        .zip(&found)
        .position(|(expected, found)| expected != found);
    Ok(moved
        .filter(|_| is_ordered)
        .map(|row| Difference::Order { row }))
}

/// Names and types, which is what a client sees; nullability differs between sources of the same rows.
fn columns(schema: &SchemaRef) -> String {
    let columns = schema
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), field.data_type()));
    columns.collect::<Vec<_>>().join(", ")
}

fn rows(converter: &RowConverter, batches: &[RecordBatch]) -> anyhow::Result<Vec<OwnedRow>> {
    let mut rows = Vec::new();
    for batch in batches {
        let converted = converter
            .convert_columns(batch.columns())
            .context("cannot compare rows")?;
        rows.extend(converted.iter().map(|row| row.owned()));
    }
    Ok(rows)
}

/// The rows of one side that the other does not have, as often as it lacks them.
pub(super) fn without<'a, R: Eq + Hash>(rows: &'a [R], others: &[R]) -> Vec<&'a R> {
    let mut left: HashMap<&R, usize> = HashMap::new();
    for other in others {
        *left.entry(other).or_default() += 1;
    }
    let lacking = rows.iter().filter(|row| match left.get_mut(row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    lacking.collect()
}

fn batch(
    converter: &RowConverter,
    schema: &SchemaRef,
    rows: &[&OwnedRow],
) -> anyhow::Result<RecordBatch> {
    let columns = converter.convert_rows(rows.iter().map(|row| row.row()))?;
    let fields = schema
        .fields()
        .iter()
        .zip(columns)
        .map(|(field, column)| (field.name(), column, true));
    Ok(RecordBatch::try_from_iter_with_nullable(fields)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};

    use super::*;

    fn numbered(names: &[Option<&str>], values: &[f64]) -> RecordBatch {
        let names: ArrayRef = Arc::new(StringArray::from(names.to_vec()));
        let values: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
        RecordBatch::try_from_iter_with_nullable([("name", names, true), ("value", values, true)])
            .unwrap()
    }

    fn compare(
        expected: &RecordBatch,
        found: &[RecordBatch],
        is_ordered: bool,
    ) -> Option<Difference> {
        let (wanted, came) = (expected.schema(), found[0].schema());
        difference(
            &wanted,
            std::slice::from_ref(expected),
            (&came, found),
            is_ordered,
        )
        .unwrap()
    }

    #[test]
    fn the_same_rows_in_other_batches_and_another_order_are_equal() {
        let expected = numbered(&[Some("a"), None, Some("a")], &[1.0, 2.0, 1.0]);
        let found = [
            numbered(&[None], &[2.0]),
            numbered(&[Some("a"), Some("a")], &[1.0, 1.0]),
        ];
        assert!(compare(&expected, &found, false).is_none());
        assert!(matches!(
            compare(&expected, &found, true),
            Some(Difference::Order { row: 0 })
        ));
    }

    #[test]
    fn rows_are_counted() {
        let expected = numbered(&[Some("a"), Some("a"), Some("b")], &[1.0, 1.0, 2.0]);
        let found = [numbered(
            &[Some("a"), Some("b"), Some("b")],
            &[1.0, 2.0, 2.0],
        )];
        let Some(Difference::Rows { missing, surplus }) = compare(&expected, &found, false) else {
            panic!()
        };
        assert_eq!(missing, numbered(&[Some("a")], &[1.0]));
        assert_eq!(surplus, numbered(&[Some("b")], &[2.0]));
    }

    #[test]
    fn null_is_not_empty_and_zero_not_negative_zero() {
        let found = [numbered(&[Some("")], &[0.0])];
        assert!(compare(&numbered(&[None], &[0.0]), &found, false).is_some());
        assert!(compare(&numbered(&[Some("")], &[-0.0]), &found, false).is_some());
        assert!(compare(&numbered(&[Some("")], &[0.0]), &found, false).is_none());
    }

    #[test]
    fn columns_must_be_called_and_typed_alike() {
        let other: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let found = RecordBatch::try_from_iter([("name", other)]).unwrap();
        let difference = compare(&numbered(&[None], &[1.0]), &[found], false);
        assert!(matches!(difference, Some(Difference::Columns { .. })));
    }
}
