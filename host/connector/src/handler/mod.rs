//! One short function per call of Athena's: the order of the steps, no detail.

mod budget;
mod capabilities;
mod count;
mod cut;
mod deadline;
mod ended;
mod list;
mod read;
mod recorded;
mod review;
mod scan;
mod services;
mod spilled;
mod splits;
mod table;

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, SdkConfig};
use tracing::Instrument as _;

pub use self::deadline::{Deadline, Invocation};
pub use self::read::{End, Reading};
pub use self::scan::Explanation;
use self::services::Services;
use crate::catalog::{Cache, Found, Listings, Names, Owner};
use crate::delegation::Sealed;
use crate::error::{Error, Result};
use crate::plugin::{Dialect, Engine};
use crate::settings::Settings;
use crate::slices::Few;
use crate::slot::{Policies, Slot};
use crate::telemetry::{self, Ended, Origin};
use crate::timestream::Clients;
use crate::wire::{
    ANNOUNCED_VERSION, FEDERATION_CAPABILITIES, Identity, PingRequest, PingResponse, Request,
    Response, TableName, read_request, write_response,
};

/// A host that is not there is known soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One call of `Query` may take 60 s on the service's side (timestream.md, section 1.4); no other call takes longer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(75);

/// What every call to AWS says of its sender, as `app/…` in the user agent, unless `AWS_SDK_UA_APP_ID` says otherwise:
/// CloudTrail shows it.
const APP_NAME: &str = "athena-timestream";

/// The connector: answers Athena's requests.
pub struct Connector {
    settings: Settings,
    config: SdkConfig,
    clients: Clients,
    own: Arc<Services>,
    delegated: Cache<Sealed, Arc<Services>>,
    function_arn: OnceLock<String>,
    slot: Slot,
    policies: Policies,
    /// By a hash of what is scanned and of its conditions, except those on time.
    few_rows: Cache<u64, Few>,
    /// Made when a read takes longer than a second.
    athena: OnceLock<aws_sdk_athena::Client>,
    tables: Cache<TableName, Found>,
    listings: Listings,
    /// Tables and views of a database, in the order of their names.
    listed: Cache<String, Vec<String>>,
}

/// An answer, and what can be told of a read besides its rows.
#[derive(Debug)]
pub struct Answer {
    /// The response's JSON.
    pub payload: Vec<u8>,
    /// For `ReadRecordsRequest` alone.
    pub reading: Option<Reading>,
}

impl Connector {
    /// Loads the dialect and prepares the clients; no call goes out yet.
    ///
    /// # Errors
    ///
    /// When the dialect cannot be loaded.
    pub fn new(settings: Settings, config: &SdkConfig) -> Result<Self> {
        let plugin = Dialect::from_file(&Engine::new()?, &settings.dialect)?;
        Ok(Self::with_plugin(settings, config, plugin))
    }

    /// As [`Connector::new`], with a dialect that was admitted before.
    pub fn with_plugin(settings: Settings, config: &SdkConfig, plugin: Arc<Dialect>) -> Self {
        let (store, choice) = (settings.plugin_store.as_ref(), settings.plugin.clone());
        let slot = Slot::new(plugin, store, &settings.plugin_keys, choice, config);
        Self::with_slot(settings, config, slot)
    }

    /// As [`Connector::new`], with the plugins of a slot in place of those of the settings.
    pub fn with_slot(settings: Settings, config: &SdkConfig, slot: Slot) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let own_name = || AppName::new(APP_NAME).ok();
        let mut builder = config.to_builder().timeout_config(timeouts);
        builder.set_app_name(config.app_name().cloned().or_else(own_name));
        let config = builder.build();
        let folder = settings.dialect.parent();
        let policies = Policies::new(
            settings.policies.clone(),
            settings.plugin_store.as_ref(),
            &settings.plugin_keys,
            folder.unwrap_or(Path::new("")),
            slot.engine(),
            &config,
        );
        Self {
            policies,
            clients: Clients::with_throttling(
                &config,
                settings.timestream.clone(),
                settings.throttling,
            ),
            own: Arc::new(Services::new(&config, &settings)),
            delegated: Cache::default(),
            function_arn: OnceLock::new(),
            config,
            slot,
            few_rows: Cache::with_life(cut::FEW_REMEMBERED),
            athena: OnceLock::new(),
            tables: Cache::default(),
            listings: Listings::default(),
            listed: Cache::default(),
            settings,
        }
    }

    /// Tells under which ARN the function is invoked: Glue's catalog is that of its account. The first one counts, since
    /// a process never serves two accounts.
    pub fn invoked_as(&self, function_arn: &str) {
        self.function_arn.get_or_init(|| function_arn.to_owned());
    }

    /// Timestream's names as a request sees them.
    fn names(&self, identity: Option<&Identity>) -> Names<'_> {
        Names::new(&self.clients, &self.listings, Owner::of(identity))
    }

    /// Answers one request.
    ///
    /// # Errors
    ///
    /// Why it cannot be answered.
    pub async fn handle(&self, payload: &[u8]) -> Result<Vec<u8>> {
        Ok(self.answer(payload, None).await?.payload)
    }

    /// Answers one request, and tells what a read did. A read that Lambda invoked ends at the invocation's deadline.
    ///
    /// # Errors
    ///
    /// Why it cannot be answered.
    pub async fn answer(&self, payload: &[u8], invocation: Option<&Invocation>) -> Result<Answer> {
        let started = Instant::now();
        let request = read_request(payload)
            .map_err(|error| Error::invalid_input(format!("cannot read the request: {error}")));
        let origin = Origin::of(request.as_ref().ok(), invocation);
        let deadline = invocation.map(|invocation| invocation.deadline);
        let span = tracing::error_span!(
            "request",
            kind = origin.kind,
            query_id = origin.query_id,
            caller = origin.caller,
            digest = tracing::field::Empty,
            timestream_query_id = tracing::field::Empty
        );
        async {
            self.record(payload, &origin).await;
            let mut reading = None;
            let payload = match request {
                // On the heap: the AWS clients' futures are so deep that the compiler would not lay out those around them.
                Ok(request) => Box::pin(self.answer_request(request, deadline, &mut reading)).await,
                Err(error) => Err(error),
            };
            let ended = Ended {
                outcome: payload.as_ref().map(Vec::len),
                reading: reading.as_ref(),
                took: started.elapsed(),
            };
            telemetry::request_ended(&origin, &ended);
            let payload = payload.map_err(|error| {
                let error = self.shown(error);
                // The log's lines have it already.
                match &origin.query_id {
                    Some(query_id) => error.of_athena_query(query_id),
                    None => error,
                }
            })?;
            Ok(Answer { payload, reading })
        }
        .instrument(span)
        .await
    }

    /// An error as the person who asked may see it: with policies, what a service or a plugin says may quote a row or a
    /// rule that is not for everybody.
    fn shown(&self, error: Error) -> Error {
        match self.policies.any() {
            true => error.without_detail(),
            false => error,
        }
    }

    async fn answer_request(
        &self,
        request: Request,
        deadline: Option<Deadline>,
        reading: &mut Option<Reading>,
    ) -> Result<Vec<u8>> {
        if let Request::ReadRecordsRequest(request) = request {
            // It ends in time by itself, and then has more to do than others.
            let reading = reading.insert(Reading::default());
            return written(&self.read(request, deadline, reading).await?);
        }
        let response = Deadline::bound(deadline, self.answer_metadata(request, deadline)).await;
        written(&response?)
    }

    async fn answer_metadata(
        &self,
        request: Request,
        deadline: Option<Deadline>,
    ) -> Result<Response> {
        Ok(match request {
            Request::PingRequest(request) => Response::PingResponse(ping(request)),
            Request::ListSchemasRequest(request) => {
                Response::ListSchemasResponse(self.list_schemas(request).await?)
            }
            Request::ListTablesRequest(request) => {
                Response::ListTablesResponse(self.list_tables(request).await?)
            }
            Request::GetTableRequest(request) => {
                Response::GetTableResponse(self.get_table(request).await?)
            }
            Request::GetTableLayoutRequest(request) => {
                Response::GetTableLayoutResponse(self.layout(request).await?)
            }
            Request::GetSplitsRequest(request) => {
                Response::GetSplitsResponse(self.splits(request, deadline).await?)
            }
            Request::GetDataSourceCapabilitiesRequest(request) => {
                Response::GetDataSourceCapabilitiesResponse(capabilities::capabilities(
                    self.plugin(None, None).await?.as_ref(),
                    &self.settings,
                    request,
                ))
            }
            Request::ReadRecordsRequest(_) => return Err(Error::bug("rows are not metadata")),
        })
    }
}

fn written(response: &Response) -> Result<Vec<u8>> {
    write_response(response).map_err(|error| Error::bug(format_args!("no answer: {error}")))
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Connector")
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

fn ping(request: PingRequest) -> PingResponse {
    PingResponse {
        catalog_name: request.catalog_name,
        query_id: request.query_id,
        source_type: Some("timestream".into()),
        capabilities: FEDERATION_CAPABILITIES,
        ser_de_version: ANNOUNCED_VERSION,
    }
}
