//! Proves with random cases, in any number, that the dialect loses no row, and that a Trino that plays Athena gets from
//! the connector what it finds by itself: `cargo xtask prove`.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::Parser;
use tests::plugin;
use tests::proof::subject::Subject;
use tests::proof::{conditions, end_to_end, exhaustive, run, tenants};
use tests::trino::evaluator::{self, Bench};
use tests::trino::fault::Fault;
use tests::trino::functions::{self, Planted};
use tests::trino::play::{self, Play};
use tests::trino::stage::{Stage, Version};

/// What to try, and how much of it.
#[derive(Debug, Parser)]
#[command(
    name = "prove",
    after_help = "Without any of --cases, --end-to-end, --tenants, --exhaustive, --trino, --evaluator and --functions: all domains, a million conditions and \
                  ten thousand queries."
)]
struct Arguments {
    /// Conditions to ask of random tables
    #[arg(long)]
    cases: Option<u64>,
    /// Whole queries to ask of random tables
    #[arg(long)]
    end_to_end: Option<u64>,
    /// Whole queries of several tenants' callers, with the policy `tenant` in the chain
    #[arg(long)]
    tenants: Option<u64>,
    /// Ask every domain over a small line of values, for each type
    #[arg(long)]
    exhaustive: bool,
    /// Statements of a Trino that plays Athena, each compared with what it finds in the rows by itself
    #[arg(long)]
    trino: Option<u64>,
    /// The version of Trino for --trino
    #[arg(long, value_enum, default_value_t)]
    trino_version: Version,
    /// Plant a fault, which --trino must find
    #[arg(long = "break", value_enum, requires = "trino")]
    fault: Option<Fault>,
    /// Cases of the host's own evaluator, each a call on a row, compared with the value that Trino 435 has
    #[arg(long)]
    evaluator: Option<u64>,
    /// Cases of functions, operators and casts, each a call on a row in local Athena, compared with Trino 435
    #[arg(long)]
    functions: Option<u64>,
    /// Plant a difference in local Athena's calls, which --functions must find
    #[arg(long, value_enum, requires = "functions")]
    plant: Option<Planted>,
    /// The first seed; each further one gives the next few hundred conditions, ten queries, or some dozens of statements
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
    let subject = Arc::new(Subject::strict(plugin("timestream")?));
    let says_nothing = !arguments.exhaustive
        && [
            arguments.cases,
            arguments.end_to_end,
            arguments.tenants,
            arguments.trino,
            arguments.evaluator,
            arguments.functions,
        ]
        .iter()
        .all(Option::is_none);
    let usual = |count| if says_nothing { count } else { 0 };
    if arguments.exhaustive || says_nothing {
        let lines = exhaustive::lines();
        let check = |number: u64| {
            let line = &lines[number as usize];
            let started = Instant::now();
            let count = line.check(&subject, exhaustive::RANGES)?.domains;
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
    conditions.run(arguments.seed, |seed| conditions::batch(&subject, seed))?;
    let queries = Tier {
        what: "queries",
        option: "--end-to-end",
        count: arguments.end_to_end.unwrap_or(usual(10_000)),
        per_seed: end_to_end::QUERIES as u64,
    };
    if queries.count > 0 {
        let stage = end_to_end::Stage::start(subject.clone())?;
        queries.run(arguments.seed, |seed| stage.batch(seed))?;
    }
    if let Some(count) = arguments.tenants {
        let queries = Tier {
            what: "queries of tenants",
            option: "--tenants",
            count,
            per_seed: tenants::PER_SEED as u64,
        };
        let stage = tenants::Stage::start()?;
        queries.run(arguments.seed, |seed| stage.batch(seed))?;
    }
    if let Some(count) = arguments.trino {
        play(arguments, count)?;
    }
    if let Some(count) = arguments.evaluator {
        let stage = Stage::start(Version::V435, &[], evaluator::tables())?;
        let bench = Bench::new(&stage);
        let cases = Tier {
            what: "cases",
            option: "--evaluator",
            count,
            per_seed: evaluator::CASES as u64,
        };
        cases.run(arguments.seed, |seed| bench.batch(seed))?;
    }
    if let Some(count) = arguments.functions {
        let stage = Stage::start(Version::V435, &[], Vec::new())?;
        let bench = functions::Bench::new(&stage, arguments.plant)?;
        let option = match arguments.plant {
            Some(planted) => format!("--plant {} --functions", planted.name()),
            None => "--functions".to_owned(),
        };
        let cases = Tier {
            what: "cases",
            option: &option,
            count,
            per_seed: functions::CASES as u64,
        };
        cases.run(arguments.seed, |seed| bench.batch(seed))?;
    }
    Ok(())
}

/// Runs statements on both sides, past what differs, up to [`DIFFERENCES`].
fn play(arguments: &Arguments, count: u64) -> anyhow::Result<()> {
    let version = arguments.trino_version;
    let stage = Stage::start(version, arguments.fault.as_slice(), Vec::new())?;
    let play = Play::new(&stage, arguments.fault);
    let mut option = format!("--trino-version {} --trino", version.name());
    if let Some(fault) = arguments.fault {
        option = format!("--break {} {option}", fault.name());
    }
    let statements = Tier {
        what: "statements",
        option: &option,
        count,
        per_seed: play::STATEMENTS as u64,
    };
    let differences = AtomicUsize::new(0);
    statements.run(arguments.seed, |seed| {
        let Some(wrong) = play.batch(seed)? else {
            return Ok(None);
        };
        if differences.fetch_add(1, Ordering::Relaxed) + 1 >= DIFFERENCES {
            return Ok(Some(wrong));
        }
        say(&format!("seed {seed}: {wrong}{}", statements.again(seed)));
        Ok(None)
    })?;
    say(&play.tally.shown());
    let differences = differences.into_inner();
    anyhow::ensure!(
        differences == 0,
        "{differences} seeds have statements whose answers differ"
    );
    Ok(())
}

/// So many seeds with a difference end a run; arbitrary.
const DIFFERENCES: usize = 10;

/// Random cases, some for each seed.
struct Tier<'a> {
    what: &'static str,
    option: &'a str,
    count: u64,
    per_seed: u64,
}

impl Tier<'_> {
    fn run(
        &self,
        seed: u64,
        batch: impl Fn(u64) -> anyhow::Result<Option<String>> + Sync,
    ) -> anyhow::Result<()> {
        let Self {
            what,
            count,
            per_seed,
            ..
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
        let case = |seed| {
            let wrong = batch(seed)?;
            Ok(wrong.map(|wrong| wrong + &self.again(seed)))
        };
        run::seeds(seed, batches, case, progress)
    }

    /// How to repeat the cases of a seed.
    fn again(&self, seed: u64) -> String {
        let Self {
            option, per_seed, ..
        } = self;
        format!("\n  again     cargo xtask prove {option} {per_seed} --seed {seed}")
    }
}

#[expect(clippy::print_stderr, reason = "a command talks to its user")]
fn say(line: &str) {
    eprintln!("{line}");
}
