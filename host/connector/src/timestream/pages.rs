//! The pages of a query, one after the other: each token comes from the page before.

use std::time::Duration;

use aws_sdk_timestreamquery::config::Builder;
use aws_sdk_timestreamquery::config::retry::RetryConfig;
use aws_sdk_timestreamquery::error::SdkError;
use aws_sdk_timestreamquery::operation::query::QueryError;
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::clients::{Clients, service_error};
use super::page::{Page, invalid};
use super::raw::RawBody;
use crate::aws::{Failure, failure};
use crate::error::{Error, Result};

/// After a page without rows: whether the service has held the call by then is not known (timestream.md, section 1.4).
const PAUSE_AFTER_EMPTY_PAGE: Duration = Duration::from_millis(20);

/// How often a page after the first is asked for while the service throttles or fails, at least: with the SDK's pauses,
/// which double from a second to twenty, some two minutes. A read that has written blocks cannot be repeated. The first
/// page is asked for as often as the SDK is configured to: until then Athena's own pauses work.
const CONTINUATION_ATTEMPTS: u32 = 15;

/// How long the first page is waited for when a run is to be cancelled: only a page tells the run's id.
const WAIT_FOR_ID: Duration = Duration::from_secs(2);

/// A running query. The next page is asked for as soon as the current one names its token, so that it travels while
/// the current one is decoded. Dropped, it asks for nothing more; [`Pages::cancel`] also ends the run at Timestream.
#[derive(Debug)]
pub struct Pages {
    query: Query,
    next: JoinSet<Result<Page>>,
    query_id: Option<String>,
    is_complete: bool,
}

/// What every page is asked with.
#[derive(Clone, Debug)]
struct Query {
    clients: Clients,
    sql: String,
    action: &'static str,
    max_rows: Option<i32>,
}

impl Pages {
    /// Starts a statement, for which IAM has to allow `action`; `max_rows` go on a page, if the service is not to choose.
    pub fn start(
        clients: &Clients,
        sql: String,
        action: &'static str,
        max_rows: Option<i32>,
    ) -> Self {
        let mut pages = Self {
            query: Query {
                clients: clients.clone(),
                sql,
                action,
                max_rows,
            },
            next: JoinSet::new(),
            query_id: None,
            is_complete: false,
        };
        pages.ask(None, Duration::ZERO);
        pages
    }

    /// The next page, perhaps without rows; None after the last.
    ///
    /// # Errors
    ///
    /// What Timestream answered, or that it could not be reached.
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(joined) = self.next.join_next().await else {
            return Ok(None);
        };
        let page =
            joined.map_err(|error| Error::bug(format_args!("a page's task ended: {error}")))??;
        if !page.query_id.is_empty() {
            self.query_id = Some(page.query_id.clone());
        }
        self.is_complete = page.next_token.is_none();
        if let Some(token) = &page.next_token {
            let pause = if page.has_rows() {
                Duration::ZERO
            } else {
                PAUSE_AFTER_EMPTY_PAGE
            };
            self.ask(Some(token.clone()), pause);
        }
        Ok(Some(page))
    }

    /// The query's id at Timestream, once a page came.
    pub fn query_id(&self) -> Option<&str> {
        self.query_id.as_deref()
    }

    /// Ends the run, which would go on scanning and be charged for. Without effect once the last page came.
    pub async fn cancel(mut self) {
        if self.is_complete {
            return;
        }
        if self.query_id.is_none()
            && let Ok(Some(Ok(Ok(page)))) = timeout(WAIT_FOR_ID, self.next.join_next()).await
            && page.next_token.is_some()
        {
            self.query_id = Some(page.query_id);
        }
        self.next.abort_all();
        let Some(query_id) = &self.query_id else {
            return;
        };
        let Ok(client) = self.query.clients.query().await else {
            return;
        };
        // A query that has just ended cannot be cancelled; nothing is lost by a failure.
        if let Err(error) = client.cancel_query().query_id(query_id).send().await {
            let error = service_error("cancel the query", "timestream:CancelQuery", error);
            tracing::debug!(%error, "query not cancelled");
        }
    }

    fn ask(&mut self, token: Option<String>, pause: Duration) {
        let query = self.query.clone();
        self.next.spawn(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            query.page(token).await
        });
    }
}

impl Query {
    /// One page. A cell that has moved has not looked at the call, which is then made at the new address, once.
    async fn page(&self, token: Option<String>) -> Result<Page> {
        let answer = match self.call(token.clone()).await? {
            Err(error) if failure(&error) == Failure::Moved => self.call(token).await?,
            answer => answer,
        };
        let body =
            answer.map_err(|error| service_error("read from Timestream", self.action, error))?;
        Page::parse(body.ok_or_else(|| invalid("cannot read Timestream's answer: it has no body"))?)
    }

    /// The body of one answer; the outer error is one of the cell's discovery.
    async fn call(
        &self,
        token: Option<String>,
    ) -> Result<Result<Option<Bytes>, SdkError<QueryError>>> {
        // Asked for each time: the address of a cell is good for a while alone.
        let client = self.clients.query().await?;
        let patience = token.is_some().then(|| {
            let usual = client.config().retry_config().cloned();
            let usual = usual.unwrap_or_else(RetryConfig::standard);
            let attempts = usual.max_attempts().max(CONTINUATION_ATTEMPTS);
            Builder::new().retry_config(usual.with_max_attempts(attempts))
        });
        let body = RawBody::default();
        let mut call = client
            .query()
            // The same text on every page, or the token is refused.
            .query_string(&self.sql)
            .set_max_rows(self.max_rows)
            .set_next_token(token)
            .customize()
            .interceptor(body.clone());
        if let Some(patience) = patience {
            call = call.config_override(patience);
        }
        Ok(call.send().await.map(|_| body.take()))
    }
}
