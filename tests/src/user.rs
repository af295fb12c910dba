//! The programs as a user runs them, against programs nobody here wrote.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::processes::{Emulator, Serve, output, python};
use tests::scripted::{Call, Reply, Scripted};
use tests::workspace;

#[test]
fn boto3_lists_describes_writes_and_queries_with_paging() {
    let serve = Serve::start().unwrap();
    let script = workspace().join("tests/interop/serve_with_boto3.py");
    let url = &serve.environment["AWS_ENDPOINT_URL_TIMESTREAM_QUERY"];
    let printed = output(
        Command::new(python().unwrap())
            .arg(script)
            .arg(url)
            .envs(&serve.environment),
    )
    .unwrap();
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
}

/// A CSV and its data model: the recorded sensor where it is at hand, else readings like it.
fn sensor(folder: &Path) -> (PathBuf, PathBuf) {
    let recorded = workspace().join("../shared/fixtures/data");
    let recorded = (
        recorded.join("sensor_events.csv"),
        recorded.join("datamodel_events.json"),
    );
    if recorded.0.exists() {
        return recorded;
    }
    let mut csv = "gpio,time,temperature,humidity,measure_name\n".to_owned();
    for row in 0..3_000_u64 {
        let (gpio, time) = (
            [17, 22, 27][row as usize % 3],
            1_695_335_950_657 + row * 61_003,
        );
        let temperature = 70.0 + (row * 37 % 1_500) as f64 / 100.0;
        writeln!(
            csv,
            "{gpio},{time},{temperature},{:.2},metric",
            40.0 + row as f64 / 1_000.0
        )
        .unwrap();
    }
    let measure = |name: &str| {
        format!(
            r#"{{"SourceColumn":"{name}","TargetMultiMeasureAttributeName":"{name}","MeasureValueType":"DOUBLE"}}"#
        )
    };
    let model = format!(
        r#"{{"TimeUnit":"MILLISECONDS","TimeColumn":"time","DimensionMappings":[{{"SourceColumn":"gpio","DestinationColumn":"gpio"}}],
            "MultiMeasureMappings":{{"MultiMeasureAttributeMappings":[{},{}]}},"MeasureNameColumn":"measure_name"}}"#,
        measure("temperature"),
        measure("humidity")
    );
    let (file, mapping) = (folder.join("sensor.csv"), folder.join("model.json"));
    std::fs::write(&file, csv).unwrap();
    std::fs::write(&mapping, model).unwrap();
    (file, mapping)
}

/// The same questions, to Athena and to DuckDB over the file.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "select gpio, count(*) c, min(time) a, max(time) b, avg(temperature) t from home.sensor group by gpio order by gpio",
        "select gpio, count(*), min(ts), max(ts), avg(temperature) from f group by gpio order by gpio",
    ),
    (
        "select time, temperature, humidity from home.sensor where time >= timestamp '2023-09-23 00:00:00' \
         and time < timestamp '2023-09-24 06:30:00' order by time, temperature, humidity",
        "select ts, temperature, humidity from f where ts >= timestamp '2023-09-23 00:00:00' \
         and ts < timestamp '2023-09-24 06:30:00' order by ts, temperature, humidity",
    ),
    (
        "select time, temperature from home.sensor where gpio = '22' and temperature > 81 order by time, temperature",
        "select ts, temperature from f where gpio = '22' and temperature > 81 order by ts, temperature",
    ),
];

/// DuckDB's rows as CSV, times with milliseconds.
fn duckdb(csv: &Path, sql: &str) -> Vec<Vec<String>> {
    let program = r#"
import csv, datetime, duckdb, sys
db = duckdb.connect()
source = f"read_csv('{sys.argv[1]}', types={{'gpio': 'VARCHAR', 'time': 'BIGINT'}})"
db.execute(f"create view f as select * exclude (time), make_timestamp_ms(time) ts from {source}")
show = lambda v: v.isoformat(timespec='milliseconds') if isinstance(v, datetime.datetime) else ('' if v is None else str(v))
writer = csv.writer(sys.stdout, lineterminator='\n')
for row in db.execute(sys.argv[2]).fetchall(): writer.writerow([show(v) for v in row])
"#;
    let text = output(
        Command::new(python().unwrap())
            .args(["-c", program])
            .arg(csv)
            .arg(sql),
    )
    .unwrap();
    parse(&text)
}

fn parse(csv: &str) -> Vec<Vec<String>> {
    csv.lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

/// Rows of two programs: cells equal as text, as instants or as doubles up to the order of a sum.
fn assert_same(ours: &[Vec<String>], theirs: &[Vec<String>], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    assert!(!ours.is_empty(), "{what} asks for nothing");
    for (left, right) in ours.iter().flatten().zip(theirs.iter().flatten()) {
        let same = left == right
            || instant(left).is_some_and(|left| Some(left) == instant(right))
            || match (left.parse::<f64>(), right.parse::<f64>()) {
                (Ok(left), Ok(right)) => (left - right).abs() <= 1e-9 * right.abs(),
                _ => false,
            };
        assert!(same, "{what}: {left} and {right}");
    }
}

/// `2023-09-21T22:39:10.657` with or without its fraction, as one text.
fn instant(text: &str) -> Option<String> {
    let (day, clock) = text.split_once(['T', ' '])?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    Some(format!("{day} {clock}.{:0<9}", fraction))
}

#[test]
fn a_csv_is_loaded_and_answered_as_duckdb_answers_it_in_process_and_under_lambda() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, model) = sensor(folder.path());
    let serve = Serve::start().unwrap();
    let loaded = serve
        .command()
        .unwrap()
        .arg("load")
        .arg(&csv)
        .arg("--data-model")
        .arg(&model)
        .args(["--database", "Home", "--table", "Sensor", "--create"])
        .output()
        .unwrap();
    assert!(
        loaded.status.success(),
        "{}",
        String::from_utf8_lossy(&loaded.stderr)
    );

    let emulator = Emulator::start(&serve.environment).unwrap();
    for (ours, theirs) in QUESTIONS {
        let expected = duckdb(&csv, theirs);
        let ask = |extra: &[&str]| {
            let mut command = serve.command().unwrap();
            let text = output(
                command
                    .args(["query", ours, "--format", "csv", "-q"])
                    .args(extra),
            )
            .unwrap();
            // Without the header.
            parse(&text).split_off(1)
        };
        assert_same(&ask(&[]), &expected, ours);
        assert_same(&ask(&["--lambda", &emulator.url]), &expected, ours);
    }
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let serve = Serve::start().unwrap();
    let fails = |arguments: &[&str]| {
        let output = serve.command().unwrap().args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let error = fails(&["query", "select * from nowhere.t"]);
    assert!(error.contains("nowhere"), "{error}");
    let error = fails(&["query", "selec 1"]);
    assert!(error.starts_with("error:"), "{error}");
    let error = fails(&[
        "load",
        "no-such.csv",
        "--data-model",
        "no-such.json",
        "--database",
        "d",
        "--table",
        "t",
    ]);
    assert!(error.contains("no-such.json"), "{error}");
}

/// Pages of 10,000 rows `n`, up to so many.
fn million(call: &Call, rows: u64) -> Reply {
    const PER_PAGE: u64 = 10_000;
    let start: u64 = call.token().map_or(0, |token| token.parse().unwrap());
    let end = (start + PER_PAGE).min(rows);
    let mut page = String::with_capacity(800_000);
    page.push_str(r#"{"QueryId":"MILLION","ColumnInfo":["#);
    page.push_str(r#"{"Name":"host","Type":{"ScalarType":"VARCHAR"}},{"Name":"n","Type":{"ScalarType":"BIGINT"}}],"Rows":["#);
    for n in start..end {
        let comma = if n == start { "" } else { "," };
        write!(
            page,
            r#"{comma}{{"Data":[{{"ScalarValue":"host-{:020}"}},{{"ScalarValue":"{n}"}}]}}"#,
            n % 1_000
        )
        .unwrap();
    }
    page.push(']');
    if end < rows {
        write!(page, r#","NextToken":"{end}""#).unwrap();
    }
    page.push('}');
    Reply::Json(page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_rows_are_read_through_spill_each_once_in_flat_memory() {
    const FEW: u64 = 400_000;
    const MANY: u64 = 1_000_000;
    let timestream = Scripted::start(|call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => Reply::description(&[
            ("host", "varchar", "DIMENSION"),
            ("n", "bigint", "MEASURE_VALUE"),
        ]),
        sql if sql.contains(r#""few""#) => million(call, FEW),
        _ => million(call, MANY),
    })
    .await
    .unwrap();
    let s3 = local::s3::S3::start(0, "spill", None).await.unwrap();
    let mut environment = HashMap::new();
    for (name, value) in [
        (
            "AWS_ENDPOINT_URL_TIMESTREAM_QUERY",
            timestream.url().to_owned(),
        ),
        (
            "AWS_ENDPOINT_URL_TIMESTREAM_WRITE",
            timestream.url().to_owned(),
        ),
        ("AWS_ENDPOINT_URL_S3", s3.url()),
        ("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1".to_owned()),
        ("AWS_ACCESS_KEY_ID", s3.access_key.clone()),
        ("AWS_SECRET_ACCESS_KEY", s3.secret_key.clone()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("spill_bucket", s3.bucket().to_owned()),
        ("disable_glue", "true".to_owned()),
        ("MAX_BLOCK_SIZE_BYTES", "4000000".to_owned()),
    ] {
        environment.insert(name.to_owned(), value);
    }
    let emulator = Emulator::start(&environment).unwrap();
    let ask = async |table: &str| {
        let mut command =
            tokio::process::Command::new(tests::processes::program("athena-timestream").unwrap());
        let sql = format!(
            "select count(*), count(distinct n), min(n), max(n), count(distinct host) from d.{table}"
        );
        let output = command
            .args(["query", &sql, "--format", "csv", "--lambda", &emulator.url])
            .envs(&environment)
            .output()
            .await
            .unwrap();
        let (stdout, stderr) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert!(output.status.success(), "{stderr}");
        (stdout.lines().last().unwrap().to_owned(), stderr)
    };
    assert_eq!(
        ask("few").await.0,
        format!("{FEW},{FEW},0,{},1000", FEW - 1)
    );
    let few = emulator.peak_memory().unwrap();
    assert_eq!(
        ask("many").await.0,
        format!("{MANY},{MANY},0,{},1000", MANY - 1)
    );
    let many = emulator.peak_memory().unwrap();
    // Flat but for the allocator's habits: 600,000 rows more are 24 MB more of Arrow and 44 MB of JSON.
    assert!(
        many < few + (8 << 20),
        "{few} bytes for {FEW} rows, {many} for {MANY}"
    );
    assert!(many < 160 << 20, "{many} bytes");
}

#[test]
fn the_demo_finds_all_equal_and_a_planted_fault() {
    let demo = |arguments: &[&str]| {
        let mut command = Command::new(tests::processes::program("athena-timestream").unwrap());
        command
            .arg("demo")
            .arg("--dialect")
            .arg(tests::component("timestream").unwrap());
        let output = command.args(arguments).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(printed).unwrap())
    };
    let (is_equal, printed) = demo(&[]);
    assert!(is_equal && printed.contains("7 of 7 equal"), "{printed}");
    let (is_equal, printed) = demo(&["--break", "nanoseconds"]);
    assert!(!is_equal && printed.contains("6 of 7 equal"), "{printed}");
    assert!(printed.contains("missing rows: 1"), "{printed}");
}
