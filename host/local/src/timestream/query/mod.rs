//! The Query service: `Query` and its pages, `CancelQuery`, `PrepareQuery`.

mod encode;
mod run;
mod runs;
mod types;

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use self::run::{Page, Run};
use self::runs::Runs;
use crate::timestream::counters::Shared;
use crate::timestream::error::ApiError;
use crate::timestream::sql::Engine;
use crate::timestream::store::Store;
use crate::timestream::write::parse;

/// Most rows a page can be limited to (service model, `MaxQueryResults`).
const MAX_ROWS: i64 = 1_000;

/// Statements and their runs.
#[derive(Debug)]
pub(crate) struct QueryService {
    engine: Engine,
    runs: Runs,
    counters: Arc<Shared>,
    /// How much row JSON a page may hold, in bytes.
    page_bytes: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueryInput {
    query_string: String,
    next_token: Option<String>,
    max_rows: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CancelInput {
    query_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrepareInput {
    query_string: String,
    #[serde(default)]
    validate_only: bool,
}

impl QueryService {
    pub(crate) fn new(store: Arc<Store>, counters: Arc<Shared>, page_bytes: usize) -> Self {
        QueryService {
            engine: Engine::new(store),
            runs: Runs::default(),
            counters,
            page_bytes,
        }
    }

    /// Starts a run or goes on with one.
    pub(crate) async fn query(&self, body: &[u8]) -> Result<Bytes, ApiError> {
        let input: QueryInput = parse(body)?;
        let max_rows = match input.max_rows {
            None => None,
            Some(rows @ 1..=MAX_ROWS) => Some(rows as usize),
            Some(rows) => {
                return Err(ApiError::Validation(format!(
                    "MaxRows must be 1 to {MAX_ROWS}, not {rows}"
                )));
            }
        };
        let page = match input.next_token {
            None => self.start(&input.query_string, max_rows).await?,
            Some(token) => {
                let run = self.runs.by_token(&token)?;
                let page = run
                    .page(&token, &input.query_string, max_rows, self.page_bytes)
                    .await?;
                if page.last {
                    self.runs.finished(run.query_id());
                }
                page
            }
        };
        self.counters.page(page.rows, page.row_bytes);
        Ok(page.body)
    }

    async fn start(&self, sql: &str, max_rows: Option<usize>) -> Result<Page, ApiError> {
        self.counters.asked(sql);
        let answer = self.engine.run(sql, jiff::Timestamp::now()).await?;
        self.counters.started();
        let (page, run) = Run::start(sql, answer, max_rows, self.page_bytes).await?;
        if let Some(run) = run {
            self.runs.add(run);
        }
        Ok(page)
    }

    pub(crate) fn cancel(&self, body: &[u8]) -> Result<Value, ApiError> {
        let CancelInput { query_id } = parse(body)?;
        let before = self.runs.cancel(&query_id)?;
        if !before {
            self.counters.cancelled();
        }
        let message = if before {
            "the query has been cancelled before"
        } else {
            "the query is cancelled"
        };
        Ok(json!({ "CancellationMessage": message }))
    }

    pub(crate) async fn prepare(&self, body: &[u8]) -> Result<Value, ApiError> {
        let PrepareInput {
            query_string,
            validate_only,
        } = parse(body)?;
        if !validate_only {
            return Err(ApiError::Validation(
                "PrepareQuery is supported with ValidateOnly only".to_owned(),
            ));
        }
        let columns = self
            .engine
            .prepare(&query_string, jiff::Timestamp::now())
            .await?;
        let columns: Result<Vec<Value>, ApiError> = columns
            .iter()
            .map(|column| {
                let mut shown = types::column_info(column)?;
                shown["Aliased"] = column.aliased.into();
                if let Some((database, table)) = &column.table {
                    shown["DatabaseName"] = database.as_str().into();
                    shown["TableName"] = table.as_str().into();
                }
                Ok(shown)
            })
            .collect();
        Ok(json!({ "QueryString": query_string, "Columns": columns?, "Parameters": [] }))
    }
}

#[cfg(test)]
mod tests;
