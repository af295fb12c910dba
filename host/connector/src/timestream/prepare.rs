//! A statement's columns without running it: `PrepareQuery`, validate only (timestream.md, section 1.6).

use aws_sdk_timestreamquery::types::{ColumnInfo as SdkColumn, Type as SdkType};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::{Clients, service_error};
use super::decode::{Decoder, schema_of};
use super::page::{ColumnInfo, invalid};
use super::pages::Pages;
use crate::error::{Error, Result};
use crate::query::{Scalar, TimestreamType};

/// The columns of a statement's result, as Timestream's planner sees them. None: the function may not ask.
///
/// # Errors
///
/// What Timestream says of the statement, after `what` ("read the view").
pub async fn prepared_columns(
    clients: &Clients,
    sql: &str,
    what: &str,
) -> Result<Option<Vec<ColumnInfo>>> {
    clients.pace().await;
    let prepare = clients.ask_query(|client| {
        let prepare = client.prepare_query().query_string(sql);
        prepare.validate_only(true).send()
    });
    let prepared = match prepare.await? {
        Ok(prepared) => prepared,
        Err(error) if error.code() == Some("AccessDeniedException") => return Ok(None),
        Err(error) => return Err(service_error(what, "timestream:PrepareQuery", error)),
    };
    let columns = prepared.columns.into_iter().map(|column| {
        let name = column.name.unwrap_or_default();
        match column.r#type.as_ref().map(timestream_type) {
            Some(Some(r#type)) => Ok(ColumnInfo { name, r#type }),
            Some(None) => Err(unreadable(&name, "has a type that could not be mapped")),
            None => Err(unreadable(&name, "has no type information")),
        }
    });
    columns.collect::<Result<Vec<_>>>().map(Some)
}

/// The same by running the statement, a row a page, until a page tells the columns, and cancelling it.
///
/// # Errors
///
/// What Timestream says of the statement.
pub async fn columns_by_running(clients: &Clients, sql: &str) -> Result<Vec<ColumnInfo>> {
    let mut pages = Pages::start(clients, sql.to_owned(), "timestream:Select", Some(1));
    let mut decoder = Decoder::new(schema_of([]));
    let columns = loop {
        let columns = match pages.next(&mut decoder).await {
            Ok(Some((page, _))) => page.columns(),
            Ok(None) => break Ok(Vec::new()),
            Err(error) => break Err(error),
        };
        if columns.as_ref().map_or(true, |columns| !columns.is_empty()) {
            break columns;
        }
    };
    pages.cancel().await;
    columns
}

fn unreadable(name: &str, why: &str) -> Error {
    invalid(format!(
        "cannot read Timestream's answer: column `{name}` {why}"
    ))
}

fn timestream_type(r#type: &SdkType) -> Option<TimestreamType> {
    let of_column = |column: &SdkColumn| {
        column
            .r#type
            .as_deref()
            .and_then(timestream_type)
            .map(Box::new)
    };
    if let Some(scalar) = &r#type.scalar_type {
        return Some(TimestreamType::Scalar(Scalar::from_any_name(
            scalar.as_str(),
        )));
    }
    if let Some(element) = &r#type.array_column_info {
        return of_column(element).map(TimestreamType::List);
    }
    if let Some(value) = &r#type.time_series_measure_value_column_info {
        return of_column(value).map(TimestreamType::Series);
    }
    let fields = r#type.row_column_info.as_ref()?;
    let field =
        |column: &SdkColumn| Some((column.name.clone().unwrap_or_default(), *of_column(column)?));
    fields
        .iter()
        .map(field)
        .collect::<Option<_>>()
        .map(TimestreamType::Row)
}
