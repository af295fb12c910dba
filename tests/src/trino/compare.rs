//! Whether an answer is one that its statement allows, beside the expected side's.

use std::collections::HashMap;

use anyhow::Result;
use serde_json::Value as Json;

use super::generate::Comparison;
use super::stage::Outcome;

/// Rows that are shown of those that are wrong: enough for a person.
const SHOWN: usize = 5;

/// How the connector says that a condition has no value on a row, as a division by zero.
const NO_VALUE: &str = ": on some row its ";

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The answer is right.
    Right,
    /// Both sides fail, as a division by zero does.
    BothFail,
    /// Only the expected side fails: it evaluates what the other had no need to. Counted, not compared, since the order
    /// of evaluation is open.
    ExpectedFails,
    /// Only the connector fails, at a row on which a condition that was sent to it has no value: the expected side may
    /// leave the row out by another condition before. Counted too.
    AnswerFails,
    /// What is wrong.
    Wrong(String),
}

/// Compares an answer with the expected one; where there is a limit without an order, that is all the rows of which the
/// limit leaves some. `whole` gives the expected rows of an ordered statement without order and limit; it is asked where
/// rows tie.
///
/// # Errors
///
/// When these cannot be asked for.
pub fn judge(
    comparison: &Comparison,
    answer: &Outcome,
    expected: &Outcome,
    whole: impl FnOnce(&str) -> Result<Outcome>,
) -> Result<Judged> {
    match (&answer.failed, &expected.failed) {
        (Some(_), Some(_)) => return Ok(Judged::BothFail),
        (None, Some(_)) => return Ok(Judged::ExpectedFails),
        (Some(failed), None) if failed.message.contains(NO_VALUE) => {
            return Ok(Judged::AnswerFails);
        }
        (Some(failed), None) => {
            let why = format!("fails with {}: {}", failed.code, failed.message);
            return Ok(Judged::Wrong(why));
        }
        (None, None) => {}
    }
    if answer.types != expected.types {
        let why = format!("types are {:?}, not {:?}", answer.types, expected.types);
        return Ok(Judged::Wrong(why));
    }
    let wrong = match comparison {
        Comparison::Bag => bags(&rows(answer), &rows(expected)),
        Comparison::Groups => bags(&rows_with_one_zero(answer), &rows_with_one_zero(expected)),
        Comparison::Ordered { .. } if rows(answer) == rows(expected) => None,
        Comparison::Ordered { keys, whole: sql } => match sorted(keys, answer, expected) {
            None => taken(&rows(answer), &rows(&whole(sql)?)),
            wrong => wrong,
        },
        Comparison::Limited { limit, .. } => {
            let count = expected.rows.len().min(*limit);
            match answer.rows.len() == count {
                true => taken(&rows(answer), &rows(expected)),
                false => Some(format!("{} rows, not {count}", answer.rows.len())),
            }
        }
    };
    Ok(wrong.map_or(Judged::Right, Judged::Wrong))
}

/// Rows as texts.
fn rows(outcome: &Outcome) -> Vec<String> {
    let shown = |row: &Vec<Json>| Json::from(row.clone()).to_string();
    outcome.rows.iter().map(shown).collect()
}

/// The same with 0.0 for -0.0.
fn rows_with_one_zero(outcome: &Outcome) -> Vec<String> {
    let shown = |row: &Vec<Json>| {
        let cells = row.iter().zip(&outcome.types);
        let cells: Vec<Json> = cells.map(|(cell, r#type)| one_zero(cell, r#type)).collect();
        Json::from(cells).to_string()
    };
    outcome.rows.iter().map(shown).collect()
}

fn one_zero(cell: &Json, r#type: &str) -> Json {
    match cell.as_str() {
        Some("-0.0") if r#type == "double" => Json::from("0.0"),
        _ => cell.clone(),
    }
}

fn bags(answer: &[String], expected: &[String]) -> Option<String> {
    let (answered, wanted) = (counted(answer), counted(expected));
    let more = |of: &HashMap<&str, usize>, than: &HashMap<&str, usize>| {
        let more = of
            .iter()
            .filter(|(row, count)| than.get(*row).unwrap_or(&0) < *count);
        let mut more: Vec<&str> = more.map(|(row, _)| *row).collect();
        more.sort_unstable();
        more.into_iter().take(SHOWN).collect::<Vec<_>>().join(" ")
    };
    (answered != wanted).then(|| {
        format!(
            "{} rows, {} expected\n    too many  {}\n    missing   {}",
            answer.len(),
            expected.len(),
            more(&answered, &wanted),
            more(&wanted, &answered)
        )
    })
}

fn counted(rows: &[String]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for row in rows {
        *counts.entry(row.as_str()).or_default() += 1;
    }
    counts
}

/// What is wrong with the keys of an ordered answer; zeros tie.
fn sorted(keys: &[usize], answer: &Outcome, expected: &Outcome) -> Option<String> {
    if answer.rows.len() != expected.rows.len() {
        let (came, wanted) = (answer.rows.len(), expected.rows.len());
        return Some(format!("{came} rows, not {wanted}"));
    }
    let key = |row: &[Json], outcome: &Outcome| {
        let cells = keys
            .iter()
            .map(|key| one_zero(&row[*key], &outcome.types[*key]));
        cells.collect::<Vec<_>>()
    };
    let mut pairs = answer.rows.iter().zip(&expected.rows).enumerate();
    pairs.find_map(|(place, (row, wanted))| {
        (key(row, answer) != key(wanted, expected)).then(|| {
            let (row, wanted) = (Json::from(row.clone()), Json::from(wanted.clone()));
            format!("row {place} is {row}, not {wanted}")
        })
    })
}

/// The first row of an answer that is not, or not so often, among the others.
fn taken(answer: &[String], whole: &[String]) -> Option<String> {
    let there = counted(whole);
    let more = counted(answer).into_iter();
    let mut more = more.filter(|(row, count)| there.get(row).unwrap_or(&0) < count);
    more.next()
        .map(|(row, _)| format!("a row that does not meet the filter: {row}"))
}
