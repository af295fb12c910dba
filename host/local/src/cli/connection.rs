//! Which connector a command asks, and how: arguments that commands share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_lambda::config::retry::RetryConfig;
use clap::ValueEnum;
use connector::plugin::{self, Dialect};
use connector::slot::{Choice, Keys, Slot};
use connector::{Connector, Settings};

use super::name_and_value;
use crate::athena::{Athena, Engine, Function, Options, Profile};

/// How Athena behaves, and where the connector is.
#[derive(Debug, clap::Args)]
pub(super) struct Connection {
    #[command(flatten)]
    pub(super) behaviour: Behaviour,
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

/// How Athena behaves, and who asks it.
#[derive(Debug, clap::Args)]
pub(super) struct Behaviour {
    /// What Athena sends besides the columns it wants
    #[arg(long, value_enum, default_value_t = Sent::ValueSets)]
    profile: Sent,
    /// Which engine plans, where they are known or suspected to differ
    #[arg(long, value_enum, default_value_t = Planner::Athena2022)]
    athena: Planner,
    /// The account of the caller, which policies see
    #[arg(long, value_name = "ACCOUNT")]
    caller_account: Option<String>,
    /// The ARN of the caller
    #[arg(long, value_name = "ARN")]
    caller_arn: Option<String>,
    /// A tag of the caller
    #[arg(long = "caller-tag", value_name = "NAME=VALUE", value_parser = name_and_value)]
    caller_tags: Vec<(String, String)>,
    /// An IAM group of the caller
    #[arg(long = "caller-group", value_name = "GROUP")]
    caller_groups: Vec<String>,
    /// Apply the filters again that the connector was sent
    #[arg(long)]
    filter_again: bool,
}

/// The names of [`Profile`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sent {
    /// Value sets of single columns: what Athena is known to send
    ValueSets,
    /// Expressions, limit and order too, as far as they are announced
    Everything,
}

/// The names of [`Engine`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Planner {
    /// Nothing is pushed of a comparison with a constant with a time zone, such as `now()`: so a plan of Athena's from
    /// November 2022
    #[value(name = "athena-2022")]
    Athena2022,
    /// It is pushed as a range of the column: so Trino 435, which Athena is built on today
    #[value(name = "trino-435")]
    Trino435,
}

impl Connection {
    /// Opens Athena; settings and endpoints come from the environment, as in Lambda.
    ///
    /// # Errors
    ///
    /// When the settings are wrong, or there is no dialect.
    pub(super) async fn open(&self) -> anyhow::Result<Athena> {
        let config = aws_config::load_from_env().await;
        let function = match &self.lambda {
            Some(url) => Function::Lambda {
                client: lambda(&config, url),
                name: self.function.clone(),
            },
            None => in_process(&config, None)?,
        };
        self.behaviour.open(&config, function)
    }

    /// The same with the plugin of a file in this process.
    ///
    /// # Errors
    ///
    /// When the settings are wrong, or the file is not a dialect.
    pub(super) async fn open_with(&self, plugin: &Path) -> anyhow::Result<Athena> {
        let config = aws_config::load_from_env().await;
        let function = in_process(&config, Some(plugin))?;
        self.behaviour.open(&config, function)
    }
}

impl Behaviour {
    /// Says which engine plans.
    pub(super) fn planner(&self) -> &'static str {
        match self.athena {
            Planner::Athena2022 => {
                "planned as by Athena in 2022 (`--athena athena-2022`): constants with a time zone stay above the scan"
            }
            Planner::Trino435 => {
                "planned as by Trino 435 (`--athena trino-435`): constants with a time zone are pushed"
            }
        }
    }

    /// Opens Athena before a function.
    ///
    /// # Errors
    ///
    /// Those of [`Athena::open`].
    pub(super) fn open(&self, config: &SdkConfig, function: Function) -> anyhow::Result<Athena> {
        let mut options = Options::new(aws_sdk_s3::Client::new(config));
        options.filter_again = self.filter_again;
        options.engine = match self.athena {
            Planner::Athena2022 => Engine::Athena2022,
            Planner::Trino435 => Engine::Trino435,
        };
        options.profile = match self.profile {
            Sent::ValueSets => Profile::ValueSets,
            Sent::Everything => Profile::Everything,
        };
        let identity = &mut options.identity;
        let as_given = |given: &Option<String>, usual: &mut Option<String>| {
            if given.is_some() {
                usual.clone_from(given);
            }
        };
        as_given(&self.caller_account, &mut identity.account);
        as_given(&self.caller_arn, &mut identity.arn);
        identity.tags = self.caller_tags.iter().cloned().collect();
        identity.groups.clone_from(&self.caller_groups);
        Athena::open(function, options)
    }
}

/// A connector in this process with the environment's settings, and the plugin of a file in place of the settings'.
///
/// # Errors
///
/// When the settings are wrong, or the file is not a dialect.
pub(super) fn in_process(config: &SdkConfig, plugin: Option<&Path>) -> anyhow::Result<Function> {
    let settings = settings()?;
    let connector = match plugin {
        None => Connector::new(settings, config),
        Some(file) => Dialect::from_file(&plugin::Engine::new()?, file).map(|plugin| {
            // It serves in place of the store's plugin, and for tables that name it.
            let own = Choice::parse(&plugin.description().name).unwrap_or_default();
            let slot = Slot::new(plugin, None, &Keys::default(), own, config);
            Connector::with_slot(settings, config, slot)
        }),
    };
    Ok(Function::InProcess(Arc::new(connector?)))
}

/// A client for an emulator, which looks at no signature; a failed call is told, not tried again.
pub(super) fn lambda(config: &SdkConfig, url: &str) -> aws_sdk_lambda::Client {
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
