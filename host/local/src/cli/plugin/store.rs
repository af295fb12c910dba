//! A plugin store to write to; the function only reads it ([`connector::slot`]).

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use aws_sdk_s3::Client;
use connector::plugin::Digest;
use connector::slot::{POINTER, Place, component_path, signature_path};

/// A folder, or a prefix in S3.
pub(super) enum Store {
    Folder(PathBuf),
    S3 {
        client: Client,
        bucket: String,
        prefix: String,
    },
}

impl Store {
    /// Opens a store by its address; nothing is asked yet.
    pub(super) async fn open(text: &str) -> anyhow::Result<Self> {
        Ok(
            match Place::parse(text).map_err(|why| anyhow!("`{text}` {why}"))? {
                Place::Folder(folder) => Self::Folder(folder),
                Place::S3 { bucket, prefix } => Self::S3 {
                    client: Client::new(&aws_config::load_from_env().await),
                    bucket,
                    prefix,
                },
            },
        )
    }

    /// The digest of the current plugin of a name.
    pub(super) async fn current(&self, name: &str) -> anyhow::Result<Option<Digest>> {
        let Some(bytes) = self.read(&format!("{name}/{POINTER}")).await? else {
            return Ok(None);
        };
        let digest = String::from_utf8(bytes).ok();
        let digest = digest.and_then(|text| Digest::parse(text.trim()));
        digest
            .map(Some)
            .with_context(|| format!("`{name}/{POINTER}` of the store is not a SHA-256"))
    }

    /// Makes a plugin the current one.
    pub(super) async fn set(&self, name: &str, digest: &Digest) -> anyhow::Result<()> {
        self.write(&format!("{name}/{POINTER}"), format!("{digest}\n").into())
            .await
    }

    /// Whether a plugin is there, as its name says.
    pub(super) async fn has(&self, name: &str, digest: &Digest) -> anyhow::Result<bool> {
        let bytes = self.read(&component_path(name, digest)).await?;
        Ok(bytes.is_some_and(|bytes| Digest::of(&bytes) == *digest))
    }

    /// Adds a plugin.
    pub(super) async fn put(
        &self,
        name: &str,
        digest: &Digest,
        bytes: Vec<u8>,
    ) -> anyhow::Result<()> {
        self.write(&component_path(name, digest), bytes).await
    }

    /// Adds the signature of a plugin.
    pub(super) async fn put_signature(
        &self,
        name: &str,
        digest: &Digest,
        bytes: Vec<u8>,
    ) -> anyhow::Result<()> {
        self.write(&signature_path(name, digest), bytes).await
    }

    async fn read(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let cannot = || format!("cannot read `{path}` of the store");
        match self {
            Self::Folder(folder) => match std::fs::read(folder.join(path)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                bytes => bytes.map(Some).with_context(cannot),
            },
            Self::S3 {
                client,
                bucket,
                prefix,
            } => {
                let get = client
                    .get_object()
                    .bucket(bucket)
                    .key(format!("{prefix}{path}"));
                let object = match get.send().await {
                    Err(error)
                        if error
                            .as_service_error()
                            .is_some_and(|error| error.is_no_such_key()) =>
                    {
                        return Ok(None);
                    }
                    object => object.with_context(cannot)?,
                };
                let body = object.body.collect().await.with_context(cannot)?;
                Ok(Some(body.to_vec()))
            }
        }
    }

    /// Writes a file at once: whoever reads it meanwhile sees all of it or what was there before.
    async fn write(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        let cannot = || format!("cannot write `{path}` of the store");
        match self {
            Self::Folder(folder) => {
                let file = folder.join(path);
                let parent = file.parent().unwrap_or(folder);
                std::fs::create_dir_all(parent).with_context(cannot)?;
                let new = file.with_extension(format!("new-{}", std::process::id()));
                std::fs::write(&new, bytes).with_context(cannot)?;
                std::fs::rename(&new, &file).with_context(cannot)?;
            }
            Self::S3 {
                client,
                bucket,
                prefix,
            } => {
                let put = client
                    .put_object()
                    .bucket(bucket)
                    .key(format!("{prefix}{path}"));
                put.body(bytes.into()).send().await.with_context(cannot)?;
            }
        }
        Ok(())
    }
}
