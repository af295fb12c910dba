//! What is computed of a row, at the end of planning: AND and OR go from left to right, and constants are bounded.
//!
//! The right side is computed of the rows alone that need it, since it may fail of others: `n <> 0 AND 10 / n > 1` does not
//! divide by zero. DataFusion computes both sides of a batch, and makes an AND of a CASE that says the same; so this runs
//! after its own rules.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::expr::{Case, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, lit};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// The rule, to be run after all others.
#[derive(Debug)]
pub struct Lazy;

impl OptimizerRule for Lazy {
    fn name(&self) -> &str {
        "lazy"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>, DataFusionError> {
        // What a table is asked for may be anything, since it is asked again.
        if matches!(plan, LogicalPlan::TableScan(_)) {
            return Ok(Transformed::no(plan));
        }
        let names = NamePreserver::new(&plan);
        // DataFusion says 0 of the one row that a SELECT without FROM has.
        let is_one_row = plan
            .inputs()
            .iter()
            .all(|input| matches!(input.max_rows(), Some(0 | 1)));
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let lazy = expr.transform_up(|expr| match expr {
                Expr::Literal(value, _) if !is_one_row && value.size() > MAX_CONSTANT => {
                    exec_err!(
                        "a constant of more than {MAX_CONSTANT} bytes is not made of each row here"
                    )
                }
                expr => in_order(expr),
            })?;
            Ok(lazy.update_data(|expr| name.restore(expr)))
        })
    }
}

/// Bytes of a constant at most that each row of a batch gets a copy of. Arbitrary: half a gigabyte of 8,192 rows.
const MAX_CONSTANT: usize = 64 << 10;

fn in_order(expr: Expr) -> Result<Transformed<Expr>, DataFusionError> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else {
        return Ok(Transformed::no(expr));
    };
    let decides = match op {
        Operator::And => false,
        Operator::Or => true,
        _ => {
            let expr = Expr::BinaryExpr(BinaryExpr { left, op, right });
            return Ok(Transformed::no(expr));
        }
    };
    if !may_fail(&right)? {
        let expr = Expr::BinaryExpr(BinaryExpr { left, op, right });
        return Ok(Transformed::no(expr));
    }
    let unknown = Expr::Literal(ScalarValue::Boolean(None), None);
    let unknown = BinaryExpr::new(Box::new(unknown), op, right.clone());
    let case = Case::new(
        Some(left),
        vec![
            (Box::new(lit(decides)), Box::new(lit(decides))),
            (Box::new(lit(!decides)), right),
        ],
        Some(Box::new(Expr::BinaryExpr(unknown))),
    );
    Ok(Transformed::yes(Expr::Case(case)))
}

/// Whether an expression is more than a comparison of columns and constants.
fn may_fail(expr: &Expr) -> Result<bool, DataFusionError> {
    let mut may_fail = false;
    expr.apply(|part| {
        let can = match part {
            Expr::ScalarFunction(ScalarFunction { .. }) | Expr::HigherOrderFunction(_) => true,
            Expr::Cast(_) | Expr::Negative(_) => true,
            Expr::BinaryExpr(BinaryExpr { op, .. }) => op.is_numerical_operators(),
            _ => false,
        };
        may_fail |= can;
        Ok(match can {
            true => TreeNodeRecursion::Stop,
            false => TreeNodeRecursion::Continue,
        })
    })?;
    Ok(may_fail)
}
