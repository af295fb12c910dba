//! Differences that have a known cause: how the Java connector answers, and queries that leave their answer open.

use super::statements::Statement;
use crate::check::{Kinds, Row};

/// What is known of the differences between two answers to a query.
pub(super) fn hints(kinds: &Kinds, query: &Statement) -> Vec<&'static str> {
    let one_sided = || kinds.missing.iter().chain(&kinds.extra);
    let some_cell = |test: fn(&str) -> bool| one_sided().any(|row| cells(row).any(test));
    let mut hints = Vec::new();
    let mut note = |applies: bool, hint| {
        if applies {
            hints.push(hint);
        }
    };
    note(
        query.is_any_rows() && (!kinds.missing.is_empty() || !kinds.extra.is_empty()),
        "the query has a LIMIT and no ORDER BY: any rows are a right answer",
    );
    note(
        query.is_first_rows() && !kinds.missing.is_empty() && !kinds.extra.is_empty(),
        "the query has a LIMIT: of rows that tie in its order any are a right answer",
    );
    let sql = query.sql.to_lowercase();
    note(
        (!kinds.missing.is_empty() || !kinds.extra.is_empty())
            && ["now()", "current_", "localtime", "ago("]
                .iter()
                .any(|clock| sql.contains(clock)),
        "the query asks for the clock: the right side was asked later",
    );
    note(
        kinds.values.iter().any(|pair| pair.is_cut),
        "timestamps differ by what one side has cut off: both connectors cut timestamps to milliseconds, also within arrays \
         and rows",
    );
    note(
        query.has_condition() && some_cell(|cell| cell == "-0.0"),
        "rows with -0.0 are on one side alone: under a condition the Java connector takes it for less than 0.0, and loses \
         it (`= 0`, `>= 0`)",
    );
    note(
        query.has_condition() && some_cell(|cell| cell == "NaN"),
        "rows with NaN are on one side alone: for the Java connector NaN is greater than every number",
    );
    note(
        query.has_condition() && some_cell(|cell| cell.chars().any(|c| c as u32 > 0xffff)),
        "rows with characters beyond U+FFFF are on one side alone: the Java connector orders texts by UTF-16",
    );
    note(
        one_sided().any(|row| cells(row).any(|cell| is_bound(cell, &query.sql))),
        "rows whose time is a bound of the query are on one side alone: the Java connector loses those within the \
         millisecond of a bound",
    );
    note(
        kinds.values.iter().any(|pair| {
            let cells = pair.left.iter().zip(&pair.right);
            let is_nested = |cell: &Option<String>| {
                cell.as_deref()
                    .is_some_and(|cell| cell.starts_with(['[', '{']))
            };
            cells.into_iter().any(|(left, right)| {
                (left.is_none() && is_nested(right)) || (right.is_none() && is_nested(left))
            })
        }),
        "an array or row is NULL on one side alone: the Java connector shows the value of a row that it left out in the \
         next one",
    );
    hints
}

fn cells(row: &Row) -> impl Iterator<Item = &str> {
    row.iter().flatten().map(String::as_str)
}

/// Whether a timestamp of an answer stands in the query, to the second or with its fraction.
fn is_bound(cell: &str, sql: &str) -> bool {
    let Some((instant, fraction)) = cell.split_once('.') else {
        return false;
    };
    let fraction = fraction.trim_end_matches('0');
    let bound = match fraction {
        "" => instant.to_owned(),
        _ => format!("{instant}.{fraction}"),
    };
    instant.len() == "2024-01-01 00:00:00".len() && sql.contains(&bound)
}
