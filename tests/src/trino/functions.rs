//! Trino as judge of the functions, operators and casts of the crate `presto`: random calls over edge values, in local
//! Athena and in Trino.
//!
//! A call is a text with a place for each argument ([`forms`]). Arguments are columns, constants and calls. Both engines
//! evaluate it on the same rows, each row's failure caught on its own; where one fails the other must.

mod forms;
mod rows;
mod together;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::Value as Json;
use tokio::runtime::Runtime;

use self::forms::{FORMS, Kind};
use super::local::{LocalAthena, normal};
use super::stage::{Evaluated, Profile, Stage};

/// Calls of a seed.
const CALLS: usize = 100;

/// Cases of a seed: each call on each row.
pub const CASES: usize = (CALLS + 2 * together::COUNT) * rows::COUNT;

/// How deep calls nest.
const DEPTH: usize = 2;

/// Calls of one local statement.
const TOGETHER: usize = 20;

/// Calls that a test judges.
const FEW: usize = 25;

/// Calls of a seed that are shown when they are wrong.
const SHOWN: usize = 8;

/// Why Trino refuses a call for good: what its types are, or a constant in it.
const MEANT: [&str; 6] = [
    "TYPE_MISMATCH",
    "FUNCTION_NOT_FOUND",
    "INVALID_FUNCTION_ARGUMENT",
    "INVALID_CAST_ARGUMENT",
    "NUMERIC_VALUE_OUT_OF_RANGE",
    "DIVISION_BY_ZERO",
];

/// How far doubles may be apart, as a share: the last digits of a logarithm are each library's own.
const NEAR: f64 = 1e-12;

/// How far sums of products may be apart that cancel each other out.
const OF_SUMS: f64 = 1e-9;

/// A difference that is planted in local Athena's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Planted {
    /// A text joined with NULL is the text.
    Null,
    /// A double that becomes an integer is cut off.
    Rounding,
    /// A clock shows UTC.
    Zone,
    /// A sum that overflows is 0.
    Overflow,
    /// A pattern matches at the beginning alone.
    Regex,
}

impl Planted {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Rounding => "rounding",
            Self::Zone => "zone",
            Self::Overflow => "overflow",
            Self::Regex => "regex",
        }
    }

    /// A form with the difference.
    fn plant(self, form: &str) -> &str {
        match (self, form) {
            (Self::Null, "concat({}, {})") => "concat(coalesce({}, ''), coalesce({}, ''))",
            (Self::Rounding, "cast({} as bigint)") => "cast(truncate({}) as bigint)",
            (Self::Zone, "extract(hour from {} at time zone 'Asia/Tokyo')") => {
                "extract(hour from {})"
            }
            (Self::Overflow, "({} + {})") => "coalesce(try({} + {}), 0)",
            (Self::Regex, "regexp_replace({}, {}, '<$0>')") => {
                "regexp_replace({}, '^' || {}, '<$0>')"
            }
            (_, form) => form,
        }
    }
}

/// Trino and local Athena.
pub struct Bench<'a> {
    stage: &'a Stage,
    athena: LocalAthena,
    runtime: Runtime,
    planted: Option<Planted>,
}

impl<'a> Bench<'a> {
    /// Over a stage and a local Athena before its connector.
    ///
    /// # Errors
    ///
    /// When no runtime starts.
    pub fn new(stage: &'a Stage, planted: Option<Planted>) -> Result<Self> {
        let engine = local::athena::Engine::Trino435;
        Ok(Self {
            stage,
            athena: LocalAthena::new(&stage.connector()?, &stage.config(), engine)?,
            runtime: Runtime::new()?,
            planted,
        })
    }

    /// Judges the calls of a seed. What is wrong comes back.
    ///
    /// # Errors
    ///
    /// When Trino has ended.
    pub fn batch(&self, seed: u64) -> Result<Option<String>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let calls: Vec<Call> = (0..CALLS).map(|_| call(&mut random)).collect();
        let wrong = [self.judge(seed, &calls)?, self.judge_together(seed)?];
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        let rows = || format!("  rows      {}", rows::table(seed));
        Ok((!wrong.is_empty()).then(|| wrong.join("\n") + "\n" + &rows()))
    }

    /// The same of aggregates and windows.
    fn judge_together(&self, seed: u64) -> Result<Option<String>> {
        let table = rows::table(seed);
        let mut wrong = Vec::new();
        for (calls, rest) in together::statements(seed) {
            let statement = |call: &String| format!("select {call} {rest}");
            let asked: Vec<(String, u64)> = calls.iter().map(|call| (statement(call), 0)).collect();
            for ((sql, _), expected) in asked.iter().zip(self.stage.run(&asked)?) {
                let expected = normal(expected);
                let ours = self.athena.answer(Profile::Values, sql, &expected.types);
                let why = match (&expected.failed, self.runtime.block_on(ours)) {
                    (Some(_), Err(_)) => continue,
                    (Some(failed), Ok(_)) => format!("Trino refuses it with {}", failed.code),
                    (None, Err(error)) => format!("local Athena refuses it: {error:#}"),
                    (None, Ok(ours)) => {
                        let is_same = |(expected, ours): (&Vec<Json>, &Vec<Json>)| {
                            expected
                                .iter()
                                .zip(ours)
                                .all(|(expected, ours)| is_near(expected, ours, OF_SUMS))
                        };
                        if expected.rows.len() == ours.rows.len()
                            && expected.rows.iter().zip(&ours.rows).all(is_same)
                        {
                            continue;
                        }
                        format!(
                            "Trino has {:?}, local Athena {:?}",
                            expected.rows, ours.rows
                        )
                    }
                };
                let sql = sql.replace(&table, "rows");
                wrong.push(format!("{why}\n  statement {sql}"));
            }
        }
        Ok((!wrong.is_empty()).then(|| wrong.join("\n")))
    }

    /// The same of the first calls of a seed alone, for a test; where a difference is planted, of calls that it is in.
    ///
    /// # Errors
    ///
    /// As [`Self::batch`].
    pub fn few(&self, seed: u64) -> Result<Option<String>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let is_planted = |form: &str| {
            self.planted
                .is_none_or(|planted| planted.plant(form) != form)
        };
        let forms: Vec<usize> = (0..FORMS.len())
            .filter(|form| is_planted(FORMS[*form].0))
            .collect();
        let calls: Vec<Call> = (0..FEW)
            .map(|_| {
                let form = forms[random.usize(..forms.len())];
                of_form(&mut random, form, DEPTH)
            })
            .collect();
        self.judge(seed, &calls)
    }

    fn judge(&self, seed: u64, calls: &[Call]) -> Result<Option<String>> {
        let texts: Vec<String> = calls.iter().map(|call| call.shown(None)).collect();
        let table = rows::table(seed);
        let expected = self.stage.evaluate_on(&table, &texts)?;
        let mut wrong = Vec::new();
        for (calls, expected) in calls.chunks(TOGETHER).zip(expected.chunks(TOGETHER)) {
            let ours = self.values(&table, calls);
            for (place, (call, expected)) in calls.iter().zip(expected).enumerate() {
                let ours = match &ours {
                    Ok(ours) => Ok(ours.iter().map(|row| row[place].clone()).collect()),
                    // One by one, to see which is refused.
                    Err(_) => self
                        .values(&table, std::slice::from_ref(call))
                        .map(|rows| rows.into_iter().map(|mut row| row.swap_remove(0)).collect()),
                };
                if let Some(why) = differs(call, expected, &ours) {
                    wrong.push(format!("{why}\n  call      {}", call.shown(None)));
                }
            }
        }
        wrong.truncate(SHOWN);
        Ok((!wrong.is_empty()).then(|| wrong.join("\n")))
    }

    /// What calls are on each row of a table, in local Athena: a value in an array, or NULL where it fails.
    fn values(&self, table: &str, calls: &[Call]) -> Result<Vec<Vec<Json>>> {
        let columns: Vec<String> = calls
            .iter()
            .map(|call| format!("try(row({}))", call.shown(self.planted)))
            .collect();
        let sql = format!("select {} from {table} order by id", columns.join(", "));
        let answer = self.athena.answer(Profile::Values, &sql, &[]);
        Ok(self.runtime.block_on(answer)?.rows)
    }
}

/// A call with its arguments.
struct Call {
    form: &'static str,
    arguments: Vec<Call>,
    /// A column or constant, if it is not a call.
    leaf: Option<String>,
    kind: Kind,
}

impl Call {
    fn shown(&self, planted: Option<Planted>) -> String {
        let text = self.inner(planted);
        match self.kind {
            // Both engines' own texts are compared.
            Kind::Date | Kind::Time | Kind::Decimal => format!("cast({text} as varchar)"),
            Kind::Map => format!("json_format(cast({text} as json))"),
            Kind::Json if self.leaf.is_none() => format!("json_format({text})"),
            _ => text,
        }
    }

    fn inner(&self, planted: Option<Planted>) -> String {
        if let Some(leaf) = &self.leaf {
            return leaf.clone();
        }
        let form = planted.map_or(self.form, |planted| planted.plant(self.form));
        let mut parts = form.split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (argument, part) in self.arguments.iter().zip(parts) {
            text.push_str(&argument.inner(planted));
            text.push_str(part);
        }
        text
    }
}

fn call(random: &mut fastrand::Rng) -> Call {
    let form = random.usize(..FORMS.len());
    of_form(random, form, DEPTH)
}

fn of_form(random: &mut fastrand::Rng, form: usize, depth: usize) -> Call {
    let (form, takes, gives) = FORMS[form];
    let arguments = takes.iter().map(|kind| argument(random, *kind, depth - 1));
    Call {
        form,
        arguments: arguments.collect(),
        leaf: None,
        kind: gives,
    }
}

fn argument(random: &mut fastrand::Rng, kind: Kind, depth: usize) -> Call {
    let giving: Vec<usize> = (0..FORMS.len())
        .filter(|form| FORMS[*form].2 == kind)
        .collect();
    if depth > 0 && !giving.is_empty() && random.u8(..3) == 0 {
        let form = giving[random.usize(..giving.len())];
        return of_form(random, form, depth);
    }
    let leaves = rows::leaves(kind);
    Call {
        form: "",
        arguments: Vec::new(),
        leaf: Some(leaves[random.usize(..leaves.len())].to_owned()),
        kind,
    }
}

/// How local Athena's values are not Trino's. Trino does not need what stands beside a NULL; here all arguments are
/// computed, and fail.
fn differs(call: &Call, expected: &Evaluated, ours: &Result<Vec<Json>>) -> Option<String> {
    let ours = match (&expected.failed, ours) {
        (Some(_), Err(_)) => return None,
        // An error of Trino's own, which is not the statement's.
        (Some(failed), Ok(_)) if !MEANT.contains(&failed.code.as_str()) => return None,
        (Some(failed), Ok(_)) => {
            return Some(format!(
                "Trino refuses it with {}, local Athena runs it",
                failed.code
            ));
        }
        // What local Athena names as beyond it.
        (None, Err(error)) if error.to_string().contains("lambda within a lambda") => return None,
        (None, Err(error)) => return Some(format!("local Athena refuses it: {error:#}")),
        (None, Ok(ours)) => ours,
    };
    for (row, (expected, ours)) in expected.values.iter().zip(ours).enumerate() {
        let is_same = match (expected, ours.as_array().and_then(|row| row.first())) {
            (None, None) => true,
            (Some((Json::Null,)), None) => call.arguments.iter().any(|inner| inner.leaf.is_none()),
            (Some((expected,)), Some(ours)) => is_near(expected, ours, 0.0),
            _ => false,
        };
        if !is_same {
            let expected = match expected {
                Some((expected,)) => expected.to_string(),
                None => "a failure".to_owned(),
            };
            let ours = match ours {
                Json::Null => "a failure".to_owned(),
                ours => ours[0].to_string(),
            };
            return Some(format!(
                "on the row {row} Trino has {expected}, local Athena {ours}"
            ));
        }
    }
    None
}

/// Whether values are the same, but for the last digits of doubles and a distance of their own.
fn is_near(expected: &Json, ours: &Json, distance: f64) -> bool {
    match (expected, ours) {
        (Json::Array(expected), Json::Array(ours)) => {
            expected.len() == ours.len()
                && expected
                    .iter()
                    .zip(ours)
                    .all(|(expected, ours)| is_near(expected, ours, distance))
        }
        (Json::String(expected), Json::String(ours)) if expected != ours => {
            match (double(expected), double(ours)) {
                (Some(expected), Some(ours)) => {
                    expected == ours
                        || expected.is_nan() && ours.is_nan()
                        || (expected - ours).abs()
                            <= distance + NEAR * expected.abs().max(ours.abs())
                }
                _ => false,
            }
        }
        _ => expected == ours,
    }
}

/// A double as either engine writes it.
fn double(text: &str) -> Option<f64> {
    match text {
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        text => text.parse().ok(),
    }
}
