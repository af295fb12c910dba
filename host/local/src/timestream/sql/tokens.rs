//! What must change before the parser sees it: duration literals, the value columns' names, short timestamps.
//!
//! All of it is decided on tokens, where a blank is visible: `1h` is a duration, `1 h` is not, and nothing inside a
//! string, a quoted name or a comment is touched.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Word};
use jiff::civil::DateTime;

use crate::timestream::error::ApiError;

/// Returns the tokens as the parser should see them.
pub(super) fn rewrite(tokens: &[TokenWithSpan]) -> Result<Vec<TokenWithSpan>, ApiError> {
    let mut output: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let [first, following @ ..] = rest {
        let at = |token| TokenWithSpan::new(token, first.span);
        let used = match (&first.token, following) {
            (Token::Number(number, _), [next, ..]) if let Some(unit) = plain_word(&next.token) => {
                let [quantity, unit] = duration(number, unit, first.span.start)?;
                output.extend([at(Token::make_keyword("INTERVAL")), at(quantity), at(unit)]);
                2
            }
            (Token::Word(_), [colons, kind, ..])
                if plain_word(&first.token) == Some("measure_value")
                    && colons.token == Token::DoubleColon =>
            {
                let Some(kind) = plain_word(&kind.token) else {
                    return Err(syntax(
                        kind.span.start,
                        &format!("mismatched input '{}'", kind.token),
                    ));
                };
                output.push(at(quoted(format!(
                    "measure_value::{}",
                    kind.to_lowercase()
                ))));
                3
            }
            (Token::SingleQuotedString(text), _) if follows_timestamp(&output) => {
                output.push(at(Token::SingleQuotedString(timestamp(
                    text,
                    first.span.start,
                )?)));
                1
            }
            _ => {
                output.push(first.clone());
                1
            }
        };
        rest = &rest[used..];
    }
    Ok(output)
}

/// Returns a word that is not quoted.
pub(super) fn plain_word(token: &Token) -> Option<&str> {
    match token {
        Token::Word(Word {
            value,
            quote_style: None,
            ..
        }) => Some(value),
        _ => None,
    }
}

/// Turns `5` and `m` into `'5'` and `MINUTE`. The units are those of the developer guide's "Time units".
fn duration(number: &str, unit: &str, at: Location) -> Result<[Token; 2], ApiError> {
    let keyword = match unit {
        "ns" | "nanosecond" => "NANOSECOND",
        "us" | "microsecond" => "MICROSECOND",
        "ms" | "millisecond" => "MILLISECOND",
        "s" | "second" => "SECOND",
        "m" | "minute" => "MINUTE",
        "h" | "hour" => "HOUR",
        "d" | "day" => "DAY",
        "month" => "MONTH",
        "y" | "year" => "YEAR",
        _ => {
            return Err(syntax(
                at,
                &format!("'{number}{unit}' is no duration: the unit is unknown"),
            ));
        }
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(syntax(
            at,
            &format!("'{number}{unit}' is no duration: the number is not a whole one"),
        ));
    }
    Ok([
        Token::SingleQuotedString(number.to_owned()),
        Token::make_keyword(keyword),
    ])
}

fn follows_timestamp(output: &[TokenWithSpan]) -> bool {
    let last = output
        .iter()
        .rev()
        .find(|token| !matches!(token.token, Token::Whitespace(_)));
    last.is_some_and(|last| match &last.token {
        Token::Word(word) => word.keyword == Keyword::TIMESTAMP,
        _ => false,
    })
}

/// Completes the text of a timestamp literal to nine digits; missing parts of the time of day are zero.
fn timestamp(text: &str, at: Location) -> Result<String, ApiError> {
    let invalid = || syntax(at, &format!("'{text}' is not a valid TIMESTAMP literal"));
    // jiff would take an offset and not apply it.
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"-:. T".contains(&byte));
    let read: DateTime = text.parse().map_err(|_| invalid())?;
    let in_range = jiff::tz::Offset::UTC
        .to_timestamp(read)
        .is_ok_and(|instant| i64::try_from(instant.as_nanosecond()).is_ok());
    if !plain || !in_range {
        return Err(invalid());
    }
    Ok(read.strftime("%Y-%m-%d %H:%M:%S%.9f").to_string())
}

fn quoted(name: String) -> Token {
    Token::Word(Word {
        value: name,
        quote_style: Some('"'),
        keyword: Keyword::NoKeyword,
    })
}

pub(super) fn syntax(at: Location, message: &str) -> ApiError {
    ApiError::Validation(format!("line {}:{}: {message}", at.line, at.column))
}
