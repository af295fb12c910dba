//! `register` and `unregister`: a function as a data catalog of Athena.

use std::str::FromStr;

use anyhow::{Context as _, ensure};
use aws_sdk_athena::Client;
use aws_sdk_athena::types::DataCatalogType;

use super::output::say;

/// What Athena calls a catalog whose tables a function of Lambda knows.
const PARAMETER: &str = "function";

/// Makes a function a data catalog of Athena, so that queries name its tables `catalog.database.table`
///
/// Region and credentials are those of the environment; `athena:CreateDataCatalog` is needed.
///
/// Example: athena-timestream register --function arn:aws:lambda:eu-west-1:123456789012:function:timestream --name timestream
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Register {
    /// The function's ARN
    #[arg(long, value_name = "ARN")]
    function: Arn,
    /// The catalog's name
    #[arg(long)]
    name: CatalogName,
    /// What Athena's console shows beside the name
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Amazon Timestream, by athena-timestream"
    )]
    description: String,
    /// Say what would be called, and call nothing
    #[arg(long)]
    dry_run: bool,
}

/// Removes a data catalog from Athena; the function stays
///
/// Only a catalog of a function is removed. `athena:GetDataCatalog` and `athena:DeleteDataCatalog` are needed.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Unregister {
    /// The catalog's name
    #[arg(long)]
    name: CatalogName,
    /// Say which catalog would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// The ARN of a function, perhaps with a version or an alias.
#[derive(Clone, Debug)]
struct Arn(String);

impl FromStr for Arn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            [
                "arn",
                partition,
                "lambda",
                region,
                account,
                "function",
                name,
                rest @ ..,
            ] if partition.starts_with("aws")
                && !region.is_empty()
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && !name.is_empty()
                && rest.len() <= 1 =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => {
                Err("it is not the ARN of a function: arn:aws:lambda:REGION:ACCOUNT:function:NAME")
            }
        }
    }
}

/// A name that Athena takes: <https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateDataCatalog.html>.
#[derive(Clone, Debug)]
struct CatalogName(String);

impl FromStr for CatalogName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '-');
        if text.is_empty() || text.len() > 127 || !text.chars().all(is_valid) {
            return Err("a catalog's name has 1 to 127 letters, digits, `_`, `@` and `-`");
        }
        if text.eq_ignore_ascii_case("awsdatacatalog") {
            return Err("Athena has this catalog already: it is Glue's");
        }
        Ok(Self(text.to_owned()))
    }
}

/// Makes the catalog.
///
/// # Errors
///
/// What Athena says, for example of a name that is taken.
pub async fn register(args: Register) -> anyhow::Result<()> {
    let Register {
        function: Arn(function),
        name: CatalogName(name),
        description,
        dry_run,
    } = args;
    say(&format!(
        "CreateDataCatalog: name {name}, type LAMBDA, {PARAMETER} {function}, description `{description}`"
    ));
    if dry_run {
        say("dry run: nothing was called");
        return Ok(());
    }
    client()
        .await
        .create_data_catalog()
        .name(&name)
        .r#type(DataCatalogType::Lambda)
        .description(description)
        .parameters(PARAMETER, function)
        .send()
        .await
        .with_context(|| format!("cannot create the catalog `{name}`"))?;
    say(&format!(
        "registered; list its databases with: SHOW DATABASES IN `{name}`"
    ));
    Ok(())
}

/// Removes the catalog.
///
/// # Errors
///
/// When there is none of this name, it is not of a function, or Athena refuses.
pub async fn unregister(args: Unregister) -> anyhow::Result<()> {
    let Unregister {
        name: CatalogName(name),
        dry_run,
    } = args;
    let client = client().await;
    let found = client.get_data_catalog().name(&name).send().await;
    let found = found.with_context(|| format!("cannot look up the catalog `{name}`"))?;
    let catalog = found.data_catalog().context("Athena told of no catalog")?;
    ensure!(
        *catalog.r#type() == DataCatalogType::Lambda,
        "the catalog `{name}` is of type {}, not of a function: it is left alone",
        catalog.r#type()
    );
    let parameters = catalog.parameters().into_iter().flatten();
    let mut parameters: Vec<String> = parameters
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    parameters.sort();
    say(&format!(
        "DeleteDataCatalog: name {name}, {}",
        parameters.join(", ")
    ));
    if dry_run {
        say("dry run: nothing was removed");
        return Ok(());
    }
    client
        .delete_data_catalog()
        .name(&name)
        .send()
        .await
        .with_context(|| format!("cannot remove the catalog `{name}`"))?;
    say("unregistered");
    Ok(())
}

async fn client() -> Client {
    Client::new(&aws_config::load_from_env().await)
}
