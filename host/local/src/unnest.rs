//! `CROSS JOIN UNNEST(..)` of what stands to the left of it, and `UNNEST` of a series.
//!
//! DataFusion plans the two sides of a join apart, so the right one does not see the left one's columns. Here such a
//! join becomes one relation of its own ([`nest`]), which is planned as the left side with its rows multiplied
//! ([`UnnestPlanner`]). A series gives the columns `time` and `value`, an array of rows its fields, a map its keys and
//! values, another array one column; `WITH ORDINALITY` one more.

use std::mem::{replace, take};
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Builder, ListArray, ListBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{
    Column, DataFusionError, NullHandling, TableReference, UnnestOptions, plan_err,
};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Volatility, create_udf,
};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, Ident, Join, JoinConstraint, JoinOperator, TableAlias, TableAliasColumnDef,
    TableFactor, TableWithJoins, Value,
};

/// What the items are called before they get their names; no statement can write it.
const ITEMS: &str = "unnest\u{1}";

/// Makes each join with an `UNNEST`, together with what is to the left of it, one relation; an `UNNEST` after a comma too.
pub(crate) fn nest(from: &mut Vec<TableWithJoins>) {
    for mut table in take(from) {
        match from.last_mut() {
            Some(before) if matches!(table.relation, TableFactor::UNNEST { .. }) => {
                before.joins.push(Join {
                    relation: table.relation,
                    global: false,
                    join_operator: JoinOperator::CrossJoin(JoinConstraint::None),
                });
                before.joins.append(&mut table.joins);
            }
            _ => from.push(table),
        }
    }
    from.iter_mut().for_each(nest_joins);
}

fn nest_joins(from: &mut TableWithJoins) {
    for join in take(&mut from.joins) {
        let last = kind(&join).is_some();
        from.joins.push(join);
        if last {
            let relation = replace(&mut from.relation, nothing());
            from.relation = nested(relation, take(&mut from.joins));
        }
    }
}

fn nothing() -> TableFactor {
    TableFactor::UNNEST {
        alias: None,
        array_exprs: Vec::new(),
        with_offset: false,
        with_offset_alias: None,
        with_ordinality: false,
    }
}

/// The same for a relation in parentheses; one that [`nest`] made stays as it is.
pub(crate) fn nest_factor(factor: &mut TableFactor) {
    if let TableFactor::NestedJoin {
        table_with_joins, ..
    } = factor
        && let [before @ .., _] = table_with_joins.joins.as_slice()
        && before.iter().any(|join| kind(join).is_some())
    {
        nest_joins(table_with_joins);
    }
}

fn nested(relation: TableFactor, joins: Vec<Join>) -> TableFactor {
    TableFactor::NestedJoin {
        table_with_joins: Box::new(TableWithJoins { relation, joins }),
        alias: None,
    }
}

/// What becomes of a row without items, if a join is one with an `UNNEST` that sees what is to the left of it.
fn kind(join: &Join) -> Option<NullHandling> {
    let is_true = |constraint: &JoinConstraint| match constraint {
        JoinConstraint::On(SqlExpr::Value(value)) => value.value == Value::Boolean(true),
        _ => false,
    };
    match (&join.relation, &join.join_operator) {
        (TableFactor::UNNEST { .. }, JoinOperator::CrossJoin(_)) => Some(NullHandling::Drop),
        (
            TableFactor::UNNEST { .. },
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint),
        ) if is_true(constraint) => Some(NullHandling::PreserveAndExpandEmpty),
        _ => None,
    }
}

/// Plans the relations that [`nest`] makes, and an `UNNEST` by itself.
#[derive(Debug)]
pub(crate) struct UnnestPlanner;

impl RelationPlanner for UnnestPlanner {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning, DataFusionError> {
        let (left, unnest, nulls, outer) = match relation {
            unnest @ TableFactor::UNNEST { .. } => {
                let one = LogicalPlanBuilder::empty(true).build()?;
                (one, unnest, NullHandling::Drop, None)
            }
            TableFactor::NestedJoin {
                mut table_with_joins,
                alias,
            } => {
                let last = table_with_joins.joins.last().and_then(kind);
                let (Some(nulls), Some(join)) =
                    (last, last.and_then(|_| table_with_joins.joins.pop()))
                else {
                    let relation = TableFactor::NestedJoin {
                        table_with_joins,
                        alias,
                    };
                    return Ok(RelationPlanning::Original(Box::new(relation)));
                };
                let left = nested(table_with_joins.relation, table_with_joins.joins);
                (context.plan(left)?, join.relation, nulls, alias)
            }
            other => return Ok(RelationPlanning::Original(Box::new(other))),
        };
        let plan = multiplied(left, unnest, nulls, context)?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(
            plan, outer,
        ))))
    }
}

/// Whether a plan is the one row that an `UNNEST` by itself multiplies.
fn is_one_row(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::EmptyRelation(relation) if relation.produce_one_row)
}

/// The number of each item of arrays, from 1 to the length of the longest.
fn ordinals(arrays: &[ColumnarValue]) -> Result<ColumnarValue, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(arrays)?;
    let lists: Vec<&ListArray> = arrays.iter().map(|array| array.as_list()).collect();
    let mut numbers = ListBuilder::new(Int64Builder::new());
    for row in 0..lists.first().map_or(0, |list| list.len()) {
        let lengths = lists.iter().map(|list| match list.is_null(row) {
            true => 0,
            false => i64::from(list.value_length(row)),
        });
        let longest = lengths.max().unwrap_or(0);
        numbers.append_value((1..=longest).map(Some));
    }
    Ok(ColumnarValue::Array(Arc::new(numbers.finish())))
}

/// Multiplies the rows of a plan by the items of its arrays; shorter ones are filled up with NULL.
fn multiplied(
    left: LogicalPlan,
    unnest: TableFactor,
    nulls: NullHandling,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan, DataFusionError> {
    let TableFactor::UNNEST {
        alias,
        array_exprs: arrays,
        with_ordinality,
        ..
    } = unnest
    else {
        return plan_err!("UNNEST must be the last join of its relation");
    };
    // Columns of an UNNEST without an alias can be named all the same, also beside those of another.
    let tables = left.schema().iter().filter_map(|(table, _)| table);
    let unnamed = tables.filter(|table| table.table().starts_with(ITEMS));
    let unnamed = format!("{ITEMS}{}", unnamed.count());
    if nulls == NullHandling::Drop && !is_one_row(&left) {
        let planned = arrays.iter().cloned();
        let planned = planned.map(|array| context.sql_to_expr(array, left.schema()));
        let planned = planned.collect::<Result<Vec<_>, _>>()?;
        let sees_left = planned
            .iter()
            .any(|array| !array.column_refs().is_empty() || array.contains_outer());
        if !sees_left {
            // Once, and not for each row of the left side.
            let unnest = TableFactor::UNNEST {
                alias: alias.or_else(|| {
                    Some(TableAlias {
                        explicit: false,
                        name: Ident::with_quote('"', unnamed),
                        columns: Vec::new(),
                        at: None,
                    })
                }),
                array_exprs: arrays,
                with_offset: false,
                with_offset_alias: None,
                with_ordinality,
            };
            let one = LogicalPlanBuilder::empty(true).build()?;
            let right = multiplied(one, unnest, nulls, context)?;
            return LogicalPlanBuilder::from(left).cross_join(right)?.build();
        }
    }
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
        let mut array = context.sql_to_expr(array, left.schema())?;
        if let DataType::Map(..) = array.get_type(left.schema())? {
            array = presto::map_entries().call(vec![array]);
        }
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
    if with_ordinality {
        let given = inputs.iter().skip(own.len()).cloned();
        let given: Vec<Expr> = given.map(Expr::unalias).collect();
        let types = given.iter().map(|array| array.get_type(left.schema()));
        let gives = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)));
        let numbers = create_udf(
            "ordinals",
            types.collect::<Result<_, _>>()?,
            gives,
            Volatility::Immutable,
            Arc::new(ordinals),
        );
        let column = Column::from_name(format!("{ITEMS}ordinality"));
        inputs.push(numbers.call(given).alias(column.name.clone()));
        outputs.push((Expr::Column(column.clone()), "ordinality".to_owned()));
        items.push(column);
    }
    let (table, names) = match alias {
        Some(alias) => {
            let name = |column: &TableAliasColumnDef| column.name.value.clone();
            (alias.name.value, alias.columns.iter().map(name).collect())
        }
        None => (unnamed, Vec::new()),
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
        .unnest_columns_with_options(items, UnnestOptions::new().with_null_handling(nulls))?
        .project(own.into_iter().chain(outputs))?
        .build()
}
