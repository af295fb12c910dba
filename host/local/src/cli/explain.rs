//! `explain`: what would become of a query, before anything is read.

use super::connection::Connection;
use super::print;

/// Tells what Athena would send for a query and what the connector would ask Timestream; nothing is read
///
/// Example: athena-timestream explain "select * from fleet.readings where time > now() - interval '1' day"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Explain {
    /// The query
    sql: String,
    #[command(flatten)]
    connection: Connection,
}

/// Explains the query.
///
/// # Errors
///
/// What is wrong with the query, or what the connector says; a dialect's refusal is one.
pub async fn run(args: Explain) -> anyhow::Result<()> {
    let athena = args.connection.open().await?;
    let scans = athena.explain(&args.sql).await?;
    if scans.is_empty() {
        say("nothing to read");
    }
    for scan in &scans {
        say(&print::scan(scan));
    }
    say(args.connection.planner());
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "the explanation is what this command gives"
)]
fn say(line: &str) {
    println!("{line}");
}
