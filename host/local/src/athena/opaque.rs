//! Keeps DataFusion's optimizer from pushing what Athena does not push.
//!
//! DataFusion moves casts from a column to the constant it is compared with: `CAST(time AS timestamp with time zone) >
//! now()` would become a range of `time` (and a constant finer than milliseconds would lose its digits on the way,
//! with rows). It also turns `year(time) = 2024` into a range, and `NOT (x < 5)` into `x >= 5`, which NaN tells apart.
//! Athena's engine, Trino, leaves all of that above the scan. Here such expressions are wrapped in a function that
//! returns its argument, which the optimizer cannot look through.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, exec_err};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Between, Cast, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;

/// The function's name: no user's, since it cannot be called from SQL.
pub(super) const NAME: &str = "opaque";

/// Functions whose comparison with a constant DataFusion turns into a range of their argument.
const WITH_PREIMAGE: [&str; 2] = ["date_part", "floor"];

static OPAQUE: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    Arc::new(ScalarUDF::from(Opaque {
        signature: Signature::any(1, Volatility::Immutable),
    }))
});

#[derive(Debug, PartialEq, Eq, Hash)]
struct Opaque {
    signature: Signature,
}

impl ScalarUDFImpl for Opaque {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [argument] => Ok(argument.clone()),
            _ => exec_err!("`{NAME}` takes one argument"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match <[ColumnarValue; 1]>::try_from(arguments.args) {
            Ok([argument]) => Ok(argument),
            Err(_) => exec_err!("`{NAME}` takes one argument"),
        }
    }
}

fn opaque(expr: Expr) -> Expr {
    Expr::ScalarFunction(datafusion::logical_expr::expr::ScalarFunction::new_udf(
        OPAQUE.clone(),
        vec![expr],
    ))
}

/// What is wrapped, if anything is.
pub(super) fn unwrapped(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::ScalarFunction(call) if call.name() == NAME => call.args.first(),
        _ => None,
    }
}

/// Wraps what Athena does not push, in filters and in whatever a filter may later be pushed through.
#[derive(Debug)]
pub(super) struct LikeTrino;

impl AnalyzerRule for LikeTrino {
    fn name(&self) -> &str {
        "like_trino"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let changed = plan.transform_up_with_subqueries(|plan| {
            let is_looked_through = matches!(
                plan,
                LogicalPlan::Filter(_)
                    | LogicalPlan::Join(_)
                    | LogicalPlan::Projection(_)
                    | LogicalPlan::Aggregate(_)
            );
            if !is_looked_through {
                return Ok(Transformed::no(plan));
            }
            let schema = merge_schema(&plan.inputs());
            // An output's name tells what computes it, and must not change.
            let names = NamePreserver::new(&plan);
            let changed = plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(wrap(expr, &schema)?.update_data(|expr| name.restore(expr)))
            })?;
            changed.map_data(LogicalPlan::recompute_schema)
        })?;
        Ok(changed.data)
    }
}

fn wrap(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| {
        Ok(match expr {
            Expr::Cast(Cast { expr: inner, field })
                if is_moved(&inner.get_type(schema)?, field.data_type()) =>
            {
                Transformed::yes(opaque(Expr::Cast(Cast { expr: inner, field })))
            }
            Expr::ScalarFunction(call) if WITH_PREIMAGE.contains(&call.name()) => {
                Transformed::yes(opaque(Expr::ScalarFunction(call)))
            }
            Expr::Not(inner) => {
                let inner = inner.transform_up(|expr| wrap_double(expr, schema))?;
                Transformed::yes(Expr::Not(Box::new(inner.data)))
            }
            Expr::Between(between) if between.negated && is_double(&between.expr, schema)? => {
                let positive = Expr::Between(Between {
                    negated: false,
                    ..between
                });
                Transformed::yes(Expr::Not(Box::new(opaque(positive))))
            }
            expr => Transformed::no(expr),
        })
    })
}

/// Whether DataFusion would move such a cast to the constant, and Athena would not.
fn is_moved(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Timestamp(..), DataType::Timestamp(..)) => from != to,
        (from, to) => from.is_integer() && to.is_string(),
    }
}

/// A negated comparison of doubles is true of NaN, which no range holds.
fn wrap_double(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(match expr {
        Expr::BinaryExpr(comparison)
            if matches!(
                comparison.op,
                Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq
            ) && is_double(&comparison.left, schema)? =>
        {
            Transformed::yes(opaque(Expr::BinaryExpr(comparison)))
        }
        Expr::Between(between) if is_double(&between.expr, schema)? => {
            Transformed::yes(opaque(Expr::Between(between)))
        }
        expr => Transformed::no(expr),
    })
}

fn is_double(expr: &Expr, schema: &DFSchema) -> Result<bool> {
    Ok(expr.get_type(schema)?.is_floating())
}
