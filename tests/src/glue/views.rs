//! Views: text in Glue, rows from Timestream.

use std::process::Command;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_timestreamwrite::config::Credentials;
use connector::Code;
use tests::athena::{read_request, splits};
use tests::processes::{Serve, output, packaged_dialect, program};

use super::*;

/// The definition in the picture of AWS's page on the connector (reference-connector.md, section 2.3).
const DOCUMENTED: GlueTable<'_> = GlueTable {
    name: "my_timeseries",
    parameters: &[
        (FLAG, "timestream-metadata-flag"),
        (
            "_view_template",
            "select az, hostname, region, CREATE_TIME_SERIES(time, measure_value::double) as cpu_utilization \
             from virtuoso.virtuoso WHERE measure_name='cpu_utilization' GROUP BY measure_name, az, hostname, region",
        ),
        ("classification", "parquet"),
    ],
    columns: &[
        ("az", "string"),
        ("hostname", "string"),
        ("region", "string"),
        (
            "cpu_utilization",
            r"array<struct<time:timestamp,measure_value\:\:double:double>>",
        ),
    ],
    partition_keys: &[],
    original_text: None,
};

const HOST_A: &[(&str, &str)] = &[("az", "az-1"), ("hostname", "a"), ("region", "r")];
const HOST_B: &[(&str, &str)] = &[("az", "az-2"), ("hostname", "b"), ("region", "r")];

/// Two points of one host, one of the other, and a measure that the view leaves out.
const POINTS: [SingleMeasure<'_>; 4] = [
    (HOST_A, "cpu_utilization", "1.5", "1577836800000000000"),
    (HOST_A, "cpu_utilization", "2.5", "1577836810123000000"),
    (HOST_B, "cpu_utilization", "7", "1577836800000000000"),
    (HOST_A, "memory", "99", "1577836800000000000"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_view_is_listed_described_and_read() {
    let world = World::start().await;
    world.database("virtuoso").await;
    world
        .timestream_table("virtuoso", "virtuoso", &POINTS)
        .await;
    world.glue_table("virtuoso", DOCUMENTED).await;

    assert_eq!(
        world.tables("virtuoso").await,
        ["my_timeseries", "virtuoso"]
    );
    let schema = world.schema("virtuoso", "my_timeseries").await.unwrap();
    assert_eq!(
        names(&schema),
        ["az", "hostname", "region", "cpu_utilization"]
    );
    let arrow::datatypes::DataType::List(point) = schema.field(3).data_type() else {
        panic!("no list")
    };
    let arrow::datatypes::DataType::Struct(members) = point.data_type() else {
        panic!("no struct")
    };
    let members: Vec<_> = members
        .iter()
        .map(|member| (member.name().as_str(), member.data_type().to_string()))
        .collect();
    // Glue's name of the value is what Athena's users write.
    assert_eq!(
        members,
        [
            ("time", "Date64".to_owned()),
            ("measure_value::double", "Float64".to_owned())
        ]
    );
    assert_eq!(
        world
            .rows(
                "virtuoso",
                "my_timeseries",
                &["hostname", "cpu_utilization"]
            )
            .await,
        [
            [
                "a",
                "[{time: 2020-01-01T00:00:00, measure_value::double: 1.5}, \
                 {time: 2020-01-01T00:00:10.123, measure_value::double: 2.5}]"
            ],
            [
                "b",
                "[{time: 2020-01-01T00:00:00, measure_value::double: 7.0}]"
            ],
        ]
    );
    // Columns that are pruned and asked for in another order.
    assert_eq!(
        world
            .rows("virtuoso", "my_timeseries", &["region", "az"])
            .await,
        [["r", "az-1"], ["r", "az-2"]]
    );
}

/// The same as a user has it: programs, and Athena's SQL.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_view_is_queried_by_the_command() {
    let (serve, moto) = (Serve::start().unwrap(), Moto::start().unwrap());
    let variable = |name: &str| serve.environment[name].clone();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .load()
        .await;
    let timestream = variable("AWS_ENDPOINT_URL_TIMESTREAM_WRITE");
    let write = aws_sdk_timestreamwrite::config::Builder::from(&config).endpoint_url(timestream);
    let glue = aws_sdk_glue::config::Builder::from(&config).endpoint_url(&moto.url);
    let world = Tables {
        write: aws_sdk_timestreamwrite::Client::from_conf(write.build()),
        glue: aws_sdk_glue::Client::from_conf(glue.build()),
    };
    world.database("virtuoso").await;
    world
        .timestream_table("virtuoso", "virtuoso", &POINTS)
        .await;
    world.glue_table("virtuoso", DOCUMENTED).await;

    let mut command = Command::new(program("athena-timestream").unwrap());
    command
        .envs(&serve.environment)
        .env("dialect", packaged_dialect().unwrap())
        .env("AWS_ENDPOINT_URL_GLUE", &moto.url)
        .env("disable_glue", "false");
    let sql = "select hostname, cardinality(cpu_utilization) as points, \
               cpu_utilization[1]['measure_value::double'] as first from virtuoso.my_timeseries \
               where az = 'az-1'";
    let printed = output(command.args(["query", sql, "--format", "csv", "-q"])).unwrap();
    assert_eq!(printed.lines().skip(1).collect::<Vec<_>>(), ["a,2,1.5"]);
}

/// `CREATE_TIME_SERIES` takes these four.
#[tokio::test(flavor = "multi_thread")]
async fn series_of_every_type_of_value_are_read() {
    let world = World::start().await;
    world.database("d").await;
    world
        .write
        .create_table()
        .database_name("d")
        .table_name("t")
        .send()
        .await
        .unwrap();
    let values = [
        ("d", "1.5", MeasureValueType::Double),
        ("b", "-7", MeasureValueType::Bigint),
        ("v", "it's", MeasureValueType::Varchar),
        ("o", "true", MeasureValueType::Boolean),
    ];
    let values = values.map(|(name, value, r#type)| {
        let value = MeasureValue::builder()
            .name(name)
            .value(value)
            .r#type(r#type);
        value.build().unwrap()
    });
    let record = Record::builder()
        .dimensions(dimension(&("host", "a")))
        .measure_name("m")
        .measure_value_type(MeasureValueType::Multi)
        .set_measure_values(Some(values.to_vec()))
        .time("1577836800000")
        .time_unit(TimeUnit::Milliseconds);
    world.write_records("d", "t", vec![record.build()]).await;
    let of = |value: &str| format!("CREATE_TIME_SERIES(time, {value}) AS {value}s");
    let text = format!(
        "WITH t1 AS (SELECT * FROM d.t) SELECT host, {} FROM t1 GROUP BY host; -- series",
        ["d", "b", "v", "o"].map(of).join(", ")
    );
    let view = GlueTable {
        name: "series",
        parameters: &[(FLAG, "x")],
        columns: &[
            (
                "ds",
                "array<struct<time:timestamp,measure_value::double:double>>",
            ),
            ("bs", "array<struct<time:timestamp,value:bigint>>"),
            ("vs", "array<struct<time:timestamp,value:varchar(10)>>"),
            ("os", "array<struct<time:timestamp,value:boolean>>"),
        ],
        // Glue's own place for a view's text.
        original_text: Some(&text),
        ..GlueTable::default()
    };
    world.glue_table("d", view).await;
    assert_eq!(
        world.rows("d", "series", &["ds", "bs", "vs", "os"]).await,
        [[
            "[{time: 2020-01-01T00:00:00, measure_value::double: 1.5}]",
            "[{time: 2020-01-01T00:00:00, value: -7}]",
            "[{time: 2020-01-01T00:00:00, value: it's}]",
            "[{time: 2020-01-01T00:00:00, value: true}]",
        ]]
    );
}

/// A table of Timestream's has the same name each time: none of them may give way to it (W-10, W-29).
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_view_gives_its_error_and_never_a_table() {
    let world = World::start().await;
    world.database("d").await;
    let records = [(&[("host", "a")][..], "m", "1", "1577836800000000000")];
    let host: &[(&str, &str)] = &[("host", "string")];
    for (name, text, columns, why) in [
        (
            "a",
            "SELECT host FROM d.nowhere",
            host,
            "cannot read view `d.a`: ",
        ),
        (
            "b",
            "SELEC host FROM d.a",
            host,
            "does not begin with SELECT",
        ),
        (
            "c",
            "SELECT host FROM d.a WHERE",
            host,
            "cannot read view `d.c`: ",
        ),
        ("d", "SELECT host FROM d.a; SELECT 1", host, "semicolon"),
        (
            "e",
            "SELECT host AS h FROM d.a",
            host,
            "cannot read view `d.e`: Timestream has no column `host`",
        ),
        ("f", "SELECT 1 AS host", host, ""),
        (
            "g",
            "SELECT time AS host FROM d.a",
            &[("host", "double")],
            "has type `double` in Glue and `timestamp` in Timestream",
        ),
        ("h", "/* Presto View: eyJ9 */", host, "view of Athena"),
    ] {
        world.timestream_table("d", name, &records).await;
        let view = GlueTable {
            name,
            parameters: &[(FLAG, "x")],
            columns,
            original_text: Some(text),
            ..GlueTable::default()
        };
        world.glue_table("d", view).await;
        if why.is_empty() {
            assert_eq!(world.rows("d", name, &["host"]).await, [["1"]]);
            continue;
        }
        let failure = world.failure("d", name).await;
        assert!(failure.contains(why), "{name}: {failure}");
    }
}

/// The Java connector loses a view with both texts (W-10), and breaks off at what follows a text (W-28).
#[tokio::test(flavor = "multi_thread")]
async fn the_template_wins_over_glues_own_text() {
    let world = World::start().await;
    world.database("d").await;
    for (name, original) in [
        ("both", "SELECT 'original' AS c"),
        ("presto", "/* Presto View: eyJ9 */"),
    ] {
        let view = GlueTable {
            name,
            parameters: &[
                (FLAG, "x"),
                ("_view_template", "SELECT 'template' AS C -- ; truly\n ; "),
            ],
            columns: &[("c", "char(8)")],
            original_text: Some(original),
            ..GlueTable::default()
        };
        world.glue_table("d", view).await;
        assert_eq!(world.rows("d", name, &["c"]).await, [["template"]]);
    }
    // Glue names no columns: the view's own.
    let bare = GlueTable {
        name: "bare",
        parameters: &[
            (FLAG, "x"),
            ("_view_template", "SELECT 1 AS one, true AS yes"),
        ],
        ..GlueTable::default()
    };
    world.glue_table("d", bare).await;
    assert_eq!(
        names(&world.schema("d", "bare").await.unwrap()),
        ["one", "yes"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_changes_ends_the_queries_planned_with_it_and_no_later_one() {
    let world = World::start().await;
    world.database("d").await;
    let with = |template: &'static str| GlueTable {
        name: "v",
        parameters: Box::leak(Box::new([(FLAG, ""), ("_view_template", template)])),
        ..GlueTable::default()
    };
    world.glue_table("d", with("SELECT 'a' AS x")).await;
    let (name, constraints) = (table_name("d", "v"), Constraints::default());
    let planned = async || {
        let schema = world.schema("d", "v").await.unwrap();
        let splits = splits(&world.connector, &name, &schema, &constraints);
        let split = splits.await.unwrap().remove(0);
        let request = read_request(&name, &schema, &["x"], split, &constraints).unwrap();
        Request::ReadRecordsRequest(request)
    };
    let before = planned().await;
    ask(&world.connector, before.clone()).await.unwrap();
    let delete = world.glue.delete_table().database_name("d").name("v");
    delete.send().await.unwrap();
    let error = ask(&world.connector, before.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::PartialFailure);
    world.glue_table("d", with("SELECT 'b' AS x")).await;
    let error = ask(&world.connector, before).await.unwrap_err();
    assert!(error.message().contains("run the query again"), "{error}");
    // Run again, it sees the new one at once.
    assert_eq!(world.rows("d", "v", &["x"]).await, [["b"]]);
    ask(&world.connector, planned().await).await.unwrap();
}
