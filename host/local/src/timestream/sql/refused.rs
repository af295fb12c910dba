//! What DataFusion would run and Timestream does not, and what is too large to be run.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, DataType, Expr, LimitClause, Query, Select, SelectItem,
    SetExpr, Visit as _, Visitor,
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
    if let Some(message) = presto::check_query(query) {
        return Some(message);
    }
    let has_offset = matches!(
        &query.limit_clause,
        Some(LimitClause::LimitOffset {
            offset: Some(_),
            ..
        })
    );
    if has_offset {
        return Some("OFFSET is not supported");
    }
    query.fetch.is_some().then_some("FETCH is not supported")
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
    presto::check_select(select)
}

/// A type, or one within it, that Timestream does not have (timestream.md, section 2.1).
pub(super) fn unknown_type(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::Array(
            ArrayElemTypeDef::AngleBracket(element) | ArrayElemTypeDef::Parenthesis(element),
        ) => unknown_type(element),
        DataType::Struct(members, _) => {
            let mut members = members.iter();
            members.find_map(|member| unknown_type(&member.field_type))
        }
        DataType::Decimal(_)
        | DataType::Numeric(_)
        | DataType::Dec(_)
        | DataType::Real
        | DataType::Float(_)
        | DataType::TinyInt(_)
        | DataType::SmallInt(_)
        | DataType::Char(_)
        | DataType::Character(_)
        | DataType::Map(..)
        | DataType::JSON
        | DataType::Uuid => Some(data_type),
        _ => None,
    }
}

fn too_many_operators(select: &Select) -> Option<String> {
    let items = select.projection.iter().filter_map(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    });
    let mut expressions = items.chain(&select.selection).chain(&select.having);
    expressions.find_map(|expression| {
        let is_too_large = operators(expression) > MAX_OPERATORS;
        is_too_large.then(|| {
            format!(
                "an expression of more than {MAX_OPERATORS} operators and functions may be too large to be compiled"
            )
        })
    })
}

/// Counts the operators and calls of an expression, as far as they are not too many: those by which a value is compared
/// or computed. A list of constants is compared once.
fn operators(expression: &Expr) -> usize {
    let mut counter = Counter { count: 0, depth: 0 };
    let _ = expression.visit(&mut counter);
    counter.count
}

struct Counter {
    count: usize,
    /// How many expressions are open: a chain is as deep as it is long.
    depth: usize,
}

impl Visitor for Counter {
    type Break = ();

    fn pre_visit_expr(&mut self, part: &Expr) -> ControlFlow<()> {
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
        self.count += usize::from(is_operator);
        self.depth += 1;
        // What is too deep is refused for that.
        if self.count > MAX_OPERATORS || self.depth > MAX_DEPTH {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}
