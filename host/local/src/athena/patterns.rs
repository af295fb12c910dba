//! LIKE's patterns as DataFusion has them, where a backslash always escapes. To Athena nothing does, unless a character is
//! named.

use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::functions::expr_fn::replace;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, Like, LogicalPlan, lit};

/// Rewrites the patterns of a whole plan, once Trino's rules have seen them as they were written.
///
/// # Errors
///
/// When an escape character stands before anything but `%`, `_` or itself, or the pattern is not a constant and has one.
pub(super) fn escape_patterns(plan: LogicalPlan) -> Result<LogicalPlan> {
    let changed = plan.transform_up_with_subqueries(|plan| {
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr
                .transform_up(|expr| match expr {
                    like @ Expr::Like(_) => Ok(Transformed::yes(with_backslash(like)?)),
                    expr => Ok(Transformed::no(expr)),
                })?
                .update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(changed.data)
}

/// A LIKE with a backslash in place of its own escape character.
///
/// # Errors
///
/// As [`escape_patterns`].
pub(super) fn with_backslash(expr: Expr) -> Result<Expr> {
    let Expr::Like(like) = expr else {
        return Ok(expr);
    };
    let pattern = match (&*like.pattern, like.escape_char) {
        (Expr::Literal(pattern, _), escape) => match pattern.try_as_str().flatten() {
            Some(pattern) => lit(written(pattern, escape)?),
            None => Expr::Literal(ScalarValue::Utf8(None), None),
        },
        (pattern, None) => replace(pattern.clone(), lit("\\"), lit("\\\\")),
        (_, Some(_)) => {
            return plan_err!(
                "LIKE with an escape character needs a constant pattern in local Athena"
            );
        }
    };
    Ok(Expr::Like(Like {
        pattern: Box::new(pattern),
        escape_char: None,
        ..like
    }))
}

fn written(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut written = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
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
                    return plan_err!(
                        "the escape character of LIKE must stand before `%`, `_` or itself"
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
    Ok(written)
}
