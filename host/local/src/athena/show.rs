//! SHOW SCHEMAS and SHOW TABLES: the connector's listings, under the names that Athena gives their columns.

use std::sync::Arc;

use anyhow::bail;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::sql::sqlparser::ast::{
    ObjectName, ObjectNamePart, ShowStatementIn, ShowStatementOptions, Statement,
};

use super::CATALOG;
use super::client::Client;

/// What is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Schemas,
    /// Of a schema, in lower case.
    Tables(String),
}

impl Listing {
    /// Asks the connector.
    pub(super) async fn rows(&self, client: &Client) -> anyhow::Result<RecordBatch> {
        let (column, mut names) = match self {
            Self::Schemas => ("database_name", client.schemas().await?),
            Self::Tables(schema) => ("tab_name", client.tables(schema).await?),
        };
        names.sort_unstable();
        let names: ArrayRef = Arc::new(StringArray::from(names));
        Ok(RecordBatch::try_from_iter([(column, names)])?)
    }
}

/// The listing that a statement asks for, if it is one.
///
/// # Errors
///
/// When it has a clause that is not known here.
pub(super) fn listing(statement: &Statement) -> anyhow::Result<Option<Listing>> {
    let listing = match statement {
        Statement::ShowSchemas {
            terse: false,
            history: false,
            show_options,
        }
        | Statement::ShowDatabases {
            terse: false,
            history: false,
            show_options,
        } => match names(show_options).as_deref() {
            Some([]) => Some(Listing::Schemas),
            Some([catalog]) if catalog == CATALOG => Some(Listing::Schemas),
            _ => None,
        },
        Statement::ShowTables {
            terse: false,
            history: false,
            extended: false,
            full: false,
            external: false,
            show_options,
        } => match names(show_options).as_deref() {
            Some([schema]) => Some(Listing::Tables(schema.clone())),
            Some([catalog, schema]) if catalog == CATALOG => Some(Listing::Tables(schema.clone())),
            _ => None,
        },
        Statement::ShowSchemas { .. }
        | Statement::ShowDatabases { .. }
        | Statement::ShowTables { .. } => None,
        _ => return Ok(None),
    };
    match listing {
        Some(listing) => Ok(Some(listing)),
        None => bail!(
            "cannot run the statement: only SHOW SCHEMAS and SHOW TABLES FROM a schema of `{CATALOG}` can be run"
        ),
    }
}

/// The name after FROM or IN, in lower case; nothing if there is any other clause.
fn names(options: &ShowStatementOptions) -> Option<Vec<String>> {
    let ShowStatementOptions {
        show_in,
        starts_with: None,
        limit: None,
        limit_from: None,
        filter_position: None,
    } = options
    else {
        return None;
    };
    match show_in {
        None => Some(Vec::new()),
        Some(ShowStatementIn {
            parent_type: None,
            parent_name: Some(ObjectName(parts)),
            ..
        }) => parts
            .iter()
            .map(ObjectNamePart::as_ident)
            .map(|ident| Some(ident?.value.to_lowercase()))
            .collect(),
        Some(_) => None,
    }
}
