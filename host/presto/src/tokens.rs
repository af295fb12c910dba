//! What must change before the parser sees it: rows of `VALUES` without parentheses, and types with them.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

/// How deep rows and types may nest. What is deeper is left to the parser to refuse.
const MAX_DEPTH: usize = 100;

/// The tokens as the parser should see them.
///
/// # Errors
///
/// When OFFSET stands after LIMIT, which the parser takes in any order, or an integer has more digits than any.
pub fn rewrite_tokens(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, String> {
    let mut is_limited = vec![false];
    for token in &tokens {
        if let Token::Number(digits, _) = &token.token
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && digits.parse::<u64>().is_err()
        {
            return Err(format!("Invalid numeric literal: {digits}"));
        }
        match (opened(token), keyword(token)) {
            (1, _) => is_limited.push(false),
            (-1, _) => drop(is_limited.pop()),
            (_, Some(Keyword::LIMIT | Keyword::FETCH)) => {
                if let Some(is_limited) = is_limited.last_mut() {
                    *is_limited = true;
                }
            }
            (_, Some(Keyword::OFFSET)) if is_limited.last() == Some(&true) => {
                return Err("mismatched input 'OFFSET': expecting the end of the query".to_owned());
            }
            _ => {}
        }
    }
    let mut output = Vec::with_capacity(tokens.len());
    rewrite(&tokens, &mut output, 0);
    Ok(output)
}

fn rewrite(tokens: &[TokenWithSpan], output: &mut Vec<TokenWithSpan>, depth: usize) {
    let mut rest = tokens;
    while let [first, following @ ..] = rest {
        output.push(first.clone());
        rest = following;
        if depth > MAX_DEPTH {
            continue;
        }
        match keyword(first) {
            Some(Keyword::VALUES) => {
                let (rows, after) = following.split_at(end_of_rows(following));
                for (place, row) in split(rows).into_iter().enumerate() {
                    if place > 0 {
                        output.push(TokenWithSpan::wrap(Token::Comma));
                    }
                    values_row(row, output, depth);
                }
                rest = after;
            }
            Some(Keyword::AS) => {
                let begin = blanks(following);
                if let Some(length) = nested_type(&following[begin..]) {
                    let (data_type, after) = following[begin..].split_at(length);
                    output.push(TokenWithSpan::wrap(Token::Whitespace(Whitespace::Space)));
                    rewrite_type(data_type, output, depth);
                    rest = after;
                }
            }
            _ => {}
        }
    }
}

fn keyword(token: &TokenWithSpan) -> Option<Keyword> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

fn is_word(token: &TokenWithSpan, wanted: &str) -> bool {
    match &token.token {
        Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted),
        _ => false,
    }
}

fn is_blank(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_))
}

/// How many blanks the tokens begin with.
fn blanks(tokens: &[TokenWithSpan]) -> usize {
    tokens.iter().take_while(|token| is_blank(token)).count()
}

/// The tokens without blanks at both ends.
fn trimmed(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    let begin = blanks(tokens);
    let after = tokens.iter().rposition(|token| !is_blank(token));
    after.map_or(&[], |after| &tokens[begin..=after])
}

/// How much a token opens brackets; negative where it closes them.
fn opened(token: &TokenWithSpan) -> isize {
    match token.token {
        Token::LParen | Token::LBracket => 1,
        Token::RParen | Token::RBracket => -1,
        _ => 0,
    }
}

/// Where the rows of `VALUES` end.
fn end_of_rows(tokens: &[TokenWithSpan]) -> usize {
    let mut open = 0;
    for (place, token) in tokens.iter().enumerate() {
        open += opened(token);
        let is_end = open < 0
            || open == 0
                && (matches!(token.token, Token::SemiColon | Token::EOF)
                    || matches!(
                        keyword(token),
                        Some(
                            Keyword::ORDER
                                | Keyword::LIMIT
                                | Keyword::OFFSET
                                | Keyword::FETCH
                                | Keyword::UNION
                                | Keyword::EXCEPT
                                | Keyword::INTERSECT
                        )
                    ));
        if is_end {
            return place;
        }
    }
    tokens.len()
}

/// The parts between commas outside of brackets.
fn split(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
    let mut open = 0;
    let is_between = |token: &TokenWithSpan| {
        open += opened(token);
        open == 0 && token.token == Token::Comma
    };
    tokens.split(is_between).collect()
}

/// Where the bracket closes that the tokens begin with.
fn closing(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut open = 0;
    tokens.iter().position(|token| {
        open += opened(token);
        open <= 0
    })
}

fn values_row(row: &[TokenWithSpan], output: &mut Vec<TokenWithSpan>, depth: usize) {
    let whole = trimmed(row);
    let is_row = |tokens: &[TokenWithSpan]| {
        let is_open = tokens
            .first()
            .is_some_and(|token| token.token == Token::LParen);
        is_open && closing(tokens) == tokens.len().checked_sub(1)
    };
    output.push(TokenWithSpan::wrap(Token::Whitespace(Whitespace::Space)));
    match whole {
        [] => {}
        whole if is_row(whole) => rewrite(whole, output, depth + 1),
        [word, members @ ..] if is_word(word, "row") && is_row(trimmed(members)) => {
            rewrite(trimmed(members), output, depth + 1);
        }
        whole => {
            output.push(TokenWithSpan::wrap(Token::LParen));
            rewrite(whole, output, depth + 1);
            output.push(TokenWithSpan::wrap(Token::RParen));
        }
    }
}

/// The length of a type such as `ROW(a bigint)`, `ARRAY(double)` or `MAP(varchar, bigint)` that the tokens begin with.
fn nested_type(tokens: &[TokenWithSpan]) -> Option<usize> {
    let [word, members @ ..] = tokens else {
        return None;
    };
    if !["row", "array", "map"]
        .iter()
        .any(|name| is_word(word, name))
    {
        return None;
    }
    let begin = blanks(members);
    let is_open = members.get(begin)?.token == Token::LParen;
    let end = is_open.then(|| closing(&members[begin..])).flatten()?;
    Some(1 + begin + end + 1)
}

/// `ROW(a T)` as `STRUCT<a T>`, `ARRAY(T)` as `ARRAY<T>`, and so within `MAP(T, U)`.
fn rewrite_type(tokens: &[TokenWithSpan], output: &mut Vec<TokenWithSpan>, depth: usize) {
    let mut rest = tokens;
    while let [first, following @ ..] = rest {
        let length = nested_type(rest).filter(|_| depth <= MAX_DEPTH);
        let Some(length) = length else {
            output.push(first.clone());
            rest = following;
            continue;
        };
        let (name, open, close) = if is_word(first, "row") {
            ("STRUCT", Token::Lt, Token::Gt)
        } else if is_word(first, "array") {
            ("ARRAY", Token::Lt, Token::Gt)
        } else {
            ("MAP", Token::LParen, Token::RParen)
        };
        let members = trimmed(&rest[1..length]);
        output.push(TokenWithSpan::new(Token::make_keyword(name), first.span));
        output.push(TokenWithSpan::wrap(open));
        rewrite_type(&members[1..members.len() - 1], output, depth + 1);
        output.push(TokenWithSpan::wrap(close));
        rest = &rest[length..];
    }
}
