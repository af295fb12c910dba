//! What a name means: a view or table that Glue defines, else a table of Timestream.

use std::pin::Pin;

use futures::future::{Either, select};

use super::describe::{Look, describe, look};
use super::glue::{Definition, GlueCatalog, fit};
use super::names::Names;
use super::view;
use crate::error::{Code, Error, Fault, Result};
use crate::query::{Column, ColumnKind, Scalar, Source, Table, TimestreamType};
use crate::wire::TableName;

/// A table or view, and what only GetTable shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The table, under its real name.
    pub table: Table,
    /// Glue's comment on each column, in their order; empty where Glue defines nothing.
    pub comments: Vec<Option<String>>,
}

/// A look at a name, on its way or done.
type Looking<'a> = Pin<Box<dyn Future<Output = Look> + Send + 'a>>;

/// The table or view that Athena means.
///
/// # Errors
///
/// When Glue cannot be asked; when its definition cannot be used, or does not fit what Timestream has; when there is no
/// such table. A definition that fails never gives way to a table of the same name.
pub async fn find(
    names: &Names<'_>,
    glue: Option<&GlueCatalog<'_>>,
    asked: &TableName,
) -> Result<Found> {
    // Most tables are Timestream's own, and most views are defined in Glue: both are asked at once.
    let look: Looking<'_> = Box::pin(look(names, asked));
    let (definition, look) = match glue {
        None => (None, look),
        Some(glue) => match select(Box::pin(glue.definition(asked)), look).await {
            Either::Left((definition, look)) => (definition?, look),
            Either::Right((look, definition)) => {
                let look: Looking<'_> = Box::pin(std::future::ready(look));
                (definition.await?, look)
            }
        },
    };
    let Some(mut definition) = definition else {
        let table = describe(names, asked, look.await).await?;
        return Ok(Found {
            table,
            comments: Vec::new(),
        });
    };
    let comments = definition.columns.iter_mut();
    let comments = comments.map(|column| column.comment.take()).collect();
    let table = match definition.view.take() {
        Some(text) => {
            drop(look);
            defined_view(names, asked, definition, text).await?
        }
        None => defined_table(names, asked, definition, look).await?,
    };
    Ok(Found { table, comments })
}

async fn defined_view(
    names: &Names<'_>,
    asked: &TableName,
    definition: Definition,
    text: String,
) -> Result<Table> {
    let name = format!("{}.{}", asked.schema_name, asked.table_name);
    let columns = match view::columns(names.clients, &name, &text).await? {
        Some(columns) => {
            let unreadable =
                |error: Error| error.context(format_args!("cannot read view `{name}`"));
            let prepared: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            let fitted = fit(&definition.columns, columns).map_err(unreadable)?;
            refuse_nameless(&prepared, &fitted).map_err(unreadable)?;
            fitted
        }
        None if definition.columns.is_empty() => {
            let message = format!(
                "cannot read view `{name}`: Glue names no columns of it, and the function may not ask for them; \
                 hint: allow timestream:PrepareQuery, or add the columns in Glue"
            );
            return Err(Error::invalid_input(message));
        }
        None => {
            tracing::warn!(
                "PrepareQuery is denied, so a view is not checked; allow timestream:PrepareQuery"
            );
            unchecked(&definition)
        }
    };
    Ok(Table {
        source: Source::View { name, text },
        columns,
        options: definition.options,
    })
}

/// Refuses a column that the view's text gives no name. Timestream lists it as `_col0`, after its position, or without a
/// name; but that is the name of a result's column alone, and no statement around the view can ask for it.
fn refuse_nameless(prepared: &[String], columns: &[Column]) -> Result<()> {
    let is_nameless = |(position, name): &(usize, &String)| {
        name.is_empty() || **name == format!("_col{position}")
    };
    let is_asked = |name: &str| columns.iter().any(|column| column.name == name);
    let nameless = prepared.iter().enumerate().filter(is_nameless);
    match nameless.into_iter().find(|(_, name)| is_asked(name)) {
        None => Ok(()),
        Some((position, _)) => {
            let message = format!(
                "column {} of its text has no name of its own; hint: give it one with AS",
                position + 1
            );
            Err(Error::new(
                Code::OperationNotSupported,
                Fault::Caller,
                message,
            ))
        }
    }
}

/// Glue's word alone. What it calls text may be of any type: a value without a type is shown as text, and compared with
/// nothing in Timestream. What it calls double may be whole numbers.
fn unchecked(definition: &Definition) -> Vec<Column> {
    let columns = definition.columns.iter().map(|column| {
        let as_double = column.r#type == TimestreamType::Scalar(Scalar::Double);
        Column {
            name: column.name.clone(),
            r#type: match &column.r#type {
                TimestreamType::Scalar(Scalar::Varchar) => TimestreamType::Scalar(Scalar::Other),
                _ if as_double => TimestreamType::Scalar(Scalar::Bigint),
                r#type => r#type.clone(),
            },
            kind: ColumnKind::Computed,
            partition_key: false,
            as_double,
        }
    });
    columns.collect()
}

/// Names and kinds are Timestream's, because Glue knows lower case only (W-27).
async fn defined_table(
    names: &Names<'_>,
    asked: &TableName,
    definition: Definition,
    look_at_asked: impl Future<Output = Look>,
) -> Result<Table> {
    let source = TableName {
        schema_name: asked.schema_name.clone(),
        table_name: definition
            .source_table
            .unwrap_or_else(|| asked.table_name.clone()),
    };
    let look = if source == *asked {
        look_at_asked.await
    } else {
        // It may hold what the next one waits for.
        drop(look_at_asked);
        look(names, &source).await
    };
    let mut table = describe(names, &source, look).await?;
    let mut keys = table.columns.clone();
    keys.retain(|column| matches!(column.kind, ColumnKind::Dimension | ColumnKind::Time));
    table.columns = fit(&definition.columns, table.columns).map_err(|error| {
        let TableName {
            schema_name,
            table_name,
        } = asked;
        error.context(format_args!(
            "cannot use Glue table `{schema_name}`.`{table_name}`"
        ))
    })?;
    table.options.extend(definition.options);
    keys.retain(|key| !table.columns.iter().any(|column| column.name == key.name));
    if !keys.is_empty() {
        let names = keys.iter().map(|key| format!("`{}`", key.name));
        let names = names.collect::<Vec<_>>().join(", ");
        table.options.push((HIDDEN_KEYS.to_owned(), names));
    }
    Ok(table)
}

/// An option that the host sets: which dimensions, or the time, a Glue table does not list. A dialect that makes one row of
/// several records must know.
const HIDDEN_KEYS: &str = "timestream_hidden_keys";
