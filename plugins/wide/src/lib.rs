//! A table of single-measure records as one row for each time and dimensions, with a column for each measure.
//!
//! The option `wide_measures` names the measures and their types; without it this is the shipped dialect. The rows are
//! made by one GROUP BY. Conditions on time and dimensions go inside, where they leave out records; those on measures
//! stand outside, on the rows.

mod measures;
mod pivot;

use guest::{
    Bins, Description, Dialect, Mapping, QueryPlan, Refusal, Request, Slicing, Source, Table,
    Timestream,
};

use self::pivot::Pivot;

/// The dialect.
#[derive(Debug)]
pub struct Wide;

impl Dialect for Wide {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Timestream::describe()
        }
    }

    fn map_table(table: &Table) -> Result<Mapping, Refusal> {
        let Some(pivot) = Pivot::of(table)? else {
            return Timestream::map_table(table);
        };
        let mut mapping = Timestream::map_table(&pivot.rows(String::new()))?;
        for field in &mut mapping.fields {
            field.column = field.column.and_then(|column| pivot.stored(column));
        }
        Ok(mapping)
    }

    fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
        let Some(pivot) = Pivot::of(&request.table)? else {
            return Timestream::plan(request);
        };
        let inside = pivot.inside(request)?;
        let rows = pivot.rows(pivot.select(&inside));
        // The fields once more, each with the column of the rows that it shows.
        let mapping = Timestream::map_table(&rows)?;
        let mut plan = Timestream::plan(&Request {
            table: rows,
            mapping,
            ..request.clone()
        })?;
        plan.slicing = Slicing::Never("a row is made of several records".to_owned());
        plan.notes.push(match inside.len() {
            0 => "no condition on time or dimensions: all records are read".to_owned(),
            count => format!("{count} conditions stand inside, on records"),
        });
        Ok(plan)
    }

    fn bins_of(table: &Table, width: i64) -> Result<Bins, Refusal> {
        match Pivot::of(table)? {
            None => Timestream::bins_of(table, width),
            Some(_) => Err(measures::refusal("a row is made of several records")),
        }
    }
}

/// Whether a table is one of records, and no view or statement.
fn is_stored(table: &Table) -> bool {
    matches!(table.source, Source::Table(_))
}

guest::export_dialect!(Wide);

#[cfg(test)]
mod tests;
