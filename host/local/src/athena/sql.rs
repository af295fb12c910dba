//! Athena's SQL as DataFusion reads it: one statement, with Athena's names.

use std::ops::ControlFlow;

use anyhow::{Context as _, bail};
use datafusion::sql::sqlparser::ast::{self, Expr, TableFactor, VisitMut, VisitorMut};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use presto::PrestoDialect;

use super::meaning;
use super::passthrough::{self, Call};
use super::show::{Listing, listing};
use crate::unnest::{nest, nest_factor};

/// A statement that Athena runs.
#[derive(Debug)]
pub(super) enum Parsed {
    /// A query, and the calls that its tables may stand for.
    Query(Box<ast::Query>, Vec<Call>),
    /// Schemas or tables.
    Listing(Listing),
}

/// Reads one statement.
///
/// * Quoted names are lowered too: Athena reaches no other (federation-protocol.md, section 2.1).
/// * What stands in it means what it means to Athena ([`super::meaning`]).
/// * A call in place of a table becomes a table.
///
/// # Errors
///
/// When it is no single query or listing.
pub(super) fn parse(sql: &str) -> anyhow::Result<Parsed> {
    let mut tokens = Tokenizer::new(&PrestoDialect, sql)
        .tokenize()
        .context("cannot read the query")?;
    for token in &mut tokens {
        if let Token::Word(word) = token
            && word.quote_style == Some('"')
        {
            word.value = word.value.to_lowercase();
        }
    }
    let tokens = distinct_as_operators(tokens)?.into_iter();
    let tokens = presto::rewrite_tokens(tokens.map(TokenWithSpan::wrap).collect())
        .map_err(|message| anyhow::anyhow!("cannot read the query: {message}"))?;
    let statements = Parser::new(&PrestoDialect)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .context("cannot read the query")?;
    let Ok([statement]) = <[ast::Statement; 1]>::try_from(statements) else {
        bail!("cannot run the query: give one statement");
    };
    if let Some(listing) = listing(&statement)? {
        return Ok(Parsed::Listing(listing));
    }
    let ast::Statement::Query(mut query) = statement else {
        bail!("cannot run the statement: only queries can be run");
    };
    let mut rewriter = Rewriter::default();
    match query.visit(&mut rewriter) {
        ControlFlow::Continue(()) => Ok(Parsed::Query(query, rewriter.calls)),
        ControlFlow::Break(message) => bail!("cannot run the query: {message}"),
    }
}

/// IS [NOT] DISTINCT FROM as operators that Athena has not: the parser takes all that follows the keywords, AND and OR
/// included, for the right side. [`meaning::prepare`] makes the predicates of them again.
fn distinct_as_operators(tokens: Vec<Token>) -> anyhow::Result<Vec<Token>> {
    let is_operator =
        |token: &Token| matches!(token, Token::Spaceship | Token::ExclamationMarkDoubleTilde);
    if let Some(token) = tokens.iter().find(|token| is_operator(token)) {
        bail!("cannot read the query: Athena has no operator `{token}`");
    }
    let keyword = |token: &Token| match token {
        Token::Word(word) => Some(word.keyword),
        _ => None,
    };
    let mut left: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if keyword(&token) != Some(Keyword::FROM) {
            left.push(token);
            continue;
        }
        // The last tokens but white space, the latest first.
        let before = left.iter().enumerate().rev();
        let words = before.filter(|(_, token)| !matches!(token, Token::Whitespace(_)));
        let words: Vec<(usize, Option<Keyword>)> = words
            .map(|(position, token)| (position, keyword(token)))
            .take(3)
            .collect();
        let (begin, operator) = match words.as_slice() {
            [(_, Some(Keyword::DISTINCT)), (begin, Some(Keyword::IS)), ..] => {
                (*begin, Token::ExclamationMarkDoubleTilde)
            }
            [
                (_, Some(Keyword::DISTINCT)),
                (_, Some(Keyword::NOT)),
                (begin, Some(Keyword::IS)),
            ] => (*begin, Token::Spaceship),
            _ => {
                left.push(token);
                continue;
            }
        };
        left.truncate(begin);
        left.push(operator);
    }
    Ok(left)
}

fn refused(message: Option<&'static str>) -> ControlFlow<String> {
    message.map_or(ControlFlow::Continue(()), |message| {
        ControlFlow::Break(message.to_owned())
    })
}

#[derive(Default)]
struct Rewriter {
    calls: Vec<Call>,
}

impl VisitorMut for Rewriter {
    type Break = String;

    fn pre_visit_query(&mut self, query: &mut ast::Query) -> ControlFlow<String> {
        refused(presto::check_query(query))
    }

    fn post_visit_query(&mut self, query: &mut ast::Query) -> ControlFlow<String> {
        presto::restore_query(query);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut ast::Select) -> ControlFlow<String> {
        presto::restore_select(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut ast::Select) -> ControlFlow<String> {
        nest(&mut select.from);
        refused(presto::check_select(select))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<String> {
        nest_factor(factor);
        refused(presto::check_factor(factor))
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<String> {
        match passthrough::rewrite(factor, &mut self.calls) {
            Ok(()) => ControlFlow::Continue(()),
            Err(message) => ControlFlow::Break(message),
        }
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        match meaning::prepare(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(message) => ControlFlow::Break(message),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        if passthrough::is_call(expr) {
            return ControlFlow::Continue(());
        }
        match presto::rewrite_expr(expr, &[]).and_then(|()| meaning::rewrite(expr)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(message) => ControlFlow::Break(message),
        }
    }
}
