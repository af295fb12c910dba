//! Questions to Athena: queries of each shape, and what it sends the function for them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use aws_sdk_athena::error::ProvideErrorMetadata;
use aws_sdk_athena::types::{QueryExecution, QueryExecutionState, ResultConfiguration, ResultSet};
use aws_sdk_timestreamquery::types::Row;
use connector::timestream::Clients;
use serde_json::{Map, Value, json};

use super::timestream::read;
use super::{Answered, Outcome, Redactor, TableName};

/// How long a query is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// Between two looks at a query.
const PAUSE: Duration = Duration::from_millis(500);

/// Bytes of a request's shape at most.
const MOST_BYTES: i64 = 1 << 20;

/// Requests of one query at most: a scan of a quarter of an hour is not cut.
const MOST_REQUESTS: usize = 1_000;

/// Where Athena is asked.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The data catalog of the function.
    pub name: String,
    /// The workgroup.
    pub workgroup: Option<String>,
    /// Where results go, unless the workgroup says.
    pub output: Option<String>,
    /// Bucket and prefix of the function's blocks: there the function keeps the requests, with `record_requests`.
    pub requests: Option<(String, String)>,
}

/// A query of one shape.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The question that it belongs to.
    pub id: &'static str,
    /// What it tries.
    pub name: &'static str,
    /// The query.
    pub sql: String,
}

/// A column of each kind that the shapes need.
#[derive(Clone, Debug)]
pub struct Columns {
    /// A text.
    pub text: String,
    /// A double or bigint.
    pub number: String,
}

/// The queries, over a table's last quarter of an hour; texts in them are of this program alone.
///
/// # Errors
///
/// When the clock is less than a quarter of an hour after the earliest time that can be represented.
pub fn shapes(
    catalog: &Catalog,
    table: &TableName,
    columns: &Columns,
    now: jiff::Timestamp,
) -> anyhow::Result<Vec<Shape>> {
    let quote = |name: &str| format!("\"{}\"", name.to_lowercase().replace('"', "\"\""));
    let from = format!(
        "{}.{}.{}",
        quote(&catalog.name),
        quote(&table.database),
        quote(&table.table)
    );
    let instant = |minutes: i64| -> anyhow::Result<String> {
        let instant = now.checked_sub(jiff::SignedDuration::from_mins(minutes))?;
        Ok(instant
            .strftime("timestamp '%Y-%m-%d %H:%M:%S'")
            .to_string())
    };
    let window = format!("time >= {} AND time < {}", instant(15)?, instant(0)?);
    let (text, number) = (quote(&columns.text), quote(&columns.number));
    let passthrough = |sql: &str| {
        let sql = sql.replace('\'', "''");
        format!(
            "TABLE({}.system.query(query => '{sql}'))",
            quote(&catalog.name)
        )
    };
    let scan = |what: &str, more: &str| format!("SELECT {what} FROM {from} WHERE {window}{more}");
    let count = |more: &str| scan("count(*)", more);
    let shape = |id, name, sql| Shape { id, name, sql };
    Ok(vec![
        shape(
            "O-1",
            "the plan of a range",
            format!("EXPLAIN {}", scan("time", "")),
        ),
        shape(
            "O-1",
            "the plan of a set",
            format!(
                "EXPLAIN {}",
                scan("time", &format!(" AND {text} = 'probe'"))
            ),
        ),
        shape("O-2", "count(*)", count("")),
        shape(
            "O-3",
            "a passthrough, of which one column is used",
            format!(
                "SELECT b FROM {}",
                passthrough("SELECT 1 AS a, 2 AS b, 3 AS c")
            ),
        ),
        shape(
            "O-3",
            "a passthrough in another order",
            format!(
                "SELECT c, a FROM {}",
                passthrough("SELECT 1 AS a, 2 AS b, 3 AS c")
            ),
        ),
        shape(
            "O-4",
            "a text of two",
            count(&format!(" AND {text} IN ('probe', 'probe 2')")),
        ),
        shape(
            "O-4",
            "no text of two",
            count(&format!(" AND {text} NOT IN ('probe', 'probe 2')")),
        ),
        shape(
            "O-4",
            "another number",
            count(&format!(" AND {number} <> 0")),
        ),
        shape("O-4", "no number", count(&format!(" AND {number} IS NULL"))),
        shape(
            "O-4",
            "any number",
            count(&format!(" AND {number} IS NOT NULL")),
        ),
        shape(
            "O-5",
            "a prefix",
            count(&format!(" AND {text} LIKE 'probe%'")),
        ),
        shape(
            "O-5",
            "a pattern",
            count(&format!(" AND {text} LIKE '%probe%'")),
        ),
        shape(
            "O-5",
            "a pattern with ESCAPE",
            count(&format!(" AND {text} LIKE '%probe!%%' ESCAPE '!'")),
        ),
        shape(
            "O-5",
            "arithmetic",
            count(&format!(" AND {number} + 1 > 0")),
        ),
        shape(
            "O-5",
            "one of two columns",
            count(&format!(" AND ({text} = 'probe' OR {number} > 0)")),
        ),
        shape(
            "O-5",
            "NULLIF",
            count(&format!(" AND NULLIF({number}, 0) > 1")),
        ),
        shape(
            "O-5",
            "IS DISTINCT FROM",
            count(&format!(" AND {text} IS DISTINCT FROM 'probe'")),
        ),
        shape("O-5", "a limit", scan("time", " LIMIT 5")),
        shape(
            "O-5",
            "the latest rows",
            scan("time", " ORDER BY time DESC LIMIT 5"),
        ),
        shape(
            "O-5",
            "the latest rows, with a second key",
            scan("time", &format!(" ORDER BY time DESC, {text} LIMIT 5")),
        ),
        shape(
            "O-5",
            "an aggregate by a group",
            scan(
                &format!("{text}, max({number})"),
                &format!(" GROUP BY {text}"),
            ),
        ),
        shape(
            "O-5",
            "a join",
            format!(
                "SELECT count(*) FROM {from} a JOIN (VALUES 'probe') v(x) ON a.{text} = v.x WHERE a.{window}",
                window = window.replace("AND time", "AND a.time")
            ),
        ),
        shape(
            "O-7",
            "now()",
            count(" AND time > now() - interval '1' hour"),
        ),
        shape(
            "O-7",
            "a zoned constant",
            count(&format!(" AND time > {} AT TIME ZONE 'UTC'", instant(10)?)),
        ),
        shape("O-7", "a date", count(" AND date(time) = current_date")),
        shape(
            "O-8",
            "instants in an array",
            format!(
                "SELECT * FROM {}",
                passthrough("SELECT ARRAY[TIMESTAMP '2024-01-01 00:00:00.123456789'] AS a")
            ),
        ),
        shape(
            "O-8",
            "a series",
            format!(
                "SELECT * FROM {}",
                passthrough(
                    "SELECT CREATE_TIME_SERIES(t, v) AS s FROM (SELECT TIMESTAMP '2024-01-01 00:00:00' AS t, 1.5E0 AS v)"
                )
            ),
        ),
    ])
}

/// The first column of each kind of a table.
///
/// # Errors
///
/// When the table cannot be described, or has no text or no number.
pub async fn columns(clients: &Clients, table: &TableName) -> anyhow::Result<Columns> {
    let client = clients.query().await?;
    let described = read(&client, &table.describe()).await;
    let described = described.context("cannot describe the table")?;
    let cell = |row: &Row, index: usize| -> Option<String> {
        row.data().get(index)?.scalar_value().map(str::to_owned)
    };
    let find = |is_wanted: fn(&str) -> bool| {
        let mut rows = described.rows.iter();
        rows.find(|row| cell(row, 1).is_some_and(|data_type| is_wanted(&data_type)))
            .and_then(|row| cell(row, 0))
    };
    Ok(Columns {
        text: find(|data_type| data_type == "varchar").context("the table has no text")?,
        number: find(|data_type| matches!(data_type, "double" | "bigint"))
            .context("the table has no number")?,
    })
}

/// Runs the queries, one after the other; `told` hears of each before it runs. Of a result only the number of rows is
/// kept, of a plan its operators.
pub async fn ask_athena(
    config: &aws_config::SdkConfig,
    catalog: &Catalog,
    shapes: &[Shape],
    redactor: &Redactor,
    mut told: impl FnMut(&Shape),
) -> Vec<Answered> {
    let athena = aws_sdk_athena::Client::new(config);
    let s3 = aws_sdk_s3::Client::new(config);
    let mut answers = Vec::new();
    for shape in shapes {
        told(shape);
        let started = Instant::now();
        let outcome = match run(&athena, catalog, &shape.sql).await {
            Ok((id, mut facts)) => {
                if let Some((bucket, prefix)) = &catalog.requests {
                    let requests = requests(&s3, bucket, &format!("{prefix}/requests/{id}/")).await;
                    facts.insert(
                        "requests".to_owned(),
                        requests.unwrap_or_else(|error| {
                            json!({ "cannot be read": redactor.redact_quoted(&format!("{error:#}")) })
                        }),
                    );
                }
                Outcome::Facts(Value::Object(facts))
            }
            Err(error) => Outcome::Failed {
                code: "query".to_owned(),
                message: redactor.redact_quoted(&format!("{error:#}")),
            },
        };
        answers.push(Answered {
            id: shape.id.to_owned(),
            name: shape.name.to_owned(),
            outcome,
            milliseconds: started.elapsed().as_millis() as u64,
            bytes_metered: None,
        });
    }
    answers
}

/// Runs a query to its end: Athena's id of it, and what can be told.
async fn run(
    athena: &aws_sdk_athena::Client,
    catalog: &Catalog,
    sql: &str,
) -> anyhow::Result<(String, Map<String, Value>)> {
    let output = catalog.output.as_ref().map(|output| {
        let configuration = ResultConfiguration::builder();
        configuration.output_location(output).build()
    });
    let started = athena
        .start_query_execution()
        .query_string(sql)
        .set_work_group(catalog.workgroup.clone())
        .set_result_configuration(output)
        .send()
        .await;
    let started = started.map_err(said).context("cannot start the query")?;
    let id = started.query_execution_id().context("Athena gave no id")?;
    let execution = ended(athena, id).await?;
    let status = execution.status().context("Athena told no state")?;
    if status.state() != Some(&QueryExecutionState::Succeeded) {
        bail!(
            "{}",
            status.state_change_reason().unwrap_or("no reason given")
        );
    }
    let results = athena
        .get_query_results()
        .query_execution_id(id)
        .send()
        .await;
    let results = results.map_err(said).context("cannot read the result")?;
    let mut facts = Map::new();
    let engine = execution.engine_version();
    let engine = engine.and_then(|engine| engine.effective_engine_version());
    facts.insert("engine".to_owned(), engine.into());
    if let Some(statistics) = execution.statistics() {
        let scanned = statistics.data_scanned_in_bytes();
        facts.insert("bytes scanned".to_owned(), scanned.into());
    }
    if let Some(result) = results.result_set() {
        match sql.starts_with("EXPLAIN") {
            true => facts.insert("plan".to_owned(), plan(result)),
            // The first row names the columns.
            false => facts.insert(
                "rows of the first page".to_owned(),
                result.rows().len().saturating_sub(1).into(),
            ),
        };
    }
    Ok((id.to_owned(), facts))
}

/// Waits for the end of a query.
async fn ended(athena: &aws_sdk_athena::Client, id: &str) -> anyhow::Result<QueryExecution> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let answer = athena
            .get_query_execution()
            .query_execution_id(id)
            .send()
            .await;
        let answer = answer
            .map_err(said)
            .context("cannot ask for the query's state")?;
        let execution = answer
            .query_execution
            .context("Athena knows nothing of the query")?;
        let state = execution.status().and_then(|status| status.state());
        if !matches!(
            state,
            Some(QueryExecutionState::Queued | QueryExecutionState::Running)
        ) {
            return Ok(execution);
        }
        tokio::time::sleep(PAUSE).await;
    }
    // Nobody would read its result, and the function would go on reading for it.
    let _ = athena
        .stop_query_execution()
        .query_execution_id(id)
        .send()
        .await;
    bail!(
        "it did not end within {} s, and was stopped",
        PATIENCE.as_secs()
    )
}

/// The operators of a plan, and whether they filter: what stands in brackets behind them may be a value.
fn plan(result: &ResultSet) -> Value {
    let lines = result.rows().iter().flat_map(|row| row.data());
    let text: Vec<&str> = lines.filter_map(|cell| cell.var_char_value()).collect();
    let operators = text.iter().flat_map(|text| text.lines()).filter_map(|line| {
        let (before, behind) = line.split_once('[')?;
        let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
        let is_operator = name.starts_with(|c: char| c.is_ascii_uppercase());
        is_operator.then(|| {
            json!({ "operator": name, "filters": behind.contains("filterPredicate") || behind.contains("filter =") })
        })
    });
    operators.collect()
}

/// What the function has kept of its requests for a query; they hold no names and values when they are written.
async fn requests(s3: &aws_sdk_s3::Client, bucket: &str, prefix: &str) -> anyhow::Result<Value> {
    let list = s3.list_objects_v2().bucket(bucket).prefix(prefix);
    let mut listed = list.into_paginator().send();
    let mut requests = Vec::new();
    while let Some(page) = listed.next().await {
        let page = page.context("cannot list the requests that the function kept")?;
        for object in page.contents() {
            let (Some(key), Some(size)) = (object.key(), object.size()) else {
                continue;
            };
            // The function's own are some kilobytes.
            if size > MOST_BYTES || requests.len() >= MOST_REQUESTS {
                bail!("there is more than the function's requests below the prefix");
            }
            let object = s3.get_object().bucket(bucket).key(key).send().await;
            let object = object.context("cannot read a request that the function kept")?;
            let bytes = object.body.collect().await?.into_bytes();
            let request = serde_json::from_slice(&bytes);
            requests.push(request.context("a request that was kept is not JSON")?);
        }
    }
    Ok(Value::Array(requests))
}

fn said<E, R>(error: aws_sdk_athena::error::SdkError<E, R>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.message() {
        Some(message) => anyhow::anyhow!("{}: {message}", error.code().unwrap_or("no code")),
        None => anyhow::anyhow!(error),
    }
}
