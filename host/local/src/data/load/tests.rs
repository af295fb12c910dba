//! CSV files as records.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_timestreamwrite::Client;

use super::*;
use crate::data::write::Rejected;
use crate::timestream::{Options, Server};

const MODEL: &str = r#"{"TimeColumn": "at", "TimeUnit": "MILLISECONDS",
    "DimensionMappings": [{"SourceColumn": "pin"}],
    "MultiMeasureMappings": {"TargetMultiMeasureName": "metric", "MultiMeasureAttributeMappings": [
        {"SourceColumn": "t", "MeasureValueType": "DOUBLE"}]}}"#;

async fn server() -> (Server, Client) {
    let server = Server::start(Options::default()).await.unwrap();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .endpoint_url(server.url())
        .build();
    let client = Client::new(&config);
    (server, client)
}

fn target(client: &Client) -> Target<'_> {
    Target {
        client,
        database: "Home",
        table: "Events",
    }
}

async fn loaded(csv: &str) -> anyhow::Result<Written> {
    let (server, client) = server().await;
    target(&client).create().await?;
    let model = DataModel::from_json(MODEL.as_bytes())?;
    let written = load(target(&client), csv.as_bytes(), &model).await;
    server.stop().await?;
    written
}

fn rejected(line: u64, reason: &str) -> Rejected {
    Rejected {
        line,
        reason: reason.to_owned(),
    }
}

#[tokio::test]
async fn every_row_of_a_long_file_is_written() {
    let rows: String = (0..1_234).map(|row| format!("p,{row},1.5\n")).collect();
    let written = loaded(&format!("pin,at,t\n{rows}")).await.unwrap();
    assert_eq!(
        written,
        Written {
            records: 1_234,
            rejected: Vec::new()
        }
    );
}

#[tokio::test]
async fn rejected_rows_are_told_by_line_and_the_others_are_written() {
    let csv = "\u{feff}pin,at,t\np,1,1.5\np,1,warm\n\np,2\np,1,2.5\n\"a\nb\",4,1\np,x,1\n";
    let written = loaded(csv).await.unwrap();
    assert_eq!(written.records, 2);
    let [bad, short, twice, late] = written.rejected.as_slice() else {
        panic!("{written:?}")
    };
    assert_eq!(
        *bad,
        rejected(3, "column `t`: `warm` is not a finite DOUBLE")
    );
    assert_eq!(*short, rejected(5, "the row has 2 cells, the header has 3"));
    // Same time and dimensions, other value, same version: the service keeps the first.
    assert_eq!(twice.line, 6, "{twice:?}");
    // The row before it has two lines.
    assert_eq!(
        *late,
        rejected(
            9,
            "column `at`: `x` is not a time: a whole number since 1970"
        )
    );
}

#[tokio::test]
async fn a_missing_table_is_told_with_what_to_do() {
    let (server, client) = server().await;
    let error = target(&client).check().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "table `Events` of database `Home` does not exist; hint: --create makes the database and the table"
    );
    target(&client).create().await.unwrap();
    // What exists already is no error.
    target(&client).create().await.unwrap();
    target(&client).check().await.unwrap();
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_unreachable_service_is_an_error() {
    let (server, client) = server().await;
    server.stop().await.unwrap();
    let error = target(&client).check().await.unwrap_err().to_string();
    let expected = "cannot look up table `Events` of database `Home`: Timestream cannot be reached; hint: check \
                    AWS_ENDPOINT_URL_TIMESTREAM_WRITE, AWS_REGION and credentials";
    assert_eq!(error, expected);
}
