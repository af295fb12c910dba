//! Where plugins lie: `<name>/<sha256>.wasm`, and `<name>/current`, which holds the digest of the one in force.

use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::aws::{Call, short_timeouts};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Digest, MAX_COMPONENT_BYTES};

/// The pointer's object or file.
pub const POINTER: &str = "current";

/// Bytes of a pointer at most: a digest and a line's end, with room for a careless editor.
const MAX_POINTER_BYTES: usize = 200;

/// Bytes of a signature at most; minisign's have some three hundred.
const MAX_SIGNATURE_BYTES: usize = 4_096;

/// A store's address, as a setting names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder, such as the package's or a layer's under `/opt`.
    Folder(PathBuf),
    /// `s3://bucket/prefix`.
    S3 {
        /// The bucket.
        bucket: String,
        /// What keys begin with: empty, or with a `/` at its end.
        prefix: String,
    },
}

impl Place {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// A phrase that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return if text.contains("://") {
                Err("is neither a folder nor begins with `s3://`")
            } else {
                Ok(Self::Folder(text.into()))
            };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err("names no bucket");
        }
        let prefix = prefix.trim_matches('/');
        Ok(Self::S3 {
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() {
                String::new()
            } else {
                format!("{prefix}/")
            },
        })
    }
}

/// Which plugin is in force.
pub(super) struct Pointer {
    pub(super) digest: Digest,
    /// The pointer's own version, by which it is asked for again; none where asking costs nothing.
    pub(super) version: Option<String>,
}

/// A place that can be read.
#[derive(Debug)]
pub(super) enum Store {
    Folder(PathBuf),
    S3 {
        client: Client,
        bucket: String,
        prefix: String,
    },
}

impl Store {
    pub(super) fn new(place: &Place, config: &SdkConfig) -> Self {
        match place {
            Place::Folder(folder) => Self::Folder(folder.clone()),
            Place::S3 { bucket, prefix } => {
                let config = config.to_builder().timeout_config(short_timeouts()).build();
                Self::S3 {
                    client: Client::new(&config),
                    bucket: bucket.clone(),
                    prefix: prefix.clone(),
                }
            }
        }
    }

    /// The pointer of a name; None: it still is of the known version.
    pub(super) async fn pointer(&self, name: &str, known: Option<&str>) -> Result<Option<Pointer>> {
        let path = format!("{name}/{POINTER}");
        let Some((bytes, version)) = self.read(&path, known, MAX_POINTER_BYTES).await? else {
            return Ok(None);
        };
        let digest = str::from_utf8(&bytes).ok();
        let digest = digest.and_then(|text| Digest::parse(text.trim()));
        match digest {
            Some(digest) => Ok(Some(Pointer { digest, version })),
            None => Err(wrong(
                &path,
                "it is not a SHA-256 in lower-case hexadecimal",
            )),
        }
    }

    /// The component of a digest, as it lies there.
    pub(super) async fn component(&self, name: &str, digest: &Digest) -> Result<Vec<u8>> {
        let path = component_path(name, digest);
        match self.read(&path, None, MAX_COMPONENT_BYTES).await? {
            Some((bytes, _)) if Digest::of(&bytes) == *digest => Ok(bytes),
            _ => Err(wrong(&path, "its SHA-256 is not the one in its name")),
        }
    }

    /// The signature that lies beside the component of a digest.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub(super) async fn signature(&self, name: &str, digest: &Digest) -> Result<String> {
        let path = signature_path(name, digest);
        let read = self.read(&path, None, MAX_SIGNATURE_BYTES).await?;
        let (bytes, _) = read.unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| wrong(&path, "it is not a text"))
    }

    /// Bytes and version; None where it still is of the known version.
    async fn read(
        &self,
        path: &str,
        known: Option<&str>,
        most: usize,
    ) -> Result<Option<(Vec<u8>, Option<String>)>> {
        let too_large = || wrong(path, &format!("it has more than {most} bytes"));
        match self {
            Self::Folder(folder) => {
                let file = folder.join(path);
                let cannot = |error: std::io::Error| match error.kind() {
                    std::io::ErrorKind::NotFound => missing(path).with_source(error),
                    _ => wrong(path, "it cannot be read").with_source(error),
                };
                let bytes = tokio::fs::metadata(&file).await.map_err(cannot)?.len();
                if bytes > most as u64 {
                    return Err(too_large());
                }
                let bytes = tokio::fs::read(&file).await.map_err(cannot)?;
                Ok(Some((bytes, None)))
            }
            Self::S3 {
                client,
                bucket,
                prefix,
            } => {
                let key = format!("{prefix}{path}");
                let get = client.get_object().bucket(bucket).key(&key);
                let get = get.set_if_none_match(known.map(str::to_owned));
                let object = match Box::pin(get.send()).await {
                    Err(error) if is_unchanged(&error) => return Ok(None),
                    answer => answer.map_err(|error| {
                        let what = format!("read `{path}` of the plugin store");
                        let call = Call {
                            what: &what,
                            service: "S3",
                            // Without the latter, S3 denies what is missing.
                            action: "s3:GetObject and s3:ListBucket",
                            fault: Fault::Storage,
                        };
                        call.failed(error)
                    })?,
                };
                let bytes = object
                    .content_length()
                    .and_then(|bytes| usize::try_from(bytes).ok());
                // S3 always tells it.
                if bytes.is_none_or(|bytes| bytes > most) {
                    return Err(too_large());
                }
                let version = object.e_tag().map(str::to_owned);
                let body = object.body.collect().await.map_err(|error| {
                    wrong(path, "its object ended too early").with_source(error)
                })?;
                Ok(Some((body.to_vec(), version)))
            }
        }
    }
}

/// Where a component lies in a store.
pub fn component_path(name: &str, digest: &Digest) -> String {
    format!("{name}/{digest}.wasm")
}

/// Where the signature of a component lies in a store.
pub fn signature_path(name: &str, digest: &Digest) -> String {
    format!("{}.minisig", component_path(name, digest))
}

pub(super) fn wrong(path: &str, why: &str) -> Error {
    let message = format!("cannot use `{path}` of the plugin store: {why}");
    Error::new(Code::InvalidInput, Fault::Host, message)
}

fn missing(path: &str) -> Error {
    let message = format!("cannot find `{path}` in the plugin store");
    Error::new(Code::EntityNotFound, Fault::Host, message)
}

fn is_unchanged(error: &SdkError<GetObjectError, HttpResponse>) -> bool {
    const NOT_MODIFIED: u16 = 304;
    let answer = error.raw_response();
    answer.is_some_and(|answer| answer.status().as_u16() == NOT_MODIFIED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_folders_or_prefixes_in_s3() {
        let s3 = |bucket: &str, prefix: &str| {
            Ok(Place::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.to_owned(),
            })
        };
        assert_eq!(Place::parse("s3://b"), s3("b", ""));
        assert_eq!(Place::parse("s3://b/"), s3("b", ""));
        assert_eq!(Place::parse("s3://b/p"), s3("b", "p/"));
        assert_eq!(Place::parse("s3://b/p/q/"), s3("b", "p/q/"));
        assert_eq!(Place::parse("/opt"), Ok(Place::Folder("/opt".into())));
        assert_eq!(Place::parse("s3:///p"), Err("names no bucket"));
        assert!(Place::parse("https://b/p").is_err());
    }
}
