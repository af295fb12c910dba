//! Logs: JSON lines on standard error, which Lambda keeps; and metrics ([`metrics`]).
//!
//! One line per request at its end, within spans that name it; never a literal, a statement, a row, a key (design.md, invariant 7).

pub(crate) mod metrics;

use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::Error;

/// Whether a program has started telemetry: its standard output is CloudWatch's, that of others is not.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Starts metrics, and logging at the level of `ATHENA_FEDERATION_SDK_LOG_LEVEL` (the Java connector's name for it), else `info`.
pub fn start() {
    let level = std::env::var("ATHENA_FEDERATION_SDK_LOG_LEVEL").unwrap_or_default();
    // A second start, as in tests, changes nothing.
    let _ = subscriber(&level, std::io::stderr).try_init();
    STARTED.store(true, Ordering::Relaxed);
}

/// Logs why something failed, without what is not ours.
pub fn failed(error: &Error) {
    tracing::error!(
        error = error.summary(),
        code = error.code().as_str(),
        fault = ?error.fault(),
        "failed"
    );
    // Causes can quote a statement or a value.
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
    let level = match level.to_ascii_lowercase().as_str() {
        level @ ("error" | "warn" | "info" | "debug" | "trace") => level.to_owned(),
        _ => "info".to_owned(),
    };
    let filter =
        format!("warn,connector={level},bootstrap={level},lambda_runtime::layers::panic=off");
    let filter = EnvFilter::new(filter);
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(writer)
        .finish()
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
