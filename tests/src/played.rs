//! Trino plays Athena: some hundreds of random statements through the connector give what Trino finds in the rows by
//! itself, and of each planted fault some give something else.
//!
//! `cargo xtask prove --trino` tries more. Without Java these tests are skipped, visibly.

#![expect(clippy::unwrap_used, reason = "a test")]

use tests::jvm::HINT;
use tests::say_skipped;
use tests::trino::fault::Fault;
use tests::trino::play::Play;
use tests::trino::stage::{Stage, Version};

/// A stage, or the reason why there is none, said once.
fn stage(version: Version, faults: &[Fault]) -> Option<Stage> {
    if let Some(why) = version.missing() {
        let name = version.name();
        say_skipped(&format!(
            "a test in which Trino {name} plays Athena, since {why}; {HINT}"
        ));
        return None;
    }
    Some(Stage::start(version, faults, Vec::new()).unwrap())
}

/// Plays seeds, and requires that they tell something.
fn play(version: Version, seeds: std::ops::Range<u64>) {
    let Some(stage) = stage(version, &[]) else {
        return;
    };
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
