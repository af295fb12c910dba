//! The HTTP side: one port, one path, operations told apart by a header.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::timestream::counters::{Counters, Shared};
use crate::timestream::error::{ApiError, CONTENT_TYPE};
use crate::timestream::query::QueryService;
use crate::timestream::store::Store;
use crate::timestream::write;

/// Both services use the same prefix (service models, `targetPrefix`).
const TARGET_PREFIX: &str = "Timestream_20181101.";
/// Largest request body, in bytes: far above 100 records of 256 measures of 2 KB each, which no client sends.
const MAX_BODY: usize = 64 << 20;
/// Stack of the server's threads, in bytes. Parser and planner work by recursion, and unoptimised they take some 50 MiB
/// for the deepest statement that is let through; the rest is margin. It is reserved and not used until it is needed.
const THREAD_STACK: usize = 128 << 20;
/// The hosts that a request may be for.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
/// How long [`Server::stop`] waits for calls to end.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// How the server is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// How much row JSON a page may hold, in bytes; a page has at least one row. The service's is 1 MB.
    pub page_bytes: usize,
    /// Whether `DescribeEndpoints` answers with `http://` before the address. The service answers without a scheme, and
    /// SDKs put `https://` before it. But botocore, and with it the AWS CLI, discovers even when only a variable such as
    /// `AWS_ENDPOINT_URL_TIMESTREAM_QUERY` names the endpoint, and leaves an address alone that begins with `http`
    /// (botocore's `EndpointDiscoveryHandler`): with the scheme, the variables are enough for it.
    pub scheme_in_endpoints: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            port: 0,
            page_bytes: 1_000_000,
            scheme_in_endpoints: false,
        }
    }
}

/// A running server. Dropping it ends it at once; [`Server::stop`] lets calls finish.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    counters: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    /// Its own threads, because their stacks must be large.
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct Services {
    /// What `DescribeEndpoints` answers.
    endpoint: String,
    store: Arc<Store>,
    query: QueryService,
    counters: Arc<Shared>,
}

impl Server {
    /// Starts a server with nothing in it.
    ///
    /// # Errors
    ///
    /// If the port cannot be had or threads cannot be started.
    pub async fn start(options: Options) -> anyhow::Result<Server> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = std::net::TcpListener::bind(wanted)
            .with_context(|| format!("cannot serve Timestream: cannot listen on {wanted}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("timestream")
            .thread_stack_size(THREAD_STACK)
            .enable_all()
            .build()
            .context("cannot serve Timestream: cannot start threads")?;
        let counters = Arc::new(Shared::default());
        let store = Arc::new(Store::default());
        let query = QueryService::new(
            Arc::clone(&store),
            Arc::clone(&counters),
            options.page_bytes,
        );
        let scheme = if options.scheme_in_endpoints {
            "http://"
        } else {
            ""
        };
        let services = Arc::new(Services {
            endpoint: format!("{scheme}{address}"),
            store,
            query,
            counters: Arc::clone(&counters),
        });
        let router = Router::new()
            .route("/", post(call))
            .route("/counters", get(show_counters))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn(check_host))
            .with_state(services);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            // A dropped sender means a dropped server, which ends this task anyway.
            axum::serve(listener, router)
                .with_graceful_shutdown(async { drop(stopped.await) })
                .await
        });
        tracing::debug!(%address, "timestream listens");
        Ok(Server {
            address,
            counters,
            stop: Some(stop),
            serving: Some(serving),
            runtime: Some(runtime),
        })
    }

    /// Returns where to reach it, as an endpoint URL of both services.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the figures since the start or the last reset; also at GET `/counters`.
    pub fn counters(&self) -> Counters {
        self.counters.snapshot()
    }

    /// Sets the figures back to nothing.
    pub fn reset_counters(&self) {
        self.counters.reset();
    }

    /// Takes no new calls, waits a few seconds for those under way, and ends.
    ///
    /// # Errors
    ///
    /// If serving had failed before.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(stop) = self.stop.take() {
            // It fails only if serving has ended, which the next line reports.
            stop.send(()).ok();
        }
        match self.serving.take() {
            Some(serving) => match tokio::time::timeout(STOP_WAIT, serving).await {
                Ok(ended) => ended?.context("serving Timestream failed"),
                Err(_) => Ok(()),
            },
            None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not by its own drop, which waits and must not happen on a thread that runs tasks.
            runtime.shutdown_background();
        }
    }
}

/// Answers those who mean this machine: a page in a browser whose name was made to resolve to 127.0.0.1 must not read what
/// was asked here.
async fn check_host(request: Request, next: Next) -> Response {
    let host = request.headers().get("host");
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        match port.bytes().all(|byte| byte.is_ascii_digit()) {
            true => name,
            false => host,
        }
    });
    match LOOPBACK.contains(&name) {
        true => next.run(request).await,
        false => {
            let message = "the host of the request must be 127.0.0.1 or localhost";
            (StatusCode::FORBIDDEN, message).into_response()
        }
    }
}

async fn show_counters(State(services): State<Arc<Services>>) -> axum::Json<Counters> {
    axum::Json(services.counters.snapshot())
}

async fn call(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let message = format!("cannot read the request: {error}; the most is {MAX_BODY} bytes");
            return ApiError::Validation(message).into_response();
        }
    };
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target
        .strip_prefix(TARGET_PREFIX)
        .unwrap_or_default()
        .to_owned();
    // A task of its own, because this future is dropped when the client goes away: a page that was begun must be
    // finished and kept, or the rows in it would be missing when its token is used again.
    let answer = tokio::spawn(async move { services.answer(&operation, &body).await }).await;
    match answer.unwrap_or_else(|panic| Err(ApiError::Internal(panic.to_string()))) {
        Ok(body) => ([("content-type", CONTENT_TYPE)], body).into_response(),
        Err(error) => {
            tracing::debug!(%error, "call refused");
            error.into_response()
        }
    }
}

impl Services {
    async fn answer(&self, operation: &str, body: &[u8]) -> Result<Bytes, ApiError> {
        let answer = match operation {
            "Query" => self.query.query(body).await,
            "PrepareQuery" => self.query.prepare(body).await.map(to_bytes),
            _ => self.answer_at_once(operation, body).map(to_bytes),
        };
        let unknown = matches!(answer, Err(ApiError::UnknownOperation(_)));
        self.counters
            .call(if unknown { "Unknown" } else { operation });
        answer
    }

    fn answer_at_once(&self, operation: &str, body: &[u8]) -> Result<Value, ApiError> {
        let store = &self.store;
        match operation {
            "CancelQuery" => self.query.cancel(body),
            "WriteRecords" => write::write_records(store, body),
            "CreateDatabase" => write::create_database(store, body),
            "ListDatabases" => write::list_databases(store, body),
            "DescribeDatabase" => write::describe_database(store, body),
            "DeleteDatabase" => write::delete_database(store, body),
            "CreateTable" => write::create_table(store, body),
            "ListTables" => write::list_tables(store, body),
            "DescribeTable" => write::describe_table(store, body),
            "DeleteTable" => write::delete_table(store, body),
            // What an account has until it changes it (timestream.md, section 6.1).
            "DescribeAccountSettings" => Ok(json!({
                "MaxQueryTCU": 200, "QueryPricingModel": "COMPUTE_UNITS"
            })),
            "DescribeEndpoints" => Ok(json!({
                "Endpoints": [{ "Address": self.endpoint, "CachePeriodInMinutes": 1440 }]
            })),
            _ => Err(ApiError::UnknownOperation(operation.to_owned())),
        }
    }
}

fn to_bytes(answer: Value) -> Bytes {
    answer.to_string().into()
}
