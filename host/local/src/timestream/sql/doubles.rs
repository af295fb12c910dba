//! Doubles compared as Timestream compares them, which is Java's way and IEEE 754's: NaN equals nothing, not itself
//! either, and minus zero equals zero. DataFusion compares by the total order, where NaN equals NaN and is above all
//! numbers, and minus zero is below zero.
//!
//! Once all operands have their types, every comparison of two doubles becomes a call of a function that no statement
//! can name, so that no optimizer takes it for a comparison that it knows.
//!
//! Two habits of old Prestos are kept, since Timestream may have them: `ORDER BY` sorts by Java's `Double.compare`, minus
//! zero below zero and NaN above all (Trino changed that in release 434); and a list of several constants is searched by
//! a hash of their bits, which does not find minus zero by zero (`InCodeGenerator` in prestodb's sources).
//!
//! What compares doubles without saying so stays as DataFusion has it: `GROUP BY`, `DISTINCT`, `min` and `max`, `IN` with
//! a subquery, `JOIN … USING`.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::expr::{Case, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Between, BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, create_udf, lit, not,
};
use datafusion::optimizer::AnalyzerRule;

use super::functions::columnar;

/// The rule, to be run after DataFusion's own analysis.
#[derive(Debug)]
pub(super) struct Doubles;

impl AnalyzerRule for Doubles {
    fn name(&self) -> &str {
        "timestream_doubles"
    }

    fn analyze(
        &self,
        plan: LogicalPlan,
        _: &ConfigOptions,
    ) -> Result<LogicalPlan, DataFusionError> {
        plan.transform_up_with_subqueries(|plan| {
            let schema = merge_schema(&plan.inputs());
            let sorts = matches!(plan, LogicalPlan::Sort(_));
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let replaced = expr.transform_up(|expr| replace(expr, &schema))?;
                if sorts && is_double(&replaced.data, &schema)? {
                    return Ok(Transformed::yes(SORT_KEY.call(vec![replaced.data])));
                }
                Ok(replaced.update_data(|expr| name.restore(expr)))
            })
        })
        .map(|plan| plan.data)
    }
}

/// Replaces an expression that compares doubles.
fn replace(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>, DataFusionError> {
    let replaced = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if comparison(op).is_some()
                && is_double(&left, schema)?
                && is_double(&right, schema)? =>
        {
            compare(*left, op, *right)
        }
        Expr::Between(Between {
            expr,
            negated,
            low,
            high,
        }) if is_double(&expr, schema)? => {
            let above = compare((*expr).clone(), Operator::GtEq, *low);
            let inside = above.and(compare(*expr, Operator::LtEq, *high));
            if negated { not(inside) } else { inside }
        }
        Expr::InList(InList {
            expr,
            list,
            negated,
        }) if is_double(&expr, schema)? => {
            let found = IN.call([vec![*expr], list].concat());
            if negated { not(found) } else { found }
        }
        Expr::ScalarFunction(mut call)
            if call.name() == "nullif" && is_double(&call.args[0], schema)? =>
        {
            let (kept, other) = (call.args.swap_remove(0), call.args.swap_remove(0));
            let equal = compare(kept.clone(), Operator::Eq, other);
            let nothing = lit(ScalarValue::Float64(None));
            Expr::Case(Case::new(
                None,
                vec![(Box::new(equal), Box::new(nothing))],
                Some(Box::new(kept)),
            ))
        }
        Expr::Case(Case {
            expr: Some(expr),
            when_then_expr,
            else_expr,
        }) if is_double(&expr, schema)? => {
            let equal = |when: Expr| Box::new(compare((*expr).clone(), Operator::Eq, when));
            let branches = when_then_expr
                .into_iter()
                .map(|(when, then)| (equal(*when), then))
                .collect();
            Expr::Case(Case::new(None, branches, else_expr))
        }
        other => return Ok(Transformed::no(other)),
    };
    Ok(Transformed::yes(replaced))
}

fn is_double(expr: &Expr, schema: &DFSchema) -> Result<bool, DataFusionError> {
    Ok(expr.get_type(schema)? == DataType::Float64)
}

fn compare(left: Expr, operator: Operator, right: Expr) -> Expr {
    ScalarUDF::from(Comparison {
        operator,
        signature: Signature::exact(vec![DataType::Float64; 2], Volatility::Immutable),
    })
    .call(vec![left, right])
}

/// What an operator says of two doubles that are not NULL, if it compares.
fn comparison(operator: Operator) -> Option<fn(f64, f64) -> bool> {
    Some(match operator {
        Operator::Eq => |left, right| left == right,
        Operator::NotEq => |left, right| left != right,
        Operator::Lt => |left, right| left < right,
        Operator::LtEq => |left, right| left <= right,
        Operator::Gt => |left, right| left > right,
        Operator::GtEq => |left, right| left >= right,
        Operator::IsDistinctFrom => |left, right| !is_same(left, right),
        Operator::IsNotDistinctFrom => is_same,
        _ => return None,
    })
}

/// Whether two doubles are not distinct: all NaN are one value here.
fn is_same(left: f64, right: f64) -> bool {
    left == right || (left.is_nan() && right.is_nan())
}

/// A comparison of two doubles.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Comparison {
    operator: Operator,
    signature: Signature,
}

impl ScalarUDFImpl for Comparison {
    fn name(&self) -> &str {
        "compare_doubles"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let (Some(holds), [left, right]) = (comparison(self.operator), arguments.args.as_slice())
        else {
            return exec_err!("a comparison has two sides");
        };
        let rows = rows(&arguments.args);
        let (left, right) = (Doubled::new(left)?, Doubled::new(right)?);
        let one_null = match self.operator {
            Operator::IsDistinctFrom => Some(true),
            Operator::IsNotDistinctFrom => Some(false),
            _ => None,
        };
        let truth = |row| match (left.get(row), right.get(row)) {
            (Some(left), Some(right)) => Some(holds(left, right)),
            (None, None) => one_null.map(|truth| !truth),
            _ => one_null,
        };
        let truths: BooleanArray = (0..rows).map(truth).collect();
        columnar(&arguments.args, Arc::new(truths))
    }
}

/// Whether the first argument equals one of the others.
static IN: LazyLock<ScalarUDF> = LazyLock::new(|| {
    ScalarUDF::from(In {
        signature: Signature::variadic(vec![DataType::Float64], Volatility::Immutable),
    })
});

#[derive(Debug, PartialEq, Eq, Hash)]
struct In {
    signature: Signature,
}

impl ScalarUDFImpl for In {
    fn name(&self) -> &str {
        "double_in"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let values = arguments.args.iter().map(Doubled::new);
        let values: Vec<Doubled> = values.collect::<Result<_, _>>()?;
        let Some((value, list)) = values.split_first() else {
            return exec_err!("IN has a left side");
        };
        let rows = rows(&arguments.args);
        let truths: BooleanArray = match Constants::new(value, list) {
            Some(constants) => (0..rows)
                .map(|row| constants.hold(value.get(row)?))
                .collect(),
            None => (0..rows)
                .map(|row| is_among(value.get(row)?, list.iter().map(|item| item.get(row))))
                .collect(),
        };
        columnar(&arguments.args, Arc::new(truths))
    }
}

/// Whether a value equals an item; NULL if it might.
fn is_among(value: f64, items: impl Iterator<Item = Option<f64>> + Clone) -> Option<bool> {
    let mut others = items.clone();
    if items.into_iter().any(|item| item == Some(value)) {
        return Some(true);
    }
    others.all(|item| item.is_some()).then_some(false)
}

/// A list of several constants beside a column.
struct Constants {
    bits: HashSet<u64>,
    has_null: bool,
}

impl Constants {
    fn new(value: &Doubled, list: &[Doubled]) -> Option<Self> {
        if value.is_one || list.len() < 2 || !list.iter().all(|item| item.is_one) {
            return None;
        }
        let items = list.iter().map(|item| item.get(0));
        // NaN equals nothing.
        let numbers = items.clone().flatten().filter(|item| !item.is_nan());
        Some(Self {
            bits: numbers.map(f64::to_bits).collect(),
            has_null: items.into_iter().any(|item| item.is_none()),
        })
    }

    fn hold(&self, value: f64) -> Option<bool> {
        if self.bits.contains(&value.to_bits()) {
            return Some(true);
        }
        (!self.has_null).then_some(false)
    }
}

/// A double as a key to sort by: one NaN, above all numbers.
static SORT_KEY: LazyLock<ScalarUDF> = LazyLock::new(|| {
    let keys = |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let [numbers] = arrays.as_slice() else {
            return exec_err!("a key to sort by is one");
        };
        let key = |number: f64| if number.is_nan() { f64::NAN } else { number };
        let keys: Float64Array = numbers.as_primitive::<Float64Type>().unary(key);
        columnar(arguments, Arc::new(keys))
    };
    create_udf(
        "double_sort_key",
        vec![DataType::Float64],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(keys),
    )
});

/// An argument: a double for every row, or one for all.
struct Doubled {
    values: ArrayRef,
    is_one: bool,
}

impl Doubled {
    fn new(argument: &ColumnarValue) -> Result<Self, DataFusionError> {
        Ok(Self {
            values: argument.to_array(1)?,
            is_one: matches!(argument, ColumnarValue::Scalar(_)),
        })
    }

    fn get(&self, row: usize) -> Option<f64> {
        let values = self.values.as_primitive::<Float64Type>();
        let row = if self.is_one { 0 } else { row };
        values.is_valid(row).then(|| values.value(row))
    }
}

/// How many rows a call is for: one, if all its arguments are constant.
fn rows(arguments: &[ColumnarValue]) -> usize {
    let rows = |argument: &ColumnarValue| match argument {
        ColumnarValue::Array(array) => Some(array.len()),
        ColumnarValue::Scalar(_) => None,
    };
    arguments.iter().find_map(rows).unwrap_or(1)
}

#[cfg(test)]
mod tests;
