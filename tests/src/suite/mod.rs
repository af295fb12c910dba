//! What a query fetches from Timestream: a suite of Athena queries, each run with the shipped dialect and with
//! `java-compat`, which stands for the Java connector, counted by the stand-in.
//!
//! Every answer is compared with another engine's. Where the Java connector's own statement would not be sound, it is
//! run too, and told with the rows it loses: `java-compat` fetches more there than the Java connector does.

mod java;
pub mod queries;
mod stage;

use anyhow::{Context as _, Result, bail};
use connector::plugin::Verdict;
use local::athena::{Profile, QueryResult, Scan};
use local::check::{Difference, difference};

pub use self::java::Own;
use self::queries::{Answer, Query};
use self::stage::{Dialect, Stage};

/// What was fetched from Timestream, as the stand-in counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rows.
    pub rows: u64,
    /// Bytes of their JSON.
    pub bytes: u64,
}

/// What came of one query.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The query.
    pub query: &'static Query,
    /// What Athena sends.
    pub profile: Profile,
    /// With the shipped dialect.
    pub ours: Fetched,
    /// With `java-compat`.
    pub java: Fetched,
    /// The Java connector's own statements where they are others than those of `java-compat`.
    pub own: Vec<Own>,
    /// Why `java-compat` leaves terms out that the Java connector prints.
    pub skipped: Vec<String>,
}

impl Outcome {
    /// What is not as promised: the shipped dialect never fetches more, and a tenth where that must do.
    pub fn faults(&self) -> Vec<String> {
        let (ours, java) = (self.ours.cost, self.java.cost);
        let mut faults = Vec::new();
        if ours.rows > java.rows || ours.bytes > java.bytes {
            faults.push(format!("{ours:?} is more than {java:?}"));
        }
        // The Java connector's own statement may fetch fewer rows, but then it loses those.
        let own = self
            .own
            .iter()
            .map(|own| Some(own.cost.as_ref().ok()?.rows + own.lost));
        if let Some(own) = own.sum::<Option<u64>>()
            && !self.own.is_empty()
            && ours.rows > own
        {
            faults.push(format!("{ours:?} is more than {:?}", self.own));
        }
        if self.query.tenfold && self.profile == Profile::Everything && ours.rows * 10 > java.rows {
            faults.push(format!("{ours:?} is no tenth of {java:?}"));
        }
        let what = |fault| format!("query `{}` with {:?}: {fault}", self.query.id, self.profile);
        faults.into_iter().map(what).collect()
    }
}

/// What was asked of Timestream, and what it cost.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The statements.
    pub sql: Vec<String>,
    /// Of all of them.
    pub cost: Cost,
}

/// The servers, ready for queries.
pub struct Suite(Stage);

impl Suite {
    /// Starts everything and loads the data.
    ///
    /// # Errors
    ///
    /// When a component was not built, or a server cannot be started.
    pub async fn start() -> Result<Self> {
        Stage::start().await.map(Self)
    }

    /// Runs a query with both dialects and both profiles.
    ///
    /// # Errors
    ///
    /// When it fails, or an answer is not the one that the reference gives.
    pub async fn run(&self, query: &'static Query) -> Result<Vec<Outcome>> {
        let what = || format!("query `{}`", query.id);
        // Nothing but value sets is announced by this dialect, so that both profiles are one.
        let (java, answer) = self
            .fetch(Dialect::Java, Profile::Everything, query)
            .await
            .with_context(what)?;
        let skipped = skipped(&answer.scans);
        let own = java::own(&self.0, &answer.scans).await.with_context(what)?;
        let mut outcomes = Vec::new();
        for profile in [Profile::ValueSets, Profile::Everything] {
            let (ours, _) = self
                .fetch(Dialect::Ours, profile, query)
                .await
                .with_context(what)?;
            outcomes.push(Outcome {
                query,
                profile,
                ours,
                java: java.clone(),
                own: own.clone(),
                skipped: skipped.clone(),
            });
        }
        Ok(outcomes)
    }

    async fn fetch(
        &self,
        dialect: Dialect,
        profile: Profile,
        query: &Query,
    ) -> Result<(Fetched, QueryResult)> {
        let athena = self.0.athena(dialect, profile)?;
        self.0.timestream.reset_counters();
        let answer = athena.query(query.sql).await?;
        let counted = self.0.timestream.counters().query;
        let cost = Cost {
            rows: counted.rows,
            bytes: counted.row_bytes,
        };
        self.check(query, &answer)
            .await
            .with_context(|| format!("with {dialect:?}, {profile:?}"))?;
        let sql = answer.scans.iter().filter_map(statement).collect();
        Ok((Fetched { sql, cost }, answer))
    }

    async fn check(&self, query: &Query, answer: &QueryResult) -> Result<()> {
        let (sql, limit) = match query.answer {
            Answer::Any(limit) => (
                query.sql.trim_end_matches(&format!(" LIMIT {limit}")),
                Some(limit),
            ),
            Answer::Rows | Answer::Ordered => (query.reference.unwrap_or(query.sql), None),
        };
        let (schema, expected) = self
            .0
            .reference
            .query(sql)
            .await
            .context("the reference fails")?;
        let is_ordered = query.answer == Answer::Ordered;
        let found = (&answer.schema, answer.batches.as_slice());
        let count: usize = answer.batches.iter().map(|batch| batch.num_rows()).sum();
        match (difference(&schema, &expected, found, is_ordered)?, limit) {
            (None, None) => Ok(()),
            (None, Some(limit)) if count <= limit => Ok(()),
            (Some(Difference::Rows { surplus, .. }), Some(limit))
                if surplus.num_rows() == 0 && count == limit =>
            {
                Ok(())
            }
            (Some(Difference::Rows { missing, surplus }), _) => {
                bail!(
                    "{} rows are missing and {} are too many",
                    missing.num_rows(),
                    surplus.num_rows()
                )
            }
            (difference, _) => bail!("the answer is wrong: {difference:?}"),
        }
    }
}

/// Why terms were skipped.
fn skipped(scans: &[Scan]) -> Vec<String> {
    let explanations = scans.iter().filter_map(|scan| scan.explanation.as_ref());
    let verdicts = explanations.flat_map(|explanation| &explanation.statement.verdicts);
    let reasons = verdicts.filter_map(|verdict| {
        if let Verdict::Skipped(reason) = verdict {
            Some(reason.clone())
        } else {
            None
        }
    });
    reasons.collect()
}

fn statement(scan: &Scan) -> Option<String> {
    scan.explanation
        .as_ref()
        .map(|explanation| explanation.statement.sql.clone())
}
