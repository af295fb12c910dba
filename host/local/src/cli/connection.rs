//! Which connector a command asks, and how: arguments that `query` and `explain` share.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_lambda::config::retry::RetryConfig;
use clap::ValueEnum;
use connector::{Connector, Settings};

use crate::athena::{Athena, Function, Options, Profile};

/// How Athena behaves, and where the connector is.
#[derive(Debug, clap::Args)]
pub(super) struct Connection {
    /// What Athena sends besides the columns it wants
    #[arg(long, value_enum, default_value_t = Sent::ValueSets)]
    profile: Sent,
    /// Apply the filters again that the connector was sent
    #[arg(long)]
    filter_again: bool,
    /// Ask a function behind this URL of Lambda's Invoke API instead of the connector in this process
    #[arg(long, value_name = "URL")]
    lambda: Option<String>,
    /// The function's name there
    #[arg(
        long,
        value_name = "NAME",
        default_value = "function",
        requires = "lambda"
    )]
    function: String,
}

/// The names of [`Profile`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sent {
    /// Value sets of single columns: what Athena is known to send
    ValueSets,
    /// Expressions, limit and order too, as far as they are announced
    Everything,
}

impl Connection {
    /// Opens Athena; settings and endpoints come from the environment, as in Lambda.
    ///
    /// # Errors
    ///
    /// When the settings are wrong, or there is no dialect.
    pub(super) async fn open(&self) -> anyhow::Result<Athena> {
        let config = aws_config::load_from_env().await;
        let mut options = Options::new(aws_sdk_s3::Client::new(&config));
        options.filter_again = self.filter_again;
        options.profile = match self.profile {
            Sent::ValueSets => Profile::ValueSets,
            Sent::Everything => Profile::Everything,
        };
        let function = match &self.lambda {
            Some(url) => Function::Lambda {
                client: lambda(&config, url),
                name: self.function.clone(),
            },
            None => Function::InProcess(Arc::new(Connector::new(settings()?, &config)?)),
        };
        Athena::open(function, options)
    }
}

/// A client for an emulator, which looks at no signature; a failed call is told, not tried again.
fn lambda(config: &SdkConfig, url: &str) -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::config::Builder::from(config)
        .endpoint_url(url)
        .region(
            config
                .region()
                .cloned()
                .unwrap_or(Region::from_static("us-east-1")),
        )
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .retry_config(RetryConfig::disabled())
        .build();
    aws_sdk_lambda::Client::from_conf(config)
}

/// The environment's settings, with the workspace's own dialect if none is set or deployed.
fn settings() -> anyhow::Result<Settings> {
    let mut settings = Settings::from_env()?;
    if !settings.dialect.exists() && std::env::var_os("dialect").is_none() {
        let built = built_dialect().context("cannot find this program's own folder")?;
        if !built.exists() {
            bail!(
                "cannot find the dialect `timestream.wasm`; hint: run `cargo xtask guests`, or set `dialect` to a file"
            );
        }
        settings.dialect = built;
    }
    Ok(settings)
}

/// `target/components/timestream.wasm`, seen from `target/<profile>/athena-timestream`.
fn built_dialect() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(
        program
            .parent()?
            .parent()?
            .join("components")
            .join("timestream.wasm"),
    )
}
