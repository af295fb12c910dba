//! `explain`: what would become of a query, before anything is read.

use std::path::PathBuf;

use anyhow::ensure;

use super::connection::Connection;
use super::output::say;
use super::print;
use super::side_by_side::{self, Column};
use super::statement::Statement;

/// Tells what Athena would send for a query and what the connector would ask Timestream; nothing is read
///
/// Example: athena-timestream explain "select * from fleet.readings where time > now() - interval '1' day"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Explain {
    #[command(flatten)]
    statement: Statement,
    /// A plugin's file: what it makes of the query, beside what others make of it
    #[arg(long = "plugin", value_name = "FILE", conflicts_with = "lambda")]
    plugins: Vec<PathBuf>,
    /// Read the query through each plugin, to tell what it fetches
    #[arg(long, requires = "plugins")]
    read: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Explains the query.
///
/// # Errors
///
/// What is wrong with the query, or what the connector says; a dialect's refusal is one.
pub async fn run(args: Explain) -> anyhow::Result<()> {
    if !args.plugins.is_empty() {
        return compare(&args).await;
    }
    let athena = args.connection.open().await?;
    let scans = athena.explain(&args.statement.read()?).await?;
    if scans.is_empty() {
        say("nothing to read");
    }
    for scan in &scans {
        say(&print::scan(scan));
    }
    say(args.connection.behaviour.planner());
    Ok(())
}

/// The same through several plugins, side by side.
async fn compare(args: &Explain) -> anyhow::Result<()> {
    let sql = args.statement.read()?;
    let mut columns = Vec::with_capacity(args.plugins.len());
    for plugin in &args.plugins {
        let athena = args.connection.open_with(plugin).await?;
        let scans = match args.read {
            true => athena.query(&sql).await.map(|result| result.scans),
            false => athena.explain(&sql).await,
        };
        let plugin = plugin.display().to_string();
        let scans = match scans {
            Ok(scans) => scans,
            Err(error) => {
                say(&format!("{plugin}: {error:#}"));
                continue;
            }
        };
        columns.push(Column { plugin, scans });
    }
    ensure!(!columns.is_empty(), "no plugin could answer");
    for table in side_by_side::tables(&columns)? {
        say(&table);
    }
    say(args.connection.behaviour.planner());
    Ok(())
}
