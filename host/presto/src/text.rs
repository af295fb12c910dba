//! Texts. Positions count code points from 1.

use datafusion::common::utils::datafusion_strsim;
use datafusion::functions_nested::reverse::array_reverse_udf;

use crate::function::{Form, Function, form};
use crate::types::{Type, VARCHARS};
use crate::value::{Value, fits};

use Type::{Array, Bigint, T, Varchar};

pub(crate) fn all() -> Vec<Function> {
    let texts = |call| [form(&[Varchar], Varchar, call)];
    vec![
        Function::new(
            "concat",
            [
                form(&[Varchar], Varchar, |arguments| {
                    Ok(Value::Owned(arguments.iter().map(Value::text).collect()))
                })
                .repeated(),
                form(&[Array(&T)], Array(&T), |arguments| {
                    let elements = arguments.iter().flat_map(Value::elements);
                    Ok(Value::List(elements.cloned().collect()))
                })
                .repeated(),
            ],
        ),
        Function::new("substr", substr()),
        Function::new("substring", substr()),
        Function::new(
            "split_part",
            [form(&[Varchar, Varchar, Bigint], Varchar, split_part)],
        ),
        Function::new(
            "split",
            [
                form(&[Varchar, Varchar], VARCHARS, |arguments| {
                    split(arguments[0].text(), arguments[1].text(), i64::MAX)
                }),
                form(&[Varchar, Varchar, Bigint], VARCHARS, |arguments| {
                    split(
                        arguments[0].text(),
                        arguments[1].text(),
                        arguments[2].integer(),
                    )
                }),
            ],
        ),
        Function::new(
            "strpos",
            [
                form(&[Varchar, Varchar], Bigint, |arguments| {
                    position(arguments[0].text(), arguments[1].text(), 1)
                }),
                form(&[Varchar, Varchar, Bigint], Bigint, |arguments| {
                    position(
                        arguments[0].text(),
                        arguments[1].text(),
                        arguments[2].integer(),
                    )
                }),
            ],
        ),
        Function::new(
            "lpad",
            [form(&[Varchar, Bigint, Varchar], Varchar, |arguments| {
                let (text, padding) = padding(arguments)?;
                Ok(Value::Owned(padding + &text))
            })],
        ),
        Function::new(
            "rpad",
            [form(&[Varchar, Bigint, Varchar], Varchar, |arguments| {
                let (text, padding) = padding(arguments)?;
                Ok(Value::Owned(text + &padding))
            })],
        ),
        Function::new(
            "replace",
            [
                form(&[Varchar, Varchar], Varchar, |arguments| {
                    replaced(arguments[0].text(), arguments[1].text(), "")
                }),
                form(&[Varchar, Varchar, Varchar], Varchar, |arguments| {
                    let [text, search, replacement] =
                        [0, 1, 2].map(|place: usize| arguments[place].text());
                    replaced(text, search, replacement)
                }),
            ],
        ),
        Function::new(
            "reverse",
            texts(|arguments| Ok(Value::Owned(arguments[0].text().chars().rev().collect()))),
        )
        .or(array_reverse_udf()),
        Function::new(
            "upper",
            texts(|arguments| {
                let text = arguments[0].text().chars();
                Ok(Value::Owned(
                    text.map(|letter| one(letter, letter.to_uppercase()))
                        .collect(),
                ))
            }),
        ),
        Function::new(
            "lower",
            texts(|arguments| {
                let text = arguments[0].text().chars();
                Ok(Value::Owned(
                    text.map(|letter| one(letter, letter.to_lowercase()))
                        .collect(),
                ))
            }),
        ),
        Function::new(
            "length",
            [form(&[Varchar], Bigint, |arguments| {
                Ok(count(arguments[0].text()))
            })],
        ),
        Function::new(
            "chr",
            [form(&[Bigint], Varchar, |arguments| {
                let code = arguments[0].integer();
                let letter = u32::try_from(code).ok().and_then(char::from_u32);
                let letter =
                    letter.ok_or_else(|| format!("Not a valid Unicode code point: {code}"))?;
                Ok(Value::Owned(letter.to_string()))
            })],
        ),
        Function::new(
            "codepoint",
            [form(&[Varchar], Bigint, |arguments| {
                let mut letters = arguments[0].text().chars();
                match (letters.next(), letters.next()) {
                    (Some(letter), None) => Ok(Value::Integer(u32::from(letter).into())),
                    _ => Err("a codepoint is of a text of one character".to_owned()),
                }
            })],
        ),
        Function::new(
            "levenshtein_distance",
            [form(&[Varchar, Varchar], Bigint, |arguments| {
                let (left, right) = (arguments[0].text(), arguments[1].text());
                let steps = left.chars().count().saturating_mul(right.chars().count());
                if steps > MAX_STEPS {
                    return Err(format!(
                        "The combined inputs for Levenshtein distance are too large: more than {MAX_STEPS} pairs of characters"
                    ));
                }
                let distance = datafusion_strsim::levenshtein(left, right);
                Ok(Value::Integer(i64::try_from(distance).unwrap_or(i64::MAX)))
            })],
        ),
        Function::new(
            "hamming_distance",
            [form(&[Varchar, Varchar], Bigint, |arguments| {
                let (left, right) = (arguments[0].text(), arguments[1].text());
                if left.chars().count() != right.chars().count() {
                    return Err(
                        "The input strings to hamming_distance function must have the same length"
                            .to_owned(),
                    );
                }
                let different = left
                    .chars()
                    .zip(right.chars())
                    .filter(|(left, right)| left != right);
                Ok(Value::Integer(different.count() as i64))
            })],
        ),
    ]
}

/// Pairs of characters that a distance compares at most, as Trino has it.
const MAX_STEPS: usize = 1_000_000;

fn count(text: &str) -> Value<'static> {
    Value::Integer(text.chars().count() as i64)
}

/// A letter in another case: Java's of single code points, which leaves those that become several.
fn one(letter: char, mut other: impl Iterator<Item = char>) -> char {
    match (other.next(), other.next()) {
        (Some(other), None) => other,
        // Their simple mappings, in Unicode's table.
        _ => match letter {
            '\u{130}' => 'i',
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(u32::from(letter) + 8).unwrap_or(letter)
            }
            '\u{1fb3}' => '\u{1fbc}',
            '\u{1fc3}' => '\u{1fcc}',
            '\u{1ff3}' => '\u{1ffc}',
            letter => letter,
        },
    }
}

/// Where a text stands for the last time, which Timestream has and Trino does not.
pub(crate) fn last_position() -> Function {
    Function::new(
        "strrpos",
        [
            form(&[Varchar, Varchar], Bigint, |arguments| {
                position(arguments[0].text(), arguments[1].text(), -1)
            }),
            form(&[Varchar, Varchar, Bigint], Bigint, |arguments| {
                let instance = arguments[2].integer();
                if instance < 1 {
                    return Err("'instance' must be a positive number.".to_owned());
                }
                position(arguments[0].text(), arguments[1].text(), -instance)
            }),
        ],
    )
}

fn substr() -> [Form; 2] {
    [
        form(&[Varchar, Bigint], Varchar, |arguments| {
            Ok(part(arguments[0].text(), arguments[1].integer(), i64::MAX))
        }),
        form(&[Varchar, Bigint, Bigint], Varchar, |arguments| {
            Ok(part(
                arguments[0].text(),
                arguments[1].integer(),
                arguments[2].integer(),
            ))
        }),
    ]
}

/// So many code points from a start, which counts from the end where it is negative.
fn part(text: &str, start: i64, length: i64) -> Value<'static> {
    let nothing = || Value::Owned(String::new());
    let skipped = match start {
        0 => return nothing(),
        1.. => start - 1,
        _ => text.chars().count() as i64 + start,
    };
    let (Ok(skipped), Ok(length)) = (usize::try_from(skipped), usize::try_from(length)) else {
        return nothing();
    };
    Value::Owned(text.chars().skip(skipped).take(length).collect())
}

fn split_part<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let [text, delimiter] = [0, 1].map(|place: usize| arguments[place].text());
    let index = arguments[2].integer();
    let place = match usize::try_from(index) {
        Ok(index @ 1..) => index - 1,
        _ => return Err("Index must be greater than zero".to_owned()),
    };
    let part = match delimiter {
        // Each character is a part.
        "" => text.chars().nth(place).map(String::from),
        delimiter => text.split(delimiter).nth(place).map(str::to_owned),
    };
    Ok(part.map_or(Value::Null, Value::Owned))
}

fn split(text: &str, delimiter: &str, limit: i64) -> Result<Value<'static>, String> {
    if limit <= 0 {
        return Err("Limit must be positive".to_owned());
    }
    if delimiter.is_empty() {
        return Err("The delimiter may not be the empty string".to_owned());
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let parts = text
        .splitn(limit, delimiter)
        .map(|part| Value::Owned(part.to_owned()));
    Ok(Value::List(parts.collect()))
}

/// Where the n-th occurrence begins, counted from the end where it is negative; 0 where there is none. Occurrences may
/// overlap.
fn position(text: &str, search: &str, instance: i64) -> Result<Value<'static>, String> {
    if instance == 0 {
        return Err("'instance' must be a positive or negative number.".to_owned());
    }
    if search.is_empty() {
        return Ok(Value::Integer(1));
    }
    let number = usize::try_from(instance.unsigned_abs()).unwrap_or(usize::MAX) - 1;
    let starts = text
        .char_indices()
        .filter(|(start, _)| text[*start..].starts_with(search));
    let start = match instance {
        1.. => starts.map(|(start, _)| start).nth(number),
        _ => starts.map(|(start, _)| start).rev().nth(number),
    };
    Ok(Value::Integer(start.map_or(0, |start| {
        text[..start].chars().count() as i64 + 1
    })))
}

/// The text, cut where it is too long, and what it lacks.
fn padding(arguments: &[Value<'_>]) -> Result<(String, String), String> {
    let [text, padding] = [0, 2].map(|place: usize| arguments[place].text());
    let length = i32::try_from(arguments[1].integer()).ok();
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or("Target length must be in the range [0..2147483647]")?;
    if padding.is_empty() {
        return Err("Padding string must not be empty".to_owned());
    }
    fits(length, char::MAX_LEN_UTF8)?;
    let missing = length.saturating_sub(text.chars().count());
    let count = padding.chars().count();
    let rest: String = padding.chars().take(missing % count).collect();
    let padding = padding.repeat(missing / count) + &rest;
    Ok((text.chars().take(length).collect(), padding))
}

/// Every occurrence replaced; an empty one stands before each character and at the end.
fn replaced(text: &str, search: &str, replacement: &str) -> Result<Value<'static>, String> {
    if replacement.len() > search.len() {
        fits(text.matches(search).count(), replacement.len())?;
    }
    Ok(Value::Owned(text.replace(search, replacement)))
}
