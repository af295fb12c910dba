//! Terms evaluated on a batch as Athena's engine, Trino, would: what a plan skipped or widened is checked here.
//!
//! The batch holds Athena's values (milliseconds, packed zones). Doubles compare as IEEE says, not as Arrow's kernels
//! do: NaN equals nothing, −0.0 equals 0.0. The one exception is Trino's own: NaN is not distinct from NaN.
//!
//! Some functions fail on some values (an integer overflows, a divisor is 0). A failure counts only where the answer
//! depends on it: a row that another term rejects fails no query, and `false AND x` and `true OR x` are known without
//! x, whichever stands first. Trino promises no order of evaluation, so this fails only where every order would.

mod arithmetic;
mod call;
mod compare;
mod domain;
mod like;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::{Array, BooleanArray, BooleanBufferBuilder, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::error::ArrowError;

use super::{Function, Term};
use crate::error::{Error, Result};
use value::Value;

/// Bytes of a text constant that stands on every row: more rows than that allows are looked at one slice after another.
/// Arbitrary: a page of rows is 1 MB, and Arrow's offsets end at 2 GiB.
const MAX_REPEATED_BYTES: usize = 64 * 1024 * 1024;

/// Which rows meet all terms: `columns` says where a field stands in the batch. Never NULL.
///
/// # Errors
///
/// When a term compares what cannot be compared, a function fails on a row that no term rejects, or a field is not in
/// the batch.
pub fn admitted(
    terms: &[Term],
    batch: &RecordBatch,
    columns: impl Fn(usize) -> Option<usize>,
) -> Result<BooleanArray> {
    let expressions = terms.iter().filter_map(|term| match term {
        Term::Expression(expression) => Some(expression.longest_text()),
        Term::Domain(_) => None,
    });
    let longest = expressions.max().unwrap_or(0).max(1);
    let step = (MAX_REPEATED_BYTES / longest).max(1);
    let mut admitted = BooleanBufferBuilder::new(batch.num_rows());
    for start in (0..batch.num_rows()).step_by(step) {
        let slice = batch.slice(start, step.min(batch.num_rows() - start));
        admitted.append_buffer(&admitted_of(terms, &slice, &columns)?);
    }
    Ok(BooleanArray::new(admitted.finish(), None))
}

/// The same for rows that are few enough to have every constant beside each.
fn admitted_of(
    terms: &[Term],
    batch: &RecordBatch,
    columns: impl Fn(usize) -> Option<usize>,
) -> Result<BooleanBuffer> {
    let rows = batch.num_rows();
    let field = |field: usize| {
        columns(field)
            .and_then(|column| batch.columns().get(column))
            .map(value::comparable)
            .ok_or_else(|| Error::bug("a residual term's field was not read"))
    };
    let mut admitted = BooleanBuffer::new_set(rows);
    let mut failures = Vec::new();
    for term in terms {
        let value = match term {
            Term::Domain(domain) => {
                Value::new(Arc::new(domain::matches(domain, &field(domain.field)?)?))
            }
            Term::Expression(expression) => call::evaluate(expression, rows, &field)?,
        };
        let truths = value.truths(Function::And)?;
        let mut open = match truths.nulls() {
            Some(nulls) => truths.values() & nulls.inner(),
            None => truths.values().clone(),
        };
        // Another term may still reject a row that failed.
        if let Some(failed) = value::union(value.failures()) {
            open = &open | &failed;
        }
        admitted = &admitted & &open;
        failures.extend_from_slice(value.failures());
    }
    match failures.iter().find_map(|failure| failure.on(&admitted)) {
        Some(failure) => Err(failure.error()),
        None => Ok(admitted),
    }
}

fn kernel(error: ArrowError) -> Error {
    Error::invalid_input("cannot evaluate a constraint on the rows").with_source(error)
}
