//! `demo`: the whole way of a query on this machine, and a check of every answer.
//!
//! A fleet of devices is written through the Write API, seven queries are asked as Athena asks them, and every answer is
//! compared, row by row, with that of another engine over the generated rows. It ends with `7 of 7 equal`, or with the
//! rows that differ and an error.

mod compare;
mod fault;
mod questions;
mod reference;
mod stage;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use aws_sdk_timestreamwrite::error::BuildError;
use aws_sdk_timestreamwrite::types::Record;
use indicatif::{ProgressBar, ProgressStyle};

use self::compare::{Difference, difference};
use self::questions::{QUESTIONS, Question};
use self::reference::Reference;
use self::stage::Stage;
use super::print;
use crate::athena::Athena;
use crate::data::generate::{DATABASE, Fleet, READINGS, SIGNALS};
use crate::data::write::{Numbered, Target};

/// Rows of a difference that are shown; a count tells of the others.
const ROWS_SHOWN: usize = 10;

/// Loads a fleet of devices, asks seven queries and checks every answer against another engine
///
/// Everything runs in this process, on free ports; nothing is left behind.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// The dialect: a component
    #[arg(long, env = "dialect", value_name = "FILE.wasm")]
    dialect: PathBuf,
    /// Plants a fault, which the check must find
    #[arg(long = "break", value_name = "WHAT")]
    broken: Option<Fault>,
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
    let stage = Stage::start(args.broken.is_some()).await?;
    say(&format!("started {}", stage.describe()));
    let outcome = tokio::select! {
        outcome = ask_all(&stage, &args) => outcome,
        pressed = tokio::signal::ctrl_c() => Err(pressed.map_or_else(Into::into, |()| anyhow::anyhow!("interrupted"))),
    };
    stage.stop().await?;
    say("stopped everything");
    let equal = outcome?;
    let asked = QUESTIONS.len();
    say(&format!("{equal} of {asked} equal"));
    anyhow::ensure!(
        equal == asked,
        "{} of {asked} answers are wrong",
        asked - equal
    );
    Ok(())
}

/// Returns how many answers were right.
async fn ask_all(stage: &Stage, args: &Demo) -> anyhow::Result<usize> {
    let started = Instant::now();
    let fleet = Fleet::generate();
    say(&format!(
        "generated {} points: {} readings and {} signals of {} devices ({:.1} s)",
        fleet.points(),
        fleet.readings.len(),
        fleet.signals.len(),
        fleet.devices.len(),
        started.elapsed().as_secs_f64()
    ));
    let clients = stage.clients();
    let client = clients.write().await?;
    let readings = Target {
        client,
        database: DATABASE,
        table: READINGS,
    };
    load(readings, fleet.reading_records(), fleet.readings.len()).await?;
    let signals = Target {
        client,
        database: DATABASE,
        table: SIGNALS,
    };
    load(signals, fleet.signal_records(), fleet.signals.len()).await?;

    let started = Instant::now();
    let athena = stage.athena(&args.dialect)?;
    say(&format!(
        "built the connector with {} ({:.1} s)",
        args.dialect.display(),
        started.elapsed().as_secs_f64()
    ));
    let reference = Reference::new(&fleet)?;
    let mut equal = 0;
    for (number, question) in (1..).zip(&QUESTIONS) {
        say(&format!(
            "\n{number} of {}: {}",
            QUESTIONS.len(),
            question.title
        ));
        match ask(&athena, &reference, question).await {
            Ok(true) => equal += 1,
            Ok(false) => {}
            Err(error) => say(&format!("failed: {error:#}")),
        }
    }
    say("");
    anyhow::ensure!(
        stage.faults_planted() != Some(0),
        "the fault was not planted: no statement held `{}`",
        questions::FAULT.right
    );
    Ok(equal)
}

/// Writes all records of a table, which it creates.
async fn load(
    target: Target<'_>,
    records: impl Iterator<Item = Result<Record, BuildError>>,
    count: usize,
) -> anyhow::Result<()> {
    let started = Instant::now();
    target.create().await?;
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} records {eta}")?;
    // Nothing is drawn where standard error is no terminal: that is the default of a bar.
    let bar = ProgressBar::new(count as u64).with_style(style);
    let numbered = (1..).zip(records).map(|(line, record)| {
        Ok(Numbered {
            line,
            record: Ok(record?),
        })
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
        "wrote {} records to {target} ({:.1} s)",
        written.records,
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Asks both sides one question. Returns whether they answer alike.
async fn ask(athena: &Athena, reference: &Reference, question: &Question) -> anyhow::Result<bool> {
    say(question.sql);
    let answer = athena.query(question.sql).await?;
    for scan in &answer.scans {
        say(&print::scan(scan));
    }
    let (schema, expected) = reference
        .query(question.sql)
        .await
        .context("the other engine failed")?;
    let found = (&answer.schema, answer.batches.as_slice());
    if let Some(difference) = difference(&schema, &expected, found, question.is_ordered)? {
        tell_difference(&difference)?;
        return Ok(false);
    }
    if question.must_spill && answer.scans.iter().all(|scan| scan.blocks == 0) {
        say("DIFFERENT: the rows came in the answer, not through S3");
        return Ok(false);
    }
    let rows: usize = expected.iter().map(RecordBatch::num_rows).sum();
    let seconds = answer.elapsed.as_secs_f64();
    say(&format!("equal: {rows} rows ({seconds:.2} s)"));
    Ok(true)
}

fn tell_difference(difference: &Difference) -> anyhow::Result<()> {
    match difference {
        Difference::Columns { expected, found } => {
            say(&format!(
                "DIFFERENT columns: expected {expected}, found {found}"
            ));
        }
        Difference::Rows { missing, surplus } => {
            for (what, rows) in [("missing", missing), ("surplus", surplus)] {
                if rows.num_rows() > 0 {
                    let shown = rows.slice(0, rows.num_rows().min(ROWS_SHOWN));
                    say(&format!(
                        "DIFFERENT: {what} rows: {}\n{}",
                        rows.num_rows(),
                        pretty_format_batches(&[shown])?
                    ));
                }
            }
        }
        Difference::Order { row } => say(&format!("DIFFERENT order, from row {} on", row + 1)),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what happens is what the demo is for")]
fn say(line: &str) {
    println!("{line}");
}
