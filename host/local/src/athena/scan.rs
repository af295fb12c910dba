//! A scan: one table's constraints, its splits, and the rows they give, as a node of DataFusion's plan.
//!
//! Nothing is asked before the rows are wanted or the scan is explained.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use arrow::datatypes::SchemaRef;
use connector::catalog::CarriedPart;
use connector::wire::{Constraints, GetTableResponse, Request, Split, write_request};
use connector::{Explanation, Reading};
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::OnceCell;

use super::client::Client;
use super::describe::describe;
use super::read::split_batches;
use super::shown::shown_schema;

/// Splits that are read at a time. Arbitrary: enough to hide waiting, few enough for one machine.
const SPLITS_AT_A_TIME: usize = 8;

/// A scan of a table.
#[derive(Debug)]
pub(super) struct ScanExec {
    pub(super) scan: Arc<ScanState>,
    properties: Arc<PlanProperties>,
}

/// What a scan asks and has got.
#[derive(Debug)]
pub(super) struct ScanState {
    pub(super) client: Arc<Client>,
    pub(super) table: Arc<GetTableResponse>,
    /// The fields asked for as the wire has them, with the table's metadata.
    pub(super) schema: SchemaRef,
    /// The same fields as the engine has them.
    pub(super) shown: SchemaRef,
    pub(super) constraints: Constraints,
    splits: OnceCell<Vec<Split>>,
    tally: Mutex<Tally>,
}

/// What has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) readings: Vec<Reading>,
    pub(super) rows: usize,
    /// Spilled ones.
    pub(super) blocks: usize,
    /// Of answers and spilled objects.
    pub(super) bytes: usize,
}

impl ScanExec {
    /// `schema` is the fields asked for as the wire has them, with the table's metadata.
    pub(super) fn new(
        client: Arc<Client>,
        table: Arc<GetTableResponse>,
        schema: SchemaRef,
        constraints: Constraints,
    ) -> Self {
        let shown = shown_schema(&schema);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(shown.clone()),
            // The splits are read at a time inside of the one partition: their number is known only when asked.
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        // Every batch is waited for.
        .with_scheduling_type(SchedulingType::Cooperative);
        let (splits, tally) = (OnceCell::new(), Mutex::default());
        let scan = ScanState {
            client,
            table,
            schema,
            shown,
            constraints,
            splits,
            tally,
        };
        Self {
            scan: Arc::new(scan),
            properties: Arc::new(properties),
        }
    }
}

impl ScanState {
    /// The splits; asked for once.
    pub(super) async fn splits(&self) -> anyhow::Result<&[Split]> {
        let splits = self
            .splits
            .get_or_try_init(|| self.client.splits(&self.table, &self.constraints));
        Ok(splits.await?)
    }

    /// The part of the rows that each split reads, as a condition on their time, if they were asked for. All of them:
    /// no condition.
    pub(super) fn known_slices(&self) -> Vec<Option<String>> {
        let splits = self.splits.get().into_iter().flatten();
        let condition = |split: &Split| {
            let part = CarriedPart::from_properties(&split.properties).ok()?;
            part.slice.condition("time")
        };
        splits.map(condition).collect()
    }

    /// The request that reads a split.
    pub(super) fn read_request(&self, split: Split) -> Request {
        self.client.read_request(
            &self.table.table_name,
            &self.schema,
            &self.constraints,
            split,
        )
    }

    /// What the connector makes of the reads: nothing if it is not in this process, or there is nothing to read.
    pub(super) async fn explanation(&self) -> anyhow::Result<Option<Explanation>> {
        let split = self.splits.get().and_then(|splits| splits.first());
        let (Some(connector), Some(split)) = (self.client.function.connector(), split) else {
            return Ok(None);
        };
        let payload = write_request(&self.read_request(split.clone()))?;
        Ok(Some(
            connector
                .explain(&payload)
                .await
                .context("cannot explain the read")?,
        ))
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.scan.table.table_name;
        write!(
            formatter,
            "ScanExec: {}.{} {}",
            table.schema_name,
            table.table_name,
            describe(&self.scan.constraints).join("; ")
        )
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("a scan has one partition, not {partition}");
        }
        let scan = self.scan.clone();
        let batches = stream::once(async move {
            let splits = scan.splits().await?.to_vec();
            let batches = stream::iter(splits).map(move |split| split_batches(scan.clone(), split));
            anyhow::Ok(batches.flatten_unordered(SPLITS_AT_A_TIME))
        });
        let batches = batches
            .try_flatten()
            .map_err(|error| DataFusionError::External(error.into()));
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.scan.shown.clone(),
            batches,
        )))
    }
}
