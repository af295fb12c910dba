//! Arithmetic on time that Timestream's guide does not have, refused before DataFusion finds a meaning for it: the
//! difference of two timestamps or dates, and parts of a day added to a date.

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::sql::sqlparser::ast::BinaryOperator;

/// Sees every operator before its operands get one type.
#[derive(Debug)]
pub(super) struct TemporalArithmetic;

impl ExprPlanner for TemporalArithmetic {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let is_arithmetic = matches!(expr.op, BinaryOperator::Plus | BinaryOperator::Minus);
        if is_arithmetic {
            let (left, right) = (expr.left.get_type(schema)?, expr.right.get_type(schema)?);
            if is_instant(&left) && is_instant(&right) {
                let (left, right) = (name(&left), name(&right));
                return plan_err!("'{}' cannot be applied to {left}, {right}", expr.op);
            }
            let is_part = |date: &DataType, interval: &Expr| {
                *date == DataType::Date32 && presto::is_part_of_a_day(interval)
            };
            if is_part(&left, &expr.right) || is_part(&right, &expr.left) {
                return plan_err!("Cannot add hour, minutes or seconds to a date");
            }
        }
        Ok(PlannerResult::Original(expr))
    }
}

fn is_instant(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32)
}

fn name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Date32 => "date",
        _ => "timestamp",
    }
}
