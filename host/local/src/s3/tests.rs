//! The S3 server as the AWS SDK sees it.
#![expect(clippy::unwrap_used, reason = "tests")]

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;

use super::S3;

fn client(s3: &S3, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            &s3.access_key,
            secret_key,
            None,
            None,
            "test",
        ))
        .endpoint_url(s3.url())
        .force_path_style(true)
        .build();
    Client::from_conf(config)
}

#[tokio::test]
async fn objects_come_back_as_they_were_put() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let client = client(&s3, &s3.secret_key);
    let body = ByteStream::from_static(b"block");
    client
        .put_object()
        .bucket("spill")
        .key("a/b c.0")
        .body(body)
        .send()
        .await
        .unwrap();
    let got = client
        .get_object()
        .bucket(s3.bucket())
        .key("a/b c.0")
        .send()
        .await
        .unwrap();
    assert_eq!(
        got.body.collect().await.unwrap().into_bytes().as_ref(),
        b"block"
    );
    let listed = client
        .list_objects_v2()
        .bucket("spill")
        .prefix("a/")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.contents()[0].key(), Some("a/b c.0"));
    let missing = client
        .get_object()
        .bucket("spill")
        .key("none")
        .send()
        .await
        .unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchKey"));
    s3.stop().await;
}

#[tokio::test]
async fn missing_bucket_is_an_error_for_every_operation() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let client = client(&s3, &s3.secret_key);
    let body = ByteStream::from_static(b"block");
    let put = client
        .put_object()
        .bucket("other")
        .key("k")
        .body(body)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (put.code(), put.raw_response().unwrap().status().as_u16()),
        (Some("NoSuchBucket"), 404)
    );
    let get = client
        .get_object()
        .bucket("other")
        .key("k")
        .send()
        .await
        .unwrap_err();
    assert_eq!(get.code(), Some("NoSuchBucket"));
    let list = client
        .list_objects_v2()
        .bucket("other")
        .send()
        .await
        .unwrap_err();
    assert_eq!(list.code(), Some("NoSuchBucket"));
    let multipart = client
        .create_multipart_upload()
        .bucket("other")
        .key("k")
        .send()
        .await
        .unwrap_err();
    assert_eq!(multipart.code(), Some("NoSuchBucket"));
    let head = client
        .head_bucket()
        .bucket("other")
        .send()
        .await
        .unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 404);
    client.head_bucket().bucket("spill").send().await.unwrap();
    client.create_bucket().bucket("other").send().await.unwrap();
    client.head_bucket().bucket("other").send().await.unwrap();
}

#[tokio::test]
async fn wrong_key_is_refused() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let error = client(&s3, "wrong")
        .head_bucket()
        .bucket("spill")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
}

#[tokio::test]
async fn given_folder_keeps_the_objects() {
    let folder = tempfile::tempdir().unwrap();
    let s3 = S3::start(0, "spill", Some(folder.path().to_owned()))
        .await
        .unwrap();
    let body = ByteStream::from_static(b"block");
    let put = client(&s3, &s3.secret_key)
        .put_object()
        .bucket("spill")
        .key("k")
        .body(body);
    put.send().await.unwrap();
    s3.stop().await;
    assert_eq!(
        std::fs::read(folder.path().join("spill").join("k")).unwrap(),
        b"block"
    );
}

#[tokio::test]
async fn name_that_is_no_bucket_is_refused() {
    let error = S3::start(0, "No Bucket", None).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot serve S3: `No Bucket` is no name for a bucket"
    );
}
