//! The pages of a query, one after the other: each token comes from the page before.

use std::time::Duration;

use aws_sdk_timestreamquery::Client;
use tokio::task::JoinSet;

use super::clients::service_error;
use super::page::{Page, invalid};
use super::raw::RawBody;
use crate::error::{Error, Result};

/// After a page without rows: whether the service has held the call by then is not known (timestream.md, section 1.4).
const PAUSE_AFTER_EMPTY_PAGE: Duration = Duration::from_millis(20);

/// A running query. The next page is asked for as soon as the current one names its token, so that it travels while
/// the current one is decoded. Dropped, it asks for nothing more; [`Pages::cancel`] also ends the run at Timestream.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    sql: String,
    action: &'static str,
    max_rows: Option<i32>,
    next: JoinSet<Result<Page>>,
    query_id: Option<String>,
    is_complete: bool,
}

impl Pages {
    /// Starts a statement, for which IAM has to allow `action`; `max_rows` go on a page, if the service is not to choose.
    pub fn start(client: Client, sql: String, action: &'static str, max_rows: Option<i32>) -> Self {
        let mut pages = Self {
            client,
            sql,
            action,
            max_rows,
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
        self.next.abort_all();
        if let Some(query_id) = &self.query_id {
            // A query that has just ended cannot be cancelled; nothing is lost by a failure.
            if let Err(error) = self.client.cancel_query().query_id(query_id).send().await {
                tracing::debug!(error = %service_error("cancel the query", "timestream:CancelQuery", error), "query not cancelled");
            }
        }
    }

    fn ask(&mut self, token: Option<String>, pause: Duration) {
        let (client, sql) = (self.client.clone(), self.sql.clone());
        let (action, max_rows) = (self.action, self.max_rows);
        self.next.spawn(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let body = RawBody::default();
            client
                .query()
                // The same text on every page, or the token is refused.
                .query_string(sql)
                .set_max_rows(max_rows)
                .set_next_token(token)
                .customize()
                .interceptor(body.clone())
                .send()
                .await
                .map_err(|error| service_error("read from Timestream", action, error))?;
            Page::parse(
                body.take()
                    .ok_or_else(|| invalid("cannot read Timestream's answer: it has no body"))?,
            )
        });
    }
}
