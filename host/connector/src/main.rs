//! `bootstrap`: the connector as a Lambda function.

use std::sync::Arc;
use std::time::SystemTime;

use connector::{Code, Connector, Deadline, Error, Settings, telemetry};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start();
    let config = aws_config::load_from_env().await;
    let settings = Settings::load(|name| std::env::var(name).ok(), &config).await?;
    let connector = Arc::new(Connector::new(settings, &config)?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let connector = connector.clone();
        connector.invoked_as(&event.context.invoked_function_arn);
        let deadline = Deadline::after(
            event
                .context
                .deadline()
                .duration_since(SystemTime::now())
                .unwrap_or_default(),
        );
        Box::pin(async move { answer(&connector, &event.payload, deadline).await })
    }))
    .await
}

async fn answer(
    connector: &Connector,
    payload: &RawValue,
    deadline: Deadline,
) -> Result<Box<RawValue>, Diagnostic> {
    let answer = connector
        .answer(payload.get().as_bytes(), Some(deadline))
        .await
        .and_then(|answer| {
            let json = String::from_utf8(answer.payload)
                .map_err(|error| Error::bug(format_args!("an answer is no text: {error}")))?;
            RawValue::from_string(json)
                .map_err(|error| Error::bug(format_args!("an answer is no JSON: {error}")))
        });
    answer.map_err(|error| {
        tracing::error!(
            error = error.summary(),
            code = error.code().as_str(),
            fault = ?error.fault(),
            "request failed"
        );
        // Causes can quote a statement or a value.
        tracing::debug!(
            message = error.message(),
            chain = error.chain(),
            "why it failed"
        );
        diagnostic(&error)
    })
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
