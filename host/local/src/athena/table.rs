//! A Timestream table as Athena's engine sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use connector::wire::{Constraints, GetTableResponse};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::unparser::expr_to_sql;

use super::client::{Capabilities, Client};
use super::expression::Writer;
use super::filter::{Translation, translate};
use super::opaque::unwrapped;
use super::passthrough;
use super::scan::{Asked, ScanExec};
use super::shown::shown_schema;

/// A table that the connector described.
#[derive(Debug)]
pub(super) struct Table {
    client: Arc<Client>,
    table: Arc<GetTableResponse>,
    /// Of the call that it stands for.
    arguments: BTreeMap<String, String>,
    /// Nothing when Athena sends value sets alone.
    capabilities: Capabilities,
    shown: SchemaRef,
}

/// What becomes of a filter.
struct Pushed {
    translation: Translation,
    /// The whole filter, when its domains admit more than it does.
    expression: Option<connector::wire::Expression>,
}

impl Table {
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
            arguments,
            capabilities,
            shown,
        }
    }

    fn push(&self, filter: &Expr) -> Pushed {
        let schema: &Schema = &self.table.schema;
        let translation = translate(filter, schema);
        let writer = Writer {
            schema,
            announced: &self.capabilities.functions,
        };
        let expression = if translation.exact {
            None
        } else {
            writer.write(filter)
        };
        Pushed {
            translation,
            expression,
        }
    }

    /// What Athena sends for these filters, and the same for a person.
    fn asked(&self, filters: &[Expr], limit: Option<usize>) -> Result<Asked> {
        let mut domains = Translation {
            domains: Default::default(),
            exact: true,
        };
        let mut constraints = Constraints {
            query_passthrough_arguments: self.arguments.clone(),
            ..Constraints::default()
        };
        let mut expressions = Vec::new();
        for filter in filters {
            let pushed = self.push(filter);
            domains = domains.and(pushed.translation);
            if let Some(expression) = pushed.expression {
                constraints.expression.push(expression);
                expressions.push(readable(filter)?);
            }
        }
        let mut lines: Vec<String> = passthrough::describe(&self.arguments).collect();
        for (column, domain) in &domains.domains {
            let data_type = self.table.schema.field_with_name(column)?.data_type();
            constraints
                .summary
                .insert(column.clone(), domain.value_set(data_type)?);
            lines.push(domain.describe(column));
        }
        lines.extend(expressions);
        if let Some(limit) = limit.filter(|_| self.capabilities.limit) {
            constraints.limit = i64::try_from(limit).unwrap_or(i64::MAX);
            lines.push(format!("limit {limit}"));
        }
        Ok(Asked { constraints, lines })
    }
}

/// A filter as SQL, for a person.
fn readable(filter: &Expr) -> Result<String> {
    let plain = filter.clone().transform_up(|part| {
        Ok(match part {
            Expr::Column(column) => {
                Transformed::yes(Expr::Column(Column::new_unqualified(column.name)))
            }
            part => match unwrapped(&part) {
                Some(inner) => Transformed::yes(inner.clone()),
                None => Transformed::no(part),
            },
        })
    })?;
    Ok(expr_to_sql(&plain.data)?.to_string())
}

#[async_trait]
impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        self.shown.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let answers = filters.iter().map(|filter| {
            let pushed = self.push(filter);
            let is_whole = pushed.translation.exact || pushed.expression.is_some();
            if is_whole && !self.client.options.filter_again {
                TableProviderFilterPushDown::Exact
            } else if is_whole || !pushed.translation.domains.is_empty() {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        });
        Ok(answers.collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.shown.fields().len()).collect();
        let projection = projection.unwrap_or(&all);
        // With GetTable's metadata: the connector's own and the comments travel with it.
        let schema = self
            .table
            .schema
            .project(projection)
            .map_err(DataFusionError::from)?;
        let asked = self.asked(filters, limit)?;
        Ok(Arc::new(ScanExec::new(
            self.client.clone(),
            self.table.clone(),
            Arc::new(schema),
            asked,
            self.capabilities.top_n,
        )))
    }
}
