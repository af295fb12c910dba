//! Services that break in the middle of something: the rows come all the same, or the read ends at once and says why.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connector::wire::{Constraints, Request, write_request};
use connector::{Code, Connector, End, Error};
use local::s3::S3;
use tests::athena::{get_table, read_request, rows, select, splits, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{impatient, plugin, sdk_config, settings};
use tokio::io::{AsyncReadExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// So small that each page becomes a block.
const SMALL_BLOCKS: (u64, u64) = (1_000, 0);

/// As long as a service may throttle.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// So large that the rows are inline.
const INLINE: (u64, u64) = (16_000_000, 5_242_880);

fn page(number: usize, pages: usize) -> String {
    let values: Vec<String> = (0..100)
        .map(|row| (number * 100 + row).to_string())
        .collect();
    let values: Vec<[Option<&str>; 1]> =
        values.iter().map(|value| [Some(value.as_str())]).collect();
    let values: Vec<&[Option<&str>]> = values.iter().map(<[_; 1]>::as_slice).collect();
    let next = (number + 1).to_string();
    let token = (number + 1 < pages).then_some(next.as_str());
    match Reply::page(&[("n", "BIGINT")], &values, token) {
        Reply::Json(page) => page,
        other => panic!("{other:?}"),
    }
}

/// A table whose pages a script may replace, by their numbers.
async fn timestream(
    pages: usize,
    instead: impl Fn(usize) -> Option<Reply> + Send + Sync + 'static,
) -> Scripted {
    let script = move |call: &Call| {
        if call.sql().starts_with("DESCRIBE") {
            return Reply::description(&[("n", "bigint", "MULTI")]);
        }
        let number = call.token().map_or(0, |token| token.parse().unwrap());
        instead(number).unwrap_or_else(|| Reply::Json(page(number, pages)))
    };
    Scripted::start(script).await.unwrap()
}

/// Reads `d.t`, within a time that no failure may outlast.
async fn read(timestream: &Scripted, s3: &str, sizes: (u64, u64)) -> Result<usize, Error> {
    read_at(timestream.url(), s3, sizes).await
}

async fn read_at(timestream: &str, s3: &str, sizes: (u64, u64)) -> Result<usize, Error> {
    let config = impatient(&sdk_config(timestream, s3));
    let plugin = plugin("timestream").unwrap();
    let connector = Connector::with_plugin(settings("spill").unwrap(), &config, plugin);
    let s3 = aws_sdk_s3::Client::new(&config);
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let read = select(&connector, Some(&s3), &name, &["n"], &none, sizes);
    let read = timeout(Duration::from_secs(60), read).await.unwrap();
    let (batches, _) = read.map_err(|error| error.downcast::<Error>().unwrap())?;
    let rows = rows(&batches).unwrap();
    let expected = (0..rows.len()).map(|row| vec![row.to_string()]);
    assert!(
        rows.iter().cloned().eq(expected),
        "rows are missing or doubled"
    );
    Ok(rows.len())
}

fn was_cancelled(timestream: &Scripted) -> bool {
    let calls = timestream.calls();
    calls.iter().any(|call| call.operation == "CancelQuery")
}

/// Blocks that were sent, each as often as it was sent.
fn uploads(s3: &Scripted) -> usize {
    let calls = s3.calls().into_iter();
    calls.filter(|call| call.operation == "PUT").count()
}

#[tokio::test]
async fn a_page_that_is_cut_short_is_asked_for_again() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    for broken in [0, 1, 2] {
        for (times, sizes) in [(1, INLINE), (2, SMALL_BLOCKS)] {
            let left = AtomicUsize::new(times);
            let once = move |number| {
                let count = |left: usize| left.checked_sub(1);
                let is_broken = number == broken
                    && left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, count)
                        .is_ok();
                is_broken.then(|| Reply::CutShort(page(number, 3)))
            };
            let timestream = timestream(3, once).await;
            assert_eq!(read(&timestream, &s3.url(), sizes).await.unwrap(), 300);
        }
        let always = move |number| (number == broken).then(|| Reply::CutShort(page(number, 3)));
        let timestream = timestream(3, always).await;
        let error = read(&timestream, &s3.url(), INLINE).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal, "{error}");
        assert!(
            error.message().contains("cannot read from Timestream"),
            "{error}"
        );
        assert_eq!(was_cancelled(&timestream), broken > 0);
    }
}

/// Passes connections on, until it is told to refuse all for a while.
async fn passed_on(to: String, mut outage: mpsc::UnboundedReceiver<Duration>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut listener = listener;
        loop {
            let mut connections = JoinSet::new();
            let length = loop {
                tokio::select! {
                    length = outage.recv() => break length,
                    accepted = listener.accept() => {
                        let (mut from, to) = (accepted.unwrap().0, to.clone());
                        connections.spawn(async move {
                            let mut to = TcpStream::connect(to).await.unwrap();
                            let _ = copy_bidirectional(&mut from, &mut to).await;
                        });
                    }
                }
            };
            let Some(length) = length else { return };
            drop((listener, connections));
            tokio::time::sleep(length).await;
            listener = TcpListener::bind(address).await.unwrap();
        }
    });
    format!("http://{address}")
}

/// The page after the first block does not come before the read has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upload_ends_the_read_while_a_page_is_waited_for() {
    let s3 = Scripted::start(|call: &Call| match call.operation.as_str() {
        "PUT" => Reply::Error(403, "AccessDenied", "no".into()),
        _ => Reply::Json(String::new()),
    });
    let s3 = s3.await.unwrap();
    // Also dropped by a panic: a page that waited on would keep the runtime from its end, and the test from failing.
    let reading = Arc::new(());
    let is_reading = Arc::downgrade(&reading);
    let timestream = timestream(4, move |number| {
        while number == 2 && is_reading.strong_count() > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    });
    let timestream = timestream.await;
    let read = read(&timestream, s3.url(), SMALL_BLOCKS).await;
    drop(reading);
    let error = read.unwrap_err();
    assert_eq!(error.code(), Code::AccessDenied, "{error}");
    assert!(was_cancelled(&timestream));
}

/// Half a minute before the first block: Athena is told at once, and asks again in its own time. After it, nobody but the
/// read can wait.
#[tokio::test(flavor = "multi_thread")]
async fn half_a_minute_of_throttles_is_waited_for_after_the_first_block_alone() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let throttled_at = async |throttled: usize| {
        let first = Mutex::new(None);
        let timestream = timestream(4, move |number| {
            let busy = number == throttled
                && first
                    .lock()
                    .unwrap()
                    .get_or_insert_with(Instant::now)
                    .elapsed()
                    < HALF_A_MINUTE;
            busy.then(|| Reply::Error(429, "ThrottlingException", "not now".into()))
        });
        let timestream = timestream.await;
        let read = read(&timestream, &s3.url(), SMALL_BLOCKS).await;
        (read, timestream.calls().len())
    };
    let (before, after) = tokio::join!(throttled_at(0), throttled_at(2));
    assert_eq!(before.0.unwrap_err().code(), Code::Throttling);
    assert_eq!(after.0.unwrap(), 400);
    // With pauses that grow, half a minute is some dozens of calls.
    assert!(after.1 < 100, "{} calls", after.1);
}

/// A read that has written blocks cannot be repeated, so that its next page is worth waiting for.
#[tokio::test]
async fn a_timestream_that_is_out_of_reach_for_seconds_is_waited_for() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let (begin, outage) = mpsc::unbounded_channel();
    let once = AtomicBool::new(true);
    let timestream = timestream(3, move |number| {
        (number == 1 && once.swap(false, Ordering::Relaxed)).then(|| {
            begin.send(Duration::from_millis(1_500)).unwrap();
            Reply::CutShort(page(number, 3))
        })
    });
    let timestream = timestream.await;
    let address = timestream.url().strip_prefix("http://").unwrap();
    let url = passed_on(address.to_owned(), outage).await;
    assert_eq!(read_at(&url, &s3.url(), SMALL_BLOCKS).await.unwrap(), 300);
}

/// A token is good for an hour, and for five calls.
#[tokio::test]
async fn a_token_that_is_not_known_any_more_ends_the_read() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let expired = |number| {
        let message = "Invalid pagination token".to_owned();
        (number == 2).then_some(Reply::Error(400, "ValidationException", message))
    };
    let timestream = timestream(4, expired).await;
    let error = read(&timestream, &s3.url(), SMALL_BLOCKS)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::PartialFailure, "{error}");
    for words in [
        "Invalid pagination token",
        "run the query again",
        "SCRIPTED",
    ] {
        assert!(error.message().contains(words), "{error}");
    }
}

/// A statement may fail in the middle: what is wrong with it is told, as from its start.
#[tokio::test]
async fn a_statement_that_fails_between_its_pages_tells_why() {
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let failing = |number| {
        let message = "Division by zero".to_owned();
        (number == 1).then_some(Reply::Error(400, "QueryExecutionException", message))
    };
    let timestream = timestream(4, failing).await;
    let error = read(&timestream, &s3.url(), INLINE).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidInput, "{error}");
    assert!(error.message().contains("Division by zero"), "{error}");
}

/// The second block fails: no third is written, and the run ends.
#[tokio::test]
async fn an_upload_that_fails_ends_the_read() {
    let puts = AtomicUsize::new(0);
    let s3 = Scripted::start(move |call| match call.operation.as_str() {
        "PUT" if puts.fetch_add(1, Ordering::Relaxed) > 0 => {
            Reply::Error(500, "InternalError", "no".to_owned())
        }
        _ => Reply::Json(String::new()),
    });
    let s3 = s3.await.unwrap();
    let timestream = timestream(10_000, |_| None).await;
    let error = read(&timestream, s3.url(), SMALL_BLOCKS).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal, "{error}");
    assert!(
        error.message().contains("spill to bucket `spill`"),
        "{error}"
    );
    assert!(was_cancelled(&timestream));
    let puts = uploads(&s3);
    // The first, and as often as the SDK tries the second.
    assert_eq!(puts, 1 + 3);
}

/// An S3 that reads half of a block and hangs up.
#[tokio::test]
async fn an_upload_that_is_read_by_half_ends_the_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let uploads = Arc::new(AtomicUsize::new(0));
    let counted = uploads.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut begin = [0; 600];
            let read = connection.read_exact(&mut begin).await;
            // The bucket is looked for first, which is answered.
            if begin.starts_with(b"HEAD") || read.is_err() {
                use tokio::io::AsyncWriteExt as _;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = connection.write_all(answer).await;
            } else {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let timestream = timestream(10_000, |_| None).await;
    let error = read(&timestream, &url, (100_000, 0)).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal, "{error}");
    assert!(error.message().contains("S3 cannot be reached"), "{error}");
    assert_eq!(uploads.load(Ordering::Relaxed), 3);
    assert!(was_cancelled(&timestream));
}

/// Slower than Timestream by far: rows wait for it, and all of them come.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_s3_gets_every_block() {
    let puts = Scripted::start(|_| {
        std::thread::sleep(Duration::from_millis(50));
        Reply::Json(String::new())
    });
    let s3 = puts.await.unwrap();
    let timestream = timestream(20, |_| None).await;
    let config = sdk_config(timestream.url(), s3.url());
    let plugin = plugin("timestream").unwrap();
    let connector = Connector::with_plugin(settings("spill").unwrap(), &config, plugin);
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let schema = get_table(&connector, &name).await.unwrap();
    let split = splits(&connector, &name, &schema, &none)
        .await
        .unwrap()
        .remove(0);
    let mut request = read_request(&name, &schema, &["n"], split, &none).unwrap();
    (request.max_block_size, request.max_inline_block_size) = SMALL_BLOCKS;
    let request = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let answer = connector.answer(&request, None).await.unwrap();
    let reading = answer.reading.unwrap();
    let puts = uploads(&s3);
    assert_eq!((reading.rows_returned, reading.blocks), (2_000, puts));
    assert_eq!(reading.end, End::LastPage);
    assert!(puts > 10, "{puts}");
}
