//! The time that a request has: Lambda ends the function at its timeout, and a read that is ended so tells nobody why and
//! goes on at Timestream.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::error::{Code, Error, Fault, Result};

/// Left for ending well: the run is cancelled, and the error written. A twentieth of the time where that is less.
const TIME_TO_END: Duration = Duration::from_secs(5);

/// When a request must be answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Instant,
}

impl Deadline {
    /// `left` from now on, less what is needed to end well.
    pub fn after(left: Duration) -> Self {
        let end = Instant::now() + left - TIME_TO_END.min(left / 20);
        Self { end }
    }

    /// Does something as long as there is time.
    ///
    /// # Errors
    ///
    /// What it says; or that there is no time left.
    pub(super) async fn bound<T>(self, read: impl Future<Output = Result<T>>) -> Result<T> {
        let done = tokio::time::timeout_at(self.end.into(), read).await;
        done.unwrap_or_else(|_| {
            let message = "cannot read all rows: the function's time ends; hint: give the function a longer timeout, at \
                           most 900 s, or ask for fewer rows or a shorter range of time";
            Err(Error::new(Code::OperationTimeout, Fault::Host, message))
        })
    }
}
