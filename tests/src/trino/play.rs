//! Random statements on the connector and on the expected side, some for each seed.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};

use super::compare::{Judged, judge};
use super::fault::Fault;
use super::generate::{Comparison, Statement, statement};
use super::stage::{Outcome, Profile, Sent, Stage};
use crate::proof::shrink::shrink;

/// Statements of a seed: enough to keep Trino's threads busy between two commands.
pub const STATEMENTS: usize = 40;

/// Bytes that a statement is made of at most.
const BYTES: usize = 160;

/// Plays seeds, and counts what came.
pub struct Play<'a> {
    stage: &'a Stage,
    fault: Option<Fault>,
    /// What came so far.
    pub tally: Tally,
}

/// What came of statements.
#[derive(Debug, Default)]
pub struct Tally {
    /// Statements that were compared or failed.
    pub statements: AtomicU64,
    /// Statements that fail on both sides.
    pub both_fail: AtomicU64,
    /// Statements that fail on the expected side alone.
    pub expected_fails: AtomicU64,
    /// Statements that fail on the connector's side alone.
    pub answer_fails: AtomicU64,
    /// Scans with a domain, an expression, an order or a limit.
    pub pushed: AtomicU64,
    /// Scans whose rows came through S3.
    pub spilled: AtomicU64,
    /// Those in more than one block.
    pub in_blocks: AtomicU64,
    /// Scans that a join narrowed after they were planned.
    pub narrowed: AtomicU64,
}

impl Tally {
    /// The counts beyond that of statements, for a person.
    pub fn shown(&self) -> String {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{} fail on both sides, {} on the expected side alone, {} on the connector's alone; of the scans {} had something pushed, {} were spilled \
             ({} in several blocks), {} were narrowed by a join",
            count(&self.both_fail),
            count(&self.expected_fails),
            count(&self.answer_fails),
            count(&self.pushed),
            count(&self.spilled),
            count(&self.in_blocks),
            count(&self.narrowed)
        )
    }

    fn count(&self, answer: &Outcome, judged: &Judged) {
        let add = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        add(&self.statements);
        match judged {
            Judged::BothFail => add(&self.both_fail),
            Judged::ExpectedFails => add(&self.expected_fails),
            Judged::AnswerFails => add(&self.answer_fails),
            Judged::Right | Judged::Wrong(_) => 0,
        };
        for Sent {
            shown,
            spilled,
            blocks,
            planned,
            read,
            ..
        } in &answer.sent
        {
            if !shown.is_empty() {
                add(&self.pushed);
            }
            if *spilled {
                add(&self.spilled);
            }
            if *blocks > 1 {
                add(&self.in_blocks);
            }
            if read.as_ref().is_some_and(|read| read != planned) {
                add(&self.narrowed);
            }
        }
    }
}

/// A statement with the bytes it is made of, and what Athena is free to choose.
struct Case {
    origin: Vec<u8>,
    profile: Profile,
    seed: u64,
}

impl<'a> Play<'a> {
    /// On a stage that has the fault, if one is to be found.
    pub fn new(stage: &'a Stage, fault: Option<Fault>) -> Self {
        Self {
            stage,
            fault,
            tally: Tally::default(),
        }
    }

    /// Plays the [`STATEMENTS`] of a seed. What is wrong with the first wrong answer comes back, of a statement as simple
    /// as can be.
    ///
    /// # Errors
    ///
    /// When Trino has ended.
    pub fn batch(&self, seed: u64) -> Result<Option<String>> {
        let wrong = self.wrong(seed)?;
        wrong.map(|case| self.simplest(&case)).transpose()
    }

    /// Plays the statements of a seed; whether all answers are right.
    ///
    /// # Errors
    ///
    /// When Trino has ended.
    pub fn is_right(&self, seed: u64) -> Result<bool> {
        Ok(self.wrong(seed)?.is_none())
    }

    /// The first case of a seed whose answer is wrong.
    fn wrong(&self, seed: u64) -> Result<Option<Case>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let cases: Vec<Case> = (0..STATEMENTS)
            .map(|_| {
                let mut origin = vec![0; BYTES];
                random.fill(&mut origin);
                Case {
                    origin,
                    profile: match random.u8(..4) {
                        0 => Profile::Values,
                        _ => Profile::Everything,
                    },
                    seed: random.u64(..1 << 32),
                }
            })
            .collect();
        let played = self.play(&cases)?;
        let mut wrong = None;
        for (case, (answer, judged)) in cases.into_iter().zip(&played) {
            self.tally.count(answer, judged);
            if matches!(judged, Judged::Wrong(_)) {
                wrong = wrong.or(Some(case));
            }
        }
        Ok(wrong)
    }

    fn statement(&self, case: &Case) -> Statement {
        statement(
            self.stage.sources(),
            &case.origin,
            self.stage.version().ties_zeros(),
        )
    }

    /// Runs cases on both sides.
    fn play(&self, cases: &[Case]) -> Result<Vec<(Outcome, Judged)>> {
        let sources = self.stage.sources();
        let statements: Vec<Statement> = cases.iter().map(|case| self.statement(case)).collect();
        let mut asked = Vec::with_capacity(2 * cases.len());
        for (case, statement) in cases.iter().zip(&statements) {
            let sql = sources.render(&statement.sql, &case.profile.catalog(self.fault));
            asked.push((sql, case.seed));
            // Which rows a limit leaves is open: all are asked for.
            let expected = match &statement.comparison {
                Comparison::Limited { whole, .. } => whole,
                _ => &statement.sql,
            };
            asked.push((sources.render(expected, "rows"), 0));
        }
        let mut outcomes = self.stage.run(&asked)?.into_iter();
        let mut played = Vec::with_capacity(cases.len());
        for statement in &statements {
            let answer = outcomes.next().context("no outcome")?;
            let expected = outcomes.next().context("no outcome")?;
            let judged = judge(&statement.comparison, &answer, &expected, |whole| {
                let sql = sources.render(whole, "rows");
                self.stage.run(&[(sql, 0)])?.pop().context("no outcome")
            })?;
            played.push((answer, judged));
        }
        Ok(played)
    }

    /// Makes a wrong case as simple as can be, and says what is wrong with it.
    fn simplest(&self, case: &Case) -> Result<String> {
        let with = |origin: &[u8]| Case {
            origin: origin.to_vec(),
            ..*case
        };
        let play = |case: Case| self.play(&[case]).map(|mut played| played.pop());
        let is_wrong = |origin: &[u8]| {
            let played = play(with(origin));
            matches!(played, Ok(Some((_, Judged::Wrong(_)))))
        };
        let simplest = with(&shrink(&case.origin, is_wrong));
        let statement = self.statement(&simplest);
        let sql = self
            .stage
            .sources()
            .render(&statement.sql, &case.profile.catalog(self.fault));
        let (answer, judged) = play(simplest)?.context("no outcome")?;
        let Judged::Wrong(wrong) = judged else {
            return Ok(format!("wrong only beside others\n  statement {sql}"));
        };
        let sent: Vec<String> = answer
            .sent
            .iter()
            .map(|sent| {
                format!(
                    "{}.{}: {}",
                    sent.schema,
                    sent.table,
                    sent.shown.trim_end().replace('\n', "; ")
                )
            })
            .collect();
        Ok(format!(
            "{wrong}\n  statement {sql}\n  sent      {}",
            sent.join("\n            ")
        ))
    }
}
