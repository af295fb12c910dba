//! What comes back to ReadRecords through Athena is outside input: a split or a schema that GetSplits and GetTable did not
//! make is refused before Timestream is asked for rows.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use connector::query::{Source, Table};
use connector::wire::{Constraints, ReadRecordsRequest, Request, SpillLocation};
use connector::{Code, Connector, Settings};
use local::s3::S3;
use tests::athena::{ask, get_table, read_request, splits, table_name};
use tests::scripted::{Reply, Scripted};
use tests::{plugin, sdk_config, settings};

/// Where GetTable puts the table in the schema's metadata.
const TABLE: &str = "athena-timestream.table";

/// A table `d.t` of one column, and a connector in front of it.
struct Stage {
    timestream: Scripted,
    _s3: S3,
    connector: Connector,
    schema: SchemaRef,
}

impl Stage {
    async fn new(change: impl Fn(&mut Settings)) -> Self {
        let timestream = Scripted::start(|call| {
            if call.sql().starts_with("DESCRIBE") {
                return Reply::description(&[("host", "varchar", "DIMENSION")]);
            }
            Reply::page(&[("host", "VARCHAR")], &[&[Some("a")]], None)
        })
        .await
        .unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let mut settings = settings(s3.bucket()).unwrap();
        change(&mut settings);
        let config = sdk_config(timestream.url(), &s3.url());
        let connector = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
        let schema = get_table(&connector, &table_name("d", "t")).await.unwrap();
        Self {
            timestream,
            _s3: s3,
            connector,
            schema,
        }
    }

    /// The request that Athena would send.
    async fn request(&self) -> ReadRecordsRequest {
        let (name, constraints) = (table_name("d", "t"), Constraints::default());
        let mut splits = splits(&self.connector, &name, &self.schema, &constraints)
            .await
            .unwrap();
        read_request(
            &name,
            &self.schema,
            &["host"],
            splits.remove(0),
            &constraints,
        )
        .unwrap()
    }

    /// Why a request is refused; without a statement for its rows.
    async fn refusal(&self, request: ReadRecordsRequest) -> connector::Error {
        let before = self.selects();
        let answer = ask(&self.connector, Request::ReadRecordsRequest(request)).await;
        assert_eq!(self.selects(), before);
        answer.unwrap_err()
    }

    fn selects(&self) -> usize {
        let calls = self.timestream.calls();
        let is_select = |sql: &str| sql.starts_with("SELECT");
        calls.iter().filter(|call| is_select(call.sql())).count()
    }
}

#[tokio::test]
async fn the_request_that_athena_would_send_is_answered() {
    let stage = Stage::new(|_| {}).await;
    let request = Request::ReadRecordsRequest(stage.request().await);
    ask(&stage.connector, request).await.unwrap();
    assert_eq!(stage.selects(), 1);
}

#[tokio::test]
async fn a_split_without_a_key_is_read_only_where_blocks_are_not_encrypted() {
    let stage = Stage::new(|_| {}).await;
    let mut request = stage.request().await;
    request.split.encryption_key = None;
    let error = stage.refusal(request).await;
    assert_eq!(error.code(), Code::InvalidInput);
    assert!(error.message().contains("brings no key"), "{error}");

    let stage = Stage::new(|settings| settings.disable_spill_encryption = true).await;
    let request = stage.request().await;
    assert!(request.split.encryption_key.is_none());
    let request = Request::ReadRecordsRequest(request);
    ask(&stage.connector, request).await.unwrap();
}

#[tokio::test]
async fn blocks_go_to_no_other_place_than_the_settings() {
    let stage = Stage::new(|_| {}).await;
    for (forged_bucket, forged_key) in [
        (Some("other"), None),
        (None, Some("other/query/1")),
        (None, Some("athena-federation-spillage/query/1")),
        (None, Some("athena-federation-spill")),
        (None, Some("")),
    ] {
        let mut request = stage.request().await;
        let Some(SpillLocation::S3SpillLocation { bucket, key, .. }) =
            &mut request.split.spill_location
        else {
            panic!("{:?}", request.split.spill_location);
        };
        if let Some(forged) = forged_bucket {
            forged.clone_into(bucket);
        }
        if let Some(forged) = forged_key {
            forged.clone_into(key);
        }
        let error = stage.refusal(request).await;
        assert_eq!(error.code(), Code::InvalidInput);
        assert!(
            error.message().contains("another bucket or prefix"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_statement_in_the_metadata_is_not_run() {
    let stage = Stage::new(|settings| settings.enable_query_passthrough = false).await;
    let request = stage.request().await;
    let metadata = request.schema.metadata();
    let table: Table = serde_json::from_str(&metadata[TABLE]).unwrap();
    let text = "SELECT host FROM secrets.t";
    let view = Source::View {
        name: "d.t".to_owned(),
        text: text.to_owned(),
    };
    let forged = |source: Source| {
        let table = Table {
            source,
            ..table.clone()
        };
        let mut metadata = metadata.clone();
        metadata.insert(TABLE.to_owned(), serde_json::to_string(&table).unwrap());
        let mut request = request.clone();
        let fields = request.schema.fields().clone();
        request.schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        request
    };
    let error = stage.refusal(forged(view)).await;
    assert_eq!(error.code(), Code::PartialFailure);
    assert!(
        error.message().contains("view `d`.`t`") && error.message().contains("planned with"),
        "{error}"
    );
    // What is read is the table that the request names.
    let passthrough = forged(Source::Passthrough(text.to_owned()));
    ask(&stage.connector, Request::ReadRecordsRequest(passthrough))
        .await
        .unwrap();
    let calls = stage.timestream.calls();
    assert!(calls.iter().all(|call| !call.sql().contains("secrets")));
}
