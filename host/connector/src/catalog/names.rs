//! Databases and tables, and the real name behind the lower-case one that Athena sends.

use std::future::Future;
use std::sync::Arc;

use aws_sdk_timestreamwrite::types::{PartitionKey, Table};

use super::cache::{Cache, Owner};
use crate::error::{Code, Error, Fault, Result};
use crate::timestream::{Clients, service_error};
use crate::wire::TableName;

/// Names that one call of the service returns at most (timestream.md, section 1.7).
const SERVICE_PAGE: i32 = 20;

/// What a warm function remembers of Timestream's listings.
#[derive(Debug, Default)]
pub struct Listings {
    databases: Cache<(), Arc<[String]>>,
    /// By a database's exact name.
    tables: Cache<String, Arc<[Listed]>>,
}

/// A table as a listing shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// As Timestream spells it.
    pub name: String,
    /// By what its partitions are found, besides time.
    pub(super) keys: Vec<PartitionKey>,
}

/// Timestream's names as one caller sees them.
#[derive(Clone)]
pub struct Names<'a> {
    pub(super) clients: &'a Clients,
    listings: &'a Listings,
    owner: Owner,
}

impl<'a> Names<'a> {
    /// Names that `owner` asks for.
    pub fn new(clients: &'a Clients, listings: &'a Listings, owner: Owner) -> Self {
        Self {
            clients,
            listings,
            owner,
        }
    }

    /// All databases.
    ///
    /// # Errors
    ///
    /// What Timestream answered.
    pub async fn databases(&self) -> Result<Arc<[String]>> {
        match self.listings.databases.get(&(self.owner.clone(), ())) {
            Some(names) => Ok(names),
            None => self.list_databases().await,
        }
    }

    /// All tables of a database that goes by this name, whatever its case.
    ///
    /// # Errors
    ///
    /// When there is no such database, or several; what Timestream answered.
    pub async fn tables(&self, asked: &str) -> Result<Arc<[Listed]>> {
        let key = (self.owner.clone(), asked.to_owned());
        if let Some(tables) = self.listings.tables.get(&key) {
            return Ok(tables);
        }
        match self.list_tables(asked).await {
            Err(error) if error.code() == Code::EntityNotFound => {
                self.list_tables(&self.resolve_database(asked).await?).await
            }
            listed => listed,
        }
    }

    /// The database and table that Athena's lower-case names mean, as far as that is remembered: no call is made.
    pub(super) fn known(&self, asked: &TableName) -> Option<(String, Listed)> {
        let (database, tables) = self.known_tables(&asked.schema_name)?;
        let name = choose("table", &asked.table_name, names(&tables)).ok()?;
        let listed = tables.iter().find(|listed| listed.name == name)?;
        Some((database, listed.clone()))
    }

    /// The database and table that Athena's lower-case names mean.
    ///
    /// # Errors
    ///
    /// When there is none, or several; what Timestream answered.
    pub(super) async fn resolve(&self, asked: &TableName) -> Result<(String, Listed)> {
        let database = self.resolve_database(&asked.schema_name).await?;
        // Listed again even where it is remembered: the table may be new.
        let tables = self.list_tables(&database).await?;
        let name = choose("table", &asked.table_name, names(&tables))
            .map_err(|error| error.context(format_args!("in database `{database}`")))?;
        let keys = tables.iter().find(|listed| listed.name == name);
        let keys = keys.map(|listed| listed.keys.clone()).unwrap_or_default();
        Ok((database, Listed { name, keys }))
    }

    async fn resolve_database(&self, asked: &str) -> Result<String> {
        let remembered = self.listings.databases.get(&(self.owner.clone(), ()));
        if let Some(Ok(name)) =
            remembered.map(|names| choose("database", asked, names.iter().map(String::as_str)))
        {
            return Ok(name);
        }
        let names = self.list_databases().await?;
        choose("database", asked, names.iter().map(String::as_str))
    }

    fn known_tables(&self, asked: &str) -> Option<(String, Arc<[Listed]>)> {
        let remembered = |name: &str| {
            let key = (self.owner.clone(), name.to_owned());
            let tables = self.listings.tables.get(&key)?;
            Some((key.1, tables))
        };
        remembered(asked).or_else(|| {
            let databases = self.listings.databases.get(&(self.owner.clone(), ()))?;
            let databases = databases.iter().map(String::as_str);
            remembered(&choose("database", asked, databases).ok()?)
        })
    }

    async fn list_databases(&self) -> Result<Arc<[String]>> {
        let names = all_pages(async |token| {
            self.clients.pace().await;
            let answer = self.clients.ask_write(|client| {
                let call = client.list_databases().max_results(SERVICE_PAGE);
                call.set_next_token(token.clone()).send()
            });
            let answer = answer.await?.map_err(|error| {
                service_error("list the databases", "timestream:ListDatabases", error)
            })?;
            let databases = answer.databases.unwrap_or_default().into_iter();
            let names = databases.filter_map(|database| database.database_name);
            Ok((names.collect(), answer.next_token))
        });
        let names: Arc<[String]> = names.await?.into();
        let key = (self.owner.clone(), ());
        self.listings.databases.put(key, names.clone());
        Ok(names)
    }

    /// The database's name must be exact.
    async fn list_tables(&self, database: &str) -> Result<Arc<[Listed]>> {
        let tables = all_pages(async |token| {
            self.clients.pace().await;
            let answer = self.clients.ask_write(|client| {
                let call = client.list_tables().database_name(database);
                let call = call.max_results(SERVICE_PAGE);
                call.set_next_token(token.clone()).send()
            });
            let answer = answer.await?.map_err(|error| {
                let what = format!("list the tables of `{database}`");
                service_error(&what, "timestream:ListTables", error)
            })?;
            let tables = answer.tables.unwrap_or_default().into_iter();
            Ok((tables.filter_map(listed).collect(), answer.next_token))
        });
        let tables: Arc<[Listed]> = tables.await?.into();
        let key = (self.owner.clone(), database.to_owned());
        self.listings.tables.put(key, tables.clone());
        Ok(tables)
    }
}

fn listed(table: Table) -> Option<Listed> {
    let keys = table
        .schema
        .and_then(|schema| schema.composite_partition_key);
    Some(Listed {
        name: table.table_name?,
        keys: keys.unwrap_or_default(),
    })
}

fn names(tables: &[Listed]) -> impl Iterator<Item = &str> {
    tables.iter().map(|listed| listed.name.as_str())
}

async fn all_pages<T, F>(mut page: impl FnMut(Option<String>) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<(Vec<T>, Option<String>)>>,
{
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let (page, next) = page(token).await?;
        all.extend(page);
        token = next.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// The exact name, else the only one that is equal but for case.
fn choose<'n>(what: &str, asked: &str, names: impl Iterator<Item = &'n str>) -> Result<String> {
    let mut candidates = Vec::new();
    for name in names {
        if name == asked {
            return Ok(name.to_owned());
        }
        if name.to_lowercase() == asked.to_lowercase() {
            candidates.push(name);
        }
    }
    match candidates.as_slice() {
        [name] => Ok((*name).to_owned()),
        [] => {
            let message = format!(
                "cannot find {what} `{asked}` in Timestream; hint: check name, region and account"
            );
            Err(Error::new(Code::EntityNotFound, Fault::Caller, message))
        }
        several => {
            let message = format!(
                "cannot tell which {what} `{asked}` is: Timestream has `{}`, which differ in case alone",
                several.join("`, `")
            );
            Err(Error::invalid_input(message))
        }
    }
}
