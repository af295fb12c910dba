//! A scan through several plugins, side by side.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::pretty::pretty_format_batches;

use super::print;
use crate::athena::Scan;

/// The scans of one query through a plugin.
pub(super) struct Column {
    /// The plugin's file, as it was given.
    pub(super) plugin: String,
    pub(super) scans: Vec<Scan>,
}

/// Tables for a person, one for each scan: a line for what is sent, for each term, for the statement and, where it was read,
/// for what came.
///
/// # Errors
///
/// Never in practice: all cells are texts.
pub(super) fn tables(columns: &[Column]) -> anyhow::Result<Vec<String>> {
    let scans = columns.iter().map(|column| column.scans.len()).max();
    (0..scans.unwrap_or(0))
        .map(|place| table(columns, place))
        .collect()
}

fn table(columns: &[Column], place: usize) -> anyhow::Result<String> {
    let cells: Vec<Vec<(String, String)>> = columns
        .iter()
        .map(|column| {
            column
                .scans
                .get(place)
                .map(print::cells)
                .unwrap_or_default()
        })
        .collect();
    let mut labels: Vec<&str> = Vec::new();
    for (label, _) in cells.iter().flatten() {
        if !labels.contains(&label.as_str()) {
            labels.push(label);
        }
    }
    // What stands at the end with one plugin does so with all.
    labels.sort_by_key(|label| match *label {
        "sent" => 0,
        "statement" => 2,
        "read" => 3,
        _ => 1,
    });
    let scan = columns.iter().find_map(|column| column.scans.get(place));
    let name = scan.map_or("", |scan| scan.table.as_str());
    let mut fields = vec![Field::new(name, DataType::Utf8, false)];
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(StringArray::from(labels.clone()))];
    for (column, cells) in columns.iter().zip(&cells) {
        let text = |label: &&str| {
            let of_label = cells.iter().filter(|(known, _)| known == label);
            let texts: Vec<&str> = of_label.map(|(_, text)| text.as_str()).collect();
            texts.join("\n")
        };
        let texts: Vec<String> = labels.iter().map(text).collect();
        fields.push(Field::new(&column.plugin, DataType::Utf8, false));
        arrays.push(Arc::new(StringArray::from(texts)));
    }
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays);
    let table = rows.and_then(|rows| pretty_format_batches(&[rows]));
    Ok(table.context("cannot print the comparison")?.to_string())
}
