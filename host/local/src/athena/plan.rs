//! A query's plan: made with DataFusion, run, and looked at before or after.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use anyhow::anyhow;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use connector::wire::Constraints;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::DataFusionError;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::{Analyzer, AnalyzerRule, Optimizer};
use datafusion::physical_expr::expressions::{CastExpr, Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr, split_conjunction};
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use futures::Stream;

use super::catalog::Catalog;
use super::client::Client;
use super::describe::describe;
use super::opaque::{LikeTrino, MarkCasts, is_wrapping};
use super::passthrough::Call;
use super::patterns::escape_patterns;
use super::push::{push_filters, push_limits};
use super::scan::{ScanExec, ScanState};
use super::sql::{self, Parsed};
use super::{Athena, CATALOG, Kept, Scan, cast};

/// What to write in place of a function of a timestamp, where Athena pushes nothing.
const RANGE_HINT: &str = "of functions of a timestamp Athena pushes date, date_trunc and year alone, where they are compared with one constant; compare the column itself, as in time >= timestamp '2024-03-01 06:00:00'";

/// A planned query.
pub(super) struct Plan {
    context: SessionContext,
    root: Arc<dyn ExecutionPlan>,
}

impl Athena {
    pub(super) async fn plan(&self, sql: &str) -> anyhow::Result<Plan> {
        let client = Arc::new(Client::new(self.function.clone(), self.options.clone()));
        match sql::parse(sql)? {
            Parsed::Query(query, calls) => {
                let context = context(client, calls.into());
                let state = context.state();
                let query = Box::new(ast::Statement::Query(query));
                let plan = state.statement_to_plan(Statement::Statement(query)).await;
                let plan = pushed(plan.map_err(plain)?, &state).map_err(plain)?;
                let root = state.create_physical_plan(&plan).await.map_err(plain)?;
                Ok(Plan { context, root })
            }
            Parsed::Listing(listing) => {
                let rows = listing.rows(&client).await?;
                let schema = rows.schema();
                let root = MemorySourceConfig::try_new_exec(&[vec![rows]], schema, None);
                Ok(Plan {
                    context: context(client, Arc::default()),
                    root: root.map_err(plain)?,
                })
            }
        }
    }
}

/// DataFusion with Athena's habits and its one data source.
fn context(client: Arc<Client>, calls: Arc<[Call]>) -> SessionContext {
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
        .filter(|rule| rule.name() != "common_sub_expression_eliminate");
    let mut analyzer: Vec<Arc<dyn AnalyzerRule + Send + Sync>> = vec![Arc::new(MarkCasts)];
    analyzer.extend(Analyzer::new().rules);
    analyzer.push(Arc::new(LikeTrino));
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_analyzer_rules(analyzer)
        .with_optimizer_rules(rules.collect())
        .build();
    let context = SessionContext::new_with_state(state);
    context.register_udf(cast::round_timestamp());
    context.register_catalog(CATALOG, Arc::new(Catalog { client, calls }));
    context
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
    escape_patterns(push_limits(push_filters(plan, &context)?)?)
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
                splits: scan.known_splits(),
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
        self.stream.schema()
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
        self.stream
            .as_mut()
            .poll_next(context)
            .map(|next| next.map(|batch| batch.map_err(plain)))
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

fn kept(filter: &Arc<dyn PhysicalExpr>, schema: &Schema) -> datafusion::error::Result<Kept> {
    let (mut gets_zone, mut in_function) = (false, false);
    filter.apply(|part| {
        gets_zone |= column_with_zone(part, schema).is_some();
        let is_function = part
            .downcast_ref::<ScalarFunctionExpr>()
            .is_some_and(|call| !is_wrapping(call.name()));
        let is_day = part
            .downcast_ref::<CastExpr>()
            .is_some_and(|cast| cast.cast_type() == &DataType::Date32);
        in_function |= (is_function || is_day) && is_of_timestamp(part, schema);
        Ok(TreeNodeRecursion::Continue)
    })?;
    let hint = if gets_zone {
        let plain = filter
            .clone()
            .transform_up(|part| Ok(without_zone(part, schema)))?;
        Some(format!(
            "Athena casts the column to have a zone and pushes nothing; write {}",
            shown(plain.data)?
        ))
    } else {
        in_function.then(|| RANGE_HINT.to_owned())
    };
    Ok(Kept {
        filter: shown(filter.clone())?,
        hint,
    })
}

/// The column that an expression casts from a timestamp to one with a zone.
fn column_with_zone<'a>(
    part: &'a Arc<dyn PhysicalExpr>,
    schema: &Schema,
) -> Option<&'a Arc<dyn PhysicalExpr>> {
    let cast = part.downcast_ref::<CastExpr>()?;
    let is_given = matches!(cast.cast_type(), DataType::Timestamp(_, Some(_)))
        && matches!(
            cast.expr().data_type(schema),
            Ok(DataType::Timestamp(_, None))
        );
    is_given.then(|| cast.expr())
}

/// The same without a zone that was given to a column, and constants without theirs.
fn without_zone(
    part: Arc<dyn PhysicalExpr>,
    schema: &Schema,
) -> Transformed<Arc<dyn PhysicalExpr>> {
    if let Some(column) = column_with_zone(&part, schema) {
        return Transformed::yes(column.clone());
    }
    let zoned = part.downcast_ref::<Literal>().map(Literal::value);
    if let Some(ScalarValue::TimestampMillisecond(millis, Some(_))) = zoned {
        let constant = ScalarValue::TimestampMillisecond(*millis, None);
        return Transformed::yes(Arc::new(Literal::new(constant)));
    }
    Transformed::no(part)
}

/// Whether an expression looks at a timestamp column.
fn is_of_timestamp(part: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    let is_timestamp = part
        .downcast_ref::<Column>()
        .is_some_and(|column| matches!(column.data_type(schema), Ok(DataType::Timestamp(..))));
    is_timestamp
        || part
            .children()
            .into_iter()
            .any(|child| is_of_timestamp(child, schema))
}

/// A filter as SQL, for a person.
fn shown(filter: Arc<dyn PhysicalExpr>) -> datafusion::error::Result<String> {
    let shown = filter.transform_up(|part| {
        Ok(match readable(&part) {
            Some(text) => {
                Transformed::yes(Arc::new(Column::new(&text, 0)) as Arc<dyn PhysicalExpr>)
            }
            None => Transformed::no(part),
        })
    })?;
    Ok(fmt_sql(shown.data.as_ref()).to_string())
}

/// The text of what DataFusion would not print as SQL.
fn readable(part: &Arc<dyn PhysicalExpr>) -> Option<String> {
    if let Some(call) = part
        .downcast_ref::<ScalarFunctionExpr>()
        .filter(|call| is_wrapping(call.name()))
    {
        return Some(fmt_sql(call.args().first()?.as_ref()).to_string());
    }
    if let Some(cast) = part.downcast_ref::<CastExpr>() {
        let to = match cast.cast_type() {
            DataType::Timestamp(unit, zone) => {
                let digits = match unit {
                    TimeUnit::Second => 0,
                    TimeUnit::Millisecond => 3,
                    TimeUnit::Microsecond => 6,
                    TimeUnit::Nanosecond => 9,
                };
                format!(
                    "timestamp({digits}){}",
                    if zone.is_some() {
                        " with time zone"
                    } else {
                        ""
                    }
                )
            }
            other => other.to_string().to_lowercase(),
        };
        return Some(format!("cast({} as {to})", fmt_sql(cast.expr().as_ref())));
    }
    let constant = part.downcast_ref::<Literal>()?.value();
    match constant {
        ScalarValue::TimestampMillisecond(Some(_), zone)
        | ScalarValue::TimestampMicrosecond(Some(_), zone)
        | ScalarValue::TimestampNanosecond(Some(_), zone) => {
            let text = constant
                .cast_to(&DataType::Timestamp(TimeUnit::Nanosecond, None))
                .ok()?;
            let text = text
                .cast_to(&DataType::Utf8)
                .ok()?
                .to_string()
                .replace('T', " ");
            Some(format!(
                "timestamp '{text}{}'",
                if zone.is_some() { " UTC" } else { "" }
            ))
        }
        ScalarValue::Utf8(Some(text)) => Some(format!("'{}'", text.replace('\'', "''"))),
        _ => None,
    }
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
