//! A query's plan: made with DataFusion, run, and looked at before or after.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use anyhow::anyhow;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use connector::wire::Constraints;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::DataFusionError;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::{Analyzer, AnalyzerRule, Optimizer, OptimizerRule};
use datafusion::physical_expr::split_conjunction;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use futures::Stream;
use presto::{Checked, Lazy, Syntax, Typed, TypesOfSql};

use super::catalog::Catalog;
use super::client::Client;
use super::describe::describe;
use super::kept::kept;
use super::opaque::{LikeTrino, MarkCasts};
use super::passthrough::Call;
use super::patterns::escape_patterns;
use super::push::{push_filters, push_limits};
use super::scan::{ScanExec, ScanState};
use super::sql::{self, Parsed};
use super::{Athena, CATALOG, Kept, Scan, cast};
use crate::doubles::{Doubles, Zeros};
use crate::memory::bounded;
use crate::names;
use crate::unnest::UnnestPlanner;

/// A planned query.
pub(super) struct Plan {
    context: SessionContext,
    root: Arc<dyn ExecutionPlan>,
    /// The columns under the names that they are shown by.
    schema: SchemaRef,
}

impl Athena {
    pub(super) async fn plan(&self, sql: &str) -> anyhow::Result<Plan> {
        let client = Arc::new(Client::new(self.function.clone(), self.options.clone()));
        match sql::parse(sql)? {
            Parsed::Query(mut query, calls) => {
                names::mark(&mut query);
                let is_unnamed = matches!(*query.body, ast::SetExpr::Values(_));
                let context = context(client, calls.into()).map_err(plain)?;
                let state = context.state();
                let query = Box::new(ast::Statement::Query(query));
                let plan = state.statement_to_plan(Statement::Statement(query)).await;
                let plan = pushed(plan.map_err(plain)?, &state).map_err(plain)?;
                let root = state.create_physical_plan(&plan).await.map_err(plain)?;
                let schema = shown(&root.schema(), is_unnamed);
                Ok(Plan {
                    context,
                    root,
                    schema,
                })
            }
            Parsed::Listing(listing) => {
                let rows = listing.rows(&client).await?;
                let schema = rows.schema();
                let root = MemorySourceConfig::try_new_exec(&[vec![rows]], schema.clone(), None);
                Ok(Plan {
                    context: context(client, Arc::default()).map_err(plain)?,
                    root: root.map_err(plain)?,
                    schema,
                })
            }
        }
    }
}

/// A plan's columns under the names that they are shown by.
fn shown(planned: &Schema, is_unnamed: bool) -> SchemaRef {
    let fields = planned.fields().iter().enumerate();
    let fields = fields.map(|(place, field)| {
        let (name, _) = names::shown(field.name(), place, is_unnamed);
        field.as_ref().clone().with_name(name)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// DataFusion with Athena's habits and its one data source.
fn context(client: Arc<Client>, calls: Arc<[Call]>) -> datafusion::error::Result<SessionContext> {
    let mut config = SessionConfig::new()
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, "default")
        // Splits are read at a time inside of a scan; what comes after is small.
        .with_target_partitions(1);
    let options = config.options_mut();
    options.execution.time_zone = Some("+00:00".to_owned());
    options.sql_parser.default_null_ordering = "nulls_last".to_owned();
    options.sql_parser.map_string_types_to_utf8view = false;
    // They would show as filters that stay with the engine.
    options.optimizer.enable_dynamic_filter_pushdown = false;
    // Decimal literals are decimals to Athena; doubles are written with an exponent.
    options.sql_parser.parse_float_as_decimal = true;
    // It would put parts of filters elsewhere under made-up names, where nobody could read them.
    let rules = Optimizer::new()
        .rules
        .into_iter()
        .filter(|rule| rule.name() != "common_sub_expression_eliminate")
        .chain([Arc::new(Lazy) as Arc<dyn OptimizerRule + Send + Sync>]);
    let mut analyzer: Vec<Arc<dyn AnalyzerRule + Send + Sync>> =
        vec![Arc::new(Typed { reads_times: false }), Arc::new(MarkCasts)];
    analyzer.extend(Analyzer::new().rules);
    analyzer.push(Arc::new(LikeTrino));
    let mut builder = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_runtime_env(bounded()?)
        .with_analyzer_rules(analyzer)
        .with_optimizer_rules(rules.collect());
    let functions = presto::functions().into_iter().chain(cast::functions());
    presto::register(&mut builder, functions, presto::aggregates());
    let mut planners = builder.expr_planners().take().unwrap_or_default();
    planners.insert(0, Arc::new(Syntax::new()));
    let state = builder
        .with_expr_planners(planners)
        .with_type_planner(Arc::new(TypesOfSql))
        .with_relation_planners(vec![Arc::new(UnnestPlanner)])
        .build();
    let context = SessionContext::new_with_state(state);
    context.register_catalog(CATALOG, Arc::new(Catalog { client, calls }));
    Ok(context)
}

/// Rules of DataFusion's that move filters to the tables and leave what they say as it was written.
const MOVING: [&str; 9] = [
    "rewrite_set_comparison",
    "replace_distinct_aggregate",
    "decorrelate_predicate_subquery",
    "scalar_subquery_to_join",
    "decorrelate_lateral_join",
    "extract_equijoin_predicate",
    "eliminate_cross_join",
    "eliminate_outer_join",
    "push_down_filter",
];

/// The plan with everything pushed into the scans that Trino pushes. It is optimized after that, since what DataFusion
/// simplifies says no more what the user wrote.
fn pushed(plan: LogicalPlan, state: &SessionState) -> datafusion::error::Result<LogicalPlan> {
    let options = state.config_options();
    let plan = state
        .analyzer()
        .execute_and_check(plan, options, |_, _| {})?;
    let moving = Optimizer::new()
        .rules
        .into_iter()
        .filter(|rule| MOVING.contains(&rule.name()));
    let moving = Optimizer::with_rules(moving.collect());
    let plan = moving.optimize(plan, state, |_, _| {})?;
    let context = SimplifyContext::builder()
        .with_config_options(state.config_options().clone())
        .with_query_execution_start_time(state.execution_props().query_execution_start_time)
        .build();
    let plan = escape_patterns(push_limits(push_filters(plan, &context)?)?)?;
    let plan = Checked.analyze(plan, options)?;
    Doubles(Zeros::One).analyze(plan, options)
}

impl Plan {
    /// Runs it.
    pub(super) fn start(self) -> anyhow::Result<Rows> {
        let stream = execute_stream(self.root.clone(), self.context.task_ctx()).map_err(plain)?;
        Ok(Rows { stream, plan: self })
    }

    /// Asks for the splits of every scan.
    pub(super) async fn prepare(&self) -> anyhow::Result<()> {
        for (scan, _) in self.found()? {
            scan.splits().await?;
        }
        Ok(())
    }

    /// What was asked and what came, so far.
    pub(super) async fn scans(&self) -> anyhow::Result<Vec<Scan>> {
        let mut scans = Vec::new();
        for (scan, kept) in self.found()? {
            let explanation = scan.explanation().await?;
            let tally = scan.tally().clone();
            scans.push(Scan {
                table: table_name(&scan),
                constraints: describe(&scan.constraints),
                explanation,
                slices: scan.known_slices(),
                kept,
                readings: tally.readings,
                rows: tally.rows,
                blocks: tally.blocks,
                bytes: tally.bytes,
            });
        }
        Ok(scans)
    }

    /// What is sent for each table, in the plan's order.
    pub(super) fn pushed(&self) -> anyhow::Result<Vec<(String, Constraints)>> {
        let found = self.found()?.into_iter();
        Ok(found
            .map(|(scan, _)| (table_name(&scan), scan.constraints.clone()))
            .collect())
    }

    fn found(&self) -> anyhow::Result<Vec<(Arc<ScanState>, Vec<Kept>)>> {
        let mut found = Vec::new();
        find(&self.root, Vec::new(), &mut found).map_err(plain)?;
        Ok(found)
    }
}

fn table_name(scan: &ScanState) -> String {
    let name = &scan.table.table_name;
    format!("{}.{}", name.schema_name, name.table_name)
}

/// The rows of a running query, as they come.
pub struct Rows {
    stream: SendableRecordBatchStream,
    plan: Plan,
}

impl Rows {
    /// The schema of every batch.
    pub fn schema(&self) -> SchemaRef {
        self.plan.schema.clone()
    }

    /// What was asked of each table and what has come so far, in the plan's order.
    ///
    /// # Errors
    ///
    /// When a read cannot be explained.
    pub async fn scans(&self) -> anyhow::Result<Vec<Scan>> {
        self.plan.scans().await
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Rows")
            .field("schema", &self.schema())
            .finish_non_exhaustive()
    }
}

impl Stream for Rows {
    type Item = anyhow::Result<RecordBatch>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        let next = self.stream.as_mut().poll_next(context);
        next.map(|next| {
            let batch = next?.map_err(plain);
            Some(batch.and_then(|batch| {
                let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let (schema, columns) = (self.plan.schema.clone(), batch.columns().to_vec());
                Ok(RecordBatch::try_new_with_options(schema, columns, &rows)?)
            }))
        })
    }
}

/// The scans below a node; `above` are the filters between the node and what changes rows.
fn find(
    plan: &Arc<dyn ExecutionPlan>,
    mut above: Vec<Kept>,
    found: &mut Vec<(Arc<ScanState>, Vec<Kept>)>,
) -> datafusion::error::Result<()> {
    if let Some(scan) = plan.downcast_ref::<ScanExec>() {
        found.push((scan.scan.clone(), above));
        return Ok(());
    }
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let schema = filter.input().schema();
        for part in split_conjunction(filter.predicate()) {
            above.push(kept(part, &schema)?);
        }
    } else if plan.name() != "ProjectionExec" {
        above.clear();
    }
    plan.children()
        .into_iter()
        .try_for_each(|child| find(child, above.clone(), found))
}

/// The error behind DataFusion's wrappings: the connector's own words where it spoke.
fn plain(error: DataFusionError) -> anyhow::Error {
    match error {
        DataFusionError::External(error) => anyhow::Error::from_boxed(error),
        DataFusionError::Context(_, error) | DataFusionError::Diagnostic(_, error) => plain(*error),
        DataFusionError::Shared(error) => {
            anyhow!("cannot run the query: {}", error.strip_backtrace())
        }
        other => anyhow!("cannot run the query: {}", other.strip_backtrace()),
    }
}
