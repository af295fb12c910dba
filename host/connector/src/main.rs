//! `bootstrap`: the connector as a Lambda function.

use std::sync::Arc;
use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use connector::{Code, Connector, Deadline, Error, Invocation, Settings, telemetry};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use tracing::Instrument as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start();
    let connector = Arc::new(OnceCell::new());
    // If it fails, each request is answered with the reason, and tries again.
    let _ = connector.get_or_try_init(start).await;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let connector = connector.clone();
        let span = tracing::error_span!("invocation", request_id = event.context.request_id);
        Box::pin(async move { answer(&connector, event).instrument(span).await })
    }))
    .await
}

async fn start() -> Result<Connector, Error> {
    let config = aws_config::defaults(BehaviorVersion::latest());
    let config = config.http_client(https()).load().await;
    let settings = Settings::load(|name| std::env::var(name).ok(), &config).await;
    let connector = settings.and_then(|settings| Connector::new(settings, &config));
    connector.inspect_err(telemetry::failed)
}

/// One HTTP client for all services, as the SDK makes one for each: every one of those would parse the root certificates.
fn https() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let mut connector = aws_smithy_http_client::Connector::builder().tls_provider(provider);
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

async fn answer(
    connector: &OnceCell<Connector>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, Diagnostic> {
    let left = event.context.deadline().duration_since(SystemTime::now());
    let invocation = Invocation {
        request_id: event.context.request_id,
        deadline: Deadline::after(left.unwrap_or_default()),
    };
    let connector = connector.get_or_try_init(start).await;
    let connector = connector.map_err(|error| diagnostic(&error))?;
    connector.invoked_as(&event.context.invoked_function_arn);
    let answer = connector
        .answer(event.payload.get().as_bytes(), Some(&invocation))
        .await
        .and_then(|answer| {
            let json = String::from_utf8(answer.payload)
                .map_err(|error| Error::bug(format_args!("an answer is not text: {error}")))?;
            RawValue::from_string(json)
                .map_err(|error| Error::bug(format_args!("an answer is not JSON: {error}")))
        });
    answer.map_err(|error| diagnostic(&error))
}

/// The Java SDK's exception classes are what Athena knows; the code has no member of its own, so it begins the message
/// (federation-protocol.md, sections 7.2 and 7.3).
fn diagnostic(error: &Error) -> Diagnostic {
    let class = match error.code() {
        Code::Throttling => "FederationThrottleException",
        _ => "AthenaConnectorException",
    };
    Diagnostic {
        error_type: format!("com.amazonaws.athena.connector.lambda.exceptions.{class}"),
        error_message: format!("{}: {}", error.code().as_str(), error.message()),
    }
}

#[cfg(test)]
mod tests {
    //! The payload of a failed call (federation-protocol.md, section 7.1).
    #![expect(clippy::unwrap_used, reason = "a test")]

    use connector::Fault;

    use super::*;

    #[test]
    fn a_failure_has_the_sdk_s_class_and_its_code_in_the_message_and_no_cause() {
        let text = |code| {
            let error =
                Error::new(code, Fault::Caller, "cannot read \"a\"").with_source("the cause");
            serde_json::to_string(&diagnostic(&error)).unwrap()
        };
        assert_eq!(
            text(Code::InvalidInput),
            concat!(
                r#"{"errorType":"com.amazonaws.athena.connector.lambda.exceptions.AthenaConnectorException","#,
                r#""errorMessage":"InvalidInputException: cannot read \"a\""}"#
            )
        );
        // Athena slows down for this class alone.
        assert_eq!(
            text(Code::Throttling),
            concat!(
                r#"{"errorType":"com.amazonaws.athena.connector.lambda.exceptions.FederationThrottleException","#,
                r#""errorMessage":"ThrottlingException: cannot read \"a\""}"#
            )
        );
    }
}
