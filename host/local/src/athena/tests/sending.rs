//! The requests of a query, member by member.

use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::{Date64Type, TimestampMillisecondType};
use connector::wire::{
    Expression, MarkerBound, OrderDirection, Range, ReadRecordsRequest, Request, ValueSet,
};

use super::fake::{Fake, split};
use crate::athena::Profile;

fn names(requests: &[Request]) -> Vec<&'static str> {
    requests.iter().map(Request::name).collect()
}

async fn sent(sql: &str, profile: Profile) -> Vec<Request> {
    let (athena, requests) = Fake::default().athena(profile);
    athena.query(sql).await.unwrap();
    let requests = requests.lock().unwrap();
    requests.clone()
}

fn read(requests: &[Request]) -> ReadRecordsRequest {
    let mut reads = requests.iter().filter_map(|request| match request {
        Request::ReadRecordsRequest(request) => Some(request.clone()),
        _ => None,
    });
    reads.next_back().unwrap()
}

#[tokio::test]
async fn a_query_makes_athenas_calls_with_one_id_and_the_same_constraints() {
    let fake = Fake {
        splits: vec![split("1"), split("2"), split("3")],
        ..Fake::default()
    };
    let (athena, requests) = fake.athena(Profile::ValueSets);
    let result = athena
        .query("select name from db.readings where big = 1")
        .await
        .unwrap();
    assert_eq!(result.scans[0].slices.len(), 3);
    let requests = requests.lock().unwrap();
    let mut expected = vec!["GetTableRequest", "GetTableLayoutRequest"];
    expected.extend(["GetSplitsRequest"; 3]);
    expected.extend(["ReadRecordsRequest"; 3]);
    assert_eq!(names(&requests), expected);
    assert!(
        requests
            .iter()
            .all(|request| request.query_id() == requests[0].query_id())
    );
    for request in requests.iter() {
        let constraints = match request {
            Request::GetTableLayoutRequest(request) => &request.constraints,
            Request::GetSplitsRequest(request) => &request.constraints,
            Request::ReadRecordsRequest(request) => &request.constraints,
            _ => continue,
        };
        assert_eq!(constraints.summary.keys().collect::<Vec<_>>(), ["big"]);
        assert_eq!(
            (
                constraints.limit,
                constraints.expression.len(),
                constraints.query_plan.is_none()
            ),
            (-1, 0, true)
        );
    }
}

#[tokio::test]
async fn a_read_asks_for_the_projected_fields_with_the_tables_metadata() {
    let request = read(
        &sent(
            "select max(ratio) from db.readings where name = 'a'",
            Profile::ValueSets,
        )
        .await,
    );
    let fields: Vec<_> = request
        .schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(
        fields,
        ["ratio"],
        "the filter was sent whole, so its column is not wanted"
    );
    assert_eq!(request.schema.metadata()["name"], "a comment");
    assert_eq!(
        (request.max_block_size, request.max_inline_block_size),
        (16_000_000, 5_242_880)
    );
}

#[tokio::test]
async fn markers_stand_where_the_protocol_says() {
    let sql = "select big from db.readings where time > timestamp '1970-01-01 00:00:01' \
               and time <= timestamp '1970-01-01 00:00:02' and flag and seen < timestamp '1970-01-01 00:00:00.010 UTC'";
    let request = read(&sent(sql, Profile::ValueSets).await);
    let ranges = |column: &str| match &request.constraints.summary[column] {
        ValueSet::SortedRangeSet {
            ranges,
            null_allowed: false,
            ..
        } => ranges.clone(),
        other => panic!("{other:?}"),
    };
    let [Range { low, high }] = <[Range; 1]>::try_from(ranges("time")).unwrap();
    assert_eq!(
        (low.bound, low.null_value, high.bound, high.null_value),
        (MarkerBound::Above, false, MarkerBound::Exactly, false)
    );
    assert_eq!(low.value_block.0.schema().field(0).name(), "col1");
    assert_eq!(
        low.value_block
            .0
            .column(0)
            .as_primitive::<Date64Type>()
            .value(0),
        1_000
    );
    assert_eq!(
        high.value_block
            .0
            .column(0)
            .as_primitive::<Date64Type>()
            .value(0),
        2_000
    );

    let [Range { low, high }] = <[Range; 1]>::try_from(ranges("flag")).unwrap();
    assert_eq!(
        (low.bound, high.bound),
        (MarkerBound::Exactly, MarkerBound::Exactly)
    );
    assert_eq!(
        low.value_block.0.column(0).as_boolean(),
        &BooleanArray::from(vec![true])
    );

    // The packed form: federation-protocol.md, section 3.8, third vector.
    let [Range { low, high }] = <[Range; 1]>::try_from(ranges("seen")).unwrap();
    assert_eq!(
        (low.bound, low.null_value, low.value_block.0.num_rows()),
        (MarkerBound::Above, true, 0)
    );
    assert_eq!(high.bound, MarkerBound::Below);
    assert_eq!(
        high.value_block
            .0
            .column(0)
            .as_primitive::<TimestampMillisecondType>()
            .value(0),
        40_960
    );
}

#[tokio::test]
async fn limit_and_order_are_sent_where_announced() {
    let request = read(
        &sent(
            "select name from db.readings where big = 1 limit 7",
            Profile::Everything,
        )
        .await,
    );
    assert_eq!(request.constraints.limit, 7);
    let request = read(
        &sent(
            "select name from db.readings where big = 1 limit 7",
            Profile::ValueSets,
        )
        .await,
    );
    assert_eq!(request.constraints.limit, -1);
    // A filter that stays above needs more rows than the limit.
    let request = read(
        &sent(
            "select name from db.readings where lower(name) = 'a' limit 7",
            Profile::Everything,
        )
        .await,
    );
    assert_eq!(request.constraints.limit, -1);

    let sql = "select name as n, big from db.readings order by big desc, n limit 5";
    let request = read(&sent(sql, Profile::Everything).await);
    let order: Vec<_> = request
        .constraints
        .order_by_clause
        .iter()
        .map(|key| (key.column_name.as_str(), key.direction))
        .collect();
    assert_eq!(
        order,
        [
            ("big", OrderDirection::DescNullsLast),
            ("name", OrderDirection::AscNullsLast)
        ]
    );
    assert_eq!(request.constraints.limit, 5);
    let request = read(&sent(sql, Profile::ValueSets).await);
    assert_eq!(
        (
            request.constraints.order_by_clause.len(),
            request.constraints.limit
        ),
        (0, -1)
    );
    for sql in [
        "select big from db.readings order by big",
        "select big from db.readings order by big + 1 limit 5",
        "select big from db.readings where lower(name) = 'a' order by big limit 5",
        "select big, count(*) from db.readings group by big order by big limit 5",
    ] {
        let request = read(&sent(sql, Profile::Everything).await);
        assert_eq!(
            (
                request.constraints.order_by_clause.len(),
                request.constraints.limit
            ),
            (0, -1),
            "{sql}"
        );
    }
}

#[tokio::test]
async fn no_partition_is_no_split_and_no_row() {
    let (athena, requests) = Fake {
        partitions: 0,
        ..Fake::default()
    }
    .athena(Profile::ValueSets);
    let sql = "select big from db.readings where time > timestamp '2024-01-01 00:00:00'";
    let result = athena.query(sql).await.unwrap();
    assert_eq!((result.batches.len(), result.scans[0].slices.len()), (0, 0));
    assert_eq!(
        names(&requests.lock().unwrap()),
        ["GetTableRequest", "GetTableLayoutRequest"]
    );
}

#[tokio::test]
async fn explain_reads_nothing() {
    let (athena, requests) = Fake::default().athena(Profile::ValueSets);
    let scans = athena.explain("select big from db.readings").await.unwrap();
    assert_eq!(
        (scans.len(), scans[0].slices.len(), scans[0].table.as_str()),
        (1, 1, "db.readings")
    );
    assert_eq!(
        names(&requests.lock().unwrap()),
        [
            "GetTableRequest",
            "GetTableLayoutRequest",
            "GetSplitsRequest"
        ]
    );
}

#[tokio::test]
async fn a_pattern_is_sent_without_datafusions_escapes() {
    let fake = Fake {
        functions: vec!["$like_pattern"],
        ..Fake::default()
    };
    let (athena, requests) = fake.athena(Profile::Everything);
    athena
        .query(r"select name from db.readings where name like 'c:\a_%'")
        .await
        .unwrap();
    let request = read(&requests.lock().unwrap());
    let [
        Expression::FunctionCallExpression {
            function_name,
            arguments,
            ..
        },
    ] = request.constraints.expression.as_slice()
    else {
        panic!("{:?}", request.constraints);
    };
    assert_eq!(function_name.function_name, "$like_pattern");
    let [
        Expression::VariableExpression { column_name, .. },
        Expression::ConstantExpression { value_block, .. },
    ] = arguments.as_slice()
    else {
        panic!("{arguments:?}");
    };
    assert_eq!(column_name, "name");
    let block = value_block.as_ref().unwrap();
    assert_eq!(block.0.column(0).as_string::<i32>().value(0), r"c:\a_%");
}
