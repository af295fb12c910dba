//! A CSV file into a table.

use std::io::Read;

use anyhow::Context as _;
use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::model::DataModel;
use super::rows::Rows;
use super::write::{Numbered, Target, Written};

/// Loads a CSV with a header. A row that is no record is told with its line (the header is line 1) and ends nothing.
///
/// # Errors
///
/// If the header lacks a column of the model, the file cannot be read to its end, or Timestream fails.
pub async fn load(
    target: Target<'_>,
    csv: impl Read,
    model: &DataModel,
) -> anyhow::Result<Written> {
    let mut reader = ReaderBuilder::new().from_reader(csv);
    let header = reader.headers().context("cannot read the header")?;
    let rows = Rows::new(model, &without_mark(header))?;
    let records = reader.into_records().flat_map(|row| match row {
        Ok(row) => {
            let line = row.position().map_or(0, csv::Position::line);
            match rows.records(&row) {
                Ok(records) => records
                    .into_iter()
                    .map(|record| {
                        Ok(Numbered {
                            line,
                            record: Ok(record),
                        })
                    })
                    .collect(),
                Err(reason) => vec![Ok(Numbered {
                    line,
                    record: Err(reason),
                })],
            }
        }
        Err(error) => vec![malformed(error)],
    });
    target.write(records).await
}

/// A row that cannot be cut into cells; everything else that goes wrong ends the file.
fn malformed(error: csv::Error) -> anyhow::Result<Numbered> {
    let line = error.position().map_or(0, csv::Position::line);
    let reason = match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("the row has {len} cells, the header has {expected_len}")
        }
        ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
        _ => return Err(error).context("cannot read the file"),
    };
    Ok(Numbered {
        line,
        record: Err(reason),
    })
}

/// Spreadsheets put a byte order mark before the first column's name.
fn without_mark(header: &StringRecord) -> StringRecord {
    let names = header.iter().enumerate();
    names
        .map(|(column, name)| {
            if column == 0 {
                name.trim_start_matches('\u{feff}')
            } else {
                name
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
