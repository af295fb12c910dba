//! An S3 server in this process: `s3s` speaks the protocol, `s3s-fs` keeps the objects in a folder.
//!
//! Signatures are checked against one pair of keys. Beyond what `s3s-fs` does, a bucket that does not exist is an error
//! for every operation: it would store into it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use async_trait::async_trait;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// A running S3 server. Dropping it ends it and removes its folder, unless that was given.
#[derive(Debug)]
pub struct S3 {
    /// The access key id that requests are signed with.
    pub access_key: String,
    /// The secret access key that requests are signed with.
    pub secret_key: String,
    address: SocketAddr,
    bucket: String,
    serving: JoinHandle<()>,
    /// Removed with the server.
    _temporary: Option<TempDir>,
}

impl S3 {
    /// Starts a server on 127.0.0.1 (port 0 takes a free one) over a folder (`None` for one that goes with the server)
    /// that has a bucket of this name.
    ///
    /// # Errors
    ///
    /// If the port or the folder cannot be had, or the name is no bucket's.
    pub async fn start(port: u16, bucket: &str, folder: Option<PathBuf>) -> anyhow::Result<S3> {
        anyhow::ensure!(
            s3s::path::check_bucket_name(bucket),
            "cannot serve S3: `{bucket}` is no name for a bucket"
        );
        let (folder, temporary) = match folder {
            Some(folder) => (folder, None),
            None => {
                let temporary =
                    tempfile::tempdir().context("cannot serve S3: no temporary folder")?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let shown = folder.display();
        std::fs::create_dir_all(folder.join(bucket)).with_context(|| {
            format!("cannot serve S3: cannot make the bucket `{bucket}` in {shown}")
        })?;
        let files = FileSystem::new(&folder).map_err(|error| {
            anyhow::anyhow!("cannot serve S3: cannot use the folder {shown}: {error:?}")
        })?;
        let (access_key, secret_key) = ("local".to_owned(), "local-secret".to_owned());
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(
            access_key.clone(),
            secret_key.clone(),
        ));
        service.set_access(Buckets { folder });
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(wanted)
            .await
            .with_context(|| format!("cannot serve S3: cannot listen on {wanted}"))?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(serve(listener, service.build()));
        tracing::debug!(%address, "s3 listens");
        Ok(S3 {
            access_key,
            secret_key,
            address,
            bucket: bucket.to_owned(),
            serving,
            _temporary: temporary,
        })
    }

    /// Returns where to reach it, as an endpoint URL; buckets are addressed by path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the bucket that was made at the start.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Ends the server and what it is doing.
    pub async fn stop(mut self) {
        self.serving.abort();
        // The result is that of an aborted task.
        (&mut self.serving).await.ok();
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Accepts connections until it is dropped; they end with it.
async fn serve(listener: TcpListener, service: S3Service) {
    let http = Builder::new(TokioExecutor::new());
    let mut connections = JoinSet::new();
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                continue;
            }
        };
        let connection = http
            .serve_connection(TokioIo::new(socket), service.clone())
            .into_owned();
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
        });
        // Those that have ended are forgotten.
        while connections.try_join_next().is_some() {}
    }
}

/// Lets in signed requests about buckets that exist.
#[derive(Debug)]
struct Buckets {
    folder: PathBuf,
}

#[async_trait]
impl S3Access for Buckets {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        }
        match context.s3_path().get_bucket_name() {
            Some(bucket)
                if context.s3_op().name() != "CreateBucket"
                    && !is_folder(&self.folder.join(bucket)).await =>
            {
                Err(s3_error!(
                    NoSuchBucket,
                    "The specified bucket does not exist"
                ))
            }
            Some(_) | None => Ok(()),
        }
    }
}

async fn is_folder(path: &Path) -> bool {
    tokio::fs::metadata(path)
        .await
        .is_ok_and(|found| found.is_dir())
}

#[cfg(test)]
mod tests;
