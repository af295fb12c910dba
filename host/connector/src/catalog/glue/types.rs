//! Glue's type texts (federation-protocol.md, section 12.4) as the Timestream types that are shown as them.
//!
//! Wider than the Java SDK where users write more: lengths and precisions, `integer`, `real`, `long`, and the names of
//! members with colons that are not escaped. `float`, `real` are shown as double and `tinyint`, `smallint` as integer,
//! which hold all their values. What Timestream has no values for is refused here, not when rows are read (W-31).

use crate::query::{Scalar, TimestreamType};

/// How deep types may be nested: what the check of a dialect's mapping lets through.
const MAX_DEPTH: usize = 31;

/// Reads a type.
///
/// # Errors
///
/// A sentence that says why it cannot be used, without the text.
pub(super) fn timestream_type(text: &str) -> Result<TimestreamType, String> {
    let symbols = symbols(text);
    if symbols.is_empty() {
        return Err("it is empty".into());
    }
    check_brackets(&symbols)?;
    nested(&symbols, 0)
}

/// A character, and whether a backslash took its meaning.
#[derive(Clone, Copy, PartialEq)]
struct Symbol {
    character: char,
    escaped: bool,
}

impl Symbol {
    fn is(self, mark: char) -> bool {
        self.character == mark && !self.escaped
    }
}

/// White space is dropped everywhere, a backslash before a mark of the grammar too.
fn symbols(text: &str) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::with_capacity(text.len());
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        let escaped = matches!(character, '<' | '>' | ':' | ',')
            && symbols.last().is_some_and(|last| last.is('\\'));
        if escaped {
            symbols.pop();
        }
        symbols.push(Symbol { character, escaped });
    }
    symbols
}

fn check_brackets(symbols: &[Symbol]) -> Result<(), String> {
    let mut open = Vec::new();
    for symbol in symbols.iter().filter(|symbol| !symbol.escaped) {
        let closed = match symbol.character {
            '<' | '(' => {
                open.push(symbol.character);
                continue;
            }
            '>' => '<',
            ')' => '(',
            _ => continue,
        };
        if open.pop() != Some(closed) {
            return Err("its brackets do not match".into());
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err("its brackets do not match".into())
    }
}

fn nested(symbols: &[Symbol], depth: usize) -> Result<TimestreamType, String> {
    if depth > MAX_DEPTH {
        return Err(format!("it is nested deeper than {MAX_DEPTH}"));
    }
    let Some(start) = symbols.iter().position(|symbol| symbol.is('<')) else {
        return plain(&text(symbols));
    };
    let (head, body) = symbols.split_at(start);
    let head = text(head).to_lowercase();
    // The bracket that closes the first one must be the last symbol.
    let [_, body @ .., last] = body else {
        return Err("its brackets do not match".into());
    };
    if !last.is('>') || check_brackets(body).is_err() {
        return Err("something follows its last bracket".into());
    }
    match head.as_str() {
        "array" | "set" => Ok(TimestreamType::List(Box::new(nested(body, depth + 1)?))),
        "struct" => Ok(TimestreamType::Row(members(body, depth + 1)?)),
        "map" => Err("Timestream has no maps".into()),
        _ => Err(format!("`{head}` is no type that Timestream has")),
    }
}

/// `name:type, …`. The last colon separates, so that `measure_value::double:double` needs no backslashes.
fn members(body: &[Symbol], depth: usize) -> Result<Vec<(String, TimestreamType)>, String> {
    let mut members = Vec::new();
    for member in split(body) {
        let mut level = 0_usize;
        let mut colon = None;
        for (place, symbol) in member.iter().enumerate() {
            match symbol.character {
                _ if symbol.escaped => {}
                '<' | '(' => level += 1,
                '>' | ')' => level = level.saturating_sub(1),
                ':' if level == 0 => colon = Some(place),
                _ => {}
            }
        }
        let colon = colon.ok_or_else(|| format!("member `{}` has no type", text(member)))?;
        let name = text(&member[..colon]);
        if name.is_empty() {
            return Err(format!(
                "a member of type `{}` has no name",
                text(&member[colon + 1..])
            ));
        }
        if member[colon - 1].is(':') {
            return Err(format!("member `{}` has no type", text(member)));
        }
        let r#type =
            nested(&member[colon + 1..], depth).map_err(|why| format!("member `{name}`: {why}"))?;
        members.push((name, r#type));
    }
    Ok(members)
}

/// Parts between commas that stand in no brackets.
fn split(body: &[Symbol]) -> Vec<&[Symbol]> {
    let mut level = 0_usize;
    body.split(|symbol| {
        match symbol.character {
            _ if symbol.escaped => {}
            '<' | '(' => level += 1,
            '>' | ')' => level = level.saturating_sub(1),
            ',' => return level == 0,
            _ => {}
        }
        false
    })
    .collect()
}

fn text(symbols: &[Symbol]) -> String {
    symbols.iter().map(|symbol| symbol.character).collect()
}

/// A type without members, perhaps with a length or a precision.
fn plain(text: &str) -> Result<TimestreamType, String> {
    let lower = text.to_lowercase();
    let whole = (lower.as_str(), None);
    let parts = lower
        .strip_suffix(')')
        .and_then(|open| open.split_once('('));
    let (name, parameters) = parts.map_or(whole, |(name, parameters)| (name, Some(parameters)));
    let fits = match name {
        "varchar" | "char" | "timestamp" | "time" => parameters.is_none_or(is_number),
        "decimal" | "numeric" => true,
        _ => parameters.is_none(),
    };
    Ok(TimestreamType::Scalar(
        match if fits { name } else { lower.as_str() } {
            "string" | "varchar" | "char" => Scalar::Varchar,
            "double" | "float" | "real" => Scalar::Double,
            "bigint" | "long" => Scalar::Bigint,
            "int" | "integer" | "smallint" | "tinyint" => Scalar::Integer,
            "boolean" => Scalar::Boolean,
            "timestamp" => Scalar::Timestamp,
            "date" => Scalar::Date,
            "time" => Scalar::Time,
            "interval_day_to_second" => Scalar::IntervalDayToSecond,
            "interval_year_to_month" => Scalar::IntervalYearToMonth,
            "" => return Err("a type is missing".into()),
            "decimal" | "numeric" => {
                return Err("Timestream has no decimals; hint: write `double`".into());
            }
            "binary" | "varbinary" => {
                return Err("Timestream has no binary values; hint: write `string`".into());
            }
            zoned if zoned == "timestamptz" || zoned.ends_with("withtimezone") => {
                return Err("Timestream's timestamps have no zone; hint: write `timestamp`".into());
            }
            _ => return Err(format!("`{text}` is no type that Timestream has")),
        },
    ))
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests;
