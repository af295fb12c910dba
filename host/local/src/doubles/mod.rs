//! Doubles compared as Presto compares them, which is Java's way and IEEE 754's: NaN equals nothing, not itself either, and
//! minus zero equals zero. DataFusion compares by the total order, where NaN equals NaN and is above all numbers, and minus
//! zero is below zero.
//!
//! Once all operands have their types, every comparison of two doubles becomes a call of a function that no statement
//! can name ([`functions`]), so that no optimizer takes it for a comparison that it knows.
//!
//! The two engines differ in what compares doubles without saying so: see [`Zeros`].

mod functions;

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DataFusionError, NullEquality, ScalarValue};
use datafusion::logical_expr::expr::{Case, GroupingSet, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Aggregate, Between, BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, SortExpr, lit, not,
};
use datafusion::optimizer::AnalyzerRule;

use self::functions::{Key, comparison};

pub(crate) use self::functions::readable;

/// Whether minus zero and zero are one value where they are sorted, searched in a list, or grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Zeros {
    /// As in old Prestos, which Timestream may be: `ORDER BY` sorts by Java's `Double.compare`, minus zero below zero and
    /// NaN above all, and a list of several constants is searched by a hash of their bits, which does not find minus zero
    /// by zero (`InCodeGenerator` in prestodb's sources). `GROUP BY`, `DISTINCT`, `IN` with a subquery and `JOIN … USING`
    /// stay as DataFusion has them.
    Two,
    /// As in Trino since release 434: they are one everywhere, and so are all NaN where values are grouped. In an order
    /// NaN is above all numbers, or below all with NULLS FIRST (Trino run).
    One,
}

/// The rule, to be run after DataFusion's own analysis.
#[derive(Debug)]
pub(crate) struct Doubles(pub(crate) Zeros);

impl AnalyzerRule for Doubles {
    fn name(&self) -> &str {
        "doubles"
    }

    fn analyze(
        &self,
        plan: LogicalPlan,
        _: &ConfigOptions,
    ) -> Result<LogicalPlan, DataFusionError> {
        let zeros = self.0;
        let analyzed = plan.transform_up_with_subqueries(|plan| {
            let plan = with_keys(plan, zeros)?;
            let schema = merge_schema(&plan.inputs());
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let replaced = expr.transform_up(|expr| replace(expr, &schema, zeros))?;
                Ok(replaced.update_data(|expr| name.restore(expr)))
            })
        });
        Ok(analyzed?.data)
    }
}

/// An order, and where zeros are one a join or a grouping too, by keys that tell doubles apart as the engine does.
fn with_keys(plan: LogicalPlan, zeros: Zeros) -> Result<LogicalPlan, DataFusionError> {
    Ok(match plan {
        LogicalPlan::Sort(mut sort) => {
            sort.expr = sortings(sort.expr, sort.input.schema(), zeros)?;
            LogicalPlan::Sort(sort)
        }
        plan if zeros == Zeros::Two => plan,
        LogicalPlan::Join(mut join) => {
            let nan_equals = join.null_equality == NullEquality::NullEqualsNull;
            for (left, right) in &mut join.on {
                if !is_double(left, join.left.schema())? {
                    continue;
                }
                *left = Key::OneOfEach.of(left.clone());
                let key = match nan_equals {
                    true => Key::OneOfEach,
                    false => Key::OtherNan,
                };
                *right = key.of(right.clone());
            }
            LogicalPlan::Join(join)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let schema = aggregate.input.schema();
            let grouped = named_groupings(aggregate.group_expr, schema)?;
            LogicalPlan::Aggregate(Aggregate::try_new_with_schema(
                aggregate.input,
                grouped,
                aggregate.aggr_expr,
                aggregate.schema,
            )?)
        }
        plan => plan,
    })
}

/// The keys of an aggregate, whose columns are called as before.
fn named_groupings(exprs: Vec<Expr>, schema: &DFSchema) -> Result<Vec<Expr>, DataFusionError> {
    let names = NamePreserver::new_for_projection();
    let keys = exprs.into_iter().map(|expr| {
        let set = match expr {
            Expr::GroupingSet(set) => set,
            expr => {
                let name = names.save(&expr);
                return Ok(name.restore(grouping(expr, schema)?));
            }
        };
        Ok(Expr::GroupingSet(match set {
            GroupingSet::Rollup(exprs) => GroupingSet::Rollup(named_groupings(exprs, schema)?),
            GroupingSet::Cube(exprs) => GroupingSet::Cube(named_groupings(exprs, schema)?),
            GroupingSet::GroupingSets(sets) => {
                let sets = sets.into_iter().map(|set| named_groupings(set, schema));
                GroupingSet::GroupingSets(sets.collect::<Result<_, _>>()?)
            }
        }))
    });
    keys.collect()
}

/// An expression as a key that values are grouped by.
fn grouping(expr: Expr, schema: &DFSchema) -> Result<Expr, DataFusionError> {
    Ok(match is_double(&expr, schema)? {
        true => Key::OneOfEach.of(expr),
        false => expr,
    })
}

fn groupings(exprs: Vec<Expr>, schema: &DFSchema) -> Result<Vec<Expr>, DataFusionError> {
    let keys = exprs.into_iter().map(|expr| grouping(expr, schema));
    keys.collect()
}

fn sortings(
    keys: Vec<SortExpr>,
    schema: &DFSchema,
    zeros: Zeros,
) -> Result<Vec<SortExpr>, DataFusionError> {
    let keys = keys.into_iter().map(|key| {
        if !is_double(&key.expr, schema)? {
            return Ok(key);
        }
        let kind = match (zeros, key.nulls_first) {
            (Zeros::Two, _) => Key::OneNan,
            (Zeros::One, false) => Key::OneOfEach,
            (Zeros::One, true) => Key::LowestNan,
        };
        let expr = kind.of(key.expr);
        Ok(SortExpr { expr, ..key })
    });
    keys.collect()
}

/// Replaces an expression that compares doubles.
fn replace(
    expr: Expr,
    schema: &DFSchema,
    zeros: Zeros,
) -> Result<Transformed<Expr>, DataFusionError> {
    let replaced = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if comparison(op).is_some()
                && is_double(&left, schema)?
                && is_double(&right, schema)? =>
        {
            functions::compare(*left, op, *right)
        }
        Expr::Between(Between {
            expr,
            negated,
            low,
            high,
        }) if is_double(&expr, schema)? => {
            let above = functions::compare((*expr).clone(), Operator::GtEq, *low);
            let inside = above.and(functions::compare(*expr, Operator::LtEq, *high));
            if negated { not(inside) } else { inside }
        }
        Expr::InList(InList {
            expr,
            list,
            negated,
        }) if is_double(&expr, schema)? => {
            let found = functions::is_in(zeros, [vec![*expr], list].concat());
            if negated { not(found) } else { found }
        }
        Expr::ScalarFunction(mut call)
            if call.name() == "nullif" && is_double(&call.args[0], schema)? =>
        {
            let (kept, other) = (call.args.swap_remove(0), call.args.swap_remove(0));
            let equal = functions::compare(kept.clone(), Operator::Eq, other);
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
            let equal =
                |when: Expr| Box::new(functions::compare((*expr).clone(), Operator::Eq, when));
            let branches = when_then_expr
                .into_iter()
                .map(|(when, then)| (equal(*when), then))
                .collect();
            Expr::Case(Case::new(None, branches, else_expr))
        }
        Expr::WindowFunction(mut window) if zeros == Zeros::One => {
            let parameters = &mut window.params;
            let partitioned = std::mem::take(&mut parameters.partition_by);
            parameters.partition_by = groupings(partitioned, schema)?;
            let ordered = std::mem::take(&mut parameters.order_by);
            parameters.order_by = sortings(ordered, schema, zeros)?;
            Expr::WindowFunction(window)
        }
        Expr::AggregateFunction(mut aggregate) if zeros == Zeros::One => {
            let parameters = &mut aggregate.params;
            if parameters.distinct {
                let arguments = std::mem::take(&mut parameters.args);
                parameters.args = groupings(arguments, schema)?;
            }
            let ordered = std::mem::take(&mut parameters.order_by);
            parameters.order_by = sortings(ordered, schema, zeros)?;
            Expr::AggregateFunction(aggregate)
        }
        other => return Ok(Transformed::no(other)),
    };
    Ok(Transformed::yes(replaced))
}

fn is_double(expr: &Expr, schema: &DFSchema) -> Result<bool, DataFusionError> {
    Ok(expr.get_type(schema)? == DataType::Float64)
}
