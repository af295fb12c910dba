//! Whole plans: sources, outputs, order, the budget of conditions.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{call, domain, domain_or_null, request, show_as, table, text};
use crate::{ArrowType, Bound, Function, Literal, Range, RefusalKind, SortKey, ValueSet, Verdict};

const CPU: [(&str, Scalar); 6] = [
    ("measure_name", Scalar::Varchar),
    ("measure_value::double", Scalar::Double),
    ("az", Scalar::Varchar),
    ("time", Scalar::Timestamp),
    ("Hostname", Scalar::Varchar),
    ("window", Scalar::IntervalDayToSecond),
];

fn from_noon() -> Term {
    let noon = Literal::Timestamp(1_704_110_400_000_000_000);
    domain(
        3,
        ValueSet::Ranges(vec![Range {
            low: Bound::Inclusive(noon),
            high: Bound::Unbounded,
        }]),
    )
}

fn source(source: Source) -> QueryPlan {
    let mut table = table(&CPU);
    table.source = source;
    plan(&request(table, vec![])).unwrap()
}

#[test]
fn a_table_is_read_by_its_quoted_name() {
    let plan = source(Source::Table(("my\"db".into(), "my.table-1".into())));
    assert_eq!(plan.from_item, r#""my""db"."my.table-1""#);
    assert!(plan.common_tables.is_empty());
    assert_eq!(
        plan.slicing,
        Slicing::ByTime((r#""time""#.into(), 1_000_000))
    );
}

/// Case Q5 of the Java connector, whose text a comment or a semicolon at the end would break.
#[test]
fn a_view_stands_on_its_own_lines() {
    for text in [
        "SELECT col1 from test_table",
        "\n SELECT col1 from test_table ;\n; ",
    ] {
        let plan = source(Source::View(("v".into(), text.into())));
        assert_eq!(
            plan.common_tables,
            ["\"athena_timestream_source\" AS (\nSELECT col1 from test_table\n)"]
        );
        assert_eq!(plan.from_item, r#""athena_timestream_source""#);
        assert!(matches!(plan.slicing, Slicing::Never(_)));
    }
    let plan = source(Source::View(("v".into(), "SELECT 1 -- one".into())));
    assert_eq!(
        plan.common_tables,
        ["\"athena_timestream_source\" AS (\nSELECT 1 -- one\n)"]
    );
}

#[test]
fn a_statement_of_the_user_is_read_as_a_table() {
    // Its columns are named anew: two of them may have one name.
    let mut table = table(&[("one", Scalar::Integer), ("o\"ne_2", Scalar::Integer)]);
    table.source = Source::Passthrough("SELECT 1 AS one;".into());
    let plan = plan(&request(table, vec![])).unwrap();
    assert_eq!(
        plan.from_item,
        "(\nSELECT 1 AS one\n) AS \"athena_timestream_source\" (\"one\", \"o\"\"ne_2\")"
    );
    assert!(plan.common_tables.is_empty());
    assert!(matches!(plan.slicing, Slicing::Never(_)));
}

#[test]
fn a_source_without_text_is_refused() {
    for source in [
        Source::View(("v".into(), " ;".into())),
        Source::Passthrough("\n".into()),
    ] {
        let mut table = table(&CPU);
        table.source = source;
        assert_eq!(
            plan(&request(table, vec![])).unwrap_err().kind,
            RefusalKind::Invalid
        );
    }
}

/// Cases Q6 and Q7.
#[test]
fn every_asked_column_is_put_out_once() {
    let zones = ValueSet::AnyOf(vec![text("us-east-1a"), text("us-east-1b")]);
    let plan = plan(&request(table(&CPU), vec![domain(2, zones)])).unwrap();
    let expected = [
        r#""measure_name""#,
        r#""measure_value::double""#,
        r#""az""#,
        r#""time""#,
        r#""Hostname""#,
        r#""window""#,
    ];
    assert_eq!(
        plan.outputs,
        (0..).zip(expected.map(String::from)).collect::<Vec<_>>()
    );
    assert_eq!(
        plan.verdicts,
        [Verdict::Exact(
            r#""az" IN ('us-east-1a', 'us-east-1b')"#.into()
        )]
    );
}

#[test]
fn terms_and_order_put_out_what_the_projection_does_not() {
    let like = vec![
        Node::Field(4),
        Node::Constant(text("a%")),
        call(Function::Like, &[0, 1]),
    ];
    let mut request = request(
        table(&CPU),
        vec![domain(2, ValueSet::All), Term::Expression(like)],
    );
    request.projection = vec![1, 2];
    request.order = vec![SortKey {
        field: 3,
        descending: true,
        nulls_first: false,
    }];
    let fields: Vec<u32> = plan(&request)
        .unwrap()
        .outputs
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, [1, 2, 4, 3]);
    request.projection.clear();
    request.terms.clear();
    request.order.clear();
    assert_eq!(plan(&request).unwrap().outputs, []);
}

fn by(field: u32) -> SortKey {
    SortKey {
        field,
        descending: true,
        nulls_first: true,
    }
}

fn order_of(request: &Request) -> Option<Vec<String>> {
    plan(request).unwrap().order
}

#[test]
fn order_is_by_columns_or_not_at_all() {
    let mut request = request(table(&CPU), vec![]);
    assert_eq!(order_of(&request), Some(vec![]));
    request.order = vec![by(4), by(3)];
    let columns = [r#""Hostname""#, r#""time""#].map(str::to_owned);
    assert_eq!(order_of(&request), Some(columns.into()));
    // An interval is shown as text, and sorts differently as one.
    request.order = vec![by(3), by(5)];
    assert_eq!(order_of(&request), None);
}

/// Athena sees one millisecond where Timestream sees many instants, and one zero where it may see two.
#[test]
fn what_athena_takes_for_equal_lets_the_next_key_decide() {
    let mut request = request(table(&CPU), vec![]);
    request.order = vec![by(3), by(1), by(4)];
    let keys = [
        r#"to_milliseconds("time")"#,
        r#""measure_value::double" + 0.0E0"#,
        r#""Hostname""#,
    ];
    assert_eq!(order_of(&request), Some(keys.map(str::to_owned).into()));
    request.order = vec![by(4), by(1)];
    let keys = [r#""Hostname""#, r#""measure_value::double""#];
    assert_eq!(order_of(&request), Some(keys.map(str::to_owned).into()));
}

/// What a view computes may be NaN, or an instant before 1970.
#[test]
fn computed_doubles_and_milliseconds_are_sorted_by_the_host() {
    let mut request = request(table(&CPU), vec![]);
    request.table.source = Source::View(("v".into(), "SELECT 1".into()));
    request.order = vec![by(1)];
    assert_eq!(order_of(&request), None);
    request.order = vec![by(3), by(4)];
    assert_eq!(order_of(&request), None);
    request.order = vec![by(4), by(3)];
    assert!(order_of(&request).is_some());
}

/// Whether an instant that is not the record's own may lie before 1970 is not documented.
#[test]
fn a_timestamp_measure_is_pushed_as_the_last_key_alone() {
    let columns = [
        ("at", Scalar::Timestamp),
        ("time", Scalar::Timestamp),
        ("host", Scalar::Varchar),
    ];
    let mut request = request(table(&columns), vec![]);
    request.order = vec![by(0), by(2)];
    assert_eq!(order_of(&request), None);
    request.order = vec![by(1), by(0)];
    let keys = [r#"to_milliseconds("time")"#, r#""at""#].map(str::to_owned);
    assert_eq!(order_of(&request), Some(keys.into()));
}

/// A field of nanoseconds is its timestamp in full: conditions and orders mean the same.
#[test]
fn nanoseconds_are_compared_as_timestamps() {
    let mut table = table(&CPU);
    let option = "timestream_nanos_columns".to_owned();
    table.options = vec![(option, "true".into())];
    let from = |nanos| {
        domain(
            6,
            ValueSet::Ranges(vec![Range {
                low: Bound::Exclusive(Literal::Integer(nanos)),
                high: Bound::Unbounded,
            }]),
        )
    };
    let mut request = request(table, vec![from(1_500_000_000_000_000_001), from(-1)]);
    assert_eq!(request.mapping.fields[6].name, "time_nanos");
    // All of an instant, so that no key after it has to decide.
    request.order = vec![by(6), by(4)];
    let plan = plan(&request).unwrap();
    assert_eq!(
        plan.verdicts,
        [
            Verdict::Exact(r#""time" > TIMESTAMP '2017-07-14 02:40:00.000000001'"#.into()),
            Verdict::Exact(r#""time" IS NOT NULL"#.into()),
        ]
    );
    let keys = [r#""time""#, r#""Hostname""#].map(str::to_owned);
    assert_eq!(plan.order, Some(keys.into()));
    assert!(plan.notes.is_empty());
}

#[test]
fn a_table_without_time_is_not_cut() {
    let plan = plan(&request(table(&[("a", Scalar::Varchar)]), vec![])).unwrap();
    assert_eq!(
        plan.slicing,
        Slicing::Never("the table has no time column".into())
    );
    assert!(plan.notes.is_empty());
}

#[test]
fn a_scan_of_all_time_is_noted() {
    let notes = |terms| plan(&request(table(&CPU), terms)).unwrap().notes;
    let expected =
        ["no time range is pushed: Timestream reads the table from its first row to its last"];
    assert_eq!(notes(vec![]), expected);
    assert_eq!(notes(vec![domain(3, ValueSet::All)]), expected);
    assert_eq!(notes(vec![domain_or_null(3, ValueSet::All)]), expected);
    assert_eq!(notes(vec![from_noon()]), Vec::<String>::new());
    let noon = Node::Constant(Literal::Timestamp(1_704_110_400_000_000_000));
    let after = vec![Node::Field(3), noon, call(Function::GreaterThan, &[0, 1])];
    assert_eq!(notes(vec![Term::Expression(after)]), Vec::<String>::new());
}

#[test]
fn a_long_list_becomes_the_range_it_lies_in() {
    let list = (0..40_000)
        .map(|number| text(&format!("host-{number:06}")))
        .collect();
    let plan = plan(&request(
        table(&CPU),
        vec![domain(4, ValueSet::AnyOf(list)), from_noon()],
    ))
    .unwrap();
    assert_eq!(
        plan.verdicts,
        [
            Verdict::Wider(r#""Hostname" >= 'host-000000' AND "Hostname" <= 'host-039999'"#.into()),
            Verdict::Exact(r#""time" >= TIMESTAMP '2024-01-01 12:00:00.000000000'"#.into()),
        ]
    );
    assert_eq!(plan.notes.len(), 1);
}

/// Timestream takes 262,144 bytes: where a thousand long names leave little of it, the list gives way, not the query.
#[test]
fn conditions_fit_beside_the_columns() {
    let names: Vec<String> = (0..1024).map(|number| format!("{number:0>130}")).collect();
    let columns: Vec<(&str, Scalar)> = names
        .iter()
        .map(|name| (name.as_str(), Scalar::Bigint))
        .collect();
    let list = (0..20_000).map(Literal::Integer).collect();
    let mut request = request(table(&columns), vec![domain(7, ValueSet::AnyOf(list))]);
    let of_all = plan(&request).unwrap().verdicts.remove(0);
    assert!(matches!(of_all, Verdict::Wider(_)), "{of_all:?}");
    request.projection = vec![7];
    let of_one = plan(&request).unwrap().verdicts.remove(0);
    assert!(matches!(of_one, Verdict::Exact(_)), "{of_one:?}");
}

#[test]
fn a_field_that_another_plugin_made_is_not_known_here() {
    let mut request = request(table(&CPU), vec![domain(0, ValueSet::All)]);
    show_as(&mut request, 0, ArrowType::Int64);
    let reason = "`measure_name` is shown as another type than its column has";
    request.terms = vec![domain(0, ValueSet::AnyOf(vec![Literal::Integer(1)]))];
    assert_eq!(
        plan(&request).unwrap().verdicts,
        [Verdict::Skipped(reason.into())]
    );
    request.mapping.fields[0].column = None;
    assert_eq!(plan(&request).unwrap_err().kind, RefusalKind::Unsupported);
}

#[test]
fn a_zoned_timestamp_is_compared_like_any_other() {
    let mut request = request(table(&CPU), vec![from_noon()]);
    show_as(&mut request, 3, ArrowType::TimestampMilliUtc);
    assert!(matches!(
        plan(&request).unwrap().verdicts[..],
        [Verdict::Exact(_)]
    ));
}

#[test]
fn nested_columns_are_put_out_and_not_compared() {
    let mut table = table(&[("n", Scalar::Double)]);
    table.types.push(TimestreamType::Series(0));
    table.columns[0].type_ = 1;
    let mut request = request(table, vec![domain(0, ValueSet::All)]);
    request.order = vec![SortKey {
        field: 0,
        descending: false,
        nulls_first: false,
    }];
    let plan = plan(&request).unwrap();
    assert_eq!(plan.verdicts, [Verdict::Skipped("`n` is nested".into())]);
    assert_eq!(plan.outputs, [(0, r#""n""#.into())]);
    assert_eq!(plan.order, None);
}

#[test]
fn indices_that_lead_nowhere_are_refused() {
    for spoil in [
        |request: &mut Request| request.projection = vec![6],
        |request: &mut Request| request.terms = vec![domain(9, ValueSet::All)],
        |request: &mut Request| {
            request.order = vec![SortKey {
                field: 6,
                descending: false,
                nulls_first: false,
            }]
        },
        |request: &mut Request| request.mapping.fields[0].column = Some(6),
        |request: &mut Request| request.mapping.fields[0].type_ = 60,
    ] {
        let mut request = request(table(&CPU), vec![]);
        spoil(&mut request);
        assert_eq!(plan(&request).unwrap_err().kind, RefusalKind::Invalid);
    }
}

#[test]
fn columns_without_a_name_cannot_be_read() {
    let mut request = request(table(&[("", Scalar::Varchar)]), vec![]);
    assert_eq!(request.mapping.fields[0].name, "item");
    request.projection = vec![0];
    let refusal = plan(&request).unwrap_err();
    assert_eq!(
        refusal.message,
        "the column that field `item` shows has no name; hint: give it one with AS"
    );
}

/// The width is a constant of the service's: a number and a unit (timestream.md, section 3).
#[test]
fn rows_are_counted_by_bins_of_the_records_time() {
    let table = table(&CPU);
    for (width, bin) in [
        (3_600_000_000_000, r#"bin("time", 3600s)"#),
        (1_500_000_000, r#"bin("time", 1500ms)"#),
        (1_000_000, r#"bin("time", 1ms)"#),
    ] {
        let bins = bins_of(&table, width).unwrap();
        assert_eq!((bins.bin.as_str(), bins.count.as_str()), (bin, "count(*)"));
    }
    for width in [0, -1_000_000, 1_500_000] {
        assert!(bins_of(&table, width).is_err(), "{width}");
    }
    let mut view = table;
    view.source = Source::View(("v".into(), "SELECT 1".into()));
    assert!(bins_of(&view, 1_000_000).is_err());
}
