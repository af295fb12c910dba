//! Proves with random cases, in any number, that the dialect loses no row: `cargo xtask prove`.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tests::plugin;
use tests::proof::{conditions, end_to_end, exhaustive, run};

/// What to try, and how much of it.
#[derive(Debug, Parser)]
#[command(
    name = "prove",
    after_help = "Without any of the first three: all domains, a million conditions and ten thousand queries."
)]
struct Arguments {
    /// Conditions to ask of random tables
    #[arg(long)]
    cases: Option<u64>,
    /// Whole queries to ask of random tables
    #[arg(long)]
    end_to_end: Option<u64>,
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
    let says_nothing =
        arguments.cases.is_none() && arguments.end_to_end.is_none() && !arguments.exhaustive;
    let usual = |count| if says_nothing { count } else { 0 };
    if arguments.exhaustive || says_nothing {
        let lines = exhaustive::lines();
        let check = |number: u64| {
            let line = &lines[number as usize];
            let started = Instant::now();
            let count = line.check(&plugin)?.domains;
            let seconds = started.elapsed().as_secs_f64();
            say(&format!(
                "{}: all {count} domains ({seconds:.0} s)",
                line.name
            ));
            Ok(None)
        };
        run::seeds(0, lines.len() as u64, check, |_| {})?;
    }
    let conditions = Tier {
        what: "conditions",
        option: "--cases",
        count: arguments.cases.unwrap_or(usual(1_000_000)),
        per_seed: conditions::TERMS as u64,
    };
    conditions.run(arguments.seed, |seed| conditions::batch(&plugin, seed))?;
    let queries = Tier {
        what: "queries",
        option: "--end-to-end",
        count: arguments.end_to_end.unwrap_or(usual(10_000)),
        per_seed: end_to_end::QUERIES as u64,
    };
    if queries.count > 0 {
        let stage = end_to_end::Stage::start()?;
        queries.run(arguments.seed, |seed| stage.batch(seed))?;
    }
    Ok(())
}

/// Random cases, some for each seed.
struct Tier {
    what: &'static str,
    option: &'static str,
    count: u64,
    per_seed: u64,
}

impl Tier {
    fn run(
        &self,
        seed: u64,
        batch: impl Fn(u64) -> anyhow::Result<Option<String>> + Sync,
    ) -> anyhow::Result<()> {
        let Self {
            what,
            option,
            count,
            per_seed,
        } = self;
        let batches = count.div_ceil(*per_seed);
        let started = Instant::now();
        // Some thirty lines in all.
        let step = batches.div_ceil(30).max(1);
        let progress = |done: u64| {
            if done.is_multiple_of(step) || done == batches {
                let rate = (done * per_seed) as f64 / started.elapsed().as_secs_f64();
                say(&format!("{} {what}, {rate:.0} a second", done * per_seed));
            }
        };
        let again =
            |seed| format!("\n  again    cargo xtask prove {option} {per_seed} --seed {seed}");
        let case = |seed| {
            let wrong = batch(seed)?;
            Ok(wrong.map(|wrong| wrong + &again(seed)))
        };
        run::seeds(seed, batches, case, progress)
    }
}

#[expect(clippy::print_stderr, reason = "a command talks to its user")]
fn say(line: &str) {
    eprintln!("{line}");
}
