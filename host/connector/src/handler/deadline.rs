//! The time that a request has: Lambda ends the function at its timeout, and a read that is ended so tells nobody why and
//! goes on at Timestream.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::error::{Code, Error, Fault, Result};

/// Left for ending well: the run is cancelled, and the error written. A quarter of the time where that is less.
const TIME_TO_END: Duration = Duration::from_secs(5);

/// When a request must be answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// When a read that goes on is ended.
    last_call: Instant,
    to_end: Duration,
}

/// How Lambda invoked the function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's id of the request.
    pub request_id: String,
    /// When the request must be answered, before Lambda ends the function.
    pub deadline: Deadline,
}

impl Deadline {
    /// `left` from now on.
    pub fn after(left: Duration) -> Self {
        let to_end = TIME_TO_END.min(left / 4);
        Self {
            last_call: Instant::now() + left - to_end,
            to_end,
        }
    }

    /// The time until a read that goes on is ended.
    pub(super) fn left(&self) -> Duration {
        self.last_call.saturating_duration_since(Instant::now())
    }

    /// Does something as long as there is time; without a deadline there is.
    ///
    /// # Errors
    ///
    /// The error of what is done, or that the time has run out.
    pub(super) async fn bound<T>(
        deadline: Option<Self>,
        read: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some(deadline) = deadline else {
            return read.await;
        };
        let done = tokio::time::timeout_at(deadline.last_call.into(), read).await;
        done.unwrap_or_else(|_| {
            let message = "cannot answer in time: the function's time ends; hint: give the function a longer timeout, at \
                           most 900 s, or ask for fewer rows or a shorter range of time";
            Err(Error::new(Code::OperationTimeout, Fault::Host, message))
        })
    }

    /// Does something that can be left undone before the answer, in half of the time that is kept for ending.
    pub(super) async fn end(deadline: Option<Self>, ending: impl Future<Output = ()>) {
        let to_end = deadline.map_or(TIME_TO_END, |deadline| deadline.to_end);
        // What is not done by then is left undone.
        let _ = tokio::time::timeout(to_end / 2, ending).await;
    }
}
