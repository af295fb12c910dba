//! `LIKE` patterns.
//!
//! In Athena's `$like_pattern` a character escapes another only if a third argument names it. In DataFusion's LIKE a
//! backslash does unless told otherwise, so a pattern that needs an escape, or holds a backslash, is printed with
//! backslashes and the escape stated, which means the same everywhere.

use crate::condition::{self, Condition};
use crate::operand::{Kind, Operand};
use crate::{Bound, Literal, Range, ValueSet, sql};

/// What stands in a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    /// `%`: any characters.
    Any,
    /// `_`: one character.
    One,
    /// This character.
    Character(char),
}

/// Where `field LIKE pattern ESCAPE escape` is true or, if that is what is wanted, false.
///
/// # Errors
/// Says why it stays out of the statement.
pub(crate) fn of_pattern(
    operand: &Operand,
    pattern: &Literal,
    escape: Option<&Literal>,
    wanted: bool,
) -> Result<Condition, String> {
    match &operand.kind {
        Ok(Kind::Text) => {}
        Ok(_) => return Err("LIKE is translated for varchar columns only".to_owned()),
        Err(opaque) => return Err(opaque.reason.clone()),
    }
    let pieces = pieces(text(pattern)?, escape.map(text).transpose()?)?;
    let prefix: String = pieces
        .iter()
        .map_while(|piece| match piece {
            Piece::Character(character) => Some(*character),
            Piece::Any | Piece::One => None,
        })
        .collect();
    if prefix.chars().count() == pieces.len() {
        let one = vec![Literal::Text(prefix)];
        let set = if wanted {
            ValueSet::AnyOf(one)
        } else {
            ValueSet::NoneOf(one)
        };
        return condition::of_domain(operand, &set, false);
    }
    if pieces.iter().all(|piece| *piece == Piece::Any) {
        let set = if wanted {
            ValueSet::All
        } else {
            ValueSet::None
        };
        return condition::of_domain(operand, &set, false);
    }
    let column = &operand.sql;
    let (printed, needs_escape) = print(&pieces);
    let printed = sql::text(&printed)
        .ok_or_else(|| "the pattern holds a character that SQL has no form for".to_owned())?;
    let escape = if needs_escape { r" ESCAPE '\'" } else { "" };
    let sql = format!("{column} LIKE {printed}{escape}");
    if !wanted {
        return Ok(Condition::of(format!("NOT ({sql})")));
    }
    let mut parts = vec![Condition::of(sql)];
    // Timestream finds partitions by the key's values, not by patterns.
    if operand.partition_key && !prefix.is_empty() {
        parts.push(condition::of_domain(
            operand,
            &starting_with(&prefix),
            false,
        )?);
    }
    Ok(Condition::every(parts))
}

fn text(literal: &Literal) -> Result<&str, String> {
    match literal {
        Literal::Text(text) => Ok(text),
        _ => Err("the pattern is no text".to_owned()),
    }
}

/// A pattern's pieces.
///
/// # Errors
/// Says what is wrong with the escape; the host says it again if there is a row.
fn pieces(pattern: &str, escape: Option<&str>) -> Result<Vec<Piece>, String> {
    let escape = match escape.map(|escape| escape.chars().collect::<Vec<char>>()) {
        None => None,
        Some(characters) => match characters[..] {
            [escape] => Some(escape),
            _ => return Err("the escape is not one character".to_owned()),
        },
    };
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            character if Some(character) == escape => match characters.next() {
                Some(next) if matches!(next, '%' | '_') || Some(next) == escape => {
                    Piece::Character(next)
                }
                _ => return Err("the escape stands before an ordinary character".to_owned()),
            },
            '%' => Piece::Any,
            '_' => Piece::One,
            character => Piece::Character(character),
        });
    }
    Ok(pieces)
}

/// The pattern in which a backslash escapes, and whether that has to be said.
fn print(pieces: &[Piece]) -> (String, bool) {
    let mut printed = String::with_capacity(pieces.len());
    let mut needs_escape = false;
    for piece in pieces {
        match piece {
            Piece::Any => printed.push('%'),
            Piece::One => printed.push('_'),
            Piece::Character(character) => {
                if matches!(character, '%' | '_' | '\\') {
                    needs_escape = true;
                    printed.push('\\');
                }
                printed.push(*character);
            }
        }
    }
    (printed, needs_escape)
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
