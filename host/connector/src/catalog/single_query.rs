//! A text of somebody's that must be one query: a view's, or a passthrough statement.
//!
//! Timestream's Query API reads, but for UNLOAD. Words inside texts, names and comments mean nothing.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token};

use crate::plugin::{MAX_STATEMENT_BYTES, check_part, tokens};

/// One query, without the semicolon, the comments and the blanks that follow it.
///
/// # Errors
///
/// A phrase that says what else the text is, to follow its name.
pub(super) fn single_query(text: &str) -> Result<&str, String> {
    if text.len() > MAX_STATEMENT_BYTES {
        let bytes = text.len();
        return Err(format!(
            "has {bytes} bytes, and a statement {MAX_STATEMENT_BYTES} at most"
        ));
    }
    let tokens = tokens(text)?;
    let mut words = tokens
        .iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_)));
    let first = words.find(|token| token.token != Token::LParen);
    match first.map(|first| &first.token) {
        // What is no keyword may be anything, and messages are logged.
        Some(Token::Word(word)) if word.keyword != Keyword::NoKeyword => {
            let upper = word.value.to_ascii_uppercase();
            if !["SELECT", "WITH", "VALUES"].contains(&upper.as_str()) {
                return Err(format!("begins with `{upper}`, which is no query"));
            }
        }
        _ => return Err("does not begin with SELECT, WITH or VALUES".into()),
    }
    let mut open = 0_usize;
    for token in &tokens {
        match token.token {
            Token::LParen => open += 1,
            Token::RParen => {
                let why = "closes a parenthesis that it did not open";
                open = open.checked_sub(1).ok_or(why)?;
            }
            _ => {}
        }
    }
    let last = tokens
        .iter()
        .rfind(|token| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon));
    let end = last.map_or(0, |last| offset(text, last.span.end));
    let query = text.get(..end).unwrap_or(text).trim_start();
    // A dialect puts it in parentheses.
    check_part(&format!("(\n{query}\n)"), false)?;
    Ok(query)
}

/// The byte at which a tokenizer's place lies: lines and characters count from 1.
fn offset(text: &str, place: Location) -> usize {
    let lines = usize::try_from(place.line.saturating_sub(1)).unwrap_or(usize::MAX);
    let characters = usize::try_from(place.column.saturating_sub(1)).unwrap_or(usize::MAX);
    let before: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    let line = &text[before..];
    let within = line.char_indices().nth(characters);
    before + within.map_or(line.len(), |(byte, _)| byte)
}
