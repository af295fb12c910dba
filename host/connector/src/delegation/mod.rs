//! Credentials that Athena hands over with a request, so that its Glue, S3 and KMS are used in the caller's name
//! (federation-protocol.md, section 8.4). Timestream is read with the function's own role.

mod message;

use std::fmt;

use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use self::message::Message;
use crate::aws::Call;
use crate::error::{Error, Fault, Result};
use crate::wire::Identity;

const TOKEN: &str = "fas_token";
const KEY: &str = "service_kms_key_id";

/// The provider's name of data keys that KMS has encrypted.
const KMS: &[u8] = b"aws-kms";

/// Credentials, sealed for a KMS key that the function may use.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Sealed {
    token: String,
    key: String,
}

/// What is inside.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    access_token: String,
    secret_token: String,
    security_token: String,
}

/// A token is as secret as what it holds.
impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealed")
    }
}

impl Sealed {
    /// What comes with an identity; None where a request is to be answered with the function's own role.
    pub(crate) fn of(identity: Option<&Identity>) -> Option<Self> {
        let options = &identity?.config_options;
        Some(Self {
            token: options.get(TOKEN)?.clone(),
            key: options.get(KEY)?.clone(),
        })
    }

    /// Opens them with the function's own role.
    ///
    /// # Errors
    ///
    /// When the token is malformed or altered, is sealed for another key, or KMS does not open it.
    pub(crate) async fn open(&self, kms: &Client) -> Result<Credentials> {
        let malformed =
            |why: &str| Error::invalid_input(format!("cannot use `{TOKEN}` of the request: {why}"));
        let bytes = STANDARD.decode(&self.token);
        let bytes = bytes.map_err(|_| malformed("it is not Base64"))?;
        let message = Message::parse(&bytes).map_err(malformed)?;
        let mut keys = message.keys.iter();
        let key = keys
            .find(|key| key.provider == KMS && key.info == self.key.as_bytes())
            .ok_or_else(|| malformed(&format!("it is not sealed for `{KEY}`")))?;
        let answer = Box::pin(
            kms.decrypt()
                .key_id(&self.key)
                .ciphertext_blob(Blob::new(key.bytes))
                .set_encryption_context(Some(message.context.clone()))
                .send(),
        )
        .await;
        let answer = answer.map_err(|error| {
            let call = Call {
                what: &format!("use `{TOKEN}` of the request"),
                service: "KMS",
                action: "kms:Decrypt",
                fault: Fault::Host,
            };
            call.failed(error)
        })?;
        let data_key = answer.plaintext.unwrap_or_else(|| Blob::new([]));
        let plaintext = message.open(data_key.as_ref()).map_err(malformed)?;
        let token: Token =
            serde_json::from_slice(&plaintext).map_err(|_| malformed("it holds no credentials"))?;
        Ok(Credentials::new(
            token.access_token,
            token.secret_token,
            Some(token.security_token),
            None,
            "fas_token",
        ))
    }
}
