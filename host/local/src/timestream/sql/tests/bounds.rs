//! What is too much, and what is not there.

use super::*;

/// Each would take more memory than there is, and is an error in bounded time; what is asked beside it goes on.
#[tokio::test]
async fn statement_that_wants_too_much_is_an_error() {
    for sql in [
        "SELECT lpad('x', 2000000000, 'x')",
        "SELECT length(lpad('x', 16000000, chr(65 + n % 2))) FROM UNNEST(SEQUENCE(1, 100000)) AS t(n)",
        "SELECT repeat('x', 2000000000)",
        "SELECT rpad('', 1000000, 'a') FROM UNNEST(SEQUENCE(1, 10000)) AS t(n)",
        "SELECT transform(SEQUENCE(1, 10000), n -> s) FROM (SELECT rpad('', 60000 + n, 'a') s FROM UNNEST(SEQUENCE(1, 3)) AS t(n))",
        "SELECT SEQUENCE(1, 900000 + n) FROM UNNEST(SEQUENCE(1, 1000)) AS t(n)",
        "SELECT length(replace(rpad('', 1000000, 'a'), 'a', rpad('', 1000000, 'b')))",
        "SELECT length(regexp_replace(rpad('', 1000000, 'a'), 'a', rpad('', 1000000, 'b')))",
        "SELECT length(array_join(repeat(1, 10000), rpad('', 1000000, 'b')))",
        "SELECT cardinality(repeat(repeat(rpad('', 10000, 'a'), 100), 10000))",
        "SELECT cardinality(ngrams(SEQUENCE(1, 10000), 5000))",
        "SELECT array_sort(transform(SEQUENCE(1, 2000), n -> rpad('', 1000000, 'a')), (a, b) -> 1)",
        "SELECT levenshtein_distance(rpad('', 100000, 'a'), rpad('', 100000, 'b'))",
        "SELECT max(m) FROM (SELECT max_by(n, -n) OVER (ORDER BY n) m FROM UNNEST(SEQUENCE(1, 1000000)) AS t(n))",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    ] {
        assert!(rows(&engine(), sql).await.is_err(), "{sql}");
        gives("SELECT 1", "1").await;
    }
    // A group takes what its own rows do.
    let sql = "SELECT max(b), sum(c), count(*) FROM (SELECT n % 15000 k, max_by(n, -n) b, count_if(n > 0) c FROM UNNEST(SEQUENCE(1, 30000)) AS t(n) GROUP BY 1)";
    gives(sql, "15000 30000 15000").await;
    // Long arrays take n log n steps.
    let sql = "SELECT cardinality(array_intersect(a, b)), arrays_overlap(a, b) FROM (SELECT array_agg(n) a, array_agg(-n) b FROM UNNEST(SEQUENCE(1, 50000)) AS t(n))";
    gives(sql, "0 false").await;
    // A cross join of what does not see the left side streams.
    let sql = "SELECT count(*) FROM UNNEST(SEQUENCE(1, 1000000)) AS a(n) CROSS JOIN UNNEST(SEQUENCE(1, 10)) AS b(m)";
    gives(sql, "10000000").await;
}

/// Days and smaller parts are one quantity.
#[tokio::test]
async fn intervals_compare_by_their_length() {
    gives(
        "SELECT 1d = 24h, 30d < 720h, 31d > 720h, 1h + 30m = 90m",
        "true false true true",
    )
    .await;
}

#[tokio::test]
async fn clauses_that_would_be_ignored_are_refused() {
    for sql in [
        r#"SELECT * FROM "db"."t" TABLESAMPLE BERNOULLI (10)"#,
        r#"SELECT * FROM "db"."t" WITH (NOLOCK)"#,
        r#"SELECT * FROM "db"."t" PARTITION (p)"#,
        r#"SELECT 1 FROM "db"."t" GROUP BY ALL"#,
    ] {
        assert!(rows(&engine(), sql).await.is_err(), "{sql}");
    }
}

/// What DataFusion has and Presto does not.
#[tokio::test]
async fn functions_of_the_list_alone_are_registered() {
    for name in [
        "arrow_typeof('a')",
        "nvl(1, 2)",
        "uuid()",
        "version()",
        "median(1)",
        "date_part('hour', now())",
        "struct(1)",
        "date_bin(1h, now())",
        "named_struct('a', 1)",
    ] {
        refused(&format!("SELECT {name}"), "not registered").await;
    }
}
