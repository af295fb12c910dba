//! Logs: JSON lines on standard error, which Lambda keeps.
//!
//! One line per request at its end; never a literal, a statement, a row, a key (design.md, invariant 7).

use tracing_subscriber::EnvFilter;

/// Starts logging at the level of `ATHENA_FEDERATION_SDK_LOG_LEVEL` (the Java connector's name for it), else `info`.
///
/// The SDK's own crates stay at `warn`: at lower levels they log requests.
pub fn start() {
    let level = std::env::var("ATHENA_FEDERATION_SDK_LOG_LEVEL").unwrap_or_default();
    let level = match level.to_ascii_lowercase().as_str() {
        level @ ("error" | "warn" | "info" | "debug" | "trace") => level.to_owned(),
        _ => "info".to_owned(),
    };
    let filter = EnvFilter::new(format!("warn,connector={level},bootstrap={level}"));
    // A second start, as in tests, changes nothing.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
