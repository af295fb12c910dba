//! The reference's record handler: many rows inline and spilled, views, times.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{Date64Type, Float64Type};
use connector::wire::Constraints;
use serde_json::{Value, json};
use tests::athena::{rows, table_name};
use tests::scripted::{Call, Reply, Scripted};

use super::{USUAL, World, any_of, constraints};
use crate::glue::FLAG;

/// The scan's columns, with the types that `DESCRIBE` tells and those of a page.
const COLUMNS: [(&str, &str, &str); 6] = [
    ("measure_name", "varchar", "MEASURE_NAME"),
    ("measure_value::double", "double", "MEASURE_VALUE"),
    ("az", "varchar", "DIMENSION"),
    ("time", "timestamp", "TIMESTAMP"),
    ("hostname", "varchar", "DIMENSION"),
    ("region", "varchar", "DIMENSION"),
];

const ZONES: [&str; 4] = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"];

const SELECT: &str = "SELECT \"measure_name\", \"measure_value::double\", \"az\", \"time\", \"hostname\", \"region\"\n\
                      FROM \"my_schema\".\"my_table\"\n";

fn names() -> [&'static str; 6] {
    COLUMNS.map(|(name, ..)| name)
}

fn zones(names: &[&str]) -> Constraints {
    let values = StringArray::from(names.to_vec());
    constraints([("az", any_of(Arc::new(values)))])
}

/// A page of the rows among `numbers` that are `admitted`, 100 to a page as the reference's have, with the columns' types
/// and each row's data.
fn page(
    call: &Call,
    columns: &str,
    numbers: Range<usize>,
    admitted: impl Fn(&usize) -> bool,
    data: impl Fn(usize) -> String,
) -> Reply {
    let start = call
        .token()
        .map_or(numbers.start, |token| token.parse().unwrap());
    let mut left = (start..numbers.end).filter(admitted);
    let rows: Vec<String> = left
        .by_ref()
        .take(100)
        .map(|number| format!(r#"{{"Data":[{}]}}"#, data(number)))
        .collect();
    let token = left
        .next()
        .map(|number| format!(r#","NextToken":"{number}""#));
    Reply::Json(format!(
        r#"{{"QueryId":"Q","ColumnInfo":{columns},"Rows":[{}]{}}}"#,
        rows.join(","),
        token.unwrap_or_default()
    ))
}

fn scalars<const N: usize>(values: [&str; N]) -> String {
    values
        .map(|value| format!(r#"{{"ScalarValue":"{value}"}}"#))
        .join(",")
}

/// `my_schema`.`my_table` with rows of these numbers, each in the next zone, at times that `time` tells. As the service
/// does, and the reference's mock does not, it keeps to the zones that a statement names.
async fn table(
    numbers: Range<usize>,
    time: impl Fn(usize) -> String + Send + Sync + 'static,
) -> World {
    World::start(move |call| {
        if call.operation == "Query" && call.sql().starts_with("DESCRIBE") {
            return Reply::description(&COLUMNS);
        }
        let columns = COLUMNS.map(|(name, r#type, _)| {
            json!({"Name": name, "Type": {"ScalarType": r#type.to_uppercase()}})
        });
        let (_, condition) = call.sql().split_once("\nWHERE ").unwrap();
        let is_any = condition == r#"("az" IS NOT NULL)"#;
        let admitted = |number: &usize| is_any || condition.contains(ZONES[number % 4]);
        let columns = json!(columns).to_string();
        page(call, &columns, numbers.clone(), admitted, |number| {
            scalars([
                "cpu_utilization",
                &format!("{number}.5"),
                ZONES[number % 4],
                &time(number),
                &format!("host-{number}"),
                "us-east-1",
            ])
        })
    })
    .await
}

/// Some minute of a day.
fn minute(number: usize) -> String {
    format!(
        "2024-04-05 {:02}:{:02}:12.142",
        number / 60 % 24,
        number % 60
    )
}

/// That these are the rows of `numbers` in the first two zones, each once and in their order.
fn assert_first_two_zones(batches: &[RecordBatch], numbers: Range<usize>) {
    let mut expected = numbers.filter(|number| number % 4 < 2);
    for batch in batches {
        let hosts = batch.column_by_name("hostname").unwrap().as_string::<i32>();
        let zones = batch.column_by_name("az").unwrap().as_string::<i32>();
        let values = batch.column_by_name("measure_value::double").unwrap();
        let values = values.as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let number = expected.next().unwrap();
            assert_eq!(hosts.value(row), format!("host-{number}"));
            assert_eq!(zones.value(row), ZONES[number % 4]);
            assert_eq!(values.value(row), number as f64 + 0.5);
        }
    }
    assert_eq!(expected.next(), None);
}

/// The reference filters every row again. Here a condition that Timestream checks exactly is not checked twice; one that
/// it is sent wider, since a value cannot be written in SQL, is.
#[tokio::test]
async fn a_thousand_rows_are_filtered_by_timestream_or_here_and_stay_inline() {
    let sizes = (100_000_000_000, 100_000_000_000);
    let name = table_name("my_schema", "my_table");
    for (values, condition, read) in [
        (
            ["us-east-1a", "us-east-1b"].as_slice(),
            r#"WHERE ("az" IN ('us-east-1a', 'us-east-1b'))"#,
            500,
        ),
        (
            &["us-east-1a", "us-east-1b", "\0"],
            r#"WHERE ("az" IS NOT NULL)"#,
            1_000,
        ),
    ] {
        let world = table(0..1_000, minute).await;
        let (batches, reading, sql) = world.read(&name, &names(), &zones(values), sizes).await;
        assert_eq!(sql, format!("{SELECT}{condition}"));
        assert_first_two_zones(&batches, 0..1_000);
        assert_eq!(
            (reading.rows_read, reading.rows_returned, reading.blocks),
            (read, 500, 0)
        );
    }
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_filtered_here_and_spilled_in_blocks_that_can_be_read() {
    let world = table(0..100_000, minute).await;
    let (batches, reading, _) = world
        .read(
            &table_name("my_schema", "my_table"),
            &names(),
            &zones(&["us-east-1a", "us-east-1b", "\0"]),
            (1_500_000, 0),
        )
        .await;
    assert_first_two_zones(&batches, 0..100_000);
    assert_eq!(
        (reading.pages, reading.rows_read, reading.rows_returned),
        (1_000, 100_000, 50_000)
    );
    assert!(reading.blocks > 1 && reading.blocks == batches.len());
}

/// Row i lies i days after the first; the reference's times have as many digits as they need.
#[tokio::test]
async fn times_of_any_fraction_are_cut_to_the_millisecond() {
    /// 2024-04-05 09:31:12 UTC in milliseconds.
    const START: i64 = 1_712_309_472_000;
    const DAY: i64 = 86_400_000;
    const FRACTIONS: [(&str, i64); 5] = [
        ("", 0),
        (".142", 142),
        (".142999", 142),
        (".142999999", 142),
        (".000000001", 0),
    ];
    let world = table(0..40, |number| {
        let row = number / 4;
        format!("2024-04-{:02} 09:31:12{}", 5 + row, FRACTIONS[row % 5].0)
    })
    .await;
    let (batches, _, sql) = world
        .read(
            &table_name("my_schema", "my_table"),
            &names(),
            &zones(&["us-east-1a"]),
            USUAL,
        )
        .await;
    assert_eq!(sql, format!("{SELECT}WHERE (\"az\" = 'us-east-1a')"));
    let times = batches[0].column_by_name("time").unwrap();
    let expected: Vec<i64> = (0..10)
        .map(|row| START + row * DAY + FRACTIONS[row as usize % 5].1)
        .collect();
    assert_eq!(times.as_primitive::<Date64Type>().values(), &expected[..]);
}

/// A view of Glue's with this text and these columns, over the rows of the first two zones among 1,000.
async fn view(
    text: &'static str,
    defined: Value,
    columns: Value,
    data: impl Fn(usize) -> String + Send + Sync + 'static,
) -> (Scripted, World) {
    let table = json!({"Table": {
        "Name": "view", "Parameters": {FLAG: FLAG, "_view_template": text},
        "StorageDescriptor": {"Columns": defined},
    }});
    let glue = Scripted::start(move |_| Reply::Json(table.to_string()))
        .await
        .unwrap();
    let world = World::with_glue(glue.url(), move |call| match call.operation.as_str() {
        "PrepareQuery" => {
            assert_eq!(call.sql(), text);
            Reply::Json(
                json!({"QueryString": "", "Parameters": [], "Columns": columns}).to_string(),
            )
        }
        _ => {
            let admitted = |number: &usize| number % 4 < 2;
            page(call, &columns.to_string(), 0..1_000, admitted, &data)
        }
    })
    .await;
    (glue, world)
}

/// A read of a view: its text, the columns, the first two zones.
fn of_view(text: &str, columns: &str) -> String {
    format!(
        "WITH \"athena_timestream_source\" AS (\n{text}\n)\nSELECT {columns}\nFROM \"athena_timestream_source\"\n\
         WHERE (\"az\" IN ('us-east-1a', 'us-east-1b'))"
    )
}

#[tokio::test]
async fn a_view_is_read_through_its_text() {
    let text = "select measure_name, az,sum(\"measure_value::double\") as value, count(*) as num_samples \
                from \"my_schema\".\"my_table\" group by measure_name, az";
    let scalar = |name, r#type| json!({"Name": name, "Type": {"ScalarType": r#type}});
    let (_glue, world) = view(
        text,
        json!([
            {"Name": "measure_name", "Type": "varchar"}, {"Name": "az", "Type": "varchar"},
            {"Name": "value", "Type": "double"}, {"Name": "num_samples", "Type": "bigint"},
        ]),
        json!([
            scalar("measure_name", "VARCHAR"),
            scalar("az", "VARCHAR"),
            scalar("value", "DOUBLE"),
            scalar("num_samples", "BIGINT"),
        ]),
        |number| {
            let (value, samples) = (format!("{number}.25"), number.to_string());
            scalars(["cpu_utilization", ZONES[number % 4], &value, &samples])
        },
    )
    .await;
    let columns = ["measure_name", "az", "value", "num_samples"];
    let constraints = zones(&ZONES[..2]);
    let (batches, _, sql) = world
        .read(
            &table_name("my_schema", "view"),
            &columns,
            &constraints,
            USUAL,
        )
        .await;
    assert_eq!(
        sql,
        of_view(text, r#""measure_name", "az", "value", "num_samples""#)
    );
    let rows = rows(&batches).unwrap();
    assert_eq!(rows.len(), 500);
    assert_eq!(
        rows[499],
        ["cpu_utilization", "us-east-1b", "997.25", "997"]
    );
}

#[tokio::test]
async fn a_view_of_series_is_read_through_its_text() {
    let text = "select az, hostname, region,  CREATE_TIME_SERIES(time, measure_value::double) as cpu_utilization \
                from \"my_schema\".\"my_table\" WHERE measure_name = 'cpu_utilization' \
                GROUP BY measure_name, az, hostname, region";
    let varchar = |name| json!({"Name": name, "Type": {"ScalarType": "VARCHAR"}});
    let series = json!({"TimeSeriesMeasureValueColumnInfo": {"Type": {"ScalarType": "DOUBLE"}}});
    let (_glue, world) = view(
        text,
        json!([
            {"Name": "region", "Type": "varchar"}, {"Name": "az", "Type": "varchar"}, {"Name": "hostname", "Type": "varchar"},
            {"Name": "cpu_utilization", "Type": r"array<struct<time:timestamp,measure_value\:\:double:double>>"},
        ]),
        json!([
            varchar("region"), varchar("az"), varchar("hostname"), {"Name": "cpu_utilization", "Type": series},
        ]),
        |number| {
            let points = (0..10).map(|point| {
                format!(
                    r#"{{"Time":"2024-04-05 09:31:{point:02}.142999999","Value":{{"ScalarValue":"{number}.{point}"}}}}"#
                )
            });
            let points: Vec<String> = points.collect();
            format!(
                r#"{},{{"TimeSeriesValue":[{}]}}"#,
                scalars(["us-east-1", ZONES[number % 4], &format!("host-{number}")]),
                points.join(",")
            )
        },
    )
    .await;
    let columns = ["region", "az", "hostname", "cpu_utilization"];
    let constraints = zones(&ZONES[..2]);
    let (batches, _, sql) = world
        .read(
            &table_name("my_schema", "view"),
            &columns,
            &constraints,
            USUAL,
        )
        .await;
    assert_eq!(
        sql,
        of_view(text, r#""region", "az", "hostname", "cpu_utilization""#)
    );
    let rows = rows(&batches).unwrap();
    assert_eq!(rows.len(), 500);
    let points: Vec<String> = (0..10)
        .map(|point| {
            format!("{{time: 2024-04-05T09:31:{point:02}.142, measure_value::double: 997.{point}}}")
        })
        .collect();
    assert_eq!(
        rows[499],
        [
            "us-east-1",
            "us-east-1b",
            "host-997",
            &format!("[{}]", points.join(", "))
        ]
    );
}
