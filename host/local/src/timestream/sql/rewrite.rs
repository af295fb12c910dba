//! What must change in the parsed statement, and what DataFusion would run but Timestream refuses.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Distinct, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, LimitClause, ObjectName, Query, Select,
    SetExpr, TimezoneInfo, TypedString, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::timestream::error::ApiError;

/// Deepest expression that is run, and most of anything else that makes a plan deep: set operations in a row, relations
/// of a `FROM`, items of a `WITH`. Arbitrary: the service publishes no limit. Half of a server thread's stack must be
/// enough.
const MAX_DEPTH: usize = 500;

/// Presto's sentence.
const TOO_LARGE: &str = "statement is too large (stack overflow during parsing)";

/// From how many operators on a chain is flattened. A flat tree of all the operators that a statement can hold is not
/// that long on its left side, so no tree is built twice.
const LONG_CHAIN: usize = 20;

/// Rewrites a whole statement. `now` is what `now()` means in it; the service shows it in milliseconds.
pub(super) fn rewrite(query: &mut Query, now: jiff::Timestamp) -> Result<(), ApiError> {
    let now = jiff::tz::Offset::UTC.to_datetime(now);
    match query.visit(&mut Rewriter { now, depth: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(message) => Err(ApiError::Validation(format!("line 1:1: {message}"))),
    }
}

struct Rewriter {
    now: jiff::civil::DateTime,
    /// How many expressions are open.
    depth: usize,
}

impl VisitorMut for Rewriter {
    type Break = String;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<String> {
        check_query(query).map_or(ControlFlow::Continue(()), refuse)
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<String> {
        check_select(select).map_or(ControlFlow::Continue(()), refuse)
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        balance(expr);
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refuse(TOO_LARGE);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        self.depth -= 1;
        let changed = match expr {
            Expr::Like {
                pattern,
                escape_char,
                ..
            } => {
                let escape = escape_char.take().map(|escape| escape.value);
                rewrite_pattern(pattern, escape)
            }
            Expr::CompoundFieldAccess { access_chain, .. } if access_chain.len() > MAX_DEPTH => {
                Err(TOO_LARGE.to_owned())
            }
            Expr::ILike { .. } => Err("ILIKE is not supported".to_owned()),
            Expr::Cast {
                kind: CastKind::DoubleColon,
                ..
            } => Err("mismatched input '::'".to_owned()),
            Expr::Function(function) => self.rewrite_function(function).map(|replacement| {
                if let Some(replacement) = replacement {
                    *expr = replacement;
                }
            }),
            _ => Ok(()),
        };
        match changed {
            Ok(()) => ControlFlow::Continue(()),
            Err(message) => ControlFlow::Break(message),
        }
    }
}

impl Rewriter {
    /// Changes a call in place or returns what stands for it.
    fn rewrite_function(&self, function: &mut Function) -> Result<Option<Expr>, String> {
        let [name] = function.name.0.as_slice() else {
            return Ok(None);
        };
        let Some(name) = name.as_ident().filter(|name| name.quote_style.is_none()) else {
            return Ok(None);
        };
        let name = name.value.to_lowercase();
        match name.as_str() {
            "now" | "current_timestamp" | "localtimestamp" => {
                arguments::<0>(&name, &mut function.args)?;
                Ok(Some(typed(
                    DataType::Timestamp(None, TimezoneInfo::None),
                    format!("{:.3}", self.now),
                )))
            }
            "current_date" => {
                arguments::<0>(&name, &mut function.args)?;
                Ok(Some(typed(DataType::Date, self.now.date().to_string())))
            }
            "ago" => {
                let [interval] = arguments::<1>(&name, &mut function.args)?;
                let now = typed(
                    DataType::Timestamp(None, TimezoneInfo::None),
                    format!("{:.3}", self.now),
                );
                let difference = Expr::BinaryOp {
                    left: Box::new(now),
                    op: BinaryOperator::Minus,
                    right: Box::new(Expr::Nested(Box::new(interval.clone()))),
                };
                Ok(Some(Expr::Nested(Box::new(difference))))
            }
            // DataFusion has the same function with its arguments in the other order.
            "bin" => {
                let [time, interval] = arguments::<2>(&name, &mut function.args)?;
                std::mem::swap(time, interval);
                function.name = ObjectName::from(vec![Ident::new("date_bin")]);
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}

/// Turns a long chain of `OR` or of `AND`, which the parser nests as deep as it is long, into a tree of the same
/// meaning that is as flat as can be. DataFusion walks expressions by recursion, and some rules take time by depth.
fn balance(expr: &mut Expr) {
    let operator = match expr {
        Expr::BinaryOp {
            op: op @ (BinaryOperator::And | BinaryOperator::Or),
            ..
        } => op.clone(),
        _ => return,
    };
    if spine(expr, &operator) < LONG_CHAIN {
        return;
    }
    let mut first = std::mem::replace(expr, string(""));
    let mut others = Vec::new();
    first = loop {
        match first {
            Expr::BinaryOp { left, op, right } if op == operator => {
                others.push(*right);
                first = *left;
            }
            operand => break operand,
        }
    };
    others.reverse();
    *expr = join(first, others, &operator);
}

/// Joins operands by one operator, halves first; their order stays.
fn join(first: Expr, mut others: Vec<Expr>, operator: &BinaryOperator) -> Expr {
    if others.is_empty() {
        return first;
    }
    let mut right = others.split_off(others.len() / 2);
    let middle = right.remove(0);
    Expr::BinaryOp {
        left: Box::new(join(first, others, operator)),
        op: operator.clone(),
        right: Box::new(join(middle, right, operator)),
    }
}

/// Counts how often the operator follows itself on the left side.
fn spine(mut expr: &Expr, operator: &BinaryOperator) -> usize {
    let mut length = 0;
    while let Expr::BinaryOp { left, op, .. } = expr
        && op == operator
    {
        length += 1;
        expr = left;
    }
    length
}

/// Makes a LIKE pattern mean what it means without a default escape: here a backslash always is one.
fn rewrite_pattern(pattern: &mut Expr, escape: Option<Value>) -> Result<(), String> {
    let escape = match escape {
        None => None,
        Some(Value::SingleQuotedString(text)) => {
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(escape), None) => Some(escape),
                _ => return Err("Escape string must be a single character".to_owned()),
            }
        }
        Some(_) => return Err("Escape string must be a literal".to_owned()),
    };
    match pattern {
        Expr::Value(value) => {
            if let Value::SingleQuotedString(text) = &mut value.value {
                *text = backslash_pattern(text, escape)?;
            }
            Ok(())
        }
        _ if escape.is_some() => {
            Err("LIKE with ESCAPE is supported for literal patterns only".to_owned())
        }
        _ => {
            let doubled = [pattern.clone(), string("\\"), string("\\\\")];
            *pattern = call("replace", doubled);
            Ok(())
        }
    }
}

/// Writes a pattern with the escape character `escape`, or with none, as one with backslash.
pub(super) fn backslash_pattern(text: &str, escape: Option<char>) -> Result<String, String> {
    let mut output = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if Some(c) != escape {
            if c == '\\' {
                output.push('\\');
            }
            output.push(c);
            continue;
        }
        match characters.next() {
            Some(wild @ ('%' | '_')) => output.extend(['\\', wild]),
            Some('\\') if escape == Some('\\') => output.push_str("\\\\"),
            Some(other) if Some(other) == escape => output.push(other),
            // Trino's sentence.
            Some(_) | None => {
                return Err(
                    "Escape character must be followed by '%', '_' or the escape character itself"
                        .to_owned(),
                );
            }
        }
    }
    Ok(output)
}

/// Says what the service would not run in a query, at any depth.
fn check_query(query: &Query) -> Option<&'static str> {
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

fn check_select(select: &Select) -> Option<&'static str> {
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

fn refuse(message: &'static str) -> ControlFlow<String> {
    ControlFlow::Break(message.to_owned())
}

/// Returns the plain arguments of a call, if there are exactly `N`. A call without parentheses has none.
fn arguments<'a, const N: usize>(
    name: &str,
    arguments: &'a mut FunctionArguments,
) -> Result<[&'a mut Expr; N], String> {
    let list = match arguments {
        FunctionArguments::List(list) => list.args.as_mut_slice(),
        FunctionArguments::None => &mut [],
        FunctionArguments::Subquery(_) => {
            return Err(format!("Unexpected parameters for function {name}"));
        }
    };
    let plain: Vec<&mut Expr> = list
        .iter_mut()
        .filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect();
    plain
        .try_into()
        .map_err(|_| format!("Unexpected parameters for function {name}: it takes {N}"))
}

fn call<const N: usize>(name: &str, arguments: [Expr; N]) -> Expr {
    let args = arguments.map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn typed(data_type: DataType, text: String) -> Expr {
    let value = Value::SingleQuotedString(text).with_span(Span::empty());
    Expr::TypedString(TypedString {
        data_type,
        value,
        uses_odbc_syntax: false,
    })
}

fn string(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).with_span(Span::empty()))
}
