//! LIKE, with or without an escape character, by code points.
//!
//! Arrow's kernel makes a regular expression of a pattern: half a megabyte of code and tables for two wildcards.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, BooleanBufferBuilder, BooleanBuilder};
use arrow::datatypes::DataType;

use super::compare::uncomparable;
use super::value::{Failure, Value};
use crate::error::Result;
use crate::query::Function;

/// LIKE: NULL where an operand is. Without an escape character a backslash is an ordinary one.
pub(super) fn is_like(value: &Value, pattern: &Value, escape: Option<&Value>) -> Result<Value> {
    let operands: Vec<&Value> = [value, pattern].into_iter().chain(escape).collect();
    if operands
        .iter()
        .any(|operand| operand.data_type() == &DataType::Null)
    {
        let nulls = BooleanArray::new_null(value.array().len());
        return Value::strict(Arc::new(nulls), &operands);
    }
    let texts = operands
        .iter()
        .map(|operand| operand.array().as_string_opt::<i32>())
        .collect::<Option<Vec<_>>>();
    let Some([texts, patterns, escapes @ ..]) = texts.as_deref() else {
        return Err(uncomparable(Function::Like, value, pattern));
    };
    let mut malformed = BooleanBufferBuilder::new(patterns.len());
    let mut result = BooleanBuilder::with_capacity(patterns.len());
    let mut last: Option<Pattern<'_>> = None;
    for row in 0..patterns.len() {
        if operands.iter().any(|operand| operand.array().is_null(row)) {
            malformed.append(false);
            result.append_null();
            continue;
        }
        let pattern = patterns.value(row);
        let escape = escapes.first().map(|escapes| escapes.value(row));
        // Nearly always the one of the row before.
        let parts = match last.take() {
            Some((of, with, parts)) if (of, with) == (pattern, escape) => parts,
            _ => parts(pattern, escape),
        };
        malformed.append(parts.is_none());
        result.append_option(
            parts
                .as_deref()
                .map(|parts| matches(texts.value(row), parts)),
        );
        last = Some((pattern, escape, parts));
    }
    let failure = Failure {
        rows: malformed.finish(),
        function: Function::Like,
        why: "the escape is not one character, or stands before an ordinary one",
    };
    let failures = failure.on(&failure.rows).into_iter().collect();
    Value::strict(Arc::new(result.finish()), &operands)?.failing(failures)
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// `%`
    Any,
    /// `_`
    One,
    Exactly(char),
}

/// A pattern, its escape, and its parts.
type Pattern<'a> = (&'a str, Option<&'a str>, Option<Vec<Part>>);

/// The parts of a pattern; None: it is malformed.
fn parts(pattern: &str, escape: Option<&str>) -> Option<Vec<Part>> {
    let escape = match escape {
        Some(escape) => {
            let mut characters = escape.chars();
            let first = characters.next()?;
            if characters.next().is_some() {
                return None;
            }
            Some(first)
        }
        None => None,
    };
    let mut parts = Vec::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            character if Some(character) == escape => {
                let next = characters.next();
                let is_special = |next: &char| matches!(next, '%' | '_') || Some(*next) == escape;
                Part::Exactly(next.filter(is_special)?)
            }
            '%' => Part::Any,
            '_' => Part::One,
            character => Part::Exactly(character),
        });
    }
    Some(parts)
}

/// Whether a whole text has the parts, one after the other.
fn matches(text: &str, parts: &[Part]) -> bool {
    let (mut rest, mut at) = (text.chars(), 0);
    // What follows the last `%`, and the text where it was tried: it is tried again one character later.
    let mut tried = None;
    loop {
        let mut next = rest.clone();
        let does_match = match parts.get(at) {
            None if rest.as_str().is_empty() => return true,
            None => false,
            Some(Part::Any) => {
                at += 1;
                tried = Some((at, rest.clone()));
                continue;
            }
            Some(Part::One) => next.next().is_some(),
            Some(Part::Exactly(character)) => next.next() == Some(*character),
        };
        if does_match {
            rest = next;
            at += 1;
            continue;
        }
        let Some((after, from)) = &mut tried else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        (rest, at) = (from.clone(), *after);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use super::*;

    /// The definition, tried out: a text has a part's character, or any number of them, and then the other parts.
    fn by_definition(text: &[char], parts: &[Part]) -> bool {
        match (parts, text) {
            ([], text) => text.is_empty(),
            ([Part::Any, others @ ..], text) => {
                (0..=text.len()).any(|skipped| by_definition(&text[skipped..], others))
            }
            ([Part::One, others @ ..], [_, text @ ..]) => by_definition(text, others),
            ([Part::Exactly(one), others @ ..], [first, text @ ..]) => {
                one == first && by_definition(text, others)
            }
            (_, []) => false,
        }
    }

    #[test]
    fn short_texts_match_short_patterns_as_defined() {
        let words = |letters: &[char], longest: usize| {
            let mut words = vec![String::new()];
            let mut of_last_length = words.clone();
            for _ in 0..longest {
                let longer = of_last_length
                    .iter()
                    .flat_map(|word| letters.iter().map(move |letter| format!("{word}{letter}")));
                of_last_length = longer.collect();
                words.extend(of_last_length.clone());
            }
            words
        };
        let (mut matched, mut all) = (0, 0);
        for pattern in words(&['a', 'ø', '%', '_'], 5) {
            let parts = parts(&pattern, None).unwrap();
            for text in words(&['a', 'ø'], 5) {
                let characters: Vec<char> = text.chars().collect();
                let expected = by_definition(&characters, &parts);
                assert_eq!(matches(&text, &parts), expected, "{text} LIKE {pattern}");
                matched += usize::from(expected);
                all += 1;
            }
        }
        assert!(matched > 5_000 && all > matched);
    }

    #[test]
    fn a_pattern_is_read_with_its_escape() {
        use Part::{Any, Exactly, One};
        assert_eq!(
            parts(r"a\%_%", None).unwrap(),
            [Exactly('a'), Exactly('\\'), Any, One, Any]
        );
        assert_eq!(
            parts("!%!_!!%", Some("!")).unwrap(),
            [Exactly('%'), Exactly('_'), Exactly('!'), Any]
        );
        // The escape wins over the wildcard.
        assert_eq!(parts("%%_", Some("%")).unwrap(), [Exactly('%'), One]);
        for (pattern, escape) in [("!a", "!"), ("!", "!"), ("a", ""), ("a", "!!")] {
            assert_eq!(parts(pattern, Some(escape)), None, "{pattern} {escape}");
        }
    }
}
