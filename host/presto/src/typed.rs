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

use crate::coerced::with_one_type;
use crate::json::{self, JSON};
use crate::types::{common, is_text, type_name};

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
            check_columns(plan)?;
            plan.apply_expressions(|expr| {
                expr.apply(|expr| {
                    self.check(expr, &schema)?;
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        })?;
        with_one_type(plan)
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
                        let is_order = !matches!(
                            op,
                            Operator::Eq
                                | Operator::NotEq
                                | Operator::IsDistinctFrom
                                | Operator::IsNotDistinctFrom
                        );
                        self.is_comparable((left, &types.0), (right, &types.1))
                            && !(is_order && is_unordered(&types.0))
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
                let is_text = |given: &DataType| is_text(given) || given.is_null();
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
            Expr::ScalarFunction(function) if function.name() == "coalesce" => {
                let types = function.args.iter().map(of);
                let types = types.collect::<Result<Vec<_>, _>>()?;
                together("COALESCE operands", &types)
            }
            // The largest bigint and one more, which a minus before it makes the least.
            Expr::Literal(ScalarValue::UInt64(Some(digits)), _)
                if i64::try_from(*digits).is_err() =>
            {
                plan_err!("Invalid numeric literal: {digits}")
            }
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
    let mut results = Vec::new();
    for (condition, result) in &case.when_then_expr {
        let condition = of(condition)?;
        if case.expr.is_none() && !is_boolean(&condition) {
            let given = type_name(&condition);
            return plan_err!("CASE WHEN clause must evaluate to a boolean (actual: {given})");
        }
        results.push(of(result)?);
    }
    if let Some(otherwise) = &case.else_expr {
        results.push(of(otherwise)?);
    }
    together("CASE results", &results)
}

/// Refuses values of types that have none together.
fn together(what: &str, types: &[DataType]) -> Result<(), DataFusionError> {
    let mut all = DataType::Null;
    for given in types {
        all = match common(&all, given) {
            Some(both) => both,
            None if is_interval(&all) && is_interval(given) => all,
            None => {
                return plan_err!(
                    "All {what} must be the same type or coercible to a common type. Cannot find common type between {} and {}",
                    type_name(&all),
                    type_name(given)
                );
            }
        };
    }
    Ok(())
}

/// Refuses columns of the parts of a UNION, INTERSECT or EXCEPT, or of the sides of a join's USING, that have no type together.
fn check_columns(plan: &LogicalPlan) -> Result<(), DataFusionError> {
    match plan {
        LogicalPlan::Union(union) => {
            let Some(first) = union.inputs.first() else {
                return Ok(());
            };
            for input in &union.inputs {
                for (column, other) in first.schema().fields().iter().zip(input.schema().fields()) {
                    same_column("UNION", column.data_type(), other.data_type())?;
                }
            }
            Ok(())
        }
        LogicalPlan::Join(join) => {
            for (left, right) in &join.on {
                let left = signed(left.get_type(join.left.schema())?);
                let right = signed(right.get_type(join.right.schema())?);
                if common(&left, &right).is_none() {
                    let (left, right) = (type_name(&left), type_name(&right));
                    return plan_err!("Cannot apply operator: {left} = {right}");
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn same_column(what: &str, left: &DataType, right: &DataType) -> Result<(), DataFusionError> {
    let (left, right) = (signed(left.clone()), signed(right.clone()));
    match common(&left, &right).is_some() || is_interval(&left) && is_interval(&right) {
        true => Ok(()),
        false => plan_err!(
            "column in {what} query has incompatible types: Cannot apply {} to {}",
            type_name(&left),
            type_name(&right)
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

/// Whether values of a type have no order.
fn is_unordered(given: &DataType) -> bool {
    matches!(given, DataType::Map(..)) || *given == JSON
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
    let is_text = |given: &DataType| is_text(given) || given.is_null();
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
        (from, to) if *from == JSON || *to == JSON => json::is_cast(from, to),
        (from, to) if is_text(from) => {
            is_text(to) || is_scalar(to) || is_instant(to) || *to == Binary
        }
        (List(from), List(to)) => is_cast(from.data_type(), to.data_type()),
        (Struct(from), Struct(to)) => {
            let mut members = from.iter().zip(to);
            from.len() == to.len()
                && members.all(|(from, to)| is_cast(from.data_type(), to.data_type()))
        }
        (Map(from, _), Map(to, _)) => is_cast(from.data_type(), to.data_type()),
        (from, to) if is_text(to) => is_scalar(from) || is_instant(from) || is_interval(from),
        (from, to) if is_scalar(from) && is_scalar(to) => true,
        (Date32, Timestamp(..)) | (Timestamp(..), Date32 | Timestamp(..)) => true,
        (from, Timestamp(..)) | (Timestamp(..), from) if is_time(from) => true,
        (from, to) if is_time(from) && is_time(to) => true,
        (from, to) => is_interval(from) && is_interval(to),
    }
}
