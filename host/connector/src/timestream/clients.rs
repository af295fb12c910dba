//! The two Timestream clients and their endpoint.
//!
//! Rule (local-aws.md, section 3): where an endpoint is configured there is no discovery; else the cell's address must
//! be discovered, because regional hosts answer nothing but `DescribeEndpoints`.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_timestreamquery as query;
use aws_sdk_timestreamwrite as write;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::throttling::{Backoff, Throttling};
use crate::aws::{Call, Failure, configured_endpoints, failure};
use crate::error::{Code, Error, Fault, Result};

/// Between two calls of the listing and describing operations: the service allows five a second per account and Region
/// (timestream.md, section 6.1).
const PACE: Duration = Duration::from_millis(200);

/// For a call that can be done without, its discovery and its retries.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an API that was out of reach is not tried again.
const OUT_OF_REACH: Duration = Duration::from_secs(600);

/// Where Timestream is, if not where the function's own credentials, region and variables say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A role to assume, for a Timestream of another account.
    pub role_arn: Option<String>,
    /// What the role's trust policy asks for as `sts:ExternalId`.
    pub role_external_id: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The Query API's URL, as of a cell's private endpoint.
    pub query_endpoint: Option<String>,
    /// The Write API's URL.
    pub write_endpoint: Option<String>,
}

/// Clients, made at first use: a role and an endpoint need the network. A clone shares them.
#[derive(Clone)]
pub struct Clients(Arc<Shared>);

struct Shared {
    config: SdkConfig,
    place: Place,
    throttling: Throttling,
    placed: OnceCell<SdkConfig>,
    query: Mutex<Option<Current<query::Client>>>,
    write: Mutex<Option<Current<write::Client>>>,
    pace: OnceCell<Mutex<Interval>>,
    /// When the Write API, which was out of reach, is tried again.
    write_again: StdMutex<Option<Instant>>,
    max_query_tcu: OnceCell<Option<i32>>,
}

/// A client, and until when its endpoint is good: one that was configured for ever, one that was discovered until an
/// instant, or until it answers 421.
struct Current<C> {
    client: C,
    until: Option<Instant>,
    moved: Moved,
}

impl<C> Current<C> {
    fn is_good(&self) -> bool {
        self.until
            .is_none_or(|until| Instant::now() < until && !self.has_moved())
    }

    fn has_moved(&self) -> bool {
        self.moved.0.load(Ordering::Relaxed)
    }
}

/// Whether a cell has answered 421, which says that it is no longer the one (timestream.md, section 1.2).
#[derive(Clone, Debug, Default)]
struct Moved(Arc<AtomicBool>);

#[dyn_dispatch_hint]
impl Intercept for Moved {
    fn name(&self) -> &'static str {
        "Moved"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().as_u16() == 421 {
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Clients")
            .field("place", &self.0.place)
            .finish_non_exhaustive()
    }
}

impl Clients {
    /// Clients with the configuration's credentials, region and endpoints, but for what the place says.
    pub fn new(config: &SdkConfig, place: Place) -> Self {
        Self::with_throttling(config, place, Throttling::default())
    }

    /// As [`Clients::new`], whose pages wait otherwise where they are throttled.
    pub fn with_throttling(config: &SdkConfig, place: Place, throttling: Throttling) -> Self {
        Self(Arc::new(Shared {
            config: config.clone(),
            place,
            throttling,
            placed: OnceCell::new(),
            query: Mutex::new(None),
            write: Mutex::new(None),
            pace: OnceCell::new(),
            write_again: StdMutex::new(None),
            max_query_tcu: OnceCell::new(),
        }))
    }

    /// The Query API.
    ///
    /// # Errors
    ///
    /// When the endpoint must be discovered and cannot be.
    pub async fn query(&self) -> Result<query::Client> {
        let endpoint = self.0.place.query_endpoint.as_deref();
        let new = |config: &SdkConfig, endpoint: Option<&str>, moved: Moved| {
            let mut service = query::config::Builder::from(config).interceptor(moved);
            if let Some(endpoint) = endpoint {
                service = service.endpoint_url(endpoint);
            }
            query::Client::from_conf(service.build())
        };
        let discover = async |client: query::Client| {
            let answer = Box::pin(client.describe_endpoints().send()).await;
            let answer = answer.map_err(discovery)?;
            let first = answer.endpoints.into_iter().next();
            Ok(first.map(|cell| (cell.address, cell.cache_period_in_minutes)))
        };
        self.current(&self.0.query, "Timestream Query", endpoint, new, discover)
            .await
    }

    /// The Write API, of which only the listings are called.
    ///
    /// # Errors
    ///
    /// When the endpoint must be discovered and cannot be.
    pub async fn write(&self) -> Result<write::Client> {
        let endpoint = self.0.place.write_endpoint.as_deref();
        let new = |config: &SdkConfig, endpoint: Option<&str>, moved: Moved| {
            let mut service = write::config::Builder::from(config).interceptor(moved);
            if let Some(endpoint) = endpoint {
                service = service.endpoint_url(endpoint);
            }
            write::Client::from_conf(service.build())
        };
        let discover = async |client: write::Client| {
            let answer = Box::pin(client.describe_endpoints().send()).await;
            let answer = answer.map_err(discovery)?;
            let first = answer.endpoints.into_iter().next();
            Ok(first.map(|cell| (cell.address, cell.cache_period_in_minutes)))
        };
        self.current(&self.0.write, "Timestream Write", endpoint, new, discover)
            .await
    }

    /// Calls the Query API: where the cell has moved, once more at its new address, since it has not looked at the call.
    ///
    /// # Errors
    ///
    /// When the endpoint must be discovered and cannot be; within, the call's own.
    pub(super) async fn ask_query<T, E, F>(
        &self,
        call: impl Fn(query::Client) -> F,
    ) -> Result<Result<T, SdkError<E, HttpResponse>>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        twice_where_moved(|| self.query(), call).await
    }

    /// Calls the Write API, as [`Clients::ask_query`] the Query API.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) async fn ask_write<T, E, F>(
        &self,
        call: impl Fn(write::Client) -> F,
    ) -> Result<Result<T, SdkError<E, HttpResponse>>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        twice_where_moved(|| self.write(), call).await
    }

    /// Makes a call of the Write API that can be done without. It gets little time; and where that API is out of reach, as
    /// in a network with an endpoint for queries alone, it is not tried again for a while.
    ///
    /// # Errors
    ///
    /// What the service answers; None where it is out of reach.
    pub async fn try_write<T>(&self, call: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        let again = || {
            self.0
                .write_again
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if again().is_some_and(|again| Instant::now() < again) {
            return Ok(None);
        }
        match timeout(OPTIONAL_TIMEOUT, call).await {
            Ok(Err(error)) if error.is_unreachable() => {}
            Ok(done) => return done.map(Some),
            Err(_) => {}
        }
        *again() = Some(Instant::now() + OUT_OF_REACH);
        tracing::warn!(
            "Timestream's Write API does not answer, so partition keys stay unknown; hint: set timestream_write_endpoint"
        );
        Ok(None)
    }

    /// How much of Timestream the account may use at once, asked until it is answered or denied; None where that is not
    /// told.
    pub async fn max_query_tcu(&self) -> Option<i32> {
        let ask = async || {
            let asked = self.ask_query(|client| client.describe_account_settings().send());
            let asked = timeout(OPTIONAL_TIMEOUT, asked).await.map_err(drop)?;
            match asked.map_err(drop)? {
                Ok(settings) => Ok(settings.max_query_tcu),
                Err(error) if failure(&error) == Failure::Denied => Ok(None),
                Err(_) => Err(()),
            }
        };
        let told = self.0.max_query_tcu.get_or_try_init(ask).await;
        told.ok().copied().flatten()
    }

    /// The backoff of a query's pages. Where no first delay is set, it is the SDK's pause before a call is made again.
    pub(super) fn page_backoff(&self) -> Backoff {
        let retries = self.0.config.retry_config();
        let first_delay = retries.map_or(Duration::from_secs(1), RetryConfig::initial_backoff);
        Backoff::new(self.0.throttling, first_delay)
    }

    /// The client in its slot, or a new one where there is none or its endpoint is no longer good.
    async fn current<C: Clone, F: Future<Output = Result<Option<(String, i64)>>>>(
        &self,
        slot: &Mutex<Option<Current<C>>>,
        service: &'static str,
        endpoint: Option<&str>,
        new: impl Fn(&SdkConfig, Option<&str>, Moved) -> C,
        discover: impl FnOnce(C) -> F,
    ) -> Result<C> {
        let mut slot = slot.lock().await;
        if let Some(current) = &*slot
            && current.is_good()
        {
            return Ok(current.client.clone());
        }
        let shared = &self.0;
        let placed = shared
            .placed
            .get_or_init(|| placed(&shared.config, &shared.place));
        let config = placed.await;
        let moved = Moved::default();
        let (client, until) =
            if endpoint.is_some() || configured_endpoints(config, service).next().is_some() {
                (new(config, endpoint, moved.clone()), None)
            } else {
                let regional = new(config, None, Moved::default());
                let discovered = discover(regional).await;
                match (
                    discovered.and_then(|cell| cell.ok_or_else(no_endpoint)),
                    &mut *slot,
                ) {
                    (Ok((address, minutes)), _) => {
                        let client = new(config, Some(&url(&address)), moved.clone());
                        (client, Some(end(minutes)))
                    }
                    // The period is over, and yet the cell may be the same.
                    (Err(error), Some(current)) if !current.has_moved() => {
                        tracing::warn!(error = error.summary(), "the cell's address is kept");
                        current.until = Some(end(1));
                        return Ok(current.client.clone());
                    }
                    (Err(error), _) => return Err(error),
                }
            };
        let current = Current {
            client,
            until,
            moved,
        };
        Ok(slot.insert(current).client.clone())
    }

    /// Waits until the next listing or describing call may go out.
    pub async fn pace(&self) {
        let every = || async {
            let mut every = interval(PACE);
            // After a pause one call may go out at once, not as many as were missed.
            every.set_missed_tick_behavior(MissedTickBehavior::Delay);
            Mutex::new(every)
        };
        let pace = self.0.pace.get_or_init(every).await;
        pace.lock().await.tick().await;
    }
}

async fn twice_where_moved<C, T, E, G, F>(
    client: impl Fn() -> G,
    call: impl Fn(C) -> F,
) -> Result<Result<T, SdkError<E, HttpResponse>>>
where
    E: ProvideErrorMetadata,
    G: Future<Output = Result<C>>,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    // Asked for each time: the address of a cell is good for a while alone.
    match Box::pin(call(client().await?)).await {
        Err(error) if failure(&error) == Failure::Moved => {
            Ok(Box::pin(call(client().await?)).await)
        }
        answer => Ok(answer),
    }
}

/// The configuration with the place's region and role.
async fn placed(config: &SdkConfig, place: &Place) -> SdkConfig {
    let mut builder = config.to_builder();
    if let Some(role_arn) = &place.role_arn {
        let role = AssumeRoleProvider::builder(role_arn)
            .session_name("athena-timestream")
            .configure(config);
        let role = match &place.role_external_id {
            Some(external_id) => role.external_id(external_id),
            None => role,
        };
        builder = builder.credentials_provider(SharedCredentialsProvider::new(role.build().await));
    }
    if let Some(region) = &place.region {
        builder = builder.region(Region::new(region.clone()));
    }
    builder.build()
}

/// A discovered address has no scheme (timestream.md, section 1.2); those of stand-ins may.
fn url(address: &str) -> String {
    if address.contains("://") {
        address.to_owned()
    } else {
        format!("https://{address}")
    }
}

/// When a discovered address may stop working.
fn end(cache_period_in_minutes: i64) -> Instant {
    Instant::now()
        + Duration::from_secs(60) * u32::try_from(cache_period_in_minutes).unwrap_or_default()
}

fn no_endpoint() -> Error {
    let message = "cannot discover Timestream's endpoint: DescribeEndpoints names none";
    Error::new(Code::InvalidResponse, Fault::Timestream, message)
}

fn discovery<E>(error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let what = "discover Timestream's endpoint";
    let is_throttled = failure(&error) == Failure::Throttled;
    let told = service_error(what, "timestream:DescribeEndpoints", error);
    if is_throttled {
        return told;
    }
    told.with_hint(
        "where DescribeEndpoints is out of reach, set timestream_query_endpoint and timestream_write_endpoint",
    )
}

/// What a failed call of Timestream means for the one who asked: `what` begins the message, `action` is what IAM has to
/// allow.
pub fn service_error<E>(what: &str, action: &str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let call = Call {
        what,
        service: "Timestream",
        action,
        fault: Fault::Timestream,
    };
    call.failed(error)
}
