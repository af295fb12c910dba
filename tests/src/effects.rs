//! Each setting that no other test shows at work changes something that Athena or S3 sees.

#![expect(clippy::unwrap_used, reason = "a test")]

use connector::wire::{Constraints, SpillLocation};
use connector::{Connector, Reading, Settings};
use local::s3::S3;
use tests::athena::{get_table, rows, select, splits, table_name};
use tests::scripted::{Reply, Scripted};
use tests::{plugin, sdk_config};

const ROWS: usize = 2_000;

struct World {
    connector: Connector,
    s3: aws_sdk_s3::Client,
    server: S3,
    _timestream: Scripted,
}

impl World {
    /// A table of one bigint column, and a connector with this setting.
    async fn with(setting: (&'static str, &'static str)) -> Self {
        let timestream = Scripted::start(|call| match call.sql() {
            sql if sql.starts_with("DESCRIBE") => {
                Reply::description(&[("n", "bigint", "MULTI"), ("time", "timestamp", "TIMESTAMP")])
            }
            _ => {
                let values: Vec<String> = (0..ROWS).map(|number| number.to_string()).collect();
                let rows: Vec<[Option<&str>; 1]> =
                    values.iter().map(|value| [Some(value.as_str())]).collect();
                let rows: Vec<&[Option<&str>]> = rows.iter().map(<[_; 1]>::as_slice).collect();
                Reply::page(&[("n", "BIGINT")], &rows, None)
            }
        })
        .await
        .unwrap();
        let server = S3::start(0, "spill", None).await.unwrap();
        let config = sdk_config(timestream.url(), &server.url());
        let settings = Settings::from_lookup(|name| match name {
            "spill_bucket" => Some(server.bucket().to_owned()),
            "disable_glue" => Some("true".to_owned()),
            name => (name == setting.0).then(|| setting.1.to_owned()),
        });
        Self {
            connector: Connector::with_plugin(
                settings.unwrap(),
                &config,
                plugin("timestream").unwrap(),
            ),
            s3: aws_sdk_s3::Client::new(&config),
            server,
            _timestream: timestream,
        }
    }

    /// Reads all rows with nothing inline.
    async fn read(&self) -> Reading {
        let (batches, mut readings) = select(
            &self.connector,
            Some(&self.s3),
            &table_name("d", "t"),
            &["n"],
            &Constraints::default(),
            (16_000_000, 0),
        )
        .await
        .unwrap();
        assert_eq!(rows(&batches).unwrap().len(), ROWS);
        readings.remove(0)
    }

    /// Keys of what was spilled.
    async fn keys(&self) -> Vec<String> {
        let listed = self.s3.list_objects_v2().bucket(self.server.bucket());
        let listed = listed.send().await.unwrap();
        let keys = listed.contents().iter();
        keys.filter_map(|object| object.key().map(str::to_owned))
            .collect()
    }
}

#[tokio::test]
async fn the_prefix_begins_every_key() {
    let world = World::with(("spill_prefix", "some/where")).await;
    world.read().await;
    let keys = world.keys().await;
    assert!(!keys.is_empty());
    assert!(
        keys.iter().all(|key| key.starts_with("some/where/")),
        "{keys:?}"
    );
}

#[tokio::test]
async fn headers_are_added_to_every_put() {
    let world = World::with(("spill_put_request_headers", r#"{"x-amz-meta-owner": "us"}"#)).await;
    world.read().await;
    for key in world.keys().await {
        let head = world.s3.head_object().bucket(world.server.bucket());
        let head = head.key(key).send().await.unwrap();
        assert_eq!(head.metadata().unwrap()["owner"], "us");
    }
    let malformed = Settings::from_lookup(|name| {
        (name == "spill_put_request_headers").then(|| r#"{"not a name": "x"}"#.to_owned())
    });
    let error = malformed.unwrap_err();
    assert!(error.message().contains("`not a name`"), "{error}");
}

#[tokio::test]
async fn blocks_are_in_clear_where_encryption_is_switched_off() {
    let name = table_name("d", "t");
    for (switch, is_encrypted) in [("false", true), ("true", false)] {
        let world = World::with(("disable_spill_encryption", switch)).await;
        let schema = get_table(&world.connector, &name).await.unwrap();
        let split = splits(&world.connector, &name, &schema, &Constraints::default())
            .await
            .unwrap()
            .remove(0);
        assert_eq!(split.encryption_key.is_some(), is_encrypted);
        assert!(matches!(
            split.spill_location,
            Some(SpillLocation::S3SpillLocation { .. })
        ));
        // Read back, decrypted only if there is a key.
        world.read().await;
    }
}

#[tokio::test]
async fn the_size_of_a_block_replaces_athenas() {
    let usual = World::with(("MAX_BLOCK_SIZE_BYTES", "16000000")).await;
    assert_eq!(usual.read().await.blocks, 1);
    let small = World::with(("MAX_BLOCK_SIZE_BYTES", "2000")).await;
    assert!(small.read().await.blocks > 1);
}

#[tokio::test]
async fn options_reach_the_dialect() {
    let options = r#"{"timestream_nanos_columns": "true"}"#;
    let world = World::with(("dialect_options", options)).await;
    let schema = get_table(&world.connector, &table_name("d", "t")).await;
    assert!(schema.unwrap().index_of("time_nanos").is_ok());
}

/// That it bounds what is kept is shown where rows are sorted.
#[test]
fn a_top_n_keeps_an_eighth_of_the_function_s_memory() {
    for (megabytes, bytes) in [
        (Some("128"), 16 << 20),
        (Some("4096"), 512 << 20),
        (None, 64 << 20),
    ] {
        let settings = Settings::from_lookup(|name| match name {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => megabytes.map(str::to_owned),
            _ => None,
        });
        assert_eq!(settings.unwrap().top_n_bytes, bytes);
    }
}

/// What each does is shown in `places`, with the values themselves.
#[test]
fn settings_of_timestreams_place_go_by_their_names() {
    let settings = Settings::from_lookup(|name| {
        Some(
            match name {
                "timestream_role_arn" => "arn:aws:iam::1:role/r",
                "timestream_role_external_id" => "shared",
                "timestream_region" => "eu-west-1",
                "timestream_query_endpoint" => "https://query",
                "timestream_write_endpoint" => "https://write",
                _ => return None,
            }
            .to_owned(),
        )
    });
    let place = settings.unwrap().timestream;
    assert_eq!(place.role_arn.as_deref(), Some("arn:aws:iam::1:role/r"));
    assert_eq!(place.role_external_id.as_deref(), Some("shared"));
    assert_eq!(place.region.as_deref(), Some("eu-west-1"));
    assert_eq!(place.query_endpoint.as_deref(), Some("https://query"));
    assert_eq!(place.write_endpoint.as_deref(), Some("https://write"));
}
