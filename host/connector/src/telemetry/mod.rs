//! Logs: JSON lines on standard error, which Lambda keeps; and metrics ([`metrics`]).
//!
//! One line per request at its end, within spans that name it; never a literal, a statement, a row, a key (design.md, invariant 7).

mod metrics;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::error::Error;
use crate::handler::{Invocation, Reading};
use crate::wire::Request;

/// Whether a program has started telemetry: its standard output is CloudWatch's, that of others is not.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Starts metrics, and logging at the level of `ATHENA_FEDERATION_SDK_LOG_LEVEL` (the Java connector's name for it), else `info`.
pub fn start() {
    let level = std::env::var("ATHENA_FEDERATION_SDK_LOG_LEVEL").unwrap_or_default();
    // A second start, as in tests, changes nothing.
    let _ = subscriber(&level, std::io::stderr).try_init();
    STARTED.store(true, Ordering::Relaxed);
}

/// Which request it is.
pub(crate) struct Origin {
    /// `UnknownRequest` where that cannot be read.
    pub(crate) kind: &'static str,
    /// Athena's id of the query.
    pub(crate) query_id: Option<String>,
    /// ARN of the one who asks.
    pub(crate) caller: Option<String>,
    /// Lambda's id of the request.
    pub(crate) request_id: Option<String>,
}

impl Origin {
    /// None: the request cannot be read.
    pub(crate) fn of(request: Option<&Request>, invocation: Option<&Invocation>) -> Self {
        let identity = request.and_then(Request::identity);
        Self {
            kind: request.map_or("UnknownRequest", Request::name),
            query_id: request.and_then(Request::query_id).map(str::to_owned),
            caller: identity.and_then(|identity| identity.arn.clone()),
            request_id: invocation.map(|invocation| invocation.request_id.clone()),
        }
    }
}

/// How a request ended.
pub(crate) struct Ended<'a> {
    /// Bytes of the answer, or why there is none.
    pub(crate) outcome: Result<usize, &'a Error>,
    /// What was read until then, if it was a read.
    pub(crate) reading: Option<&'a Reading>,
    pub(crate) took: Duration,
}

/// Writes a request's line and its record of metrics.
pub(crate) fn request_ended(origin: &Origin, ended: &Ended<'_>) {
    metrics::write(origin, ended);
    let milliseconds = ended.took.as_millis() as u64;
    let default = Reading::default();
    let reading = ended.reading.unwrap_or(&default);
    macro_rules! line {
        ($write:ident, $($field:tt)*) => {
            tracing::$write!(
                milliseconds,
                pages = reading.pages,
                rows_read = reading.rows_read,
                rows_returned = reading.rows_returned,
                rows_counted = reading.rows_counted,
                bytes_read = reading.bytes_read,
                bytes_metered = reading.bytes_metered,
                throttles = reading.throttles,
                blocks = reading.blocks,
                end = ended.reading.map(|reading| reading.end.as_str()),
                $($field)*
            )
        };
    }
    match ended.outcome {
        Ok(bytes) => line!(info, bytes, "request answered"),
        Err(error) => {
            line!(
                error,
                error = error.summary(),
                code = error.code().as_str(),
                fault = ?error.fault(),
                "request failed"
            );
            causes(error);
        }
    }
}

/// Logs and counts that a plugin of the store is not used.
pub(crate) fn plugin_refused(name: &str, error: &Error) {
    metrics::plugin_refused(name);
    tracing::warn!(
        name,
        error = error.summary(),
        code = error.code().as_str(),
        "plugin refused"
    );
    causes(error);
}

/// Logs why the function could not start.
pub fn failed(error: &Error) {
    tracing::error!(
        error = error.summary(),
        code = error.code().as_str(),
        fault = ?error.fault(),
        "failed"
    );
    causes(error);
}

/// Causes can quote a statement or a value.
fn causes(error: &Error) {
    tracing::debug!(
        message = error.message(),
        chain = error.chain(),
        "why it failed"
    );
}

/// The SDK's own crates stay at `warn`: at lower levels they log requests. The Lambda runtime would log every failure
/// with all that it tells Athena, which may quote a value.
fn subscriber<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = level.parse().unwrap_or(Level::INFO);
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("connector", level)
        .with_target("bootstrap", level)
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().with_writer(writer);
    tracing_subscriber::registry().with(filter).with(lines)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_level_decides_what_is_logged_of_ours_alone() {
        for (level, ours, others) in [("", 2, 1), ("DEBUG", 3, 1), ("error", 0, 1), ("loud", 2, 1)]
        {
            let lines = Lines::default();
            let writer = lines.clone();
            let subscriber = subscriber(level, move || writer.clone());
            tracing::subscriber::with_default(subscriber, || {
                tracing::debug!("ours");
                tracing::info!("ours");
                tracing::warn!("ours");
                tracing::info!(target: "aws_smithy_runtime", "theirs");
                tracing::warn!(target: "aws_smithy_runtime", "theirs");
            });
            let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            assert_eq!(text.matches("ours").count(), ours, "{level}");
            assert_eq!(text.matches("theirs").count(), others, "{level}");
        }
    }
}
