//! AES-GCM of a block (federation-protocol.md, section 6.5): the whole object is one message, the tag is appended, the
//! nonce is not in the object. Key and nonce are the split's, for all its blocks: the protocol has room for no other.

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};

use crate::error::{Error, Result};
use crate::wire::EncryptionKey;

/// Encrypts in place and appends the tag.
///
/// # Errors
///
/// When key or nonce have a length that AES-GCM does not.
pub fn encrypt(key: &EncryptionKey, bytes: &mut Vec<u8>) -> Result<()> {
    let (key, nonce) = cipher(key)?;
    key.seal_in_place_append_tag(nonce, Aad::empty(), bytes)
        .map_err(|_| Error::bug("AES-GCM refused to encrypt"))
}

/// Decrypts an object of a split.
///
/// # Errors
///
/// When the key is not the object's, or the object was changed or cut.
pub fn decrypt(key: &EncryptionKey, mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    let (key, nonce) = cipher(key)?;
    let plain = key
        .open_in_place(nonce, Aad::empty(), &mut bytes)
        .map_err(|_| Error::invalid_input("cannot decrypt a spilled block: its tag does not fit"))?
        .len();
    bytes.truncate(plain);
    Ok(bytes)
}

fn cipher(key: &EncryptionKey) -> Result<(LessSafeKey, Nonce)> {
    let algorithm: &Algorithm = match key.key.len() {
        16 => &AES_128_GCM,
        32 => &AES_256_GCM,
        bytes => {
            let message = format!(
                "cannot encrypt blocks: the split's key has {bytes} bytes, 16 or 32 are possible"
            );
            return Err(Error::invalid_input(message));
        }
    };
    let nonce = Nonce::try_assume_unique_for_key(&key.nonce).map_err(|_| {
        let bytes = key.nonce.len();
        Error::invalid_input(format!(
            "cannot encrypt blocks: the split's nonce has {bytes} bytes in place of {NONCE_LEN}"
        ))
    })?;
    let unbound = UnboundKey::new(algorithm, &key.key)
        .map_err(|_| Error::bug("AES-GCM refused a key of its length"))?;
    Ok((LessSafeKey::new(unbound), nonce))
}
