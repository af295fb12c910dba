//! Whole numbers of 32 bits, which are integers and not bigints.
//!
//! DataFusion reads all whole numbers as bigints, so that one becomes a cast, and the cast a literal once the statement is
//! planned ([`crate::Typed`]). Where a number is not a value but a place or a count it stays a number.

use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    GroupByExpr, LimitClause, NamedWindowExpr, OrderByKind, Query, Select, UnaryOperator, Value,
    WindowFrame, WindowFrameBound, WindowType,
};

/// What no statement of Presto's says for `INTEGER`.
const INTEGER: DataType = DataType::Int4(None);

/// Functions of windows, whose numbers DataFusion wants as they are.
const OF_WINDOWS: [&str; 4] = ["lag", "lead", "nth_value", "ntile"];

/// A number as the integer that it is, if it is one.
pub(crate) fn integer(expr: &mut Expr) {
    let number = |expr: &Expr| match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse::<i64>().ok(),
            _ => None,
        },
        _ => None,
    };
    let number = match &*expr {
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => number(expr).map(|number| -number),
        expr => number(expr),
    };
    if number.is_some_and(|number| i32::try_from(number).is_ok()) {
        *expr = Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(expr.clone()),
            data_type: INTEGER,
            array: false,
            format: None,
        };
    }
}

/// A number again.
fn restore(expr: &mut Expr) {
    if let Expr::Cast {
        expr: number,
        data_type,
        ..
    } = expr
        && *data_type == INTEGER
        && matches!(**number, Expr::Value(_))
    {
        *expr = (**number).clone();
    }
}

/// Leaves the places of ORDER BY and the counts of LIMIT, OFFSET and FETCH as numbers.
pub fn restore_query(query: &mut Query) {
    if let Some(order) = &mut query.order_by
        && let OrderByKind::Expressions(columns) = &mut order.kind
    {
        columns
            .iter_mut()
            .for_each(|column| restore(&mut column.expr));
    }
    if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause {
        limit.iter_mut().for_each(restore);
        offset
            .iter_mut()
            .for_each(|offset| restore(&mut offset.value));
    }
    if let Some(fetch) = &mut query.fetch {
        fetch.quantity.iter_mut().for_each(restore);
    }
}

/// Leaves the places of GROUP BY and the counts of frames as numbers.
pub fn restore_select(select: &mut Select) {
    if let GroupByExpr::Expressions(columns, _) = &mut select.group_by {
        for column in columns {
            match column {
                Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                    sets.iter_mut().flatten().for_each(restore);
                }
                column => restore(column),
            }
        }
    }
    for definition in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(window) = &mut definition.1 {
            window.window_frame.iter_mut().for_each(restore_frame);
        }
    }
}

/// Leaves what a function of windows counts by, and the counts of its frame, as numbers.
pub(crate) fn restore_function(name: &str, function: &mut Function) {
    if let Some(WindowType::WindowSpec(window)) = &mut function.over {
        window.window_frame.iter_mut().for_each(restore_frame);
    }
    if OF_WINDOWS.contains(&name)
        && let FunctionArguments::List(list) = &mut function.args
    {
        for argument in &mut list.args {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument {
                restore(argument);
            }
        }
    }
}

fn restore_frame(frame: &mut WindowFrame) {
    for bound in [Some(&mut frame.start_bound), frame.end_bound.as_mut()] {
        if let Some(
            WindowFrameBound::Preceding(Some(count)) | WindowFrameBound::Following(Some(count)),
        ) = bound
        {
            restore(count);
        }
    }
}
