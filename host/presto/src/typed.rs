//! Operators and casts that Presto does not have for the types of their operands, refused before DataFusion coerces them.

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::expr::{Between, Case, Cast, InList, Like, TryCast};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::types::{common, type_name};

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// The rule, to be run before DataFusion's own analysis.
#[derive(Debug)]
pub struct Typed {
    /// Whether a constant text that is compared with a time becomes one, as in Timestream's SQL.
    pub reads_times: bool,
}

impl AnalyzerRule for Typed {
    fn name(&self) -> &str {
        "typed"
    }

    fn analyze(
        &self,
        plan: LogicalPlan,
        _: &ConfigOptions,
    ) -> Result<LogicalPlan, DataFusionError> {
        plan.apply_with_subqueries(|plan| {
            let schema = match plan {
                LogicalPlan::TableScan(_) => plan.schema().as_ref().clone(),
                plan => merge_schema(&plan.inputs()),
            };
            plan.apply_expressions(|expr| {
                expr.apply(|expr| {
                    self.check(expr, &schema)?;
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        })?;
        Ok(plan)
    }
}

impl Typed {
    fn check(&self, expr: &Expr, schema: &DFSchema) -> Result<(), DataFusionError> {
        let of = |expr: &Expr| Ok::<_, DataFusionError>(signed(expr.get_type(schema)?));
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let types = (of(left)?, of(right)?);
                let is_part = |date: &DataType, interval: &Expr| {
                    *date == DataType::Date32 && is_part_of_a_day(interval)
                };
                if is_part(&types.0, right) || is_part(&types.1, left) {
                    return exec_err!("Cannot add hour, minutes or seconds to a date");
                }
                let is_right = match op {
                    Operator::And | Operator::Or => is_boolean(&types.0) && is_boolean(&types.1),
                    Operator::Eq
                    | Operator::NotEq
                    | Operator::Lt
                    | Operator::LtEq
                    | Operator::Gt
                    | Operator::GtEq
                    | Operator::IsDistinctFrom
                    | Operator::IsNotDistinctFrom => {
                        self.is_comparable((left, &types.0), (right, &types.1))
                    }
                    _ => true,
                };
                match is_right {
                    true => Ok(()),
                    false => plan_err!(
                        "Cannot apply operator: {} {op} {}",
                        type_name(&types.0),
                        type_name(&types.1)
                    ),
                }
            }
            Expr::Between(Between {
                expr, low, high, ..
            }) => {
                let types = (of(expr)?, of(low)?, of(high)?);
                let is_right = self.is_comparable((expr, &types.0), (low, &types.1))
                    && self.is_comparable((expr, &types.0), (high, &types.2));
                match is_right {
                    true => Ok(()),
                    false => plan_err!(
                        "Cannot check if {} is BETWEEN {} and {}",
                        type_name(&types.0),
                        type_name(&types.1),
                        type_name(&types.2)
                    ),
                }
            }
            Expr::InList(InList { expr, list, .. }) => {
                let of_expr = of(expr)?;
                for item in list {
                    let of_item = of(item)?;
                    if !self.is_comparable((expr, &of_expr), (item, &of_item)) {
                        let (left, right) = (type_name(&of_expr), type_name(&of_item));
                        return plan_err!(
                            "IN value and list items must be the same type: {left}, {right}"
                        );
                    }
                }
                Ok(())
            }
            Expr::Like(Like { expr, pattern, .. }) => {
                let types = (of(expr)?, of(pattern)?);
                let is_text = |given: &DataType| given.is_string() || given.is_null();
                match is_text(&types.0) && is_text(&types.1) {
                    true => Ok(()),
                    false => plan_err!(
                        "Left side of LIKE expression must evaluate to a varchar (actual: {})",
                        type_name(&types.0)
                    ),
                }
            }
            Expr::Not(operand) => {
                let given = of(operand)?;
                match is_boolean(&given) {
                    true => Ok(()),
                    false => plan_err!(
                        "Value of logical NOT expression must evaluate to a boolean (actual: {})",
                        type_name(&given)
                    ),
                }
            }
            Expr::Case(case) => check_case(case, of),
            Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field }) => {
                let (from, to) = (of(expr)?, field.data_type());
                match is_cast(&from, to) {
                    true => Ok(()),
                    false => plan_err!("Cannot cast {} to {}", type_name(&from), type_name(to)),
                }
            }
            _ => Ok(()),
        }
    }

    fn is_comparable(&self, left: (&Expr, &DataType), right: (&Expr, &DataType)) -> bool {
        let reads = |text: (&Expr, &DataType), time: &DataType| {
            self.reads_times
                && matches!(time, DataType::Timestamp(..) | DataType::Date32)
                && matches!(text.0, Expr::Literal(ScalarValue::Utf8(_), _))
        };
        common(left.1, right.1).is_some()
            || is_interval(left.1) && is_interval(right.1)
            || reads(left, right.1)
            || reads(right, left.1)
    }
}

fn check_case(
    case: &Case,
    of: impl Fn(&Expr) -> Result<DataType, DataFusionError>,
) -> Result<(), DataFusionError> {
    let mut all = DataType::Null;
    for (condition, result) in &case.when_then_expr {
        let condition = of(condition)?;
        if case.expr.is_none() && !is_boolean(&condition) {
            let given = type_name(&condition);
            return plan_err!("CASE WHEN clause must evaluate to a boolean (actual: {given})");
        }
        all = together(&all, &of(result)?)?;
    }
    if let Some(otherwise) = &case.else_expr {
        together(&all, &of(otherwise)?)?;
    }
    Ok(())
}

fn together(left: &DataType, right: &DataType) -> Result<DataType, DataFusionError> {
    match common(left, right) {
        Some(both) => Ok(both),
        None if is_interval(left) && is_interval(right) => Ok(left.clone()),
        None => plan_err!(
            "All CASE results must be the same type or coercible to a common type. Cannot find common type between {} and {}",
            type_name(left),
            type_name(right)
        ),
    }
}

/// Counts of DataFusion's are unsigned.
fn signed(data_type: DataType) -> DataType {
    match data_type {
        DataType::UInt64 => DataType::Int64,
        data_type => data_type,
    }
}

fn is_boolean(given: &DataType) -> bool {
    matches!(given, DataType::Boolean | DataType::Null)
}

fn is_interval(given: &DataType) -> bool {
    matches!(
        given,
        DataType::Interval(_) | DataType::Duration(_) | DataType::Null
    )
}

fn is_instant(given: &DataType) -> bool {
    matches!(
        given,
        DataType::Timestamp(..) | DataType::Date32 | DataType::Time64(_) | DataType::Time32(_)
    )
}

/// Refuses an operator of arithmetic or `||` that Presto does not have for these types. DataFusion's planner wants to know
/// the type of a result at once.
///
/// # Errors
///
/// When Presto does not have it.
pub(crate) fn check_operands(
    operator: &BinaryOperator,
    left: &DataType,
    right: &DataType,
) -> Result<(), DataFusionError> {
    let is_there = match operator {
        BinaryOperator::Plus => is_computed(Operator::Plus, left, right),
        BinaryOperator::Minus => is_computed(Operator::Minus, left, right),
        BinaryOperator::Multiply => is_computed(Operator::Multiply, left, right),
        BinaryOperator::Divide => is_computed(Operator::Divide, left, right),
        BinaryOperator::Modulo => is_computed(Operator::Modulo, left, right),
        BinaryOperator::StringConcat => is_joined(left, right),
        _ => true,
    };
    match is_there {
        true => Ok(()),
        false => plan_err!(
            "Cannot apply operator: {} {operator} {}",
            type_name(left),
            type_name(right)
        ),
    }
}

/// Whether a constant interval is not a number of whole days or months.
pub fn is_part_of_a_day(interval: &Expr) -> bool {
    match interval {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), _) => {
            interval.nanoseconds % NANOS_PER_DAY != 0
        }
        Expr::Negative(inner) => is_part_of_a_day(inner),
        _ => false,
    }
}

fn is_computed(operator: Operator, left: &DataType, right: &DataType) -> bool {
    let is_number = |given: &DataType| given.is_numeric() || given.is_null();
    match operator {
        _ if is_number(left) && is_number(right) => true,
        Operator::Plus => {
            is_instant(left) && is_interval(right)
                || is_interval(left) && (is_instant(right) || is_interval(right))
        }
        Operator::Minus => {
            (is_instant(left) || is_interval(left)) && is_interval(right)
                || is_instant(left) && is_instant(right)
        }
        Operator::Multiply => {
            is_interval(left) && is_number(right) || is_number(left) && is_interval(right)
        }
        Operator::Divide => is_interval(left) && is_number(right),
        _ => false,
    }
}

fn is_joined(left: &DataType, right: &DataType) -> bool {
    let is_text = |given: &DataType| given.is_string() || given.is_null();
    let is_list = |given: &DataType| matches!(given, DataType::List(_));
    let is_bytes = |given: &DataType| matches!(given, DataType::Binary);
    is_text(left) && is_text(right)
        || is_list(left)
        || is_list(right)
        || is_bytes(left) && is_bytes(right)
}

/// Whether Presto casts the one to the other.
fn is_cast(from: &DataType, to: &DataType) -> bool {
    use DataType::{Binary, Boolean, Date32, List, Map, Null, Struct, Timestamp};
    let is_scalar = |given: &DataType| *given == Boolean || given.is_numeric();
    let is_time = |given: &DataType| matches!(given, DataType::Time32(_) | DataType::Time64(_));
    match (from, to) {
        _ if from == to => true,
        (Null, _) => true,
        (from, to) if from.is_string() => {
            to.is_string() || is_scalar(to) || is_instant(to) || *to == Binary
        }
        (List(from), List(to)) => is_cast(from.data_type(), to.data_type()),
        (Struct(from), Struct(to)) => {
            let mut members = from.iter().zip(to);
            from.len() == to.len()
                && members.all(|(from, to)| is_cast(from.data_type(), to.data_type()))
        }
        (Map(from, _), Map(to, _)) => is_cast(from.data_type(), to.data_type()),
        (from, to) if to.is_string() => is_scalar(from) || is_instant(from) || is_interval(from),
        (from, to) if is_scalar(from) && is_scalar(to) => true,
        (Date32, Timestamp(..)) | (Timestamp(..), Date32 | Timestamp(..)) => true,
        (from, Timestamp(..)) | (Timestamp(..), from) if is_time(from) => true,
        (from, to) if is_time(from) && is_time(to) => true,
        (from, to) => is_interval(from) && is_interval(to),
    }
}
