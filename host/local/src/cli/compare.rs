//! `compare`: the same queries through two functions, and of what kind each difference is.

mod known;
mod statements;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use aws_config::SdkConfig;
use futures::TryStreamExt as _;
use serde_json::json;

use self::statements::{Statement, statements};
use super::connection::{Behaviour, in_process, lambda};
use super::output::say;
use crate::athena::{Athena, Function};
use crate::check::{Answer, Column, Kinds, Pair, Row, kinds};

/// Rows of each kind that are shown; a count tells of the others. Arbitrary: enough to see a pattern.
const ROWS_SHOWN: usize = 5;

/// Rows that are compared at most. Each is held twice, as Arrow and as text.
const MOST_ROWS: usize = 1_000_000;

/// Asks two functions the same queries and compares their rows
///
/// A side is `local` (the connector in this process, with the environment's settings), `local:FILE.wasm` (the same with
/// that dialect), `lambda:NAME` (a deployed function, by its name or ARN), or the URL of an emulator of Lambda. Athena's part
/// is this program's. All rows are held in memory. The exit code is 1 if any answer differs, or one side fails alone.
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
    /// One side failed, or what both answered cannot be compared.
    Failed(String),
    /// Both failed.
    BothFailed,
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
    ensure!(
        !queries.is_empty(),
        "no query was given; hint: write one, or name a file with --suite"
    );
    let config = aws_config::load_from_env().await;
    let left = args.left.open(&config, &args.behaviour)?;
    let right = args.right.open(&config, &args.behaviour)?;
    let (mut equal, mut different) = (0, 0);
    for query in &queries {
        // One after the other: neither takes the other's time, nor Timestream's.
        let answers = (answer(&left, query).await, answer(&right, query).await);
        let outcome = outcome(query, &answers);
        match &outcome {
            Outcome::Answers(kinds) if kinds.is_empty() => equal += 1,
            Outcome::BothFailed => {}
            _ => different += 1,
        }
        let told = match args.json {
            true => as_json(query, &args, &answers, &outcome).to_string(),
            false => as_text(query, &args, &answers, &outcome),
        };
        say(&told);
    }
    let count = queries.len();
    if !args.json {
        let failed = match count - equal - different {
            0 => String::new(),
            failed => format!(", {failed} failed on both sides"),
        };
        say(&format!("{equal} of {count} equal{failed}"));
    }
    ensure!(different == 0, "{different} of {count} answers differ");
    ensure!(equal > 0, "no query was answered");
    Ok(())
}

/// Asks one side, for no more rows than are compared.
async fn answer(side: &Athena, query: &Statement) -> anyhow::Result<Answered> {
    let started = Instant::now();
    let mut rows = side.start(&query.sql).await?;
    let (schema, mut batches, mut count) = (rows.schema(), Vec::new(), 0);
    while let Some(batch) = rows.try_next().await? {
        count += batch.num_rows();
        if count > MOST_ROWS {
            break;
        }
        batches.push(batch);
    }
    let elapsed = started.elapsed();
    let bytes = rows.scans().await?.iter().map(|scan| scan.bytes).sum();
    Ok(Answered {
        schema,
        batches,
        rows: count,
        bytes,
        elapsed,
    })
}

/// What a side answered, and what it took.
struct Answered {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// If they are more than are compared, only some have been read.
    rows: usize,
    /// Of the function's answers and blocks.
    bytes: usize,
    elapsed: Duration,
}

fn outcome(query: &Statement, answers: &Answers) -> Outcome {
    fn side(answered: &Answered) -> Answer<'_> {
        Answer {
            schema: &answered.schema,
            batches: &answered.batches,
        }
    }
    let (left, right) = match answers {
        (Ok(left), Ok(right)) => (left, right),
        (Err(_), Err(_)) => return Outcome::BothFailed,
        _ => return Outcome::Failed("one side failed".to_owned()),
    };
    if left.rows > MOST_ROWS || right.rows > MOST_ROWS {
        let why = format!(
            "there are more than {MOST_ROWS} rows; hint: ask for a shorter time, or for a count"
        );
        return Outcome::Failed(why);
    }
    let kinds = kinds(side(left), side(right), &query.keys(&left.schema));
    match kinds {
        Ok(kinds) => Outcome::Answers(kinds),
        Err(error) => Outcome::Failed(format!("the answers cannot be compared: {error:#}")),
    }
}

type Answers = (anyhow::Result<Answered>, anyhow::Result<Answered>);

fn as_text(query: &Statement, args: &Compare, answers: &Answers, outcome: &Outcome) -> String {
    let mut lines = vec![query.sql.clone()];
    for (label, side, answer) in [
        ("left ", &args.left, &answers.0),
        ("right", &args.right, &answers.1),
    ] {
        lines.push(match answer {
            Ok(answered) => format!(
                "  {label}  {} rows, {} bytes, {:.3} s  ({side})",
                answered.rows,
                answered.bytes,
                answered.elapsed.as_secs_f64()
            ),
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
        Outcome::Failed(why) => lines.push(format!("  not compared: {why}")),
        Outcome::BothFailed => lines.push("  both failed".to_owned()),
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
    let side = |side: &Side, answer: &anyhow::Result<Answered>| match answer {
        Ok(answered) => json!({
            "side": side.to_string(),
            "rows": answered.rows,
            "bytes": answered.bytes,
            "seconds": answered.elapsed.as_secs_f64(),
        }),
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
