//! `plugin check`: what a function would say of a plugin, and whether a dialect is right.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use connector::plugin::{Admitted, Dialect, Digest, Engine, Policy};

use super::{read, say};
use crate::cli::name_and_value;
use crate::proof::subject::Subject;
use crate::proof::{conditions, end_to_end, exhaustive, run};

/// Checks a plugin: that a function would take it and, of a dialect, that it loses no row
///
/// A function takes a component that imports nothing, exports the contract and answers probing requests of every kind. Whether a
/// dialect is right is tried here: random conditions, whole queries with orders and limits, and every domain over small lines
/// of values are asked of the local Timestream, and held against an evaluator that sees no SQL. What is wrong is printed in
/// its simplest form: the condition, what became of it, and the row. Columns that the dialect does not show as what they are,
/// functions that it does not announce, and what it refuses are not judged.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// The plugin, a WebAssembly component
    file: PathBuf,
    /// Random conditions to try of a dialect, and a twentieth as many whole queries; then without the domains
    #[arg(long)]
    cases: Option<u64>,
    /// Try every domain too where --cases is given
    #[arg(long, requires = "cases")]
    exhaustive: bool,
    /// An option that the dialect is tried with
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = name_and_value)]
    options: Vec<(String, String)>,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Conditions where no number is given.
const CASES: u64 = 3_000;

/// Whole queries take so many times as long as a condition.
const CONDITIONS_A_QUERY: u64 = 20;

/// Checks, and says what was found.
///
/// # Errors
///
/// What is wrong with the plugin.
pub(super) async fn check(args: Check) -> anyhow::Result<()> {
    let bytes = read(&args.file)?;
    // Runtimes of their own are started below.
    tokio::task::spawn_blocking(move || check_bytes(&bytes, &args))
        .await
        .context("the check was cut short")?
}

fn check_bytes(bytes: &[u8], args: &Check) -> anyhow::Result<()> {
    say(&format!("digest      {}", Digest::of(bytes)));
    say(&format!("size        {} KiB", bytes.len().div_ceil(1024)));
    let plugin = Admitted::from_bytes(&Engine::new()?, bytes)?;
    match plugin {
        Admitted::Policy(policy) => {
            say("contract    timestream:dialect/policy@0.1, and no import");
            check_policy(&policy)
        }
        Admitted::Dialect(dialect) => {
            say("contract    timestream:dialect/dialect@0.1, and no import");
            check_dialect(&dialect, args)
        }
    }
}

fn check_policy(policy: &Policy) -> anyhow::Result<()> {
    say(&format!(
        "name        {} {}",
        policy.name(),
        policy.version()
    ));
    let started = Instant::now();
    policy.probe()?;
    probed(started, policy.most_fuel());
    Ok(())
}

/// Tries some hundred conditions of a dialect.
pub(super) fn quickly(dialect: &Arc<Dialect>) -> anyhow::Result<()> {
    let subject = Subject::lenient(dialect.clone(), Vec::new());
    run::seeds(1, 1, |seed| conditions::batch(&subject, seed), |_| {})
}

fn check_dialect(dialect: &Arc<Dialect>, args: &Check) -> anyhow::Result<()> {
    let (cases, seed) = (args.cases.unwrap_or(CASES), args.seed);
    let described = dialect.description();
    say(&format!(
        "name        {} {}",
        described.name, described.version
    ));
    let functions: Vec<&str> = described
        .functions
        .iter()
        .map(|function| function.name())
        .collect();
    let mut wants = vec![match functions.as_slice() {
        [] => "value sets alone".to_owned(),
        functions => functions.join(" "),
    }];
    wants.extend(described.limit.then(|| "limits".to_owned()));
    wants.extend(described.top_n.then(|| "orders with a limit".to_owned()));
    say(&format!("wants       {}", wants.join(", ")));
    let started = Instant::now();
    dialect.probe()?;
    probed(started, dialect.most_fuel());

    let subject = Arc::new(Subject::lenient(dialect.clone(), args.options.clone()));
    let refused = |before: usize| match subject.refused() - before {
        0 => String::new(),
        refused => format!(", {refused} of them refused"),
    };
    let batches = cases.div_ceil(conditions::TERMS as u64);
    let batch = |seed| conditions::batch(&subject, seed);
    run::seeds(seed, batches, batch, |_| {})?;
    let drawn = batches * conditions::TERMS as u64;
    let judged = subject.judged();
    say(&format!(
        "conditions  {drawn} drawn, {judged} judged{}",
        refused(0)
    ));
    ensure!(
        judged > 0,
        "no condition could be judged: the dialect shows, wants or plans none of them"
    );

    let batches = cases.div_ceil(CONDITIONS_A_QUERY * end_to_end::QUERIES as u64);
    let before = subject.refused();
    let stage = end_to_end::Stage::start(subject.clone())?;
    run::seeds(seed, batches, |seed| stage.batch(seed), |_| {})?;
    say(&format!("queries     {}{}", stage.asked(), refused(before)));
    let is_exhaustive = args.exhaustive || args.cases.is_none();
    let lines = exhaustive::lines().into_iter();
    for line in lines.filter(|_| is_exhaustive) {
        let before = subject.judged();
        let checked = line.check(&subject, exhaustive::RANGES)?;
        say(&format!(
            "domains     {}: {} drawn, {} judged, {} of them exact",
            line.name,
            checked.domains,
            subject.judged() - before,
            checked.exact
        ));
    }
    say("of what was judged no row is lost, and none is one too many");
    Ok(())
}

fn probed(started: Instant, most_fuel: u64) {
    let milliseconds = started.elapsed().as_millis();
    say(&format!(
        "probes      answered in {milliseconds} ms; the dearest call burnt {most_fuel} of 1000000000 units of fuel"
    ));
}
