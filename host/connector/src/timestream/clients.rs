//! The two Timestream clients and their endpoint.
//!
//! Rule (local-aws.md, section 3): where an endpoint is configured there is no discovery; else the cell's address must
//! be discovered, because regional hosts answer nothing but `DescribeEndpoints`.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_timestreamquery as query;
use aws_sdk_timestreamwrite as write;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::error::{Code, Error, Fault, Result};

/// Between two calls of the listing and describing operations: the service allows five a second per account and Region
/// (timestream.md, section 6.1).
const PACE: Duration = Duration::from_millis(200);

/// Clients, made at first use: discovery needs the network.
pub struct Clients {
    config: SdkConfig,
    query: OnceCell<query::Client>,
    write: OnceCell<write::Client>,
    pace: OnceCell<Mutex<Interval>>,
}

impl Clients {
    /// Clients with the configuration's credentials, region and endpoints.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            config: config.clone(),
            query: OnceCell::new(),
            write: OnceCell::new(),
            pace: OnceCell::new(),
        }
    }

    /// The Query API.
    ///
    /// # Errors
    ///
    /// When the endpoint must be discovered and cannot be.
    pub async fn query(&self) -> Result<&query::Client> {
        self.query
            .get_or_try_init(|| async {
                let client = query::Client::new(&self.config);
                if self.is_endpoint_configured("Timestream Query") {
                    return Ok(client);
                }
                let (client, _) = client
                    .with_endpoint_discovery_enabled()
                    .await
                    .map_err(discovery)?;
                Ok(client)
            })
            .await
    }

    /// The Write API, of which only the listings are called.
    ///
    /// # Errors
    ///
    /// When the endpoint must be discovered and cannot be.
    pub async fn write(&self) -> Result<&write::Client> {
        self.write
            .get_or_try_init(|| async {
                let client = write::Client::new(&self.config);
                if self.is_endpoint_configured("Timestream Write") {
                    return Ok(client);
                }
                let (client, _) = client
                    .with_endpoint_discovery_enabled()
                    .await
                    .map_err(discovery)?;
                Ok(client)
            })
            .await
    }

    /// Waits until the next listing or describing call may go out.
    pub async fn pace(&self) {
        let every = || async {
            let mut every = interval(PACE);
            // After a pause one call may go out at once, not as many as were missed.
            every.set_missed_tick_behavior(MissedTickBehavior::Delay);
            Mutex::new(every)
        };
        self.pace.get_or_init(every).await.lock().await.tick().await;
    }

    /// `SdkConfig::endpoint_url` does not see the variable of one service.
    fn is_endpoint_configured(&self, service: &'static str) -> bool {
        if self.config.endpoint_url().is_some() {
            return true;
        }
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        match (self.config.service_config(), key) {
            (Some(config), Ok(key)) => config.load_config(key).is_some(),
            _ => false,
        }
    }
}

fn discovery(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let message = "cannot discover Timestream's endpoint; hint: let the function reach DescribeEndpoints and allow \
                   timestream:DescribeEndpoints, or set AWS_ENDPOINT_URL_TIMESTREAM_QUERY and \
                   AWS_ENDPOINT_URL_TIMESTREAM_WRITE";
    Error::new(Code::Internal, Fault::Timestream, message).with_source(error)
}

/// What a failed call of Timestream means for the one who asked; `what` begins the message.
pub fn service_error<E, R>(what: &str, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let service_message = error
        .meta()
        .message()
        .unwrap_or("no reason given")
        .to_owned();
    let (code, fault, why) = match (&error, error.code()) {
        (SdkError::ConstructionFailure(_), _) => {
            (Code::InvalidCredentials, Fault::Host, "the call could not be made; hint: check region and credentials".into())
        }
        (SdkError::TimeoutError(_), _) => {
            (Code::OperationTimeout, Fault::Timestream, "Timestream did not answer in time".into())
        }
        (SdkError::DispatchFailure(_), _) => (
            Code::Internal,
            Fault::Timestream,
            "Timestream cannot be reached; hint: check AWS_REGION, AWS_ENDPOINT_URL_TIMESTREAM_QUERY, credentials and \
             the way out of the function's network"
                .into(),
        ),
        (_, Some("ThrottlingException")) => (Code::Throttling, Fault::Timestream, service_message),
        (_, Some("AccessDeniedException")) => (Code::AccessDenied, Fault::Host, service_message),
        (_, Some("ResourceNotFoundException")) => (Code::EntityNotFound, Fault::Caller, service_message),
        (_, Some("ValidationException" | "QueryExecutionException")) => {
            (Code::InvalidInput, Fault::Caller, service_message)
        }
        (
            _,
            Some(
                "UnrecognizedClientException"
                | "InvalidSignatureException"
                | "ExpiredTokenException"
                | "MissingAuthenticationTokenException",
            ),
        ) => (Code::InvalidCredentials, Fault::Host, service_message),
        _ => (Code::Internal, Fault::Timestream, service_message),
    };
    Error::new(code, fault, format!("cannot {what}: {why}")).with_source(error)
}
