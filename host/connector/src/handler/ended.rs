//! The state of Athena's query: when it has ended nobody reads on, and the run at Timestream would go on and be charged for.

use std::time::Duration;

use aws_sdk_athena::types::QueryExecutionState::{Cancelled, Failed, Succeeded};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::Connector;
use crate::aws::{Failure, failure};
use crate::error::{Code, Error, Fault};

/// Seconds before each question; the last one is repeated. Those of the SDK's `QueryStatusChecker` (federation-protocol.md,
/// section 9).
const PAUSES: [u64; 10] = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55];

impl Connector {
    /// Waits until Athena's query has ended, which is an error to a read. For ever where that cannot be known: where the
    /// connector is not invoked as a function, IAM denies the question, or Athena does not know the query.
    pub(super) async fn query_ended(&self, query_id: &str) -> Error {
        if self.function_arn.get().is_none() {
            return std::future::pending().await;
        }
        let client = self
            .athena
            .get_or_init(|| aws_sdk_athena::Client::new(&self.config));
        let mut place = 0;
        loop {
            tokio::time::sleep(Duration::from_secs(PAUSES[place])).await;
            place = (place + 1).min(PAUSES.len() - 1);
            let asked = client.get_query_execution().query_execution_id(query_id);
            match Box::pin(asked.send()).await {
                Ok(answer) => {
                    let status = answer.query_execution.and_then(|query| query.status);
                    let state = status.and_then(|status| status.state);
                    if let Some(state @ (Succeeded | Failed | Cancelled)) = state {
                        let message =
                            format!("cannot read on: Athena's query has ended, as {state}");
                        return Error::new(Code::PartialFailure, Fault::Caller, message);
                    }
                }
                Err(error)
                    if failure(&error) == Failure::Denied
                        || error.code() == Some("InvalidRequestException") =>
                {
                    tracing::debug!("the state of Athena's query is not known");
                    return std::future::pending().await;
                }
                // It may be known the next time.
                Err(_) => {}
            }
        }
    }
}
