//! `query`: SQL as Athena runs it.

use std::io::Write;
use std::time::Instant;

use anyhow::Context as _;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow::util::pretty::pretty_format_batches_with_options;
use clap::ValueEnum;
use futures::TryStreamExt as _;

use super::connection::Connection;
use super::output::Output;
use super::print;
use super::statement::Statement;
use crate::athena::Rows;

/// Athena's text of a `timestamp(3)`.
const TIMESTAMP: &str = "%Y-%m-%d %H:%M:%S%.3f";
const TIMESTAMP_WITH_ZONE: &str = "%Y-%m-%d %H:%M:%S%.3f UTC";

/// Runs SQL as Athena would: reads through the connector, computes the rest here
///
/// Rows go to standard output; below them, on standard error, what each scan asked for and what it cost.
///
/// Example: athena-timestream query "select count(*) from fleet.readings where deviceid = 'd-1'"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Query {
    #[command(flatten)]
    statement: Statement,
    /// How rows are written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Rows alone, nothing about the scans
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For a person; all rows are held in memory
    Table,
    /// With a line of names; NULL is an empty field
    Csv,
    /// One object a line
    Json,
}

/// Runs the query.
///
/// # Errors
///
/// What is wrong with the query, or what the connector says.
pub async fn run(args: Query) -> anyhow::Result<()> {
    let started = Instant::now();
    let athena = args.connection.open().await?;
    let mut rows = athena.start(&args.statement.read()?).await?;
    let mut output = Output;
    let count = match args.format {
        Format::Table => write_table(&mut rows, &mut output).await?,
        Format::Csv => write_csv(&mut rows, &mut output).await?,
        Format::Json => write_json(&mut rows, &mut output).await?,
    };
    if !args.quiet {
        let elapsed = started.elapsed();
        for scan in rows.scans().await? {
            say(&print::scan(&scan));
        }
        say(args.connection.behaviour.planner());
        say(&format!("{count} rows in {:.3} s", elapsed.as_secs_f64()));
    }
    Ok(())
}

async fn write_table(rows: &mut Rows, output: &mut impl Write) -> anyhow::Result<usize> {
    // Names the columns when no rows come.
    let mut batches = vec![RecordBatch::new_empty(rows.schema())];
    while let Some(batch) = rows.try_next().await? {
        batches.push(batch);
    }
    let table = pretty_format_batches_with_options(&batches, &format_options())?;
    writeln!(output, "{table}")?;
    Ok(batches.iter().map(RecordBatch::num_rows).sum())
}

async fn write_csv(rows: &mut Rows, output: &mut impl Write) -> anyhow::Result<usize> {
    let mut writer = csv::Writer::from_writer(output);
    let schema: SchemaRef = rows.schema();
    writer.write_record(schema.fields().iter().map(|field| field.name()))?;
    let options = format_options();
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for column in &columns {
                writer.write_field(column.value(row).try_to_string()?)?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()?;
        count += batch.num_rows();
    }
    writer.flush()?;
    Ok(count)
}

async fn write_json(rows: &mut Rows, output: &mut impl Write) -> anyhow::Result<usize> {
    let mut writer = WriterBuilder::new()
        .with_explicit_nulls(true)
        .with_timestamp_format(TIMESTAMP.to_owned())
        .with_timestamp_tz_format(TIMESTAMP_WITH_ZONE.to_owned())
        .build::<_, LineDelimited>(&mut *output);
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        writer.write(&batch).context("cannot write rows as JSON")?;
        count += batch.num_rows();
    }
    writer.finish()?;
    Ok(count)
}

fn format_options() -> FormatOptions<'static> {
    FormatOptions::new()
        .with_display_error(false)
        .with_timestamp_format(Some(TIMESTAMP))
        .with_timestamp_tz_format(Some(TIMESTAMP_WITH_ZONE))
}

#[expect(
    clippy::print_stderr,
    reason = "talk goes to standard error, data to standard output"
)]
fn say(line: &str) {
    eprintln!("{line}");
}
