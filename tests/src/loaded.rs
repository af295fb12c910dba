//! A thousand swaps between two plugins while clients ask, in this process and through functions.
//!
//! `cargo xtask bench swap` measures how long a plan takes meanwhile.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use connector::Connector;
use connector::plugin::Digest;
use local::athena::{Athena, Function, Options};
use tests::athena::rows;
use tests::processes::Emulator;
use tests::sdk_config;
use tests::stores::{point, push};
use tokio::runtime::Handle;

use crate::swapped::{Stage, bytes_of, dialect, planned, slot, usual};

const SWAPS: usize = 1_000;

/// Clients that share a connector in this process; it looks at the pointer for each request.
const IN_PROCESS: usize = 4;

/// Functions, each with a client of its own; they look every ten seconds.
const FUNCTIONS: usize = 4;

/// Bytes that a function's peak memory may grow by in the second half of the swaps. It keeps the plugins that it has
/// compiled.
const GROWTH: u64 = 32 << 20;

/// Whether the swaps are over.
type Done = Arc<AtomicBool>;

/// Plans and reads until the swaps are over; the plugins that it was served by.
async fn ask_connector(connector: Arc<Connector>, done: Done) -> HashSet<Digest> {
    let mut seen = HashSet::new();
    while !done.load(Ordering::Relaxed) {
        let request = planned(&connector).await;
        let digest = &request.split.properties["athena-timestream.dialect"];
        let digest = Digest::parse(digest).unwrap();
        let used = dialect(&connector, request).await;
        assert!(used.contains(digest.short()), "{used} {digest}");
        seen.insert(digest);
    }
    seen
}

/// Asks whole queries until the swaps are over; how many.
async fn ask_function(athena: Athena, done: Done) -> usize {
    let mut asked = 0;
    while !done.load(Ordering::Relaxed) {
        let result = athena.query("SELECT host FROM d.t").await.unwrap();
        assert_eq!(rows(&result.batches).unwrap(), [["a"]]);
        asked += 1;
    }
    asked
}

fn functions(stage: &Stage, store: &Path) -> Vec<Emulator> {
    let url = stage.timestream.url();
    let environment: HashMap<String, String> = [
        ("AWS_ENDPOINT_URL_TIMESTREAM_QUERY", url),
        ("AWS_ENDPOINT_URL_TIMESTREAM_WRITE", url),
        ("AWS_ENDPOINT_URL_S3", &stage.s3.url()),
        ("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", &stage.s3.access_key),
        ("AWS_SECRET_ACCESS_KEY", &stage.s3.secret_key),
        ("AWS_REGION", "us-east-1"),
        ("spill_bucket", stage.s3.bucket()),
        ("disable_glue", "true"),
        ("plugin_store", store.to_str().unwrap()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let start = |_| Emulator::start(&environment).unwrap();
    (0..FUNCTIONS).map(start).collect()
}

fn athena(function: &Emulator, stage: &Stage) -> Athena {
    let config = sdk_config(stage.timestream.url(), &stage.s3.url());
    let client = aws_sdk_lambda::config::Builder::from(&config)
        .endpoint_url(&function.url)
        .build();
    let function = Function::Lambda {
        client: aws_sdk_lambda::Client::from_conf(client),
        name: "function".to_owned(),
    };
    let options = Options::new(aws_sdk_s3::Client::new(&config));
    Athena::open(function, options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_fails_or_sees_two_plugins_while_they_are_swapped() {
    let stage = Stage::start().await;
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let digests = ["java-compat", "faulty"].map(|name| push(store, "timestream", &bytes_of(name)));
    point(store, "timestream", digests[0].as_str());
    let connector = Arc::new(stage.connector(slot(store, usual())));
    let functions = functions(&stage, store);
    // Until the first is taken over, the package's plugin stands in.
    planned(&connector).await;
    for function in &functions {
        let ready = athena(function, &stage);
        ready.query("SELECT host FROM d.t").await.unwrap();
    }
    let done = Done::default();
    let in_process: Vec<_> = (0..IN_PROCESS)
        .map(|_| tokio::spawn(ask_connector(connector.clone(), done.clone())))
        .collect();
    let through_functions: Vec<_> = functions
        .iter()
        .map(|function| {
            let (athena, done) = (athena(function, &stage), done.clone());
            // Athena's rows stay on their thread.
            tokio::task::spawn_blocking(move || {
                Handle::current().block_on(ask_function(athena, done))
            })
        })
        .collect();
    let memory = || {
        let peaks = functions.iter().map(Emulator::peak_memory);
        peaks.collect::<Result<Vec<u64>, _>>().unwrap()
    };
    let mut before = Vec::new();
    for swap in 0..SWAPS {
        // By now each function has looked at the store again.
        if swap == SWAPS / 2 {
            before = memory();
        }
        point(store, "timestream", digests[swap % 2].as_str());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut seen = HashSet::new();
    for client in in_process {
        seen.extend(client.await.unwrap());
    }
    assert_eq!(seen, HashSet::from(digests));
    for client in through_functions {
        assert!(client.await.unwrap() > 0);
    }
    for (before, after) in before.into_iter().zip(memory()) {
        assert!(after <= before + GROWTH, "{before} bytes became {after}");
    }
    for function in &functions {
        assert!(function.log().unwrap().contains("plugin taken over"));
    }
}
