//! The connector as a function: federation JSON in, federation JSON out.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use aws_sdk_lambda::primitives::Blob;
use connector::wire::{Failure, Response, read_response};
use connector::{Answer, Connector};

/// Where requests go.
#[derive(Clone)]
pub enum Function {
    /// To the connector in this process: it also tells what it did.
    InProcess(Arc<Connector>),
    /// To a function behind Lambda's Invoke API, such as the runtime interface emulator; only answers come back.
    Lambda {
        /// With the endpoint's URL.
        client: aws_sdk_lambda::Client,
        /// The function's name.
        name: String,
    },
    /// To a test.
    #[cfg(test)]
    Fake(FakeFunction),
}

/// A request's JSON to an answer's.
#[cfg(test)]
type FakeFunction = Arc<dyn Fn(&[u8]) -> anyhow::Result<Vec<u8>> + Send + Sync>;

impl Function {
    /// Invokes it once.
    ///
    /// # Errors
    ///
    /// What the connector says, or why Lambda could not be reached.
    pub async fn invoke(&self, payload: Vec<u8>) -> anyhow::Result<Answer> {
        match self {
            Self::InProcess(connector) => Ok(connector.answer(&payload, None).await?),
            Self::Lambda { client, name } => {
                let answer = client
                    .invoke()
                    .function_name(name)
                    .payload(Blob::new(payload))
                    .send()
                    .await;
                let answer = answer.with_context(|| format!("cannot invoke function `{name}`"))?;
                let failed = answer.function_error().is_some();
                let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
                if failed {
                    return Err(failure(&payload)
                        .unwrap_or_else(|| anyhow!("function `{name}` failed without a reason")));
                }
                Ok(Answer {
                    payload,
                    reading: None,
                })
            }
            #[cfg(test)]
            Self::Fake(answer) => Ok(Answer {
                payload: answer(&payload)?,
                reading: None,
            }),
        }
    }

    /// The connector, if it is in this process.
    pub(super) fn connector(&self) -> Option<&Connector> {
        match self {
            Self::InProcess(connector) => Some(connector),
            Self::Lambda { .. } => None,
            #[cfg(test)]
            Self::Fake(_) => None,
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess(connector) => {
                formatter.debug_tuple("InProcess").field(connector).finish()
            }
            Self::Lambda { name, .. } => formatter
                .debug_struct("Lambda")
                .field("name", name)
                .finish_non_exhaustive(),
            #[cfg(test)]
            Self::Fake(_) => formatter.write_str("Fake"),
        }
    }
}

/// Reads an answer, or the error in its place: the emulator answers a failed call like any other, with the failure as
/// payload (federation-protocol.md, section 7.1).
pub(super) fn read_answer(payload: &[u8]) -> anyhow::Result<Response> {
    match read_response(payload) {
        Ok(response) => Ok(response),
        Err(error) => match failure(payload) {
            Some(failure) => Err(failure),
            None => bail!("cannot read the connector's answer: {error}"),
        },
    }
}

fn failure(payload: &[u8]) -> Option<anyhow::Error> {
    let failure: Failure = serde_json::from_slice(payload).ok()?;
    if failure.error_message.is_empty() {
        return Some(anyhow!("{}", failure.error_type));
    }
    Some(anyhow!("{}", failure.error_message))
}
