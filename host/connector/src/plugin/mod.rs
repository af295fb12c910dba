//! Plugins: WebAssembly components. A dialect turns terms into Timestream SQL and Timestream types into Arrow's; a policy
//! adds terms that every row must meet, or refuses.
//!
//! A component sees no clock, file or network (it is instantiated on an empty linker), every call has a fresh store
//! with fuel, memory and output limits, and everything it answers is checked before it is used.

mod admitted;
mod blame;
mod call;
mod check;
mod code;
mod dialect;
mod digest;
mod engine;
mod native;
mod policy;
mod probe;
mod v0_1;

use std::sync::Arc;

pub use admitted::Admitted;
pub use check::check_part;
pub(crate) use check::tokens;
pub use code::precompile;
pub use dialect::Dialect;
pub use digest::Digest;
pub use engine::Engine;
pub(crate) use engine::MAX_COMPONENT_BYTES;

pub use policy::Policy;

use crate::error::Result;
use crate::query::{Function, Mapping, SortKey, Table, Term};

/// Bytes of a statement at most (timestream.md, section 6.1), and so of each part of one.
pub(crate) const MAX_STATEMENT_BYTES: usize = 262_144;

/// A dialect or a policy.
pub(crate) trait Plugin: Sized + Send + Sync + 'static {
    /// Compiles a component from outside the package, and asks it what it must be able to answer before it serves.
    fn admit(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>>;

    /// The name that it gives itself.
    fn name(&self) -> &str;

    /// SHA-256 of the component's bytes.
    fn digest(&self) -> &Digest;

    /// Name and the first digits of the digest, for messages.
    fn label(&self) -> &str;
}

/// What a dialect says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The functions it wants to see.
    pub functions: Vec<Function>,
    /// Whether it wants limits.
    pub limit: bool,
    /// Whether it wants orders with a limit.
    pub top_n: bool,
}

/// Who asks, for a dialect or policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "Athena's own words")]
pub struct Caller {
    pub account: String,
    pub arn: String,
    pub tags: Vec<(String, String)>,
    pub groups: Vec<String>,
}

/// What a dialect is asked to plan, and a policy to judge.
#[derive(Clone, Debug)]
pub struct PlanRequest<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its mapping, as the same dialect made it.
    pub mapping: &'a Mapping,
    /// Fields asked for, in order.
    pub projection: Vec<usize>,
    /// Terms with nanoseconds.
    pub terms: Vec<Term>,
    /// Sort keys, most significant first.
    pub order: &'a [SortKey],
    /// Rows.
    pub limit: Option<u64>,
    /// Nanoseconds since the epoch; the same for all splits of a query.
    pub now: i64,
    /// Who asks.
    pub caller: &'a Caller,
}

/// What a policy demands of a query, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruling {
    /// Terms that every row must meet, in milliseconds as Athena's.
    pub terms: Vec<Term>,
    /// Bytes that may be metered for a read.
    pub max_bytes_metered: Option<u64>,
    /// For a person.
    pub notes: Vec<String>,
}

/// What became of one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not in the statement; why.
    Skipped(String),
    /// A condition that keeps every row the term admits and perhaps more.
    Wider(String),
    /// A condition that keeps exactly the rows the term admits.
    Exact(String),
}

/// How a scan may be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slicing {
    /// Not at all; why.
    Never(String),
    /// By half-open ranges of a timestamp expression, at multiples of `step` nanoseconds.
    ByTime {
        /// The expression.
        expression: String,
        /// Nanoseconds, positive.
        step: i64,
    },
}

/// What an aggregate over a scan's rows selects, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bins {
    /// The bin of the timestamp that slices cut, as a timestamp.
    pub bin: String,
    /// The number of rows in it.
    pub count: String,
}

/// A dialect's answer, checked: the parts of one SELECT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `WITH` items, without the word.
    pub common_tables: Vec<String>,
    /// What follows `FROM`.
    pub from_item: String,
    /// The expression that yields each field.
    pub outputs: Vec<(usize, String)>,
    /// One per term, in order.
    pub verdicts: Vec<Verdict>,
    /// One expression per sort key, or none when the order cannot be pushed.
    pub order: Option<Vec<String>>,
    /// How the scan may be cut.
    pub slicing: Slicing,
    /// For a person.
    pub notes: Vec<String>,
}

impl Plan {
    /// The expression that yields a field.
    pub fn output(&self, field: usize) -> Option<&str> {
        self.outputs
            .iter()
            .find(|(index, _)| *index == field)
            .map(|(_, expression)| expression.as_str())
    }
}
