//! `compare`: the same queries through two functions.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::HashMap;
use std::process::{Command, Output};

use serde_json::Value;
use tests::processes::{Emulator, packaged_dialect, program};
use tests::scripted::{Call, Reply, Scripted};

type Rows = &'static [[Option<&'static str>; 3]];

const TWO: Rows = &[
    [
        Some("a"),
        Some("2024-01-01 00:00:01.000000000"),
        Some("1.5"),
    ],
    [
        Some("b"),
        Some("2024-01-01 00:00:02.000000000"),
        Some("-0.0"),
    ],
];

const ONE: Rows = &[TWO[0]];

const OTHER: Rows = &[
    [
        Some("a"),
        Some("2024-01-01 00:00:01.000000000"),
        Some("1.25"),
    ],
    TWO[1],
];

/// What each side's Timestream has in a table: rows of the left, rows of the right.
const TABLES: [(&str, Rows, Rows); 6] = [
    ("same", TWO, TWO),
    ("missing", TWO, ONE),
    ("extra", ONE, TWO),
    ("value", TWO, OTHER),
    ("type", TWO, TWO),
    ("broken", TWO, TWO),
];

/// A Timestream that has one side's rows. Of the table `type` the right side shows a number as text, and it fails to read `broken`.
async fn timestream(is_left: bool) -> Scripted {
    let script = move |call: &Call| {
        // The spill bucket is looked for, and is there.
        if call.operation == "HEAD" {
            return Reply::Json(String::new());
        }
        let table = TABLES
            .iter()
            .find(|(name, ..)| call.sql().contains(&format!("\"{name}\"")));
        let Some((name, left, right)) = table else {
            return Reply::Error(400, "ValidationException", "what is this?".into());
        };
        if *name == "broken" && !is_left && call.sql().starts_with("SELECT") {
            return Reply::Error(400, "ValidationException", "no such table".into());
        }
        let number = if *name == "type" && !is_left {
            "varchar"
        } else {
            "double"
        };
        if call.sql().starts_with("DESCRIBE") {
            return Reply::description(&[
                ("host", "varchar", "DIMENSION"),
                ("time", "timestamp", "TIMESTAMP"),
                ("x", number, "MULTI"),
            ]);
        }
        let rows: Vec<&[Option<&str>]> = if is_left { left } else { right }
            .iter()
            .map(<[_; 3]>::as_slice)
            .collect();
        let number = number.to_uppercase();
        let columns = [
            ("host", "VARCHAR"),
            ("time", "TIMESTAMP"),
            ("x", number.as_str()),
        ];
        Reply::page(&columns, &rows, None)
    };
    Scripted::start(script).await.unwrap()
}

/// What a function needs to know of its services.
fn environment(timestream: &Scripted) -> HashMap<String, String> {
    [
        ("AWS_ENDPOINT_URL_TIMESTREAM_QUERY", timestream.url()),
        ("AWS_ENDPOINT_URL_TIMESTREAM_WRITE", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1"),
        // Few rows need no spill; the bucket is asked for all the same.
        ("AWS_ENDPOINT_URL_S3", timestream.url()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("spill_bucket", "spill"),
        ("disable_glue", "true"),
        ("slices_per_query", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

struct Sides {
    left: Scripted,
    right: Emulator,
    _timestream: Scripted,
}

impl Sides {
    async fn start() -> Self {
        let (left, right) = (timestream(true).await, timestream(false).await);
        Self {
            right: Emulator::start(&environment(&right)).unwrap(),
            left,
            _timestream: right,
        }
    }

    async fn compare(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("athena-timestream").unwrap());
        command
            .args(["compare", "--left", "local", "--right", &self.right.url])
            .args(arguments)
            .envs(environment(&self.left))
            .env("dialect", packaged_dialect().unwrap());
        // The scripts answer on this test's runtime.
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_difference_is_told() {
    let sides = Sides::start().await;
    let query = |table: &str| format!("SELECT host, time, x FROM d.{table}");
    for (sql, expected) in [
        (
            query("missing"),
            vec!["missing  b | 2024-01-01 00:00:02.000000000 | -0.0"],
        ),
        (
            query("extra"),
            vec!["extra    b | 2024-01-01 00:00:02.000000000 | -0.0"],
        ),
        (
            query("value"),
            vec!["value    x: 1.5 → 1.25  in a | 2024-01-01 00:00:01.000000000 | 1.5"],
        ),
        (
            query("\"type\""),
            vec!["type     x: Float64 on the left, Utf8 on the right"],
        ),
        (
            query("broken"),
            vec!["right  failed: ", "no such table", "not compared"],
        ),
        (
            "SELECT x FROM d.missing WHERE x = 0".to_owned(),
            vec!["note     rows with -0.0 are on one side alone"],
        ),
        (
            "SELECT host FROM d.missing LIMIT 5".to_owned(),
            vec!["note     the query has a LIMIT and no ORDER BY"],
        ),
        (
            "SELECT time, x FROM d.missing WHERE time >= timestamp '2024-01-01 00:00:02'"
                .to_owned(),
            vec!["note     rows whose time is a bound of the query are on one side alone"],
        ),
    ] {
        let told = sides.compare(&["--profile", "everything", &sql]).await;
        let printed = text(&told.stdout);
        assert_eq!(
            told.status.code(),
            Some(1),
            "{printed}{}",
            text(&told.stderr)
        );
        for expected in expected {
            assert!(
                printed.contains(expected),
                "{sql}: {expected} is not in {printed}"
            );
        }
        assert!(printed.ends_with("0 of 1 equal\n"), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_is_compared_query_by_query() {
    let sides = Sides::start().await;
    let suite = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        suite.path(),
        "-- all of it; the semicolon of this comment is none\n\
         SELECT host, x FROM d.same;\n\
         SELECT ';' AS a, host FROM d.same WHERE host <> 'x;y' ORDER BY host;\n\
         SELECT x FROM d.\"value\";\n",
    )
    .unwrap();
    let told = sides
        .compare(&["--suite", suite.path().to_str().unwrap(), "--json"])
        .await;
    let lines: Vec<Value> = text(&told.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let equal: Vec<bool> = lines
        .iter()
        .map(|line| line["equal"].as_bool().unwrap())
        .collect();
    assert_eq!(equal, [true, true, false]);
    assert_eq!(lines[0]["left"]["rows"], 2);
    assert!(lines[0]["right"]["bytes"].as_u64().unwrap() > 0);
    assert_eq!(
        (&lines[2]["missing"], &lines[2]["extra"]),
        (&1.into(), &1.into())
    );
    assert!(text(&told.stderr).contains("1 of 3 answers differ"));

    let told = sides.compare(&["SELECT host, time, x FROM d.same"]).await;
    let printed = text(&told.stdout);
    assert!(told.status.success(), "{printed}{}", text(&told.stderr));
    assert!(printed.ends_with("  equal\n1 of 1 equal\n"), "{printed}");
}
