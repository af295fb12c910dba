//! A fresh key and nonce for a split.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::DataKeySpec;

use crate::aws::{Call, Failure, failure};
use crate::error::{Code, Error, Fault, Result};
use crate::wire::EncryptionKey;

/// AES-256's key, in bytes.
const KEY_BYTES: usize = 32;

/// AES-GCM's nonce, in bytes.
const NONCE_BYTES: usize = 12;

/// A key of 32 bytes from the system's random source; or, with a KMS key's id, a data key of 16 bytes from KMS, as the
/// Java SDK's two factories make them (federation-protocol.md, section 6.5). The nonce is the system's: it is not secret,
/// and the Java SDK's second call of KMS for it gives nothing more.
///
/// # Errors
///
/// When the system has no randomness, or KMS does not give a key.
pub async fn new_key(kms: Option<(&Client, &str)>) -> Result<EncryptionKey> {
    let key = match kms {
        Some((client, key_id)) => data_key(client, key_id).await?,
        None => random(KEY_BYTES)?,
    };
    Ok(EncryptionKey {
        key,
        nonce: random(NONCE_BYTES)?,
    })
}

async fn data_key(client: &Client, key_id: &str) -> Result<Vec<u8>> {
    let call = Call {
        what: "get a data key from KMS",
        service: "KMS",
        action: "kms:GenerateDataKey",
        fault: Fault::Storage,
    };
    let answer = Box::pin(
        client
            .generate_data_key()
            .key_id(key_id)
            .key_spec(DataKeySpec::Aes128)
            .send(),
    )
    .await;
    let hint = "check `kms_key_id`, and allow kms:GenerateDataKey on it";
    let answer = answer.map_err(|error| match failure(&error) {
        Failure::Denied | Failure::Missing | Failure::Refused => call.failed(error).with_hint(hint),
        _ => call.failed(error),
    })?;
    let key = answer.plaintext.ok_or_else(|| {
        let message = "cannot get a data key from KMS: its answer has none";
        Error::new(Code::InvalidResponse, Fault::Storage, message)
    })?;
    Ok(key.into_inner())
}

fn random(bytes: usize) -> Result<Vec<u8>> {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).map_err(|_| {
        let message = "cannot make a key: the system gives no randomness";
        Error::new(Code::Internal, Fault::Host, message)
    })?;
    Ok(random)
}
