//! What SQL writes with words of its own, as calls of functions.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError, ScalarValue, plan_err};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, ScalarUDF, cast};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::decimal::{is_decimal, quotient};
use crate::time::of_field;

/// Plans `extract`, `substring` and `position`.
#[derive(Debug, Default)]
pub struct Syntax {
    functions: Vec<Arc<ScalarUDF>>,
}

impl Syntax {
    /// With the functions of this crate.
    pub fn new() -> Self {
        let functions = crate::functions().into_iter().map(Arc::new);
        Self {
            functions: functions.collect(),
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: Vec<Expr>,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        match self
            .functions
            .iter()
            .find(|function| function.name() == name)
        {
            Some(function) => Ok(PlannerResult::Planned(function.call(arguments))),
            None => Ok(PlannerResult::Original(arguments)),
        }
    }
}

/// A count as a bigint: DataFusion's are unsigned, which with a bigint make a decimal.
fn signed(operand: Expr, schema: &DFSchema) -> Result<Expr, DataFusionError> {
    match operand.get_type(schema)? {
        DataType::UInt64 => Ok(cast(operand, DataType::Int64)),
        _ => Ok(operand),
    }
}

impl ExprPlanner for Syntax {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>, DataFusionError> {
        let RawBinaryExpr { op, left, right } = expr;
        let (left, right) = (signed(left, schema)?, signed(right, schema)?);
        let types = (left.get_type(schema)?, right.get_type(schema)?);
        Ok(match op {
            BinaryOperator::Divide if is_decimal([&types.0, &types.1]) => {
                PlannerResult::Planned(quotient(left, right))
            }
            op => PlannerResult::Original(RawBinaryExpr { op, left, right }),
        })
    }

    fn plan_extract(
        &self,
        mut arguments: Vec<Expr>,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        let field = match arguments.first() {
            Some(Expr::Literal(ScalarValue::Utf8(Some(field)), _)) => field.clone(),
            _ => return plan_err!("extract takes a field"),
        };
        let Some(function) = of_field(&field) else {
            return plan_err!("Invalid EXTRACT field: {field}");
        };
        self.call(function, arguments.split_off(1))
    }

    fn plan_substring(
        &self,
        arguments: Vec<Expr>,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        self.call("substr", arguments)
    }

    fn plan_position(
        &self,
        arguments: Vec<Expr>,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        self.call("strpos", arguments)
    }
}
