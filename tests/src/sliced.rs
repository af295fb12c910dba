//! Scans that are cut by time: every row exactly once at any number of slices, with rows on every boundary and conditions
//! of every kind; and what a count costs, says and does where it fails.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::array::{AsArray, Date64Array, Int64Array};
use arrow::datatypes::Int64Type;
use connector::wire::{
    Constraints, GetSplitsRequest, GetTableLayoutRequest, MarkerBound, Request, Response, Split,
    ValueSet, write_request,
};
use connector::{Connector, Settings};
use local::athena::{Athena, Engine, Function, Options, Profile};
use local::s3::S3;
use local::timestream::Server;
use serde_json::json;
use tests::athena::{ask, get_table, read_request, splits, table_name};
use tests::plugin;
use tests::scripted::{Reply, Scripted};
use tests::trino::generate::{self, Comparison};
use tests::trino::local::LocalAthena;
use tests::trino::sources::Sources;
use tests::trino::stage::Profile as Sent;
use tests::trino::tables::{DATABASE, load};

use crate::weaknesses::{from, on};

const ROWS: usize = 12_000;
const SLICE: &str = "athena-timestream.slice";

/// A stand-in with the awkward tables, and connectors before it that cut into as many slices as they are told.
struct Sliced {
    config: aws_config::SdkConfig,
    _timestream: Server,
    s3: S3,
}

impl Sliced {
    async fn start() -> Self {
        let timestream = Server::start(Default::default()).await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = tests::sdk_config(&timestream.url(), &s3.url());
        let write = aws_sdk_timestreamwrite::Client::new(&config);
        let tables = [("edges", 400), ("small", 40), ("big", ROWS)];
        load(&write, &tables).await.unwrap();
        Self {
            config,
            _timestream: timestream,
            s3,
        }
    }

    fn connector(&self, slices: &str) -> Arc<Connector> {
        let settings = settings(self.s3.bucket(), slices);
        let plugin = plugin("timestream").unwrap();
        Arc::new(Connector::with_plugin(settings, &self.config, plugin))
    }

    fn athena(&self, slices: &str) -> LocalAthena {
        LocalAthena::new(&self.connector(slices), &self.config, Engine::Trino435).unwrap()
    }
}

fn settings(bucket: &str, slices: &str) -> Settings {
    let lookup = |name: &str| match name {
        "spill_bucket" => Some(bucket.to_owned()),
        "disable_glue" => Some("true".to_owned()),
        "slices_per_query" => Some(slices.to_owned()),
        _ => None,
    };
    Settings::from_lookup(lookup).unwrap()
}

async fn parts(connector: &Connector, table: &str, constraints: &Constraints) -> Vec<Split> {
    let name = table_name(DATABASE, table);
    let schema = get_table(connector, &name).await.unwrap();
    splits(connector, &name, &schema, constraints)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_row_comes_once_at_any_number_of_slices() {
    let sliced = Sliced::start().await;
    for (slices, expected) in [("1", 1), ("2", 2), ("5", 5), ("16", 6)] {
        let connector = sliced.connector(slices);
        let name = table_name(DATABASE, "big");
        let schema = get_table(&connector, &name).await.unwrap();
        let constraints = Constraints::default();
        let parts = parts(&connector, "big", &constraints).await;
        // A slice has 2,000 rows, unless there are fewer.
        assert_eq!(parts.len(), expected, "{slices}");
        let mut ids = Vec::new();
        for part in parts {
            let counted: Option<usize> = part
                .properties
                .get("athena-timestream.rows")
                .map(|rows| rows.parse().unwrap());
            let request = read_request(&name, &schema, &["id"], part, &constraints).unwrap();
            let request = Request::ReadRecordsRequest(request);
            let Response::ReadRecordsResponse(answer) = ask(&connector, request).await.unwrap()
            else {
                panic!("some thousand numbers are spilled");
            };
            let column = answer
                .records
                .0
                .column(0)
                .as_primitive::<Int64Type>()
                .clone();
            if let Some(counted) = counted {
                assert_eq!(column.len(), counted);
            }
            ids.extend(column.values().iter().copied());
        }
        ids.sort_unstable();
        assert!(ids.iter().copied().eq(0..ROWS as i64), "{slices}");
    }
}

#[tokio::test]
async fn conditions_of_every_kind_are_answered_as_by_one_query() {
    let sliced = Sliced::start().await;
    let whole = sliced.athena("1");
    let cut = [sliced.athena("3"), sliced.athena("16")];
    let sources = Sources::new();
    let random = (1..=160).map(|seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes: Vec<u8> = (0..160).map(|_| random.u8(..)).collect();
        generate::statement(&sources, &bytes, true)
    });
    let random = random.filter(|statement| {
        let computed = ["{fine}", "{ratios}", "{computed}", "{nested}", "{series}"];
        let is_stored = !computed.iter().any(|name| statement.sql.contains(name));
        is_stored && matches!(statement.comparison, Comparison::Bag | Comparison::Groups)
    });
    // The smaller tables have too few rows to be cut.
    let random = random.map(|statement| statement.sql.replace("{edges}", "{big}"));
    // An hour or less: cut evenly, on and beside the instants of rows.
    let hours = [
        "time between timestamp '2023-12-31 23:30:00' and timestamp '2024-01-01 00:00:00'",
        "time >= timestamp '2024-01-01 00:00:00' and time < timestamp '2024-01-01 00:00:00.002'",
        "time = timestamp '2024-01-01 00:00:00'",
        "time in (timestamp '2024-01-01 00:00:00', timestamp '2024-01-01 00:00:00.001')",
        // Cut at the new year, on which rows stand, and beside it.
        "time between timestamp '2023-12-31 23:59:59.999' and timestamp '2024-01-01 00:00:00.001'",
        "time between timestamp '2023-12-31 23:59:59.500' and timestamp '2024-01-01 00:00:00.500'",
        "time > timestamp '2023-12-31 23:59:59.999' and time <= timestamp '2024-01-01 01:00:00' and n > 3",
    ];
    let hours = hours.map(|condition| format!("SELECT id, time FROM {{big}} WHERE {condition}"));
    let (mut compared, mut divided) = (0, 0);
    for (place, sql) in random.chain(hours).enumerate() {
        let profile = [Sent::Values, Sent::Everything][place % 2];
        let Ok(expected) = whole.answer(profile, &sql, &[]).await else {
            continue;
        };
        let sorted = |rows: Vec<Vec<serde_json::Value>>| {
            let mut rows: Vec<String> = rows.iter().map(|row| json!(row).to_string()).collect();
            rows.sort_unstable();
            rows
        };
        let expected = sorted(expected.rows);
        let answer = cut[place % 2].answer(profile, &sql, &[]).await.unwrap();
        assert_eq!(sorted(answer.rows), expected, "{sql}");
        compared += 1;
        let again = cut[place % 2].query(profile, &sql).await.unwrap();
        divided += usize::from(again.scans.iter().any(|scan| scan.slices.len() > 1));
    }
    assert!(compared > 60 && divided > 30, "{divided} of {compared}");
}

/// Counted under the conditions of the read, and narrowed by what is known at the read alone.
#[tokio::test]
async fn rows_are_counted_under_the_same_conditions() {
    let sliced = Sliced::start().await;
    let connector = sliced.connector("3");
    let name = table_name(DATABASE, "big");
    let schema = get_table(&connector, &name).await.unwrap();
    let above = |id: i64| {
        let id = Arc::new(Int64Array::from(vec![id]));
        on("id", from(id, MarkerBound::Above))
    };
    let planned = above(3_999);
    let parts = parts(&connector, "big", &planned).await;
    assert_eq!(parts.len(), 3);
    for (read, expected) in [(&planned, 8_000), (&above(10_999), 1_000)] {
        let (mut rows, mut counted) = (0, 0);
        for part in &parts {
            let request = read_request(&name, &schema, &["id"], part.clone(), read).unwrap();
            let request = write_request(&Request::ReadRecordsRequest(request)).unwrap();
            let answer = connector.answer(&request, None).await.unwrap();
            let reading = answer.reading.unwrap();
            rows += reading.rows_returned;
            counted += reading.rows_counted.unwrap();
        }
        assert_eq!((rows, counted), (expected, 8_000));
    }
}

#[tokio::test]
async fn limits_orders_and_statements_are_read_by_one_query() {
    let sliced = Sliced::start().await;
    let options = Options {
        profile: Profile::Everything,
        ..Options::new(aws_sdk_s3::Client::new(&sliced.config))
    };
    let function = Function::InProcess(sliced.connector("4"));
    let athena = Athena::open(function, options).unwrap();
    for (sql, splits, reason) in [
        ("select id from awkward.big", 4, "12000 rows, counted in"),
        (
            "select id from awkward.big where id >= 0 limit 5",
            1,
            "a limit or an order",
        ),
        (
            "select id from awkward.big order by time desc limit 5",
            1,
            "a limit or an order",
        ),
        (
            "select * from table(timestream.system.query(query => 'SELECT 1 AS one'))",
            1,
            "a statement may compute anything",
        ),
        ("select id from awkward.small", 1, "40 rows, counted in"),
    ] {
        let scans = athena.explain(sql).await.unwrap();
        assert_eq!(scans[0].slices.len(), splits, "{sql}");
        let cut = &scans[0].explanation.as_ref().unwrap().cut;
        assert!(cut.contains(reason), "{sql}: {cut}");
    }
}

/// A table of which a script counts the rows.
async fn scripted(counted: Reply) -> (Scripted, S3, Connector) {
    scripted_with(counted, false).await
}

/// The same, whose nanoseconds are shown if they are to be.
async fn scripted_with(counted: Reply, nanos: bool) -> (Scripted, S3, Connector) {
    let timestream = Scripted::start(move |call| match call.operation.as_str() {
        "Query" if call.sql().starts_with("DESCRIBE") => {
            Reply::description(&[("time", "timestamp", "TIMESTAMP"), ("v", "bigint", "MULTI")])
        }
        "Query" if call.sql().contains("count(*)") => counted.clone(),
        "ListTables" => Reply::Json(json!({"Tables": []}).to_string()),
        "DescribeAccountSettings" => Reply::Json(json!({"MaxQueryTCU": 8}).to_string()),
        _ => Reply::Error(400, "ValidationException", "not scripted".to_owned()),
    })
    .await
    .unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = tests::sdk_config(timestream.url(), &s3.url());
    let settings = Settings::from_lookup(|name| match name {
        "spill_bucket" => Some(s3.bucket().to_owned()),
        "disable_glue" => Some("true".to_owned()),
        "dialect_options" => {
            Some(json!({"timestream_nanos_columns": nanos.to_string()}).to_string())
        }
        _ => None,
    });
    let plugin = plugin("timestream").unwrap();
    let connector = Connector::with_plugin(settings.unwrap(), &tests::impatient(&config), plugin);
    (timestream, s3, connector)
}

fn bins(rows: impl IntoIterator<Item = (String, u64)>) -> Reply {
    let rows: Vec<[String; 2]> = rows
        .into_iter()
        .map(|(bin, rows)| [bin, rows.to_string()])
        .collect();
    let rows: Vec<[Option<&str>; 2]> = rows
        .iter()
        .map(|[bin, rows]| [Some(bin.as_str()), Some(rows.as_str())])
        .collect();
    let rows: Vec<&[Option<&str>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
    Reply::page(&[("bin", "TIMESTAMP"), ("rows", "BIGINT")], &rows, None)
}

/// Hours of a day, with so many rows each.
fn day(rows: u64) -> Reply {
    bins((0..24).map(|hour| (format!("2024-03-01 {hour:02}:00:00.000000000"), rows)))
}

#[tokio::test]
async fn by_default_rows_and_the_account_decide_how_many_slices_there_are() {
    for (rows, expected) in [
        (1_000, 1),
        (5_000, 2),
        // Eight TCU run 14 queries at once.
        (100_000, 10),
        (40_000, 7),
    ] {
        let (_timestream, _s3, connector) = scripted(day(rows)).await;
        let parts = parts(&connector, "t", &Constraints::default()).await;
        assert_eq!(parts.len(), expected, "{rows} an hour");
    }
}

/// Two instants of milliseconds, and nothing between them.
fn two_instants(first: i64, second: i64) -> Constraints {
    let one = |millis: i64| match from(
        Arc::new(Date64Array::from(vec![millis])),
        MarkerBound::Exactly,
    ) {
        ValueSet::SortedRangeSet {
            r#type,
            mut ranges,
            null_allowed,
        } => {
            ranges[0].high = ranges[0].low.clone();
            (r#type, ranges, null_allowed)
        }
        other => panic!("{other:?}"),
    };
    let ((r#type, mut ranges, null_allowed), (_, more, _)) = (one(first), one(second));
    ranges.extend(more);
    on(
        "time",
        ValueSet::SortedRangeSet {
            r#type,
            ranges,
            null_allowed,
        },
    )
}

/// A dashboard asks the same again and again, a little later each time.
#[tokio::test]
async fn few_rows_are_counted_once() {
    let (timestream, _s3, connector) = scripted(day(1_000)).await;
    let counts = || {
        let calls = timestream.calls().into_iter();
        calls.filter(|call| call.sql().contains("count(*)")).count()
    };
    let since = |millis: i64| {
        let time = Arc::new(Date64Array::from(vec![millis]));
        on("time", from(time, MarkerBound::Exactly))
    };
    let day_ago = 1_709_251_200_000;
    for (constraints, expected) in [
        (since(day_ago), 1),
        (since(day_ago), 1),
        (since(day_ago + 60_000), 1),
        // More rows than were counted.
        (since(day_ago - 60_000), 2),
        (since(day_ago), 2),
        (Constraints::default(), 3),
        (since(day_ago - 3_600_000), 3),
        // Other conditions.
        (
            on(
                "v",
                from(Arc::new(Int64Array::from(vec![5])), MarkerBound::Above),
            ),
            4,
        ),
    ] {
        let parts = parts(&connector, "t", &constraints).await;
        assert_eq!((parts.len(), counts()), (1, expected));
    }
    // What was counted under a condition on the nanoseconds, or of two instants, says nothing of the whole.
    let (timestream, _s3, connector) = scripted_with(day(10), true).await;
    let counts = || {
        let calls = timestream.calls().into_iter();
        calls.filter(|call| call.sql().contains("count(*)")).count()
    };
    let nanos = Arc::new(Int64Array::from(vec![1]));
    let nanos = on("time_nanos", from(nanos, MarkerBound::Exactly));
    parts(&connector, "t", &nanos).await;
    assert_eq!(counts(), 1);
    parts(&connector, "t", &Constraints::default()).await;
    assert_eq!(counts(), 2);

    let (timestream, _s3, connector) = scripted(day(10)).await;
    let counts = || {
        let calls = timestream.calls().into_iter();
        calls.filter(|call| call.sql().contains("count(*)")).count()
    };
    let two = two_instants(day_ago, day_ago + 86_400_000);
    parts(&connector, "t", &two).await;
    assert_eq!(counts(), 1);
    parts(&connector, "t", &since(day_ago)).await;
    assert_eq!(counts(), 2);

    // Many rows are counted each time, by hours and then finer: by the counts they are cut.
    let (timestream, _s3, connector) = scripted(day(40_000)).await;
    for _ in 0..2 {
        assert!(parts(&connector, "t", &Constraints::default()).await.len() > 1);
    }
    let calls = timestream.calls().into_iter();
    let counts = calls.filter(|call| call.sql().contains("count(*)"));
    assert_eq!(counts.count(), 4);
}

#[tokio::test]
async fn a_count_that_fails_leaves_the_scan_whole() {
    let denied = Reply::Error(400, "AccessDeniedException", "no".to_owned());
    let absent = Reply::page(
        &[("bin", "TIMESTAMP"), ("rows", "BIGINT")],
        &[&[None, Some("7")]],
        None,
    );
    for reply in [denied, absent, Reply::Json("{".to_owned())] {
        let (_timestream, _s3, connector) = scripted(reply).await;
        let parts = parts(&connector, "t", &Constraints::default()).await;
        let slices: Vec<&str> = parts
            .iter()
            .map(|part| part.properties[SLICE].as_str())
            .collect();
        assert_eq!(slices, [".."]);
    }
}

/// A thousand to a page; what does not fit comes with the token, and no part is lost between two pages.
#[tokio::test]
async fn splits_come_in_pages_of_a_thousand() {
    let days = (0..2_200).map(|day| {
        let day = rising_day(day);
        (format!("{day} 00:00:00.000000000"), 300_000)
    });
    let (_timestream, _s3, connector) = scripted(bins(days)).await;
    let name = table_name(DATABASE, "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let layout = GetTableLayoutRequest {
        identity: None,
        query_id: Some("query".into()),
        catalog_name: "catalog".into(),
        table_name: name.clone(),
        constraints: Constraints::default(),
        schema: schema.clone(),
        partition_columns: Vec::new(),
    };
    let layout = ask(&connector, Request::GetTableLayoutRequest(layout)).await;
    let Ok(Response::GetTableLayoutResponse(layout)) = layout else {
        panic!("{layout:?}");
    };
    let page = async |continuation_token: Option<String>| {
        let request = GetSplitsRequest {
            identity: None,
            query_id: Some("query".into()),
            catalog_name: "catalog".into(),
            table_name: name.clone(),
            partitions: layout.partitions.clone(),
            partition_columns: Vec::new(),
            constraints: Constraints::default(),
            continuation_token,
        };
        ask(&connector, Request::GetSplitsRequest(request)).await
    };
    let (mut token, mut pages, mut slices) = (None, Vec::new(), Vec::new());
    loop {
        let Response::GetSplitsResponse(answer) = page(token.take()).await.unwrap() else {
            panic!("not splits");
        };
        pages.push(answer.splits.len());
        slices.extend(answer.splits.into_iter().map(|split| {
            assert_eq!(split.properties["athena-timestream.rows"], "300000");
            split.properties[SLICE].clone()
        }));
        token = answer.continuation_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(pages, [1_000, 1_000, 200]);
    // Each begins where the one before it ends.
    let bounds: Vec<(&str, &str)> = slices
        .iter()
        .map(|slice| slice.split_once("..").unwrap())
        .collect();
    assert_eq!((bounds[0].0, bounds[bounds.len() - 1].1), ("", ""));
    assert!(bounds.windows(2).all(|pair| pair[0].1 == pair[1].0));

    for forged in [
        "",
        "{}",
        r#"{"cuts":[2,1],"rows":[],"reason":""}"#,
        r#"{"cuts":[],"rows":[],"reason":""}"#,
    ] {
        let error = page(Some(forged.to_owned())).await.unwrap_err();
        assert!(
            error.message().contains("continuation token"),
            "{forged}: {error}"
        );
    }
}

/// A day after 2018-01-01, the later the larger its number.
fn rising_day(day: usize) -> String {
    // Months of 28 days, so that every one exists.
    let (year, rest) = (2018 + day / 336, day % 336);
    format!("{year}-{:02}-{:02}", rest / 28 + 1, rest % 28 + 1)
}

#[tokio::test]
async fn a_split_that_does_not_say_its_part_is_refused() {
    let (_timestream, _s3, connector) = scripted(day(1)).await;
    let name = table_name(DATABASE, "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let constraints = Constraints::default();
    let parts = parts(&connector, "t", &constraints).await;
    for (slice, words) in [
        (None, "another version"),
        (Some("5..4"), "another version"),
        (Some("everything"), "another version"),
    ] {
        let mut part = parts[0].clone();
        part.properties.remove(SLICE);
        if let Some(slice) = slice {
            part.properties.insert(SLICE.to_owned(), slice.to_owned());
        }
        let request = read_request(&name, &schema, &["v"], part, &constraints).unwrap();
        let error = ask(&connector, Request::ReadRecordsRequest(request))
            .await
            .unwrap_err();
        assert!(error.message().contains(words), "{slice:?}: {error}");
    }
    // A limit that came later would be each slice's own.
    let mut part = parts[0].clone();
    part.properties
        .insert(SLICE.to_owned(), "..4000000".to_owned());
    let limited = Constraints {
        limit: 5,
        ..Constraints::default()
    };
    let request = read_request(&name, &schema, &["v"], part, &limited).unwrap();
    let error = ask(&connector, Request::ReadRecordsRequest(request))
        .await
        .unwrap_err();
    assert!(error.message().contains("a limit or an order"), "{error}");
}
