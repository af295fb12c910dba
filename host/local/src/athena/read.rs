//! Reading a split: blocks inline or in S3 (federation-protocol.md, sections 2.10 and 6.6), handed on one by one.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use connector::spill::decrypt;
use connector::wire::{EncryptionKey, Response, SpillLocation, Split, decode_batch};
use datafusion::common::runtime::SpawnedTask;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::scan::ScanState;
use super::shown::shown_batch;

/// Spilled blocks of a split that are fetched or wait at a time: the next comes while one is worked on.
const BLOCKS_AHEAD: usize = 2;

type Batches = BoxStream<'static, anyhow::Result<RecordBatch>>;

/// The rows of a split, a batch for each block.
pub(super) fn split_batches(scan: Arc<ScanState>, split: Split) -> Batches {
    let table = format!(
        "`{}`.`{}`",
        scan.table.table_name.schema_name, scan.table.table_name.table_name
    );
    let counting = scan.clone();
    stream::once(open(scan, split))
        .try_flatten()
        .map(move |batch| batch.with_context(|| format!("cannot read table {table}")))
        .inspect_ok(move |batch| counting.tally().rows += batch.num_rows())
        .boxed()
}

async fn open(scan: Arc<ScanState>, split: Split) -> anyhow::Result<Batches> {
    let reader = scan.clone();
    // A task of its own: splits are decoded on all cores, and dropping the rows ends the read.
    let answered =
        SpawnedTask::spawn(async move { reader.client.ask(&reader.read_request(split)).await });
    let answered = answered.join().await.context("the read was ended")??;
    {
        let mut tally = scan.tally();
        tally.bytes += answered.bytes;
        tally.readings.extend(answered.reading);
    }
    match answered.response {
        Response::ReadRecordsResponse(response) => {
            let block = response.records.0;
            check_schema(&scan.schema, &block.schema())?;
            let batch = shown_batch(&block, &scan.shown)?;
            Ok(stream::once(async move { Ok(batch) }).boxed())
        }
        Response::RemoteReadRecordsResponse(response) => {
            check_schema(&scan.schema, &response.schema)?;
            let key = response.encryption_key.map(Arc::new);
            let blocks = stream::iter(response.remote_blocks);
            let schema = response.schema;
            let batches = blocks
                .map(move |location| fetch(scan.clone(), location, key.clone(), schema.clone()));
            Ok(batches.buffered(BLOCKS_AHEAD).boxed())
        }
        _ => bail!("the connector answers a read with something else"),
    }
}

async fn fetch(
    scan: Arc<ScanState>,
    location: SpillLocation,
    key: Option<Arc<EncryptionKey>>,
    schema: SchemaRef,
) -> anyhow::Result<RecordBatch> {
    let SpillLocation::S3SpillLocation {
        bucket,
        key: object,
        directory,
    } = location;
    ensure!(
        !directory,
        "the connector names the folder `{object}` as a block"
    );
    let cannot = || format!("cannot get block `{object}` from bucket `{bucket}`");
    let got = scan
        .client
        .options
        .spill
        .get_object()
        .bucket(&bucket)
        .key(&object)
        .send()
        .await
        .with_context(cannot)?;
    let bytes = got.body.collect().await.with_context(cannot)?.to_vec();
    {
        let mut tally = scan.tally();
        tally.blocks += 1;
        tally.bytes += bytes.len();
    }
    let bytes = match key {
        Some(key) => {
            decrypt(&key, bytes).with_context(|| format!("cannot read block `{object}`"))?
        }
        None => bytes,
    };
    let block =
        decode_batch(&bytes, &schema).with_context(|| format!("cannot read block `{object}`"))?;
    shown_batch(&block, &scan.shown)
}

/// Athena matches columns by position: a schema that is not the one asked for gives wrong rows.
fn check_schema(asked: &Schema, answered: &Schema) -> anyhow::Result<()> {
    let fields = |schema: &Schema| -> Vec<String> {
        schema
            .fields()
            .iter()
            .map(|field| format!("{} {}", field.name(), field.data_type()))
            .collect()
    };
    let (asked, answered) = (fields(asked), fields(answered));
    ensure!(
        asked == answered,
        "the connector was asked for ({}) and answers ({})",
        asked.join(", "),
        answered.join(", ")
    );
    Ok(())
}
