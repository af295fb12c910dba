//! Regular expressions, in Java's syntax as far as the crate `regex` has it: looking around and references back are errors.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex::{Captures, Regex};

use crate::function::{Function, form};
use crate::types::{Type, VARCHARS};
use crate::value::{Value, fits};

use Type::{Bigint, Boolean, Varchar};

/// Patterns that are kept compiled. A statement has few, and asks for each once a row.
const KEPT: usize = 16;

pub(crate) fn all() -> Vec<Function> {
    vec![
        Function::new(
            "regexp_like",
            [form(&[Varchar, Varchar], Boolean, |arguments| {
                let found = pattern(&arguments[1])?.is_match(arguments[0].text());
                Ok(Value::Boolean(found))
            })],
        ),
        Function::new(
            "regexp_extract",
            [
                form(&[Varchar, Varchar], Varchar, |arguments| {
                    extract(arguments, 0)
                }),
                form(&[Varchar, Varchar, Bigint], Varchar, |arguments| {
                    extract(arguments, arguments[2].integer())
                }),
            ],
        ),
        Function::new(
            "regexp_extract_all",
            [
                form(&[Varchar, Varchar], VARCHARS, |arguments| {
                    extract_all(arguments, 0)
                }),
                form(&[Varchar, Varchar, Bigint], VARCHARS, |arguments| {
                    extract_all(arguments, arguments[2].integer())
                }),
            ],
        ),
        Function::new(
            "regexp_replace",
            [
                form(&[Varchar, Varchar], Varchar, |arguments| {
                    replace(arguments, "")
                }),
                form(&[Varchar, Varchar, Varchar], Varchar, |arguments| {
                    replace(arguments, arguments[2].text())
                }),
            ],
        ),
        Function::new("regexp_split", [form(&[Varchar, Varchar], VARCHARS, split)]),
    ]
}

fn pattern(pattern: &Value<'_>) -> Result<Arc<Regex>, String> {
    static COMPILED: LazyLock<Mutex<Vec<Arc<Regex>>>> = LazyLock::new(Mutex::default);
    let text = pattern.text();
    let mut kept = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.iter().find(|known| known.as_str() == text) {
        return Ok(known.clone());
    }
    let compiled = Regex::new(text).map_err(|error| format!("Invalid pattern: {error}"))?;
    if kept.len() == KEPT {
        kept.remove(0);
    }
    let compiled = Arc::new(compiled);
    kept.push(compiled.clone());
    Ok(compiled)
}

fn group(regex: &Regex, group: i64) -> Result<usize, String> {
    if group < 0 {
        return Err("Group cannot be negative".to_owned());
    }
    let groups = regex.captures_len() - 1;
    match usize::try_from(group) {
        Ok(group) if group <= groups => Ok(group),
        _ => Err(format!(
            "Pattern has {groups} groups. Cannot access group {group}"
        )),
    }
}

/// All matches as Java finds them: the search goes on where a match ended, a character further if it was empty.
fn matches<'r, 't>(
    regex: &'r Regex,
    text: &'t str,
) -> impl Iterator<Item = Captures<'t>> + use<'r, 't> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let from = Some(start).filter(|start| *start <= text.len())?;
        let captures = regex.captures_at(text, from)?;
        let whole = captures.get(0)?;
        let more = match whole.is_empty() {
            true => text[whole.end()..].chars().next().map_or(1, char::len_utf8),
            false => 0,
        };
        start = whole.end() + more;
        Some(captures)
    })
}

fn extract<'a>(arguments: &[Value<'a>], number: i64) -> Result<Value<'a>, String> {
    let regex = pattern(&arguments[1])?;
    let group = group(&regex, number)?;
    let captures = regex.captures(arguments[0].text());
    let found = captures.and_then(|captures| Some(captures.get(group)?.as_str().to_owned()));
    Ok(found.map_or(Value::Null, Value::Owned))
}

fn extract_all<'a>(arguments: &[Value<'a>], number: i64) -> Result<Value<'a>, String> {
    let regex = pattern(&arguments[1])?;
    let group = group(&regex, number)?;
    let found = matches(&regex, arguments[0].text());
    let found = found.map(|captures| match captures.get(group) {
        Some(part) => Value::Owned(part.as_str().to_owned()),
        None => Value::Null,
    });
    Ok(Value::List(found.collect()))
}

fn split<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (text, regex) = (arguments[0].text(), pattern(&arguments[1])?);
    let mut parts = Vec::new();
    let mut end = 0;
    for captures in matches(&regex, text) {
        if let Some(whole) = captures.get(0) {
            parts.push(Value::Owned(text[end..whole.start()].to_owned()));
            end = whole.end();
        }
    }
    parts.push(Value::Owned(text[end..].to_owned()));
    Ok(Value::List(parts))
}

fn replace<'a>(arguments: &[Value<'a>], replacement: &str) -> Result<Value<'a>, String> {
    let (text, regex) = (arguments[0].text(), pattern(&arguments[1])?);
    let mut replaced = String::with_capacity(text.len());
    let mut end = 0;
    // Java reads it where something is replaced.
    let mut pieces = None;
    for captures in matches(&regex, text) {
        let Some(whole) = captures.get(0) else { break };
        replaced.push_str(&text[end..whole.start()]);
        end = whole.end();
        if pieces.is_none() {
            pieces = Some(pieces_of(replacement, &regex)?);
        }
        for piece in pieces.iter().flatten() {
            replaced.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Group(group) => captures.get(*group).map_or("", |group| group.as_str()),
            });
        }
        fits(replaced.len(), 1)?;
    }
    replaced.push_str(&text[end..]);
    Ok(Value::Owned(replaced))
}

/// A piece of a replacement.
enum Piece {
    Text(String),
    Group(usize),
}

/// The pieces of a replacement: `$1` and `${name}` are groups, a backslash takes the meaning off what follows it.
fn pieces_of(replacement: &str, regex: &Regex) -> Result<Vec<Piece>, String> {
    let illegal = |why: &str| format!("Illegal replacement sequence: {why}");
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = replacement.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => match rest.next() {
                Some(letter) => text.push(letter),
                None => return Err(illegal(replacement)),
            },
            '$' => {
                let group = match rest.clone().next() {
                    Some('{') => {
                        let after = &rest.as_str()[1..];
                        let (name, after) =
                            after.split_once('}').ok_or_else(|| illegal(replacement))?;
                        rest = after.chars();
                        let mut names = regex.capture_names();
                        let group = names.position(|known| known == Some(name));
                        group.ok_or_else(|| illegal(&format!("unknown group {{ {name} }}")))?
                    }
                    Some(digit @ '0'..='9') => {
                        rest.next();
                        let mut number = digit as usize - '0' as usize;
                        if number >= regex.captures_len() {
                            return Err(illegal(&format!("unknown group {number}")));
                        }
                        // As many digits as name a group.
                        while let Some(digit @ '0'..='9') = rest.clone().next() {
                            let longer = number * 10 + (digit as usize - '0' as usize);
                            if longer >= regex.captures_len() {
                                break;
                            }
                            number = longer;
                            rest.next();
                        }
                        number
                    }
                    _ => return Err(illegal(replacement)),
                };
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(group));
            }
            letter => text.push(letter),
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}
