//! Arithmetic and casts that DataFusion has with another meaning, replaced once all operands have their types.
//!
//! * Integers fail where DataFusion wraps.
//! * A double or decimal is rounded where it is cast to an integer, the half away from zero; DataFusion cuts it off.
//! * An interval of days is one of nanoseconds, so that `1d` is `24h`.
//! * Doubles and timestamps are written as texts, and texts read, in Presto's forms.
//! * A timestamp with a zone that is cast to one without is what that zone's clock shows; DataFusion's is UTC's.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::{try_binary, try_unary};
use arrow::datatypes::{
    ArrowNativeTypeOp, DataType, Int8Type, Int16Type, Int32Type, Int64Type, IntervalMonthDayNano,
};
use arrow::error::ArrowError;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::expr::{Cast, GroupingSet, InList, TryCast};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit, not,
};
use datafusion::optimizer::AnalyzerRule;

use crate::columnar::columnar;
use crate::compared::of_maps;
use crate::convert::{converted, is_converted};
use crate::types::type_name;

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

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
            plan.map_expressions(|expr| named(expr, &names, &schema))
        });
        Ok(analyzed?.data)
    }
}

/// An expression under its name, or a grouping set whose members have theirs.
fn named(
    expr: Expr,
    names: &NamePreserver,
    schema: &DFSchema,
) -> Result<Transformed<Expr>, DataFusionError> {
    let Expr::GroupingSet(set) = expr else {
        let name = names.save(&expr);
        let replaced = expr.transform_up(|expr| replace(expr, schema))?;
        return Ok(replaced.update_data(|expr| name.restore(expr)));
    };
    let columns = NamePreserver::new_for_projection();
    let members = |members: Vec<Expr>| {
        let members = members.into_iter();
        let members = members.map(|member| Ok(named(member, &columns, schema)?.data));
        members.collect::<Result<Vec<_>, DataFusionError>>()
    };
    let set = match set {
        GroupingSet::Rollup(exprs) => GroupingSet::Rollup(members(exprs)?),
        GroupingSet::Cube(exprs) => GroupingSet::Cube(members(exprs)?),
        GroupingSet::GroupingSets(sets) => {
            let sets = sets.into_iter().map(members);
            GroupingSet::GroupingSets(sets.collect::<Result<_, _>>()?)
        }
    };
    Ok(Transformed::yes(Expr::GroupingSet(set)))
}

/// What an operation means here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Meaning {
    /// Two integers of one type.
    Integers(Operator),
    Negative,
    /// A value of another type; NULL instead of an error for `TRY_CAST`.
    Cast {
        to: DataType,
        or_null: bool,
    },
}

fn replace(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>, DataFusionError> {
    let is_integer =
        |expr: &Expr| Ok::<_, DataFusionError>(expr.get_type(schema)?.is_signed_integer());
    let is_cast = |expr: &Expr, to: &DataType| {
        Ok::<_, DataFusionError>(is_converted(&expr.get_type(schema)?, to))
    };
    let (meaning, operands) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(
                op,
                Operator::Plus
                    | Operator::Minus
                    | Operator::Multiply
                    | Operator::Divide
                    | Operator::Modulo
            ) && is_integer(&left)?
                && left.get_type(schema)? == right.get_type(schema)? =>
        {
            (Meaning::Integers(op), vec![*left, *right])
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(left.get_type(schema)?, DataType::Map(..)) =>
        {
            let compared = of_maps(op, (*left).clone(), (*right).clone());
            return Ok(match compared {
                Some(compared) => Transformed::yes(compared),
                None => Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
            });
        }
        Expr::Negative(operand) if is_integer(&operand)? => (Meaning::Negative, vec![*operand]),
        Expr::Cast(Cast { expr, field }) if is_cast(&expr, field.data_type())? => {
            let (to, or_null) = (field.data_type().clone(), false);
            (Meaning::Cast { to, or_null }, vec![*expr])
        }
        Expr::TryCast(TryCast { expr, field }) if is_cast(&expr, field.data_type())? => {
            let (to, or_null) = (field.data_type().clone(), true);
            (Meaning::Cast { to, or_null }, vec![*expr])
        }
        // DataFusion's IN is wrong of a CASE in its list: one that was NULL is found.
        Expr::InList(InList {
            expr,
            list,
            negated,
        }) if list.iter().any(|item| !item.column_refs().is_empty()) => {
            let equal = list.into_iter().map(|item| (*expr).clone().eq(item));
            let found = equal.reduce(Expr::or).unwrap_or_else(|| lit(false));
            let found = if negated { not(found) } else { found };
            return Ok(Transformed::yes(found));
        }
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), metadata)
            if interval.days != 0 =>
        {
            let literal = ScalarValue::IntervalMonthDayNano(Some(in_nanoseconds(interval)));
            return Ok(Transformed::yes(Expr::Literal(literal, metadata)));
        }
        other => return Ok(Transformed::no(other)),
    };
    let signature = Signature::any(operands.len(), Volatility::Immutable);
    let operation = ScalarUDF::from(Operation { meaning, signature });
    Ok(Transformed::yes(operation.call(operands)))
}

/// An interval whose days are nanoseconds, as far as these go: Arrow compares days before nanoseconds.
fn in_nanoseconds(interval: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let days = i64::from(interval.days).checked_mul(NANOS_PER_DAY);
    let nanos = days.and_then(|days| days.checked_add(interval.nanoseconds));
    nanos.map_or(interval, |nanos| {
        IntervalMonthDayNano::new(interval.months, 0, nanos)
    })
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
            Meaning::Integers(Operator::Divide) => "divide",
            Meaning::Integers(_) => "modulus",
            Meaning::Negative => "negate",
            Meaning::Cast { .. } => "cast",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        match (&self.meaning, given) {
            (Meaning::Cast { to, .. }, _) => Ok(to.clone()),
            (_, [given, ..]) => Ok(given.clone()),
            _ => exec_err!("`{}` has no operand", self.name()),
        }
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let operands = ColumnarValue::values_to_arrays(&arguments.args)?;
        let result = match (&self.meaning, operands.as_slice()) {
            (Meaning::Cast { to, or_null }, [operand]) => converted(operand, to, *or_null)?,
            (_, operands) => match operands.first().map(|operand| operand.data_type()) {
                Some(DataType::Int8) => self.integers::<Int8Type>("tinyint", operands)?,
                Some(DataType::Int16) => self.integers::<Int16Type>("smallint", operands)?,
                Some(DataType::Int32) => self.integers::<Int32Type>("integer", operands)?,
                _ => self.integers::<Int64Type>("bigint", operands)?,
            },
        };
        columnar(&arguments.args, result)
    }
}

impl Operation {
    fn integers<T: ArrowPrimitiveType>(
        &self,
        name: &str,
        operands: &[ArrayRef],
    ) -> Result<ArrayRef, ArrowError> {
        let result: PrimitiveArray<T> = match (&self.meaning, operands) {
            (Meaning::Integers(operator), [left, right]) => {
                let (left, right) = (left.as_primitive::<T>(), right.as_primitive::<T>());
                try_binary(left, right, |left, right| {
                    compute::<T>(*operator, left, right)
                        .map_err(|error| failed(name, *operator, error, left, right))
                })?
            }
            (Meaning::Negative, [operand]) => try_unary(operand.as_primitive::<T>(), |value| {
                let overflow =
                    |_| ArrowError::ComputeError(format!("{name} negation overflow: {value:?}"));
                value.neg_checked().map_err(overflow)
            })?,
            _ => {
                let message = format!("`{}` has other operands", self.name());
                return Err(ArrowError::ComputeError(message));
            }
        };
        Ok(Arc::new(result))
    }
}

fn compute<T: ArrowPrimitiveType>(
    operator: Operator,
    left: T::Native,
    right: T::Native,
) -> Result<T::Native, ArrowError> {
    match operator {
        Operator::Plus => left.add_checked(right),
        Operator::Minus => left.sub_checked(right),
        Operator::Multiply => left.mul_checked(right),
        Operator::Divide => left.div_checked(right),
        _ if right == T::Native::ZERO => Err(ArrowError::DivideByZero),
        // The least integer by −1 leaves nothing over; Arrow's checked form is an error there.
        _ => Ok(left.mod_wrapping(right)),
    }
}

/// The error with Trino's words.
fn failed(
    name: &str,
    operator: Operator,
    error: ArrowError,
    left: impl std::fmt::Debug,
    right: impl std::fmt::Debug,
) -> ArrowError {
    let word = match operator {
        _ if matches!(error, ArrowError::DivideByZero) => {
            return ArrowError::ComputeError("Division by zero".to_owned());
        }
        Operator::Plus => "addition",
        Operator::Minus => "subtraction",
        Operator::Multiply => "multiplication",
        _ => "division",
    };
    ArrowError::ComputeError(format!(
        "{name} {word} overflow: {left:?} {operator} {right:?}"
    ))
}

/// The operation as it was written, from its operands' texts; none of another function.
pub fn readable(function: &ScalarUDF, operands: &[String]) -> Option<String> {
    let operation = function.inner().downcast_ref::<Operation>()?;
    Some(match (&operation.meaning, operands) {
        (Meaning::Integers(operator), [left, right]) => format!("({left} {operator} {right})"),
        (Meaning::Negative, [operand]) => format!("(- {operand})"),
        (Meaning::Cast { to, or_null }, [operand]) => {
            let cast = if *or_null { "try_cast" } else { "cast" };
            format!("{cast}({operand} as {})", type_name(to))
        }
        _ => return None,
    })
}
