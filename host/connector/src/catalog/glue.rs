//! Tables and views that Glue's Data Catalog defines (federation-protocol.md, section 12).
//!
//! A Glue table counts if it has the parameter `timestream-metadata-flag`. Only where there is none, Timestream's own
//! table of the name counts. Every other failure is told: a definition that is lost in silence gives the rows of whatever
//! table has the same name (reference-connector.md, W-10).

mod columns;
mod definition;
mod types;

use aws_config::SdkConfig;
use aws_sdk_glue::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

pub(super) use self::columns::fit;
pub(super) use self::definition::{DefinedColumn, Definition};
use crate::aws::{Call, short_timeouts};
use crate::error::{Error, Fault, Result};
use crate::wire::TableName;

/// Glue's Data Catalog.
#[derive(Clone, Debug)]
pub struct Glue {
    client: Client,
    catalog: Option<String>,
}

/// The definitions that one request sees.
#[derive(Clone, Debug)]
pub struct GlueCatalog<'a> {
    client: &'a Client,
    /// None: the account of the function's role.
    id: Option<String>,
}

impl Glue {
    /// Glue as this configuration reaches it; `catalog` is the setting `glue_catalog`.
    pub fn new(config: &SdkConfig, catalog: Option<String>) -> Self {
        let config = config.to_builder().timeout_config(short_timeouts()).build();
        Self {
            client: Client::new(&config),
            catalog,
        }
    }

    /// The catalog of a request: the setting's, else that of the function's account, else that of the caller's.
    pub fn catalog(&self, function_arn: Option<&str>, caller: Option<&str>) -> GlueCatalog<'_> {
        let caller = || caller.filter(|account| !account.trim().is_empty());
        let id = self.catalog.as_deref();
        let id = id
            .or_else(|| function_arn.and_then(account))
            .or_else(caller);
        GlueCatalog {
            client: &self.client,
            id: id.map(str::to_owned),
        }
    }
}

/// The account in a function's ARN, `arn:aws:lambda:<region>:<account>:function:<name>`, whatever follows.
fn account(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    let is_function = parts.next() == Some("arn")
        && parts
            .next()
            .is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("lambda");
    let account = parts.nth(1)?;
    let is_account = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
    (is_function && is_account && parts.next() == Some("function")).then_some(account)
}

impl GlueCatalog<'_> {
    /// What Glue says of a table; None: there is no such table, or it is none of Timestream's.
    ///
    /// # Errors
    ///
    /// When Glue cannot be asked, or the definition cannot be used.
    pub(super) async fn definition(&self, asked: &TableName) -> Result<Option<Definition>> {
        let TableName {
            schema_name,
            table_name,
        } = asked;
        let call = self
            .client
            .get_table()
            .set_catalog_id(self.id.clone())
            // Glue's names are lower case.
            .database_name(schema_name.to_lowercase())
            .name(table_name.to_lowercase());
        let what = format!("look up `{schema_name}`.`{table_name}` in Glue");
        // A call's future is some 20 KB, and so is every future that holds it.
        let table = match Box::pin(call.send()).await {
            Ok(answer) => answer.table,
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(failed(&what, "glue:GetTable", error)),
        };
        let table = table.filter(definition::is_flagged);
        let definition = table.map(|table| Definition::read(&table));
        definition.transpose().map_err(|error| {
            error.context(format_args!(
                "cannot use Glue table `{schema_name}`.`{table_name}`"
            ))
        })
    }

    /// The text of a view; None: it is not one.
    ///
    /// # Errors
    ///
    /// As when the view is looked up.
    pub async fn view_text(&self, asked: &TableName) -> Result<Option<String>> {
        let definition = self.definition(asked).await?;
        Ok(definition.and_then(|definition| definition.view))
    }

    /// The names of a database's tables that count; none if Glue has no such database.
    ///
    /// # Errors
    ///
    /// When Glue cannot be asked.
    pub async fn tables(&self, database: &str) -> Result<Vec<String>> {
        let mut pages = self
            .client
            .get_tables()
            .set_catalog_id(self.id.clone())
            .database_name(database.to_lowercase())
            .into_paginator()
            .send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    let tables = page.table_list.unwrap_or_default().into_iter();
                    names.extend(
                        tables
                            .filter(definition::is_flagged)
                            .map(|table| table.name),
                    );
                }
                Err(error) if is_missing(&error) => return Ok(Vec::new()),
                Err(error) => {
                    let what = format!("list the tables of `{database}` in Glue");
                    return Err(failed(&what, "glue:GetTables", error));
                }
            }
        }
        Ok(names)
    }
}

fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("EntityNotFoundException")
}

/// What a failed call of Glue means for the one who asked.
fn failed<E>(what: &str, action: &str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let call = Call {
        what,
        service: "Glue",
        action,
        fault: Fault::Host,
    };
    call.failed(error)
        .with_hint("`disable_glue` = `true` leaves Glue out")
}

#[cfg(test)]
mod tests {
    use super::account;

    #[test]
    fn the_account_is_read_from_a_functions_arn_with_or_without_an_alias() {
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:connector";
        assert_eq!(account(function), Some("123456789012"));
        // The Java SDK's pattern takes no alias, and then asks the caller's account for the tables.
        assert_eq!(account(&format!("{function}:live")), Some("123456789012"));
        assert_eq!(
            account("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:c"),
            Some("123456789012")
        );
        assert_eq!(account(""), None);
        assert_eq!(account("arn:aws:iam::123456789012:role/function"), None);
        assert_eq!(account("arn:aws:lambda:eu-west-1:12:function:c"), None);
    }
}
