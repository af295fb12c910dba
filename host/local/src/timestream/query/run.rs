//! One run of a statement: its rows page by page, and the tokens that ask for them.
//!
//! The rules are those of the developer guide ("Pagination") and of the API reference (`Query`): a token belongs to
//! one text, works five times and then always gives the same page, and dies when a newer one is used. With `MaxRows`
//! the first call gives rows only if they are all there are.

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use bytes::Bytes;
use datafusion::common::DataFusionError;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

use super::encode::Rows;
use super::runs::invalid_token;
use super::types::column_info;
use crate::timestream::error::ApiError;
use crate::timestream::sql::{Answer, running};

/// How often a token works.
const TOKEN_USES: u32 = 5;
/// Least bytes a query is charged for (pricing page: 10 MB).
const LEAST_METERED: u64 = 10_000_000;
/// Largest row, in bytes of JSON: the service's page.
const MAX_ROW_BYTES: usize = 1_000_000;

/// A page ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) body: Bytes,
    /// Rows and their bytes, if they are metered.
    pub(super) rows: u64,
    pub(super) row_bytes: u64,
    pub(super) last: bool,
}

/// A statement that has further pages.
#[derive(Debug)]
pub(super) struct Run {
    query_id: String,
    sql: String,
    head: Head,
    /// Turns true when the run is cancelled.
    cancelled: watch::Sender<bool>,
    state: Mutex<State>,
}

/// What every page repeats.
#[derive(Debug)]
struct Head {
    columns: Value,
    bytes_scanned: u64,
    bytes_metered: u64,
}

#[derive(Debug)]
struct State {
    cursor: Cursor,
    /// The last page that a token gave.
    served: Option<Served>,
    /// The token that gives the page after it.
    next: Option<String>,
    pages: u32,
}

#[derive(Debug)]
struct Served {
    token: String,
    uses: u32,
    page: Page,
}

impl Run {
    /// Gives the first page of a statement, and the run if it has further ones.
    pub(super) async fn start(
        sql: &str,
        answer: Answer,
        max_rows: Option<usize>,
        page_bytes: usize,
    ) -> Result<(Page, Option<Run>), ApiError> {
        let columns = answer
            .columns
            .iter()
            .map(column_info)
            .collect::<Result<Vec<_>, _>>()?;
        let bytes_metered = if answer.metered {
            answer.bytes_scanned.max(LEAST_METERED)
        } else {
            0
        };
        let head = Head {
            columns: columns.into(),
            bytes_scanned: answer.bytes_scanned,
            bytes_metered,
        };
        // The service's ids are long and of upper-case letters and digits.
        let query_id = format!("AEBQ{}", uuid::Uuid::new_v4().simple()).to_uppercase();
        let mut cursor = Cursor::new(answer.batches);
        let rows = match max_rows {
            None => cursor.fill(usize::MAX, page_bytes).await?,
            Some(max_rows) => cursor.all_or_nothing(max_rows, page_bytes).await?,
        };
        if rows.last {
            return Ok((head.page(&query_id, None, rows, 1), None));
        }
        let next = new_token(&query_id);
        let page = head.page(&query_id, Some(&next), rows, 0);
        let state = State {
            cursor,
            served: None,
            next: Some(next),
            pages: 1,
        };
        let (cancelled, _) = watch::channel(false);
        let run = Run {
            query_id,
            sql: sql.to_owned(),
            head,
            cancelled,
            state: Mutex::new(state),
        };
        Ok((page, Some(run)))
    }

    pub(super) fn query_id(&self) -> &str {
        &self.query_id
    }

    /// Stops the run; a call that is waiting for a page is told at once. Returns whether it had been stopped before.
    pub(super) fn cancel(&self) -> bool {
        let before = self.cancelled.send_replace(true);
        if let Ok(mut state) = self.state.try_lock() {
            state.cursor = Cursor::new(futures::stream::empty().boxed());
        }
        before
    }

    /// Gives the page that a token asks for.
    pub(super) async fn page(
        &self,
        token: &str,
        sql: &str,
        max_rows: Option<usize>,
        page_bytes: usize,
    ) -> Result<Page, ApiError> {
        if sql != self.sql {
            return Err(invalid_token());
        }
        let mut cancelled = self.cancelled.subscribe();
        tokio::select! {
            biased;
            // The sender lives as long as `self`, so this only ends by a cancellation.
            _ = cancelled.wait_for(|cancelled| *cancelled) => {
                Err(ApiError::Conflict(format!("Query {} has been cancelled", self.query_id)))
            }
            page = self.advance(token, max_rows.unwrap_or(usize::MAX), page_bytes) => page,
        }
    }

    async fn advance(
        &self,
        token: &str,
        max_rows: usize,
        page_bytes: usize,
    ) -> Result<Page, ApiError> {
        let mut state = self.state.lock().await;
        if let Some(served) = state.served.as_mut().filter(|served| served.token == token) {
            served.uses += 1;
            return if served.uses <= TOKEN_USES {
                Ok(served.page.clone())
            } else {
                Err(invalid_token())
            };
        }
        if state.next.as_deref() != Some(token) {
            return Err(invalid_token());
        }
        let filled = state.cursor.fill(max_rows, page_bytes).await;
        // Rows that were taken before it failed are gone, so the run must not go on.
        let rows = filled.inspect_err(|_| state.next = None)?;
        let next = (!rows.last).then(|| new_token(&self.query_id));
        let page = self
            .head
            .page(&self.query_id, next.as_deref(), rows, state.pages);
        state.pages += 1;
        state.next = next;
        state.served = Some(Served {
            token: token.to_owned(),
            uses: 1,
            page: page.clone(),
        });
        Ok(page)
    }
}

fn new_token(query_id: &str) -> String {
    format!("{query_id}.{}", uuid::Uuid::new_v4().simple())
}

impl Head {
    /// Writes a page's answer. How far a run is cannot be known before its end, so progress only grows with the pages.
    fn page(&self, query_id: &str, next: Option<&str>, rows: Filled, pages_before: u32) -> Page {
        let progress = if rows.last {
            100.0
        } else {
            100.0 * f64::from(pages_before) / f64::from(pages_before + 1)
        };
        let status = json!({
            "ProgressPercentage": progress,
            "CumulativeBytesScanned": self.bytes_scanned,
            "CumulativeBytesMetered": self.bytes_metered,
        });
        let token = next
            .map(|token| format!(r#","NextToken":"{token}""#))
            .unwrap_or_default();
        let body = format!(
            r#"{{"QueryId":"{query_id}"{token},"Rows":[{}],"ColumnInfo":{},"QueryStatus":{status}}}"#,
            rows.json, self.columns
        );
        let (count, bytes) = if self.bytes_metered > 0 {
            (rows.count as u64, rows.bytes as u64)
        } else {
            (0, 0)
        };
        Page {
            body: body.into(),
            rows: count,
            row_bytes: bytes,
            last: rows.last,
        }
    }
}

/// The rows of a page.
#[derive(Debug, Default)]
struct Filled {
    /// Rows with commas between them.
    json: String,
    count: usize,
    /// Bytes of the rows without the commas.
    bytes: usize,
    /// Whether no row follows.
    last: bool,
}

/// The rows that are still to be sent.
struct Cursor {
    stream: BoxStream<'static, Result<RecordBatch, DataFusionError>>,
    /// Taken from the stream, oldest first; none is empty.
    batches: VecDeque<RecordBatch>,
    /// Rows of the oldest batch that were sent.
    sent: usize,
    ended: bool,
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursor")
            .field("batches", &self.batches.len())
            .field("ended", &self.ended)
            .finish()
    }
}

impl Cursor {
    fn new(stream: BoxStream<'static, Result<RecordBatch, DataFusionError>>) -> Self {
        Cursor {
            stream,
            batches: VecDeque::new(),
            sent: 0,
            ended: false,
        }
    }

    /// Takes rows up to both limits, but at least one if there is one.
    async fn fill(&mut self, max_rows: usize, page_bytes: usize) -> Result<Filled, ApiError> {
        let mut filled = Filled::default();
        let mut row_json = String::new();
        while self.more().await? {
            let Some(batch) = self.batches.front() else {
                break;
            };
            let rows = Rows::new(batch).map_err(|error| running(&error.into()))?;
            while self.sent < rows.count() {
                row_json.clear();
                rows.write(self.sent, &mut row_json)
                    .map_err(|error| running(&error.into()))?;
                if row_json.len() > MAX_ROW_BYTES {
                    // The service's own sentence.
                    let message = "Query aborted as max page response size has been exceeded by the output result row";
                    return Err(ApiError::QueryExecution(message.to_owned()));
                }
                let full = filled.count == max_rows || filled.bytes + row_json.len() > page_bytes;
                if full && filled.count > 0 {
                    return Ok(filled);
                }
                if filled.count > 0 {
                    filled.json.push(',');
                }
                filled.json.push_str(&row_json);
                filled.bytes += row_json.len();
                filled.count += 1;
                self.sent += 1;
            }
            self.batches.pop_front();
            self.sent = 0;
        }
        filled.last = true;
        Ok(filled)
    }

    /// Takes all rows, if they are fewer than `max_rows` and fit a page; otherwise none.
    async fn all_or_nothing(
        &mut self,
        max_rows: usize,
        page_bytes: usize,
    ) -> Result<Filled, ApiError> {
        while self.waiting() < max_rows && self.pull().await? {}
        if self.waiting() >= max_rows {
            return Ok(Filled::default());
        }
        let before = self.batches.clone();
        let filled = self.fill(max_rows, page_bytes).await?;
        if filled.last {
            return Ok(filled);
        }
        self.batches = before;
        self.sent = 0;
        Ok(Filled::default())
    }

    fn waiting(&self) -> usize {
        self.batches
            .iter()
            .map(RecordBatch::num_rows)
            .sum::<usize>()
            - self.sent
    }

    /// Makes sure that a batch is waiting, and tells whether one is.
    async fn more(&mut self) -> Result<bool, ApiError> {
        Ok(!self.batches.is_empty() || self.pull().await?)
    }

    /// Takes a batch from the stream, unless it has ended.
    async fn pull(&mut self) -> Result<bool, ApiError> {
        while !self.ended {
            match self.stream.next().await {
                Some(Ok(batch)) if batch.num_rows() == 0 => {}
                Some(Ok(batch)) => {
                    self.batches.push_back(batch);
                    return Ok(true);
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Err(running(&error));
                }
                None => self.ended = true,
            }
        }
        Ok(false)
    }
}
