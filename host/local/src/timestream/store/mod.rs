//! Databases and tables in memory. Names are case-sensitive, as in the service.

mod batches;
mod cells;
mod definition;
mod rows;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::timestream::error::ApiError;

pub(crate) use cells::{Value, ValueType};
pub(crate) use definition::{Definition, Enforcement, PartitionKey, Retention, epoch_seconds};
pub(crate) use rows::{MeasureType, Record, Rejection, Rows};

/// Everything that was created and written.
#[derive(Debug, Default)]
pub(crate) struct Store {
    databases: RwLock<BTreeMap<String, Database>>,
}

#[derive(Debug)]
struct Database {
    /// Seconds since the epoch.
    created: f64,
    tables: BTreeMap<String, Arc<Table>>,
}

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) definition: Definition,
    rows: Mutex<Rows>,
}

impl Table {
    /// Returns the rows, for one call at a time.
    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows> {
        // `Rows` checks a record whole before it changes anything, so a panic elsewhere leaves it sound.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told about a database.
#[derive(Debug, PartialEq)]
pub(crate) struct DatabaseSummary {
    pub(crate) name: String,
    /// Seconds since the epoch.
    pub(crate) created: f64,
    pub(crate) tables: usize,
}

/// Why a table was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Database,
    Table,
}

impl Store {
    pub(crate) fn create_database(&self, name: &str) -> Result<DatabaseSummary, ApiError> {
        let mut databases = self.write();
        if databases.contains_key(name) {
            return Err(ApiError::Conflict(format!(
                "the database `{name}` already exists"
            )));
        }
        let created = epoch_seconds();
        databases.insert(
            name.to_owned(),
            Database {
                created,
                tables: BTreeMap::new(),
            },
        );
        Ok(DatabaseSummary {
            name: name.to_owned(),
            created,
            tables: 0,
        })
    }

    pub(crate) fn describe_database(&self, name: &str) -> Result<DatabaseSummary, ApiError> {
        let databases = self.read();
        let database = databases.get(name).ok_or_else(|| no_database(name))?;
        Ok(summary(name, database))
    }

    /// Only an empty database can be deleted.
    pub(crate) fn delete_database(&self, name: &str) -> Result<(), ApiError> {
        let mut databases = self.write();
        let database = databases.get(name).ok_or_else(|| no_database(name))?;
        if !database.tables.is_empty() {
            return Err(ApiError::Validation(format!(
                "the database `{name}` still contains tables"
            )));
        }
        databases.remove(name);
        Ok(())
    }

    /// Returns up to `limit` databases in the order of their names, and whether there are more.
    pub(crate) fn databases(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> (Vec<DatabaseSummary>, bool) {
        let databases = self.read();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = databases.range::<str, _>((start, Bound::Unbounded));
        let found = rest
            .by_ref()
            .take(limit)
            .map(|(name, database)| summary(name, database))
            .collect();
        (found, rest.next().is_some())
    }

    pub(crate) fn create_table(&self, definition: Definition) -> Result<Arc<Table>, ApiError> {
        let mut databases = self.write();
        let database = databases
            .get_mut(&definition.database)
            .ok_or_else(|| no_database(&definition.database))?;
        if database.tables.contains_key(&definition.table) {
            return Err(ApiError::Conflict(format!(
                "the table `{}` already exists",
                definition.table
            )));
        }
        let name = definition.table.clone();
        let table = Arc::new(Table {
            definition,
            rows: Mutex::default(),
        });
        database.tables.insert(name, Arc::clone(&table));
        Ok(table)
    }

    pub(crate) fn delete_table(&self, database: &str, table: &str) -> Result<(), ApiError> {
        let mut databases = self.write();
        let found = databases
            .get_mut(database)
            .ok_or_else(|| no_database(database))?;
        found
            .tables
            .remove(table)
            .map(drop)
            .ok_or_else(|| no_table(table))
    }

    /// Returns a table by the names the Write service was given.
    pub(crate) fn describe_table(
        &self,
        database: &str,
        table: &str,
    ) -> Result<Arc<Table>, ApiError> {
        self.table(database, table)
            .map_err(|missing| match missing {
                Missing::Database => no_database(database),
                Missing::Table => no_table(table),
            })
    }

    pub(crate) fn table(&self, database: &str, table: &str) -> Result<Arc<Table>, Missing> {
        let databases = self.read();
        let found = databases.get(database).ok_or(Missing::Database)?;
        found
            .tables
            .get(table)
            .map(Arc::clone)
            .ok_or(Missing::Table)
    }

    /// Returns up to `limit` tables of one or of all databases in the order of their names, and whether there are
    /// more; nothing if the one database does not exist.
    pub(crate) fn tables(
        &self,
        database: Option<&str>,
        after: Option<(&str, &str)>,
        limit: usize,
    ) -> Option<(Vec<Arc<Table>>, bool)> {
        let databases = self.read();
        if let Some(name) = database
            && !databases.contains_key(name)
        {
            return None;
        }
        let mut rest = databases
            .iter()
            .filter(|(name, _)| database.is_none_or(|wanted| wanted == name.as_str()))
            .flat_map(|(_, database)| database.tables.values())
            .filter(|table| {
                let name = (
                    table.definition.database.as_str(),
                    table.definition.table.as_str(),
                );
                after.is_none_or(|after| name > after)
            });
        let found = rest.by_ref().take(limit).map(Arc::clone).collect();
        Some((found, rest.next().is_some()))
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Database>> {
        self.databases
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Database>> {
        self.databases
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn summary(name: &str, database: &Database) -> DatabaseSummary {
    DatabaseSummary {
        name: name.to_owned(),
        created: database.created,
        tables: database.tables.len(),
    }
}

fn no_database(name: &str) -> ApiError {
    ApiError::ResourceNotFound(format!("the database `{name}` does not exist"))
}

fn no_table(name: &str) -> ApiError {
    ApiError::ResourceNotFound(format!("the table `{name}` does not exist"))
}
