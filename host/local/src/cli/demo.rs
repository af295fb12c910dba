//! `demo`: the whole way of a query on this machine, and a check of every answer.
//!
//! A fleet of devices is written through the Write API, seven queries are asked as Athena asks them, and every answer is
//! compared, row by row, with that of another engine over the generated rows. It ends with `7 of 7 equal`, or with the
//! rows that differ and an error.

mod questions;
mod stage;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use aws_sdk_timestreamwrite::error::BuildError;
use aws_sdk_timestreamwrite::types::Record;
use indicatif::{ProgressBar, ProgressStyle};

use self::questions::{QUESTIONS, Question};
use self::stage::Stage;
use super::print;
use crate::athena::Athena;
use crate::check::{Difference, Reference, difference};
use crate::data::generate::{DATABASE, Fleet, READINGS, SIGNALS};
use crate::data::write::{Numbered, Target};

/// Rows of a difference that are shown; a count tells of the others. Arbitrary: enough to see a pattern.
const ROWS_SHOWN: usize = 10;

/// Loads a fleet of devices, asks seven queries and checks every answer against another engine
///
/// Everything runs in this process, on free ports, and nothing is left behind; but with `--lambda`, which asks a function
/// that runs elsewhere.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// The dialect: a component
    #[arg(
        long,
        env = "dialect",
        value_name = "FILE.wasm",
        required_unless_present = "lambda"
    )]
    dialect: Option<PathBuf>,
    /// Plants a fault, which the check must find
    #[arg(long = "break", value_name = "WHAT", conflicts_with = "lambda")]
    broken: Option<Fault>,
    /// Asks a function behind this URL of Lambda's Invoke API; Timestream and S3 are those of the environment
    #[arg(long, value_name = "URL")]
    lambda: Option<String>,
}

/// What can be broken.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Fault {
    /// An upper bound in milliseconds is compared with nanoseconds as it is
    Nanoseconds,
}

/// Runs the demo.
///
/// # Errors
///
/// If anything fails, or any answer is not what it should be.
pub async fn run(args: Demo) -> anyhow::Result<()> {
    let stage = match &args.lambda {
        None => Stage::start(args.broken.is_some()).await?,
        Some(url) => Stage::around(url).await,
    };
    say(&stage.describe());
    let outcome = tokio::select! {
        outcome = ask_all(&stage, &args) => outcome,
        pressed = tokio::signal::ctrl_c() => {
            pressed.context("cannot wait for Ctrl-C").and_then(|()| anyhow::bail!("interrupted"))
        }
    };
    stage.stop().await?;
    say("\nstopped everything");
    let wrong = outcome?;
    for answer in &wrong {
        say(&format!("\n{answer}\n"));
    }
    let (asked, wrong) = (QUESTIONS.len(), wrong.len());
    say(&format!("{} of {asked} equal", asked - wrong));
    anyhow::ensure!(wrong == 0, "{wrong} of {asked} answers are wrong");
    Ok(())
}

/// Returns what is wrong with each answer that is.
async fn ask_all(stage: &Stage, args: &Demo) -> anyhow::Result<Vec<String>> {
    let started = Instant::now();
    let fleet = Fleet::generate();
    say(&format!(
        "generated {} points: {} readings and {} signals of {} devices ({})",
        fleet.points(),
        fleet.readings.len(),
        fleet.signals.len(),
        fleet.devices.len(),
        since(started)
    ));
    let clients = stage.clients();
    let client = clients.write().await?;
    let target = |table| Target {
        client: &client,
        database: DATABASE,
        table,
    };
    load(
        target(READINGS),
        fleet.reading_records(),
        fleet.readings.len(),
    )
    .await?;
    load(target(SIGNALS), fleet.signal_records(), fleet.signals.len()).await?;

    let started = Instant::now();
    let athena = stage.athena(args.dialect.as_deref())?;
    if let Some(dialect) = &args.dialect {
        let dialect = dialect.display();
        say(&format!(
            "built the connector with {dialect} ({})",
            since(started)
        ));
    }
    let reference = Reference::new(&fleet)?;
    let mut wrong = Vec::new();
    for (number, question) in (1..).zip(&QUESTIONS) {
        let title = format!("{number} of {}: {}", QUESTIONS.len(), question.title);
        say(&format!("\n{title}\n{}", question.sql));
        let what = match ask(&athena, &reference, question).await {
            Ok(None) => continue,
            Ok(Some(what)) => what,
            Err(error) => format!("failed: {error:#}"),
        };
        say("NOT EQUAL; the end tells why");
        wrong.push(format!("NOT EQUAL: {title}\n{what}"));
    }
    anyhow::ensure!(
        stage.faults_planted() != Some(0),
        "the fault was not planted: no statement held `{}`",
        questions::FAULT.right
    );
    Ok(wrong)
}

/// Writes all records of a table, which it creates.
async fn load(
    target: Target<'_>,
    records: impl Iterator<Item = Result<Record, BuildError>>,
    count: usize,
) -> anyhow::Result<()> {
    say(&format!("writing {count} records to {target}"));
    let started = Instant::now();
    target.create().await?;
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} records {eta}")?;
    // Nothing is drawn where standard error is no terminal: that is the default of a bar.
    let bar = ProgressBar::new(count as u64).with_style(style);
    let numbered = (1..).zip(records).map(|(line, record)| {
        let record = Ok(record?);
        Ok(Numbered { line, record })
    });
    let written = target.write(bar.wrap_iter(numbered)).await;
    bar.finish_and_clear();
    let written = written?;
    if let Some(rejected) = written.rejected.first() {
        anyhow::bail!(
            "{target} rejects record {}: {}",
            rejected.line,
            rejected.reason
        );
    }
    say(&format!(
        "wrote {} records ({})",
        written.records,
        since(started)
    ));
    Ok(())
}

/// Asks both sides one question. Returns what is wrong with the answer, if anything is.
async fn ask(
    athena: &Athena,
    reference: &Reference,
    question: &Question,
) -> anyhow::Result<Option<String>> {
    let answer = athena.query(question.sql).await?;
    for scan in &answer.scans {
        say(&print::scan(scan));
    }
    let expected = reference.query(question.sql).await;
    let (schema, expected) = expected.context("the other engine failed")?;
    let found = (&answer.schema, answer.batches.as_slice());
    if let Some(difference) = difference(&schema, &expected, found, question.is_ordered)? {
        return Ok(Some(describe(&difference)?));
    }
    if question.must_spill && answer.scans.iter().all(|scan| scan.blocks == 0) {
        return Ok(Some(
            "the rows are right, but they did not come through S3".to_owned(),
        ));
    }
    let rows: usize = expected.iter().map(RecordBatch::num_rows).sum();
    say(&format!(
        "equal: {rows} rows ({:.2} s)",
        answer.elapsed.as_secs_f64()
    ));
    Ok(None)
}

fn describe(difference: &Difference) -> anyhow::Result<String> {
    Ok(match difference {
        Difference::Columns { expected, found } => {
            format!("the columns should be {expected}\nand are {found}")
        }
        Difference::Rows { missing, surplus } => {
            let mut told = Vec::new();
            for (what, rows) in [("missing", missing), ("surplus", surplus)] {
                if rows.num_rows() > 0 {
                    let shown = rows.slice(0, rows.num_rows().min(ROWS_SHOWN));
                    let shown = pretty_format_batches(&[shown])?;
                    told.push(format!("{what} rows: {}\n{shown}", rows.num_rows()));
                }
            }
            told.join("\n")
        }
        Difference::Order { row } => format!("the order of rows is wrong from row {} on", row + 1),
    })
}

fn since(started: Instant) -> String {
    format!("{:.1} s", started.elapsed().as_secs_f64())
}

#[expect(clippy::print_stdout, reason = "what happens is what the demo is for")]
fn say(line: &str) {
    println!("{line}");
}
