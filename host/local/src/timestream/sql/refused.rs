//! What DataFusion would run and Timestream does not, and what is too large to be run.

use datafusion::sql::sqlparser::ast::{Distinct, LimitClause, Query, Select, SetExpr};

/// How deep brackets and expressions may nest, and most of anything else that makes a plan deep: set operations in a
/// row, relations of a `FROM`, items of a `WITH`. Chains of `AND` or `OR` are flattened and may be as long as the text.
/// Arbitrary: the service publishes no limit. A server thread's stack must be enough with a margin.
pub(super) const MAX_DEPTH: usize = 500;

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

pub(super) fn check_select(select: &Select) -> Option<&'static str> {
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
