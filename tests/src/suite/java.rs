//! The Java connector's own statements: its conditions on Athena's milliseconds as they are.
//!
//! They are made with `java-compat`, which is handed what the host would first turn into ranges of nanoseconds. So
//! `time = x` becomes the comparison that loses the rest of the millisecond.

use anyhow::{Context as _, Result};
use connector::Explanation;
use connector::plugin::{Caller, Verdict};
use connector::query::{Bound, Domain, Literal, Range, Term, ValueSet};
use connector::slices::Slice;
use connector::statement::{self, Query, Statement};
use local::athena::{Profile, Scan};

use super::Cost;
use super::stage::{Dialect, Stage};
use crate::plugin;

/// A statement of the Java connector that `java-compat` does not print.
#[derive(Clone, Debug)]
pub struct Own {
    /// The statement.
    pub sql: String,
    /// What it fetches, or why it fails.
    pub cost: Result<Cost, String>,
    /// Rows that Athena asked for and it does not fetch.
    pub lost: u64,
}

/// The Java connector's own statements for some scans of `java-compat`, where they differ.
pub(super) async fn own(stage: &Stage, scans: &[Scan]) -> Result<Vec<Own>> {
    let mut differing = Vec::new();
    for explanation in scans.iter().filter_map(|scan| scan.explanation.as_ref()) {
        let own = printed(explanation)?;
        if own.sql == explanation.statement.sql {
            continue;
        }
        let cost = match run(stage, &own.sql).await {
            Ok(cost) => Ok(cost),
            Err(error) => Err(error.root_cause().to_string()),
        };
        let lost = match &cost {
            Ok(_) => lost(stage, explanation, &own).await?,
            Err(_) => 0,
        };
        differing.push(Own {
            sql: own.sql,
            cost,
            lost,
        });
    }
    Ok(differing)
}

/// What `java-compat` prints when bounds are left as they are.
fn printed(explanation: &Explanation) -> Result<Statement> {
    let query = Query {
        demands: Vec::new(),
        table: &explanation.table,
        mapping: &explanation.mapping,
        projection: explanation.statement.selected.clone(),
        terms: explanation.terms.iter().map(as_it_is).collect(),
        order: Vec::new(),
        limit: None,
        now: 0,
        caller: Caller::default(),
        slice: Slice::WHOLE,
    };
    Ok(statement::statement(&*plugin("java-compat")?, &query)?)
}

fn as_it_is(term: &Term) -> Term {
    match term {
        Term::Domain(domain) => Term::Domain(Domain {
            values: set(&domain.values),
            ..domain.clone()
        }),
        Term::Expression(_) => term.clone(),
    }
}

fn set(values: &ValueSet) -> ValueSet {
    let all = |literals: &[Literal]| literals.iter().map(instant).collect();
    match values {
        ValueSet::All | ValueSet::None => values.clone(),
        ValueSet::AnyOf(literals) => ValueSet::AnyOf(all(literals)),
        ValueSet::NoneOf(literals) => ValueSet::NoneOf(all(literals)),
        ValueSet::Ranges(ranges) => ValueSet::Ranges(
            ranges
                .iter()
                .map(|range| Range {
                    low: bound(&range.low),
                    high: bound(&range.high),
                })
                .collect(),
        ),
    }
}

fn bound(bound: &Bound) -> Bound {
    match bound {
        Bound::Unbounded => Bound::Unbounded,
        Bound::Inclusive(literal) => Bound::Inclusive(instant(literal)),
        Bound::Exclusive(literal) => Bound::Exclusive(instant(literal)),
    }
}

/// The first nanosecond of a millisecond.
fn instant(literal: &Literal) -> Literal {
    match literal {
        Literal::Millis(millis) => Literal::Nanos(millis.saturating_mul(1_000_000)),
        other => other.clone(),
    }
}

async fn run(stage: &Stage, sql: &str) -> Result<Cost> {
    stage.timestream.reset_counters();
    passed_through(stage, sql).await?;
    let counted = stage.timestream.counters().query;
    Ok(Cost {
        rows: counted.rows,
        bytes: counted.row_bytes,
    })
}

/// How many rows the sound conditions keep and its own do not.
async fn lost(stage: &Stage, sound: &Explanation, own: &Statement) -> Result<u64> {
    let conditions = |statement: &Statement| {
        let printed = statement
            .verdicts
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::Exact(condition) | Verdict::Wider(condition) => {
                    Some(format!("({condition})"))
                }
                Verdict::Skipped(_) => None,
            });
        printed
            .chain(["(1 = 1)".to_owned()])
            .collect::<Vec<_>>()
            .join(" AND ")
    };
    let (needed, kept) = (conditions(&sound.statement), conditions(own));
    let whole = own.sql.split("\nWHERE ").next().unwrap_or_default();
    let sql = format!(
        "SELECT 1 AS one FROM ({whole}\nWHERE {needed} AND NOT coalesce({kept}, false)) AS lost"
    );
    Ok(run(stage, &sql).await?.rows)
}

/// Runs a statement that is Timestream's.
async fn passed_through(stage: &Stage, sql: &str) -> Result<()> {
    let athena = stage.athena(Dialect::Ours, Profile::ValueSets)?;
    let text = sql.replace('\'', "''");
    let sql = format!("SELECT * FROM TABLE(system.query(query => '{text}'))");
    athena
        .query(&sql)
        .await
        .context("the statement fails")
        .map(|_| ())
}
