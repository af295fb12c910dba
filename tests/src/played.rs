//! Trino plays Athena: some hundred random statements through the connector give what Trino finds in the rows by
//! itself, and with each planted fault some give something else. And it judges the host's own evaluator.
//!
//! `cargo xtask prove --trino` and `--evaluator` try more. Without Java these tests are skipped, visibly.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicU64, Ordering};

use tests::jvm::HINT;
use tests::say_skipped;
use tests::trino::compare::{Judged, judge};
use tests::trino::evaluator::{self, Bench};
use tests::trino::fault::Fault;
use tests::trino::generate::Comparison;
use tests::trino::play::Play;
use tests::trino::stage::{Profile, Stage, Version};

/// A Trino to ask; None if there is none here, which is said.
fn stage(version: Version, faults: &[Fault]) -> Option<Stage> {
    if let Some(why) = version.missing() {
        let name = version.name();
        say_skipped(&format!("the tests with Trino {name}, since {why}; {HINT}"));
        return None;
    }
    Some(Stage::start(version, faults, evaluator::tables()).unwrap())
}

/// Plays seeds, and requires that they tell something.
fn play(stage: &Stage, seeds: std::ops::Range<u64>) {
    let play = Play::new(stage, None);
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
    // Where a side fails, nothing is compared.
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let failed = count(&tally.both_fail) + count(&tally.expected_fails);
    assert!(3 * failed < count(&tally.statements), "{}", tally.shown());
    let answer_fails = count(&tally.answer_fails);
    assert!(
        50 * answer_fails < count(&tally.statements),
        "{}",
        tally.shown()
    );
    for counter in [
        &tally.pushed,
        &tally.spilled,
        &tally.in_blocks,
        &tally.narrowed,
    ] {
        assert!(count(counter) > 0, "{}", tally.shown());
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
        // A read of every kind: inline, in many blocks, in some, in one.
        statements.extend([0, 1, 3, 5].map(|seed| (sources.render(&sql, &catalog), seed)));
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

/// Each fault makes an answer wrong among some hundreds of statements.
fn find(stage: &Stage, faults: &[Fault]) {
    for fault in faults {
        let play = Play::new(stage, Some(*fault));
        // Where the generator stands today, the first of these seeds finds it; the others keep the test true when the
        // generator changes.
        let first = match fault {
            Fault::Limit | Fault::Null => 1,
            Fault::Bounds => 2,
            Fault::Zero => 3,
            Fault::Milliseconds => 7,
        };
        let mut seeds = first..first + 20;
        assert!(
            seeds.any(|seed| !play.is_right(seed).unwrap()),
            "{} is not found",
            fault.name()
        );
    }
}

/// The host's evaluator has Trino's values, and fails where it does.
fn evaluate(stage: &Stage, seeds: std::ops::Range<u64>) {
    let bench = Bench::new(stage);
    for seed in seeds {
        let wrong = bench.batch(seed).unwrap();
        assert_eq!(
            wrong,
            None,
            "seed {seed}: {}",
            wrong.as_deref().unwrap_or_default()
        );
    }
}

/// One test, since a Trino takes seconds to start.
#[test]
fn trino_435_gets_what_it_finds_by_itself_and_finds_every_fault() {
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
    read_whole(&stage);
    play(&stage, 1..7);
    find(&stage, &faults);
    evaluate(&stage, 1..4);
}

#[test]
fn trino_393_gets_what_it_finds_by_itself() {
    let Some(stage) = stage(Version::V393, &[]) else {
        return;
    };
    play(&stage, 1..3);
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
