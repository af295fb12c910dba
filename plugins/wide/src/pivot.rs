//! The rows that are made of a table's records.

use guest::{
    Column, ColumnKind, Dialect as _, Node, Refusal, Request, Source, Table, Term, Timestream,
    TimestreamType, Verdict, sql,
};

use super::measures::{self, Measure, refusal};

/// What the host says of a Glue table that leaves out dimensions or the time.
const HIDDEN: &str = "timestream_hidden_keys";

/// A table of single-measure records, and how its rows are made.
#[derive(Debug)]
pub(crate) struct Pivot<'a> {
    table: &'a Table,
    /// Indices of the dimensions and of the time, by which records are grouped.
    keys: Vec<u32>,
    measures: Vec<Measure>,
    /// A name for each measure among the rows' columns.
    names: Vec<String>,
}

impl<'a> Pivot<'a> {
    /// The pivot that the table's options ask for; None: they do not.
    pub(crate) fn of(table: &'a Table) -> Result<Option<Self>, Refusal> {
        if !super::is_stored(table) {
            return Ok(None);
        }
        let Some(measures) = measures::read(table)? else {
            return Ok(None);
        };
        let column = |name: &str| table.columns.iter().find(|column| column.name == name);
        for measure in &measures {
            if column(measure.column).is_none() {
                let Measure { name, column, .. } = measure;
                let message = format!(
                    "the table has no column `{column}`, where the values of the measure `{name}` would be"
                );
                return Err(refusal(&message));
            }
        }
        let is_key = |kind| matches!(kind, ColumnKind::Dimension | ColumnKind::Time);
        let columns = (0..).zip(&table.columns);
        let keys: Vec<u32> = columns
            .filter(|(_, column)| is_key(column.kind))
            .map(|(index, _)| index)
            .collect();
        let has_time = keys
            .iter()
            .any(|key| table.columns[*key as usize].kind == ColumnKind::Time);
        let mut options = table.options.iter();
        if let Some((_, hidden)) = options.find(|(name, _)| name == HIDDEN) {
            let message = format!(
                "Glue does not list {hidden}, without which records of several series would become one row; hint: list all dimensions and the time, or no column"
            );
            return Err(refusal(&message));
        }
        if !has_time {
            return Err(refusal(
                "the table has no time, by which its records become rows",
            ));
        }
        // As Athena sees them, which knows no case.
        let mut taken: Vec<String> = keys
            .iter()
            .map(|key| table.columns[*key as usize].name.to_lowercase())
            .collect();
        let dimensions = taken.clone();
        let names = measures.iter().map(|measure| {
            // A dimension may have the name of a measure.
            let mut name = measure.name.clone();
            while dimensions.contains(&name.to_lowercase()) || taken.contains(&name) {
                name.push_str("_measure");
            }
            taken.push(name.clone());
            name
        });
        let names = names.collect();
        Ok(Some(Self {
            table,
            keys,
            measures,
            names,
        }))
    }

    /// The stored column that a column of the rows shows; None: it shows a measure.
    pub(crate) fn stored(&self, column: u32) -> Option<u32> {
        self.keys.get(column as usize).copied()
    }

    /// The rows, as a view of this text.
    pub(crate) fn rows(&self, text: String) -> Table {
        let mut types = self.table.types.clone();
        let keys = self.keys.iter();
        let mut columns: Vec<Column> = keys
            .map(|key| self.table.columns[*key as usize].clone())
            .collect();
        for (measure, name) in self.measures.iter().zip(&self.names) {
            columns.push(Column {
                name: name.clone(),
                type_: u32::try_from(types.len()).unwrap_or(u32::MAX),
                kind: ColumnKind::MeasureValue,
                partition_key: false,
            });
            types.push(TimestreamType::Scalar(measure.scalar));
        }
        Table {
            source: Source::View(("the table's rows".to_owned(), text)),
            types,
            columns,
            options: self.table.options.clone(),
        }
    }

    /// The conditions of a request that records can be left out by: those on time and dimensions alone. What is wider
    /// there is asked once more outside, as everything is.
    pub(crate) fn inside(&self, request: &Request) -> Result<Vec<String>, Refusal> {
        let is_key = |field: &u32| {
            let field = request.mapping.fields.get(*field as usize);
            field.is_some_and(|field| field.column.is_some())
        };
        let terms = request.terms.iter();
        let terms = terms.filter(|term| fields(term).iter().all(is_key));
        let plan = Timestream::plan(&Request {
            projection: Vec::new(),
            terms: terms.cloned().collect(),
            order: Vec::new(),
            limit: None,
            ..request.clone()
        })?;
        let conditions = plan
            .verdicts
            .into_iter()
            .filter_map(|verdict| match verdict {
                Verdict::Exact(condition) | Verdict::Wider(condition) => Some(condition),
                Verdict::Skipped(_) => None,
            });
        Ok(conditions.collect())
    }

    /// The statement that makes the rows. A row is there if one of the measures is, whichever are asked for.
    pub(crate) fn select(&self, inside: &[String]) -> String {
        let keys = self.keys.iter();
        let keys: Vec<String> = keys
            .map(|key| sql::identifier(&self.table.columns[*key as usize].name))
            .collect();
        let measures = self.measures.iter().zip(&self.names);
        let values = measures.map(|(measure, name)| {
            let value = sql::identifier(measure.column);
            let (label, name) = (&measure.label, sql::identifier(name));
            format!("max(CASE WHEN \"measure_name\" = {label} THEN {value} END) AS {name}")
        });
        let selected: Vec<String> = keys.iter().cloned().chain(values).collect();
        let measures = self.measures.iter();
        let labels: Vec<&str> = measures.map(|measure| measure.label.as_str()).collect();
        let Source::Table((database, table)) = &self.table.source else {
            return String::new();
        };
        let mut text = format!(
            "SELECT {}\nFROM {}.{}\nWHERE (\"measure_name\" IN ({}))",
            selected.join(", "),
            sql::identifier(database),
            sql::identifier(table),
            labels.join(", ")
        );
        for condition in inside {
            text.push_str(&format!("\nAND ({condition})"));
        }
        text.push_str(&format!("\nGROUP BY {}", keys.join(", ")));
        text
    }
}

/// The fields that a term looks at.
fn fields(term: &Term) -> Vec<u32> {
    match term {
        Term::Domain(domain) => vec![domain.field],
        Term::Expression(nodes) => nodes
            .iter()
            .filter_map(|node| match node {
                Node::Field(field) => Some(*field),
                Node::Constant(_) | Node::Null | Node::Call(_) => None,
            })
            .collect(),
    }
}
