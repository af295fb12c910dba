//! What the Java connector gets wrong (its weaknesses W-n) and where a test holds that this one does not.
//!
//! | | weakness | test |
//! |---|---|---|
//! | W-1 | values by position | `describing::names_hold_whatever_they_hold`, the connector's `timestream::tests::values_go_by_name_and_other_columns_are_passed_over` |
//! | W-2 | columns of one name collapse | `passthrough::columns_come_without_a_run_and_values_by_name_whatever_is_pruned` |
//! | W-3 | a rejected row's complex value in the next row | here |
//! | W-4 | rows below a millisecond in no answer | here; every nanosecond in the connector's `query::tests` |
//! | W-5 | nanoseconds lost | the guest's `mapping::tests::options_add_nanoseconds_…`, the connector's `timestream::tests::a_zoned_timestamp_…` |
//! | W-6 | −0.0 lost, NaN kept | here; the connector's `query::residual::domain::tests::doubles_compare_as_ieee_says` |
//! | W-7 | text in UTF-16's order | here; the connector's `query::residual::domain::tests::text_is_ordered_by_code_point` |
//! | W-8 | deny-lists inverted | here |
//! | W-9 | partition keys in Glue make a table read as empty | `glue::a_flagged_table_has_glues_columns_and_timestreams_names` |
//! | W-10 | a broken view gives way to a table | `glue::views::a_broken_view_gives_its_error_and_never_a_table` |
//! | W-11 | lost blocks | `user::a_million_rows_are_read_through_spill_each_once_in_flat_memory` |
//! | W-12 | a failed upload that nobody hears of | here |
//! | W-13 | microseconds as milliseconds: Athena's own fault, mended in 2023; bounds are what they say | here; the connector's `query::read::tests` |
//! | W-14 | times and intervals compared as text | the guest's `condition::tests::what_is_shown_as_text_is_not_compared` |
//! | W-15 | names that differ in case | `errors::names_are_found_by_their_lower_case_or_the_candidates_are_listed` |
//! | W-16 | any text a boolean, any day a date | the connector's `timestream::tests::what_is_no_boolean_date_or_timestamp_is_refused`, `…timestamps_with_any_fraction_…` |
//! | W-17 | dates sent as integers | the guest's `condition::tests::dates_are_typed_and_clamped` |
//! | W-18 | NaN and infinities as bare names | the guest's `condition::tests::infinities_and_nan_only_widen` |
//! | W-19 | empty sets | the guest's `condition::tests::everything_and_nothing` |
//! | W-20 | no columns | `reading::rows_are_counted_without_columns` |
//! | W-21 | the second page of `DESCRIBE` | `describing::a_description_of_several_pages_is_asked_for_with_the_same_text` |
//! | W-22 | harmless statements refused | the connector's `catalog::passthrough::tests::texts_that_are_one_query_pass` |
//! | W-26 | the first cause lost | `describing::a_validation_error_of_a_name_that_is_right_is_told_itself` |
//! | W-27 | lower-case names from Glue | `glue::a_flagged_table_has_glues_columns_and_timestreams_names` |
//! | W-28 | what follows a view's text | `glue::views::the_template_wins_over_glues_own_text`, the connector's `catalog::view::tests` |
//! | W-29 | Athena's views taken for Timestream SQL | `glue::views::a_broken_view_gives_its_error_and_never_a_table` |

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date64Array, Float64Array, RecordBatch, StringArray};
use connector::Connector;
use connector::wire::{
    ArrowType, Block, Constraints, Expression, FunctionName, Marker, MarkerBound, Range, Request,
    SpillLocation, ValueSet,
};
use local::s3::S3;
use serde_json::json;
use tests::athena::{ask, get_table, read_request, rows, select, splits, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{plugin, sdk_config, settings};

/// A user's statement with a list, which no table of Timestream has.
const PREPARED: &str = r#"{"QueryString":"","Parameters":[],"Columns":[
    {"Name":"host","Type":{"ScalarType":"VARCHAR"}},
    {"Name":"list","Type":{"ArrayColumnInfo":{"Type":{"ScalarType":"INTEGER"}}}}]}"#;

/// The rows of `columns` and the statement, where Timestream answers with `page` whatever it is asked.
async fn answered(
    page: Reply,
    columns: &[&str],
    constraints: Constraints,
) -> anyhow::Result<(Vec<Vec<String>>, String)> {
    let described = Reply::description(&[
        ("host", "varchar", "DIMENSION"),
        ("x", "double", "MEASURE_VALUE"),
        ("time", "timestamp", "TIMESTAMP"),
    ]);
    let timestream = Scripted::start(move |call| match call.operation.as_str() {
        "PrepareQuery" => Reply::Json(PREPARED.into()),
        _ if call.sql().starts_with("DESCRIBE") => described.clone(),
        _ => page.clone(),
    })
    .await?;
    let s3 = S3::start(0, "spill", None).await?;
    let config = sdk_config(timestream.url(), &s3.url());
    let connector = Connector::with_plugin(settings(s3.bucket())?, &config, plugin("timestream")?);
    let name = table_name("d", "t");
    let sizes = (16_000_000, 5_242_880);
    let (batches, _) = select(&connector, None, &name, columns, &constraints, sizes).await?;
    let calls = timestream.calls();
    Ok((rows(&batches)?, calls.last().unwrap().sql().to_owned()))
}

fn block(values: ArrayRef) -> Block {
    Block(RecordBatch::try_from_iter_with_nullable([("col1", values, true)]).unwrap())
}

pub(crate) fn on(column: &str, set: ValueSet) -> Constraints {
    Constraints {
        summary: BTreeMap::from([(column.to_owned(), set)]),
        ..Constraints::default()
    }
}

/// From or above a value.
pub(crate) fn from(value: ArrayRef, bound: MarkerBound) -> ValueSet {
    ValueSet::SortedRangeSet {
        r#type: ArrowType::from(value.data_type()),
        ranges: vec![Range {
            high: Marker {
                value_block: block(value.slice(0, 0)),
                bound: MarkerBound::Below,
                null_value: true,
            },
            low: Marker {
                value_block: block(value),
                bound,
                null_value: false,
            },
        }],
        null_allowed: false,
    }
}

fn listed(values: ArrayRef, white_list: bool, null_allowed: bool) -> ValueSet {
    ValueSet::EquatableValueSet {
        value_block: block(values),
        white_list,
        null_allowed,
    }
}

/// W-3: Java wrote the list of a row that its filter then rejected, and a NULL after it left it there.
#[tokio::test]
async fn a_rejected_row_leaves_no_list_to_the_next() {
    let row = |host: &str, list| json!({"Data": [{"ScalarValue": host}, list]});
    let array = json!({"ArrayValue": [{"ScalarValue": "7"}]});
    let page = json!({
        "QueryId": "SCRIPTED",
        "ColumnInfo": [
            {"Name": "host", "Type": {"ScalarType": "VARCHAR"}},
            {"Name": "list", "Type": {"ArrayColumnInfo": {"Type": {"ScalarType": "INTEGER"}}}},
        ],
        "Rows": [row("rejected", array), row("kept", json!({"NullValue": true}))],
    });
    // NULLIF(host, 'rejected') IS NOT NULL.
    let call = |name: &str, arguments| Expression::FunctionCallExpression {
        r#type: ArrowType::Bool,
        function_name: FunctionName {
            function_name: name.into(),
        },
        arguments,
    };
    let host = Expression::VariableExpression {
        column_name: "host".into(),
        r#type: ArrowType::Utf8,
    };
    let text = |text| Expression::ConstantExpression {
        value_block: Some(block(Arc::new(StringArray::from(vec![text])))),
        r#type: ArrowType::Utf8,
    };
    let shown = call("$nullif", vec![host, text("rejected")]);
    let constraints = Constraints {
        // A pattern beside a computed text is left to the host.
        expression: vec![call("$like_pattern", vec![shown, text("%")])],
        query_passthrough_arguments: BTreeMap::from(
            [
                ("schemaFunctionName", "SYSTEM.QUERY"),
                ("QUERY", "SELECT host, list FROM d.t"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
        ..Constraints::default()
    };
    let (rows, _) = answered(
        Reply::Json(page.to_string()),
        &["host", "list"],
        constraints,
    )
    .await
    .unwrap();
    assert_eq!(rows, [["kept", "NULL"]]);
}

/// W-4: half a microsecond past the bound, Java's row was in neither `time <= x` nor `time > x`, nor `time = x`.
#[tokio::test]
async fn a_row_within_the_millisecond_is_in_exactly_one_half() {
    let page = Reply::page(
        &[("time", "TIMESTAMP")],
        &[&[Some("2024-01-01 00:00:00.000000500")]],
        None,
    );
    let bound = || Arc::new(Date64Array::from(vec![1_704_067_200_000])) as ArrayRef;
    let (rows, equal) = answered(
        page.clone(),
        &["time"],
        on("time", listed(bound(), true, false)),
    )
    .await
    .unwrap();
    assert_eq!(rows, [["2024-01-01T00:00:00"]]);
    let (begin, end) = (
        "'2024-01-01 00:00:00.000000000'",
        "'2024-01-01 00:00:00.001000000'",
    );
    assert!(
        equal.contains(&format!(r#""time" >= TIMESTAMP {begin}"#)),
        "{equal}"
    );
    assert!(
        equal.contains(&format!(r#""time" < TIMESTAMP {end}"#)),
        "{equal}"
    );
    let (_, above) = answered(
        page,
        &["time"],
        on("time", from(bound(), MarkerBound::Above)),
    )
    .await
    .unwrap();
    assert!(
        above.contains(&format!(r#""time" >= TIMESTAMP {end}"#)),
        "{above}"
    );
}

/// W-6: Timestream's −0.0 equals 0.0; Java's second filter put it below and dropped the row.
#[tokio::test]
async fn negative_zero_is_zero() {
    let page = Reply::page(&[("x", "DOUBLE")], &[&[Some("-0.0")]], None);
    let zero = || Arc::new(Float64Array::from(vec![0.0])) as ArrayRef;
    for set in [
        listed(zero(), true, false),
        from(zero(), MarkerBound::Exactly),
    ] {
        let (rows, _) = answered(page.clone(), &["x"], on("x", set)).await.unwrap();
        assert_eq!(rows, [["-0.0"]]);
    }
}

/// W-7: U+1F600 is above U+FFFD; in UTF-16, by which Java filtered again, below.
#[tokio::test]
async fn text_beyond_the_basic_plane_is_above_it() {
    let page = Reply::page(&[("host", "VARCHAR")], &[&[Some("\u{1F600}")]], None);
    let bound = Arc::new(StringArray::from(vec!["\u{FFFD}"])) as ArrayRef;
    let (rows, _) = answered(page, &["host"], on("host", from(bound, MarkerBound::Above)))
        .await
        .unwrap();
    assert_eq!(rows, [["\u{1F600}"]]);
}

/// W-8: Java wrote `IN` for the values to leave out, and forgot whether NULL is admitted.
#[tokio::test]
async fn a_deny_list_denies_and_keeps_null_where_allowed() {
    let page = || Reply::page(&[("host", "VARCHAR")], &[&[Some("c")]], None);
    let denied = || Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef;
    let (rows, sql) = answered(
        page(),
        &["host"],
        on("host", listed(denied(), false, false)),
    )
    .await
    .unwrap();
    assert_eq!(rows, [["c"]]);
    assert!(sql.contains(r#""host" NOT IN ('a', 'b')"#), "{sql}");
    assert!(!sql.contains("IS NULL"), "{sql}");
    let (_, sql) = answered(page(), &["host"], on("host", listed(denied(), false, true)))
        .await
        .unwrap();
    assert!(
        sql.contains(r#""host" NOT IN ('a', 'b') OR "host" IS NULL"#),
        "{sql}"
    );
}

/// W-13: the bound of issue 831, 2022-11-15 in microseconds, which Athena sent until March 2023. It is what it says.
#[tokio::test]
async fn a_bound_after_the_year_9999_is_what_it_says() {
    for (bound, condition) in [
        (MarkerBound::Exactly, "1 = 0"),
        (MarkerBound::Above, "1 = 0"),
    ] {
        let page = Reply::page(&[("time", "TIMESTAMP")], &[], None);
        let odd = Arc::new(Date64Array::from(vec![1_668_470_400_000_000])) as ArrayRef;
        let (_, sql) = answered(page, &["time"], on("time", from(odd, bound)))
            .await
            .unwrap();
        assert!(sql.ends_with(&format!("WHERE ({condition})")), "{sql}");
    }
}

/// W-12: the Java connector may take a block that S3 did not take for written.
#[tokio::test]
async fn an_upload_that_fails_ends_the_read() {
    let page = |_: &Call| Reply::page(&[("n", "BIGINT")], &[&[Some("1")]], None);
    let (_, error) = spilling_to_nowhere(page, (16_000_000, 0)).await;
    assert!(error.contains("cannot spill to bucket `gone`"), "{error}");
}

/// Not at its end, and not when the next block is full.
#[tokio::test]
async fn an_upload_that_fails_ends_the_read_while_pages_come() {
    const PAGES: usize = 3_000;
    let page = |call: &Call| {
        let number = call.token().map_or(0, |token| token.parse().unwrap());
        // A block that is full at once, and one that never is.
        let rows = vec![[Some("1")]; if number == 0 { 2_000 } else { 1 }];
        let rows: Vec<&[Option<&str>]> = rows.iter().map(<[_; 1]>::as_slice).collect();
        let next = (number < PAGES).then(|| (number + 1).to_string());
        Reply::page(&[("n", "BIGINT")], &rows, next.as_deref())
    };
    let (timestream, error) = spilling_to_nowhere(page, (16_000, 0)).await;
    assert!(error.contains("cannot spill to bucket `gone`"), "{error}");
    assert!(timestream.calls().len() < PAGES);
}

/// Reads a table `d.t` of one column into a bucket that is gone since the query was divided.
async fn spilling_to_nowhere(
    page: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    sizes: (u64, u64),
) -> (Scripted, String) {
    let timestream = Scripted::start(move |call| match call.sql() {
        sql if sql.starts_with("DESCRIBE") => Reply::description(&[("n", "bigint", "MULTI")]),
        _ => page(call),
    })
    .await
    .unwrap();
    let s3 = S3::start(0, "spill", None).await.unwrap();
    let config = sdk_config(timestream.url(), &s3.url());
    let with_bucket = |bucket: &str| {
        let settings = settings(bucket).unwrap();
        Connector::with_plugin(settings, &config, plugin("timestream").unwrap())
    };
    let connector = with_bucket(s3.bucket());
    let (name, constraints) = (table_name("d", "t"), Constraints::default());
    let schema = get_table(&connector, &name).await.unwrap();
    let mut split = splits(&connector, &name, &schema, &constraints)
        .await
        .unwrap()
        .remove(0);
    let Some(SpillLocation::S3SpillLocation { bucket, .. }) = &mut split.spill_location else {
        panic!("no place to spill");
    };
    "gone".clone_into(bucket);
    let mut request = read_request(&name, &schema, &["n"], split, &constraints).unwrap();
    (request.max_block_size, request.max_inline_block_size) = sizes;
    let error = ask(&with_bucket("gone"), Request::ReadRecordsRequest(request)).await;
    (timestream, error.unwrap_err().message().to_owned())
}
