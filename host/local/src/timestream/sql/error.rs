//! What goes wrong in DataFusion, as the service would say it.
//!
//! DataFusion evaluates constants while it plans, so the cause decides, not the phase: what is wrong with the statement
//! is a `ValidationException`, what is wrong with the values is a `QueryExecutionException`.

use datafusion::common::{DataFusionError, SchemaError};
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::catalog::MissingTable;
use crate::timestream::error::ApiError;

/// Translates an error of the parser.
pub(super) fn parsing(error: ParserError) -> ApiError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => "the statement is nested too deeply".to_owned(),
    };
    // sqlparser writes the place at the end, the service at the beginning.
    let placed = message.rsplit_once(" at Line: ").and_then(|(what, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some(format!("line {line}:{column}: {what}"))
    });
    ApiError::Validation(placed.unwrap_or_else(|| format!("line 1:1: {message}")))
}

/// Translates an error of the planner. The tokens tell where the word in question stands.
pub(super) fn planning(error: DataFusionError, tokens: &[TokenWithSpan]) -> ApiError {
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => {
            let (word, message) = match &**error {
                SchemaError::FieldNotFound { field, .. } => {
                    let name = match &field.relation {
                        Some(relation) => format!("{}.{}", relation.table(), field.name),
                        None => field.name.clone(),
                    };
                    (
                        field.name.as_str(),
                        format!("Column '{name}' does not exist"),
                    )
                }
                SchemaError::AmbiguousReference { field } => (
                    field.name.as_str(),
                    format!("Column '{}' is ambiguous", field.name),
                ),
                other => ("", other.to_string()),
            };
            ApiError::Validation(format!("line {}: {message}", place(tokens, word)))
        }
        DataFusionError::External(cause) => match cause.downcast_ref::<MissingTable>() {
            Some(missing) => missing_table(missing, tokens),
            None => ApiError::Internal(cause.to_string()),
        },
        root @ (DataFusionError::Plan(_)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::SQL(..)) => {
            // What follows the first line is a list of all forms of a function.
            let message = root.message();
            let first_line = message.lines().next().unwrap_or_default();
            ApiError::Validation(format!("line 1:1: {first_line}"))
        }
        root => running(root),
    }
}

/// Translates an error of a running statement.
pub(crate) fn running(error: &DataFusionError) -> ApiError {
    match error.find_root() {
        root @ (DataFusionError::ArrowError(..)
        | DataFusionError::Execution(_)
        | DataFusionError::ResourcesExhausted(_)
        | DataFusionError::Plan(_)
        | DataFusionError::NotImplemented(_)) => {
            ApiError::QueryExecution(root.message().into_owned())
        }
        root => ApiError::Internal(root.message().into_owned()),
    }
}

/// Says in the service's words that a table is not there.
pub(super) fn missing_table(missing: &MissingTable, tokens: &[TokenWithSpan]) -> ApiError {
    let table = match missing {
        MissingTable::Database { database, .. } => database,
        MissingTable::Table { table, .. } | MissingTable::Unqualified { table } => table,
    };
    ApiError::Validation(format!("{missing} at line {}", place(tokens, table)))
}

/// Returns line and column of the first token that is this word, or of the beginning.
fn place(tokens: &[TokenWithSpan], wanted: &str) -> String {
    let found = tokens.iter().find(|token| match &token.token {
        Token::Word(word) => word.value == wanted,
        _ => false,
    });
    found.map_or_else(
        || "1:1".to_owned(),
        |token| format!("{}:{}", token.span.start.line, token.span.start.column),
    )
}
