//! `probe`: what a real account answers to questions that documentation leaves open.

use std::path::PathBuf;

use anyhow::Context as _;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use connector::Settings;
use connector::timestream::{Clients, Place};

use super::output::say;
use crate::probe::{
    Answered, Ask, Call, Catalog, Columns, Outcome, Question, Redactor, Report, Shape, TableName,
    ask_athena, ask_timestream, columns, compare, questions, shapes,
};
use crate::timestream::{Options, Server};

/// Characters of an outcome that are shown; the report has all.
const SHOWN: usize = 160;

/// Asks Timestream, and Athena if a catalog is named, what documentation leaves open
///
/// The questions are harmless: they write nothing, and most read no table. `--dry-run` shows each with what it may cost.
/// Answers go to standard output, and to a report without names, values or accounts. Region, credentials and endpoints are
/// those of the environment.
///
/// Example: athena-timestream probe --table fleet.readings --catalog timestream --requests s3://spill/athena-spill
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Probe {
    /// Show what would be asked, and ask nothing
    #[arg(long)]
    dry_run: bool,
    /// A table for the questions that need one; of its rows only sizes and times are kept
    #[arg(long, value_name = "DATABASE.TABLE")]
    table: Option<TableName>,
    /// The function's data catalog in Athena; without it Athena is not asked
    #[arg(long, requires = "table")]
    catalog: Option<String>,
    /// Athena's workgroup
    #[arg(long, requires = "catalog")]
    workgroup: Option<String>,
    /// Where Athena writes results, if the workgroup does not say
    #[arg(long, value_name = "s3://…", requires = "catalog")]
    output: Option<String>,
    /// Where the function's blocks go: there it keeps the shapes of requests, with the setting `record_requests`
    #[arg(long, value_name = "s3://BUCKET/PREFIX", requires = "catalog")]
    requests: Option<String>,
    /// Ask the stand-in the same questions, and show where it answers otherwise
    #[arg(long)]
    compare_stand_in: bool,
    /// The report
    #[arg(long, value_name = "FILE", default_value = "probe.json")]
    report: PathBuf,
}

/// Asks, and writes the report.
///
/// # Errors
///
/// When Timestream cannot be found, or the report cannot be written. A question that fails is an answer.
pub async fn run(args: Probe) -> anyhow::Result<()> {
    let questions = questions();
    let catalog = catalog(&args)?;
    if args.dry_run {
        return dry_run(&args, &questions, catalog.as_ref());
    }
    let config = aws_config::load_from_env().await;
    let clients = Clients::new(&config, Settings::from_env()?.timestream);
    let table = args.table.as_ref();
    let columns = match (&catalog, table) {
        (Some(_), Some(table)) => Some(columns(&clients, table).await),
        _ => None,
    };
    let found = columns.as_ref().and_then(|columns| columns.as_ref().ok());
    let redactor = redactor(&args, found);
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION"),
        timestream: ask_timestream(&clients, table, &questions, &redactor, |question, ask| {
            progress(&format!(
                "{}, {}: {}",
                question.id, question.about, ask.name
            ));
        })
        .await?,
        athena: Vec::new(),
    };
    match (&catalog, table, columns) {
        (Some(catalog), Some(table), Some(Ok(columns))) => {
            let shapes = shapes(catalog, table, &columns, jiff::Timestamp::now())?;
            report.athena = ask_athena(&config, catalog, &shapes, &redactor, |shape| {
                progress(&format!("{}: {}", shape.id, shape.sql));
            })
            .await;
        }
        (_, _, Some(Err(error))) => {
            let why = redactor.redact_quoted(&format!("{error:#}"));
            say(&format!("Athena is not asked: {why}"));
        }
        _ => {}
    }
    for answered in report.timestream.iter().chain(&report.athena) {
        say(&line(answered));
    }
    let json = serde_json::to_vec_pretty(&report)?;
    std::fs::write(&args.report, json)
        .with_context(|| format!("cannot write {}", args.report.display()))?;
    if args.compare_stand_in {
        compare_stand_in(&report, &questions, &redactor).await?;
    }
    let has_no_request = |answered: &Answered| match &answered.outcome {
        Outcome::Facts(facts) => facts["requests"].as_array().is_some_and(Vec::is_empty),
        _ => false,
    };
    if report.athena.iter().any(has_no_request) {
        say(
            "the function has kept no request of some queries; hint: set `record_requests` for it, and give its bucket and \
             prefix by --requests",
        );
    }
    let asked = report.timestream.len() + report.athena.len();
    say(&format!("{asked} answers in {}", args.report.display()));
    Ok(())
}

/// Shows every call, and what it may cost.
fn dry_run(args: &Probe, questions: &[Question], catalog: Option<&Catalog>) -> anyhow::Result<()> {
    for question in questions {
        say(&format!("{}: {}", question.id, question.about));
        for Ask { name, call } in &question.asks {
            say(&format!(
                "  {name}: {}\n    costs {}",
                shown(call),
                call.cost()
            ));
        }
    }
    if let (Some(catalog), Some(table)) = (catalog, &args.table) {
        let columns = Columns {
            text: "the first varchar".to_owned(),
            number: "the first double or bigint".to_owned(),
        };
        say(
            "Athena: each query costs what Athena charges for the bytes returned, an invocation of the function for each \
             step, and what Timestream meters for the table's last 15 minutes",
        );
        for Shape { id, name, sql } in shapes(catalog, table, &columns, jiff::Timestamp::now())? {
            say(&format!("  {id}, {name}: {sql}"));
        }
    }
    let queries = questions.iter().flat_map(|question| &question.asks);
    let queries = queries
        .filter(|ask| matches!(ask.call, Call::Query(_)))
        .count();
    say(&format!(
        "{queries} queries read no table: where bytes are paid each meters 10 MB at least, where TCU are paid they run for \
         seconds, of which 30 are paid at least"
    ));
    say("dry run: nothing was asked");
    Ok(())
}

fn shown(call: &Call) -> String {
    match call {
        Call::Query(sql) => format!("Query {}", cut(sql)),
        Call::Prepare(sql) => format!("PrepareQuery {}", cut(sql)),
        Call::Describe {
            is_wrong_case: false,
        } => "DESCRIBE of the table".to_owned(),
        Call::Describe {
            is_wrong_case: true,
        } => "DESCRIBE of the table, its letters in the other case".to_owned(),
        Call::Pages => "SELECT of the table's rows of the last day".to_owned(),
        Call::Endpoints => "DescribeEndpoints".to_owned(),
        Call::Account => "DescribeAccountSettings".to_owned(),
    }
}

fn catalog(args: &Probe) -> anyhow::Result<Option<Catalog>> {
    let Some(name) = args.catalog.clone() else {
        return Ok(None);
    };
    let requests = args.requests.as_deref().map(|place| {
        let place = place
            .strip_prefix("s3://")
            .and_then(|place| place.split_once('/'));
        let place = place.filter(|(bucket, prefix)| !bucket.is_empty() && !prefix.is_empty());
        let (bucket, prefix) = place.context("--requests is not of the form s3://BUCKET/PREFIX")?;
        anyhow::Ok((bucket.to_owned(), prefix.trim_end_matches('/').to_owned()))
    });
    Ok(Some(Catalog {
        name,
        workgroup: args.workgroup.clone(),
        output: args.output.clone(),
        requests: requests.transpose()?,
    }))
}

/// What an error may name, and the report must not.
fn redactor(args: &Probe, columns: Option<&Columns>) -> Redactor {
    let mut names = Vec::new();
    let mut hide = |name: &str, shown: &str| names.push((name.to_owned(), shown.to_owned()));
    if let Some(TableName { database, table }) = &args.table {
        hide(database, "<database>");
        hide(table, "<table>");
    }
    if let Some(Columns { text, number }) = columns {
        hide(text, "<text>");
        hide(number, "<number>");
    }
    for (name, shown) in [
        (&args.catalog, "<catalog>"),
        (&args.workgroup, "<workgroup>"),
    ] {
        if let Some(name) = name {
            hide(name, shown);
        }
    }
    // Errors name buckets without what stands around them here.
    for place in [&args.output, &args.requests].into_iter().flatten() {
        let place = place.strip_prefix("s3://").unwrap_or(place);
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        hide(bucket, "<bucket>");
        hide(prefix.trim_end_matches('/'), "<prefix>");
    }
    Redactor::new(names)
}

/// Asks a stand-in of this process the same, and shows what it answers otherwise.
async fn compare_stand_in(
    report: &Report,
    questions: &[Question],
    redactor: &Redactor,
) -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let url = server.url();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "local", "local", None, None, "local",
        )))
        .endpoint_url(url)
        .build();
    let clients = Clients::new(&config, Place::default());
    let answers = ask_timestream(&clients, None, questions, redactor, |_, _| ()).await;
    server.stop().await?;
    let answers = answers?;
    let different = compare(&report.timestream, &answers);
    say("\nthe stand-in answers otherwise:");
    for comparison in &different {
        let kind = match comparison.is_words_alone() {
            true => " (the same error in other words)",
            false => "",
        };
        say(&format!("{}{kind}", line(comparison.service)));
        say(&format!(
            "{:>10}  {}",
            "stand-in",
            cut(&comparison.stand_in.outcome.line())
        ));
    }
    say(&format!("{} of {} differ", different.len(), answers.len()));
    Ok(())
}

fn line(answered: &Answered) -> String {
    let Answered {
        id,
        name,
        outcome,
        milliseconds,
        ..
    } = answered;
    format!(
        "{id:>10}  {name}: {} ({milliseconds} ms)",
        cut(&outcome.line())
    )
}

/// The beginning of a text, on one line.
fn cut(text: &str) -> String {
    let mut shown: String = text.replace('\n', " ").chars().take(SHOWN).collect();
    if shown.chars().count() == SHOWN {
        shown.push('…');
    }
    shown
}

#[expect(
    clippy::print_stderr,
    reason = "talk goes to standard error, data to standard output"
)]
fn progress(line: &str) {
    eprintln!("{}", cut(line));
}
