//! Athena's SQL as DataFusion reads it: names, timestamps and patterns mean what they mean to Athena.

use std::ops::ControlFlow;

use anyhow::{Context as _, bail};
use datafusion::sql::sqlparser::ast::{
    self, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    TableFactor, TimezoneInfo, TypedString, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::passthrough::{self, Call};
use super::show::{Listing, listing};

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
/// * A timestamp constant has as many digits as are written, at least three, and a zone if one is written.
/// * `now()` has a zone and milliseconds, `localtimestamp` milliseconds and no zone.
/// * `date(x)` is a cast.
/// * LIKE has no escape character unless one is named.
/// * A call in place of a table becomes a table.
///
/// # Errors
///
/// When it is no single query or listing.
pub(super) fn parse(sql: &str) -> anyhow::Result<Parsed> {
    let dialect = GenericDialect {};
    let mut tokens = Tokenizer::new(&dialect, sql)
        .tokenize()
        .context("cannot read the query")?;
    for token in &mut tokens {
        if let Token::Word(word) = token
            && word.quote_style == Some('"')
        {
            word.value = word.value.to_lowercase();
        }
    }
    let statements = Parser::new(&dialect)
        .with_tokens(tokens)
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

#[derive(Default)]
struct Rewriter {
    calls: Vec<Call>,
}

impl VisitorMut for Rewriter {
    type Break = String;

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<String> {
        match passthrough::rewrite(factor, &mut self.calls) {
            Ok(()) => ControlFlow::Continue(()),
            Err(message) => ControlFlow::Break(message),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        match expr {
            Expr::TypedString(constant) => rewrite_timestamp(constant),
            Expr::Function(function) => {
                if let Some(data_type) = clock(function) {
                    *expr = cast_to(expr.clone(), data_type);
                } else if let Some(day) = day(function) {
                    *expr = day;
                }
            }
            Expr::Like {
                pattern,
                escape_char,
                ..
            } => {
                if let Err(message) = rewrite_pattern(pattern, escape_char) {
                    return ControlFlow::Break(message);
                }
            }
            Expr::ILike { .. } => return ControlFlow::Break("Athena has no ILIKE".to_owned()),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Gives a timestamp constant its precision and zone (Trino: the constant's text decides both).
fn rewrite_timestamp(constant: &mut TypedString) {
    let DataType::Timestamp(None, TimezoneInfo::None) = constant.data_type else {
        return;
    };
    let Value::SingleQuotedString(text) = &mut constant.value.value else {
        return;
    };
    let time = text
        .find([' ', 'T'])
        .map_or("", |end| &text[end + 1..])
        .trim();
    let digits = time.split_once('.').map_or("", |(_, rest)| rest);
    let digits = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let precision = match digits {
        0..=3 => 3,
        4..=6 => 6,
        _ => 9,
    };
    let zoned = time.contains(|character: char| {
        character.is_ascii_alphabetic() || matches!(character, '+' | '-')
    });
    if zoned {
        // The only names that DataFusion's parser does not know of those that mean UTC.
        for utc in [" UTC", " GMT", " Z"] {
            if let Some(instant) = text.strip_suffix(utc) {
                *text = format!("{instant}Z");
                break;
            }
        }
    }
    let zone = if zoned {
        TimezoneInfo::WithTimeZone
    } else {
        TimezoneInfo::None
    };
    constant.data_type = DataType::Timestamp(Some(precision), zone);
}

/// The type of a clock's time.
fn clock(function: &mut Function) -> Option<DataType> {
    let [name] = function.name.0.as_slice() else {
        return None;
    };
    let zone = match name.as_ident()?.value.to_lowercase().as_str() {
        "now" | "current_timestamp" => TimezoneInfo::WithTimeZone,
        "localtimestamp" => TimezoneInfo::None,
        _ => return None,
    };
    if matches!(&function.args, FunctionArguments::List(list) if !list.args.is_empty()) {
        return None;
    }
    function.name = ast::ObjectName::from(vec![ast::Ident::new("now")]);
    function.args = FunctionArguments::List(ast::FunctionArgumentList {
        duplicate_treatment: None,
        args: Vec::new(),
        clauses: Vec::new(),
    });
    Some(DataType::Timestamp(Some(3), zone))
}

/// `date(x)` is `CAST(x AS date)`.
fn day(function: &Function) -> Option<Expr> {
    let [name] = function.name.0.as_slice() else {
        return None;
    };
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))]
            if name.as_ident()?.value.eq_ignore_ascii_case("date") =>
        {
            Some(cast_to(argument.clone(), DataType::Date))
        }
        _ => None,
    }
}

fn cast_to(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type,
        array: false,
        format: None,
    }
}

/// DataFusion always escapes with a backslash.
fn rewrite_pattern(
    pattern: &mut Expr,
    escape: &mut Option<ast::ValueWithSpan>,
) -> Result<(), String> {
    let escape = match escape.take().map(|escape| escape.value) {
        None => None,
        Some(Value::SingleQuotedString(text)) if text.chars().count() == 1 => text.chars().next(),
        Some(_) => return Err("the escape character of LIKE must be one character".to_owned()),
    };
    let Expr::Value(ast::ValueWithSpan {
        value: Value::SingleQuotedString(text),
        ..
    }) = pattern
    else {
        return Err("the pattern of LIKE must be a constant here".to_owned());
    };
    let mut written = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if Some(character) == escape {
            match characters.next() {
                Some(escaped) if Some(escaped) == escape || matches!(escaped, '%' | '_') => {
                    if matches!(escaped, '%' | '_' | '\\') {
                        written.push('\\');
                    }
                    written.push(escaped);
                }
                _ => {
                    return Err(
                        "the escape character of LIKE must stand before `%`, `_` or itself"
                            .to_owned(),
                    );
                }
            }
        } else {
            if character == '\\' {
                written.push('\\');
            }
            written.push(character);
        }
    }
    *text = written;
    Ok(())
}
