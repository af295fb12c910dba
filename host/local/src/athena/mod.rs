//! Athena's part on one machine: DataFusion plans and computes, and speaks nothing but federation JSON to the connector.
//!
//! It never flatters (design.md, invariant 9). What Athena's engine is known to push is sent, and nothing else; what was
//! sent whole is not filtered again here, so that a row too many is seen as a wrong answer. What is pushed is decided by
//! Trino's own rules ([`trino`]); dynamic filters are not sent.

mod cast;
mod catalog;
mod client;
mod describe;
mod domain;
mod function;
mod information;
mod kept;
mod meaning;
mod opaque;
mod passthrough;
mod patterns;
mod plan;
mod push;
mod read;
mod scan;
mod show;
mod shown;
mod sql;
mod table;
mod trino;
mod value;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use connector::wire::{Constraints, Identity};
use connector::{Explanation, Reading};
use futures::TryStreamExt as _;

use self::trino::Zones;

pub use self::describe::describe;
pub use self::function::Function;
pub use self::plan::Rows;

/// The catalog's name, where the user does not give one.
pub const CATALOG: &str = "timestream";

/// What Athena sends besides the fields it wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Value sets of single columns: what Athena is known to send.
    #[default]
    ValueSets,
    /// Expressions, limit and order too, as far as the connector announced them.
    Everything,
}

/// Which engine plans, where they are known or suspected to differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Athena as a plan of November 2022 shows it: a column that is compared with a constant with a time zone, such as
    /// `now()`, is cast, and nothing is pushed.
    #[default]
    Athena2022,
    /// Trino 435 as it is: the zone is taken off the constant, and the column's range is pushed. Athena today may do the
    /// same.
    Trino435,
}

impl Engine {
    fn zones(self) -> Zones {
        match self {
            Self::Athena2022 => Zones::Kept,
            Self::Trino435 => Zones::Unwrapped,
        }
    }
}

/// How Athena behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is sent.
    pub profile: Profile,
    /// Which engine plans.
    pub engine: Engine,
    /// Bytes of a block before it is spilled.
    pub max_block_size: u64,
    /// Bytes returned inline at most.
    pub max_inline_block_size: u64,
    /// Apply filters again that the connector was sent whole.
    pub filter_again: bool,
    /// Who asks.
    pub identity: Identity,
    /// Where spilled blocks are fetched.
    pub spill: aws_sdk_s3::Client,
}

impl Options {
    /// Athena's defaults (the sizes of `ConnectorValidator` in the Java SDK), fetching spilled blocks with a client.
    pub fn new(spill: aws_sdk_s3::Client) -> Self {
        Self {
            profile: Profile::default(),
            engine: Engine::default(),
            max_block_size: 16_000_000,
            max_inline_block_size: 5_242_880,
            filter_again: false,
            // Athena always says who asks; on one machine that is nobody.
            identity: Identity {
                account: Some("000000000000".to_owned()),
                arn: Some("arn:aws:iam::000000000000:user/local".to_owned()),
                ..Identity::default()
            },
            spill,
        }
    }
}

/// Athena with one data source.
#[derive(Clone, Debug)]
pub struct Athena {
    function: Function,
    options: Options,
}

/// The rows of a query, and how they came.
#[derive(Debug)]
pub struct QueryResult {
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Their schema, also when there are none.
    pub schema: SchemaRef,
    /// One for each table that was read, in the plan's order.
    pub scans: Vec<Scan>,
    /// From the text to the last row.
    pub elapsed: Duration,
}

/// What was asked of one table, and what came of it.
#[derive(Debug)]
pub struct Scan {
    /// `database.table`, as Athena sends it.
    pub table: String,
    /// What Athena sends, as [`describe`] says it.
    pub constraints: Vec<String>,
    /// What the connector makes of it; only of one in this process, and only if there is something to read.
    pub explanation: Option<Explanation>,
    /// For each split that the connector made the condition on time that its rows meet; none if it reads all of them.
    pub slices: Vec<Option<String>>,
    /// Filters that the engine applies to the scan's rows.
    pub kept: Vec<Kept>,
    /// What each split's read did, of a connector in this process.
    pub readings: Vec<Reading>,
    /// Rows that came from the connector.
    pub rows: usize,
    /// Spilled blocks that were fetched.
    pub blocks: usize,
    /// Bytes of the connector's answers to reads and of spilled blocks.
    pub bytes: usize,
}

/// A filter that stays with the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The filter.
    pub filter: String,
    /// What could be written instead, if it is a known trap.
    pub hint: Option<String>,
}

impl Athena {
    /// Puts Athena before a function; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// When the options say that a block may hold nothing.
    pub fn open(function: Function, options: Options) -> anyhow::Result<Self> {
        anyhow::ensure!(
            options.max_block_size > 0,
            "cannot open Athena: blocks of 0 bytes hold nothing"
        );
        Ok(Self { function, options })
    }

    /// Runs a query and collects its rows.
    ///
    /// # Errors
    ///
    /// What is wrong with the query, or what the connector says.
    pub async fn query(&self, sql: &str) -> anyhow::Result<QueryResult> {
        let started = Instant::now();
        let mut rows = self.start(sql).await?;
        let schema = rows.schema();
        let mut batches = Vec::new();
        while let Some(batch) = rows.try_next().await? {
            batches.push(batch);
        }
        let elapsed = started.elapsed();
        Ok(QueryResult {
            batches,
            schema,
            scans: rows.scans().await?,
            elapsed,
        })
    }

    /// Runs a query and gives its rows as they come.
    ///
    /// # Errors
    ///
    /// What is wrong with the query, or what the connector says of its tables.
    pub async fn start(&self, sql: &str) -> anyhow::Result<Rows> {
        self.plan(sql).await?.start()
    }

    /// What would be sent for each table of a query, as `database.table` and constraints; not even splits are asked for.
    ///
    /// # Errors
    ///
    /// As [`Athena::start`].
    pub async fn pushed(&self, sql: &str) -> anyhow::Result<Vec<(String, Constraints)>> {
        self.plan(sql).await?.pushed()
    }

    /// Plans a query up to the reads, and does none.
    ///
    /// # Errors
    ///
    /// As [`Athena::start`]; a dialect's refusal is one.
    pub async fn explain(&self, sql: &str) -> anyhow::Result<Vec<Scan>> {
        let plan = self.plan(sql).await?;
        plan.prepare().await?;
        plan.scans().await
    }
}
