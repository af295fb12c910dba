//! A page's rows, JSON straight into Arrow builders.
//!
//! Columns are found by *name* and checked by type; a value's place in its row means nothing to us. Every scalar is
//! text (timestream.md, section 1.5).

mod builder;
mod datum;

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use serde::de::DeserializeSeed;

use self::builder::ColumnBuilder;
use self::datum::{Place, Rows};
use super::page::{ColumnInfo, Page, invalid};
use crate::error::Result;
use crate::json::without_values;

/// Decodes the pages of one query into batches of one schema.
#[derive(Debug)]
pub struct Decoder {
    schema: SchemaRef,
    /// What the first page with columns said.
    columns: Vec<ColumnInfo>,
    pages: usize,
}

impl Decoder {
    /// A decoder into batches of that schema; its fields' names are the result's columns'.
    pub fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            columns: Vec::new(),
            pages: 0,
        }
    }

    /// The rows of a page, perhaps none.
    ///
    /// # Errors
    ///
    /// When a field's column is missing, twice there or of another type, or a value is not of its column's type.
    pub fn decode(&mut self, page: &Page) -> Result<RecordBatch> {
        self.pages += 1;
        if !page.columns.is_empty() {
            if self.columns.is_empty() {
                self.columns = page.columns.clone();
            } else if self.columns != page.columns {
                return Err(self.wrong("its columns are not those of the pages before"));
            }
        }
        if page.rows().is_empty() {
            return Ok(RecordBatch::new_empty(self.schema.clone()));
        }

        let mut builders = Vec::with_capacity(self.schema.fields().len());
        // For each column of the result, the builder its values go to.
        let mut targets: Vec<Option<usize>> = vec![None; self.columns.len()];
        for (position, field) in self.schema.fields().iter().enumerate() {
            let mut found = self
                .columns
                .iter()
                .enumerate()
                .filter(|(_, column)| column.name == *field.name());
            let (index, column) = match (found.next(), found.next()) {
                (Some(found), None) => found,
                // Columns are told at the latest with the first row.
                (None, _) if self.columns.is_empty() && !page.has_rows() => {
                    return Ok(RecordBatch::new_empty(self.schema.clone()));
                }
                (None, _) => return Err(self.wrong(format!("it has no column `{}`", field.name()))),
                (Some(_), Some(_)) => {
                    return Err(self.wrong(format!("it has two columns `{}`", field.name())));
                }
            };
            if !column.r#type.decodes_into(field.data_type()) {
                let why = format!(
                    "column `{}` cannot be read as {}",
                    field.name(),
                    field.data_type()
                );
                return Err(self.wrong(why));
            }
            targets[index] = Some(position);
            builders.push(ColumnBuilder::new(&column.r#type, field.data_type()));
        }

        let mut place = Place { row: 0, column: 0 };
        let mut json = serde_json::Deserializer::from_slice(page.rows());
        let rows = Rows {
            builders: &mut builders,
            targets: &targets,
            place: &mut place,
        }
        .deserialize(&mut json);
        let rows = rows.map_err(|error| {
            let column = self
                .columns
                .get(place.column)
                .map_or("?", |column| column.name.as_str());
            self.wrong(format!(
                "row {}, column `{column}`: {}",
                place.row,
                without_position(&error)
            ))
        })?;
        let arrays = builders.into_iter().map(ColumnBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options).map_err(|error| {
            self.wrong("its rows have not all the same columns")
                .with_source(error)
        })
    }

    fn wrong(&self, why: impl std::fmt::Display) -> crate::error::Error {
        invalid(format!(
            "cannot read page {} of Timestream's answer: {why}",
            self.pages
        ))
    }
}

/// serde_json adds a place in the text, which tells a person nothing beside row and column.
fn without_position(error: &serde_json::Error) -> String {
    let text = without_values(error);
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The schema of the fields that a statement selects, in its order.
pub fn schema_of(fields: impl IntoIterator<Item = arrow::datatypes::Field>) -> SchemaRef {
    Arc::new(Schema::new(fields.into_iter().collect::<Vec<_>>()))
}
