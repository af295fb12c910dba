//! Everything the demo talks to: Timestream, S3, the connector, Athena.
//!
//! Without a function that runs elsewhere all of it is in this process, on free ports, and settings are made here, not read:
//! nothing of the environment reaches the demo, and nothing of it the cloud.

use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use connector::timestream::{Clients, Place};
use connector::{Connector, Settings};

use super::questions;
use crate::athena::{self, Athena, Function};
use crate::cli::connection::lambda;
use crate::s3::S3;
use crate::timestream::{Fault, Options, Server};

const BUCKET: &str = "spill";

/// What is asked, and how it is reached.
pub(super) struct Stage {
    parts: Parts,
    config: SdkConfig,
}

/// Where everything runs.
enum Parts {
    /// In this process.
    Own(Box<Servers>),
    /// Behind this URL of Lambda's Invoke API.
    Function(String),
}

/// The servers of this process.
struct Servers {
    timestream: Server,
    s3: S3,
    fault: Option<Fault>,
}

impl Stage {
    /// Starts the servers, and the faulty way to Timestream if asked for.
    ///
    /// # Errors
    ///
    /// If one cannot be started.
    pub(super) async fn start(is_broken: bool) -> anyhow::Result<Stage> {
        let timestream = Server::start(Options::default()).await?;
        let s3 = S3::start(0, BUCKET, None).await?;
        let fault = if is_broken {
            let replaced = |sql: &str| sql.replace(questions::FAULT.right, questions::FAULT.wrong);
            Some(Fault::start(timestream.url(), replaced).await?)
        } else {
            None
        };
        let credentials = Credentials::new(&s3.access_key, &s3.secret_key, None, None, "demo");
        let endpoints = Endpoints {
            query: fault
                .as_ref()
                .map_or_else(|| timestream.url(), |fault| fault.url().to_owned()),
            write: timestream.url(),
            s3: s3.url(),
        };
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .service_config(endpoints)
            .build();
        let servers = Servers {
            timestream,
            s3,
            fault,
        };
        let parts = Parts::Own(Box::new(servers));
        Ok(Stage { parts, config })
    }

    /// Takes a function that runs elsewhere, and the Timestream and S3 of the environment.
    pub(super) async fn around(url: &str) -> Stage {
        Stage {
            parts: Parts::Function(url.to_owned()),
            config: aws_config::load_from_env().await,
        }
    }

    /// Returns one line that says where everything listens.
    pub(super) fn describe(&self) -> String {
        match &self.parts {
            Parts::Own(servers) => {
                let fault = servers
                    .fault
                    .as_ref()
                    .map(|fault| format!(", a faulty way to it at {}", fault.url()));
                format!(
                    "started Timestream at {}{}, S3 at {}",
                    servers.timestream.url(),
                    fault.unwrap_or_default(),
                    servers.s3.url()
                )
            }
            Parts::Function(url) => format!("asking the function at {url}"),
        }
    }

    /// Returns clients of Timestream, under the connector's rule for endpoints.
    pub(super) fn clients(&self) -> Clients {
        Clients::new(&self.config, Place::default())
    }

    /// Builds an Athena that asks the function, or a connector with a dialect.
    ///
    /// # Errors
    ///
    /// If the dialect cannot be loaded.
    pub(super) fn athena(&self, dialect: Option<&Path>) -> anyhow::Result<Athena> {
        let options = athena::Options::new(aws_sdk_s3::Client::new(&self.config));
        if let Parts::Function(url) = &self.parts {
            let function = Function::Lambda {
                client: lambda(&self.config, url),
                name: "function".to_owned(),
            };
            return Athena::open(function, options);
        }
        let dialect = dialect.and_then(Path::to_str).map(str::to_owned);
        let settings = Settings::from_lookup(|name| match name {
            "spill_bucket" => Some(BUCKET.to_owned()),
            "disable_glue" => Some("true".to_owned()),
            "dialect" => dialect.clone(),
            _ => None,
        })?;
        let connector = Arc::new(Connector::new(settings, &self.config)?);
        Athena::open(Function::InProcess(connector), options)
    }

    /// Returns how many requests the planted fault has changed; none if none was planted.
    pub(super) fn faults_planted(&self) -> Option<usize> {
        match &self.parts {
            Parts::Own(servers) => servers.fault.as_ref().map(Fault::planted),
            Parts::Function(_) => None,
        }
    }

    /// Stops everything.
    ///
    /// # Errors
    ///
    /// If a server had failed before.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        match self.parts {
            Parts::Own(servers) => {
                let Servers {
                    timestream,
                    s3,
                    fault,
                } = *servers;
                drop(fault);
                s3.stop().await;
                timestream.stop().await
            }
            Parts::Function(_) => Ok(()),
        }
    }
}

/// Where each service is, as the SDK looks endpoints up.
#[derive(Debug)]
struct Endpoints {
    query: String,
    write: String,
    s3: String,
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        match (key.service_id(), key.env()) {
            ("Timestream Query", "AWS_ENDPOINT_URL") => Some(self.query.clone()),
            ("Timestream Write", "AWS_ENDPOINT_URL") => Some(self.write.clone()),
            ("S3", "AWS_ENDPOINT_URL") => Some(self.s3.clone()),
            _ => None,
        }
    }
}
