//! `load`: a CSV file through `WriteRecords`.

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;
use aws_config::retry::RetryConfig;
use connector::timestream::{Clients, Place};
use indicatif::{ProgressBar, ProgressStyle};

use crate::data::write::Target;
use crate::data::{DataModel, load};

/// Attempts of one call. A load runs into the service's rate limit sooner or later, and has the time to wait.
const ATTEMPTS: u32 = 10;

/// Loads a CSV file into a table of Timestream
///
/// Rows that are no records are told with their line; the others are written.
///
/// Example: athena-timestream load events.csv --data-model events.json --database Home --table Events --create
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Load {
    /// The file; its first line names the columns
    file: PathBuf,
    /// What the columns become: the `DataModel` of Timestream's batch load, as JSON
    #[arg(long, value_name = "MAPPING.json")]
    data_model: PathBuf,
    /// Database to load into, as Timestream spells it
    #[arg(long)]
    database: String,
    /// Table to load into, as Timestream spells it
    #[arg(long)]
    table: String,
    /// Create database and table where they do not exist
    #[arg(long)]
    create: bool,
}

/// Loads the file.
///
/// # Errors
///
/// If nothing could be loaded, loading broke off, or any row was rejected.
pub async fn run(args: Load) -> anyhow::Result<()> {
    let shown = args.data_model.display();
    let model = std::fs::read(&args.data_model).with_context(|| format!("cannot read {shown}"))?;
    let model = DataModel::from_json(&model)
        .with_context(|| format!("cannot use {shown} as a data model"))?;
    let shown = args.file.display();
    let file = File::open(&args.file).with_context(|| format!("cannot open {shown}"))?;
    let bytes = file
        .metadata()
        .with_context(|| format!("cannot open {shown}"))?
        .len();

    let config = aws_config::from_env()
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .load()
        .await;
    let clients = Clients::new(&config, Place::default());
    let client = clients.write().await?;
    let target = Target {
        client: &client,
        database: &args.database,
        table: &args.table,
    };
    if args.create {
        target.create().await?;
    }
    target.check().await?;

    let bar = progress(bytes)?;
    let written = load(target, bar.wrap_read(file), &model).await;
    bar.finish_and_clear();
    let written = written.with_context(|| format!("cannot load {shown}"))?;
    for rejected in &written.rejected {
        tell(&format!("{shown}:{}: {}", rejected.line, rejected.reason));
    }
    tell(&format!("{} records written to {target}", written.records));
    let rejected = written.rejected.len();
    anyhow::ensure!(
        rejected == 0,
        "{rejected} records of {shown} were rejected; the others were written"
    );
    Ok(())
}

/// Nothing is drawn where standard error is no terminal: that is the default of a bar.
fn progress(bytes: u64) -> anyhow::Result<ProgressBar> {
    let style = "{wide_bar} {binary_bytes}/{binary_total_bytes} {eta}";
    Ok(ProgressBar::new(bytes).with_style(ProgressStyle::with_template(style)?))
}

#[expect(clippy::print_stderr, reason = "talk goes to standard error")]
fn tell(line: &str) {
    eprintln!("{line}");
}
