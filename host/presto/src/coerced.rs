//! Values that get one type: decimals beside doubles become doubles, and dates beside timestamps timestamps of the same
//! precision, as Presto has it. DataFusion makes decimals of the doubles and nanoseconds of the dates, and fails of those
//! that do not fit. And integers that were written as numbers ([`crate::literal`]).

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Union, cast, lit,
};

use crate::types::common;

/// Functions of DataFusion's whose arguments have one type.
const OF_ONE_TYPE: [&str; 3] = ["coalesce", "nullif", "make_array"];

/// Casts them in a plan whose operands have no common types yet.
pub(crate) fn with_one_type(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let doubled = plan.transform_up_with_subqueries(|plan| {
        let schema = merge_schema(&plan.inputs());
        let names = NamePreserver::new(&plan);
        let plan = plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let doubled = expr.transform_up(|expr| in_expression(expr, &schema))?;
            Ok(doubled.update_data(|expr| name.restore(expr)))
        })?;
        plan.transform_data(|plan| match plan {
            LogicalPlan::Union(union) => in_union(union),
            plan => Ok(Transformed::no(plan)),
        })
    });
    Ok(doubled?.data)
}

/// The type that values of these types get, if DataFusion gives them another.
fn one_type<'t>(types: impl Iterator<Item = &'t DataType> + Clone) -> Option<DataType> {
    use DataType::{Date32, Decimal128, Float64, Timestamp};
    let has = |is: fn(&DataType) -> bool| types.clone().any(is);
    let is_other = has(|given| *given == Float64) && has(|given| matches!(given, Decimal128(..)))
        || has(|given| *given == Date32) && has(|given| matches!(given, Timestamp(..)));
    let mut types = types.clone();
    let one = types.try_fold(DataType::Null, |one, given| common(&one, given));
    one.filter(|_| is_other)
}

fn in_expression(mut expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>, DataFusionError> {
    if let Expr::Cast(Cast {
        expr: number,
        field,
    }) = &expr
        && let Expr::Literal(ScalarValue::Int64(Some(number)), _) = **number
        && *field.data_type() == DataType::Int32
        && let Ok(number) = i32::try_from(number)
    {
        return Ok(Transformed::yes(lit(number)));
    }
    // A subquery's column stays as it is.
    let subquery = match &expr {
        Expr::InSubquery(within) => {
            let column = within.subquery.subquery.schema().fields().first();
            column.map(|column| column.data_type().clone())
        }
        _ => None,
    };
    let operands = operands(&mut expr);
    let types = operands.iter().map(|operand| operand.get_type(schema));
    let types = types.collect::<Result<Vec<_>, _>>()?;
    let Some(one) = one_type(types.iter().chain(&subquery)) else {
        return Ok(Transformed::no(expr));
    };
    for (operand, data_type) in operands.into_iter().zip(&types) {
        if *data_type != one {
            *operand = cast(operand.clone(), one.clone());
        }
    }
    Ok(Transformed::yes(expr))
}

/// The parts of an expression that get one type.
fn operands(expr: &mut Expr) -> Vec<&mut Expr> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if op.supports_propagation() => {
            vec![left, right]
        }
        Expr::Between(between) => vec![&mut between.expr, &mut between.low, &mut between.high],
        Expr::InList(within) => {
            let items = within.list.iter_mut();
            items.chain([&mut *within.expr]).collect()
        }
        Expr::InSubquery(within) => vec![&mut within.expr],
        Expr::Case(case) => {
            let results = case
                .when_then_expr
                .iter_mut()
                .map(|(_, result)| &mut **result);
            results.chain(case.else_expr.as_deref_mut()).collect()
        }
        Expr::ScalarFunction(function) if OF_ONE_TYPE.contains(&function.name()) => {
            function.args.iter_mut().collect()
        }
        _ => Vec::new(),
    }
}

fn in_union(union: Union) -> Result<Transformed<LogicalPlan>, DataFusionError> {
    let type_of = |input: &LogicalPlan, column: usize| {
        let fields = input.schema().fields();
        fields.get(column).map(|field| field.data_type().clone())
    };
    let one_type = |column: usize| {
        let types = union.inputs.iter();
        let types: Vec<_> = types.filter_map(|input| type_of(input, column)).collect();
        one_type(types.iter())
    };
    let columns = union.schema.fields().len();
    let ones: Vec<Option<DataType>> = (0..columns).map(one_type).collect();
    if ones.iter().all(Option::is_none) {
        return Ok(Transformed::no(LogicalPlan::Union(union)));
    }
    let inputs = union.inputs.into_iter().map(|input| {
        let columns = input.schema().columns().into_iter().enumerate();
        let columns: Vec<Expr> = columns
            .map(|(place, column)| {
                let given = type_of(&input, place);
                let one = ones.get(place).cloned().flatten();
                let one = one.filter(|one| given.as_ref() != Some(one));
                let (table, name) = (column.relation.clone(), column.name.clone());
                match one {
                    Some(one) => cast(Expr::Column(column), one).alias_qualified(table, name),
                    None => Expr::Column(column),
                }
            })
            .collect();
        let input = LogicalPlanBuilder::from(Arc::unwrap_or_clone(input));
        Ok(Arc::new(input.project(columns)?.build()?))
    });
    let inputs = inputs.collect::<Result<Vec<_>, DataFusionError>>()?;
    let union = Union::try_new_with_loose_types(inputs)?;
    Ok(Transformed::yes(LogicalPlan::Union(union)))
}
