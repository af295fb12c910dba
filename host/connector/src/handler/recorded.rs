//! The shapes of requests, kept for whoever wants to know what Athena sends (`athena-timestream probe`).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use uuid::Uuid;

use super::Connector;
use crate::telemetry::Origin;
use crate::wire::shape;

/// How long a request waits for its shape to be kept: it fails no query, and must not hold one up.
const PATIENCE: Duration = Duration::from_secs(5);

impl Connector {
    /// Writes the shape of a request below `<spill_prefix>/requests/<query>/`, if the settings ask for it. A failure is
    /// logged, and fails no query.
    pub(super) async fn record(&self, payload: &[u8], origin: &Origin) {
        let Some(bucket) = self.settings.spill_bucket.as_deref() else {
            return;
        };
        if !self.settings.record_requests {
            return;
        }
        let is_safe = |id: &&str| {
            !id.is_empty()
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let query = origin.query_id.as_deref().filter(is_safe);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let key = format!(
            "{}/requests/{}/{:013}-{}-{}.json",
            self.settings.spill_prefix,
            query.unwrap_or("unknown"),
            now.unwrap_or_default().as_millis(),
            origin.kind,
            Uuid::new_v4()
        );
        let shape = Bytes::from(shape(payload).to_string());
        // On the heap, as all calls of AWS.
        let put = Box::pin(self.own.spill.put_object(bucket, &key, shape));
        match tokio::time::timeout(PATIENCE, put).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = error.summary(), "the request's shape was not kept");
            }
            Err(_) => tracing::warn!("the request's shape was not kept in time"),
        }
    }
}
