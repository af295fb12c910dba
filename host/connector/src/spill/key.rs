//! A fresh key and nonce for a split.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::DataKeySpec;

use crate::error::{Code, Error, Fault, Result};
use crate::wire::EncryptionKey;

/// AES-GCM's nonce, in bytes.
const NONCE_BYTES: usize = 12;

/// A key of 32 bytes from the system's random source; or, with a KMS key's id, a data key of 16 bytes and a nonce from
/// KMS, as the Java SDK's two factories make them (federation-protocol.md, section 6.5).
///
/// # Errors
///
/// When there is no randomness, or KMS does not give any.
pub async fn new_key(kms: Option<(&Client, &str)>) -> Result<EncryptionKey> {
    let Some((client, key_id)) = kms else {
        return local();
    };
    let cannot = |what: &str| {
        let message = format!(
            "cannot get {what} from KMS; hint: check `kms_key_id` and allow kms:GenerateDataKey and kms:GenerateRandom"
        );
        Error::new(Code::InvalidInput, Fault::Storage, message)
    };
    let data_key = client
        .generate_data_key()
        .key_id(key_id)
        .key_spec(DataKeySpec::Aes128)
        .send()
        .await;
    let data_key = data_key.map_err(|error| cannot("a data key").with_source(error))?;
    let random = client
        .generate_random()
        .number_of_bytes(NONCE_BYTES as i32)
        .send()
        .await;
    let random = random.map_err(|error| cannot("a nonce").with_source(error))?;
    let key = data_key
        .plaintext
        .ok_or_else(|| cannot("a data key"))?
        .into_inner();
    let nonce = random
        .plaintext
        .ok_or_else(|| cannot("a nonce"))?
        .into_inner();
    Ok(EncryptionKey { key, nonce })
}

fn local() -> Result<EncryptionKey> {
    let mut key = EncryptionKey {
        key: vec![0; 32],
        nonce: vec![0; NONCE_BYTES],
    };
    let random = SystemRandom::new();
    random
        .fill(&mut key.key)
        .and_then(|()| random.fill(&mut key.nonce))
        .map_err(|_| {
            Error::new(
                Code::Internal,
                Fault::Host,
                "cannot make a key: the system gives no randomness",
            )
        })?;
    Ok(key)
}
