//! The raw bytes of a `Query` answer, with everything else of the SDK's client kept.
//!
//! The SDK's typed cells cost nine tenths of a read (read-path.md, section 2). Per call, its deserializer is swapped for
//! one that keeps the body of a 200 and leaves every other answer to the original; signing, retries (of a body cut
//! short too), timeouts, request ids and typed errors stay the SDK's.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_timestreamquery::operation::query::{Query, QueryError, QueryOutput};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, Error, Output,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;

/// Takes the body of one call. Clones share the slot.
#[derive(Clone, Debug, Default)]
pub(super) struct RawBody(Arc<Mutex<Option<Bytes>>>);

impl RawBody {
    /// The body, once the call has succeeded.
    pub(super) fn take(&self) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for RawBody {
    fn name(&self) -> &'static str {
        "RawBody"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config
            .interceptor_state()
            .store_put(SharedResponseDeserializer::new(KeepBody(self.clone())));
        Ok(())
    }
}

#[derive(Debug)]
struct KeepBody(RawBody);

impl DeserializeResponse for KeepBody {
    fn deserialize_nonstreaming(
        &self,
        response: &HttpResponse,
    ) -> Result<Output, OrchestratorError<Error>> {
        if response.status().as_u16() != 200 {
            let original = Query::new().config();
            let original = original
                .as_ref()
                .and_then(|layer| layer.load::<SharedResponseDeserializer>());
            return match original {
                #[expect(deprecated, reason = "the form with a configuration calls this one")]
                Some(original) => original.deserialize_nonstreaming(response),
                None => Err(OrchestratorError::other(
                    "the SDK has no deserializer for Query",
                )),
            };
        }
        let body = response.body().try_clone().and_then(whole);
        let body = body.ok_or_else(|| OrchestratorError::other("the answer was not read whole"))?;
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        // Any other type would make the SDK panic.
        let empty = QueryOutput::builder()
            .query_id("")
            .set_rows(Some(Vec::new()))
            .set_column_info(Some(Vec::new()));
        match empty.build() {
            Ok(output) => Ok(Output::erase(output)),
            Err(error) => Err(OrchestratorError::operation(Error::erase(
                QueryError::unhandled(error),
            ))),
        }
    }
}

/// The bytes of a body that was read, shared with it. None: it is still being read.
fn whole(body: SdkBody) -> Option<Bytes> {
    struct Whole(SdkBody);
    impl AsRef<[u8]> for Whole {
        fn as_ref(&self) -> &[u8] {
            self.0.bytes().unwrap_or_default()
        }
    }
    body.bytes()?;
    Some(Bytes::from_owner(Whole(body)))
}
