//! GetTableLayout and GetSplits: whether there is anything to read, and where its blocks go.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::{Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use uuid::Uuid;

use super::Connector;
use super::cut::{parts_of_token, token};
use super::deadline::Deadline;
use super::scan::Scan;
use super::services::Services;
use crate::catalog::{Carried, CarriedPart};
use crate::error::{Error, Result};
use crate::query::{self, Term};
use crate::spill::new_key;
use crate::statement::statement;
use crate::wire::{
    Block, EncryptionKey, GetSplitsRequest, GetSplitsResponse, GetTableLayoutRequest,
    GetTableLayoutResponse, Identity, SpillLocation, Split,
};

/// Splits of an answer at most: more would near the 6 MB that Lambda carries.
const SPLITS_A_PAGE: usize = 1_000;

/// Nanoseconds since the epoch.
fn now() -> Result<i64> {
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
        let (table, mapping) = self
            .table_and_mapping(
                request.identity.as_ref(),
                &request.table_name,
                &request.schema,
                &request.constraints,
            )
            .await?;
        let terms = query::terms(&request.constraints, &mapping)?;
        let is_empty = terms
            .iter()
            .any(|term| matches!(term, Term::Domain(domain) if domain.is_empty()));

        let carried = Carried {
            digest: self.plugin.digest().to_owned(),
            now: now()?,
        };
        let mut metadata: HashMap<String, String> = carried.properties().into_iter().collect();
        Carried::put_table(&table, &mut metadata)?;
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
        let carried = match Carried::from_properties(|key| schema.metadata().get(key))? {
            Some(carried) if carried.digest == self.plugin.digest() => carried,
            Some(_) => {
                let message = "cannot divide the query: the dialect was replaced meanwhile; hint: run it again";
                return Err(Error::invalid_input(message));
            }
            None => Carried {
                digest: self.plugin.digest().to_owned(),
                now: now()?,
            },
        };
        let query_id = request.query_id.clone().unwrap_or_default();
        let (bucket, prefix) = self.spill_place(request.identity.as_ref())?;
        let services = self.services(request.identity.as_ref()).await?;
        services.spill.check_bucket(&bucket).await?;

        if request.partitions.0.num_rows() == 0 {
            return Ok(GetSplitsResponse {
                catalog_name: request.catalog_name,
                splits: Vec::new(),
                continuation_token: None,
            });
        }
        // A refusal shows now, before anything is read.
        let (table, mapping) = self
            .table_and_mapping(
                request.identity.as_ref(),
                &request.table_name,
                &schema,
                &request.constraints,
            )
            .await?;
        let scan = Scan {
            table,
            mapping,
            now: carried.now,
            part: CarriedPart::default(),
        };
        let query = scan.query_of(
            Vec::new(),
            &request.constraints,
            request.identity.as_ref(),
            &query_id,
        )?;
        let statement = statement(&self.plugin, &query)?;
        let mut parts = match &request.continuation_token {
            Some(token) => parts_of_token(token)?,
            None => {
                self.cut(&query, &statement, request.identity.as_ref(), deadline)
                    .await
            }
        };
        let rest = parts.split_off(parts.len().min(SPLITS_A_PAGE));
        let continuation_token = match rest.as_slice() {
            [] => None,
            rest => Some(token(rest)?),
        };
        let mut splits = Vec::with_capacity(parts.len());
        for part in parts {
            let mut properties = carried.properties();
            properties.extend(part.properties());
            splits.push(Split {
                spill_location: Some(SpillLocation::S3SpillLocation {
                    bucket: bucket.clone(),
                    key: split_key(&prefix, &query_id, &Uuid::new_v4().to_string()),
                    directory: true,
                }),
                encryption_key: self.encryption_key(&services).await?,
                properties,
            });
        }
        Ok(GetSplitsResponse {
            catalog_name: request.catalog_name,
            splits,
            continuation_token,
        })
    }

    /// A key for a split of its own; none where blocks are not encrypted.
    async fn encryption_key(&self, services: &Services) -> Result<Option<EncryptionKey>> {
        if self.settings.disable_spill_encryption {
            return Ok(None);
        }
        let kms = self
            .settings
            .kms_key_id
            .as_deref()
            .map(|key_id| (&services.kms, key_id));
        new_key(kms).await.map(Some)
    }

    /// Bucket and prefix: the request's own, else the settings' (section 6.1).
    fn spill_place(&self, identity: Option<&Identity>) -> Result<(String, String)> {
        let asked = |name: &str| {
            identity
                .and_then(|identity| identity.config_options.get(name))
                .filter(|value| !value.trim().is_empty())
                .cloned()
        };
        let bucket = asked("spill_bucket").or_else(|| self.settings.spill_bucket.clone()).ok_or_else(|| {
            Error::invalid_input("cannot divide the query: no bucket for spilled blocks; hint: set `spill_bucket`")
        })?;
        Ok((
            bucket,
            asked("spill_prefix").unwrap_or_else(|| self.settings.spill_prefix.clone()),
        ))
    }
}

/// `prefix/query/split`; without the query's id when the prefix already holds it, or there is none (section 6.1).
fn split_key(prefix: &str, query_id: &str, split_id: &str) -> String {
    if query_id.trim().is_empty() || prefix.contains(query_id) {
        format!("{prefix}/{split_id}")
    } else {
        format!("{prefix}/{query_id}/{split_id}")
    }
}
