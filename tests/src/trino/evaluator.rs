//! Trino as judge of the host's own evaluator (`connector::query::residual`) and of its order (`connector::query::TopN`):
//! every function on every type it takes, over edge values and NULL.
//!
//! A value is compared with Trino's by the evaluator's own IS DISTINCT FROM, to which another value must be distinct. Where Trino fails
//! on a row, the evaluator must fail too, or not need what failed: then the answer is the one that Trino gives for
//! whatever the failed call could have been ([`lazy`]). Where Trino gives a value, the evaluator must.
//!
//! Version 435 judges: 393 orders the zeros, and takes an empty ESCAPE for none.

pub mod cases;
mod lazy;
mod order;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::RecordBatch;
use connector::query::{self, Mapping, residual};
use serde_json::Value as Json;

use self::cases::{Case, case, sql};
use super::stage::{Failed, Stage};
use super::tables::Expected;
use crate::plugin;
use crate::proof::conditions::table;
use crate::proof::generate::{self, Draw, rows};
use crate::proof::model::{COMPUTED, Column, Kind, Row, Value, column};
use crate::proof::oracle::{Expr, Op, Term};
use crate::proof::shrink::shrink;
use crate::proof::wire::{constraints, seen_batch, seen_rows};

/// Calls of a seed.
const CALLS: usize = 200;

/// Cases of a seed: each call on each row.
pub const CASES: usize = CALLS * ROWS;

/// Tables of the expected side that cases are evaluated on, and their rows.
const TABLES: u64 = 8;
const ROWS: usize = 40;
const ROW_BYTES: usize = 40;

/// Bytes that a case is made of at most.
const BYTES: usize = 64;

/// Why Trino may refuse a call, whatever the row: its types do not go together, or a constant of it fails.
const REFUSED: [&str; 6] = [
    "TYPE_MISMATCH",
    "AMBIGUOUS_FUNCTION_CALL",
    "FUNCTION_NOT_FOUND",
    "INVALID_FUNCTION_ARGUMENT",
    "NUMERIC_VALUE_OUT_OF_RANGE",
    "DIVISION_BY_ZERO",
];

/// What Trino says, as an internal error that its TRY does not catch, of the least integer divided by -1. The evaluator
/// fails there with an overflow.
const LEAST_BY_MINUS_ONE: (&str, &str) =
    ("GENERIC_INTERNAL_ERROR", "Value 2147483648 exceeds MAX_INT");

/// Trino and the evaluator.
pub struct Bench<'a> {
    stage: &'a Stage,
    tables: Vec<Vec<Row>>,
}

/// What an expression is on a row; None: it fails.
type Values = Vec<Option<Option<Value>>>;

/// What a [`Stage`] must have besides its own tables.
pub fn tables() -> Vec<(String, Expected)> {
    let tables = (0..TABLES).map(random_rows).enumerate();
    let tables = tables.map(|(number, rows)| (table_name(number), Expected::of(&COMPUTED, &rows)));
    tables.collect()
}

impl<'a> Bench<'a> {
    /// On a stage that has the [tables].
    pub fn new(stage: &'a Stage) -> Self {
        Self {
            stage,
            tables: (0..TABLES).map(random_rows).collect(),
        }
    }

    /// Judges the [`CASES`] of a seed, and some orders over the same rows. What is wrong comes back, of a case as simple as can be.
    ///
    /// # Errors
    ///
    /// When Trino has ended.
    pub fn batch(&self, seed: u64) -> Result<Option<String>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let table = random.usize(..self.tables.len());
        let origins: Vec<Vec<u8>> = (0..CALLS)
            .map(|_| {
                let mut bytes = vec![0; BYTES];
                random.fill(&mut bytes);
                bytes
            })
            .collect();
        let made = |bytes: &[u8]| case(&mut Draw::new(bytes));
        let cases: Vec<Case> = origins.iter().map(|origin| made(origin)).collect();
        let wrong = self.judge(table, &cases)?;
        let Some(place) = wrong.iter().position(Option::is_some) else {
            return self.orders(table, &mut random);
        };
        let mut found = wrong[place].clone();
        shrink(&origins[place], |bytes| {
            match self.judge(table, &[made(bytes)]) {
                Ok(wrong) if wrong[0].is_some() => {
                    found = wrong[0].clone();
                    true
                }
                _ => false,
            }
        });
        Ok(found)
    }

    /// What is wrong with each case.
    fn judge(&self, table: usize, cases: &[Case]) -> Result<Vec<Option<String>>> {
        let asked = self.ask(table, cases)?;
        let mut wrong = Vec::with_capacity(cases.len());
        let mut lazy = Vec::new();
        for (place, (case, values)) in cases.iter().zip(asked).enumerate() {
            let judged = match values {
                // Types that SQL does not bring together.
                None => None,
                Some(values) => {
                    let judged = self.compare(table, case, &values)?;
                    lazy.extend(judged.lazy.into_iter().map(|row| (place, row)));
                    judged.wrong
                }
            };
            wrong.push(judged);
        }
        for (place, row, why) in self.unneeded(table, cases, lazy)? {
            let shown = || self.describe(table, &cases[place], row, &why);
            wrong[place].get_or_insert_with(shown);
        }
        Ok(wrong)
    }

    /// What Trino says of cases on each row of a table; None where it has no such call.
    fn ask(&self, table: usize, cases: &[Case]) -> Result<Vec<Option<Values>>> {
        let texts = cases.iter().map(sql).collect::<Result<Vec<_>>>()?;
        let evaluated = self.stage.evaluate(&table_name(table), &texts)?;
        ensure!(evaluated.len() == cases.len(), "{} values", evaluated.len());
        let read = |(case, evaluated): (&Case, super::stage::Evaluated)| {
            if let Some(Failed { code, message }) = evaluated.failed {
                let is_meant = REFUSED.contains(&code.as_str())
                    || (code.as_str(), message.as_str()) == LEAST_BY_MINUS_ONE;
                ensure!(is_meant, "Trino refuses {case:?} with {code}: {message}");
                return Ok(None);
            }
            let values = evaluated.values.iter().map(|value| match value {
                None => Ok(None),
                Some((json,)) => Ok(Some(value_of(json, case.kind)?)),
            });
            Ok(Some(values.collect::<Result<Values>>()?))
        };
        cases.iter().zip(evaluated).map(read).collect()
    }

    /// Compares the evaluator's values with Trino's.
    fn compare(&self, table: usize, case: &Case, values: &Values) -> Result<Compared> {
        let places: Vec<usize> = (0..values.len())
            .filter(|row| values[*row].is_some())
            .collect();
        let mut compared = Compared::default();
        // All rows that have a value at once; one by one if anything is wrong.
        if self.agrees(table, case, &places, values).ok() != Some(true) {
            for row in places {
                let why = match self.agrees(table, case, &[row], values) {
                    Ok(true) => continue,
                    Ok(false) => "the evaluator has another value".to_owned(),
                    Err(error) => format!("the evaluator fails: {error}"),
                };
                let why = format!("{why}; Trino has {:?}", values[row]);
                compared.wrong = Some(self.describe(table, case, row, &why));
                return Ok(compared);
            }
        }
        // Were two values never distinct to the evaluator, all would agree.
        let others: Values = values
            .iter()
            .map(|value| {
                value
                    .as_ref()
                    .map(|value| another(value.as_ref(), case.kind))
            })
            .collect();
        let alike = (0..values.len()).filter(|row| values[*row].is_some());
        let alike: Vec<usize> = alike.collect();
        let same = self.same(table, case, &alike, &others)?;
        if let Some(place) = same.iter().position(|same| *same) {
            let why = "the evaluator takes another value for its own";
            compared.wrong = Some(self.describe(table, case, alike[place], why));
            return Ok(compared);
        }
        for row in (0..values.len()).filter(|row| values[*row].is_none()) {
            // Whatever it is compared with.
            let any = vec![Some(None); values.len()];
            if self.agrees(table, case, &[row], &any).is_ok() {
                compared.lazy.push(row);
            }
        }
        Ok(compared)
    }

    /// Whether the evaluator has these values on these rows.
    fn agrees(&self, table: usize, case: &Case, rows: &[usize], values: &Values) -> Result<bool> {
        let same = self.same(table, case, rows, values)?;
        Ok(same.into_iter().all(|same| same))
    }

    /// On which of these rows the evaluator has the value.
    fn same(
        &self,
        table: usize,
        case: &Case,
        rows: &[usize],
        values: &Values,
    ) -> Result<Vec<bool>> {
        let mut columns = COMPUTED.to_vec();
        columns.push(column("expected", case.kind));
        let with_value = |row: &usize| {
            let mut cells = self.tables[table][*row].clone();
            cells.push(values[*row].clone().flatten());
            cells
        };
        let rows: Vec<Row> = rows.iter().map(with_value).collect();
        let same = Expr::Call(
            Op::Not,
            vec![Expr::Call(
                Op::Distinct,
                vec![case.expr.clone(), Expr::Column(COMPUTED.len())],
            )],
        );
        evaluate(&columns, &seen_batch(&columns, &rows)?, same)
    }

    fn describe(&self, table: usize, case: &Case, row: usize, why: &str) -> String {
        let text = sql(case).unwrap_or_else(|error| error.to_string());
        let cells = seen_rows(&self.tables[table][row..=row]);
        let named = COMPUTED.iter().zip(&cells[0]);
        let named = named.filter(|(column, _)| text.contains(&format!("\"{}\"", column.name)));
        let named: Vec<String> = named
            .map(|(column, cell)| format!("{} {cell:?}", column.name))
            .collect();
        format!(
            "{why}\n  case      {text}\n  row       {}",
            named.join(", ")
        )
    }
}

/// Another value than that: NULL for a value, and a value for NULL.
fn another(value: Option<&Value>, kind: Kind) -> Option<Value> {
    match value {
        Some(_) => None,
        None => Some(generate::value(
            &mut Draw::new(&[]),
            column("expected", kind),
            true,
        )),
    }
}

/// What came of comparing.
#[derive(Default)]
struct Compared {
    wrong: Option<String>,
    /// Rows on which Trino fails and the evaluator does not.
    lazy: Vec<usize>,
}

fn table_name(number: usize) -> String {
    format!("cells{number}")
}

fn random_rows(seed: u64) -> Vec<Row> {
    let mut bytes = vec![0; ROW_BYTES * ROWS];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    rows(&mut Draw::new(&bytes), &COMPUTED, false, ROWS)
}

/// On which rows of a batch of these columns a condition is true.
fn evaluate(columns: &[Column], batch: &RecordBatch, condition: Expr) -> Result<Vec<bool>> {
    let mapping: Mapping = plugin("timestream")?.map_table(&table(columns, false))?;
    let fields = mapping.fields.iter().zip(columns);
    let fields: Vec<(String, Kind)> = fields
        .map(|(field, column)| (field.name.clone(), column.kind))
        .collect();
    let constraints = constraints(&fields, &[&Term::Expression(condition)])?;
    let terms = query::terms(&constraints, &mapping)?;
    let admitted = residual::admitted(&terms, batch, Some)?;
    Ok(admitted.values().iter().collect())
}

/// A value of Trino's.
fn value_of(json: &Json, kind: Kind) -> Result<Option<Value>> {
    if json.is_null() {
        return Ok(None);
    }
    let integer = || json.as_i64().context("not an integer");
    Ok(Some(match kind {
        Kind::Boolean => Value::Boolean(json.as_bool().context("not a boolean")?),
        Kind::Bigint | Kind::Integer => Value::Integer(integer()?),
        Kind::Double => Value::Double(match json.as_str() {
            Some("Infinity") => f64::INFINITY,
            Some("-Infinity") => f64::NEG_INFINITY,
            Some(text) => text.parse()?,
            None => bail!("{json} is not a double"),
        }),
        Kind::Varchar => Value::Text(json.as_str().context("not a text")?.to_owned()),
        Kind::Timestamp => Value::Millis(integer()?),
        Kind::Date => Value::Date(i32::try_from(integer()?)?),
    }))
}
