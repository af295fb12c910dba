//! A service that falters while a read goes on: the rows come all the same, or the reason is told in time.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use connector::timestream::Throttling;
use connector::wire::{Constraints, Request, write_request};
use connector::{Code, Connector, Deadline, Error, Invocation, Settings};
use local::s3::S3;
use serde_json::json;
use tests::athena::{get_table, read_request, rows, select, splits, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{impatient, plugin, sdk_config, sdk_config_with_glue, settings};
use tokio::time::timeout;

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

/// A request for the rows of `d.t`.
async fn read(connector: &Connector) -> Vec<u8> {
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let schema = get_table(connector, &name).await.unwrap();
    let mut splits = splits(connector, &name, &schema, &none).await.unwrap();
    let request = read_request(&name, &schema, &["n"], splits.remove(0), &none).unwrap();
    write_request(&Request::ReadRecordsRequest(request)).unwrap()
}

/// Lambda's, of a function that is killed after a time.
fn invocation(time: Duration) -> Invocation {
    Invocation {
        request_id: "r".to_owned(),
        deadline: Deadline::after(time),
    }
}

/// A read that has spilled cannot be repeated, so pages after the first are asked for longer than the first while
/// Timestream throttles; other failures count against the five calls that a token is good for.
#[tokio::test]
async fn a_page_after_the_first_outlives_what_the_first_does_not() {
    for (status, code, times) in [
        (429, "ThrottlingException", 20),
        (500, "InternalServerException", 2),
        (503, "ServiceUnavailable", 2),
    ] {
        let failed = AtomicUsize::new(0);
        let timestream = scripted(move |call| match call.token() {
            None => page(1, Some("second")),
            Some(_) if failed.fetch_add(1, Ordering::Relaxed) < times => {
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

    // Until the patience ends, which is shorter here.
    let asked = async |code: &'static str, first: bool| {
        let timestream = scripted(move |call| match call.token() {
            None if !first => page(1, Some("second")),
            _ => Reply::Error(429, code, "not now".into()),
        })
        .await;
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = impatient(&sdk_config(timestream.url(), &s3.url()));
        let (name, none) = (table_name("d", "t"), Constraints::default());
        let mut settings = settings(s3.bucket()).unwrap();
        settings.throttling.max_delay = Duration::from_millis(1);
        settings.throttling.patience = Duration::from_secs(1);
        let connector = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
        let read = select(&connector, None, &name, &["n"], &none, SIZES).await;
        let error: Error = read.unwrap_err().downcast().unwrap();
        let calls = timestream.calls().into_iter();
        let refused = calls
            .filter(|call| call.sql().starts_with("SELECT") && (first || call.token().is_some()));
        (error.code(), refused.count())
    };
    // As often as the SDK asks.
    assert_eq!(
        asked("ThrottlingException", true).await,
        (Code::Throttling, 3)
    );
    let (code, refused) = asked("ThrottlingException", false).await;
    assert_eq!(code, Code::Throttling);
    assert!(refused > 3 * 3, "{refused}");
}

/// The numbers of the Java SDK's `ThrottlingInvoker`, under its names.
#[tokio::test]
async fn throttled_pages_wait_as_the_settings_say() {
    let failed = AtomicUsize::new(0);
    let timestream = scripted(move |call| match call.token() {
        None => page(1, Some("second")),
        // So often that pauses of a second would not end within the test's time.
        Some(_) if failed.fetch_add(1, Ordering::Relaxed) < 300 => {
            Reply::Error(429, "ThrottlingException", "not now".into())
        }
        Some(_) => page(2, None),
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = impatient(&sdk_config(timestream.url(), &s3.url()));
    let settings = Settings::from_lookup(|name| {
        let value = match name {
            "spill_bucket" => s3.bucket(),
            "disable_glue" => "true",
            "slices_per_query" | "throttle_initial_delay_ms" | "throttle_increase_ms" => "1",
            "throttle_max_delay_ms" => "4",
            "throttle_decrease_factor" => "0.9",
            _ => return None,
        };
        Some(value.to_owned())
    });
    let settings = settings.unwrap();
    let expected = Throttling {
        initial_delay: Some(Duration::from_millis(1)),
        max_delay: Duration::from_millis(4),
        decrease_factor: 0.9,
        increase: Some(Duration::from_millis(1)),
        ..Throttling::default()
    };
    assert_eq!(settings.throttling, expected);
    let connector = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let read = select(&connector, None, &name, &["n"], &none, SIZES);
    let (batches, _) = timeout(Duration::from_secs(60), read)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(rows(&batches).unwrap(), [["1"], ["2"]]);
}

/// A read that goes on is ended once more was metered than is allowed, and its run with it; one that is complete has cost
/// what it costs.
#[tokio::test]
async fn a_read_ends_when_more_is_metered_than_is_allowed() {
    for (pages, is_ended) in [(3, false), (4, true), (1_000, true)] {
        let timestream = scripted(move |call| {
            let number: usize = call.token().map_or(1, |token| token.parse().unwrap());
            let next = (number < pages).then(|| (number + 1).to_string());
            let Reply::Json(page) = page(number, next.as_deref()) else {
                panic!("a page is JSON");
            };
            let mut page: serde_json::Value = serde_json::from_str(&page).unwrap();
            page["QueryStatus"] = json!({"CumulativeBytesMetered": number * 10_000_000});
            Reply::Json(page.to_string())
        })
        .await;
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = sdk_config(timestream.url(), &s3.url());
        let mut settings = settings(s3.bucket()).unwrap();
        settings.max_bytes_metered = Some(20_000_001);
        let connector = Connector::with_plugin(settings, &config, plugin("timestream").unwrap());
        let answer = connector.answer(&read(&connector).await, None).await;
        let calls = timestream.calls();
        let cancelled = calls.iter().any(|call| call.operation == "CancelQuery");
        assert_eq!(
            (answer.is_err(), cancelled),
            (is_ended, is_ended),
            "{pages}"
        );
        if let Err(error) = answer {
            let message = error.message();
            assert!(message.contains("30000000 bytes"), "{error}");
            assert!(message.contains("`max_bytes_metered`"), "{error}");
        }
    }
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
    let payload = read(&connector).await;
    let time = Duration::from_millis(800);
    let invocation = invocation(time);
    let answer = connector.answer(&payload, Some(&invocation));
    let error = timeout(time, answer).await.unwrap().unwrap_err();
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

/// Athena's query is cancelled while pages come, one after another.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_with_its_query_within_two_pages() {
    let (pages, at_the_end) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let come = pages.clone();
    let timestream = scripted(move |_| {
        std::thread::sleep(Duration::from_millis(200));
        let number = come.fetch_add(1, Ordering::Relaxed);
        page(number, Some(&format!("{}", number + 1)))
    })
    .await;
    let asked = AtomicUsize::new(0);
    let (come, until_the_end) = (pages.clone(), at_the_end.clone());
    let athena = Scripted::start(move |call| {
        assert_eq!(call.operation, "GetQueryExecution");
        assert_eq!(call.body["QueryExecutionId"], "query");
        let state = match asked.fetch_add(1, Ordering::Relaxed) {
            0 => "RUNNING",
            _ => "CANCELLED",
        };
        until_the_end.store(come.load(Ordering::Relaxed), Ordering::Relaxed);
        Reply::Json(json!({"QueryExecution": {"Status": {"State": state}}}).to_string())
    })
    .await
    .unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = sdk_config_with_glue(timestream.url(), &s3.url(), athena.url());
    let connector = connector(&config, &s3);
    connector.invoked_as("arn:aws:lambda:us-east-1:123456789012:function:connector");
    let payload = read(&connector).await;
    let answer = timeout(Duration::from_secs(30), connector.answer(&payload, None)).await;
    let error = answer.unwrap().unwrap_err();
    assert!(
        error.message().contains("has ended, as CANCELLED"),
        "{error}"
    );
    assert_eq!(athena.calls().len(), 2);
    let calls = timestream.calls();
    assert!(calls.iter().any(|call| call.operation == "CancelQuery"));
    let asked = calls.iter().filter(|call| call.sql().starts_with("SELECT"));
    let until_the_end = at_the_end.load(Ordering::Relaxed);
    assert!(
        asked.count() <= until_the_end + 2,
        "{until_the_end} pages had come"
    );
}

/// Without leave to ask, or of a query that Athena does not know, the read goes on and asks no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_query_is_not_known_goes_on() {
    for code in ["AccessDeniedException", "InvalidRequestException"] {
        let timestream = scripted(|call| {
            std::thread::sleep(Duration::from_millis(700));
            match call.token() {
                None => page(1, Some("2")),
                Some("2") => page(2, Some("3")),
                Some("3") => page(3, Some("4")),
                Some(_) => page(4, None),
            }
        })
        .await;
        let athena = Scripted::start(move |_| Reply::Error(400, code, "no".into()));
        let athena = athena.await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = sdk_config_with_glue(timestream.url(), &s3.url(), athena.url());
        let connector = connector(&config, &s3);
        connector.invoked_as("arn:aws:lambda:us-east-1:123456789012:function:connector");
        let payload = read(&connector).await;
        let answer = connector.answer(&payload, None).await.unwrap();
        assert_eq!(answer.reading.unwrap().rows_returned, 4, "{code}");
        assert_eq!(athena.calls().len(), 1, "{code}");
    }
}

/// Only a page tells the run's id: the one that is on its way is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_ended_too_whose_first_page_comes_late() {
    let timestream = scripted(|_| {
        std::thread::sleep(Duration::from_millis(1_600));
        page(1, Some("second"))
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = sdk_config(timestream.url(), &s3.url());
    let connector = connector(&config, &s3);
    let payload = read(&connector).await;
    let time = Duration::from_secs(2);
    let invocation = invocation(time);
    let answer = connector.answer(&payload, Some(&invocation));
    let error = timeout(time, answer).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::OperationTimeout);
    assert!(error.message().contains("SCRIPTED"), "{error}");
    let calls = timestream.calls();
    assert!(calls.iter().any(|call| call.operation == "CancelQuery"));
}
