//! Casts that the engine computes, and zones, which Trino takes off constants.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date64Array, Int64Array, StringArray};

use super::fake::{Fake, inline, options};
use crate::athena::{Athena, Engine, Options, Profile};

/// A cast that loses something is computed here, as Athena computes it.
#[tokio::test]
async fn narrowing_casts_mean_what_they_mean_to_athena() {
    let texts: fn() -> ArrayRef = || {
        let texts = ["ab", "abc", "abc  ", " abc", "b", "abcdef"];
        Arc::new(StringArray::from_iter_values(texts))
    };
    // Milliseconds around 2024-01-01.
    let times: fn() -> ArrayRef = || {
        let offsets = [-501, -500, 0, 499, 500];
        Arc::new(Date64Array::from_iter_values(
            offsets.map(|offset| 1_704_067_200_000 + offset),
        ))
    };
    for (column, rows, predicate, expected) in [
        // Cut off to two characters.
        ("name", texts, "cast(name as varchar(2)) = 'ab'", 4),
        ("name", texts, "cast(name as varchar(10)) = 'abc'", 1),
        // Padded, and compared as if both were.
        ("name", texts, "name = cast('abc' as char(5))", 2),
        ("name", texts, "name <> cast('abc' as char(5))", 4),
        ("name", texts, "cast(name as char(3)) in ('abc')", 3),
        // The half is rounded up.
        (
            "time",
            times,
            "cast(time as timestamp(0)) = timestamp '2024-01-01 00:00:00'",
            3,
        ),
        (
            "time",
            times,
            "cast(time as timestamp(0)) > timestamp '2024-01-01 00:00:00'",
            1,
        ),
        ("time", times, "cast(time as timestamp(3)) = time", 5),
    ] {
        let (athena, _) = Fake {
            read: Box::new(move |request| inline(request, vec![rows()])),
            ..Fake::default()
        }
        .athena(Profile::ValueSets);
        let sql = format!("select {column} from db.readings where {predicate}");
        let result = athena.query(&sql).await.unwrap();
        let count: usize = result.batches.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(count, expected, "{predicate}");
        assert_eq!(result.scans[0].constraints, [""; 0], "{predicate}");
    }
}

/// A length that does not hold a number, and what cannot be compared as Athena compares it.
#[tokio::test]
async fn casts_that_cannot_be_made_are_refused() {
    for (predicate, words) in [
        (
            "cast(big as varchar(1)) = '1'",
            "cannot be represented as varchar(1)",
        ),
        ("cast(name as char(3)) < 'b'", "by its order"),
        ("lower(cast(name as char(3))) = 'b'", "char(n)"),
        ("name::varchar(2) = 'ab'", "no operator `::`"),
    ] {
        let (athena, _) = Fake {
            read: Box::new(|request| {
                let rows = match request.schema.field(0).name().as_str() {
                    "big" => Arc::new(Int64Array::from(vec![12])) as ArrayRef,
                    _ => Arc::new(StringArray::from(vec!["ab"])),
                };
                inline(request, vec![rows])
            }),
            ..Fake::default()
        }
        .athena(Profile::ValueSets);
        let column = if predicate.contains("big") {
            "big"
        } else {
            "name"
        };
        let sql = format!("select {column} from db.readings where {predicate}");
        let error = athena.query(&sql).await.unwrap_err();
        assert!(error.to_string().contains(words), "{predicate}: {error:#}");
    }
}

/// Stock Trino takes the zone off a constant; Athena was seen not to.
#[tokio::test]
async fn a_zone_is_taken_off_by_trino_435_alone() {
    let time = "time > timestamp '2024-01-01 00:00:00 +02:00'";
    for (engine, predicate, sent) in [
        (Engine::Athena2022, time, vec![]),
        (
            Engine::Trino435,
            time,
            vec!["time in (2023-12-31 22:00:00.000, ∞)"],
        ),
        // What has no zone is the same to both.
        (
            Engine::Athena2022,
            "date_trunc('day', time) = timestamp '2024-01-01'",
            vec!["time in [2024-01-01 00:00:00.000, 2024-01-01 23:59:59.999]"],
        ),
    ] {
        let (function, _) = Fake::default().function();
        let options = Options {
            engine,
            ..options()
        };
        let athena = Athena::open(function, options).unwrap();
        let sql = format!("select big from db.readings where {predicate}");
        let scans = athena.explain(&sql).await.unwrap();
        assert_eq!(scans[0].constraints, sent, "{engine:?}");
        assert_eq!(scans[0].kept.is_empty(), !sent.is_empty(), "{engine:?}");
    }
}
