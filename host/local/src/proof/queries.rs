//! Whole queries that bytes decide, and whether an answer is one that a query allows.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use arrow::array::RecordBatch;
use connector::wire::OrderDirection;

use super::conditions::mentions;
use super::end_to_end::ROWS;
use super::generate::{self, Draw};
use super::model::{Column, Kind, Row, Value};
use super::oracle::{Term, order};

/// Athena's usual sizes of blocks; and such that everything is spilled, in small blocks.
const SIZES: [(u64, u64); 2] = [(16_000_000, 5_242_880), (2_000, 0)];

/// A query of Athena's.
#[derive(Debug)]
pub struct Query {
    /// All must hold.
    pub terms: Vec<Term>,
    /// Column, and its direction.
    pub order: Vec<(usize, OrderDirection)>,
    /// Rows at most.
    pub limit: Option<usize>,
    /// Columns, in order, perhaps twice; `id` first. Or none: rows are counted.
    pub columns: Vec<usize>,
    /// Bytes of a block, and of rows inline, at most.
    pub sizes: (u64, u64),
    /// Rows, and how many nanoseconds beside the time of each the scan is cut, if it is one of a table without limit.
    pub cuts: Vec<(usize, i64)>,
}

impl Query {
    /// The columns that it looks at, of so many.
    pub fn used(&self, columns: usize) -> impl Iterator<Item = usize> {
        (0..columns).filter(|column| {
            self.columns.contains(column)
                || self.order.iter().any(|(key, _)| key == column)
                || self.terms.iter().any(|term| mentions(term, *column))
        })
    }
}

/// The query that the bytes decide.
pub fn query(columns: &[Column], bytes: &[u8]) -> Query {
    let draw = &mut Draw::new(bytes);
    let mut terms = Vec::new();
    let mut restricted = BTreeSet::new();
    for _ in 0..draw.below(4) {
        let term = generate::term(draw, columns);
        // Athena sends one domain for a column.
        let is_first = match &term {
            Term::Domain { column, .. } => restricted.insert(*column),
            Term::Expression(_) => true,
        };
        if is_first {
            terms.push(term);
        }
    }
    let limit = match draw.below(3) {
        0 => None,
        _ => Some([3, 1, 10, 0, 1_000][draw.below(5)]),
    };
    let keys = if limit.is_some() { draw.below(4) } else { 0 };
    let directions = [
        OrderDirection::AscNullsLast,
        OrderDirection::AscNullsFirst,
        OrderDirection::DescNullsLast,
        OrderDirection::DescNullsFirst,
    ];
    let order = (0..keys)
        .map(|_| (draw.below(columns.len()), directions[draw.below(4)]))
        .collect();
    let mut chosen = vec![0];
    let count = draw.below(7);
    if count == 6 {
        chosen.clear();
    } else {
        chosen.extend((0..count).map(|_| draw.below(columns.len())));
    }
    Query {
        terms,
        order,
        limit,
        columns: chosen,
        sizes: SIZES[draw.below(2)],
        cuts: (0..draw.below(5))
            .map(|_| (draw.below(ROWS), draw.below(3) as i64 - 1))
            .collect(),
    }
}

/// Whether an answer is one that the query allows.
pub fn judge(
    columns: &[Column],
    query: &Query,
    seen: &[Row],
    expected: &[usize],
    batches: &[RecordBatch],
) -> Result<()> {
    let count = query
        .limit
        .map_or(expected.len(), |limit| limit.min(expected.len()));
    if query.columns.is_empty() {
        let came: usize = batches.iter().map(RecordBatch::num_rows).sum();
        ensure!(came == count, "{came} rows came, not {count}");
        return Ok(());
    }
    let mut ids = BTreeSet::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |place: usize| cell(batch, place, row, columns[query.columns[place]].kind);
            let Some(Value::Integer(id)) = cell(0)? else {
                anyhow::bail!("a row without its id");
            };
            let id = usize::try_from(id)?;
            ensure!(ids.insert(id), "row {id} came twice");
            ensure!(expected.contains(&id), "row {id} came: {:?}", seen[id]);
            for (place, column) in query.columns.iter().enumerate() {
                let (came, stored) = (cell(place)?, &seen[id][*column]);
                let name = columns[*column].name;
                // Compared as text, which distinguishes the two zeros.
                ensure!(
                    format!("{came:?}") == format!("{stored:?}"),
                    "`{name}` of row {id} came as {came:?}, it is {stored:?}"
                );
            }
        }
    }
    let missing: Vec<usize> = expected
        .iter()
        .copied()
        .filter(|id| !ids.contains(id))
        .collect();
    ensure!(
        ids.len() == count,
        "{} rows came, not {count}; one that did not: {:?}",
        ids.len(),
        missing.first().map(|id| &seen[*id])
    );
    // Any of the first rows will do, but none that stands after one that did not come.
    for out in &missing {
        for id in &ids {
            ensure!(
                query.order.is_empty() || compare(&query.order, &seen[*id], &seen[*out]).is_le(),
                "row {id} came in place of row {out}: {:?}, {:?}",
                seen[*id],
                seen[*out]
            );
        }
    }
    Ok(())
}

/// The order of two rows.
fn compare(keys: &[(usize, OrderDirection)], left: &Row, right: &Row) -> Ordering {
    for (column, direction) in keys {
        let (descending, nulls_first) = match direction {
            OrderDirection::AscNullsFirst => (false, true),
            OrderDirection::AscNullsLast => (false, false),
            OrderDirection::DescNullsFirst => (true, true),
            OrderDirection::DescNullsLast => (true, false),
        };
        let order = match (&left[*column], &right[*column]) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) if nulls_first => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) if nulls_first => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => {
                let order = match (left, right) {
                    // As Trino 435: the zeros tie; NaN stands below all where NULL comes first, else above all.
                    (Value::Double(left), Value::Double(right)) => {
                        let nan = if nulls_first { -f64::NAN } else { f64::NAN };
                        let one = |value: f64| if value.is_nan() { nan } else { value + 0.0 };
                        one(*left).total_cmp(&one(*right))
                    }
                    _ => order(left, right).unwrap_or(Ordering::Equal),
                };
                if descending { order.reverse() } else { order }
            }
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// A cell of an answer.
fn cell(batch: &RecordBatch, place: usize, row: usize, kind: Kind) -> Result<Option<Value>> {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Date32Type, Date64Type, Float64Type, Int32Type, Int64Type};

    let column = batch.column(place);
    if column.is_null(row) {
        return Ok(None);
    }
    Ok(Some(match kind {
        Kind::Boolean => Value::Boolean(column.as_boolean().value(row)),
        Kind::Bigint => Value::Integer(column.as_primitive::<Int64Type>().value(row)),
        Kind::Double => Value::Double(column.as_primitive::<Float64Type>().value(row)),
        Kind::Varchar => Value::Text(column.as_string::<i32>().value(row).to_owned()),
        Kind::Timestamp => Value::Millis(column.as_primitive::<Date64Type>().value(row)),
        Kind::Integer => Value::Integer(column.as_primitive::<Int32Type>().value(row).into()),
        Kind::Date => Value::Date(column.as_primitive::<Date32Type>().value(row)),
    }))
}

/// Whether the rows of an answer are among those that may be seen, each once.
pub fn within(query: &Query, visible: &[usize], batches: &[RecordBatch]) -> Result<()> {
    let came: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let most = visible.len();
    ensure!(came <= most, "{came} rows came, {most} may be seen");
    let mut ids = BTreeSet::new();
    for batch in batches.iter().filter(|_| !query.columns.is_empty()) {
        for row in 0..batch.num_rows() {
            let Some(Value::Integer(id)) = cell(batch, 0, row, Kind::Bigint)? else {
                anyhow::bail!("a row without its id");
            };
            ensure!(ids.insert(id), "row {id} came twice");
            ensure!(
                visible.contains(&usize::try_from(id)?),
                "row {id} came, which is another's"
            );
        }
    }
    Ok(())
}
