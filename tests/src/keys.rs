//! Keys of spilled blocks from KMS, as moto plays it (federation-protocol.md, section 6.5).

#![expect(clippy::unwrap_used, reason = "a test")]

use connector::wire::Constraints;
use connector::{Connector, Settings};
use local::s3::S3;
use tests::athena::{get_table, rows, select, splits, table_name};
use tests::processes::Moto;
use tests::scripted::{Reply, Scripted};
use tests::{plugin, sdk_config_with_glue};

async fn connector(timestream: &Scripted, s3: &S3, moto: &Moto, key: String) -> Connector {
    let settings = Settings::from_lookup(|name| match name {
        "spill_bucket" => Some(s3.bucket().to_owned()),
        "disable_glue" => Some("true".to_owned()),
        "kms_key_id" => Some(key.clone()),
        _ => None,
    });
    let config = sdk_config_with_glue(timestream.url(), &s3.url(), &moto.url);
    Connector::with_plugin(settings.unwrap(), &config, plugin("timestream").unwrap())
}

#[tokio::test]
async fn blocks_are_sealed_with_a_data_key_of_kms_and_an_unknown_key_is_told() {
    let timestream = Scripted::start(|call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => Reply::description(&[("n", "bigint", "MULTI")]),
        _ => Reply::page(&[("n", "BIGINT")], &[&[Some("7")], &[None]], None),
    })
    .await
    .unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let moto = Moto::start().unwrap();
    let config = sdk_config_with_glue(timestream.url(), &s3.url(), &moto.url);
    let made = aws_sdk_kms::Client::new(&config)
        .create_key()
        .send()
        .await
        .unwrap();
    let key = made.key_metadata.unwrap().key_id;

    let name = table_name("d", "t");
    let sealing = connector(&timestream, &s3, &moto, key).await;
    let schema = get_table(&sealing, &name).await.unwrap();
    let split = splits(&sealing, &name, &schema, &Constraints::default())
        .await
        .unwrap()
        .remove(0);
    let key = split.encryption_key.unwrap();
    assert_eq!((key.key.len(), key.nonce.len()), (16, 12));

    let client = aws_sdk_s3::Client::new(&config);
    // No room inline: the block goes through S3.
    let (batches, readings) = select(
        &sealing,
        Some(&client),
        &name,
        &["n"],
        &Constraints::default(),
        (16_000_000, 0),
    )
    .await
    .unwrap();
    assert_eq!(rows(&batches).unwrap(), [["7"], ["NULL"]]);
    assert_eq!(readings[0].blocks, 1);

    let lost = connector(
        &timestream,
        &s3,
        &moto,
        "00000000-0000-0000-0000-000000000000".into(),
    )
    .await;
    let error = splits(&lost, &name, &schema, &Constraints::default())
        .await
        .unwrap_err();
    assert!(
        error.message().contains("`kms_key_id`") && error.message().contains("kms:GenerateDataKey"),
        "{error}"
    );
}
