//! The runs that may be asked for another page.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::run::Run;
use crate::timestream::error::ApiError;

/// How long a token works (developer guide, "Pagination").
const TOKEN_LIFE: Duration = Duration::from_secs(3_600);

/// How many finished runs are kept, so that a client can repeat a last page that it did not receive. Arbitrary; each
/// holds one page.
const FINISHED_KEPT: usize = 64;

/// Runs of more than one page, by query id.
#[derive(Debug, Default)]
pub(super) struct Runs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<String, (Arc<Run>, Instant)>,
    /// Oldest first.
    finished: VecDeque<String>,
}

impl Runs {
    /// Adds a run that has a further page, and forgets those whose tokens are too old.
    pub(super) fn add(&self, run: Run) {
        let mut known = self.lock();
        known
            .by_id
            .retain(|_, (_, used)| used.elapsed() < TOKEN_LIFE);
        known
            .by_id
            .insert(run.query_id().to_owned(), (Arc::new(run), Instant::now()));
    }

    /// Returns the run that a token continues.
    pub(super) fn by_token(&self, token: &str) -> Result<Arc<Run>, ApiError> {
        let (query_id, _) = token.split_once('.').ok_or_else(invalid_token)?;
        let mut known = self.lock();
        let (run, used) = known.by_id.get_mut(query_id).ok_or_else(invalid_token)?;
        if used.elapsed() >= TOKEN_LIFE {
            return Err(invalid_token());
        }
        *used = Instant::now();
        Ok(Arc::clone(run))
    }

    /// Notes that a run has sent its last page.
    pub(super) fn finished(&self, query_id: &str) {
        let mut known = self.lock();
        if known.finished.iter().any(|other| other == query_id) {
            return;
        }
        known.finished.push_back(query_id.to_owned());
        if known.finished.len() > FINISHED_KEPT
            && let Some(oldest) = known.finished.pop_front()
        {
            known.by_id.remove(&oldest);
        }
    }

    /// Stops a run. Returns whether it had been stopped before.
    pub(super) fn cancel(&self, query_id: &str) -> Result<bool, ApiError> {
        let known = self.lock();
        let run = known
            .by_id
            .get(query_id)
            .filter(|_| !known.finished.iter().any(|other| other == query_id));
        let (run, _) = run.ok_or_else(|| {
            ApiError::Validation(format!(
                "cannot cancel query {query_id}: it is not known or has finished"
            ))
        })?;
        Ok(run.cancel())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn invalid_token() -> ApiError {
    ApiError::Validation("Invalid pagination token".to_owned())
}
