//! Databases and tables, and the real name behind the lower-case one that Athena sends.

use std::future::Future;

use crate::error::{Code, Error, Fault, Result};
use crate::timestream::{Clients, service_error};
use crate::wire::TableName;

/// Names that one call of the service returns at most (timestream.md, section 1.7).
const SERVICE_PAGE: i32 = 20;

/// All databases, as Timestream spells them.
///
/// # Errors
///
/// What Timestream answered.
pub async fn databases(clients: &Clients) -> Result<Vec<String>> {
    let client = clients.write().await?;
    all_pages(async |token| {
        clients.pace().await;
        let answer = client
            .list_databases()
            .max_results(SERVICE_PAGE)
            .set_next_token(token)
            .send()
            .await;
        let answer = answer.map_err(|error| service_error("list the databases", error))?;
        let names = answer
            .databases
            .unwrap_or_default()
            .into_iter()
            .filter_map(|database| database.database_name);
        Ok((names.collect(), answer.next_token))
    })
    .await
}

/// All tables of a database, as Timestream spells them; the database's name must be exact.
///
/// # Errors
///
/// What Timestream answered.
pub async fn tables(clients: &Clients, database: &str) -> Result<Vec<String>> {
    let client = clients.write().await?;
    all_pages(async |token| {
        clients.pace().await;
        let call = client
            .list_tables()
            .database_name(database)
            .max_results(SERVICE_PAGE)
            .set_next_token(token);
        let answer = call.send().await;
        let answer = answer
            .map_err(|error| service_error(&format!("list the tables of `{database}`"), error))?;
        let names = answer
            .tables
            .unwrap_or_default()
            .into_iter()
            .filter_map(|table| table.table_name);
        Ok((names.collect(), answer.next_token))
    })
    .await
}

async fn all_pages<F>(mut page: impl FnMut(Option<String>) -> F) -> Result<Vec<String>>
where
    F: Future<Output = Result<(Vec<String>, Option<String>)>>,
{
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let (page, next) = page(token).await?;
        names.extend(page);
        token = next.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(names);
        }
    }
}

/// The database and table that Athena's lower-case names mean.
///
/// # Errors
///
/// When there is none, or several.
pub(super) async fn resolve(clients: &Clients, asked: &TableName) -> Result<(String, String)> {
    let database = resolve_database(clients, &asked.schema_name).await?;
    let table = choose(
        "table",
        &asked.table_name,
        tables(clients, &database).await?,
    )
    .map_err(|error| error.context(format_args!("in database `{database}`")))?;
    Ok((database, table))
}

/// The database that Athena's lower-case name means.
///
/// # Errors
///
/// When there is none, or several.
pub async fn resolve_database(clients: &Clients, asked: &str) -> Result<String> {
    choose("database", asked, databases(clients).await?)
}

/// The exact name, else the only one that is equal but for case.
pub(super) fn choose(what: &str, asked: &str, names: Vec<String>) -> Result<String> {
    if let Some(name) = names.iter().find(|name| *name == asked) {
        return Ok(name.clone());
    }
    let mut candidates: Vec<String> = names
        .into_iter()
        .filter(|name| name.to_lowercase() == asked.to_lowercase())
        .collect();
    match (candidates.pop(), candidates.len()) {
        (Some(name), 0) => Ok(name),
        (None, _) => {
            let message = format!(
                "cannot find {what} `{asked}` in Timestream; hint: check name, region and account"
            );
            Err(Error::new(Code::EntityNotFound, Fault::Caller, message))
        }
        (Some(last), _) => {
            candidates.push(last);
            let message = format!(
                "cannot tell which {what} `{asked}` is: Timestream has `{}`, which differ in case alone",
                candidates.join("`, `")
            );
            Err(Error::invalid_input(message))
        }
    }
}
