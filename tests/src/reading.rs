//! Athena's calls against scripted pages: rows in, rows out, inline and spilled, with whatever the dialect left to the
//! host.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use connector::wire::{
    ArrowType, Block, Constraints, Expression, FunctionName, Marker, MarkerBound, OrderByField,
    OrderDirection, Range, Request, ValueSet, write_request,
};
use connector::{Code, Connector, End};
use local::s3::S3;
use tests::athena::{get_table, read_request, rows, select, splits, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config, settings};

const COLUMNS: [(&str, &str); 3] = [("host", "VARCHAR"), ("time", "TIMESTAMP"), ("n", "BIGINT")];

/// Athena's sizes, as the SDK's validator sends them.
const USUAL: (u64, u64) = (16_000_000, 5_242_880);

fn describe() -> Reply {
    Reply::description(&[
        ("host", "varchar", "DIMENSION"),
        ("time", "timestamp", "TIMESTAMP"),
        ("n", "bigint", "MEASURE_VALUE"),
    ])
}

/// A table `d.t` whose query answers what `pages` says.
async fn scripted(pages: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |call| {
        if call.sql().starts_with("DESCRIBE") {
            describe()
        } else {
            pages(call)
        }
    })
    .await
    .unwrap()
}

fn connector(timestream: &Scripted, s3: &S3) -> Connector {
    let config = sdk_config(timestream.url(), &s3.url());
    Connector::with_plugin(
        settings(s3.bucket()).unwrap(),
        &config,
        plugin("timestream").unwrap(),
    )
}

fn s3_client(s3: &S3) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&sdk_config("http://127.0.0.1:1", &s3.url()))
}

/// Columns in the order the statement asks for them.
fn in_order(
    call: &Call,
    row: [Option<&str>; 3],
) -> (Vec<(&'static str, &'static str)>, Vec<Option<String>>) {
    let list = call
        .sql()
        .strip_prefix("SELECT ")
        .unwrap()
        .split("\nFROM")
        .next()
        .unwrap()
        .to_owned();
    list.split(", ")
        .map(|name| {
            let index = COLUMNS
                .iter()
                .position(|(column, _)| format!("\"{column}\"") == name)
                .unwrap();
            (COLUMNS[index], row[index].map(str::to_owned))
        })
        .unzip()
}

/// A page of some of the table's rows, with just the columns asked for.
fn page(call: &Call, table: &[[Option<&str>; 3]], token: Option<&str>) -> Reply {
    if call.sql().starts_with("SELECT 1 AS \"row\"") {
        let rows: Vec<&[Option<&str>]> = table.iter().map(|_| [Some("1")].as_slice()).collect();
        return Reply::page(&[("row", "INTEGER")], &rows, token);
    }
    let (columns, _) = in_order(call, [None; 3]);
    let cells: Vec<Vec<Option<String>>> = table.iter().map(|row| in_order(call, *row).1).collect();
    let cells: Vec<Vec<Option<&str>>> = cells
        .iter()
        .map(|row| row.iter().map(|cell| cell.as_deref()).collect())
        .collect();
    let cells: Vec<&[Option<&str>]> = cells.iter().map(Vec::as_slice).collect();
    Reply::page(&columns, &cells, token)
}

const ROWS: [[Option<&str>; 3]; 4] = [
    [Some("a"), Some("2024-01-01 00:00:00.000999999"), Some("1")],
    [Some("b"), Some("2024-01-01 00:00:00.001000000"), None],
    [None, Some("2024-01-01 00:00:01.000000000"), Some("-7")],
    [
        Some("O'Brien \u{1F600}"),
        Some("2024-01-01 00:00:02.500000001"),
        Some("9007199254740993"),
    ],
];

fn texts(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter()
        .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
        .collect()
}

#[tokio::test]
async fn pages_with_and_without_rows_become_one_block() {
    let timestream = scripted(|call| match call.token() {
        None => page(call, &[], Some("1")),
        Some("1") => page(call, &ROWS[..2], Some("2")),
        Some("2") => page(call, &[], Some("3")),
        Some(_) => page(call, &ROWS[2..], None),
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let (batches, readings) = select(
        &connector,
        None,
        &table_name("d", "t"),
        &["n", "host", "time"],
        &Constraints::default(),
        USUAL,
    )
    .await
    .unwrap();
    assert_eq!(
        rows(&batches).unwrap(),
        texts(&[
            &["1", "a", "2024-01-01T00:00:00"],
            &["NULL", "b", "2024-01-01T00:00:00.001"],
            &["-7", "NULL", "2024-01-01T00:00:01"],
            &[
                "9007199254740993",
                "O'Brien \u{1F600}",
                "2024-01-01T00:00:02.500"
            ],
        ])
    );
    assert_eq!(
        (
            readings[0].pages,
            readings[0].rows_read,
            readings[0].rows_returned
        ),
        (4, 4, 4)
    );
    // The same text with every token, or the service refuses it.
    let asked: Vec<Call> = timestream
        .calls()
        .into_iter()
        .filter(|call| call.sql().starts_with("SELECT"))
        .collect();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|call| call.sql() == asked[0].sql()));
}

#[tokio::test]
async fn rows_are_counted_without_columns() {
    let timestream = scripted(|call| page(call, &ROWS, None)).await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let (batches, _) = select(
        &connector,
        None,
        &table_name("d", "t"),
        &[],
        &Constraints::default(),
        USUAL,
    )
    .await
    .unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 4);
}

/// A constant of one value.
fn constant(value: ArrayRef) -> Block {
    Block(RecordBatch::try_from_iter_with_nullable([("col1", value, true)]).unwrap())
}

fn integer(value: i64) -> Block {
    constant(Arc::new(Int64Array::from(vec![value])))
}

fn at_least(value: i64) -> ValueSet {
    let block = integer(value);
    let unbounded = Block(RecordBatch::new_empty(block.0.schema()));
    ValueSet::SortedRangeSet {
        r#type: ArrowType::Int {
            bit_width: 64,
            is_signed: true,
        },
        ranges: vec![Range {
            low: Marker {
                value_block: block,
                bound: MarkerBound::Exactly,
                null_value: false,
            },
            high: Marker {
                value_block: unbounded,
                bound: MarkerBound::Below,
                null_value: true,
            },
        }],
        null_allowed: false,
    }
}

/// `host = value OR -n = number`, which the dialect leaves to the host: Timestream could fail on rows that are not asked
/// for.
fn either(value: &str, number: i64) -> Expression {
    let call = |name: &str, arguments| Expression::FunctionCallExpression {
        r#type: ArrowType::Bool,
        function_name: FunctionName {
            function_name: name.into(),
        },
        arguments,
    };
    let column = |name: &str, r#type| Expression::VariableExpression {
        column_name: name.into(),
        r#type,
    };
    let int = || ArrowType::Int {
        bit_width: 64,
        is_signed: true,
    };
    let text = constant(Arc::new(StringArray::from(vec![value])));
    let host = Expression::ConstantExpression {
        value_block: Some(text),
        r#type: ArrowType::Utf8,
    };
    let n = Expression::ConstantExpression {
        value_block: Some(integer(number)),
        r#type: int(),
    };
    call(
        "$or",
        vec![
            call("$equal", vec![column("host", ArrowType::Utf8), host]),
            call("$equal", vec![call("$negate", vec![column("n", int())]), n]),
        ],
    )
}

#[tokio::test]
async fn what_the_dialect_leaves_is_checked_on_the_rows() {
    let timestream = scripted(|call| page(call, &ROWS, None)).await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let constraints = Constraints {
        expression: vec![either("a", 7)],
        ..Constraints::default()
    };
    let (batches, readings) = select(
        &connector,
        None,
        &table_name("d", "t"),
        &["time"],
        &constraints,
        USUAL,
    )
    .await
    .unwrap();
    assert_eq!(
        rows(&batches).unwrap(),
        texts(&[&["2024-01-01T00:00:00"], &["2024-01-01T00:00:01"]])
    );
    assert_eq!((readings[0].rows_read, readings[0].rows_returned), (4, 2));
    // A limit beside it stays with the host, and the run is ended once it is reached.
    let constraints = Constraints {
        limit: 1,
        ..constraints
    };
    let (batches, _) = select(
        &connector,
        None,
        &table_name("d", "t"),
        &["time"],
        &constraints,
        USUAL,
    )
    .await
    .unwrap();
    assert_eq!(rows(&batches).unwrap(), texts(&[&["2024-01-01T00:00:00"]]));
    assert!(
        timestream
            .calls()
            .iter()
            .all(|call| !call.sql().contains("LIMIT"))
    );
}

#[tokio::test]
async fn a_top_n_beside_an_unpushed_term_is_sorted_here() {
    let timestream = scripted(|call| match call.token() {
        None => page(call, &ROWS[..3], Some("1")),
        Some(_) => page(call, &ROWS[3..], None),
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let constraints = Constraints {
        expression: vec![either("O'Brien \u{1F600}", 7)],
        order_by_clause: vec![OrderByField {
            column_name: "n".into(),
            direction: OrderDirection::DescNullsLast,
        }],
        limit: 1,
        ..Constraints::default()
    };
    let (batches, _) = select(
        &connector,
        None,
        &table_name("d", "t"),
        &["host"],
        &constraints,
        USUAL,
    )
    .await
    .unwrap();
    assert_eq!(rows(&batches).unwrap(), texts(&[&["O'Brien \u{1F600}"]]));
}

#[tokio::test]
async fn a_limit_that_is_reached_ends_the_run_at_timestream() {
    let timestream = scripted(|call| match call.operation.as_str() {
        "CancelQuery" => Reply::Json(r#"{"CancellationMessage":"ok"}"#.into()),
        // A script that would never end.
        _ => page(call, &ROWS, Some("more")),
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let constraints = Constraints {
        limit: 6,
        ..Constraints::default()
    };
    let (batches, readings) = select(
        &connector,
        None,
        &table_name("d", "t"),
        &["host"],
        &constraints,
        USUAL,
    )
    .await
    .unwrap();
    assert_eq!((rows(&batches).unwrap().len(), readings[0].pages), (6, 2));
    assert_eq!(readings[0].end, End::Limit);
    let cancelled: Vec<Call> = timestream
        .calls()
        .into_iter()
        .filter(|call| call.operation == "CancelQuery")
        .collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].body["QueryId"], "SCRIPTED");
}

#[tokio::test]
async fn an_empty_domain_has_no_split() {
    let timestream = scripted(|call| page(call, &ROWS, None)).await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let nothing = ValueSet::SortedRangeSet {
        r#type: ArrowType::Utf8,
        ranges: vec![],
        null_allowed: false,
    };
    let constraints = Constraints {
        summary: BTreeMap::from([("host".into(), nothing)]),
        ..Constraints::default()
    };
    assert_eq!(
        splits(&connector, &name, &schema, &constraints)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn rows_that_do_not_fit_are_spilled_encrypted_each_once() {
    const PAGES: usize = 7;
    const PER_PAGE: usize = 30;
    let timestream = scripted(|call| {
        let number: usize = call.token().map_or(0, |token| token.parse().unwrap());
        let cells: Vec<[String; 2]> = (number * PER_PAGE..(number + 1) * PER_PAGE)
            .map(|row| [format!("host-{row}"), row.to_string()])
            .collect();
        let cells: Vec<[Option<&str>; 2]> = cells
            .iter()
            .map(|[host, n]| [Some(host.as_str()), Some(n.as_str())])
            .collect();
        let cells: Vec<&[Option<&str>]> = cells.iter().map(<[_; 2]>::as_slice).collect();
        let token = (number + 1 < PAGES).then(|| (number + 1).to_string());
        Reply::page(
            &[("host", "VARCHAR"), ("n", "BIGINT")],
            &cells,
            token.as_deref(),
        )
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let (connector, client) = (connector(&timestream, &s3), s3_client(&s3));
    for sizes in [(1_000, 5_242_880), (16_000_000, 0), (1, 5_242_880)] {
        let (batches, readings) = select(
            &connector,
            Some(&client),
            &table_name("d", "t"),
            &["host", "n"],
            &Constraints::default(),
            sizes,
        )
        .await
        .unwrap();
        let rows = rows(&batches).unwrap();
        let expected: Vec<Vec<String>> = (0..PAGES * PER_PAGE)
            .map(|row| vec![format!("host-{row}"), row.to_string()])
            .collect();
        assert_eq!(rows, expected, "{sizes:?}");
        assert_eq!(readings[0].blocks, batches.len());
        // No block is above the limit but for a single row.
        for batch in &batches {
            let bytes = connector::spill::block_bytes(batch) as u64;
            assert!(
                bytes <= sizes.0 || batch.num_rows() == 1,
                "{bytes} bytes in {} rows",
                batch.num_rows()
            );
        }
    }
}

/// Athena refuses objects above the size that it gave (issue 337 of the Java connectors).
#[tokio::test]
async fn sealed_objects_are_no_larger_than_a_block_may_be() {
    let timestream = scripted(|call| {
        let number: usize = call.token().map_or(0, |token| token.parse().unwrap());
        // The first rows of each page are the longest. No column has nulls, so that their bitmaps are not in memory.
        let cells: Vec<[String; 2]> = (0..200)
            .map(|row| ["x".repeat(if row < 5 { 150 } else { 3 }), row.to_string()])
            .collect();
        let cells: Vec<[Option<&str>; 2]> = cells
            .iter()
            .map(|[host, n]| [Some(host.as_str()), Some(n.as_str())])
            .collect();
        let cells: Vec<&[Option<&str>]> = cells.iter().map(<[_; 2]>::as_slice).collect();
        let token = (number < 9).then(|| (number + 1).to_string());
        Reply::page(
            &[("host", "VARCHAR"), ("n", "BIGINT")],
            &cells,
            token.as_deref(),
        )
    })
    .await;
    for limit in [1_000, 1_111, 2_500, 5_000] {
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let (connector, client) = (connector(&timestream, &s3), s3_client(&s3));
        let (name, constraints) = (table_name("d", "t"), Constraints::default());
        let (batches, _) = select(
            &connector,
            Some(&client),
            &name,
            &["host", "n"],
            &constraints,
            (limit, 0),
        )
        .await
        .unwrap();
        assert_eq!(
            batches.iter().map(RecordBatch::num_rows).sum::<usize>(),
            2_000
        );
        let listed = client
            .list_objects_v2()
            .bucket(s3.bucket())
            .send()
            .await
            .unwrap();
        let sizes: Vec<i64> = listed
            .contents()
            .iter()
            .filter_map(|object| object.size())
            .collect();
        assert_eq!(sizes.len(), batches.len());
        let largest = sizes.iter().max().copied().unwrap();
        let limit = i64::try_from(limit).unwrap();
        assert!(
            largest <= limit && largest > limit / 2,
            "{largest} of {limit}"
        );
    }
}

/// A view's text and its columns' comments travel in the schema, beside the rows.
#[tokio::test]
async fn an_answer_with_a_large_schema_is_no_larger_than_lambda_carries() {
    let timestream = scripted(|_| {
        let long = "x".repeat(100_000);
        let row = [Some(long.as_str()), Some("1")];
        Reply::page(
            &[("host", "VARCHAR"), ("n", "BIGINT")],
            &[&row[..]; 38],
            None,
        )
    })
    .await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let (name, none) = (table_name("d", "t"), Constraints::default());
    let schema = get_table(&connector, &name).await.unwrap();
    let split = splits(&connector, &name, &schema, &none)
        .await
        .unwrap()
        .remove(0);
    let mut request = read_request(&name, &schema, &["host", "n"], split, &none).unwrap();
    let mut metadata = request.schema.metadata().clone();
    metadata.insert("comment".into(), "y".repeat(1_200_000));
    request.schema = Arc::new(request.schema.as_ref().clone().with_metadata(metadata));
    let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let answer = connector.answer(&payload, None).await.unwrap();
    assert!(answer.payload.len() < 6_291_556, "{}", answer.payload.len());
    assert_eq!(answer.reading.unwrap().rows_returned, 38);
}

/// Dynamic filters of a join narrow the constraints between dividing and reading.
#[tokio::test]
async fn constraints_at_the_read_are_those_that_count() {
    let timestream = scripted(|call| page(call, &ROWS[3..], None)).await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let name = table_name("d", "t");
    let on_n = |values| Constraints {
        summary: BTreeMap::from([("n".into(), values)]),
        ..Constraints::default()
    };
    let schema = get_table(&connector, &name).await.unwrap();
    let split = splits(&connector, &name, &schema, &on_n(at_least(5)))
        .await
        .unwrap()
        .remove(0);
    for (constraints, condition) in [
        (on_n(at_least(7)), r#"WHERE ("n" >= 7)"#),
        (on_n(at_least(5)), r#"WHERE ("n" >= 5)"#),
    ] {
        let request = read_request(&name, &schema, &["host"], split.clone(), &constraints).unwrap();
        let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
        connector.handle(&payload).await.unwrap();
        let sql = timestream.calls().last().unwrap().sql().to_owned();
        assert!(sql.ends_with(condition), "{sql}");
    }
}

#[tokio::test]
async fn a_constraint_reaches_the_statement_and_a_split_keeps_its_dialect() {
    let timestream = scripted(|call| page(call, &ROWS[3..], None)).await;
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let connector = connector(&timestream, &s3);
    let name = table_name("d", "t");
    let constraints = Constraints {
        summary: BTreeMap::from([("n".into(), at_least(5))]),
        ..Constraints::default()
    };
    let (batches, _) = select(&connector, None, &name, &["host"], &constraints, USUAL)
        .await
        .unwrap();
    assert_eq!(rows(&batches).unwrap().len(), 1);
    let sql = timestream.calls().last().unwrap().sql().to_owned();
    assert_eq!(sql, "SELECT \"host\"\nFROM \"d\".\"t\"\nWHERE (\"n\" >= 5)");

    let schema = get_table(&connector, &name).await.unwrap();
    let mut split = splits(&connector, &name, &schema, &constraints)
        .await
        .unwrap()
        .remove(0);
    let digest = split
        .properties
        .iter_mut()
        .find(|(key, _)| key.contains("dialect"))
        .unwrap()
        .1;
    *digest = "0".repeat(64);
    let request = read_request(&name, &schema, &["host"], split, &constraints).unwrap();
    let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let error = connector.handle(&payload).await.unwrap_err();
    assert_eq!(error.code(), Code::PartialFailure);
    assert!(error.message().contains("run it again"), "{error}");
}
