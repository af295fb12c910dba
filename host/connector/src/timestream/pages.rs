//! The pages of a query, one after the other: each token comes from the page before.

use std::time::Duration;

use arrow::array::RecordBatch;
use aws_sdk_timestreamquery::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_timestreamquery::operation::query::QueryError;
use backon::Retryable as _;
use bytes::Bytes;
use tokio::task::JoinSet;

use super::clients::{Clients, service_error};
use super::decode::Decoder;
use super::page::{Page, invalid};
use super::raw::RawBody;
use super::throttling::Backoff;
use crate::aws::{Failure, failure};
use crate::error::{Code, Error, Fault, Result};

/// After a page without rows: whether the service has held the call by then is not known (timestream.md, section 1.4).
const PAUSE_AFTER_EMPTY_PAGE: Duration = Duration::from_millis(20);

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
    backoff: Backoff,
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
                backoff: clients.page_backoff(),
            },
            next: JoinSet::new(),
            query_id: None,
            is_complete: false,
        };
        pages.ask(None, Duration::ZERO);
        pages
    }

    /// The next page, perhaps without rows, and its rows; None after the last.
    ///
    /// # Errors
    ///
    /// What Timestream answered, that it could not be reached, or what is wrong with the page.
    pub async fn next(&mut self, decoder: &mut Decoder) -> Result<Option<(Page, RecordBatch)>> {
        let Some(joined) = self.next.join_next().await else {
            return Ok(None);
        };
        let mut page =
            joined.map_err(|error| Error::bug(format_args!("a page's task ended: {error}")))??;
        self.follow(&page).await;
        let followed = page.next_token.clone();
        let rows = decoder.decode(&mut page)?;
        if page.next_token != followed {
            self.next = JoinSet::new();
            self.follow(&page).await;
        }
        Ok(Some((page, rows)))
    }

    /// Asks for the page after this one.
    async fn follow(&mut self, page: &Page) {
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
            // On a single thread nothing is sent before this task rests.
            tokio::task::yield_now().await;
        }
    }

    /// How often a page was throttled, or Timestream out of reach, until now.
    pub fn throttles(&self) -> usize {
        self.query.backoff.throttles()
    }

    /// The query's id at Timestream, once a page came.
    pub fn query_id(&self) -> Option<&str> {
        self.query_id.as_deref()
    }

    /// Ends the run, which would go on scanning and be charged for. Without effect once the last page came, or the run was
    /// ended. Only a page tells the run's id, so that the first one is waited for if it is on its way.
    pub async fn cancel(&mut self) {
        if self.is_complete {
            return;
        }
        if self.query_id.is_none()
            && let Some(Ok(Ok(mut page))) = self.next.join_next().await
            && page.settle().is_ok()
        {
            self.is_complete = page.next_token.is_none();
            self.query_id = Some(page.query_id).filter(|id| !id.is_empty());
        }
        self.next.abort_all();
        let (false, Some(query_id)) = (self.is_complete, &self.query_id) else {
            return;
        };
        let clients = &self.query.clients;
        let cancel = clients.ask_query(|client| client.cancel_query().query_id(query_id).send());
        let cancelled = cancel.await.and_then(|cancelled| {
            cancelled
                .map_err(|error| service_error("cancel the query", "timestream:CancelQuery", error))
        });
        // A query that has just ended cannot be cancelled; nothing is lost by a failure.
        if let Err(error) = cancelled {
            tracing::debug!(%error, "query not cancelled");
        }
        self.is_complete = true;
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

/// A call that failed.
struct Failed {
    error: Error,
    /// Whether the same call may succeed later, and costs the token nothing until then.
    may_pass: bool,
}

/// Of the cell's discovery, which uses no token.
impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let may_pass = error.code() == Code::Throttling || error.is_unreachable();
        Self { error, may_pass }
    }
}

/// Whether a call never left, since no connection could be made.
fn was_not_sent(error: &SdkError<QueryError>) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let client = error.downcast_ref::<hyper_util::client::legacy::Error>();
        if client.is_some_and(hyper_util::client::legacy::Error::is_connect) {
            return true;
        }
        cause = error.source();
    }
    false
}

impl Query {
    /// One page; one after the first is asked for again while Timestream throttles or no connection can be made. Other
    /// failures are left to the SDK's attempts, since a token works for five calls that reach the service (timestream.md,
    /// section 1.4).
    async fn page(&self, token: Option<String>) -> Result<Page> {
        self.backoff.wait().await;
        let answer = (|| self.answer(token.clone())).retry(self.backoff.pauses());
        let answer = answer
            .when(|failed| token.is_some() && failed.may_pass)
            .await
            .map_err(|failed| failed.error)?;
        self.backoff.came();
        Page::parse(
            answer.ok_or_else(|| invalid("cannot read Timestream's answer: it has no body"))?,
        )
    }

    /// The body of one answer.
    async fn answer(&self, token: Option<String>) -> Result<Option<Bytes>, Failed> {
        let body = RawBody::default();
        let answer = self.clients.ask_query(|client| {
            let call = client
                .query()
                // The same text on every page, or the token is refused.
                .query_string(&self.sql)
                .set_max_rows(self.max_rows)
                .set_next_token(token.clone())
                .customize()
                .interceptor(body.clone());
            call.send()
        });
        let answer = answer.await?.map(|_| body.take());
        answer.map_err(|error| {
            // The statement was taken with the first page.
            let is_token = token.is_some() && error.code() == Some("ValidationException");
            let may_pass = failure(&error) == Failure::Throttled || was_not_sent(&error);
            let told = service_error("read from Timestream", self.action, error);
            Failed {
                error: if is_token { token_refused(told) } else { told },
                may_pass,
            }
        })
    }
}

/// A token that Timestream does not know any more: it has taken it five times, or an hour is over.
fn token_refused(told: Error) -> Error {
    let message = "cannot read on: Timestream refuses the token of the page before; hint: run the query again";
    let refused = Error::new(Code::PartialFailure, Fault::Timestream, message);
    refused.with_detail(told.message()).with_source(told)
}
