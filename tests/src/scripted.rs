//! A service, mostly Timestream, that answers what a script says: what a true one would never send, and a million rows
//! without storing them.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request as the script sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// `Query`, `ListTables`, …; of S3 the method: `HEAD`, `PUT`.
    pub operation: String,
    /// The body; one that is not JSON as a text, null if it is neither.
    pub body: Value,
    /// The host it was sent to.
    pub host: String,
    /// Whose signature it bears, and for which region.
    pub authorization: String,
    /// Which program says it sent it.
    pub user_agent: String,
}

impl Call {
    /// The statement of a `Query`.
    pub fn sql(&self) -> &str {
        self.body["QueryString"].as_str().unwrap_or_default()
    }

    /// The token of a `Query`.
    pub fn token(&self) -> Option<&str> {
        self.body["NextToken"].as_str()
    }
}

/// What the script answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// 200 with this body.
    Json(String),
    /// An error of the service: status, code, message.
    Error(u16, &'static str, String),
    /// 200 with half of this body; then the connection ends.
    CutShort(String),
}

impl Reply {
    /// A page of `(name, scalar type)` columns, rows as lists of texts, `None` for NULL.
    pub fn page(columns: &[(&str, &str)], rows: &[&[Option<&str>]], token: Option<&str>) -> Self {
        let columns: Vec<Value> = columns
            .iter()
            .map(|(name, kind)| json!({"Name": name, "Type": {"ScalarType": kind}}))
            .collect();
        let datum = |value: &Option<&str>| match value {
            Some(text) => json!({"ScalarValue": text}),
            None => json!({"NullValue": true}),
        };
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| json!({"Data": row.iter().map(datum).collect::<Vec<_>>()}))
            .collect();
        let mut page = json!({"QueryId": "SCRIPTED", "Rows": rows, "ColumnInfo": columns});
        if let Some(token) = token {
            page["NextToken"] = token.into();
        }
        Self::Json(page.to_string())
    }

    /// What `DESCRIBE` answers for columns of `(name, type, kind)`.
    pub fn description(columns: &[(&str, &str, &str)]) -> Self {
        let rows: Vec<[Option<&str>; 3]> = columns
            .iter()
            .map(|(name, kind, attribute)| [Some(*name), Some(*kind), Some(*attribute)])
            .collect();
        let rows: Vec<&[Option<&str>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
        let text = "VARCHAR";
        Self::page(
            &[
                ("Column", text),
                ("Type", text),
                ("Timestream attribute type", text),
            ],
            &rows,
            None,
        )
    }
}

type Script = dyn Fn(&Call) -> Reply + Send + Sync;

/// A running script.
pub struct Scripted {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

struct Shared {
    script: Box<Script>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Scripted {
    /// Starts a script on a free port; it ends with the test's runtime.
    ///
    /// # Errors
    ///
    /// When there is no port.
    pub async fn start(script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new(Shared {
            script: Box::new(script),
            calls: calls.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(answer).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, calls })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let call = Call {
        operation: match header("x-amz-target").rsplit('.').next() {
            None | Some("") => method.to_string(),
            Some(operation) => operation.to_owned(),
        },
        body: serde_json::from_slice(&body)
            .or_else(|_| std::str::from_utf8(&body).map(Value::from))
            .unwrap_or_default(),
        host: header("host"),
        authorization: header("authorization"),
        user_agent: header("user-agent"),
    };
    shared
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(call.clone());
    // Scripts tell of queries and listings; which key a table is partitioned by is nothing to them.
    if call.operation == "DescribeTable" {
        return (StatusCode::NOT_FOUND, "{}").into_response();
    }
    let kind = [("content-type", "application/x-amz-json-1.0")];
    // A script may sleep, for which a thread of the runtime is too good: nobody might look at its sockets and timers.
    let scripted = tokio::task::spawn_blocking(move || (shared.script)(&call));
    let reply = match scripted.await {
        Ok(reply) => reply,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    match reply {
        Reply::Json(body) => (kind, body).into_response(),
        Reply::CutShort(body) => {
            let length = [("content-length", body.len().to_string())];
            let body = Bytes::from(body);
            let half = body.slice(..body.len() / 2);
            let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            let parts = futures::stream::iter([Ok(half), Err(broken)]);
            (kind, length, Body::from_stream(parts)).into_response()
        }
        Reply::Error(status, code, message) => {
            let body = json!({"__type": format!("com.amazonaws.timestream.v20181101#{code}"), "message": message});
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, kind, body.to_string()).into_response()
        }
    }
}
