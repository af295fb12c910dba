//! A Timestream table as Athena's engine sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use connector::wire::{Constraints, GetTableResponse, OrderByField};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, TableScan, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::client::{Capabilities, Client};
use super::scan::ScanExec;
use super::shown::shown_schema;
use super::trino;

/// A table that the connector described, with what was pushed into its scan.
#[derive(Clone, Debug)]
pub(super) struct Table {
    client: Arc<Client>,
    table: Arc<GetTableResponse>,
    /// Nothing when Athena sends value sets alone.
    capabilities: Capabilities,
    shown: SchemaRef,
    constraints: Constraints,
}

impl Table {
    /// `arguments` are those of the call that it stands for.
    pub(super) fn new(
        client: Arc<Client>,
        table: GetTableResponse,
        arguments: BTreeMap<String, String>,
        capabilities: Capabilities,
    ) -> Self {
        let shown = shown_schema(&table.schema);
        Self {
            client,
            table: Arc::new(table),
            capabilities,
            shown,
            constraints: Constraints {
                query_passthrough_arguments: arguments,
                ..Constraints::default()
            },
        }
    }

    /// The table with a filter pushed into its scan, and what the engine has to check; nothing if no row can pass.
    pub(super) fn with_filter(
        &self,
        filter: &Expr,
        scan: &TableScan,
        context: &SimplifyContext,
    ) -> Result<Option<(Self, Option<Expr>)>> {
        let options = &self.client.options;
        let pushed = trino::push(
            filter,
            &scan.table_name,
            &scan.projected_schema,
            &self.capabilities.functions,
            options.engine.zones(),
            context,
        );
        let Some(pushed) = pushed else {
            // Nothing that the engine can compute came of it: the filter stays as it is.
            return Ok(Some((self.clone(), Some(filter.clone()))));
        };
        let Some(domains) = pushed.domains else {
            return Ok(None);
        };
        let mut table = self.clone();
        for (column, domain) in domains {
            let data_type = self.table.schema.field_with_name(&column)?.data_type();
            let values = domain.value_set(data_type)?;
            table.constraints.summary.insert(column, values);
        }
        table.constraints.expression = pushed.expressions;
        let kept = if options.filter_again {
            Some(filter.clone())
        } else {
            pushed.remaining
        };
        Ok(Some((table, kept)))
    }

    /// The table whose scan gives the first rows alone, in an order if there is one; nothing if the connector did not
    /// announce that, or the scan has a limit that says more. An order of a column without constants has no name.
    pub(super) fn with_limit(&self, order: Option<Vec<OrderByField>>, rows: usize) -> Option<Self> {
        let rows = i64::try_from(rows).ok()?;
        let Constraints {
            order_by_clause,
            limit,
            ..
        } = &self.constraints;
        let order = order?;
        let is_scalar = |key: &OrderByField| {
            let field = self.table.schema.field_with_name(&key.column_name);
            field.is_ok_and(|field| !field.data_type().is_nested())
        };
        let is_announced = if order.is_empty() {
            self.capabilities.limit
        } else {
            self.capabilities.top_n && order.iter().all(is_scalar)
        };
        let narrows = *limit < 0 || (rows < *limit && order == *order_by_clause);
        if !is_announced || !narrows {
            return None;
        }
        let mut table = self.clone();
        table.constraints.limit = rows;
        table.constraints.order_by_clause = order;
        Some(table)
    }
}

#[async_trait]
impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        self.shown.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// What is sent was pushed before ([`super::push`]); filters and limits that DataFusion offers stay above.
    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.shown.fields().len()).collect();
        let projection = projection.unwrap_or(&all);
        // With GetTable's metadata: the connector's own and the comments travel with it.
        let schema = self
            .table
            .schema
            .project(projection)
            .map_err(DataFusionError::from)?;
        Ok(Arc::new(ScanExec::new(
            self.client.clone(),
            self.table.clone(),
            Arc::new(schema),
            self.constraints.clone(),
        )))
    }
}
