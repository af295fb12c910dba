//! Views: Timestream SQL that a Glue table holds, checked when the table is asked for (reference-connector.md, 2.3).

use super::single_query::single_query;
use crate::error::{Code, Error, Fault, Result};
use crate::query::{Column, ColumnKind};
use crate::timestream::{Clients, prepared_columns};

/// A view's text: the template's, else the original text's; None: it is a table.
///
/// # Errors
///
/// When it is a view of Athena's own, or not one query.
pub(super) fn text<'a>(
    template: Option<&'a str>,
    original: Option<&'a str>,
) -> Result<Option<&'a str>> {
    let original = original.filter(|text| !text.trim().is_empty());
    let Some(text) = template.or(original) else {
        return Ok(None);
    };
    if is_athenas(text) {
        let message = "it is a view of Athena, whose text is not Timestream's SQL; hint: give the parameter \
                       `_view_template` a statement for Timestream, or create the view in Athena's own catalog";
        return Err(Error::new(
            Code::OperationNotSupported,
            Fault::Caller,
            message,
        ));
    }
    single_query(text)
        .map(Some)
        .map_err(|why| Error::invalid_input(format!("the view's text {why}")))
}

/// `/* Presto View: <base64> */`, as Athena stores its views in Glue.
fn is_athenas(text: &str) -> bool {
    let Some(comment) = text.trim_start().strip_prefix("/*") else {
        return false;
    };
    let start: String = comment.trim_start().chars().take(6).collect();
    start.eq_ignore_ascii_case("presto")
}

/// The columns of a view, without running it; None: the function may not ask.
///
/// # Errors
///
/// What Timestream says of the view's text.
pub(super) async fn columns(
    clients: &Clients,
    name: &str,
    text: &str,
) -> Result<Option<Vec<Column>>> {
    let what = format!("read view `{name}`");
    let columns = prepared_columns(clients, text, &what).await?;
    let computed = |(name, r#type)| Column {
        name,
        r#type,
        kind: ColumnKind::Computed,
        partition_key: false,
        as_double: false,
    };
    Ok(columns.map(|columns| {
        columns
            .into_iter()
            .map(|column| computed((column.name, column.r#type)))
            .collect()
    }))
}

#[cfg(test)]
mod tests;
