//! `LIKE` patterns.
//!
//! In Athena's `$like_pattern` no character escapes another. In DataFusion's LIKE a backslash does, so a pattern that
//! holds one is printed with its backslashes doubled and the escape stated, which means the same everywhere.

use crate::condition::{self, Condition};
use crate::operand::{Kind, Operand};
use crate::{Bound, Literal, Range, ValueSet, sql};

/// The condition that `field LIKE pattern` becomes.
///
/// # Errors
/// Says why it stays out of the statement.
pub(crate) fn of_pattern(operand: &Operand, pattern: &Literal) -> Result<Condition, String> {
    match &operand.kind {
        Ok(Kind::Text) => {}
        Ok(_) => return Err("LIKE is translated for varchar columns only".to_owned()),
        Err(opaque) => return Err(opaque.reason.clone()),
    }
    let Literal::Text(pattern) = pattern else {
        return Err("the pattern is no text".to_owned());
    };
    let Some(wildcard) = pattern.find(['%', '_']) else {
        return condition::of_domain(
            operand,
            &ValueSet::AnyOf(vec![Literal::Text(pattern.clone())]),
            false,
        );
    };
    if pattern.chars().all(|character| character == '%') {
        return condition::of_domain(operand, &ValueSet::All, false);
    }
    let unprintable = || "the pattern holds a character that SQL has no form for".to_owned();
    let column = &operand.sql;
    let mut sql = if pattern.contains('\\') {
        let doubled = sql::text(&pattern.replace('\\', r"\\")).ok_or_else(unprintable)?;
        format!(r"{column} LIKE {doubled} ESCAPE '\'")
    } else {
        format!(
            "{column} LIKE {}",
            sql::text(pattern).ok_or_else(unprintable)?
        )
    };
    // Timestream finds partitions by the key's values, not by patterns.
    let prefix = &pattern[..wildcard];
    if operand.partition_key && !prefix.is_empty() {
        let range = condition::of_domain(operand, &starting_with(prefix), false)?;
        sql = format!("{sql} AND {}", range.sql);
    }
    Ok(Condition {
        sql,
        exact: true,
        shorter: None,
        prunes: operand.prunes,
        bounds_time: false,
    })
}

/// The texts that begin with `prefix`.
fn starting_with(prefix: &str) -> ValueSet {
    let high = after(prefix).map_or(Bound::Unbounded, |high| {
        Bound::Exclusive(Literal::Text(high))
    });
    ValueSet::Ranges(vec![Range {
        low: Bound::Inclusive(Literal::Text(prefix.to_owned())),
        high,
    }])
}

/// The first text after all that begin with `prefix`: its last character raised by one code point, surrogates skipped.
/// A last character that cannot be raised falls away.
fn after(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        if let Some(raised) = (last..=char::MAX).nth(1) {
            characters.push(raised);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests;
