//! S3: the check of the bucket, and the puts.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

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
                "cannot spill: the split's location is no directory",
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
    put_headers: BTreeMap<String, String>,
    known_buckets: Mutex<HashSet<String>>,
}

impl SpillStore {
    /// A store that adds headers to every put, as `spill_put_request_headers` asks.
    pub fn new(client: Client, put_headers: BTreeMap<String, String>) -> Self {
        Self {
            client,
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
        self.client.head_bucket().bucket(bucket).send().await.map_err(|error| {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let (code, why) = match status {
                Some(403 | 404) => (
                    Code::InvalidInput,
                    "it was not found in this account; hint: check `spill_bucket`, a trailing `/` and s3:ListBucket",
                ),
                Some(301 | 307) => (
                    Code::InvalidInput,
                    "it is in another region; hint: use a bucket of the function's region",
                ),
                Some(500..) => (Code::Internal, "S3 fails; hint: ask again later"),
                Some(_) => (Code::AccessDenied, "S3 refused; hint: allow s3:ListBucket on it"),
                None => (Code::Internal, "S3 cannot be reached; hint: check region and the way out of the network"),
            };
            let message = format!("cannot use spill bucket `{bucket}`: {why}");
            Error::new(code, Fault::Storage, message).with_source(error)
        })?;
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
        let (bucket, key) = (&location.bucket, location.block_key(number));
        let put = self
            .client
            .put_object()
            .bucket(bucket)
            .key(&key)
            .body(ByteStream::from(bytes));
        let headers = self.put_headers.clone();
        let put = put.customize().mutate_request(move |request| {
            for (name, value) in &headers {
                request.headers_mut().insert(name.clone(), value.clone());
            }
        });
        put.send().await.map(drop).map_err(|error| {
            let missing = matches!(&error, SdkError::ServiceError(context) if context.raw().status().as_u16() == 404);
            let why = if missing { "it was not found" } else { "S3 refused or could not be reached" };
            let message = format!("cannot spill to bucket `{bucket}`: {why}; hint: check `spill_bucket` and s3:PutObject");
            Error::new(Code::Internal, Fault::Storage, message).with_source(error)
        })
    }
}
