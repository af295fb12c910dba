//! `LIKE` patterns.
//!
//! In Athena's `$like_pattern` no character escapes another. In DataFusion's LIKE a backslash does, so a pattern that
//! holds one is printed with its backslashes doubled and the escape stated, which means the same everywhere.

use crate::condition::{self, Condition};
use crate::operand::{Kind, Operand};
use crate::{Bound, Literal, Range, ValueSet, sql};

/// Where `field LIKE pattern` is true or, if that is what is wanted, false.
///
/// # Errors
/// Says why it stays out of the statement.
pub(crate) fn of_pattern(
    operand: &Operand,
    pattern: &Literal,
    wanted: bool,
) -> Result<Condition, String> {
    match &operand.kind {
        Ok(Kind::Text) => {}
        Ok(_) => return Err("LIKE is translated for varchar columns only".to_owned()),
        Err(opaque) => return Err(opaque.reason.clone()),
    }
    let Literal::Text(pattern) = pattern else {
        return Err("the pattern is no text".to_owned());
    };
    let Some(wildcard) = pattern.find(['%', '_']) else {
        let one = vec![Literal::Text(pattern.clone())];
        let set = if wanted {
            ValueSet::AnyOf(one)
        } else {
            ValueSet::NoneOf(one)
        };
        return condition::of_domain(operand, &set, false);
    };
    if pattern.chars().all(|character| character == '%') {
        let set = if wanted {
            ValueSet::All
        } else {
            ValueSet::None
        };
        return condition::of_domain(operand, &set, false);
    }
    let unprintable = || "the pattern holds a character that SQL has no form for".to_owned();
    let column = &operand.sql;
    let sql = if pattern.contains('\\') {
        let doubled = sql::text(&pattern.replace('\\', r"\\")).ok_or_else(unprintable)?;
        format!(r"{column} LIKE {doubled} ESCAPE '\'")
    } else {
        format!(
            "{column} LIKE {}",
            sql::text(pattern).ok_or_else(unprintable)?
        )
    };
    if !wanted {
        return Ok(Condition::of(format!("NOT ({sql})")));
    }
    let mut parts = vec![Condition::of(sql)];
    // Timestream finds partitions by the key's values, not by patterns.
    let prefix = &pattern[..wildcard];
    if operand.partition_key && !prefix.is_empty() {
        parts.push(condition::of_domain(
            operand,
            &starting_with(prefix),
            false,
        )?);
    }
    Ok(Condition::every(parts))
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
