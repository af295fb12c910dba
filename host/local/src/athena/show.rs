//! SHOW SCHEMAS, SHOW TABLES, SHOW COLUMNS and DESCRIBE: what the connector lists, under the names that Athena gives the
//! columns.

use std::sync::Arc;

use anyhow::bail;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::sql::sqlparser::ast::{
    DescribeAlias, ObjectName, ObjectNamePart, ShowStatementIn, ShowStatementOptions, Statement,
};

use super::CATALOG;
use super::client::Client;
use super::information::described;

/// What is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Schemas,
    /// Of a schema, in lower case.
    Tables(String),
    /// Of a schema's table, in lower case, by their names alone.
    Columns(String, String),
    /// The same with their types.
    Described(String, String),
}

impl Listing {
    /// Asks the connector.
    pub(super) async fn rows(&self, client: &Client) -> anyhow::Result<RecordBatch> {
        let (column, mut names) = match self {
            Self::Schemas => ("database_name", client.schemas().await?),
            Self::Tables(schema) => ("tab_name", client.tables(schema).await?),
            Self::Columns(schema, table) => {
                let columns = described(client, schema, table).await?.into_iter();
                let names: ArrayRef =
                    Arc::new(columns.map(|(name, _)| Some(name)).collect::<StringArray>());
                return Ok(RecordBatch::try_from_iter([("field", names)])?);
            }
            Self::Described(schema, table) => {
                let columns = described(client, schema, table).await?;
                let (names, types): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
                let comments = vec![""; names.len()];
                return Ok(RecordBatch::try_from_iter([
                    ("col_name", Arc::new(StringArray::from(names)) as ArrayRef),
                    ("data_type", Arc::new(StringArray::from(types))),
                    ("comment", Arc::new(StringArray::from(comments))),
                ])?);
            }
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
        Statement::ShowColumns {
            extended: false,
            full: false,
            show_options,
        } => match names(show_options).as_deref() {
            Some([schema, table]) => Some(Listing::Columns(schema.clone(), table.clone())),
            Some([catalog, schema, table]) if catalog == CATALOG => {
                Some(Listing::Columns(schema.clone(), table.clone()))
            }
            _ => None,
        },
        Statement::ExplainTable {
            describe_alias: DescribeAlias::Describe,
            hive_format: None,
            has_table_keyword: false,
            table_name,
        } => match parts(table_name).as_deref() {
            Some([schema, table]) => Some(Listing::Described(schema.clone(), table.clone())),
            Some([catalog, schema, table]) if catalog == CATALOG => {
                Some(Listing::Described(schema.clone(), table.clone()))
            }
            _ => None,
        },
        Statement::Explain { .. } => bail!(
            "cannot run EXPLAIN: the plan here is not Athena's; hint: `athena-timestream explain` shows what is pushed"
        ),
        Statement::ShowSchemas { .. }
        | Statement::ShowDatabases { .. }
        | Statement::ShowTables { .. }
        | Statement::ShowColumns { .. }
        | Statement::ExplainTable { .. } => None,
        _ => return Ok(None),
    };
    match listing {
        Some(listing) => Ok(Some(listing)),
        None => bail!(
            "cannot run the statement: only SHOW SCHEMAS, SHOW TABLES FROM a schema of `{CATALOG}`, SHOW COLUMNS FROM and DESCRIBE a table of one can be run"
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
            parent_name: Some(name),
            ..
        }) => parts(name),
        Some(_) => None,
    }
}

/// The parts of a name, in lower case.
fn parts(name: &ObjectName) -> Option<Vec<String>> {
    let parts = name.0.iter().map(ObjectNamePart::as_ident);
    parts
        .map(|ident| Some(ident?.value.to_lowercase()))
        .collect()
}
