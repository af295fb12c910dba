//! Java plays Athena: its planning and reading against `bootstrap` under AWS's Lambda emulator, for the demo's tables,
//! which are on the stand-ins. Every row is compared with what was generated, which never went through either.

use std::collections::HashMap;

use connector::timestream::{Clients, Place};
use local::data::generate::{
    DATABASE, Fleet, MILLISECOND, RANGE_FROM, RANGE_TO, READINGS, Reading, SIGNALS, Signal,
    SignalValue,
};
use local::data::write::{Numbered, Target};
use local::s3::S3;
use local::timestream::{Options, Server};
use serde_json::{Value, json};
use tests::processes::Emulator;

use super::cells::double;
use super::{folder, java};

/// A row by column.
type Row = HashMap<&'static str, Value>;

/// All that Java talks to.
struct Stage {
    timestream: Server,
    s3: S3,
    emulator: Emulator,
}

impl Stage {
    async fn start(fleet: &Fleet) -> Self {
        let timestream = Server::start(Options::default()).await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = tests::sdk_config(&timestream.url(), &s3.url());
        let client = Clients::new(&config, Place::default())
            .write()
            .await
            .unwrap();
        let readings = fleet.reading_records();
        let signals = fleet.signal_records();
        for (table, records) in [
            (READINGS, Box::new(readings) as Box<dyn Iterator<Item = _>>),
            (SIGNALS, Box::new(signals)),
        ] {
            let target = Target {
                client: &client,
                database: DATABASE,
                table,
            };
            target.create().await.unwrap();
            let numbered = (1..).zip(records).map(|(line, record)| {
                let record: Result<_, aws_sdk_timestreamwrite::error::BuildError> = record;
                let record = Ok(record?);
                Ok(Numbered { line, record })
            });
            assert_eq!(target.write(numbered).await.unwrap().rejected.len(), 0);
        }
        let environment: HashMap<String, String> = [
            ("AWS_ENDPOINT_URL_TIMESTREAM_QUERY", timestream.url()),
            ("AWS_ENDPOINT_URL_TIMESTREAM_WRITE", timestream.url()),
            ("AWS_ENDPOINT_URL_S3", s3.url()),
            ("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1".to_owned()),
            ("AWS_ACCESS_KEY_ID", s3.access_key.clone()),
            ("AWS_SECRET_ACCESS_KEY", s3.secret_key.clone()),
            ("AWS_REGION", "us-east-1".into()),
            ("spill_bucket", s3.bucket().into()),
            ("disable_glue", "true".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let emulator = Emulator::start(&environment).unwrap();
        Self {
            timestream,
            s3,
            emulator,
        }
    }

    /// Lets Java ask, and returns what it says of the run and the rows that it got.
    fn play(&self, name: &str, asked: Value) -> (Value, Vec<String>) {
        let to = folder(name).join("rows.jsonl");
        let mut command = json!({
            "do": "play", "to": to, "lambda": self.emulator.url, "schema": DATABASE.to_lowercase(),
            "s3": {"endpoint": self.s3.url(), "accessKey": self.s3.access_key, "secretKey": self.s3.secret_key},
        });
        for (name, value) in asked.as_object().unwrap() {
            command[name] = value.clone();
        }
        let outcome = tokio::task::block_in_place(|| java::ask(&command)).unwrap();
        let rows: Vec<Value> = java::read_lines(&to);
        assert_eq!(outcome["rows"], rows.len(), "{name}: {outcome}");
        (outcome, sorted(rows))
    }

    async fn stop(self) {
        drop(self.emulator);
        self.s3.stop().await;
        self.timestream.stop().await.unwrap();
    }
}

/// Rows as text, in any one order: Athena promises none.
fn sorted(rows: Vec<Value>) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    rows.sort_unstable();
    rows
}

/// The rows expected, of the columns that Java says it got.
fn expected(rows: impl Iterator<Item = Row>, outcome: &Value) -> Vec<String> {
    let columns = outcome["columns"].as_array().unwrap();
    let cells = |row: Row| -> Value {
        columns
            .iter()
            .map(|column| row[column.as_str().unwrap()].clone())
            .collect()
    };
    sorted(rows.map(cells).collect())
}

fn assert_same(name: &str, outcome: &Value, rows: &[String], expected: &[String]) {
    assert_eq!(rows.len(), expected.len(), "{name}: {outcome}");
    for (row, expected) in rows.iter().zip(expected) {
        assert_eq!(row, expected, "{name}: {outcome}");
    }
}

/// Down, not towards zero.
fn millis(nanos: i64) -> Value {
    json!(nanos.div_euclid(MILLISECOND))
}

fn reading(fleet: &Fleet, reading: &Reading) -> Row {
    let mut row = dimensions(fleet, reading.device);
    row.extend([
        ("measure_name", json!("reading")),
        ("time", millis(reading.time)),
        (
            "temperature",
            reading.temperature.map_or(Value::Null, double),
        ),
        ("humidity", double(reading.humidity)),
        ("battery", json!(reading.battery)),
        ("online", json!(reading.online)),
        ("firmware", json!(reading.firmware)),
        ("serviced", reading.serviced.map_or(Value::Null, millis)),
    ]);
    row
}

fn signal(fleet: &Fleet, signal: &Signal) -> Row {
    let mut row = dimensions(fleet, signal.device);
    row.extend([
        ("measure_value::double", Value::Null),
        ("measure_value::bigint", Value::Null),
        ("measure_value::varchar", Value::Null),
        ("measure_value::boolean", Value::Null),
        ("time", millis(signal.time)),
    ]);
    let (name, column, value) = match &signal.value {
        SignalValue::CpuUsage(value) => ("cpu_usage", "measure_value::double", double(*value)),
        SignalValue::MemoryUsageMb(value) => {
            ("memory_usage_mb", "measure_value::bigint", json!(value))
        }
        SignalValue::Status(value) => ("status", "measure_value::varchar", json!(value)),
        SignalValue::Throttled(value) => ("throttled", "measure_value::boolean", json!(value)),
    };
    row.insert("measure_name", json!(name));
    row.insert(column, value);
    row
}

fn dimensions(fleet: &Fleet, device: usize) -> Row {
    let device = &fleet.devices[device];
    HashMap::from([
        ("deviceid", json!(device.id)),
        ("region", json!(device.region)),
        ("owner", json!(device.owner)),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn java_plays_athena_and_gets_every_row_of_the_demo_spilled_and_inline() {
    if !java::is_there() {
        return;
    }
    let fleet = Fleet::generate();
    let stage = Stage::start(&fleet).await;
    let readings = || fleet.readings.iter().map(|row| (row, reading(&fleet, row)));
    let signals = || fleet.signals.iter().map(|row| (row, signal(&fleet, row)));
    const USUAL: [u64; 2] = [16_000_000, 5_242_880];

    // Everything, in many encrypted blocks.
    let asked = json!({"version": 6, "table": "readings", "sizes": [1_000_000, 0]});
    let (outcome, rows) = stage.play("played-readings", asked);
    let all = expected(readings().map(|(_, row)| row), &outcome);
    assert_same("readings", &outcome, &rows, &all);
    assert_eq!(outcome["version"], 5, "we announce 5");
    assert_eq!(outcome["tables"], json!(["readings", "signals"]));
    assert_eq!(
        outcome["capabilities"],
        json!([
            "SYSTEM.QUERY",
            "supports_complex_expression_pushdown",
            "supports_filter_pushdown",
            "supports_limit_pushdown",
            "supports_top_n_pushdown",
        ])
    );
    assert_eq!(
        (&outcome["partitions"], &outcome["splits"]),
        (&json!(1), &json!(1))
    );
    assert!(outcome["spilled"].as_u64() > Some(4), "{outcome}");
    assert_eq!(outcome["encrypted"], outcome["spilled"]);

    // An hour of a region, three columns, inline.
    let asked = json!({
        "version": 5, "table": "readings", "sizes": USUAL, "columns": ["time", "deviceid", "temperature"],
        "equal": {"region": "eu-west-1"}, "between": {"time": [RANGE_FROM / MILLISECOND, RANGE_TO / MILLISECOND]},
    });
    let (outcome, rows) = stage.play("played-hour", asked);
    let hour = readings().filter(|(row, _)| {
        (RANGE_FROM..RANGE_TO).contains(&row.time)
            && fleet.devices[row.device].region == Some("eu-west-1")
    });
    let hour = expected(hour.map(|(_, row)| row), &outcome);
    assert!(!hour.is_empty());
    assert_same("an hour", &outcome, &rows, &hour);
    assert_eq!(
        (&outcome["inline"], &outcome["spilled"]),
        (&json!(1), &json!(0))
    );

    // An old Athena, and the other table.
    let asked = json!({"version": 2, "table": "signals", "sizes": [300_000, 0]});
    let (outcome, rows) = stage.play("played-signals", asked);
    let all = expected(signals().map(|(_, row)| row), &outcome);
    assert_same("signals", &outcome, &rows, &all);
    assert_eq!(outcome["version"], 2);
    assert!(outcome["spilled"].as_u64() > Some(4), "{outcome}");

    let asked = json!({
        "version": 4, "table": "signals", "sizes": USUAL, "columns": ["measure_value::double", "measure_name", "time"],
    });
    let (outcome, rows) = stage.play("played-columns", asked);
    let all = expected(signals().map(|(_, row)| row), &outcome);
    assert_same("columns", &outcome, &rows, &all);
    assert_eq!(
        (&outcome["inline"], &outcome["spilled"]),
        (&json!(1), &json!(0))
    );

    // Rows without a column, and no row.
    let asked = json!({"version": 3, "table": "readings", "sizes": USUAL, "columns": []});
    let (outcome, _) = stage.play("played-count", asked);
    assert_eq!(outcome["rows"], fleet.readings.len());
    let asked =
        json!({"version": 5, "table": "readings", "sizes": USUAL, "equal": {"region": "nowhere"}});
    let (outcome, _) = stage.play("played-nothing", asked);
    assert_eq!(
        (&outcome["rows"], &outcome["inline"]),
        (&json!(0), &json!(1))
    );

    // A user's own statement.
    let statement = format!(
        r#"SELECT measure_name AS "Name", count(*) AS n, max(measure_value::double) AS top FROM "{DATABASE}"."{SIGNALS}" GROUP BY measure_name"#
    );
    let asked = json!({"version": 5, "statement": statement, "sizes": USUAL});
    let (outcome, rows) = stage.play("played-statement", asked);
    let named = ["cpu_usage", "memory_usage_mb", "status", "throttled"].map(|name| {
        let named = || signals().filter(|(_, row)| row["measure_name"] == name);
        let doubles = named().filter_map(|(row, _)| match row.value {
            SignalValue::CpuUsage(value) => Some(value),
            _ => None,
        });
        let top = doubles.reduce(f64::max).map_or(Value::Null, double);
        HashMap::from([
            ("name", json!(name)),
            ("n", json!(named().count())),
            ("top", top),
        ])
    });
    let named = expected(named.into_iter(), &outcome);
    assert_same("a statement", &outcome, &rows, &named);

    stage.stop().await;
}
