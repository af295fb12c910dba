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
fn matches<'t>(regex: &Regex, text: &'t str) -> Vec<Captures<'t>> {
    let mut found = Vec::new();
    let mut start = 0;
    while start <= text.len() {
        let Some(captures) = regex.captures_at(text, start) else {
            break;
        };
        let Some(whole) = captures.get(0) else { break };
        start = whole.end();
        if whole.start() == whole.end() {
            start += text[start..].chars().next().map_or(1, char::len_utf8);
        }
        found.push(captures);
    }
    found
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
    let found = found.iter().map(|captures| match captures.get(group) {
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
    for captures in matches(&regex, text) {
        if let Some(whole) = captures.get(0) {
            replaced.push_str(&text[end..whole.start()]);
            append(&mut replaced, &captures, &regex, replacement)?;
            fits(replaced.len(), 1)?;
            end = whole.end();
        }
    }
    replaced.push_str(&text[end..]);
    Ok(Value::Owned(replaced))
}

/// Appends a replacement: `$1` and `${name}` are groups, a backslash takes the meaning off what follows it.
fn append(
    replaced: &mut String,
    captures: &Captures<'_>,
    regex: &Regex,
    replacement: &str,
) -> Result<(), String> {
    let illegal = |why: &str| format!("Illegal replacement sequence: {why}");
    let mut rest = replacement.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => match rest.next() {
                Some(letter) => replaced.push(letter),
                None => return Err(illegal(replacement)),
            },
            '$' => {
                let captured = match rest.clone().next() {
                    Some('{') => {
                        let after = &rest.as_str()[1..];
                        let (name, after) =
                            after.split_once('}').ok_or_else(|| illegal(replacement))?;
                        let is_known = regex.capture_names().any(|known| known == Some(name));
                        if !is_known {
                            return Err(illegal(&format!("unknown group {{ {name} }}")));
                        }
                        rest = after.chars();
                        captures.name(name)
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
                        captures.get(number)
                    }
                    _ => return Err(illegal(replacement)),
                };
                replaced.push_str(captured.map_or("", |captured| captured.as_str()));
            }
            letter => replaced.push(letter),
        }
    }
    Ok(())
}
