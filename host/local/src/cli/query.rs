//! `query`: SQL as Athena runs it.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::pretty::pretty_format_batches;
use clap::ValueEnum;
use futures::TryStreamExt as _;

use super::connection::Connection;
use super::output::Output;
use super::print;
use super::statement::Statement;
use crate::athena::Rows;

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
    let mut batches = vec![RecordBatch::new_empty(as_texts(&rows.schema()))];
    while let Some(batch) = rows.try_next().await? {
        let texts = batch.columns().iter().map(|column| {
            let texts = (0..batch.num_rows()).map(|row| presto::shown(column, row));
            let texts = texts.collect::<Result<StringArray, _>>()?;
            Ok(Arc::new(texts) as ArrayRef)
        });
        let texts = texts.collect::<anyhow::Result<_>>()?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let schema = as_texts(&batch.schema());
        batches.push(RecordBatch::try_new_with_options(schema, texts, &rows)?);
    }
    writeln!(output, "{}", pretty_format_batches(&batches)?)?;
    Ok(batches.iter().map(RecordBatch::num_rows).sum())
}

/// The columns as texts.
fn as_texts(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter();
    let fields = fields.map(|field| Field::new(field.name(), DataType::Utf8, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

async fn write_csv(rows: &mut Rows, output: &mut impl Write) -> anyhow::Result<usize> {
    let mut writer = csv::Writer::from_writer(output);
    let schema: SchemaRef = rows.schema();
    writer.write_record(schema.fields().iter().map(|field| field.name()))?;
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        for row in 0..batch.num_rows() {
            for column in batch.columns() {
                writer.write_field(presto::shown(column, row)?.unwrap_or_default())?;
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
    let names = distinct_names(&rows.schema());
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        for row in 0..batch.num_rows() {
            // A map of serde_json's has its members in another order.
            let members = names.iter().zip(batch.columns()).map(|(name, column)| {
                let name = serde_json::Value::from(name.as_str());
                Ok(format!("{name}:{}", presto::json(column, row)?))
            });
            let members = members.collect::<anyhow::Result<Vec<_>>>()?;
            writeln!(output, "{{{}}}", members.join(","))?;
        }
        count += batch.num_rows();
    }
    Ok(count)
}

/// The names of columns, those that stand for another one before with its number: `n`, `n_2`.
fn distinct_names(schema: &Schema) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in schema.fields() {
        let numbered = (2..).map(|number| format!("{}_{number}", field.name()));
        let mut candidates = std::iter::once(field.name().clone()).chain(numbered);
        names.extend(candidates.find(|name| !names.contains(name)));
    }
    names
}

#[expect(
    clippy::print_stderr,
    reason = "talk goes to standard error, data to standard output"
)]
fn say(line: &str) {
    eprintln!("{line}");
}
