//! Questions to Timestream.

use std::str::FromStr;
use std::time::{Duration, Instant};

use aws_sdk_timestreamquery::Client;
use aws_sdk_timestreamquery::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_timestreamquery::types::{ColumnInfo, Datum, Row, Type};
use connector::timestream::Clients;
use serde_json::{Value, json};

use super::{Answered, Ask, Call, Outcome, Question, Redactor};

/// Rows that are read of a table to see how pages come.
const ROWS: usize = 20_000;

/// Pages of one statement at most.
const MOST_PAGES: usize = 1_000;

/// A table of the user's.
#[derive(Clone, Debug)]
pub struct TableName {
    /// Its database.
    pub database: String,
    /// Its name.
    pub table: String,
}

impl FromStr for TableName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('.') {
            Some((database, table)) if !database.is_empty() && !table.is_empty() => Ok(Self {
                database: database.to_owned(),
                table: table.to_owned(),
            }),
            _ => Err("it is not of the form DATABASE.TABLE"),
        }
    }
}

impl TableName {
    /// As SQL has it.
    fn quoted(&self) -> String {
        let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        format!("{}.{}", quote(&self.database), quote(&self.table))
    }

    /// The statement that describes it.
    pub(super) fn describe(&self) -> String {
        format!("DESCRIBE {}", self.quoted())
    }

    /// The same with the case of each letter changed.
    fn in_other_case(&self) -> Self {
        let change = |c: char| match c.is_ascii_uppercase() {
            true => c.to_ascii_lowercase(),
            false => c.to_ascii_uppercase(),
        };
        Self {
            database: self.database.clone(),
            table: self.table.chars().map(change).collect(),
        }
    }
}

/// Asks all questions, one after the other; `told` hears of each before it is asked.
///
/// # Errors
///
/// When Timestream cannot be found at all.
pub async fn ask_timestream(
    clients: &Clients,
    table: Option<&TableName>,
    questions: &[Question],
    redactor: &Redactor,
    mut told: impl FnMut(&Question, &Ask),
) -> anyhow::Result<Vec<Answered>> {
    let client = clients.query().await?;
    let asking = Asking {
        client,
        table,
        redactor,
    };
    let mut answers = Vec::new();
    for question in questions {
        for ask in &question.asks {
            told(question, ask);
            let started = Instant::now();
            let (outcome, bytes_metered) = asking.ask(&ask.call).await;
            answers.push(Answered {
                id: question.id.to_owned(),
                name: ask.name.clone(),
                outcome,
                milliseconds: started.elapsed().as_millis() as u64,
                bytes_metered,
            });
        }
    }
    Ok(answers)
}

struct Asking<'a> {
    client: Client,
    table: Option<&'a TableName>,
    redactor: &'a Redactor,
}

const NO_TABLE: Outcome = Outcome::NotAsked("it needs a table: --table");

impl Asking<'_> {
    async fn ask(&self, call: &Call) -> (Outcome, Option<i64>) {
        match call {
            Call::Query(sql) => self.query(sql).await,
            Call::Prepare(sql) => (self.prepare(sql).await, None),
            Call::Describe { is_wrong_case } => match self.table {
                Some(table) if *is_wrong_case => {
                    (self.describe(&table.in_other_case()).await, None)
                }
                Some(table) => (self.describe(table).await, None),
                None => (NO_TABLE, None),
            },
            Call::Pages => match self.table {
                Some(table) => self.pages(table).await,
                None => (NO_TABLE, None),
            },
            Call::Endpoints => (self.endpoints().await, None),
            Call::Account => (self.account().await, None),
        }
    }

    /// Runs a statement of this program's.
    async fn query(&self, sql: &str) -> (Outcome, Option<i64>) {
        match read(&self.client, sql).await {
            Ok(read) => {
                let outcome = Outcome::Rows {
                    columns: read.columns,
                    rows: read.rows.iter().map(row).collect(),
                };
                (outcome, read.bytes_metered)
            }
            Err(failed) => (failed.outcome(|text| self.redactor.redact(text)), None),
        }
    }

    async fn prepare(&self, sql: &str) -> Outcome {
        let prepare = self.client.prepare_query().query_string(sql);
        match prepare.validate_only(true).send().await {
            Ok(prepared) => Outcome::Rows {
                columns: prepared
                    .columns()
                    .iter()
                    .map(|column| {
                        let name = column.name().unwrap_or("(no name)");
                        let data_type = column.r#type().map(data_type);
                        format!("{name} {}", data_type.unwrap_or_default())
                    })
                    .collect(),
                rows: Vec::new(),
            },
            Err(error) => Failed::of(&error).outcome(|text| self.redactor.redact(text)),
        }
    }

    /// Whether a table has columns; which ones is nobody's business.
    async fn describe(&self, table: &TableName) -> Outcome {
        match read(&self.client, &table.describe()).await {
            Ok(read) => Outcome::Facts(json!({ "columns described": !read.rows.is_empty() })),
            Err(failed) => failed.outcome(|text| self.redactor.redact_quoted(text)),
        }
    }

    /// Sizes and times of pages; of the rows only how many.
    async fn pages(&self, table: &TableName) -> (Outcome, Option<i64>) {
        let sql = format!(
            "SELECT * FROM {} WHERE time > ago(1d) LIMIT {ROWS}",
            table.quoted()
        );
        match read(&self.client, &sql).await {
            Ok(read) => {
                let pages = read.pages.iter().map(
                    |(rows, time)| json!({ "rows": rows, "milliseconds": time.as_millis() as u64 }),
                );
                (Outcome::Facts(pages.collect()), read.bytes_metered)
            }
            Err(failed) => (
                failed.outcome(|text| self.redactor.redact_quoted(text)),
                None,
            ),
        }
    }

    async fn endpoints(&self) -> Outcome {
        match self.client.describe_endpoints().send().await {
            Ok(answer) => {
                let minutes = answer.endpoints().iter();
                let minutes: Vec<i64> = minutes
                    .map(|endpoint| endpoint.cache_period_in_minutes())
                    .collect();
                Outcome::Facts(json!({ "minutes that each endpoint is good for": minutes }))
            }
            Err(error) => Failed::of(&error).outcome(|text| self.redactor.redact(text)),
        }
    }

    async fn account(&self) -> Outcome {
        match self.client.describe_account_settings().send().await {
            Ok(settings) => Outcome::Facts(json!({
                "max query TCU": settings.max_query_tcu(),
                "pricing": settings.query_pricing_model().map(|model| model.as_str()),
            })),
            Err(error) => Failed::of(&error).outcome(|text| self.redactor.redact(text)),
        }
    }
}

/// What a run gave.
pub(super) struct Read {
    columns: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Rows of each page, and how long it was waited for.
    pages: Vec<(usize, Duration)>,
    bytes_metered: Option<i64>,
}

/// Why a call failed, in the service's words.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct Failed {
    code: String,
    message: String,
}

impl Failed {
    fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let message = match error.message() {
            Some(message) => message.to_owned(),
            // Nobody answered: the SDK says why, without what was sent.
            None => error.to_string(),
        };
        Self {
            code: error.code().unwrap_or("no code").to_owned(),
            message,
        }
    }

    fn outcome(self, redact: impl Fn(&str) -> String) -> Outcome {
        Outcome::Failed {
            code: self.code,
            message: redact(&self.message),
        }
    }
}

/// Runs a statement to its end. Pages without rows are usual, at the start and in between.
///
/// # Errors
///
/// What the service says; or that the run does not end, which is then cancelled.
pub(super) async fn read(client: &Client, sql: &str) -> Result<Read, Failed> {
    let mut read = Read {
        columns: Vec::new(),
        rows: Vec::new(),
        pages: Vec::new(),
        bytes_metered: None,
    };
    let mut token = None;
    for _ in 0..MOST_PAGES {
        let started = Instant::now();
        let query = client.query().query_string(sql).set_next_token(token);
        let page = query.send().await.map_err(|error| Failed::of(&error))?;
        read.pages.push((page.rows().len(), started.elapsed()));
        read.columns = page.column_info().iter().map(column).collect();
        let status = page.query_status();
        read.bytes_metered = status.map(|status| status.cumulative_bytes_metered());
        read.rows.extend(page.rows);
        let Some(next) = page.next_token else {
            return Ok(read);
        };
        if read.pages.len() == MOST_PAGES {
            // Nobody reads on, and it would go on being metered. It may have ended by itself.
            let _ = client.cancel_query().query_id(page.query_id).send().await;
        }
        token = Some(next);
    }
    Err(Failed {
        code: "no end".to_owned(),
        message: format!("it had not ended after {MOST_PAGES} pages, and was cancelled"),
    })
}

fn column(column: &ColumnInfo) -> String {
    let name = column.name().unwrap_or("(no name)");
    format!(
        "{name} {}",
        column.r#type().map(data_type).unwrap_or_default()
    )
}

fn data_type(data_type: &Type) -> String {
    if let Some(scalar) = data_type.scalar_type() {
        return scalar.as_str().to_lowercase();
    }
    let of = |column: &ColumnInfo| column.r#type().map(self::data_type).unwrap_or_default();
    if let Some(item) = data_type.array_column_info() {
        return format!("array({})", of(item));
    }
    if let Some(value) = data_type.time_series_measure_value_column_info() {
        return format!("timeseries({})", of(value));
    }
    let members: Vec<String> = data_type.row_column_info().iter().map(of).collect();
    format!("row({})", members.join(", "))
}

fn row(row: &Row) -> Value {
    row.data().iter().map(datum).collect()
}

fn datum(datum: &Datum) -> Value {
    if let Some(text) = datum.scalar_value() {
        return text.into();
    }
    if let Some(members) = &datum.row_value {
        return row(members);
    }
    if let Some(points) = &datum.time_series_value {
        let value = |point: &aws_sdk_timestreamquery::types::TimeSeriesDataPoint| {
            json!([point.time(), point.value().map(self::datum)])
        };
        return points.iter().map(value).collect();
    }
    match &datum.array_value {
        Some(items) => items.iter().map(self::datum).collect(),
        None => Value::Null,
    }
}
