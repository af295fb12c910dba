//! Hands an order with a limit down to a scan whose connector announced top-N.
//!
//! The sort stays above: each split gives its own first rows, in any order between them.

use std::sync::Arc;

use connector::wire::{OrderByField, OrderDirection};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;

use super::scan::ScanExec;

/// The rule; it looks for a limited sort directly above a scan, or with projections between.
#[derive(Debug)]
pub(super) struct PushTopN;

impl PhysicalOptimizerRule for PushTopN {
    fn name(&self) -> &str {
        "push_top_n"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let changed = plan.transform_down(|plan| {
            let pushed = plan
                .downcast_ref::<SortExec>()
                .and_then(|sort| push(sort).transpose());
            match pushed.transpose()? {
                Some(input) => Ok(Transformed::yes(replace_children_if_necessary(
                    plan,
                    vec![input],
                )?)),
                None => Ok(Transformed::no(plan)),
            }
        })?;
        Ok(changed.data)
    }
}

/// The sort's input with a scan that knows of the order, if it can.
fn push(sort: &SortExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(limit) = sort.fetch() else {
        return Ok(None);
    };
    let keys = sort
        .expr()
        .iter()
        .map(|key| Some((column(&key.expr)?, key.options)));
    let Some(keys) = keys.collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    descend(sort.input(), &keys, limit)
}

fn descend(
    plan: &Arc<dyn ExecutionPlan>,
    keys: &[(usize, arrow::compute::SortOptions)],
    limit: usize,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        let below = keys.iter().map(|(index, options)| {
            Some((column(&projection.expr().get(*index)?.expr)?, *options))
        });
        let Some(below) = below.collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let Some(input) = descend(projection.input(), &below, limit)? else {
            return Ok(None);
        };
        return replace_children_if_necessary(plan.clone(), vec![input]).map(Some);
    }
    let Some(scan) = plan.downcast_ref::<ScanExec>() else {
        return Ok(None);
    };
    let order = keys.iter().map(|(index, options)| {
        let field = scan.scan.schema.fields().get(*index)?;
        // Nested values have an order in Athena, but none in its constraints.
        (!field.data_type().is_nested()).then(|| OrderByField {
            column_name: field.name().clone(),
            direction: match (options.descending, options.nulls_first) {
                (false, true) => OrderDirection::AscNullsFirst,
                (false, false) => OrderDirection::AscNullsLast,
                (true, true) => OrderDirection::DescNullsFirst,
                (true, false) => OrderDirection::DescNullsLast,
            },
        })
    });
    let Some(order) = order.collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    Ok(scan
        .with_order(order, limit)
        .map(|scan| Arc::new(scan) as Arc<dyn ExecutionPlan>))
}

fn column(expr: &Arc<dyn PhysicalExpr>) -> Option<usize> {
    expr.downcast_ref::<Column>().map(Column::index)
}
