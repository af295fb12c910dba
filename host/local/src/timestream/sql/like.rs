//! LIKE patterns. Timestream has no escape character unless the statement names one; DataFusion has backslash and takes
//! no other.

use datafusion::sql::sqlparser::ast::{Expr, Value};

use super::rewrite::string;

/// Makes a LIKE pattern mean what it means without a default escape: here a backslash always is one.
pub(super) fn rewrite_pattern(pattern: &mut Expr, escape: Option<Value>) -> Result<(), String> {
    let escape = match escape {
        None => None,
        Some(Value::SingleQuotedString(text)) => {
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(escape), None) => Some(escape),
                _ => return Err("Escape string must be a single character".to_owned()),
            }
        }
        Some(_) => return Err("Escape string must be a literal".to_owned()),
    };
    match pattern {
        Expr::Value(value) => {
            if let Value::SingleQuotedString(text) = &mut value.value {
                *text = backslash_pattern(text, escape)?;
            }
            Ok(())
        }
        _ if escape.is_some() => {
            Err("LIKE with ESCAPE is supported for literal patterns only".to_owned())
        }
        _ => {
            let doubled = [pattern.clone(), string("\\"), string("\\\\")];
            *pattern = presto::call("replace", doubled);
            Ok(())
        }
    }
}

/// Writes a pattern with the escape character `escape`, or with none, as one with backslash.
pub(super) fn backslash_pattern(text: &str, escape: Option<char>) -> Result<String, String> {
    let mut output = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if Some(c) != escape {
            if c == '\\' {
                output.push('\\');
            }
            output.push(c);
            continue;
        }
        match characters.next() {
            Some(wild @ ('%' | '_')) => output.extend(['\\', wild]),
            Some('\\') if escape == Some('\\') => output.push_str("\\\\"),
            Some(other) if Some(other) == escape => output.push(other),
            // Trino's sentence.
            Some(_) | None => {
                return Err(
                    "Escape character must be followed by '%', '_' or the escape character itself"
                        .to_owned(),
                );
            }
        }
    }
    Ok(output)
}
