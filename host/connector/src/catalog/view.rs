//! Views: Timestream SQL that a Glue table holds, checked when the table is asked for (reference-connector.md, 2.3).

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};

use crate::error::{Code, Error, Fault, Result};
use crate::plugin::check_part;
use crate::query::{Column, ColumnKind};
use crate::timestream::{Clients, prepared_columns};

/// A view's text: the template's, else the original text's; None: it is a table.
///
/// # Errors
///
/// When it is a view of Athena's own, or not one query.
pub(super) fn text<'a>(
    template: Option<&'a str>,
    original: Option<&'a str>,
) -> Result<Option<&'a str>> {
    let original = original.filter(|text| !text.trim().is_empty());
    let Some(text) = template.or(original) else {
        return Ok(None);
    };
    if is_athenas(text) {
        let message = "it is a view of Athena, whose text is not Timestream's SQL; hint: give the parameter \
                       `_view_template` a statement for Timestream, or create the view in Athena's own catalog";
        return Err(Error::new(
            Code::OperationNotSupported,
            Fault::Caller,
            message,
        ));
    }
    query(text)
        .map(Some)
        .map_err(|why| Error::invalid_input(format!("the view's text {why}")))
}

/// `/* Presto View: <base64> */`, as Athena stores its views in Glue.
fn is_athenas(text: &str) -> bool {
    let Some(comment) = text.trim_start().strip_prefix("/*") else {
        return false;
    };
    let start: String = comment.trim_start().chars().take(6).collect();
    start.eq_ignore_ascii_case("presto")
}

/// One query, without the semicolon, the comments and the blanks that follow it.
///
/// # Errors
///
/// A phrase that says what else the text is, to follow its name.
fn query(text: &str) -> Result<&str, String> {
    let tokens = Tokenizer::new(&GenericDialect {}, text)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|_| "is not SQL: a quote or comment is not closed".to_owned())?;
    let in_comment = |token: &Token| match token {
        Token::Whitespace(Whitespace::MultiLineComment(comment)) => comment.contains("/*"),
        _ => false,
    };
    // Where such a comment ends, tokenizers do not agree.
    if tokens.iter().any(|token| in_comment(&token.token)) {
        return Err("holds a comment within a comment".into());
    }
    let mut words = tokens
        .iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_)));
    let first = words.find(|token| token.token != Token::LParen);
    match first.map(|first| &first.token) {
        Some(Token::Word(word)) if word.quote_style.is_none() => {
            let upper = word.value.to_ascii_uppercase();
            if !["SELECT", "WITH", "VALUES"].contains(&upper.as_str()) {
                return Err(format!("begins with `{upper}`, which is no query"));
            }
        }
        _ => return Err("does not begin with SELECT, WITH or VALUES".into()),
    }
    let last = tokens
        .iter()
        .rfind(|token| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon));
    let end = last.map_or(0, |last| offset(text, last.span.end));
    let query = text.get(..end).unwrap_or(text).trim_start();
    // What would end the parentheses that a dialect puts around it.
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

/// The columns of a view, without running it; None: the function may not ask.
///
/// # Errors
///
/// What Timestream says of the view's text.
pub(super) async fn columns(
    clients: &Clients,
    name: &str,
    text: &str,
) -> Result<Option<Vec<Column>>> {
    let what = format!("read view `{name}`");
    let columns = prepared_columns(clients.query().await?, text, &what).await?;
    let computed = |(name, r#type)| Column {
        name,
        r#type,
        kind: ColumnKind::Computed,
        partition_key: false,
    };
    Ok(columns.map(|columns| {
        columns
            .into_iter()
            .map(|column| computed((column.name, column.r#type)))
            .collect()
    }))
}

#[cfg(test)]
mod tests;
