//! `CROSS JOIN UNNEST(..)` of what stands to the left of it, and `UNNEST` of a series.
//!
//! DataFusion plans the two sides of a join apart, so the right one does not see the left one's columns. Here such a
//! join becomes one relation of its own ([`nest`]), which is planned as the left side with its rows multiplied
//! ([`UnnestPlanner`]). A series gives the columns `time` and `value`, an array of rows its fields, another array one
//! column. After a comma, and with `LEFT JOIN`, `UNNEST` still sees only itself.

use std::mem::{replace, take};

use arrow::datatypes::DataType;
use datafusion::common::{
    Column, DataFusionError, NullHandling, TableReference, UnnestOptions, not_impl_err, plan_err,
};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, Join, JoinOperator, TableAlias, TableAliasColumnDef, TableFactor,
    TableWithJoins,
};

/// What the items are called before they get their names; no statement can write it.
const ITEMS: &str = "unnest\u{1}";

/// Makes each join with an `UNNEST`, together with what is to the left of it, one relation.
pub(in crate::timestream::sql) fn nest(from: &mut TableWithJoins) {
    for join in take(&mut from.joins) {
        let last = is_unnest(&join);
        from.joins.push(join);
        if last {
            let empty = TableFactor::UNNEST {
                alias: None,
                array_exprs: Vec::new(),
                with_offset: false,
                with_offset_alias: None,
                with_ordinality: false,
            };
            let relation = replace(&mut from.relation, empty);
            from.relation = nested(relation, take(&mut from.joins));
        }
    }
}

/// The same for a relation in parentheses; one that [`nest`] made stays as it is.
pub(in crate::timestream::sql) fn nest_factor(factor: &mut TableFactor) {
    if let TableFactor::NestedJoin {
        table_with_joins, ..
    } = factor
        && let [before @ .., _] = table_with_joins.joins.as_slice()
        && before.iter().any(is_unnest)
    {
        nest(table_with_joins);
    }
}

fn nested(relation: TableFactor, joins: Vec<Join>) -> TableFactor {
    TableFactor::NestedJoin {
        table_with_joins: Box::new(TableWithJoins { relation, joins }),
        alias: None,
    }
}

fn is_unnest(join: &Join) -> bool {
    matches!(
        (&join.relation, &join.join_operator),
        (TableFactor::UNNEST { .. }, JoinOperator::CrossJoin(_))
    )
}

/// Plans the relations that [`nest`] makes.
#[derive(Debug)]
pub(in crate::timestream::sql) struct UnnestPlanner;

impl RelationPlanner for UnnestPlanner {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning, DataFusionError> {
        let (mut inner, outer) = match relation {
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } if table_with_joins.joins.last().is_some_and(is_unnest) => (*table_with_joins, alias),
            other => return Ok(RelationPlanning::Original(Box::new(other))),
        };
        let Some(Join {
            relation:
                TableFactor::UNNEST {
                    alias,
                    array_exprs,
                    with_ordinality,
                    ..
                },
            ..
        }) = inner.joins.pop()
        else {
            return plan_err!("UNNEST must be the last join of its relation");
        };
        if with_ordinality {
            return not_impl_err!("WITH ORDINALITY is not supported");
        }
        let left = context.plan(nested(inner.relation, inner.joins))?;
        let plan = unnest(left, array_exprs, alias, context)?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(
            plan, outer,
        ))))
    }
}

/// Multiplies the rows of a plan by the items of its arrays; shorter ones are filled up with NULL.
fn unnest(
    left: LogicalPlan,
    arrays: Vec<SqlExpr>,
    alias: Option<TableAlias>,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan, DataFusionError> {
    let own: Vec<Expr> = left
        .schema()
        .columns()
        .into_iter()
        .map(Expr::Column)
        .collect();
    let mut inputs = own.clone();
    let mut items: Vec<Column> = Vec::with_capacity(arrays.len());
    let mut outputs: Vec<(Expr, String)> = Vec::new();
    for (place, array) in arrays.into_iter().enumerate() {
        let array = context.sql_to_expr(array, left.schema())?;
        let array_type = array.get_type(left.schema())?;
        let DataType::List(item) = &array_type else {
            return plan_err!("Cannot unnest type: {array_type}");
        };
        let column = Column::from_name(format!("{ITEMS}{place}"));
        let values = Expr::Column(column.clone());
        match item.data_type() {
            DataType::Struct(fields) => outputs.extend(fields.iter().map(|field| {
                let name = field.name().clone();
                (get_field(values.clone(), name.clone()), name)
            })),
            _ => outputs.push((values, format!("_col{place}"))),
        }
        inputs.push(array.alias(column.name.clone()));
        items.push(column);
    }
    let (table, names) = match alias {
        Some(alias) => {
            let name = |column: &TableAliasColumnDef| column.name.value.clone();
            (alias.name.value, alias.columns.iter().map(name).collect())
        }
        // Its columns can be named all the same.
        None => (ITEMS.to_owned(), Vec::new()),
    };
    let names: Vec<String> = match names.len() {
        0 => outputs.iter().map(|(_, name)| name.clone()).collect(),
        given if given == outputs.len() => names,
        given => {
            let has = outputs.len();
            return plan_err!(
                "Column alias list has {given} entries but '{table}' has {has} columns available"
            );
        }
    };
    let table = TableReference::bare(table);
    let outputs = outputs
        .into_iter()
        .zip(names)
        .map(|((value, _), name)| value.alias_qualified(Some(table.clone()), name));
    LogicalPlanBuilder::from(left)
        .project(inputs)?
        .unnest_columns_with_options(
            items,
            UnnestOptions::new().with_null_handling(NullHandling::Drop),
        )?
        .project(own.into_iter().chain(outputs))?
        .build()
}
