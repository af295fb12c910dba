//! Predicates and what is sent for them and kept. What Trino pushes is recorded, and held against in the tests of the whole;
//! here are types that no stored table has, hints, and what stays with the engine.

use super::fake::Fake;
use crate::athena::{Profile, Scan};

async fn explain(predicate: &str, profile: Profile, functions: Vec<&'static str>) -> Scan {
    let (athena, _) = Fake {
        functions,
        ..Fake::default()
    }
    .athena(profile);
    let sql = format!("select * from db.readings where {predicate}");
    let mut scans = athena.explain(&sql).await.unwrap();
    scans
        .pop()
        .unwrap_or_else(|| panic!("nothing is read where {predicate}"))
}

/// The lines that are sent, and whether the engine applies the filter (too).
async fn check(predicate: &str, sent: &[&str], kept: bool) {
    let scan = explain(predicate, Profile::ValueSets, Vec::new()).await;
    assert_eq!(scan.constraints, sent, "{predicate}");
    assert_eq!(!scan.kept.is_empty(), kept, "{predicate}: {:?}", scan.kept);
}

#[tokio::test]
async fn comparisons_become_ranges_of_their_column() {
    for (predicate, sent) in [
        ("name = 'a'", "name in {'a'}"),
        ("'a' = name", "name in {'a'}"),
        ("name <> 'a'", "name not in {'a'}"),
        ("name < 'b'", "name in (-∞, 'b')"),
        ("name <= 'b'", "name in (-∞, 'b']"),
        ("name > 'b'", "name in ('b', ∞)"),
        ("'b' <= name", "name in ['b', ∞)"),
        ("name between 'a' and 'c'", "name in ['a', 'c']"),
        (
            "name not between 'a' and 'c'",
            "name in (-∞, 'a') ∪ ('c', ∞)",
        ),
        ("name = 'o''b'", "name in {'o''b'}"),
        ("small = 1", "small in {1}"),
        (
            "big > -9223372036854775808",
            "big in (-9223372036854775808, ∞)",
        ),
        ("ratio = 1.5", "ratio in {1.5}"),
        ("ratio >= 1", "ratio in [1.0, ∞)"),
        ("day >= date '2024-02-29'", "day in [2024-02-29, ∞)"),
        (
            "\"measure_value::double\" > 1",
            "measure_value::double in (1.0, ∞)",
        ),
        (
            "\"Measure_Value::DOUBLE\" > 1",
            "measure_value::double in (1.0, ∞)",
        ),
        ("NAME = 'A'", "name in {'A'}"),
    ] {
        check(predicate, &[sent], false).await;
    }
}

/// Ranges and NULL that together leave nothing out still leave out NaN, whichever stands first.
#[tokio::test]
async fn nan_is_in_no_range_and_so_the_filter_stays() {
    for predicate in [
        "ratio is null or ratio < 5e0 or ratio >= 5e0",
        "ratio < 5e0 or ratio is null or ratio >= 5e0",
        "ratio < 5e0 or ratio >= 5e0 or ratio is null",
    ] {
        for profile in [Profile::ValueSets, Profile::Everything] {
            let scan = explain(predicate, profile, Vec::new()).await;
            assert!(!scan.kept.is_empty(), "{predicate}: {:?}", scan.constraints);
        }
    }
}

#[tokio::test]
async fn nulls_and_booleans() {
    for (predicate, sent) in [
        ("name is null", "name is null"),
        ("name is not null", "name is not null"),
        ("name = 'a' or name is null", "name in {'a'} or null"),
        ("name is distinct from 'a'", "name not in {'a'} or null"),
        ("name is not distinct from 'a'", "name in {'a'}"),
        ("flag", "flag in {true}"),
        ("not flag", "flag not in {true}"),
        ("flag = false", "flag in {false}"),
        ("flag is null", "flag is null"),
    ] {
        check(predicate, &[sent], false).await;
    }
}

#[tokio::test]
async fn lists_and_unions_are_sorted_and_joined() {
    for (predicate, sent) in [
        ("name in ('c', 'a', 'b', 'a')", "name in {'a', 'b', 'c'}"),
        (
            "name in ('e', 'd', 'c', 'a', 'b', 'a')",
            "name in {'a', 'b', 'c', 'd', 'e'}",
        ),
        ("name not in ('b', 'a')", "name not in {'a', 'b'}"),
        (
            "name not in ('e', 'd', 'c', 'a', 'b')",
            "name not in {'a', 'b', 'c', 'd', 'e'}",
        ),
        ("big > 5 and big <= 9", "big in (5, 9]"),
        (
            "(big > 5 and big < 9) or (big >= 7 and big < 20)",
            "big in (5, 20)",
        ),
        ("big < 5 or big > 5", "big not in {5}"),
        (
            "big <= 5 or big = 8 or big > 9",
            "big in (-∞, 5] ∪ {8} ∪ (9, ∞)",
        ),
        ("not (big = 1 or big = 2)", "big not in {1, 2}"),
    ] {
        check(predicate, &[sent], false).await;
    }
}

#[tokio::test]
async fn several_columns() {
    check(
        "name = 'a' and big = 1",
        &["big in {1}", "name in {'a'}"],
        false,
    )
    .await;
    check(
        "(name = 'a' and big = 1) or (name = 'a' and big = 2)",
        &["big in {1, 2}", "name in {'a'}"],
        false,
    )
    .await;
    // The union of each column's values admits ('a', 2), so the filter stays too.
    check(
        "(name = 'a' and big = 1) or (name = 'b' and big = 2)",
        &["big in {1, 2}", "name in {'a', 'b'}"],
        true,
    )
    .await;
    check("name = 'a' or big = 1", &[], true).await;
    check(
        "(name = 'a' and lower(name) = 'a') or name = 'b'",
        &["name in {'a', 'b'}"],
        true,
    )
    .await;
    // The domains say it all, but not to Trino, which has made an AND of it before.
    check(
        "(big > 0) or (big > 5 and name = 'a')",
        &["big in (0, ∞)"],
        true,
    )
    .await;
}

#[tokio::test]
async fn timestamps_compare_in_milliseconds() {
    let t = "2024-01-01 00:00:00";
    for (predicate, sent) in [
        (
            format!("time >= timestamp '{t}'"),
            format!("time in [{t}.000, ∞)"),
        ),
        (
            format!("time >= timestamp '{t}' and time < timestamp '2024-01-02'"),
            format!("time in [{t}.000, 2024-01-02 00:00:00.000)"),
        ),
        (
            "time >= date '2024-01-01'".to_owned(),
            format!("time in [{t}.000, ∞)"),
        ),
        (
            format!("time = timestamp '{t}.123'"),
            format!("time in {{{t}.123}}"),
        ),
        (
            format!("time = timestamp '{t}.123000'"),
            format!("time in {{{t}.123}}"),
        ),
        // No stored value lies between two milliseconds: the row at .123 is on the lower side.
        (
            format!("time < timestamp '{t}.123456'"),
            format!("time in (-∞, {t}.123]"),
        ),
        (
            format!("time <= timestamp '{t}.123456'"),
            format!("time in (-∞, {t}.123]"),
        ),
        (
            format!("time > timestamp '{t}.123456'"),
            format!("time in ({t}.123, ∞)"),
        ),
        (
            format!("time >= timestamp '{t}.123456789'"),
            format!("time in ({t}.123, ∞)"),
        ),
        (
            "time < timestamp '1969-12-31 23:59:59.9995'".to_owned(),
            // Rounded up, as Trino's cast does.
            "time in (-∞, 1970-01-01 00:00:00.000)".to_owned(),
        ),
        (
            format!("time <> timestamp '{t}.123456'"),
            "time is not null".to_owned(),
        ),
        (
            format!("time > timestamp '{t}' + interval '1' day"),
            "time in (2024-01-02 00:00:00.000, ∞)".to_owned(),
        ),
        (
            format!("seen >= timestamp '{t} UTC'"),
            format!("seen in [{t}.000 UTC, ∞)"),
        ),
        (
            format!("seen >= timestamp '{t} +01:00'"),
            "seen in [2023-12-31 23:00:00.000 UTC, ∞)".to_owned(),
        ),
    ] {
        check(&predicate, &[&sent], false).await;
    }
    // Its text depends on the clock.
    let scan = explain(
        "time > localtimestamp - interval '1' day",
        Profile::ValueSets,
        Vec::new(),
    )
    .await;
    assert!(
        scan.constraints
            .iter()
            .all(|line| line.starts_with("time in ("))
            && scan.kept.is_empty(),
        "{scan:?}"
    );
}

#[tokio::test]
async fn a_timestamp_with_a_zone_pushes_nothing_and_says_why() {
    for predicate in [
        "time > now() - interval '1' day",
        "time > current_timestamp - interval '1' day",
        "time >= timestamp '2024-01-01 00:00:00 UTC'",
        "time >= timestamp '2024-01-01 00:00:00 +02:00'",
        "time between timestamp '2024-01-01 00:00:00Z' and now()",
    ] {
        let scan = explain(
            predicate,
            Profile::Everything,
            vec!["$greater_than", "$greater_than_or_equal"],
        )
        .await;
        assert_eq!(scan.constraints, [""; 0], "{predicate}");
        assert!(
            !scan.kept.is_empty() && scan.kept.iter().all(|kept| kept.hint.is_some()),
            "{:?}",
            scan.kept
        );
    }
    let hint = async |predicate: &str| {
        let scan = explain(predicate, Profile::ValueSets, Vec::new()).await;
        scan.kept[0].hint.clone().unwrap()
    };
    let zone = hint("time >= timestamp '2024-01-01 00:00:00 +02:00'").await;
    assert!(
        zone.ends_with("write time >= timestamp '2023-12-31 22:00:00'"),
        "{zone}"
    );
    let clock = hint("time > now() - interval '1' day").await;
    assert!(clock.contains("write time > timestamp '"), "{clock}");
    let function = hint("extract(month from time) = 2").await;
    assert!(function.contains("compare the column itself"), "{function}");
}

#[tokio::test]
async fn what_athena_does_not_translate_stays_with_the_engine() {
    for predicate in [
        "small = big",
        "lower(name) = 'a'",
        "regexp_like(name, '^a')",
        "tags is null",
        "extract(month from time) = 2",
        "floor(ratio) = 5",
        "cast(big as varchar) = '5'",
        "cast(big as integer) > 3",
        "cast(name as varchar(2)) = 'ab'",
        "name = cast('abc' as char(5))",
        "cast(time as timestamp(0)) = timestamp '2024-01-01 00:00:00'",
        "cast(time as date) between date '2024-01-01' and date '2024-01-02'",
        // True of NaN, which no range holds.
        "ratio <> 1.5",
        "not (ratio < 5)",
        "ratio not between 1 and 2",
        "ratio is distinct from 1.5",
    ] {
        check(predicate, &[], true).await;
    }
    check("ratio < 5 or ratio >= 5", &["ratio is not null"], true).await;
    check("ratio = -0.0", &["ratio in {0.0}"], false).await;
}

#[tokio::test]
async fn announced_functions_carry_whole_filters() {
    let functions = vec![
        "$or",
        "$not",
        "$equal",
        "$like_pattern",
        "$in",
        "$array",
        "$is_distinct_from",
        "$less_than",
    ];
    for (predicate, sent) in [
        (
            "name = 'a' or big = 1",
            vec!["$or($equal(big, 1), $equal(name, 'a'))"],
        ),
        (
            "small = 1 or name like 'a_%'",
            vec!["$or($equal(small, integer 1), $like_pattern(name, 'a_%'))"],
        ),
        (
            "name not like 'a%'",
            vec!["$not($like_pattern(name, 'a%'))"],
        ),
        (
            "name like 'a#%%' escape '#'",
            vec!["name in ['a%', 'a&')", "$like_pattern(name, 'a#%%', '#')"],
        ),
        (
            "ratio not in (1, 2, 3, 4)",
            vec![
                "ratio is not null",
                "$not($in(ratio, $array(1.0, 2.0, 3.0, 4.0)))",
            ],
        ),
        ("not (ratio < 5)", vec!["$not($less_than(ratio, 5.0))"]),
        (
            "ratio is distinct from 1",
            vec!["$is_distinct_from(ratio, 1.0)"],
        ),
        // As an AND of ORs no $and is needed.
        (
            "(name = 'a' and not name like 'b%') or name = 'c'",
            vec![
                "name in {'a', 'c'}",
                "$or($equal(name, 'c'), $not($like_pattern(name, 'b%')))",
            ],
        ),
    ] {
        let scan = explain(predicate, Profile::Everything, functions.clone()).await;
        assert_eq!(scan.constraints, sent, "{predicate}");
        assert!(scan.kept.is_empty(), "{predicate}: {:?}", scan.kept);
    }
    for predicate in [
        "name = 'a' or big > 1",
        "lower(name) like 'a%'",
        "small = big",
        "not (name = 'a' and (big = 1 and small = 1)) = flag",
    ] {
        let scan = explain(predicate, Profile::Everything, functions.clone()).await;
        assert_eq!(scan.constraints, [""; 0], "{predicate}");
        assert!(!scan.kept.is_empty(), "{predicate}");
    }
}

#[tokio::test]
async fn what_no_row_can_pass_is_not_read() {
    for predicate in [
        "time = timestamp '2024-01-01 00:00:00.123456'",
        "small = 3000000000",
        "ratio = cast('NaN' as double)",
        "big > 3 and big < 2",
        "big = null",
    ] {
        let (athena, requests) = Fake::default().athena(Profile::ValueSets);
        let sql = format!("select * from db.readings where {predicate}");
        assert_eq!(athena.explain(&sql).await.unwrap().len(), 0, "{predicate}");
        assert_eq!(requests.lock().unwrap().len(), 1, "{predicate}");
    }
}

#[tokio::test]
async fn arithmetic_and_nullif_are_sent_where_they_were_announced() {
    let functions = vec![
        "$add",
        "$subtract",
        "$multiply",
        "$divide",
        "$modulus",
        "$negate",
        "$nullif",
        "$equal",
        "$greater_than",
        "$is_null",
        "$not",
        "$in",
        "$array",
    ];
    let sent = [
        "big + 1 = 3",
        "3 = big - 1",
        "ratio * 2 > ratio + 1",
        "big / 10 > 4",
        "big % 2 = 1",
        "-ratio > 1.5",
        "nullif(name, 'a') is null",
        "nullif(big, 7) is not null",
        "big * 2 in (2, 4, 6, 8)",
    ];
    for predicate in sent {
        let scan = explain(predicate, Profile::Everything, functions.clone()).await;
        assert_eq!(scan.constraints.len(), 1, "{predicate}");
        assert!(scan.kept.is_empty(), "{predicate}: {:?}", scan.kept);
    }
    // Types that differ are cast, and no function casts.
    for predicate in [
        "small + big = 3",
        "big + ratio > 1",
        "time + interval '1' day = time",
    ] {
        let scan = explain(predicate, Profile::Everything, functions.clone()).await;
        assert!(!scan.kept.is_empty(), "{predicate}: {:?}", scan.constraints);
    }
    for predicate in sent {
        let scan = explain(predicate, Profile::Everything, vec!["$equal", "$is_null"]).await;
        assert!(!scan.kept.is_empty(), "{predicate}: {:?}", scan.constraints);
    }
}

/// What a filter compares may be computed elsewhere: below, or in a join.
#[tokio::test]
async fn filters_mean_the_same_wherever_they_are_written() {
    for (sql, sent) in [
        (
            "select * from (select cast(time as timestamp(6)) as t from db.readings) \
             where t > timestamp '2024-01-01 00:00:00.123456'",
            vec!["time in (2024-01-01 00:00:00.123, ∞)"],
        ),
        (
            "select * from (select cast(time as timestamp(3) with time zone) as t from db.readings) where t > now()",
            vec![],
        ),
        (
            "select r.big from db.readings r join (values (1)) as v(one) on r.big = v.one and r.time > now()",
            vec![],
        ),
        (
            "select r.big from db.readings r join (values (1)) as v(one) on r.big = v.one and r.name = 'a'",
            vec!["name in {'a'}"],
        ),
        (
            "select extract(year from time), count(*) from db.readings group by 1 having extract(year from time) = 2024",
            vec!["time in [2024-01-01 00:00:00.000, 2024-12-31 23:59:59.999]"],
        ),
        (
            "select name, count(*) from db.readings group by name having name = 'a'",
            vec!["name in {'a'}"],
        ),
        (
            "with fresh as (select * from db.readings where big > 1) select name from fresh where big < 5 order by name",
            vec!["big in (1, 5)"],
        ),
        (
            "select big from db.readings where time > (select max(day) from db.readings where name = 'a')",
            vec![],
        ),
    ] {
        let (athena, _) = Fake::default().athena(Profile::ValueSets);
        let scans = athena.explain(sql).await.unwrap();
        assert_eq!(scans[0].constraints, sent, "{sql}");
    }
}
