//! Arithmetic and casts that DataFusion has with another meaning, replaced once all operands have their types.
//!
//! * Integers fail where DataFusion wraps.
//! * A double is rounded where it is cast to an integer, the half away from zero; DataFusion cuts it off.
//! * A quotient of decimals has as many digits as the longer operand, rounded; DataFusion's has four more than the dividend.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::{cast, try_binary, try_unary};
use arrow::datatypes::{
    ArrowNativeTypeOp, DataType, Decimal128Type, Float64Type, Int32Type, Int64Type,
};
use arrow::error::ArrowError;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::expr::{Cast, TryCast};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;

/// The rule, to be run after DataFusion's own analysis.
#[derive(Debug)]
pub struct Checked;

impl AnalyzerRule for Checked {
    fn name(&self) -> &str {
        "checked"
    }

    fn analyze(
        &self,
        plan: LogicalPlan,
        _: &ConfigOptions,
    ) -> Result<LogicalPlan, DataFusionError> {
        let analyzed = plan.transform_up_with_subqueries(|plan| {
            let schema = merge_schema(&plan.inputs());
            let names = NamePreserver::new(&plan);
            let replaced = plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let replaced = expr.transform_up(|expr| replace(expr, &schema))?;
                Ok(replaced.update_data(|expr| name.restore(expr)))
            })?;
            match replaced.transformed {
                // A quotient's type may have changed.
                true => replaced.map_data(LogicalPlan::recompute_schema),
                false => Ok(replaced),
            }
        });
        Ok(analyzed?.data)
    }
}

fn replace(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>, DataFusionError> {
    let meaning = match &expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let types = (left.get_type(schema)?, right.get_type(schema)?);
            match (op, &types) {
                (
                    Operator::Plus
                    | Operator::Minus
                    | Operator::Multiply
                    | Operator::Divide
                    | Operator::Modulo,
                    (DataType::Int64, DataType::Int64) | (DataType::Int32, DataType::Int32),
                ) => Meaning::Integers(*op),
                (Operator::Divide, (DataType::Decimal128(..), DataType::Decimal128(..))) => {
                    Meaning::Quotient
                }
                _ => return Ok(Transformed::no(expr)),
            }
        }
        Expr::Negative(operand) if operand.get_type(schema)? == DataType::Int64 => {
            Meaning::Negative
        }
        Expr::Cast(Cast {
            expr: operand,
            field,
        }) => match (operand.get_type(schema)?, field.data_type()) {
            (DataType::Float64, DataType::Int64) => Meaning::Bigint { or_null: false },
            (DataType::Float64, DataType::Int32) => Meaning::Integer { or_null: false },
            _ => return Ok(Transformed::no(expr)),
        },
        Expr::TryCast(TryCast {
            expr: operand,
            field,
        }) => match (operand.get_type(schema)?, field.data_type()) {
            (DataType::Float64, DataType::Int64) => Meaning::Bigint { or_null: true },
            (DataType::Float64, DataType::Int32) => Meaning::Integer { or_null: true },
            _ => return Ok(Transformed::no(expr)),
        },
        _ => return Ok(Transformed::no(expr)),
    };
    let operands = match expr {
        Expr::BinaryExpr(BinaryExpr { left, right, .. }) => vec![*left, *right],
        Expr::Negative(operand) => vec![*operand],
        Expr::Cast(Cast { expr, .. }) | Expr::TryCast(TryCast { expr, .. }) => vec![*expr],
        other => return Ok(Transformed::no(other)),
    };
    let operation = Operation {
        meaning,
        signature: Signature::any(operands.len(), Volatility::Immutable),
    };
    Ok(Transformed::yes(ScalarUDF::from(operation).call(operands)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Meaning {
    Integers(Operator),
    Negative,
    Quotient,
    Bigint { or_null: bool },
    Integer { or_null: bool },
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Operation {
    meaning: Meaning,
    signature: Signature,
}

impl ScalarUDFImpl for Operation {
    fn name(&self) -> &str {
        match self.meaning {
            Meaning::Integers(Operator::Plus) => "add",
            Meaning::Integers(Operator::Minus) => "subtract",
            Meaning::Integers(Operator::Multiply) => "multiply",
            Meaning::Integers(Operator::Divide) | Meaning::Quotient => "divide",
            Meaning::Integers(_) => "modulus",
            Meaning::Negative => "negate",
            Meaning::Bigint { .. } => "cast_to_bigint",
            Meaning::Integer { .. } => "cast_to_integer",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(match (self.meaning, given) {
            (Meaning::Bigint { .. }, _) => DataType::Int64,
            (Meaning::Integer { .. }, _) => DataType::Int32,
            (
                Meaning::Quotient,
                [
                    DataType::Decimal128(_, left),
                    DataType::Decimal128(_, right),
                ],
            ) => DataType::Decimal128(38, *left.max(right)),
            (_, [given, ..]) => given.clone(),
            _ => return exec_err!("an operation has operands"),
        })
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let is_one = arguments
            .args
            .iter()
            .all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let operands = ColumnarValue::values_to_arrays(&arguments.args)?;
        let result: ArrayRef = match (self.meaning, operands.as_slice()) {
            (Meaning::Integers(operator), [left, right]) => match left.data_type() {
                DataType::Int32 => integers::<Int32Type>("integer", operator, left, right)?,
                _ => integers::<Int64Type>("bigint", operator, left, right)?,
            },
            (Meaning::Negative, [operand]) => {
                let negative = |value: i64| {
                    value
                        .checked_neg()
                        .ok_or_else(|| overflow(format!("bigint negation overflow: {value}")))
                };
                let negated: PrimitiveArray<Int64Type> =
                    try_unary(operand.as_primitive::<Int64Type>(), negative)?;
                Arc::new(negated)
            }
            (Meaning::Quotient, [left, right]) => {
                quotients(left, right, arguments.return_field.data_type())?
            }
            (Meaning::Bigint { or_null }, [operand]) => rounded(operand, or_null)?,
            (Meaning::Integer { or_null }, [operand]) => {
                let whole = rounded(operand, or_null)?;
                let narrowed = whole.as_primitive::<Int64Type>().iter().map(|value| {
                    match value.map(i32::try_from) {
                        Some(Ok(value)) => Ok(Some(value)),
                        Some(Err(_)) if !or_null => Err(overflow(
                            "Cannot cast the double to integer: it is out of range".to_owned(),
                        )),
                        _ => Ok(None),
                    }
                });
                Arc::new(narrowed.collect::<Result<PrimitiveArray<Int32Type>, _>>()?)
            }
            _ => return exec_err!("{} has other operands", self.name()),
        };
        Ok(match is_one {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}

fn overflow(message: String) -> ArrowError {
    ArrowError::ComputeError(message)
}

fn integers<T: ArrowPrimitiveType>(
    name: &str,
    operator: Operator,
    left: &ArrayRef,
    right: &ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let (left, right) = (left.as_primitive::<T>(), right.as_primitive::<T>());
    let failed = |error: ArrowError, left: T::Native, right: T::Native| match error {
        ArrowError::DivideByZero => overflow("Division by zero".to_owned()),
        _ => {
            let (word, sign) = match operator {
                Operator::Plus => ("addition", "+"),
                Operator::Minus => ("subtraction", "-"),
                Operator::Multiply => ("multiplication", "*"),
                _ => ("division", "/"),
            };
            overflow(format!("{name} {word} overflow: {left:?} {sign} {right:?}"))
        }
    };
    let compute = |left: T::Native, right: T::Native| {
        let result = match operator {
            Operator::Plus => left.add_checked(right),
            Operator::Minus => left.sub_checked(right),
            Operator::Multiply => left.mul_checked(right),
            Operator::Divide => left.div_checked(right),
            // The least integer by −1 leaves nothing over, and Arrow's overflows.
            _ if right == T::Native::ZERO => Err(ArrowError::DivideByZero),
            _ => Ok(left.mod_wrapping(right)),
        };
        result.map_err(|error| failed(error, left, right))
    };
    let result: PrimitiveArray<T> = try_binary(left, right, compute)?;
    Ok(Arc::new(result))
}

fn rounded(operand: &ArrayRef, or_null: bool) -> Result<ArrayRef, ArrowError> {
    let whole = operand.as_primitive::<Float64Type>().iter().map(|value| {
        let Some(value) = value else { return Ok(None) };
        // f64::round takes the half away from zero. The first double above all bigints is 2^63.
        let whole = value.round();
        match (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
            true => Ok(Some(whole as i64)),
            false if or_null => Ok(None),
            false => Err(overflow(format!("Cannot cast double {value} to bigint"))),
        }
    });
    Ok(Arc::new(
        whole.collect::<Result<PrimitiveArray<Int64Type>, _>>()?,
    ))
}

fn quotients(
    left: &ArrayRef,
    right: &ArrayRef,
    data_type: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let DataType::Decimal128(_, scale) = data_type else {
        return Err(overflow("a quotient of decimals is a decimal".to_owned()));
    };
    let same = DataType::Decimal128(38, *scale);
    let (left, right) = (cast(left, &same)?, cast(right, &same)?);
    let power = 10_i128.pow(u32::from(scale.unsigned_abs()));
    let divide = |left: i128, right: i128| {
        if right == 0 {
            return Err(overflow("Division by zero".to_owned()));
        }
        let scaled = left.checked_mul(power);
        let scaled = scaled.ok_or_else(|| overflow("Decimal overflow".to_owned()))?;
        let (quotient, rest) = (scaled / right, scaled % right);
        // The half away from zero.
        let is_up = rest.unsigned_abs() * 2 >= right.unsigned_abs();
        let sign = if (left < 0) == (right < 0) { 1 } else { -1 };
        Ok(quotient + if is_up { sign } else { 0 })
    };
    let (left, right) = (
        left.as_primitive::<Decimal128Type>(),
        right.as_primitive::<Decimal128Type>(),
    );
    let quotients: PrimitiveArray<Decimal128Type> = try_binary(left, right, divide)?;
    Ok(Arc::new(quotients.with_data_type(data_type.clone())))
}
