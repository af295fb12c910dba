//! What is above a table's scan is pushed into it, as Trino's planner does it: filters, limits, and orders with a limit.
//!
//! This comes after DataFusion has moved filters to the tables and before it simplifies them, so that Trino's rules see
//! what the user wrote. A scan keeps what was pushed; whatever DataFusion does afterwards changes nothing of it.
//!
//! What a join's other side turns out to hold (dynamic filters) is not pushed.

use std::sync::Arc;

use connector::wire::{OrderByField, OrderDirection};
use datafusion::catalog::default_table_source::{provider_as_source, source_as_provider};
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    EmptyRelation, Expr, FetchType, Filter, JoinType, Limit, LogicalPlan, Projection, SkipType,
    Sort, SortExpr, TableScan,
};

use super::table::Table;

/// Pushes filters into the scans right below them.
pub(super) fn push_filters(plan: LogicalPlan, context: &SimplifyContext) -> Result<LogicalPlan> {
    let pushed = plan.transform_up_with_subqueries(|plan| match &plan {
        LogicalPlan::Filter(filter) => Ok(match push_filter(filter, context)? {
            Some(pushed) => Transformed::yes(pushed),
            None => Transformed::no(plan),
        }),
        _ => Ok(Transformed::no(plan)),
    })?;
    Ok(pushed.data)
}

fn push_filter(filter: &Filter, context: &SimplifyContext) -> Result<Option<LogicalPlan>> {
    let LogicalPlan::TableScan(scan) = filter.input.as_ref() else {
        return Ok(None);
    };
    let provider = source_as_provider(&scan.source)?;
    let Some(table) = provider.downcast_ref::<Table>() else {
        return Ok(None);
    };
    let Some((table, remaining)) = table.with_filter(&filter.predicate, scan, context)? else {
        return Ok(Some(LogicalPlan::EmptyRelation(EmptyRelation {
            produce_one_row: false,
            schema: scan.projected_schema.clone(),
        })));
    };
    let scan = LogicalPlan::TableScan(with_table(scan, table));
    Ok(Some(match remaining {
        Some(remaining) => LogicalPlan::Filter(Filter::try_new(remaining, Arc::new(scan))?),
        None => scan,
    }))
}

/// Pushes limits, and orders that have one, into the scans that they reach. They stay where they are too: each split
/// gives its own first rows.
pub(super) fn push_limits(plan: LogicalPlan) -> Result<LogicalPlan> {
    let pushed = plan.transform_up_with_subqueries(|plan| {
        let LogicalPlan::Limit(limit) = &plan else {
            return Ok(Transformed::no(plan));
        };
        let (SkipType::Literal(skip), FetchType::Literal(Some(fetch))) =
            (limit.get_skip_type()?, limit.get_fetch_type()?)
        else {
            return Ok(Transformed::no(plan));
        };
        let Some(rows) = skip.checked_add(fetch).filter(|rows| *rows > 0) else {
            return Ok(Transformed::no(plan));
        };
        let input = push(&limit.input, &[], rows)?;
        Ok(Transformed::yes(LogicalPlan::Limit(Limit {
            input: Arc::new(input),
            ..limit.clone()
        })))
    })?;
    Ok(pushed.data)
}

/// A key: the position of a column, and how it is sorted.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    column: usize,
    direction: OrderDirection,
}

fn sorted(sort: &Sort, rows: usize) -> Result<LogicalPlan> {
    let mut keys: Vec<Key> = Vec::new();
    for SortExpr {
        expr,
        asc,
        nulls_first,
    } in &sort.expr
    {
        let Some(column) = position(expr, &sort.input) else {
            return Ok(LogicalPlan::Sort(sort.clone()));
        };
        let direction = match (asc, nulls_first) {
            (true, true) => OrderDirection::AscNullsFirst,
            (true, false) => OrderDirection::AscNullsLast,
            (false, true) => OrderDirection::DescNullsFirst,
            (false, false) => OrderDirection::DescNullsLast,
        };
        // A column that decided already decides nothing again.
        if keys.iter().all(|key| key.column != column) {
            keys.push(Key { column, direction });
        }
    }
    Ok(LogicalPlan::Sort(Sort {
        input: Arc::new(push(&sort.input, &keys, rows)?),
        ..sort.clone()
    }))
}

fn position(expr: &Expr, input: &LogicalPlan) -> Option<usize> {
    match expr {
        Expr::Alias(alias) => position(&alias.expr, input),
        Expr::Column(column) => input.schema().maybe_index_of_column(column),
        _ => None,
    }
}

/// Pushes as far down as the rows are the same ones; without keys a limit alone.
fn push(plan: &LogicalPlan, keys: &[Key], rows: usize) -> Result<LogicalPlan> {
    Ok(match plan {
        LogicalPlan::TableScan(scan) => {
            let provider = source_as_provider(&scan.source)?;
            let limited = provider.downcast_ref::<Table>().and_then(|table| {
                let order = keys.iter().map(|key| order_by(key, scan));
                table.with_limit(order.collect(), rows)
            });
            match limited {
                Some(table) => LogicalPlan::TableScan(with_table(scan, table)),
                None => plan.clone(),
            }
        }
        LogicalPlan::SubqueryAlias(_) => below(plan, |input| push(input, keys, rows))?,
        LogicalPlan::Projection(projection) => match through(projection, keys) {
            Some(keys) => below(plan, |input| push(input, &keys, rows))?,
            None => plan.clone(),
        },
        LogicalPlan::Union(_) => below(plan, |input| push(input, keys, rows))?,
        LogicalPlan::Sort(sort) if keys.is_empty() => sorted(sort, rows)?,
        // A smaller limit of the same rows.
        LogicalPlan::Limit(limit) if keys.is_empty() && limit.skip.is_none() => {
            below(plan, |input| push(input, keys, rows))?
        }
        LogicalPlan::Join(join) => {
            let left = join.left.schema().fields().len();
            let (side, keys): (usize, Option<Vec<Key>>) = match join.join_type {
                JoinType::Left => (
                    0,
                    keys.iter()
                        .map(|key| (key.column < left).then_some(*key))
                        .collect(),
                ),
                JoinType::Right => (
                    1,
                    keys.iter()
                        .map(|key| {
                            let column = key.column.checked_sub(left)?;
                            Some(Key { column, ..*key })
                        })
                        .collect(),
                ),
                _ => return Ok(plan.clone()),
            };
            let Some(keys) = keys else {
                return Ok(plan.clone());
            };
            let mut join = join.clone();
            let input = if side == 0 {
                &mut join.left
            } else {
                &mut join.right
            };
            *input = Arc::new(push(input, &keys, rows)?);
            LogicalPlan::Join(join)
        }
        other => other.clone(),
    })
}

/// The keys below a projection. An order goes through columns alone; a limit through anything.
fn through(projection: &Projection, keys: &[Key]) -> Option<Vec<Key>> {
    let columns: Vec<Option<usize>> = projection
        .expr
        .iter()
        .map(|expr| position(expr, &projection.input))
        .collect();
    if !keys.is_empty() && columns.contains(&None) {
        return None;
    }
    keys.iter()
        .map(|key| {
            let column = (*columns.get(key.column)?)?;
            Some(Key { column, ..*key })
        })
        .collect()
}

fn order_by(key: &Key, scan: &TableScan) -> Option<OrderByField> {
    Some(OrderByField {
        column_name: scan
            .projected_schema
            .fields()
            .get(key.column)?
            .name()
            .clone(),
        direction: key.direction,
    })
}

fn below(
    plan: &LogicalPlan,
    push: impl Fn(&LogicalPlan) -> Result<LogicalPlan>,
) -> Result<LogicalPlan> {
    let inputs = plan.inputs().into_iter().map(push).collect::<Result<_>>()?;
    plan.with_new_exprs(plan.expressions(), inputs)
}

fn with_table(scan: &TableScan, table: Table) -> TableScan {
    TableScan {
        source: provider_as_source(Arc::new(table)),
        ..scan.clone()
    }
}
