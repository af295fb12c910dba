//! Proves with random cases, in any number, that the dialect loses no row: `cargo xtask prove`.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tests::plugin;
use tests::proof::{conditions, end_to_end, exhaustive, run};

/// What to try, and how much of it.
#[derive(Debug, Parser)]
#[command(name = "prove")]
struct Arguments {
    /// Conditions to ask of random tables
    #[arg(long, default_value_t = 0)]
    cases: u64,
    /// Whole queries to ask of random tables
    #[arg(long, default_value_t = 0)]
    end_to_end: u64,
    /// Ask every domain over a small line of values, for each type
    #[arg(long)]
    exhaustive: bool,
    /// The first seed; each further one gives the next few hundred conditions, and the next ten queries
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match prove(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn prove(arguments: &Arguments) -> anyhow::Result<()> {
    let plugin = plugin("timestream")?;
    if arguments.exhaustive {
        let lines = exhaustive::lines();
        let check = |number: u64| {
            let line = &lines[number as usize];
            let started = Instant::now();
            let count = line.check(&plugin)?;
            let seconds = started.elapsed().as_secs_f64();
            say(&format!(
                "{}: all {count} domains ({seconds:.0} s)",
                line.name
            ));
            Ok(None)
        };
        run::seeds(0, lines.len() as u64, check, |_| {})?;
    }
    let condition = |seed| conditions::batch(&plugin, seed);
    random(
        "conditions",
        arguments.cases,
        conditions::TERMS,
        arguments.seed,
        condition,
    )?;
    if arguments.end_to_end > 0 {
        let stage = end_to_end::Stage::start()?;
        let query = |seed| stage.batch(seed);
        random(
            "queries",
            arguments.end_to_end,
            end_to_end::QUERIES,
            arguments.seed,
            query,
        )?;
    }
    Ok(())
}

/// Asks `count` random cases, some for each seed.
fn random(
    what: &str,
    count: u64,
    per_seed: usize,
    seed: u64,
    batch: impl Fn(u64) -> anyhow::Result<Option<String>> + Sync,
) -> anyhow::Result<()> {
    let per_seed = per_seed as u64;
    let batches = count.div_ceil(per_seed);
    let started = Instant::now();
    // Some thirty lines in all.
    let step = batches.div_ceil(30).max(1);
    let progress = |done: u64| {
        if done.is_multiple_of(step) || done == batches {
            let rate = (done * per_seed) as f64 / started.elapsed().as_secs_f64();
            say(&format!("{} {what}, {rate:.0} a second", done * per_seed));
        }
    };
    run::seeds(seed, batches, batch, progress)
}

#[expect(clippy::print_stderr, reason = "a command talks to its user")]
fn say(line: &str) {
    eprintln!("{line}");
}
