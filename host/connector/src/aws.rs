//! Failed calls of AWS's services, told apart in one way for all of them.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::service_config::ServiceConfigKey;

use crate::error::{Code, Error, Fault, denied};

/// How long a service is waited for that answers within a fraction of a second: this only ends a call that hangs. To
/// connect, long enough for one lost packet, of which the first is sent again after 1 s; the Java SDK gives Glue 250 ms,
/// and takes these 2 s for its other call of it.
pub(crate) fn short_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build()
}

/// The endpoints that are set for a service, by its own variable or for all. `SdkConfig::endpoint_url` does not see the
/// former.
pub(crate) fn configured_endpoints(
    config: &SdkConfig,
    service: &'static str,
) -> impl Iterator<Item = String> {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = match (config.service_config(), key) {
        (Some(config), Ok(key)) => config.load_config(key),
        _ => None,
    };
    own.into_iter()
        .chain(config.endpoint_url().map(str::to_owned))
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It was never sent: no region, no credentials.
    Unmade,
    /// Nobody answered.
    Unreachable,
    /// Nobody answered in time.
    TimedOut,
    /// IAM does not allow it.
    Denied,
    /// The service does not know who asks.
    Unauthenticated,
    /// Too many calls.
    Throttled,
    /// What is asked for is not there.
    Missing,
    /// It is at another address.
    Moved,
    /// What is asked for is wrong.
    Refused,
    /// The service fails.
    Broken,
}

/// Tells why a call failed, by its error code, else by the answer's status.
pub(crate) fn failure<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Failure {
    let status = match error {
        SdkError::ConstructionFailure(_) => return Failure::Unmade,
        SdkError::TimeoutError(_) => return Failure::TimedOut,
        SdkError::DispatchFailure(_) => return Failure::Unreachable,
        other => other.raw_response().map(|answer| answer.status().as_u16()),
    };
    match error.code().unwrap_or_default() {
        "AccessDeniedException" | "AccessDenied" => Failure::Denied,
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidToken"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "RequestTimeTooSkewed"
        | "MissingAuthenticationTokenException" => Failure::Unauthenticated,
        code if THROTTLING_ERRORS.contains(&code) => Failure::Throttled,
        "ResourceNotFoundException"
        | "EntityNotFoundException"
        | "NotFoundException"
        | "NoSuchBucket" => Failure::Missing,
        "InvalidEndpointException" | "PermanentRedirect" | "TemporaryRedirect" => Failure::Moved,
        "ValidationException"
        | "QueryExecutionException"
        | "InvalidInputException"
        | "DisabledException"
        | "IncorrectKeyException"
        | "InvalidCiphertextException"
        | "InvalidKeyUsageException"
        | "KMSInvalidStateException" => Failure::Refused,
        _ => match status {
            Some(301 | 307 | 421) => Failure::Moved,
            Some(403) => Failure::Denied,
            Some(404) => Failure::Missing,
            Some(429) => Failure::Throttled,
            _ => Failure::Broken,
        },
    }
}

/// A call, for what is said of its failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// What was to be done; it follows "cannot".
    pub(crate) what: &'a str,
    /// The service's name.
    pub(crate) service: &'static str,
    /// What IAM has to allow.
    pub(crate) action: &'a str,
    /// Who is at fault where the service fails.
    pub(crate) fault: Fault,
}

impl Call<'_> {
    /// What its failure means for the one who asked.
    pub(crate) fn failed<E>(&self, error: SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let Self {
            what,
            service,
            action,
            fault,
        } = *self;
        let own = |code, fault, why: &str| Error::new(code, fault, format!("cannot {what}: {why}"));
        let said = |code, fault| {
            let reason = error.message().unwrap_or("no reason given");
            Error::new(code, fault, format!("cannot {what}")).with_detail(reason)
        };
        let told = match failure(&error) {
            Failure::Unmade => own(
                Code::InvalidCredentials,
                Fault::Host,
                "the call could not be made; hint: check region and credentials",
            ),
            Failure::TimedOut => own(
                Code::OperationTimeout,
                fault,
                &format!(
                    "{service} did not answer in time; hint: check the way out of the function's network"
                ),
            ),
            Failure::Unreachable => own(
                Code::Internal,
                fault,
                &format!(
                    "{service} cannot be reached; hint: check region, credentials, the endpoint if one is set, and the \
                     way out of the function's network"
                ),
            ),
            Failure::Denied => own(
                Code::AccessDenied,
                Fault::Host,
                &denied(action, error.message()),
            ),
            Failure::Moved => own(
                Code::Internal,
                fault,
                &format!(
                    "{service} has moved to another address; hint: run the query again, or correct the endpoint if one is set"
                ),
            ),
            Failure::Unauthenticated => said(Code::InvalidCredentials, Fault::Host),
            Failure::Throttled => said(Code::Throttling, fault),
            Failure::Missing => said(Code::EntityNotFound, Fault::Caller),
            Failure::Refused => said(Code::InvalidInput, Fault::Caller),
            Failure::Broken if error.message().is_none() => own(
                Code::Internal,
                fault,
                &format!("{service} fails; hint: run the query again later"),
            ),
            Failure::Broken => said(Code::Internal, fault),
        };
        let told = match failure(&error) {
            Failure::Unreachable | Failure::TimedOut => told.unreachable(),
            _ => told,
        };
        told.with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_timestreamquery::operation::query::QueryError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn calls_fail_by_their_code_else_by_their_status() {
        let failed = |code: Option<&str>, status: u16| {
            let mut metadata = ErrorMetadata::builder();
            if let Some(code) = code {
                metadata = metadata.code(code);
            }
            let answer = HttpResponse::new(
                status.try_into().unwrap_or_else(|_| panic!("{status}")),
                SdkBody::empty(),
            );
            failure(&SdkError::service_error(
                QueryError::generic(metadata.build()),
                answer,
            ))
        };
        for (code, status, expected) in [
            (Some("AccessDeniedException"), 400, Failure::Denied),
            (Some("AccessDenied"), 403, Failure::Denied),
            (Some("ExpiredTokenException"), 403, Failure::Unauthenticated),
            (Some("SlowDown"), 503, Failure::Throttled),
            (Some("ThrottlingException"), 400, Failure::Throttled),
            (Some("RequestThrottledException"), 400, Failure::Throttled),
            (Some("EntityNotFoundException"), 400, Failure::Missing),
            (Some("InvalidEndpointException"), 421, Failure::Moved),
            (Some("ValidationException"), 400, Failure::Refused),
            (Some("InternalServerException"), 500, Failure::Broken),
            (Some("OfTheFuture"), 400, Failure::Broken),
            (None, 301, Failure::Moved),
            (None, 403, Failure::Denied),
            (None, 404, Failure::Missing),
            (None, 429, Failure::Throttled),
            (None, 503, Failure::Broken),
        ] {
            assert_eq!(failed(code, status), expected, "{code:?} {status}");
        }
        let unmade = SdkError::<QueryError, _>::construction_failure("no region");
        assert_eq!(failure(&unmade), Failure::Unmade);
        let late = SdkError::<QueryError, _>::timeout_error("late");
        assert_eq!(failure(&late), Failure::TimedOut);
    }
}
