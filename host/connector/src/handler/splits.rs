//! GetTableLayout and GetSplits: whether there is anything to read, and where its blocks go.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::{Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use futures::{StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::Connector;
use super::cut::{parts_of_token, token};
use super::deadline::Deadline;
use super::scan::{Asked, Scan};
use super::spilled::split_key;
use crate::catalog::{Carried, CarriedPart};
use crate::error::{Error, Result};
use crate::query::{self, Term};
use crate::statement::statement;
use crate::wire::{
    Block, GetSplitsRequest, GetSplitsResponse, GetTableLayoutRequest, GetTableLayoutResponse,
    SpillLocation, Split,
};

/// Splits of an answer at most: more would near the 6 MB that Lambda carries.
const SPLITS_A_PAGE: usize = 1_000;

/// Keys that are asked of KMS at once. Arbitrary; one takes some ten milliseconds.
const KEYS_AT_ONCE: usize = 16;

/// Nanoseconds since the epoch.
pub(super) fn now() -> Result<i64> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| Error::bug("the clock stands before 1970"))?;
    i64::try_from(since.as_nanos()).map_err(|_| Error::bug("the clock stands after 2262"))
}

impl Connector {
    /// One partition, or none when the constraints admit no row at all.
    pub(super) async fn layout(
        &self,
        request: GetTableLayoutRequest,
    ) -> Result<GetTableLayoutResponse> {
        let planned = async |digest| {
            let asked = Asked {
                identity: request.identity.as_ref(),
                name: &request.table_name,
                schema: &request.schema,
                constraints: &request.constraints,
            };
            self.planned(asked, digest).await
        };
        // The plugin that has mapped the table, while it can be had: another one may have other fields.
        let digest = Carried::digest(request.schema.metadata());
        let planned = match planned(digest.as_ref()).await {
            Err(_) if digest.is_some() => planned(None).await?,
            planned => planned?,
        };
        let terms = query::terms(&request.constraints, &planned.mapping)?;
        let is_empty = terms
            .iter()
            .any(|term| matches!(term, Term::Domain(domain) if domain.is_empty()));

        let carried = Carried {
            digest: planned.plugin.digest().clone(),
            now: now()?,
        };
        let mut metadata: HashMap<String, String> = carried.properties().into_iter().collect();
        Carried::put_table(&planned.table, &mut metadata)?;
        // The column that the Java SDK makes for a table without partitions (section 2.7).
        let field = Field::new("partitionId", DataType::Int32, true);
        let schema = Arc::new(Schema::new_with_metadata(vec![field], metadata));
        let partitions = Int32Array::from(if is_empty { vec![] } else { vec![1] });
        let partitions = RecordBatch::try_new(schema, vec![Arc::new(partitions)])
            .map_err(|error| Error::bug(format_args!("no partitions block: {error}")))?;
        Ok(GetTableLayoutResponse {
            catalog_name: request.catalog_name,
            table_name: request.table_name,
            partitions: Block(partitions),
        })
    }

    /// The splits, once the dialect has agreed to the query and the bucket is known to be there: one, or one for each slice
    /// of the scan.
    pub(super) async fn splits(
        &self,
        request: GetSplitsRequest,
        deadline: Option<Deadline>,
    ) -> Result<GetSplitsResponse> {
        let schema = request.partitions.0.schema();
        let carried = Carried::from_properties(|key| schema.metadata().get(key))?;
        let query_id = request.query_id.clone().unwrap_or_default();
        let place = self.spill_place(request.identity.as_ref())?;
        let services = self.services(request.identity.as_ref()).await?;
        services.spill.check_bucket(&place.bucket).await?;

        if request.partitions.0.num_rows() == 0 {
            return Ok(GetSplitsResponse {
                catalog_name: request.catalog_name,
                splits: Vec::new(),
                continuation_token: None,
            });
        }
        // A refusal shows now, before anything is read.
        let asked = Asked {
            identity: request.identity.as_ref(),
            name: &request.table_name,
            schema: &schema,
            constraints: &request.constraints,
        };
        let digest = carried.as_ref().map(|carried| &carried.digest);
        let planned = self.planned(asked, digest).await?;
        let carried = match carried {
            Some(carried) => carried,
            None => Carried {
                digest: planned.plugin.digest().clone(),
                now: now()?,
            },
        };
        let scan = Scan {
            planned,
            now: carried.now,
            part: CarriedPart::default(),
        };
        let query = self.query_of(&scan, Vec::new(), asked).await?;
        let statement = statement(&scan.planned.plugin, &query)?;
        let mut parts = match &request.continuation_token {
            Some(token) => parts_of_token(token)?,
            None => {
                self.cut(
                    &scan.planned.plugin,
                    &query,
                    &statement,
                    request.identity.as_ref(),
                    deadline,
                )
                .await
            }
        };
        let rest = parts.split_off(parts.len().min(SPLITS_A_PAGE));
        let continuation_token = match rest.as_slice() {
            [] => None,
            rest => Some(token(rest)?),
        };
        let split = async |part: CarriedPart| {
            let mut properties = carried.properties();
            properties.extend(part.properties());
            Ok::<_, Error>(Split {
                spill_location: Some(SpillLocation::S3SpillLocation {
                    bucket: place.bucket.clone(),
                    key: split_key(&place.prefix, &query_id, &Uuid::new_v4().to_string()),
                    directory: true,
                }),
                encryption_key: self.encryption_key(&services).await?,
                properties,
            })
        };
        let splits = futures::stream::iter(parts)
            .map(split)
            .buffered(KEYS_AT_ONCE)
            .try_collect()
            .await?;
        Ok(GetSplitsResponse {
            catalog_name: request.catalog_name,
            splits,
            continuation_token,
        })
    }
}
