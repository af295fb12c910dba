//! Conditions, hundreds at a time: terms as Athena sends them go through the connector and its dialect, and what they
//! become is asked of rows as columns of one statement.

use crate::timestream::Conditions;
use anyhow::{Result, ensure};
use arrow::array::{Array, BooleanArray, RecordBatch};
use connector::plugin::{Caller, Dialect, Verdict};
use connector::query::{
    self, ColumnKind, Mapping, Scalar, Source, Table, TimestreamType, residual,
};
use connector::slices::Slice;
use connector::statement::{Query, statement};
use tokio::runtime::{Builder, Runtime};

use super::generate::{Draw, rows, term};
use super::model::{COMPUTED, Column, Kind, Row, STORED};
use super::oracle::{Expr, Fault, Term, admits};
use super::shrink::shrink;
use super::subject::Subject;
use super::wire::{constraints, name_of, seen_batch, seen_rows, seen_type, stored_batch};

/// Terms asked of one table in one statement.
pub const TERMS: usize = 300;

/// Bytes of conditions that are asked at a time: a statement holds 262,144.
const TRUTHS_BYTES: usize = 250_000;

/// Rows of a table.
const ROWS: usize = 40;

/// Bytes that a row and a term are made of at most.
const ROW_BYTES: usize = 40;
const TERM_BYTES: usize = 160;

/// Rows, and what is asked of them.
pub struct Bench<'a> {
    subject: &'a Subject,
    columns: &'static [Column],
    table: Table,
    mapping: Mapping,
    /// Names and types of Athena's fields, one for each column; of a column that the dialect does not show, or not as
    /// what it is, the name is empty.
    fields: Vec<(String, Kind)>,
    /// The field of each column that is shown.
    shown: Vec<Option<usize>>,
    rows: Vec<Row>,
    /// As Athena sees them.
    seen: Vec<Row>,
    seen_batch: RecordBatch,
    conditions: Conditions,
    runtime: Runtime,
}

/// What one term became, and where that is wrong.
struct Judged {
    /// What is wrong, and the row that shows it.
    wrong: Option<(String, Option<usize>)>,
    verdicts: Vec<Verdict>,
}

impl Judged {
    fn is_exact(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.all(|verdict| matches!(verdict, Verdict::Exact(_)))
    }
}

/// What came of terms.
pub enum Found {
    /// Nothing is wrong; so many are pushed exactly.
    Exact(usize),
    /// The first that is wrong, and what is.
    Wrong(usize, String),
}

impl<'a> Bench<'a> {
    /// A bench of these rows; `stored`: a table's, else a statement's.
    ///
    /// # Errors
    ///
    /// When the dialect refuses the table.
    pub fn new(subject: &'a Subject, stored: bool, rows: Vec<Row>) -> Result<Self> {
        let columns: &'static [Column] = if stored { &STORED } else { &COMPUTED };
        let table = Table {
            options: subject.options.clone(),
            ..table(columns, stored)
        };
        let mapping = subject.dialect.map_table(&table)?;
        let shown: Vec<Option<usize>> = (0..columns.len())
            .map(|place| field_of(&mapping, place, columns[place].kind))
            .collect();
        ensure!(
            shown.iter().any(Option::is_some),
            "the dialect shows no column of a table as what it is"
        );
        let name = |field: &Option<usize>| match field {
            Some(field) => mapping.fields[*field].name.clone(),
            None => String::new(),
        };
        let kinds = columns.iter().map(|column| column.kind);
        Ok(Self {
            subject,
            columns,
            fields: shown.iter().map(name).zip(kinds).collect(),
            shown,
            seen: seen_rows(&rows),
            seen_batch: seen_batch(columns, &rows)?,
            conditions: Conditions::new(stored_batch(columns, &rows)?)?,
            runtime: Builder::new_current_thread().build()?,
            table,
            mapping,
            rows,
        })
    }

    /// What each term became. A term that fails the query is not judged.
    fn judge(&self, terms: &[Term]) -> Result<Vec<Judged>> {
        let mut asked: Vec<query::Term> = Vec::new();
        let mut verdicts: Vec<Verdict> = Vec::new();
        let mut parts = Vec::with_capacity(terms.len());
        for term in terms {
            let constraints = constraints(&self.fields, &[term])?;
            let read = query::terms(&constraints, &self.mapping)?;
            parts.push(asked.len()..asked.len() + read.len());
            // Each in a plan of its own: the terms of one share its room.
            verdicts.extend(self.plan(&read)?);
            asked.extend(read);
        }
        let conditions: Vec<&str> = verdicts.iter().filter_map(condition).collect();
        let mut truths = self.truths(&conditions)?.into_iter();
        let truths: Vec<Option<BooleanArray>> = verdicts
            .iter()
            .map(|verdict| condition(verdict).and_then(|_| truths.next()))
            .collect();
        let judged = terms.iter().zip(parts).map(|(term, part)| {
            Ok(Judged {
                wrong: self.wrong(
                    term,
                    &asked[part.clone()],
                    &verdicts[part.clone()],
                    &truths[part.clone()],
                )?,
                verdicts: verdicts[part].to_vec(),
            })
        });
        judged.collect()
    }

    /// What becomes of the terms of a query.
    fn plan(&self, terms: &[query::Term]) -> Result<Vec<Verdict>> {
        let query = Query {
            demands: Vec::new(),
            table: &self.table,
            mapping: &self.mapping,
            projection: self.shown.iter().flatten().copied().take(1).collect(),
            terms: terms.to_vec(),
            order: Vec::new(),
            limit: None,
            now: 0,
            caller: Caller::default(),
            slice: Slice::WHOLE,
        };
        Ok(statement(&self.subject.dialect, &query)?.verdicts)
    }

    /// Where conditions are true, of as many at a time as a statement holds.
    fn truths(&self, conditions: &[&str]) -> Result<Vec<BooleanArray>> {
        let mut truths = Vec::with_capacity(conditions.len());
        let mut rest = conditions;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|condition| {
                bytes += condition.len() + 16;
                bytes < TRUTHS_BYTES
            });
            let (some, others) = rest.split_at(fits.count().max(1));
            truths.extend(self.runtime.block_on(self.conditions.truths(some))?);
            rest = others;
        }
        Ok(truths)
    }

    /// What is wrong with what became of a term.
    fn wrong(
        &self,
        term: &Term,
        asked: &[query::Term],
        verdicts: &[Verdict],
        truths: &[Option<BooleanArray>],
    ) -> Result<Option<(String, Option<usize>)>> {
        let Some(expected) = self.expected(term) else {
            return Ok(None);
        };
        let exact = verdicts
            .iter()
            .all(|verdict| matches!(verdict, Verdict::Exact(_)));
        let column = |field| self.shown.iter().position(|shown| *shown == Some(field));
        let kept = match residual::admitted(asked, &self.seen_batch, column) {
            Ok(kept) => kept,
            Err(error) => return Ok(Some((format!("the residual fails: {error}"), None))),
        };
        for (row, expected) in expected.into_iter().enumerate() {
            let pushed = truths
                .iter()
                .flatten()
                .all(|truth| truth.is_valid(row) && truth.value(row));
            let wrong = if expected && !pushed {
                "the pushed condition loses a row"
            } else if exact && pushed && !expected {
                "a condition called exact keeps a row too many"
            } else if kept.value(row) != expected {
                "the residual is wrong of a row"
            } else {
                continue;
            };
            return Ok(Some((wrong.to_owned(), Some(row))));
        }
        Ok(None)
    }

    /// Which rows the term admits; None if it fails the query, or Athena would not send it.
    fn expected(&self, term: &Term) -> Option<Vec<bool>> {
        let is_hidden = |column: &usize| self.shown[*column].is_none();
        let mut hidden = (0..self.columns.len()).filter(is_hidden);
        if hidden.any(|column| mentions(term, column)) || !is_announced(term, &self.subject.dialect)
        {
            return None;
        }
        let admitted = self.seen.iter().map(|row| admits(term, row));
        admitted.collect::<Result<_, Fault>>().ok()
    }

    /// Judges terms, hundreds in a statement.
    ///
    /// # Errors
    ///
    /// When a term alone is not understood.
    pub fn check(&self, terms: &[Term]) -> Result<Found> {
        let mut exact = 0;
        // What fails the query would fail the statement of all.
        let sound: Vec<usize> = (0..terms.len())
            .filter(|place| {
                self.expected(&terms[*place]).is_some() && !self.is_refused(&terms[*place])
            })
            .collect();
        self.subject.add_judged(sound.len());
        for places in sound.chunks(TERMS) {
            let chosen: Vec<Term> = places.iter().map(|place| terms[*place].clone()).collect();
            let wrong = match self.judge(&chosen) {
                Ok(judged) => {
                    exact += judged.iter().filter(|judged| judged.is_exact()).count();
                    judged.iter().position(|judged| judged.wrong.is_some())
                }
                Err(_) => self.first_failure(&chosen),
            };
            if let Some(wrong) = wrong {
                let place = places[wrong];
                return Ok(Found::Wrong(place, self.describe(&terms[place])));
            }
        }
        Ok(Found::Exact(exact))
    }

    /// Whether the dialect refuses a term, and may.
    fn is_refused(&self, term: &Term) -> bool {
        let plan = || {
            let constraints = constraints(&self.fields, &[term])?;
            self.plan(&query::terms(&constraints, &self.mapping)?)
        };
        self.subject.may_refuse()
            && plan().is_err_and(|error: anyhow::Error| self.subject.is_allowed(&error))
    }

    /// The first term that is wrong or fails when it is asked alone.
    fn first_failure(&self, terms: &[Term]) -> Option<usize> {
        for (place, term) in terms.iter().enumerate() {
            if self.is_wrong(term) {
                return Some(place);
            }
        }
        // Only together: then any of them stands for all.
        Some(0)
    }

    fn is_wrong(&self, term: &Term) -> bool {
        match self.judge(std::slice::from_ref(term)) {
            Ok(judged) => judged.iter().any(|judged| judged.wrong.is_some()),
            Err(_) => true,
        }
    }

    /// Says what is wrong with a term, for a person.
    fn describe(&self, term: &Term) -> String {
        let shown = |column: usize| format!("{:?}", self.columns[column].name);
        let columns: Vec<String> = (0..self.columns.len())
            .filter(|column| mentions(term, *column))
            .map(|column| format!("{column} is {}", shown(column)))
            .collect();
        let head = format!("{term:?}, where {}", columns.join(", "));
        let judged = match self.judge(std::slice::from_ref(term)) {
            Ok(judged) => judged,
            Err(error) => return format!("the statement fails: {error:#}\n  term     {head}"),
        };
        let Some(Judged {
            wrong: Some((wrong, row)),
            verdicts,
        }) = judged.into_iter().next()
        else {
            return format!("wrong only beside others\n  term     {head}");
        };
        let row = row.map_or(String::new(), |row| {
            let cells = self.rows[row].iter().enumerate();
            let cells = cells.filter(|(column, _)| mentions(term, *column));
            let cells: Vec<String> = cells
                .map(|(column, cell)| format!("{} {cell:?}", shown(column)))
                .collect();
            format!("\n  row      {}", cells.join(", "))
        });
        format!("{wrong}\n  term     {head}\n  verdicts {verdicts:?}{row}")
    }
}

fn condition(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Exact(condition) | Verdict::Wider(condition) => Some(condition),
        Verdict::Skipped(_) => None,
    }
}

/// The field that shows a column as a value of its kind.
fn field_of(mapping: &Mapping, column: usize, kind: Kind) -> Option<usize> {
    mapping
        .fields
        .iter()
        .position(|field| field.column == Some(column) && field.data_type == seen_type(kind))
}

/// Whether Athena would send a term: all functions of an expression are among those that the dialect wants.
pub fn is_announced(term: &Term, plugin: &Dialect) -> bool {
    fn all_known(expr: &Expr, plugin: &Dialect) -> bool {
        match expr {
            Expr::Column(_) | Expr::Constant(_) | Expr::Null => true,
            Expr::Call(op, arguments) => {
                let function = query::Function::from_name(name_of(*op));
                let functions = &plugin.description().functions;
                function.is_some_and(|function| functions.contains(&function))
                    && arguments.iter().all(|argument| all_known(argument, plugin))
            }
        }
    }
    match term {
        Term::Domain { .. } => true,
        Term::Expression(expr) => all_known(expr, plugin),
    }
}

/// Whether a term looks at a column.
pub fn mentions(term: &Term, column: usize) -> bool {
    fn inside(expr: &Expr, column: usize) -> bool {
        match expr {
            Expr::Column(other) => *other == column,
            Expr::Constant(_) | Expr::Null => false,
            Expr::Call(_, arguments) => arguments.iter().any(|argument| inside(argument, column)),
        }
    }
    match term {
        Term::Domain { column: other, .. } => *other == column,
        Term::Expression(expr) => inside(expr, column),
    }
}

/// The connector's idea of the table.
pub fn table(columns: &[Column], stored: bool) -> Table {
    let scalar = |kind| match kind {
        Kind::Boolean => Scalar::Boolean,
        Kind::Bigint => Scalar::Bigint,
        Kind::Integer => Scalar::Integer,
        Kind::Double => Scalar::Double,
        Kind::Varchar => Scalar::Varchar,
        Kind::Timestamp => Scalar::Timestamp,
        Kind::Date => Scalar::Date,
    };
    let kind = |name| match name {
        _ if !stored => ColumnKind::Computed,
        "time" => ColumnKind::Time,
        "measure_name" => ColumnKind::MeasureName,
        "host" => ColumnKind::Dimension,
        _ => ColumnKind::MeasureValue,
    };
    Table {
        source: if stored {
            Source::Table {
                database: "d".into(),
                table: "t".into(),
            }
        } else {
            Source::View {
                name: "v".into(),
                text: "SELECT 1".into(),
            }
        },
        columns: columns
            .iter()
            .map(|column| query::Column {
                name: column.name.into(),
                r#type: TimestreamType::Scalar(scalar(column.kind)),
                kind: kind(column.name),
                partition_key: stored && column.name == "host",
                as_double: false,
            })
            .collect(),
        options: Vec::new(),
    }
}

/// Judges [`TERMS`] random terms on a random table, which the seed decides. What is wrong comes back, made as simple as
/// can be.
///
/// # Errors
///
/// When the dialect refuses the table.
pub fn batch(subject: &Subject, seed: u64) -> Result<Option<String>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = |count| {
        let mut bytes = vec![0; count];
        random.fill(&mut bytes);
        bytes
    };
    let stored = bytes(1) < vec![128];
    let columns: &[Column] = if stored { &STORED } else { &COMPUTED };
    let rows = rows(
        &mut Draw::new(&bytes(ROW_BYTES * ROWS)),
        columns,
        stored,
        ROWS,
    );
    let bench = match Bench::new(subject, stored, rows) {
        Err(error) if subject.is_allowed(&error) => return Ok(None),
        bench => bench?,
    };
    let made = |bytes: &[u8]| term(&mut Draw::new(bytes), columns);

    let origins: Vec<Vec<u8>> = (0..TERMS).map(|_| bytes(TERM_BYTES)).collect();
    let terms: Vec<Term> = origins.iter().map(|origin| made(origin)).collect();
    let Found::Wrong(place, mut found) = bench.check(&terms)? else {
        return Ok(None);
    };
    shrink(&origins[place], |bytes| match bench.check(&[made(bytes)]) {
        Ok(Found::Wrong(_, simpler)) => {
            found = simpler;
            true
        }
        _ => false,
    });
    Ok(Some(found))
}
