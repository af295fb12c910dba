//! What must change in the parsed statement, because Timestream means something else by it than DataFusion.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, ObjectName, Query, Select, TableFactor, TimezoneInfo, TypedString,
    Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::functions;
use super::like::rewrite_pattern;
use super::refused::{MAX_DEPTH, TOO_LARGE, check_query, check_select, unknown_type};
use crate::timestream::error::ApiError;
use crate::unnest::{nest, nest_factor};

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

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<String> {
        presto::restore_query(query);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<String> {
        presto::restore_select(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<String> {
        if let Some(message) = check_select(select) {
            return ControlFlow::Break(message);
        }
        nest(&mut select.from);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<String> {
        if let Some(message) = presto::check_factor(factor) {
            return refuse(message);
        }
        nest_factor(factor);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refuse(TOO_LARGE);
        }
        let unknown = match expr {
            Expr::Cast { data_type, .. } | Expr::TypedString(TypedString { data_type, .. }) => {
                unknown_type(data_type)
            }
            _ => None,
        };
        match unknown {
            Some(unknown) => ControlFlow::Break(format!("Unknown type: {unknown}")),
            None => ControlFlow::Continue(()),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        self.depth -= 1;
        if let Err(message) = presto::rewrite_expr(expr, &functions::NAMES) {
            return ControlFlow::Break(message);
        }
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
    fn now(&self) -> String {
        self.now.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
    }

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
                    self.now(),
                )))
            }
            "current_date" => {
                arguments::<0>(&name, &mut function.args)?;
                Ok(Some(typed(DataType::Date, self.now.date().to_string())))
            }
            "ago" => {
                let [interval] = arguments::<1>(&name, &mut function.args)?;
                let now = typed(DataType::Timestamp(None, TimezoneInfo::None), self.now());
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

fn typed(data_type: DataType, text: String) -> Expr {
    let value = Value::SingleQuotedString(text).with_span(Span::empty());
    Expr::TypedString(TypedString {
        data_type,
        value,
        uses_odbc_syntax: false,
    })
}

pub(super) fn string(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).with_span(Span::empty()))
}
