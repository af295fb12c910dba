//! S3: the check of the bucket, and the puts.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use crate::aws::{Call, Failure, configured_endpoints, failure, short_timeouts};
use crate::error::{Code, Error, Fault, Result};
use crate::wire::SpillLocation;

/// Where a split's blocks go: `<key>.<n>` in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The split's key, to which block numbers are appended.
    pub key: String,
}

impl Location {
    /// Reads a split's location.
    ///
    /// # Errors
    ///
    /// When there is none, or it is an object's (section 6.1).
    pub fn of_split(location: Option<&SpillLocation>) -> Result<Self> {
        match location {
            Some(SpillLocation::S3SpillLocation {
                bucket,
                key,
                directory: true,
            }) => Ok(Self {
                bucket: bucket.clone(),
                key: key.clone(),
            }),
            Some(_) => Err(Error::invalid_input(
                "cannot spill: the split's location is not a directory",
            )),
            None => Err(Error::invalid_input(
                "cannot read a split without a spill location",
            )),
        }
    }

    /// The key of block `number`: a dot, and numbers from 0 without a gap, so that Athena may fetch ahead.
    pub fn block_key(&self, number: usize) -> String {
        format!("{}.{number}", self.key)
    }
}

/// The client for spilled blocks.
#[derive(Debug)]
pub struct SpillStore {
    client: Client,
    /// Whether what is sent can be changed by nobody on its way.
    is_https: bool,
    put_headers: BTreeMap<String, String>,
    known_buckets: Mutex<HashSet<String>>,
}

impl SpillStore {
    /// A store that adds headers to every put, as `spill_put_request_headers` asks.
    pub fn new(config: &SdkConfig, put_headers: BTreeMap<String, String>) -> Self {
        Self {
            client: Client::new(config),
            is_https: configured_endpoints(config, "S3")
                .all(|endpoint| endpoint.starts_with("https:")),
            put_headers,
            known_buckets: Mutex::default(),
        }
    }

    /// Checks once per process that a bucket is there, before a query is divided.
    ///
    /// # Errors
    ///
    /// When it is not, or may not be asked for.
    pub async fn check_bucket(&self, bucket: &str) -> Result<()> {
        if self
            .known_buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(bucket)
        {
            return Ok(());
        }
        let timeouts = aws_sdk_s3::config::Builder::new().timeout_config(short_timeouts());
        let head = self.client.head_bucket().bucket(bucket).customize();
        if let Err(error) = Box::pin(head.config_override(timeouts).send()).await {
            let what = format!("use spill bucket `{bucket}`");
            let told = |why: &str| {
                let message = format!("cannot {what}: {why}");
                Error::new(Code::InvalidInput, Fault::Storage, message)
            };
            return Err(match failure(&error) {
                // S3 tells a bucket that may not be asked for from a missing one only to those who may list.
                Failure::Denied | Failure::Missing => told(
                    "it was not found in this account; hint: check `spill_bucket`, a trailing `/` and s3:ListBucket",
                )
                .with_source(error),
                Failure::Moved => told(
                    "it is in another region; hint: use a bucket of the function's region",
                )
                .with_source(error),
                _ => s3(&what, "s3:ListBucket").failed(error),
            });
        }
        self.known_buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(bucket.to_owned());
        Ok(())
    }

    /// Writes a block.
    ///
    /// # Errors
    ///
    /// What S3 answered.
    pub async fn put(&self, location: &Location, number: usize, bytes: Bytes) -> Result<()> {
        self.put_object(&location.bucket, &location.block_key(number), bytes)
            .await
    }

    /// Writes an object.
    ///
    /// # Errors
    ///
    /// What S3 answered.
    pub(crate) async fn put_object(&self, bucket: &str, key: &str, bytes: Bytes) -> Result<()> {
        let put = self
            .client
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(ByteStream::from(bytes));
        let headers = self.put_headers.clone();
        let mut put = put.customize().mutate_request(move |request| {
            for (name, value) in &headers {
                request.headers_mut().insert(name.clone(), value.clone());
            }
        });
        // A hash of the whole block, beside TLS and the checksum that S3 verifies.
        if self.is_https {
            put = put.disable_payload_signing();
        }
        let put = Box::pin(put.send()).await;
        put.map(drop).map_err(|error| {
            let is_missing = failure(&error) == Failure::Missing;
            let what = format!("spill to bucket `{bucket}`");
            let told = s3(&what, "s3:PutObject").failed(error);
            if is_missing {
                told.with_hint("check `spill_bucket`")
            } else {
                told
            }
        })
    }
}

fn s3<'a>(what: &'a str, action: &'a str) -> Call<'a> {
    Call {
        what,
        service: "S3",
        action,
        fault: Fault::Storage,
    }
}
