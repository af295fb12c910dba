//! `serve`: Timestream and S3 on this machine, for an SDK, the AWS CLI or a tool of any language.

use anyhow::Context as _;

use crate::s3::S3;
use crate::timestream::{Options, Server};

/// Runs a stand-in for Timestream (Write and Query) and an S3 server until Ctrl-C.
///
/// Prints one line that a shell can evaluate: it points an SDK or the AWS CLI at both, and switches the connector's look
/// at Glue off, which is not played here.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Port of Timestream on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port of S3 on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    s3_port: u16,
    /// Bucket to make in S3
    #[arg(long, default_value = "spill")]
    bucket: String,
}

/// Serves until a signal asks it to end.
///
/// # Errors
///
/// If a server cannot be started.
pub async fn run(args: Serve) -> anyhow::Result<()> {
    let options = Options {
        port: args.port,
        scheme_in_endpoints: true,
        ..Options::default()
    };
    let timestream = Server::start(options).await?;
    let s3 = S3::start(args.s3_port, &args.bucket, None).await?;
    announce(&timestream, &s3);
    stop_signal().await?;
    timestream.stop().await?;
    s3.stop().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line is what this command gives")]
fn announce(timestream: &Server, s3: &S3) {
    let url = timestream.url();
    println!(
        "export AWS_ENDPOINT_URL_TIMESTREAM_QUERY={url} AWS_ENDPOINT_URL_TIMESTREAM_WRITE={url} \
         AWS_ENDPOINT_URL_S3={} AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 spill_bucket={} \
         disable_glue=true",
        s3.url(),
        s3.access_key,
        s3.secret_key,
        s3.bucket(),
    );
}

/// Ends at Ctrl-C or SIGTERM.
async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot wait for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}
