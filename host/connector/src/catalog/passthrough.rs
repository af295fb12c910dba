//! Passthrough: a statement that the user wrote for Timestream, as a table (federation-protocol.md, section 5.3).
//!
//! `SELECT * FROM TABLE(catalog.system.query(query => 'SELECT …'))` reaches every call as a map of arguments.

use std::collections::{BTreeMap, HashSet};

use super::single_query::single_query;
use crate::error::{Code, Error, Fault, Result};
use crate::query::{Column, ColumnKind, Source, Table};
use crate::timestream::{Clients, ColumnInfo, columns_by_running, prepared_columns};

/// The function's name as Athena announces it back.
pub const SIGNATURE: &str = "SYSTEM.QUERY";

const FUNCTION_ARGUMENT: &str = "schemaFunctionName";
const QUERY_ARGUMENT: &str = "QUERY";

/// The user's statement, if these arguments are a passthrough query's.
///
/// # Errors
///
/// When passthrough is switched off, the arguments are another function's or incomplete, or the text is not one query.
pub fn statement(arguments: &BTreeMap<String, String>, is_enabled: bool) -> Result<Option<&str>> {
    if arguments.is_empty() {
        return Ok(None);
    }
    if !is_enabled {
        let message = "cannot run a passthrough query: passthrough is switched off; hint: `enable_query_passthrough`";
        return Err(Error::new(
            Code::OperationNotSupported,
            Fault::Caller,
            message,
        ));
    }
    let argument = |name: &str| {
        arguments
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty())
    };
    match argument(FUNCTION_ARGUMENT) {
        Some(name) if name.eq_ignore_ascii_case(SIGNATURE) => {}
        _ => {
            return Err(Error::invalid_input(format!(
                "cannot run a passthrough query: the function is not `{SIGNATURE}`"
            )));
        }
    }
    let Some(text) = argument(QUERY_ARGUMENT) else {
        return Err(Error::invalid_input(format!(
            "cannot run a passthrough query: argument `{QUERY_ARGUMENT}` is missing"
        )));
    };
    let text = single_query(text).map_err(|why| {
        let message = format!("cannot run a passthrough query: its text {why}");
        Error::new(Code::OperationNotSupported, Fault::Caller, message)
    })?;
    Ok(Some(text))
}

/// The statement as a table. Its columns are asked for without running it; where that is not allowed, by running it as
/// far as its first page, if it `may_run`.
///
/// # Errors
///
/// What Timestream says of the statement.
pub async fn passthrough(clients: &Clients, text: &str, may_run: bool) -> Result<Table> {
    let columns = match prepared_columns(clients, text, "read the statement's columns").await? {
        Some(columns) => columns,
        None if !may_run => {
            let message = "cannot read the statement's columns: IAM denies timestream:PrepareQuery, and a policy bounds what a \
                           run for them may cost; hint: allow timestream:PrepareQuery";
            return Err(Error::new(Code::AccessDenied, Fault::Host, message));
        }
        None => {
            tracing::warn!(
                "PrepareQuery is denied, so the query is run for its columns; allow timestream:PrepareQuery"
            );
            columns_by_running(clients, text).await?
        }
    };
    Ok(Table {
        source: Source::Passthrough(text.to_owned()),
        columns: named(columns),
        options: Vec::new(),
    })
}

/// Columns with names of their own: a statement may give one name twice, or none.
fn named(columns: Vec<ColumnInfo>) -> Vec<Column> {
    let given: HashSet<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut taken = HashSet::new();
    let mut unique = |position: usize, name: String| {
        let name = if name.is_empty() {
            format!("_col{position}")
        } else {
            name
        };
        if taken.insert(name.clone()) {
            return name;
        }
        let numbered = (2..).map(|number: usize| format!("{name}_{number}"));
        let free = numbered.filter(|candidate| !given.contains(candidate));
        free.into_iter()
            .find(|candidate| taken.insert(candidate.clone()))
            .unwrap_or(name)
    };
    columns
        .into_iter()
        .enumerate()
        .map(|(position, column)| Column {
            name: unique(position, column.name),
            r#type: column.r#type,
            kind: ColumnKind::Computed,
            partition_key: false,
            as_double: false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use crate::query::{Scalar, TimestreamType};

    fn arguments(text: &str) -> BTreeMap<String, String> {
        [("schemaFunctionName", "system.query"), ("QUERY", text)]
            .map(|(name, value)| (name.into(), value.into()))
            .into()
    }

    #[test]
    fn texts_that_are_one_query_pass() {
        // The verdicts of reference-connector.md 1.5, and what it refuses although harmless.
        for text in [
            "SELECT 1",
            "select 1",
            "  WITH a AS (SELECT 1) SELECT * FROM a",
            "SELECT drop_count FROM t",
            "SELECT CREATE_TIME_SERIES(time, x) FROM t",
            "SELECT last_update FROM t",
            "-- note\nSELECT 1",
            "/* c */ SELECT 1",
            "(SELECT 1)",
            "VALUES 1",
            "SELECT * FROM t WHERE action = 'delete'",
            "SELECT \"update\" FROM t",
            "SELECT ';' AS x",
        ] {
            assert_eq!(
                statement(&arguments(text), true).unwrap(),
                Some(text.trim()),
                "{text}"
            );
        }
        assert_eq!(
            statement(&arguments("SELECT 1 ; -- drop it"), true).unwrap(),
            Some("SELECT 1")
        );
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, why) in [
            ("SELECTED x", "does not begin"),
            ("WITHOUT y", "`WITHOUT`"),
            ("SHOW DATABASES", "`SHOW`"),
            ("DESCRIBE \"d\".\"t\"", "`DESCRIBE`"),
            ("UNLOAD (SELECT 1) TO 's3://b/p'", "`UNLOAD`"),
            ("INSERT INTO t VALUES (1)", "`INSERT`"),
            ("SELECT 1; SELECT 2", "semicolon"),
            ("-- nothing", "does not begin"),
            ("SELECT 1) x CROSS JOIN (SELECT 2", "parenthesis"),
            ("SELECT 'a", "is not closed"),
            (&format!("SELECT {}1", "1+".repeat(140_000)), "280008 bytes"),
        ] {
            let error = statement(&arguments(text), true).unwrap_err();
            assert!(error.message().contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn arguments_are_checked_and_the_switch_is_obeyed() {
        assert_eq!(statement(&BTreeMap::new(), false).unwrap(), None);
        let error = statement(&arguments("SELECT 1"), false).unwrap_err();
        assert!(
            error.message().contains("enable_query_passthrough"),
            "{error}"
        );
        let mut other = arguments("SELECT 1");
        other.insert("schemaFunctionName".into(), "SYSTEM.TQL".into());
        assert!(
            statement(&other, true)
                .unwrap_err()
                .message()
                .contains("SYSTEM.QUERY")
        );
        let missing = arguments(" ");
        assert!(
            statement(&missing, true)
                .unwrap_err()
                .message()
                .contains("`QUERY` is missing")
        );
    }

    #[test]
    fn columns_get_names_of_their_own() {
        let column = |name: &str| ColumnInfo {
            name: name.into(),
            r#type: TimestreamType::Scalar(Scalar::Double),
        };
        let names: Vec<String> = named(["time", "time", "", "time_2", "time"].map(column).into())
            .into_iter()
            .map(|column| column.name)
            .collect();
        assert_eq!(names, ["time", "time_3", "_col2", "time_2", "time_4"]);
    }
}
