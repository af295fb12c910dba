//! A fault planted between the connector and Timestream.
//!
//! A check that cannot fail is none, so checks can be made to fail: a proxy rewrites statements on their way, as a
//! connector would have written them that had the fault. It is done here because the connector has no switch to be
//! wrong: what could be switched off for a check could be off in production. The proxy stands for Timestream's Query API
//! in front of the connector alone; everything else is the same as without it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A proxy that asks Timestream for something else than it was asked for. Dropping it ends it.
#[derive(Debug)]
pub struct Fault {
    url: String,
    planted: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Proxy {
    upstream: String,
    client: Client<HttpConnector, Body>,
    rewrite: fn(&str) -> String,
    planted: Arc<AtomicUsize>,
}

impl Fault {
    /// Starts a proxy in front of the Timestream at a URL; `rewrite` gives the statement to run in place of another.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub async fn start(upstream: String, rewrite: fn(&str) -> String) -> anyhow::Result<Fault> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("cannot plant the fault: no port for its proxy")?;
        let url = format!("http://{}", listener.local_addr()?);
        let planted = Arc::new(AtomicUsize::new(0));
        let client = Client::builder(TokioExecutor::new()).build_http();
        let proxy = Proxy {
            upstream,
            client,
            rewrite,
            planted: Arc::clone(&planted),
        };
        let router = Router::new().fallback(pass).with_state(proxy);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the proxy ended");
            }
        });
        Ok(Fault {
            url,
            planted,
            serving,
        })
    }

    /// Returns the endpoint URL that the connector is to use.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns how many requests were changed so far.
    pub fn planted(&self) -> usize {
        self.planted.load(Ordering::Relaxed)
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(proxy): State<Proxy>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    match proxy.forward(&headers, &body).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Proxy {
    async fn forward(&self, headers: &HeaderMap, body: &[u8]) -> anyhow::Result<Response<Body>> {
        let mut body: Value = serde_json::from_slice(body).context("the request is no JSON")?;
        // CancelQuery and the like have no statement.
        if let Some(Value::String(sql)) = body.get_mut("QueryString") {
            let rewritten = (self.rewrite)(sql);
            if rewritten != *sql {
                *sql = rewritten;
                self.planted.fetch_add(1, Ordering::Relaxed);
            }
        }
        let mut request = Request::post(format!("{}/", self.upstream));
        for name in ["content-type", "x-amz-target"] {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        let request = request.body(Body::from(body.to_string()))?;
        let answer = self
            .client
            .request(request)
            .await
            .context("Timestream does not answer")?;
        Ok(answer.map(Body::new))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use axum::Json;
    use axum::routing::post;
    use serde_json::json;

    use super::*;

    /// Answers with what it was asked, and how.
    async fn echo() -> String {
        let answer = |headers: HeaderMap, Json(body): Json<Value>| async move {
            let target = headers["x-amz-target"].to_str().unwrap().to_owned();
            (
                StatusCode::IM_A_TEAPOT,
                Json(json!({"target": target, "body": body})),
            )
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    async fn ask(url: &str, body: &str) -> (StatusCode, Value) {
        let client: Client<HttpConnector, Body> =
            Client::builder(TokioExecutor::new()).build_http();
        let request = Request::post(format!("{url}/"))
            .header("content-type", "application/json")
            .header("x-amz-target", "Timestream_20181101.Query")
            .body(Body::from(body.to_owned()));
        let answer = client.request(request.unwrap()).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(Body::new(answer.into_body()), 10_000)
            .await
            .unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn only_what_is_rewritten_changes() {
        let rewrite = |sql: &str| sql.replace("< 5", "<= 4");
        let fault = Fault::start(echo().await, rewrite).await.unwrap();
        let answer = ask(
            fault.url(),
            r#"{"QueryString":"a < 5 AND a > 3","MaxRows":7}"#,
        )
        .await;
        let target = "Timestream_20181101.Query";
        let body = json!({"QueryString": "a <= 4 AND a > 3", "MaxRows": 7});
        assert_eq!(
            answer,
            (
                StatusCode::IM_A_TEAPOT,
                json!({"target": target, "body": body})
            )
        );
        assert_eq!(fault.planted(), 1);
        let same = json!({"target": target, "body": {"QueryString": "a > 5"}});
        assert_eq!(ask(fault.url(), r#"{"QueryString":"a > 5"}"#).await.1, same);
        assert_eq!(fault.planted(), 1);
    }
}
