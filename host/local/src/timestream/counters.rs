//! What the stand-in was asked and what it sent: the figures that tests and benchmarks compare.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// How many SQL statements are remembered. Arbitrary: enough for any test, small beside the stored rows.
const STATEMENTS_KEPT: usize = 1_000;
/// Bytes of those texts at most. A text that is refused for its length is one of them.
const BYTES_KEPT: usize = 16 << 20;

/// Bytes that are kept of one: more than the longest that is run.
const LONGEST_KEPT: usize = 1 << 20;

/// Figures since the server's start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Calls by operation, failed ones included. Operations this server does not know count as `Unknown`.
    pub calls: BTreeMap<String, u64>,
    /// What `Query` and `CancelQuery` did.
    pub query: QueryCounters,
}

/// Figures of the Query service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueryCounters {
    /// Statements that began to run, metadata statements included; refused ones are not.
    pub statements: u64,
    /// Pages sent, empty and repeated ones included.
    pub pages: u64,
    /// Rows sent that were metered: not those of `DESCRIBE` and `SHOW`.
    pub rows: u64,
    /// Bytes of their JSON.
    pub row_bytes: u64,
    /// Runs that `CancelQuery` stopped.
    pub cancelled: u64,
    /// The texts asked, refused ones included, oldest first; only the last thousand are kept, of 16 MiB together.
    pub sql: VecDeque<String>,
}

/// [`Counters`] that many calls add to.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<Counters>);

impl Shared {
    /// Returns the figures as they are now.
    pub(crate) fn snapshot(&self) -> Counters {
        self.lock().clone()
    }

    /// Sets every figure back to nothing.
    pub(crate) fn reset(&self) {
        *self.lock() = Counters::default();
    }

    /// Counts one call of an operation.
    pub(crate) fn call(&self, operation: &str) {
        *self.lock().calls.entry(operation.to_owned()).or_default() += 1;
    }

    /// Remembers a statement's text.
    pub(crate) fn asked(&self, sql: &str) {
        let mut counters = self.lock();
        let texts = &mut counters.query.sql;
        if texts.len() == STATEMENTS_KEPT {
            texts.pop_front();
        }
        let end = sql.floor_char_boundary(LONGEST_KEPT);
        texts.push_back(sql[..end].to_owned());
        let mut bytes: usize = texts.iter().map(String::len).sum();
        while bytes > BYTES_KEPT
            && let Some(oldest) = texts.pop_front()
        {
            bytes -= oldest.len();
        }
    }

    /// Counts a statement that began to run.
    pub(crate) fn started(&self) {
        self.lock().query.statements += 1;
    }

    /// Counts a page that is about to be sent, with its metered rows and their bytes.
    pub(crate) fn page(&self, rows: u64, row_bytes: u64) {
        let query = &mut self.lock().query;
        query.pages += 1;
        query.rows += rows;
        query.row_bytes += row_bytes;
    }

    /// Counts a run that was stopped.
    pub(crate) fn cancelled(&self) {
        self.lock().query.cancelled += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        // A panic in another call cannot leave figures half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
