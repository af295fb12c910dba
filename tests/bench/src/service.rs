//! Lambda's runtime API, a Timestream that replays one page, and an S3 that forgets, on one port.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use memchr::memmem;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

use crate::pages::Pages;
use crate::table::Table;

/// What is slow about the world.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delays {
    /// Of an upload, per megabyte.
    pub(crate) s3_per_megabyte: Duration,
    /// Of a page.
    pub(crate) page: Duration,
}

/// The running service, and the function's invocations.
pub(crate) struct Service {
    pub(crate) address: String,
    invocations: mpsc::UnboundedSender<Bytes>,
    answers: mpsc::UnboundedReceiver<Bytes>,
    shared: Arc<Shared>,
}

struct Shared {
    pages: Pages,
    delays: Delays,
    scan: Scan,
    /// Pages of rows that were sent.
    pages_sent: AtomicUsize,
    uploaded_bytes: AtomicUsize,
    /// When a function asked for work for the first time.
    ready: OnceLock<Instant>,
    /// Functions that wait for work.
    idle: AtomicUsize,
    /// When it asked for rows for the first time.
    first_query: OnceLock<Instant>,
    invocations: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    answers: mpsc::UnboundedSender<Bytes>,
}

/// How many pages a statement has.
enum Scan {
    /// So many, whatever it is.
    Pages(usize),
    /// Those of the table's rows that it asks for.
    Table(Table),
}

impl Service {
    /// A Timestream in which every statement has so many pages.
    pub(crate) async fn start(pages: Pages, page_count: usize, delays: Delays) -> Result<Self> {
        Self::of(pages, Scan::Pages(page_count), delays).await
    }

    /// A Timestream whose table is counted and read in slices.
    pub(crate) async fn of_table(pages: Pages, table: Table, delays: Delays) -> Result<Self> {
        Self::of(pages, Scan::Table(table), delays).await
    }

    async fn of(pages: Pages, scan: Scan, delays: Delays) -> Result<Self> {
        let (invocations, waiting) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            pages,
            delays,
            scan,
            pages_sent: AtomicUsize::new(0),
            uploaded_bytes: AtomicUsize::new(0),
            ready: OnceLock::new(),
            idle: AtomicUsize::new(0),
            first_query: OnceLock::new(),
            invocations: Mutex::new(waiting),
            answers: answered,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            invocations,
            answers,
            shared,
        })
    }

    /// Invokes the function.
    pub(crate) async fn invoke(&mut self, request: Vec<u8>) -> Result<Bytes> {
        self.send(request)?;
        self.receive().await
    }

    /// Invokes the first function that is idle.
    pub(crate) fn send(&self, request: Vec<u8>) -> Result<()> {
        Ok(self.invocations.send(request.into())?)
    }

    /// The next answer of any function.
    pub(crate) async fn receive(&mut self) -> Result<Bytes> {
        self.answers.recv().await.context("the function is gone")
    }

    /// Waits until so many functions wait for work.
    pub(crate) async fn idle(&self, functions: usize) {
        while self.shared.idle.load(Ordering::Relaxed) < functions {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn rows_of_a_page(&self) -> usize {
        self.shared.pages.rows
    }

    /// Pages of rows that were sent so far.
    pub(crate) fn pages(&self) -> usize {
        self.shared.pages_sent.load(Ordering::Relaxed)
    }

    pub(crate) fn ready(&self) -> Result<Instant> {
        let ready = self.shared.ready.get().copied();
        ready.context("the function did not ask for work")
    }

    pub(crate) fn first_query(&self) -> Result<Instant> {
        let first = self.shared.first_query.get().copied();
        first.context("the function did not ask for rows")
    }

    /// Bytes that S3 took.
    pub(crate) fn uploaded_bytes(&self) -> usize {
        self.shared.uploaded_bytes.load(Ordering::Relaxed)
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path().ends_with("/invocation/next") {
        return shared.next_invocation().await;
    }
    if uri.path().starts_with("/2018-06-01/") {
        let _ = shared.answers.send(body);
        return StatusCode::ACCEPTED.into_response();
    }
    let operation = headers.get("x-amz-target").map(|target| target.as_bytes());
    match operation {
        Some(target) if target.ends_with(b".Query") => shared.query(&body).await,
        // What only makes statements cheaper may be missing.
        Some(_) => (StatusCode::NOT_FOUND, "{}").into_response(),
        None => {
            if method == Method::PUT {
                shared
                    .uploaded_bytes
                    .fetch_add(body.len(), Ordering::Relaxed);
                let megabytes = body.len() as f64 / 1e6;
                tokio::time::sleep(shared.delays.s3_per_megabyte.mul_f64(megabytes)).await;
            }
            StatusCode::OK.into_response()
        }
    }
}

impl Shared {
    async fn next_invocation(&self) -> Response {
        self.ready.get_or_init(Instant::now);
        self.idle.fetch_add(1, Ordering::Relaxed);
        let request = self.invocations.lock().await.recv().await;
        self.idle.fetch_sub(1, Ordering::Relaxed);
        let Some(request) = request else {
            return StatusCode::GONE.into_response();
        };
        let headers = [
            (
                "lambda-runtime-aws-request-id",
                "00000000-0000-0000-0000-000000000000",
            ),
            // In the year 2100.
            ("lambda-runtime-deadline-ms", "4102444800000"),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:timestream",
            ),
        ];
        (headers, request).into_response()
    }

    async fn query(&self, request: &[u8]) -> Response {
        let kind = [("content-type", "application/x-amz-json-1.0")];
        if memmem::find(request, b"DESCRIBE").is_some() {
            return (kind, self.description()).into_response();
        }
        self.first_query.get_or_init(Instant::now);
        tokio::time::sleep(self.delays.page).await;
        match self.answer_of(request) {
            Ok(answer) => (kind, answer).into_response(),
            Err(error) => (StatusCode::BAD_REQUEST, format!("{error:#}")).into_response(),
        }
    }

    fn answer_of(&self, request: &[u8]) -> Result<String> {
        let request: Value = serde_json::from_slice(request)?;
        let sql = request["QueryString"].as_str().unwrap_or_default();
        let page_count = match &self.scan {
            Scan::Pages(count) => *count,
            Scan::Table(table) if sql.contains("count(*)") => {
                return Ok(table.counts(sql)?.to_string());
            }
            Scan::Table(table) => usize::try_from(table.rows_of(sql)?)?.div_ceil(self.pages.rows),
        };
        let token = request["NextToken"].as_str().unwrap_or_default();
        let number = token.parse().unwrap_or(0) + 1;
        let next = (number < page_count).then(|| number.to_string());
        self.pages_sent.fetch_add(1, Ordering::Relaxed);
        Ok(self.pages.page(next.as_deref()))
    }

    fn description(&self) -> String {
        let text = |name: &str| json!({"Name": name, "Type": {"ScalarType": "VARCHAR"}});
        let rows = self.pages.columns.iter().map(|column| {
            let cells = [&column.name, &column.scalar.to_lowercase(), column.kind];
            json!({"Data": cells.map(|cell| json!({"ScalarValue": cell}))})
        });
        let names = ["Column", "Type", "Timestream attribute type"];
        json!({
            "QueryId": "DESCRIBE",
            "Rows": rows.collect::<Vec<_>>(),
            "ColumnInfo": names.map(text).to_vec(),
        })
        .to_string()
    }
}
