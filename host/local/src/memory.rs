//! The memory that one statement may take.

use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};

/// Bytes of all operators of a statement together that DataFusion counts. Arbitrary: a million rows of ten columns take a
/// tenth of it.
const STATEMENT_BYTES: usize = 2 << 30;

/// The surroundings of one statement, which fails where it wants more. Nothing is written to disk.
///
/// # Errors
///
/// When they cannot be made.
pub(crate) fn bounded() -> Result<Arc<RuntimeEnv>, DataFusionError> {
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(GreedyMemoryPool::new(STATEMENT_BYTES)))
        .with_disk_manager_builder(
            DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
        )
        .build_arc()
}
