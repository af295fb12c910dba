//! A service that falters while a read goes on: the rows come all the same, or the reason is told in time.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use connector::wire::{Constraints, Request, write_request};
use connector::{Code, Connector, Deadline, Error};
use local::s3::S3;
use tests::athena::{get_table, read_request, rows, select, splits, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{impatient, plugin, sdk_config, settings};

const SIZES: (u64, u64) = (16_000_000, 5_242_880);

async fn scripted(pages: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Scripted {
    let script = move |call: &Call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => Reply::description(&[("n", "bigint", "MULTI")]),
        _ => pages(call),
    };
    Scripted::start(script).await.unwrap()
}

fn page(number: usize, token: Option<&str>) -> Reply {
    Reply::page(&[("n", "BIGINT")], &[&[Some(&number.to_string())]], token)
}

fn connector(config: &SdkConfig, s3: &S3) -> Connector {
    let settings = settings(s3.bucket()).unwrap();
    Connector::with_plugin(settings, config, plugin("timestream").unwrap())
}

/// A read that has spilled cannot be repeated, so pages after the first are asked for more often than the SDK would.
#[tokio::test]
async fn a_page_after_the_first_outlives_what_the_first_does_not() {
    let failures = [
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailable"),
    ];
    for (status, code) in failures {
        let failed = AtomicUsize::new(0);
        let timestream = scripted(move |call| match call.token() {
            None => page(1, Some("second")),
            Some(_) if failed.fetch_add(1, Ordering::Relaxed) < 8 => {
                Reply::Error(status, code, "not now".into())
            }
            Some(_) => page(2, None),
        })
        .await;
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = impatient(&sdk_config(timestream.url(), &s3.url()));
        let (name, none) = (table_name("d", "t"), Constraints::default());
        let (batches, _) = select(&connector(&config, &s3), None, &name, &["n"], &none, SIZES)
            .await
            .unwrap();
        assert_eq!(rows(&batches).unwrap(), [["1"], ["2"]], "{code}");
    }

    let timestream = scripted(|_| Reply::Error(429, "ThrottlingException", "not now".into())).await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = impatient(&sdk_config(timestream.url(), &s3.url()));
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let read = select(&connector(&config, &s3), None, &name, &["n"], &none, SIZES).await;
    let error: Error = read.unwrap_err().downcast().unwrap();
    assert_eq!(error.code(), Code::Throttling);
    let asked = timestream
        .calls()
        .into_iter()
        .filter(|call| call.sql().starts_with("SELECT"));
    assert_eq!(asked.count(), 3, "as often as the SDK asks");
}

/// Each page asks for the one after it, for ever; Lambda would end the function and nobody would know why.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_before_its_time_does_and_ends_the_run() {
    let pages = Mutex::new(0);
    let timestream = scripted(move |_| {
        let mut pages = pages.lock().unwrap();
        *pages += 1;
        page(*pages, Some(&format!("page {pages}")))
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = sdk_config(timestream.url(), &s3.url());
    let connector = connector(&config, &s3);
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let schema = get_table(&connector, &name).await.unwrap();
    let split = splits(&connector, &name, &schema, &none)
        .await
        .unwrap()
        .remove(0);
    let request = read_request(&name, &schema, &["n"], split, &none).unwrap();
    let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let deadline = Deadline::after(Duration::from_millis(500));
    let error = connector
        .answer(&payload, Some(deadline))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::OperationTimeout);
    assert!(error.message().contains("longer timeout"), "{error}");
    let calls = timestream.calls();
    let cancelled: Vec<&Call> = calls
        .iter()
        .filter(|call| call.operation == "CancelQuery")
        .collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].body["QueryId"], "SCRIPTED");
}

/// Only a page tells the run's id: the one that is on its way is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_ended_too_whose_first_page_comes_late() {
    let timestream = scripted(|_| {
        std::thread::sleep(Duration::from_millis(900));
        page(1, Some("second"))
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = sdk_config(timestream.url(), &s3.url());
    let connector = connector(&config, &s3);
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let schema = get_table(&connector, &name).await.unwrap();
    let split = splits(&connector, &name, &schema, &none)
        .await
        .unwrap()
        .remove(0);
    let request = read_request(&name, &schema, &["n"], split, &none).unwrap();
    let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let deadline = Deadline::after(Duration::from_millis(300));
    let error = connector
        .answer(&payload, Some(deadline))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::OperationTimeout);
    let calls = timestream.calls();
    assert!(calls.iter().any(|call| call.operation == "CancelQuery"));
}
