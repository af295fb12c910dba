//! What DataFusion would run and Timestream does not, and what is too large to be run.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Distinct, Expr, LimitClause, Query, Select, SelectItem, SetExpr,
    visit_expressions,
};

/// How deep brackets and expressions may nest, and most of anything else that makes a plan deep: set operations in a
/// row, relations of a `FROM`, items of a `WITH`. Arbitrary: the service publishes no limit. A server thread's stack must
/// be enough with a margin.
pub(super) const MAX_DEPTH: usize = 500;

/// Operators and calls of one expression at most. Presto compiles an expression into one method of the JVM, which holds
/// 64 KiB, and fails on some dozens of pairs joined by OR ("Method too large": prestodb issues 9039, 12983, 16626). Where
/// Timestream fails is not documented; this is twice what the shipped dialect prints.
pub(super) const MAX_OPERATORS: usize = 256;

/// Presto's sentence.
pub(super) const TOO_LARGE: &str = "statement is too large (stack overflow during parsing)";

/// Says what the service would not run in a query, at any depth.
pub(super) fn check_query(query: &Query) -> Option<&'static str> {
    let items = query.with.as_ref().map_or(0, |with| with.cte_tables.len());
    if items > MAX_DEPTH || set_operations(&query.body) > MAX_DEPTH {
        return Some(TOO_LARGE);
    }
    match &query.limit_clause {
        Some(
            LimitClause::LimitOffset {
                offset: Some(_), ..
            }
            | LimitClause::OffsetCommaLimit { .. },
        ) => {
            return Some("OFFSET is not supported");
        }
        Some(LimitClause::LimitOffset { limit_by, .. }) if !limit_by.is_empty() => {
            return Some("LIMIT BY is not supported");
        }
        Some(LimitClause::LimitOffset { .. }) | None => {}
    }
    if query.fetch.is_some() {
        return Some("FETCH is not supported");
    }
    if !query.locks.is_empty() || query.for_clause.is_some() {
        return Some("FOR is not supported");
    }
    if query.settings.is_some() || query.format_clause.is_some() || !query.pipe_operators.is_empty()
    {
        return Some("this kind of clause is not supported");
    }
    match &*query.body {
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
            Some("only queries are supported")
        }
        SetExpr::Table(_) => Some("TABLE is not supported"),
        SetExpr::Select(_)
        | SetExpr::Query(_)
        | SetExpr::SetOperation { .. }
        | SetExpr::Values(_) => None,
    }
}

/// Counts the set operations in a row.
fn set_operations(mut body: &SetExpr) -> usize {
    let mut count = 0;
    while let SetExpr::SetOperation { left, .. } = body {
        count += 1;
        body = left;
    }
    count
}

/// Says what the service would not run in one SELECT.
pub(super) fn check_select(select: &Select) -> Option<String> {
    unsupported(select)
        .map(str::to_owned)
        .or_else(|| too_many_operators(select))
}

fn unsupported(select: &Select) -> Option<&'static str> {
    let relations: usize = select.from.iter().map(|from| 1 + from.joins.len()).sum();
    if relations > MAX_DEPTH {
        return Some(TOO_LARGE);
    }
    if select.into.is_some() {
        return Some("SELECT INTO is not supported");
    }
    if select.qualify.is_some() {
        return Some("QUALIFY is not supported");
    }
    if matches!(select.distinct, Some(Distinct::On(_))) {
        return Some("DISTINCT ON is not supported");
    }
    if select.top.is_some() {
        return Some("TOP is not supported");
    }
    None
}

fn too_many_operators(select: &Select) -> Option<String> {
    let items = select.projection.iter().filter_map(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    });
    let mut expressions = items.chain(&select.selection).chain(&select.having);
    expressions.find_map(|expression| {
        let count = operators(expression);
        let is_too_large = count > MAX_OPERATORS;
        is_too_large.then(|| {
            format!(
                "an expression of {count} operators and functions may be too large to be compiled: this server takes {MAX_OPERATORS}"
            )
        })
    })
}

/// Counts the operators and calls of an expression: those by which a value is compared or computed. A list of constants
/// is compared once.
fn operators(expression: &Expr) -> usize {
    let mut count = 0;
    let _ = visit_expressions(expression, |part| {
        let is_operator = match part {
            Expr::BinaryOp { op, .. } => !matches!(op, BinaryOperator::And | BinaryOperator::Or),
            Expr::UnaryOp { expr, .. } => !matches!(**expr, Expr::Value(_)),
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::Value(_)
            | Expr::TypedString(_)
            | Expr::Nested(_)
            | Expr::Interval(_)
            | Expr::Tuple(_)
            | Expr::Array(_) => false,
            _ => true,
        };
        count += usize::from(is_operator);
        ControlFlow::<()>::Continue(())
    });
    count
}
