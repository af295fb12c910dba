//! What SQL writes with words of its own, as calls of functions.

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError, ScalarValue, plan_err};
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr,
};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess, ScalarUDF, cast};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::array::{APPEND, SUBSCRIPT};
use crate::constructed::row;
use crate::decimal::{ADD, DIVIDE, MULTIPLY, SUBTRACT, is_decimal};
use crate::time::of_field;
use crate::typed::check_operands;

/// Plans `extract`, `substring`, `position`, subscripts, rows and arithmetic of decimals.
#[derive(Debug, Default)]
pub struct Syntax {
    functions: Vec<ScalarUDF>,
}

impl Syntax {
    /// With the functions of this crate.
    pub fn new() -> Self {
        Self {
            functions: crate::functions(),
        }
    }

    fn call(&self, name: &str, arguments: Vec<Expr>) -> Result<Expr, DataFusionError> {
        let mut functions = self.functions.iter();
        match functions.find(|function| function.name() == name) {
            Some(function) => Ok(function.call(arguments)),
            None => plan_err!("Function '{name}' not registered"),
        }
    }
}

fn planned<T>(expr: Result<Expr, DataFusionError>) -> Result<PlannerResult<T>, DataFusionError> {
    expr.map(PlannerResult::Planned)
}

fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_))
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
        check_operands(&op, &types.0, &types.1)?;
        Ok(match op {
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
                if is_decimal([&types.0, &types.1]) =>
            {
                let name = match op {
                    BinaryOperator::Plus => ADD,
                    BinaryOperator::Minus => SUBTRACT,
                    BinaryOperator::Multiply => MULTIPLY,
                    BinaryOperator::Divide => DIVIDE,
                    _ => "mod",
                };
                PlannerResult::Planned(self.call(name, vec![left, right])?)
            }
            BinaryOperator::StringConcat if is_list(&types.0) || is_list(&types.1) => {
                let both = is_list(&types.0) && is_list(&types.1);
                let name = if both { "concat" } else { APPEND };
                PlannerResult::Planned(self.call(name, vec![left, right])?)
            }
            op => PlannerResult::Original(RawBinaryExpr { op, left, right }),
        })
    }

    fn plan_field_access(
        &self,
        expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>, DataFusionError> {
        let RawFieldAccessExpr { expr, field_access } = expr;
        let is_map = matches!(expr.get_type(schema)?, DataType::Map(..));
        match field_access {
            GetFieldAccess::ListIndex { key } => planned(self.call(SUBSCRIPT, vec![expr, *key])),
            // A constant text in brackets.
            GetFieldAccess::NamedStructField { name } if is_map => {
                let key = Expr::Literal(name, None);
                planned(self.call(SUBSCRIPT, vec![expr, key]))
            }
            field_access => Ok(PlannerResult::Original(RawFieldAccessExpr {
                expr,
                field_access,
            })),
        }
    }

    fn plan_struct_literal(
        &self,
        arguments: Vec<Expr>,
        _: bool,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        Ok(PlannerResult::Planned(row().call(arguments)))
    }

    /// DataFusion's own is of keys and values in turn.
    fn plan_make_map(
        &self,
        arguments: Vec<Expr>,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        planned(self.call("map", arguments))
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
        planned(self.call(function, arguments.split_off(1)))
    }

    fn plan_substring(
        &self,
        arguments: Vec<Expr>,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        planned(self.call("substr", arguments))
    }

    fn plan_position(
        &self,
        arguments: Vec<Expr>,
    ) -> Result<PlannerResult<Vec<Expr>>, DataFusionError> {
        planned(self.call("strpos", arguments))
    }
}
