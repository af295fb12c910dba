//! Two answers to one question, and of what kind each difference is.
//!
//! Neither side is known to be right. Cells are compared as texts that differ whenever the values do: a timestamp with all
//! its digits, the shortest text of a double, −0.0 apart from 0.0, null apart from the empty text.

mod pairs;

use std::collections::HashMap;

use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::{FieldRef, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::difference::without;

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
    let lefts = rows(left, shared.iter().map(|shared| shared.left))?;
    let rights = rows(right, shared.iter().map(|shared| shared.right))?;
    let names: Vec<String> = shared.into_iter().map(|shared| shared.name).collect();
    let missing = without(&lefts, &rights).into_iter().cloned().collect();
    let extra = without(&rights, &lefts).into_iter().cloned().collect();
    let (values, missing, extra) = pairs::pair(missing, extra);
    // Rows that one side lacks move all that follow.
    let order = match missing.is_empty() && extra.is_empty() {
        true => moved(&lefts, &rights, &values, &names, keys),
        false => None,
    };
    Ok(Kinds {
        columns,
        shared: names,
        missing,
        extra,
        values,
        order,
    })
}

/// The first row that has another key than the other side's row at its place. Rows of a pair are one row, whatever their
/// cells; zeros tie, as they do for Trino.
fn moved(
    lefts: &[Row],
    rights: &[Row],
    pairs: &[Pair],
    names: &[String],
    keys: &[String],
) -> Option<usize> {
    let keys: Vec<usize> = keys
        .iter()
        .map_while(|key| names.iter().position(|name| name == key))
        .collect();
    let mut partners: HashMap<&Row, Vec<&Row>> = HashMap::new();
    for pair in pairs {
        partners.entry(&pair.right).or_default().push(&pair.left);
    }
    let key = |row: &Row| -> Vec<Option<String>> {
        let cells = keys.iter().map(|index| row[*index].as_deref());
        let cells = cells.map(|cell| {
            if cell == Some("-0.0") {
                Some("0.0")
            } else {
                cell
            }
        });
        cells.map(|cell| cell.map(str::to_owned)).collect()
    };
    lefts.iter().zip(rights).position(|(left, right)| {
        let partner = partners.get_mut(right).and_then(Vec::pop);
        key(left) != key(partner.unwrap_or(right))
    })
}

/// A column of both sides, by its place on each.
struct Shared {
    name: String,
    left: usize,
    right: usize,
}

/// The columns that differ, and those that both sides have, in the left side's order. Of columns of one name the first is
/// that of the other side's first, and so on.
fn columns(left: &SchemaRef, right: &SchemaRef) -> (Vec<Column>, Vec<Shared>) {
    let (mut differing, mut shared) = (Vec::new(), Vec::new());
    let mut rights: Vec<Option<&FieldRef>> = right.fields().iter().map(Some).collect();
    for (at, field) in left.fields().iter().enumerate() {
        let same =
            |other: &Option<&FieldRef>| other.is_some_and(|other| other.name() == field.name());
        let found = rights.iter().position(same);
        let other = found.and_then(|found| rights[found].take());
        if let Some(right) = found {
            shared.push(Shared {
                name: field.name().clone(),
                left: at,
                right,
            });
        }
        let other = other.map(|other| other.data_type().to_string());
        let own = field.data_type().to_string();
        if other.as_ref() != Some(&own) {
            differing.push(Column {
                name: field.name().clone(),
                left: Some(own),
                right: other,
            });
        }
    }
    let surplus = rights.into_iter().flatten();
    differing.extend(surplus.map(|field| Column {
        name: field.name().clone(),
        left: None,
        right: Some(field.data_type().to_string()),
    }));
    (differing, shared)
}

/// The rows of an answer, with some of its columns. Texts within arrays and rows are quoted, so that `['a, b']` is not
/// `['a', 'b']`, and a null among them is a word.
fn rows(
    answer: Answer<'_>,
    columns: impl Iterator<Item = usize> + Clone,
) -> anyhow::Result<Vec<Row>> {
    let options = FormatOptions::new()
        .with_display_error(false)
        .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.9f"))
        .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S%.9f %Z"));
    let of_nested = options.clone().with_quoted_strings(true).with_null("NULL");
    let mut rows = Vec::new();
    for batch in answer.batches {
        let mut formatters = Vec::new();
        for index in columns.clone() {
            let column = batch.column(index);
            let options = match column.data_type().is_nested() {
                true => &of_nested,
                false => &options,
            };
            formatters.push((column, ArrayFormatter::try_new(column, options)?));
        }
        for row in 0..batch.num_rows() {
            let cells = formatters.iter().map(|(column, formatter)| {
                let cell = || formatter.value(row).try_to_string();
                column.is_valid(row).then(cell).transpose()
            });
            rows.push(cells.collect::<Result<Row, _>>()?);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, ListBuilder, StringArray, StringBuilder};

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
    fn zeros_tie_in_an_order_and_a_wrong_value_hides_none() {
        let left = batch(&[Some("a"), Some("b"), Some("c")], &[0.0, -0.0, 1.0]);
        let turned = batch(&[Some("b"), Some("a"), Some("c")], &[-0.0, 0.0, 1.0]);
        assert!(compare(&left, &turned, &["value"]).is_empty());
        let wrong = batch(&[Some("x"), Some("b"), Some("c")], &[0.0, -0.0, 1.0]);
        let kinds = compare(&left, &wrong, &["value"]);
        assert_eq!((kinds.values.len(), kinds.order), (1, None));
        let wrong_and_moved = batch(&[Some("c"), Some("b"), Some("x")], &[1.0, -0.0, 0.0]);
        let kinds = compare(&left, &wrong_and_moved, &["value"]);
        assert_eq!((kinds.values.len(), kinds.order), (1, Some(0)));
    }

    #[test]
    fn columns_of_one_name_are_compared_one_by_one() {
        let column = |value: f64| -> ArrayRef { Arc::new(Float64Array::from(vec![value])) };
        let two = |second: f64| {
            RecordBatch::try_from_iter([("x", column(1.0)), ("x", column(second))]).unwrap()
        };
        assert!(compare(&two(2.0), &two(2.0), &[]).is_empty());
        assert_eq!(compare(&two(2.0), &two(3.0), &[]).values.len(), 1);
        let one = RecordBatch::try_from_iter([("x", column(1.0))]).unwrap();
        let kinds = compare(&two(2.0), &one, &[]);
        assert_eq!(kinds.columns.len(), 1);
        assert_eq!(kinds.columns[0].right, None);
    }

    #[test]
    fn nested_texts_and_nulls_are_told_apart() {
        let list = |values: &[Option<&str>]| {
            let mut list = ListBuilder::new(StringBuilder::new());
            for value in values {
                list.values().append_option(*value);
            }
            list.append(true);
            let list: ArrayRef = Arc::new(list.finish());
            RecordBatch::try_from_iter([("list", list)]).unwrap()
        };
        let differ = |left: &[Option<&str>], right: &[Option<&str>]| {
            !compare(&list(left), &list(right), &[]).is_empty()
        };
        assert!(!differ(&[Some("a"), None], &[Some("a"), None]));
        assert!(differ(&[Some("a, b")], &[Some("a"), Some("b")]));
        assert!(differ(&[None], &[Some("")]));
        assert!(differ(&[None], &[Some("NULL")]));
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
