//! Two answers to one question, and of what kind each difference is.
//!
//! Neither side is known to be right. Cells are compared as texts that differ whenever the values do: a timestamp with all
//! its digits, the shortest text of a double, −0.0 apart from 0.0, null apart from the empty text.

mod pairs;

use std::collections::HashMap;

use anyhow::Context as _;
use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// A row: a text for each column, none for null.
pub type Row = Vec<Option<String>>;

/// An answer: its schema and its rows.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The columns.
    pub schema: &'a SchemaRef,
    /// The rows, in order.
    pub batches: &'a [RecordBatch],
}

/// What is different between a left and a right answer.
#[derive(Debug, Default)]
pub struct Kinds {
    /// Columns of one side alone, and columns whose types differ.
    pub columns: Vec<Column>,
    /// The columns of both sides, which the rows below have.
    pub shared: Vec<String>,
    /// Rows of the left side alone.
    pub missing: Vec<Row>,
    /// Rows of the right side alone.
    pub extra: Vec<Row>,
    /// Rows that differ in some cells.
    pub values: Vec<Pair>,
    /// The first row, from 0, that has another key of the order.
    pub order: Option<usize>,
}

/// A column that is not the same on both sides.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type on the left side, if it has it.
    pub left: Option<String>,
    /// Its type on the right side, if it has it.
    pub right: Option<String>,
}

/// A row of the left side and the one of the right side that is most like it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair {
    /// As the left side has it.
    pub left: Row,
    /// As the right side has it.
    pub right: Row,
    /// Whether only timestamps differ, and each by what one side has cut off: all below a millisecond.
    pub is_cut: bool,
}

impl Kinds {
    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
            && self.missing.is_empty()
            && self.extra.is_empty()
            && self.values.is_empty()
            && self.order.is_none()
    }
}

/// Compares two answers: columns by name, rows as often as they are there, and the order by its keys, which are columns of
/// the answers; rows with equal keys may stand in any order.
///
/// # Errors
///
/// If a value cannot be written as text.
pub fn kinds(left: Answer<'_>, right: Answer<'_>, keys: &[String]) -> anyhow::Result<Kinds> {
    let (columns, shared) = columns(left.schema, right.schema);
    let lefts = rows(left, &shared)?;
    let rights = rows(right, &shared)?;
    let keys = keys
        .iter()
        .filter_map(|key| shared.iter().position(|name| name == key));
    let keys: Vec<usize> = keys.collect();
    let key = |row: &Row| -> Vec<Option<String>> {
        keys.iter().map(|index| row[*index].clone()).collect()
    };
    let order = lefts
        .iter()
        .zip(&rights)
        .position(|(left, right)| key(left) != key(right));
    let missing = without(&lefts, &rights);
    let extra = without(&rights, &lefts);
    // Rows that one side lacks move all that follow.
    let order = order.filter(|_| missing.is_empty() && extra.is_empty());
    let (values, missing, extra) = pairs::pair(missing, extra);
    Ok(Kinds {
        columns,
        shared,
        missing,
        extra,
        values,
        order,
    })
}

/// The columns that differ, and the names of those that both sides have, in the left side's order.
fn columns(left: &SchemaRef, right: &SchemaRef) -> (Vec<Column>, Vec<String>) {
    let types = |schema: &SchemaRef| -> HashMap<String, String> {
        let fields = schema.fields().iter();
        fields
            .map(|field| (field.name().clone(), field.data_type().to_string()))
            .collect()
    };
    let (lefts, rights) = (types(left), types(right));
    let names = left.fields().iter().chain(
        right
            .fields()
            .iter()
            .filter(|field| !lefts.contains_key(field.name())),
    );
    let (mut differing, mut shared) = (Vec::new(), Vec::new());
    for name in names.map(|field| field.name()) {
        let (left, right) = (lefts.get(name), rights.get(name));
        if left.is_some() && right.is_some() {
            shared.push(name.clone());
        }
        if left != right {
            differing.push(Column {
                name: name.clone(),
                left: left.cloned(),
                right: right.cloned(),
            });
        }
    }
    (differing, shared)
}

/// The rows of an answer, with some of its columns.
fn rows(answer: Answer<'_>, names: &[String]) -> anyhow::Result<Vec<Row>> {
    let options = FormatOptions::new()
        .with_display_error(false)
        .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.9f"))
        .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S%.9f %Z"));
    let mut rows = Vec::new();
    for batch in answer.batches {
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let column = batch
                .column_by_name(name)
                .with_context(|| format!("a batch has no column `{name}`"))?;
            columns.push((column, ArrayFormatter::try_new(column, &options)?));
        }
        for row in 0..batch.num_rows() {
            let cells = columns.iter().map(|(column, formatter)| {
                let cell = || formatter.value(row).try_to_string();
                column.is_valid(row).then(cell).transpose()
            });
            rows.push(cells.collect::<Result<Row, _>>()?);
        }
    }
    Ok(rows)
}

/// The rows that others do not have, as often as they lack them.
fn without(rows: &[Row], others: &[Row]) -> Vec<Row> {
    let mut left: HashMap<&Row, usize> = HashMap::new();
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
    lacking.cloned().collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringArray};

    use super::*;

    fn batch(names: &[Option<&str>], values: &[f64]) -> RecordBatch {
        let names: ArrayRef = Arc::new(StringArray::from(names.to_vec()));
        let values: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
        RecordBatch::try_from_iter_with_nullable([("name", names, true), ("value", values, true)])
            .unwrap()
    }

    fn compare(left: &RecordBatch, right: &RecordBatch, keys: &[&str]) -> Kinds {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let answer = |schema, batch| Answer {
            schema,
            batches: std::slice::from_ref(batch),
        };
        kinds(
            answer(&left.schema(), left),
            answer(&right.schema(), right),
            &keys,
        )
        .unwrap()
    }

    #[test]
    fn an_order_is_that_of_its_keys() {
        let left = batch(&[Some("a"), Some("b"), Some("c")], &[1.0, 1.0, 2.0]);
        let tied = batch(&[Some("b"), Some("a"), Some("c")], &[1.0, 1.0, 2.0]);
        let turned = batch(&[Some("a"), Some("c"), Some("b")], &[1.0, 2.0, 1.0]);
        assert!(compare(&left, &tied, &["value"]).is_empty());
        assert_eq!(compare(&left, &tied, &["value", "name"]).order, Some(0));
        assert_eq!(compare(&left, &turned, &["value"]).order, Some(1));
        assert!(compare(&left, &turned, &[]).is_empty());
    }

    #[test]
    fn values_are_told_apart_to_the_last_bit() {
        let left = batch(&[None, Some("z")], &[0.0, 0.1 + 0.2]);
        assert!(compare(&left, &left, &[]).is_empty());
        for (other, count) in [
            (batch(&[Some(""), Some("z")], &[0.0, 0.1 + 0.2]), 1),
            (batch(&[None, Some("z")], &[-0.0, 0.1 + 0.2]), 1),
            (batch(&[None, Some("z")], &[0.0, 0.3]), 1),
            (batch(&[None, Some("z")], &[-0.0, 0.3]), 2),
        ] {
            assert_eq!(compare(&left, &other, &[]).values.len(), count);
        }
    }
}
