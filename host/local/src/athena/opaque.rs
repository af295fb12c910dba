//! Keeps DataFusion's optimizer from moving what Trino leaves where it is, and casts that users wrote apart from those
//! that DataFusion adds.
//!
//! DataFusion moves casts from a column to the constant it is compared with: `CAST(time AS timestamp with time zone) >
//! now()` would become a comparison of `time` (and a constant finer than milliseconds would lose its digits on the way,
//! with rows). It also turns `floor(d) = 2` into a range. Such expressions are wrapped in a function that returns its
//! argument, which the optimizer cannot look through.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, exec_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;

/// The functions' names: no user's, since they cannot be called from SQL.
const OPAQUE: &str = "opaque";
const WRITTEN: &str = "written";

/// Functions whose comparison with a constant DataFusion turns into a range of their argument.
const WITH_PREIMAGE: [&str; 1] = ["floor"];

static OPAQUE_FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Wrapping::function(OPAQUE));
static WRITTEN_FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Wrapping::function(WRITTEN));

#[derive(Debug, PartialEq, Eq, Hash)]
struct Wrapping {
    name: &'static str,
    signature: Signature,
}

impl Wrapping {
    fn function(name: &'static str) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::from(Self {
            name,
            signature: Signature::any(1, Volatility::Immutable),
        }))
    }
}

impl ScalarUDFImpl for Wrapping {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [argument] => Ok(argument.clone()),
            _ => exec_err!("`{}` takes one argument", self.name),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match <[ColumnarValue; 1]>::try_from(arguments.args) {
            Ok([argument]) => Ok(argument),
            Err(_) => exec_err!("`{}` takes one argument", self.name),
        }
    }
}

fn wrapped(function: &Arc<ScalarUDF>, expr: Expr) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(function.clone(), vec![expr]))
}

/// Wraps an expression, so that the optimizer leaves it alone.
pub(super) fn opaque(expr: Expr) -> Expr {
    wrapped(&OPAQUE_FUNCTION, expr)
}

/// Whether a function's name is one of the two.
pub(super) fn is_wrapping(name: &str) -> bool {
    matches!(name, OPAQUE | WRITTEN)
}

/// What is wrapped for the optimizer's sake alone.
pub(super) fn looked_through(expr: &Expr) -> Option<&Expr> {
    argument(expr, OPAQUE)
}

/// The cast that a user wrote.
pub(super) fn written(expr: &Expr) -> Option<&Expr> {
    let inner = argument(expr, WRITTEN)?;
    Some(looked_through(inner).unwrap_or(inner))
}

fn argument<'e>(expr: &'e Expr, name: &str) -> Option<&'e Expr> {
    match expr {
        Expr::ScalarFunction(call) if call.name() == name => call.args.first(),
        _ => None,
    }
}

/// Marks the casts that users wrote, before DataFusion adds its own.
#[derive(Debug)]
pub(super) struct MarkCasts;

impl AnalyzerRule for MarkCasts {
    fn name(&self) -> &str {
        "mark_casts"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite(plan, |expr, _| {
            expr.transform_up(|expr| {
                Ok(match expr {
                    Expr::Cast(cast) => {
                        Transformed::yes(wrapped(&WRITTEN_FUNCTION, Expr::Cast(cast)))
                    }
                    // DataFusion finds that an outer join is an inner one by this form alone.
                    Expr::Not(inner) => match *inner {
                        Expr::IsNull(operand) => Transformed::yes(Expr::IsNotNull(operand)),
                        inner => Transformed::no(Expr::Not(Box::new(inner))),
                    },
                    expr => Transformed::no(expr),
                })
            })
        })
    }
}

/// Wraps what the optimizer would move and Trino does not.
#[derive(Debug)]
pub(super) struct LikeTrino;

impl AnalyzerRule for LikeTrino {
    fn name(&self) -> &str {
        "like_trino"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite(plan, wrap)
    }
}

/// Rewrites filters and whatever a filter may later be pushed through.
fn rewrite(
    plan: LogicalPlan,
    rewrite: impl Fn(Expr, &DFSchema) -> Result<Transformed<Expr>>,
) -> Result<LogicalPlan> {
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
            Ok(rewrite(expr, &schema)?.update_data(|expr| name.restore(expr)))
        })?;
        changed.map_data(LogicalPlan::recompute_schema)
    })?;
    Ok(changed.data)
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
            expr => Transformed::no(expr),
        })
    })
}

/// Whether DataFusion would move such a cast to the constant, and Trino would not.
fn is_moved(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Timestamp(..), DataType::Timestamp(..)) => from != to,
        (from, to) => from.is_integer() && to.is_string(),
    }
}
