//! Text that becomes part of a statement: cut into tokens as Timestream cuts it, and kept to its place.

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

use crate::plugin::MAX_STATEMENT_BYTES;

/// Words that begin another clause or query where a part ends.
const CLAUSES: [&str; 18] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "WITH",
    "VALUES",
    "INTO",
    "UNLOAD",
];

/// Checks one part of a statement: not empty, balanced, no `;`, no comment, no clause or comma of its own outside
/// parentheses, and nothing anywhere that Timestream may cut into other tokens. `list` allows commas: a `FROM` item may
/// be a join.
///
/// # Errors
///
/// A phrase that says what is wrong, to follow the part's name.
pub fn check_part(text: &str, list: bool) -> Result<(), String> {
    if text.len() > MAX_STATEMENT_BYTES {
        return Err(format!(
            "has {} bytes, and a statement {MAX_STATEMENT_BYTES} at most",
            text.len()
        ));
    }
    let mut open = Vec::new();
    let mut empty = true;
    for TokenWithSpan { token, .. } in tokens(text)? {
        match token {
            Token::Whitespace(
                Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_),
            ) => {
                // Harmless inside a subquery that ends its line, where a view's text is.
                if open.is_empty() {
                    return Err("holds a comment".into());
                }
                continue;
            }
            Token::Whitespace(_) => continue,
            Token::SemiColon => return Err("holds a semicolon".into()),
            Token::LParen => open.push(Token::RParen),
            Token::LBracket => open.push(Token::RBracket),
            Token::LBrace => open.push(Token::RBrace),
            closing @ (Token::RParen | Token::RBracket | Token::RBrace)
                if open.pop() != Some(closing.clone()) =>
            {
                return Err("closes a parenthesis that it did not open".into());
            }
            Token::Comma if open.is_empty() && !list => {
                return Err("holds more than one expression".into());
            }
            Token::Word(word) if open.is_empty() && word.quote_style.is_none() => {
                let upper = word.value.to_ascii_uppercase();
                if CLAUSES.contains(&upper.as_str()) {
                    return Err(format!("begins another clause with `{upper}`"));
                }
            }
            _ => {}
        }
        empty = false;
    }
    if !open.is_empty() {
        return Err("opens a parenthesis that it does not close".into());
    }
    if empty {
        Err("is empty".into())
    } else {
        Ok(())
    }
}

/// The names and quotes of Timestream, which is a Presto; nothing of other databases.
#[derive(Debug)]
struct Timestream;

impl Dialect for Timestream {
    fn is_identifier_start(&self, character: char) -> bool {
        character.is_alphabetic() || character == '_'
    }

    fn is_identifier_part(&self, character: char) -> bool {
        character.is_alphanumeric() || character == '_'
    }

    fn is_delimited_identifier_start(&self, character: char) -> bool {
        character == '"'
    }
}

/// Cuts a text into tokens, those only that end at the same place whoever cuts them.
///
/// # Errors
///
/// A phrase that says what else the text holds, to follow its name.
pub(crate) fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, String> {
    let tokens = Tokenizer::new(&Timestream, text)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|_| "is not SQL: a quote or comment is not closed".to_owned())?;
    for TokenWithSpan { token, span } in &tokens {
        match token {
            // Comments nest in the standard, not in Presto.
            Token::Whitespace(Whitespace::MultiLineComment(comment)) if comment.contains("/*") => {
                return Err("holds a comment within a comment".into());
            }
            // Where a line of Presto's ends; the tokenizer's goes on.
            Token::Whitespace(Whitespace::SingleLineComment { comment, .. })
                if comment.trim_end().contains('\r') =>
            {
                return Err("holds a carriage return within a comment".into());
            }
            Token::Whitespace(_)
            | Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::LParen
            | Token::RParen
            | Token::LBracket
            | Token::RBracket
            | Token::LBrace
            | Token::RBrace
            | Token::Comma
            | Token::Period
            | Token::DoubleColon
            | Token::SemiColon
            | Token::Arrow
            | Token::RArrow
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::LtEq
            | Token::Gt
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat => {}
            // The tokenizer would let a backslash hide the quote behind it.
            Token::HexStringLiteral(digits) if digits.chars().all(|c| c.is_ascii_hexdigit()) => {}
            _ => {
                return Err(format!(
                    "holds what Timestream does not know at line {}, column {}",
                    span.start.line, span.start.column
                ));
            }
        }
    }
    Ok(tokens)
}
