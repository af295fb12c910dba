//! The plugin `wide` against a pivot by DuckDB: random records of every measure type, with gaps.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow::array::RecordBatch;
use aws_config::SdkConfig;
use aws_sdk_timestreamwrite::types::{Dimension, MeasureValueType, Record, TimeUnit};
use connector::wire::{Constraints, Marker, MarkerBound, Range, ValueSet};
use connector::{Connector, Settings};
use local::athena::{Athena, Function, Options as Asked, Profile};
use local::s3::S3;
use local::timestream::{Options, Server};
use serde_json::{Value, json};
use tests::athena::{rows, select, table_name};
use tests::processes::python;
use tests::{plugin, sdk_config};

/// Measures, the column of their values, and their types. Two differ in case alone, one is called like a dimension.
const MEASURES: [(&str, &str, MeasureValueType); 6] = [
    ("CPU", "double", MeasureValueType::Double),
    ("cpu", "double", MeasureValueType::Double),
    ("n", "bigint", MeasureValueType::Bigint),
    ("it's", "varchar", MeasureValueType::Varchar),
    ("on", "boolean", MeasureValueType::Boolean),
    ("host", "varchar", MeasureValueType::Varchar),
];

/// 2024-01-01 00:00:00, in milliseconds.
const NEW_YEAR: i64 = 1_704_067_200_000;

/// What DuckDB makes of the records on standard input, under each condition: rows as lists of texts, NULL as null. Conditions
/// see the measures under the fields' names, typed.
const PIVOT: &str = r#"
import duckdb, json, sys
asked = json.load(sys.stdin)
duckdb.execute("CREATE TABLE r (host VARCHAR, region VARCHAR, millis BIGINT, measure VARCHAR, value VARCHAR)")
if asked["records"]:
    duckdb.executemany("INSERT INTO r VALUES (?, ?, ?, ?, ?)", asked["records"])
measures = ", ".join("any_value(value) FILTER (measure = '" + m.replace("'", "''") + f"') AS m{place}" for place, m in enumerate(asked["measures"]))
known = ", ".join("'" + m.replace("'", "''") + "'" for m in asked["measures"])
duckdb.execute(f"CREATE TABLE p AS SELECT host, region, millis, make_timestamp(millis * 1000) AS time, {measures} FROM r WHERE measure IN ({known}) GROUP BY ALL")
texts = ", ".join(f"m{place}" for place in range(len(asked["measures"])))
typed = ", ".join(f'CAST(m{place} AS {kind}) AS "{field}"' for place, (field, kind) in enumerate(asked["fields"]))
select = lambda where: duckdb.execute(f"SELECT host, region, millis, {texts} FROM (SELECT *, {typed} FROM p) WHERE {where}").fetchall()
print(json.dumps([select(where) for where in asked["where"]]))
"#;

struct Stage {
    _timestream: Server,
    _s3: S3,
    connector: Arc<Connector>,
    config: SdkConfig,
    /// `host`, `region`, milliseconds, measure, value.
    records: Vec<[Value; 5]>,
}

impl Stage {
    async fn start(seed: u64) -> Self {
        let timestream = Server::start(Options::default()).await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = sdk_config(&timestream.url(), &s3.url());
        let write = aws_sdk_timestreamwrite::Client::new(&config);
        write
            .create_database()
            .database_name("d")
            .send()
            .await
            .unwrap();
        let create = write.create_table().database_name("d").table_name("t");
        create.send().await.unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        let mut records = Vec::new();
        // One record of each measure, so that every column exists; then with gaps, and of a measure nobody asks for.
        let all = MEASURES.iter().map(|measure| (measure, 0, 0, false));
        let mut chosen: Vec<_> = all.collect();
        for at in 0..20 {
            for host in 0..3 {
                for measure in &MEASURES {
                    if random.u8(..3) == 0 && (at, host) != (0, 0) {
                        chosen.push((measure, at, host, random.bool()));
                    }
                }
            }
        }
        for ((name, _, r#type), at, host, has_region) in chosen {
            let value = match r#type {
                MeasureValueType::Double => format!("{:?}", f64::from(random.i16(..)) / 2.0),
                MeasureValueType::Bigint => random.i64(..).to_string(),
                MeasureValueType::Boolean => random.bool().to_string(),
                _ => format!("it's {}", random.u8(..)),
            };
            let time = NEW_YEAR + 1_000 * at;
            let dimension = |name: &str, value: &str| {
                let dimension = Dimension::builder().name(name).value(value);
                dimension.build().unwrap()
            };
            let host = format!("h{host}");
            let mut record = Record::builder()
                .dimensions(dimension("host", &host))
                .measure_name(*name)
                .measure_value(&value)
                .measure_value_type(r#type.clone())
                .time(time.to_string())
                .time_unit(TimeUnit::Milliseconds);
            if has_region {
                record = record.dimensions(dimension("region", "r"));
            }
            let send = write.write_records().database_name("d").table_name("t");
            send.records(record.build()).send().await.unwrap();
            let region = if has_region { json!("r") } else { Value::Null };
            records.push([json!(host), region, json!(time), json!(name), json!(value)]);
        }
        // A second dimension exists once a record has it.
        let measures = MEASURES
            .map(|(name, kind, _)| format!("{name} {kind}"))
            .join(", ");
        let options = json!({"wide_measures": measures}).to_string();
        let settings = Settings::from_lookup(|name| match name {
            "spill_bucket" => Some("spill".to_owned()),
            "disable_glue" => Some("true".to_owned()),
            "slices_per_query" => Some("1".to_owned()),
            "dialect_options" => Some(options.clone()),
            _ => None,
        });
        let wide = plugin("wide").unwrap();
        Self {
            connector: Arc::new(Connector::with_plugin(settings.unwrap(), &config, wide)),
            config,
            _timestream: timestream,
            _s3: s3,
            records,
        }
    }

    /// The rows that DuckDB makes under each condition, as texts, in order.
    fn pivots(&self, conditions: &[String], fields: &[String]) -> Vec<Vec<Vec<String>>> {
        let kinds = MEASURES.iter().map(|(_, kind, _)| kind);
        let asked = json!({
            "records": self.records,
            "measures": MEASURES.map(|(name, ..)| name),
            "fields": fields.iter().zip(kinds).collect::<Vec<_>>(),
            "where": conditions,
        });
        let mut python = Command::new(python().unwrap());
        let python = python
            .args(["-c", PIVOT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = python.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(asked.to_string().as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let pivots: Vec<Vec<Vec<Value>>> = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| match value {
            Value::Null => "NULL".to_owned(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let texts = |rows: Vec<Vec<Value>>| {
            let row = |row: &Vec<Value>| row.iter().map(text).collect();
            let mut rows: Vec<Vec<String>> = rows.iter().map(row).collect();
            rows.sort();
            rows
        };
        pivots.into_iter().map(texts).collect()
    }

    /// Under one condition on the keys.
    fn pivot(&self, condition: &str) -> Vec<Vec<String>> {
        let fields: Vec<String> = (0..MEASURES.len())
            .map(|place| format!("f{place}"))
            .collect();
        self.pivots(&[condition.to_owned()], &fields).remove(0)
    }

    /// The same from the connector, and how many rows it fetched.
    async fn wide(&self, constraints: &Constraints) -> (Vec<Vec<String>>, usize) {
        let name = table_name("d", "t");
        let schema = tests::athena::get_table(&self.connector, &name)
            .await
            .unwrap();
        let fields: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        assert_eq!(fields.len(), 3 + MEASURES.len(), "{fields:?}");
        assert_eq!(fields[..3], ["host", "region", "time"]);
        let sizes = (16_000_000, 5_242_880);
        let read = select(&self.connector, None, &name, &fields, constraints, sizes).await;
        let (batches, readings) = read.unwrap();
        (
            texts(&batches),
            readings.iter().map(|reading| reading.rows_read).sum(),
        )
    }
}

/// Rows as texts, in order.
fn texts(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    if batches.is_empty() {
        return Vec::new();
    }
    let mut rows = rows(batches).unwrap();
    for row in &mut rows {
        // To milliseconds, as the records have it.
        row[2] = millis(&row[2]).to_string();
    }
    rows.sort();
    rows
}

/// A condition on keys and measures that means the same in Athena's SQL and in DuckDB's.
fn condition(random: &mut fastrand::Rng, fields: &[String], depth: u8) -> String {
    if depth > 0 && random.u8(..2) == 0 {
        let left = condition(random, fields, depth - 1);
        let right = condition(random, fields, depth - 1);
        return match random.u8(..3) {
            0 => format!("({left} AND {right})"),
            1 => format!("({left} OR {right})"),
            _ => format!("NOT ({left})"),
        };
    }
    let host = random.u8(..4);
    let instant = |second: i64| format!("TIMESTAMP '2024-01-01 00:00:{second:02}'");
    let second = random.i64(0..20);
    let later = instant(second + random.i64(0..10));
    let instant = instant(second);
    let [upper, lower, n, text, on, other_host] = fields else {
        panic!("{fields:?}")
    };
    match random.u8(..15) {
        0 => format!("host = 'h{host}'"),
        1 => format!("host IN ('h{host}', 'h1')"),
        2 => format!("host <> 'h{host}'"),
        3 => "region IS NULL".to_owned(),
        4 => "region = 'r'".to_owned(),
        5 => format!("time >= {instant}"),
        6 => format!("time < {instant}"),
        7 => format!("time BETWEEN {instant} AND {later}"),
        8 => format!(r#""{upper}" > {}.5"#, random.i16(..)),
        9 => format!(r#""{n}" < 0"#),
        10 => format!(r#""{text}" LIKE 'it''s 1%'"#),
        11 => format!(r#""{on}""#),
        12 => format!(r#""{lower}" IS NULL"#),
        13 => format!(r#""{upper}" < "{lower}""#),
        _ => format!(r#""{other_host}" IN ('it''s {host}', 'it''s 20{host}')"#),
    }
}

/// `2024-01-01T00:00:05.001` in milliseconds.
fn millis(text: &str) -> i64 {
    let (day, time) = text.split_once('T').unwrap();
    assert_eq!(day, "2024-01-01");
    let seconds: Vec<f64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    let millis = (seconds[0] * 3_600.0 + seconds[1] * 60.0 + seconds[2]) * 1_000.0;
    NEW_YEAR + millis.round() as i64
}

fn unconstrained() -> Constraints {
    Constraints {
        limit: -1,
        ..Constraints::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_a_pivot() {
    for seed in 1..=3 {
        let stage = Stage::start(seed).await;
        let (rows, _) = stage.wide(&unconstrained()).await;
        assert!(rows.len() > 20, "{}", rows.len());
        assert_eq!(rows, stage.pivot("true"), "seed {seed}");

        // Time and a dimension are asked of Timestream: what is fetched is what is returned.
        let at = |millis: i64, bound| {
            let array = arrow::array::Date64Array::from(vec![millis]);
            let column: arrow::array::ArrayRef = Arc::new(array);
            let batch = arrow::array::RecordBatch::try_from_iter([("col1", column)]).unwrap();
            Marker {
                value_block: connector::wire::Block(batch),
                bound,
                null_value: false,
            }
        };
        let mut constraints = unconstrained();
        let (low, high) = (NEW_YEAR + 3_000, NEW_YEAR + 9_000);
        let range = Range {
            low: at(low, MarkerBound::Exactly),
            high: at(high, MarkerBound::Below),
        };
        let times = ValueSet::SortedRangeSet {
            r#type: connector::wire::ArrowType::from(&arrow::datatypes::DataType::Date64),
            ranges: vec![range],
            null_allowed: false,
        };
        let column: arrow::array::ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["h1"]));
        let batch = arrow::array::RecordBatch::try_from_iter([("col1", column)]).unwrap();
        let hosts = ValueSet::EquatableValueSet {
            value_block: connector::wire::Block(batch),
            white_list: true,
            null_allowed: false,
        };
        constraints.summary.insert("time".to_owned(), times);
        constraints.summary.insert("host".to_owned(), hosts);
        let (rows, fetched) = stage.wide(&constraints).await;
        let expected = stage.pivot(&format!(
            "host = 'h1' AND millis >= {low} AND millis < {high}"
        ));
        assert!(!expected.is_empty());
        assert_eq!(
            (rows, fetched),
            (expected.clone(), expected.len()),
            "seed {seed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_conditions_keep_the_rows_of_the_pivot() {
    let stage = Stage::start(4).await;
    let name = table_name("d", "t");
    let schema = tests::athena::get_table(&stage.connector, &name);
    let schema = schema.await.unwrap();
    let fields = schema.fields().iter().skip(3);
    let fields: Vec<String> = fields.map(|field| field.name().clone()).collect();
    let mut random = fastrand::Rng::with_seed(4);
    let conditions: Vec<String> = (0..100)
        .map(|_| condition(&mut random, &fields, 3))
        .collect();
    let pivots = stage.pivots(&conditions, &fields);
    assert!(pivots.iter().filter(|rows| !rows.is_empty()).count() > 50);
    for profile in [Profile::ValueSets, Profile::Everything] {
        let function = Function::InProcess(stage.connector.clone());
        let mut asked = Asked::new(aws_sdk_s3::Client::new(&stage.config));
        asked.profile = profile;
        let athena = Athena::open(function, asked).unwrap();
        for (condition, pivot) in conditions.iter().zip(&pivots) {
            let sql = format!("SELECT * FROM d.t WHERE {condition}");
            let result = athena.query(&sql).await.unwrap();
            assert_eq!(texts(&result.batches), *pivot, "{profile:?}: {condition}");
        }
    }
}
