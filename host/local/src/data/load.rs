//! A CSV file into a table.

use std::io::Read;

use anyhow::Context as _;
use csv::{ErrorKind, Position, ReaderBuilder};

use super::lines::Lines;
use super::model::DataModel;
use super::rows::Rows;
use super::write::{Numbered, Target, Written};

/// Loads a CSV with a header. A row that is no record is told with its line (the file's first is 1) and ends nothing.
///
/// # Errors
///
/// If the header lacks a column of the model, the file cannot be read to its end, or Timestream fails.
pub async fn load(
    target: Target<'_>,
    csv: impl Read,
    model: &DataModel,
) -> anyhow::Result<Written> {
    let (csv, numbers) = Lines::new(csv);
    let mut reader = ReaderBuilder::new().from_reader(csv);
    let header = reader.headers().context("cannot read the header")?;
    let rows = Rows::new(model, header)?;
    let records = reader.into_records().flat_map(|row| {
        let (position, records) = match row {
            Ok(row) => (row.position().cloned(), rows.records(&row)),
            Err(error) => (
                error.position().cloned(),
                Err(match malformed(error) {
                    Ok(reason) => reason,
                    Err(error) => return vec![Err(error)],
                }),
            ),
        };
        let line = numbers.line_of(position.as_ref().map_or(0, Position::byte));
        let numbered = |record| Ok(Numbered { line, record });
        match records {
            Ok(records) => records.into_iter().map(Ok).map(numbered).collect(),
            Err(reason) => vec![numbered(Err(reason))],
        }
    });
    target.write(records).await
}

/// Says why a row cannot be cut into cells. Anything else that goes wrong ends the file.
fn malformed(error: csv::Error) -> anyhow::Result<String> {
    Ok(match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("the row has {len} cells, the header has {expected_len}"),
        ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
        _ => return Err(error).context("cannot read the file"),
    })
}

#[cfg(test)]
mod tests;
