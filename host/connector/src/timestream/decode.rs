//! A page's rows, JSON straight into Arrow builders.
//!
//! Columns are found by *name* and checked by type; a value's place in its row means nothing to us. Every scalar is
//! text (timestream.md, section 1.5). Rows are scanned in the shape that the service gives them; where that does not
//! succeed, whatever the reason, the page is decoded in the general way, which alone says what is wrong.

mod builder;
mod datum;
mod scan;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use serde::de::DeserializeSeed;

use self::builder::{ColumnBuilder, Room};
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
    /// The same as it was said last.
    described: Box<str>,
    /// Where their values go; None until there is one.
    routes: Option<Routes>,
    /// What each field of the page before took.
    rooms: Vec<Room>,
    pages: usize,
}

/// Which column fills which field.
#[derive(Debug)]
struct Routes {
    /// Each field's column.
    sources: Vec<usize>,
    /// The field of each column that is read.
    targets: Vec<Option<usize>>,
}

impl Decoder {
    /// A decoder into batches of that schema; its fields' names are the result's columns'.
    pub fn new(schema: SchemaRef) -> Self {
        Self {
            rooms: vec![Room::default(); schema.fields().len()],
            schema,
            columns: Vec::new(),
            described: Box::default(),
            routes: None,
            pages: 0,
        }
    }

    /// The rows of a page, perhaps none. What the page says is certain then.
    ///
    /// # Errors
    ///
    /// When it is not the JSON of an answer, a field's column is missing, twice there or of another type, or a value is
    /// not of its column's type.
    pub fn decode(&mut self, page: &mut Page) -> Result<RecordBatch> {
        self.pages += 1;
        if let Ok(Some(builders)) = self.builders(page)
            && let Some(batch) = self.scan(page, builders)
        {
            return Ok(batch);
        }
        page.settle()?;
        match self.builders(page)? {
            Some(builders) => self.general(page, builders),
            None => Ok(RecordBatch::new_empty(self.schema.clone())),
        }
    }

    /// What takes the values of a page's rows; None where it has none.
    fn builders(&mut self, page: &Page) -> Result<Option<Vec<ColumnBuilder>>> {
        if *page.described() != *self.described {
            self.learn(page.columns()?)?;
            self.described = page.described().into();
        }
        // Columns are told at the latest with the first row.
        if page.rows().is_empty() || self.columns.is_empty() && !page.has_rows() {
            return Ok(None);
        }
        let routes = match self.routes.take() {
            Some(routes) => routes,
            None => self.find_routes()?,
        };
        let fields = self.schema.fields().iter().zip(&routes.sources);
        let builders = fields.zip(&self.rooms).map(|((field, source), room)| {
            ColumnBuilder::new(&self.columns[*source].r#type, field.data_type(), *room)
        });
        let builders = builders.collect();
        self.routes = Some(routes);
        Ok(Some(builders))
    }

    /// A page may tell no columns, but not others.
    fn learn(&mut self, columns: Vec<ColumnInfo>) -> Result<()> {
        if self.columns.is_empty() {
            self.columns = columns;
            self.routes = None;
        } else if !columns.is_empty() && self.columns != columns {
            return Err(self.wrong("its columns are not those of the pages before"));
        }
        Ok(())
    }

    fn find_routes(&self) -> Result<Routes> {
        // A name's first column, and whether it has another.
        let mut named: HashMap<&str, (usize, bool)> = HashMap::new();
        for (index, column) in self.columns.iter().enumerate() {
            named
                .entry(&column.name)
                .and_modify(|(_, is_twice)| *is_twice = true)
                .or_insert((index, false));
        }
        let mut routes = Routes {
            sources: Vec::with_capacity(self.schema.fields().len()),
            targets: vec![None; self.columns.len()],
        };
        for (position, field) in self.schema.fields().iter().enumerate() {
            let index = match named.get(field.name().as_str()) {
                Some((index, false)) => *index,
                Some((_, true)) => {
                    return Err(self.wrong(format!("it has two columns `{}`", field.name())));
                }
                None => return Err(self.wrong(format!("it has no column `{}`", field.name()))),
            };
            if !self.columns[index].r#type.decodes_into(field.data_type()) {
                let why = format!(
                    "column `{}` cannot be read as {}",
                    field.name(),
                    field.data_type()
                );
                return Err(self.wrong(why));
            }
            routes.sources.push(index);
            routes.targets[index] = Some(position);
        }
        Ok(routes)
    }

    fn targets(&self) -> &[Option<usize>] {
        self.routes
            .as_ref()
            .map_or(&[], |routes| routes.targets.as_slice())
    }

    /// The rows, if they have the usual shape.
    fn scan(&mut self, page: &Page, mut builders: Vec<ColumnBuilder>) -> Option<RecordBatch> {
        let text = std::str::from_utf8(page.rows()).ok()?;
        let rows = scan::rows(text, &mut builders, self.targets())?;
        let rooms = builders.iter().map(|builder| builder.room(rows));
        self.rooms = rooms.collect();
        self.batch(builders, rows).ok()
    }

    /// The rows as any parser of JSON reads them.
    fn general(&self, page: &Page, mut builders: Vec<ColumnBuilder>) -> Result<RecordBatch> {
        let mut place = Place { row: 0, column: 0 };
        let mut json = serde_json::Deserializer::from_slice(page.rows());
        let rows = Rows {
            builders: &mut builders,
            targets: self.targets(),
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
        self.batch(builders, rows)
    }

    fn batch(&self, builders: Vec<ColumnBuilder>, rows: usize) -> Result<RecordBatch> {
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
