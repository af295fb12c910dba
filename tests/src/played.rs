//! Trino plays Athena: some hundreds of random statements through the connector give what Trino finds in the rows by
//! itself, and with each planted fault some give something else. And it judges the host's own evaluator.
//!
//! `cargo xtask prove --trino` and `--evaluator` try more. Without Java these tests are skipped, visibly.

#![expect(clippy::unwrap_used, reason = "a test")]

use tests::jvm::HINT;
use tests::say_skipped;
use tests::trino::compare::{Judged, judge};
use tests::trino::evaluator::Bench;
use tests::trino::fault::Fault;
use tests::trino::generate::Comparison;
use tests::trino::play::Play;
use tests::trino::stage::{Profile, Stage, Version};

/// Whether there is such a Trino; says what is skipped if there is none.
fn is_there(version: Version) -> bool {
    let missing = version.missing();
    if let Some(why) = missing {
        let name = version.name();
        say_skipped(&format!("a test with Trino {name}, since {why}; {HINT}"));
    }
    missing.is_none()
}

fn stage(version: Version, faults: &[Fault]) -> Option<Stage> {
    is_there(version).then(|| Stage::start(version, faults, Vec::new()).unwrap())
}

/// Plays seeds, and requires that they tell something.
fn play(version: Version, seeds: std::ops::Range<u64>) {
    let Some(stage) = stage(version, &[]) else {
        return;
    };
    read_whole(&stage);
    let play = Play::new(&stage, version, None);
    for seed in seeds {
        let wrong = play.batch(seed).unwrap();
        assert_eq!(
            wrong,
            None,
            "seed {seed}: {}",
            wrong.as_deref().unwrap_or_default()
        );
    }
    let tally = &play.tally;
    for counter in [
        &tally.pushed,
        &tally.spilled,
        &tally.in_blocks,
        &tally.narrowed,
    ] {
        assert!(
            counter.load(std::sync::atomic::Ordering::Relaxed) > 0,
            "{}",
            tally.shown()
        );
    }
}

/// Reads every source whole, in blocks of every size.
fn read_whole(stage: &Stage) {
    let sources = stage.sources();
    for source in sources.all() {
        let columns = source.columns.iter();
        let columns: Vec<String> = columns
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        let sql = format!("SELECT {} FROM {{{}}}", columns.join(", "), source.name);
        let expected = sources.render(&sql, "rows");
        let catalog = Profile::Everything.catalog(None);
        let mut statements = vec![(expected, 0)];
        statements.extend((0..4).map(|seed| (sources.render(&sql, &catalog), seed)));
        let mut outcomes = stage.run(&statements).unwrap().into_iter();
        let expected = outcomes.next().unwrap();
        assert!(!expected.rows.is_empty(), "{sql}");
        let mut blocks = 0;
        for answer in outcomes {
            let whole = |_: &str| unreachable!("a bag is compared as it is");
            let judged = judge(&Comparison::Bag, &answer, &expected, whole).unwrap();
            assert_eq!(judged, Judged::Right, "{sql}");
            blocks = blocks.max(answer.sent[0].blocks);
        }
        assert!(
            blocks > 20 || source.name != "big",
            "{blocks} blocks of {sql}"
        );
    }
}

#[test]
fn statements_of_trino_435_give_their_rows() {
    play(Version::V435, 1..9);
}

#[test]
fn statements_of_trino_393_give_their_rows() {
    play(Version::V393, 1..4);
}

#[test]
fn every_planted_fault_is_found() {
    let faults = [
        Fault::Bounds,
        Fault::Limit,
        Fault::Null,
        Fault::Zero,
        Fault::Milliseconds,
    ];
    let Some(stage) = stage(Version::V435, &faults) else {
        return;
    };
    for fault in faults {
        let play = Play::new(&stage, Version::V435, Some(fault));
        let mut seeds = 1..20;
        assert!(
            seeds.any(|seed| !play.is_right(seed).unwrap()),
            "{} is not found",
            fault.name()
        );
    }
}

#[test]
fn the_evaluator_has_trino_s_values_and_failures() {
    if !is_there(Version::V435) {
        return;
    }
    let bench = Bench::start(Version::V435).unwrap();
    for seed in 1..4 {
        let wrong = bench.batch(seed).unwrap();
        assert_eq!(
            wrong,
            None,
            "seed {seed}: {}",
            wrong.as_deref().unwrap_or_default()
        );
    }
}

/// What a connector with the fault would have written.
#[test]
fn faults_change_the_statement_as_their_names_say() {
    let rewritten = |fault: Fault, sql: &str| fault.rewrite().unwrap()(sql);
    assert_eq!(
        rewritten(
            Fault::Limit,
            "SELECT \"a\"\nFROM \"d\".\"t\"\nWHERE (x)\nAND (y)\nORDER BY \"a\" ASC\nLIMIT 5"
        ),
        "SELECT \"a\"\nFROM (SELECT * FROM \"d\".\"t\"\nORDER BY \"a\" ASC\nLIMIT 5) AS cut\nWHERE (x)\nAND (y)\nORDER BY \"a\" ASC"
    );
    let whole = "SELECT 1\nFROM t\nWHERE (\"a\" = 'x')";
    assert_eq!(rewritten(Fault::Limit, whole), whole);
    assert_eq!(
        rewritten(
            Fault::Null,
            "(\"a\" = 'x' OR \"a\" IS NULL) AND (\"b\" > 1 OR \"b\" < 0)"
        ),
        "(\"a\" = 'x') AND (\"b\" > 1 OR \"b\" < 0)"
    );
    assert_eq!(
        rewritten(
            Fault::Zero,
            "(\"d\" IN (1.0E0, 2.0E0) OR \"d\" = 0.0E0) AND (\"e\" NOT IN (1.0E0) AND \"e\" <> 0.0E0)"
        ),
        "(\"d\" IN (1.0E0, 2.0E0)) AND (\"e\" NOT IN (1.0E0))"
    );
    assert_eq!(
        rewritten(
            Fault::Milliseconds,
            "SELECT to_milliseconds(\"time\")\nFROM t\nORDER BY to_milliseconds(\"time\") DESC, \"id\" ASC\nLIMIT 1"
        ),
        "SELECT to_milliseconds(\"time\")\nFROM t\nORDER BY \"time\" DESC, \"id\" ASC\nLIMIT 1"
    );
}
