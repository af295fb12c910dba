//! A message of the AWS Encryption SDK, version 2 of its format, opened with its data key.
//!
//! Version 2 is that of the suites with key commitment, which alone the SDK accepts by default. Layout and derivations
//! are those of the AWS Encryption SDK's message format reference and specification; all numbers are big-endian.

use std::collections::HashMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf::{HKDF_SHA512, KeyType, Salt};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const VERSION: u8 = 2;
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;

/// AES-256-GCM, HKDF with SHA-512, key commitment.
const SUITE: u16 = 0x0478;
/// The same, signed with ECDSA over P-384.
const SUITE_SIGNED: u16 = 0x0578;

const FRAMED: u8 = 2;
/// In place of a frame's number: the last frame follows.
const LAST_FRAME: u32 = u32::MAX;

/// In the encryption context: the key that signed the message, in Base64.
const PUBLIC_KEY: &str = "aws-crypto-public-key";

/// Why a message cannot be opened.
type Result<T> = std::result::Result<T, &'static str>;

const SHORT: &str = "it ends too early";
const ALTERED: &str = "it was altered, or its key is another one";

/// A message whose header has been read.
#[derive(Debug)]
pub(super) struct Message<'a> {
    bytes: &'a [u8],
    suite: [u8; 2],
    id: &'a [u8],
    /// What the data key is bound to.
    pub(super) context: HashMap<String, String>,
    /// The data key, encrypted once for each key that may open it.
    pub(super) keys: Vec<EncryptedKey<'a>>,
    frame_bytes: usize,
    commitment: &'a [u8],
    header: &'a [u8],
    header_tag: &'a [u8],
    /// What follows the header.
    rest: Reader<'a>,
}

/// A data key as one key provider has encrypted it.
#[derive(Debug)]
pub(super) struct EncryptedKey<'a> {
    /// `aws-kms` for KMS.
    pub(super) provider: &'a [u8],
    /// KMS: the key's ARN.
    pub(super) info: &'a [u8],
    pub(super) bytes: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the header.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader(bytes);
        if reader.take(1)? != [VERSION] {
            return Err("it is not of version 2, whose keys are committed");
        }
        let suite = reader.array()?;
        if ![SUITE, SUITE_SIGNED].contains(&u16::from_be_bytes(suite)) {
            return Err("its algorithm is not one with key commitment");
        }
        let id = reader.take(32)?;
        let context = context(reader.prefixed()?)?;
        let keys = (0..reader.number()?).map(|_| {
            Ok(EncryptedKey {
                provider: reader.prefixed()?,
                info: reader.prefixed()?,
                bytes: reader.prefixed()?,
            })
        });
        let keys = keys.collect::<Result<_>>()?;
        if reader.take(1)? != [FRAMED] {
            return Err("its body is not framed");
        }
        let frame_bytes = u32::from_be_bytes(reader.array()?);
        let commitment = reader.take(KEY_BYTES)?;
        let header = &bytes[..bytes.len() - reader.0.len()];
        Ok(Self {
            bytes,
            suite,
            id,
            context,
            keys,
            frame_bytes: usize::try_from(frame_bytes).map_err(|_| SHORT)?,
            commitment,
            header,
            header_tag: reader.take(TAG_BYTES)?,
            rest: reader,
        })
    }

    /// The plaintext, of a message that is as it was sealed from its first byte to its last.
    pub(super) fn open(&self, data_key: &[u8]) -> Result<Vec<u8>> {
        let pseudo_random = Salt::new(HKDF_SHA512, self.id).extract(data_key);
        let derive = |info: &[&[u8]]| -> Result<[u8; KEY_BYTES]> {
            let mut key = [0; KEY_BYTES];
            let expanded = pseudo_random.expand(info, Length);
            let filled = expanded.and_then(|expanded| expanded.fill(&mut key));
            filled.map_err(|_| ALTERED)?;
            Ok(key)
        };
        verify_slices_are_equal(&derive(&[b"COMMITKEY"])?, self.commitment).map_err(|_| ALTERED)?;
        let key = derive(&[&self.suite, b"DERIVEKEY"])?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| ALTERED)?);
        open(&key, [0; NONCE_BYTES], self.header, self.header_tag)?;

        let mut plaintext = Vec::new();
        let mut reader = self.rest;
        for number in 1.. {
            let mut found = u32::from_be_bytes(reader.array()?);
            let is_last = found == LAST_FRAME;
            if is_last {
                found = u32::from_be_bytes(reader.array()?);
            }
            if found != number {
                return Err("its frames are out of order");
            }
            let nonce = reader.array()?;
            let length = if is_last {
                usize::try_from(u32::from_be_bytes(reader.array()?)).map_err(|_| SHORT)?
            } else {
                self.frame_bytes
            };
            let sealed = reader.take(length.checked_add(TAG_BYTES).ok_or(SHORT)?)?;
            let kind: &[u8] = if is_last {
                b"AWSKMSEncryptionClient Final Frame"
            } else {
                b"AWSKMSEncryptionClient Frame"
            };
            let length = u64::try_from(length).map_err(|_| SHORT)?.to_be_bytes();
            let bound = [self.id, kind, &number.to_be_bytes(), &length].concat();
            plaintext.extend(open(&key, nonce, &bound, sealed)?);
            if is_last {
                break;
            }
        }
        self.check_signature(reader)?;
        Ok(plaintext)
    }

    fn check_signature(&self, mut footer: Reader<'_>) -> Result<()> {
        if u16::from_be_bytes(self.suite) == SUITE_SIGNED {
            let signed = &self.bytes[..self.bytes.len() - footer.0.len()];
            let key = self.context.get(PUBLIC_KEY);
            let key = key.and_then(|key| STANDARD.decode(key).ok());
            let key = key.ok_or("it names no key that signed it")?;
            UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key)
                .verify(signed, footer.prefixed()?)
                .map_err(|_| ALTERED)?;
        }
        if footer.0.is_empty() {
            Ok(())
        } else {
            Err("something follows its end")
        }
    }
}

/// Opens one sealed part: the ciphertext and its tag.
fn open(
    key: &LessSafeKey,
    nonce: [u8; NONCE_BYTES],
    bound: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>> {
    let mut buffer = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let opened = key.open_in_place(nonce, Aad::from(bound), &mut buffer);
    let length = opened.map_err(|_| ALTERED)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

/// The pairs of an encryption context.
fn context(bytes: &[u8]) -> Result<HashMap<String, String>> {
    if bytes.is_empty() {
        return Ok(HashMap::new());
    }
    let mut reader = Reader(bytes);
    let text = |reader: &mut Reader<'_>| -> Result<String> {
        let text = std::str::from_utf8(reader.prefixed()?).map_err(|_| "its context is no text")?;
        Ok(text.to_owned())
    };
    (0..reader.number()?)
        .map(|_| Ok((text(&mut reader)?, text(&mut reader)?)))
        .collect()
}

/// Bytes not read yet.
#[derive(Clone, Copy, Debug)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| SHORT)
    }

    fn number(&mut self) -> Result<u16> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// What two bytes give the length of.
    fn prefixed(&mut self) -> Result<&'a [u8]> {
        let length = self.number()?;
        self.take(length.into())
    }
}

/// The length of a derived key.
struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}
