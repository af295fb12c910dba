//! `compare`: the same queries through two functions, and of what kind each difference is.

mod known;
mod statements;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use aws_config::SdkConfig;
use serde_json::json;

use self::statements::{Statement, statements};
use super::connection::{Behaviour, in_process, lambda};
use crate::athena::{Athena, Function, QueryResult};
use crate::check::{Answer, Column, Kinds, Pair, Row, kinds};

/// Rows of each kind that are shown; a count tells of the others. Arbitrary: enough to see a pattern.
const ROWS_SHOWN: usize = 5;

/// Asks two functions the same queries and compares their rows
///
/// A side is `local` (the connector in this process, with the environment's settings), `local:FILE.wasm` (the same with
/// that dialect), `lambda:NAME` (a deployed function, by its name or ARN), or the URL of an emulator of Lambda. Athena's part
/// is this program's. The exit code is 1 if any answer differs, or one side fails alone.
///
/// Example: athena-timestream compare --left lambda:timestream-java --right lambda:timestream "select * from fleet.readings"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Compare {
    /// The side that is believed
    #[arg(long, value_name = "SIDE")]
    left: Side,
    /// The side that is held against it
    #[arg(long, value_name = "SIDE")]
    right: Side,
    /// The queries
    #[arg(required_unless_present = "suite")]
    sql: Vec<String>,
    /// A file of queries, each ended by a semicolon
    #[arg(long, value_name = "FILE")]
    suite: Option<PathBuf>,
    /// One JSON object for each query, on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    behaviour: Behaviour,
}

/// Which function is asked.
#[derive(Clone, Debug)]
enum Side {
    Local(Option<PathBuf>),
    Lambda(String),
    Emulator(String),
}

impl FromStr for Side {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "local" => Ok(Self::Local(None)),
            Some(("local", file)) if !file.is_empty() => Ok(Self::Local(Some(file.into()))),
            Some(("lambda", name)) if !name.is_empty() => Ok(Self::Lambda(name.to_owned())),
            Some(("http" | "https", _)) => Ok(Self::Emulator(text.to_owned())),
            _ => Err("a side is local, local:FILE.wasm, lambda:NAME, or an emulator's URL"),
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(None) => formatter.write_str("local"),
            Self::Local(Some(file)) => write!(formatter, "local:{}", file.display()),
            Self::Lambda(name) => write!(formatter, "lambda:{name}"),
            Self::Emulator(url) => formatter.write_str(url),
        }
    }
}

impl Side {
    fn open(&self, config: &SdkConfig, behaviour: &Behaviour) -> anyhow::Result<Athena> {
        let function = match self {
            Self::Local(plugin) => in_process(config, plugin.as_deref())?,
            Self::Lambda(name) => Function::Lambda {
                client: aws_sdk_lambda::Client::new(config),
                name: name.clone(),
            },
            Self::Emulator(url) => Function::Lambda {
                client: lambda(config, url),
                name: "function".to_owned(),
            },
        };
        behaviour
            .open(config, function)
            .with_context(|| format!("cannot ask {self}"))
    }
}

/// What came of one query.
enum Outcome {
    /// Both sides answered.
    Answers(Kinds),
    /// One side failed, or both did.
    Failed,
}

/// Compares the answers to all queries.
///
/// # Errors
///
/// If a side cannot be opened, or any answer differs.
pub async fn run(args: Compare) -> anyhow::Result<()> {
    let mut queries = Vec::new();
    for sql in &args.sql {
        queries.extend(statements(sql)?);
    }
    if let Some(suite) = &args.suite {
        let text = std::fs::read_to_string(suite)
            .with_context(|| format!("cannot read {}", suite.display()))?;
        queries.extend(statements(&text).with_context(|| suite.display().to_string())?);
    }
    ensure!(!queries.is_empty(), "there is no query");
    let config = aws_config::load_from_env().await;
    let left = args.left.open(&config, &args.behaviour)?;
    let right = args.right.open(&config, &args.behaviour)?;
    let mut equal = 0;
    for query in &queries {
        // One after the other: neither takes the other's time, nor Timestream's.
        let answers = (left.query(&query.sql).await, right.query(&query.sql).await);
        let outcome = match &answers {
            (Ok(left), Ok(right)) => Outcome::Answers(kinds(
                answer(left),
                answer(right),
                &query.keys(&left.schema),
            )?),
            _ => Outcome::Failed,
        };
        equal += usize::from(matches!(&outcome, Outcome::Answers(kinds) if kinds.is_empty()));
        let told = match args.json {
            true => as_json(query, &args, &answers, &outcome).to_string(),
            false => as_text(query, &args, &answers, &outcome),
        };
        say(&told);
    }
    if !args.json {
        say(&format!("{equal} of {} equal", queries.len()));
    }
    let different = queries.len() - equal;
    ensure!(
        different == 0,
        "{different} of {} answers differ",
        queries.len()
    );
    Ok(())
}

type Answers = (anyhow::Result<QueryResult>, anyhow::Result<QueryResult>);

fn answer(result: &QueryResult) -> Answer<'_> {
    Answer {
        schema: &result.schema,
        batches: &result.batches,
    }
}

/// What a side's answer took: rows, bytes of answers and blocks, seconds.
fn cost(result: &QueryResult) -> (usize, usize, Duration) {
    let rows = result.batches.iter().map(|batch| batch.num_rows()).sum();
    let bytes = result.scans.iter().map(|scan| scan.bytes).sum();
    (rows, bytes, result.elapsed)
}

fn as_text(query: &Statement, args: &Compare, answers: &Answers, outcome: &Outcome) -> String {
    let mut lines = vec![query.sql.clone()];
    for (label, side, answer) in [
        ("left ", &args.left, &answers.0),
        ("right", &args.right, &answers.1),
    ] {
        lines.push(match answer {
            Ok(result) => {
                let (rows, bytes, elapsed) = cost(result);
                let seconds = elapsed.as_secs_f64();
                format!("  {label}  {rows} rows, {bytes} bytes, {seconds:.3} s  ({side})")
            }
            Err(error) => format!("  {label}  failed: {error:#}  ({side})"),
        });
    }
    match outcome {
        Outcome::Answers(kinds) if kinds.is_empty() => lines.push("  equal".to_owned()),
        Outcome::Answers(kinds) => {
            lines.extend(differences(kinds));
            let hints = known::hints(kinds, query);
            lines.extend(hints.iter().map(|hint| format!("  note     {hint}")));
        }
        Outcome::Failed => lines.push("  not compared".to_owned()),
    }
    lines.join("\n")
}

fn differences(kinds: &Kinds) -> Vec<String> {
    let mut lines = Vec::new();
    for Column { name, left, right } in &kinds.columns {
        lines.push(match (left, right) {
            (Some(left), Some(right)) => {
                format!("  type     {name}: {left} on the left, {right} on the right")
            }
            (Some(_), None) => format!("  column   {name} is missing on the right"),
            _ => format!("  column   {name} is on the right alone"),
        });
    }
    for (kind, rows) in [("missing", &kinds.missing), ("extra  ", &kinds.extra)] {
        for row in rows.iter().take(ROWS_SHOWN) {
            lines.push(format!("  {kind}  {}", shown(row)));
        }
        more(rows.len(), kind.trim(), &mut lines);
    }
    for Pair { left, right, .. } in kinds.values.iter().take(ROWS_SHOWN) {
        let cells = kinds.shared.iter().zip(left).zip(right);
        let cells = cells.filter(|((_, left), right)| left != right);
        let cells =
            cells.map(|((name, left), right)| format!("{name}: {} → {}", cell(left), cell(right)));
        let cells = cells.collect::<Vec<_>>().join(", ");
        lines.push(format!("  value    {cells}  in {}", shown(left)));
    }
    more(kinds.values.len(), "value", &mut lines);
    if let Some(row) = kinds.order {
        lines.push(format!("  order    differs from row {} on", row + 1));
    }
    lines
}

fn more(count: usize, kind: &str, lines: &mut Vec<String>) {
    if count > ROWS_SHOWN {
        lines.push(format!("           {count} rows of the kind `{kind}`"));
    }
}

fn shown(row: &Row) -> String {
    row.iter().map(cell).collect::<Vec<_>>().join(" | ")
}

fn cell(cell: &Option<String>) -> &str {
    cell.as_deref().unwrap_or("NULL")
}

fn as_json(
    query: &Statement,
    args: &Compare,
    answers: &Answers,
    outcome: &Outcome,
) -> serde_json::Value {
    let side = |side: &Side, answer: &anyhow::Result<QueryResult>| match answer {
        Ok(result) => {
            let (rows, bytes, elapsed) = cost(result);
            json!({ "side": side.to_string(), "rows": rows, "bytes": bytes, "seconds": elapsed.as_secs_f64() })
        }
        Err(error) => json!({ "side": side.to_string(), "error": format!("{error:#}") }),
    };
    let mut told = json!({
        "sql": query.sql,
        "left": side(&args.left, &answers.0),
        "right": side(&args.right, &answers.1),
    });
    if let Outcome::Answers(kinds) = outcome {
        told["equal"] = kinds.is_empty().into();
        told["columns"] = kinds
            .columns
            .iter()
            .map(|Column { name, left, right }| json!({ "name": name, "left": left, "right": right }))
            .collect();
        told["missing"] = kinds.missing.len().into();
        told["extra"] = kinds.extra.len().into();
        told["value"] = kinds.values.len().into();
        told["order"] = kinds.order.is_some().into();
        told["notes"] = known::hints(kinds, query).into();
    } else {
        told["equal"] = false.into();
    }
    told
}

#[expect(
    clippy::print_stdout,
    reason = "the comparison is what the command gives"
)]
fn say(line: &str) {
    println!("{line}");
}
