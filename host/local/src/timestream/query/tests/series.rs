//! Time series as clients see them. Expected values are computed by hand; what the service does with NULL is from a
//! recorded answer in the Grafana plugin (`time-series-with-null-data-points`), the types are the service model's.

use super::*;

/// Three points, not in order: a straight line up, one half as steep down, with a gap twice as long.
const SERIES: &str = "SELECT create_time_series(t, v) AS s FROM (VALUES \
    (TIMESTAMP '2024-01-01 00:00:30', 60.0), (TIMESTAMP '2024-01-01 00:00:00', 0.0), \
    (TIMESTAMP '2024-01-01 00:00:10', 100.0)) AS x(t, v)";

async fn answer(sql: &str) -> Result<Value, ApiError> {
    ask(&service(1, 1_000_000), json!({ "QueryString": sql })).await
}

/// The cells of all rows, series as lists of `[time, value]`, times without what never changes.
async fn rows(sql: &str) -> Value {
    let answer = answer(sql)
        .await
        .unwrap_or_else(|error| unreachable!("{sql}: {error}"));
    let cells =
        |row: &Value| -> Value { row["Data"].as_array().unwrap().iter().map(short).collect() };
    answer["Rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(cells)
        .collect()
}

fn short(datum: &Value) -> Value {
    let all = |list: &Value| -> Value { list.as_array().unwrap().iter().map(short).collect() };
    let (kind, content) = datum.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "NullValue" => Value::Null,
        "ArrayValue" => all(content),
        "RowValue" => json!({ "row": all(&content["Data"]) }),
        "TimeSeriesValue" => content
            .as_array()
            .unwrap()
            .iter()
            .map(|point| json!([second(&point["Time"]), short(&point["Value"])]))
            .collect(),
        _ => second(content),
    }
}

fn second(text: &Value) -> Value {
    let text = text.as_str().unwrap();
    let digits = text
        .strip_prefix("2024-01-01 00:")
        .and_then(|text| text.strip_suffix(".000000000"));
    digits.unwrap_or(text).into()
}

/// The type of the only column, which `PrepareQuery` must tell as `Query` does.
async fn type_of(sql: &str) -> Value {
    let queried = answer(sql).await.unwrap()["ColumnInfo"][0]["Type"].clone();
    let request = json!({ "QueryString": sql, "ValidateOnly": true });
    let prepared = service(1, 1_000_000)
        .prepare(request.to_string().as_bytes())
        .await;
    assert_eq!(prepared.unwrap()["Columns"][0]["Type"], queried, "{sql}");
    queried
}

fn series_of(value: &str) -> Value {
    json!({ "TimeSeriesMeasureValueColumnInfo": { "Type": { "ScalarType": value } } })
}

async fn fails(sql: &str, expected: &str) {
    let failed = answer(sql).await;
    let message = failed
        .as_ref()
        .err()
        .map(ToString::to_string)
        .unwrap_or_default();
    assert!(message.contains(expected), "{sql}: {failed:?}");
}

#[tokio::test]
async fn series_of_each_type_ascends() {
    for (earlier, later, scalar, shown) in [
        ("2", "-1", "BIGINT", ["2", "-1"]),
        ("2.5", "-1.0", "DOUBLE", ["2.5", "-1.0"]),
        ("true", "false", "BOOLEAN", ["true", "false"]),
        ("'b'", "'a\"'", "VARCHAR", ["b", "a\""]),
    ] {
        let sql = format!(
            "SELECT CREATE_TIME_SERIES(t, v) FROM (VALUES (TIMESTAMP '2024-01-01 00:00:09', {later}), \
             (TIMESTAMP '2024-01-01 00:00:07', {earlier})) AS x(t, v)"
        );
        assert_eq!(type_of(&sql).await, series_of(scalar));
        let expected = json!([[[["00:07", shown[0]], ["00:09", shown[1]]]]]);
        assert_eq!(rows(&sql).await, expected);
    }
    let body = answer(SERIES).await.unwrap();
    let point = &body["Rows"][0]["Data"][0]["TimeSeriesValue"][0];
    let expected =
        json!({ "Time": "2024-01-01 00:00:00.000000000", "Value": { "ScalarValue": "0.0" } });
    assert_eq!(point, &expected);
}

#[tokio::test]
async fn series_has_no_null_and_one_value_for_each_time() {
    let from =
        |rows: &str| format!("SELECT create_time_series(t, v) FROM (VALUES {rows}) AS x(t, v)");
    let (a, b) = (
        "TIMESTAMP '2024-01-01 00:00:00'",
        "TIMESTAMP '2024-01-01 00:00:01'",
    );
    fails(&from(&format!("({a}, 1), ({b}, NULL)")), "cannot be NULL").await;
    fails(&from(&format!("({a}, 1), (NULL, 1)")), "cannot be NULL").await;
    fails(
        &from(&format!("({a}, 1), ({b}, 2), ({a}, 1)")),
        "two values of one time",
    )
    .await;
    for wrong in [
        "create_time_series(1, 2)",
        "create_time_series(now(), now())",
        "create_time_series(now())",
    ] {
        fails(
            &format!("SELECT {wrong}"),
            "for function create_time_series",
        )
        .await;
    }
}

#[tokio::test]
async fn interpolation_fills_gaps_and_is_null_where_nothing_is_known() {
    let at = |function: &str| {
        format!(
            "SELECT {function} FROM (SELECT s, SEQUENCE(TIMESTAMP '2023-12-31 23:59:55', \
                 TIMESTAMP '2024-01-01 00:00:35', 10s) AS q FROM ({SERIES}))"
        )
    };
    let points = |values: [Value; 5]| -> Value {
        let times = [
            "2023-12-31 23:59:55.000000000",
            "00:05",
            "00:15",
            "00:25",
            "00:35",
        ];
        let series: Vec<Value> = times
            .into_iter()
            .zip(values)
            .map(|(time, value)| json!([time, value]))
            .collect();
        json!([[series]])
    };
    let none = Value::Null;
    // From 0 to 100 in 10 s, then down by 2 a second.
    let linear = points([
        none.clone(),
        "50.0".into(),
        "90.0".into(),
        "70.0".into(),
        none.clone(),
    ]);
    assert_eq!(rows(&at("INTERPOLATE_LINEAR(s, q)")).await, linear);
    let locf = points([
        none,
        "0.0".into(),
        "100.0".into(),
        "100.0".into(),
        "60.0".into(),
    ]);
    assert_eq!(rows(&at("interpolate_locf(s, q)")).await, locf);
    let fill = points(["-1.0"; 5].map(Value::from));
    assert_eq!(rows(&at("interpolate_fill(s, q, -1)")).await, fill);
    // Users ask for NaN in this way.
    let nan = points(["NaN"; 5].map(Value::from));
    assert_eq!(rows(&at("interpolate_fill(s, q, sqrt(-1))")).await, nan);

    let one = |second: &str| {
        let at = format!("TIMESTAMP '2024-01-01 00:00:{second}'");
        format!(
            "SELECT interpolate_linear(s, {at}), interpolate_locf(s, {at}), interpolate_fill(s, {at}, 7) FROM ({SERIES})"
        )
    };
    assert_eq!(rows(&one("10")).await, json!([["100.0", "100.0", "100.0"]]));
    assert_eq!(rows(&one("12.5")).await, json!([["95.0", "100.0", "7.0"]]));
    let varchar = format!("SELECT interpolate_linear(s, '2024-01-01 00:00:01') FROM ({SERIES})");
    assert_eq!(rows(&varchar).await, json!([["10.0"]]));
    assert_eq!(
        rows(&one("30.000000001")).await,
        json!([[null, "60.0", "7.0"]])
    );
}

#[tokio::test]
async fn interpolation_of_other_types_and_orders() {
    let integers = "SELECT create_time_series(t, v) AS s FROM (VALUES \
        (TIMESTAMP '2024-01-01 00:00:00', 1), (TIMESTAMP '2024-01-01 00:00:04', 2)) AS x(t, v)";
    let at = "ARRAY[TIMESTAMP '2024-01-01 00:00:04', TIMESTAMP '2024-01-01 00:00:01', TIMESTAMP '2024-01-01 00:00:04']";
    let linear = format!("SELECT interpolate_linear(s, {at}) FROM ({integers})");
    assert_eq!(type_of(&linear).await, series_of("DOUBLE"));
    assert_eq!(
        rows(&linear).await,
        json!([[[["00:01", "1.25"], ["00:04", "2.0"]]]])
    );
    let locf = format!("SELECT interpolate_locf(s, {at}) FROM ({integers})");
    assert_eq!(type_of(&locf).await, series_of("BIGINT"));
    assert_eq!(
        rows(&locf).await,
        json!([[[["00:01", "1"], ["00:04", "2"]]]])
    );
    // A point that is NULL makes its neighbourhood NULL when it is interpolated once more.
    let twice = format!(
        "SELECT interpolate_linear(interpolate_linear(s, SEQUENCE(TIMESTAMP '2024-01-01 00:00:03', \
         TIMESTAMP '2024-01-01 00:00:06', 1s)), {at}) FROM ({integers})"
    );
    assert_eq!(
        rows(&twice).await,
        json!([[[["00:01", null], ["00:04", "2.0"]]]])
    );
    let texts = integers.replace("1)", "'a')").replace("2))", "'b'))");
    let locf =
        format!("SELECT interpolate_locf(s, TIMESTAMP '2024-01-01 00:00:03') FROM ({texts})");
    assert_eq!(rows(&locf).await, json!([["a"]]));
    let linear = format!("SELECT interpolate_linear(s, {at}) FROM ({texts})");
    fails(
        &linear,
        "for function interpolate_linear: it takes a timeseries of numbers",
    )
    .await;
    fails(
        "SELECT interpolate_linear(ARRAY[1.0], now())",
        "for function interpolate_linear",
    )
    .await;
    fails(
        &format!("SELECT interpolate_fill(s, now()) FROM ({SERIES})"),
        "for function interpolate_fill",
    )
    .await;
    fails(
        &format!("SELECT interpolate_linear(s, ARRAY[now(), NULL]) FROM ({SERIES})"),
        "cannot be NULL",
    )
    .await;
}

#[tokio::test]
async fn without_rows_a_series_is_null() {
    let sql = "SELECT create_time_series(t, v) FROM (VALUES (now(), 1.0)) AS x(t, v) WHERE v > 1";
    assert_eq!(rows(sql).await, json!([[null]]));
    let sql = "SELECT interpolate_fill(create_time_series(t, v), SEQUENCE(min(t), max(t), 10000ms), sqrt(-1)) \
               FROM (VALUES (now(), 1.0)) AS x(t, v) WHERE v > 1";
    assert_eq!(type_of(sql).await, series_of("DOUBLE"));
    assert_eq!(rows(sql).await, json!([[null]]));
    let sql = format!("SELECT interpolate_linear(s, NULL) FROM ({SERIES})");
    assert_eq!(rows(&sql).await, json!([[null]]));
    // Rows without a NULL beside rows with one.
    let sql = format!(
        "SELECT interpolate_linear(s, t) FROM ({SERIES}) CROSS JOIN (VALUES (1, TIMESTAMP '2024-01-01 00:00:01'), \
         (2, NULL), (3, TIMESTAMP '2024-01-01 00:00:02')) AS x(n, t) ORDER BY n"
    );
    assert_eq!(rows(&sql).await, json!([["10.0"], [null], ["20.0"]]));
}

#[tokio::test]
async fn sequence_has_both_ends_and_goes_down_too() {
    for (sql, expected) in [
        ("SEQUENCE(1, 4)", json!(["1", "2", "3", "4"])),
        ("sequence(4, 1)", json!(["4", "3", "2", "1"])),
        ("sequence(1, 6, 2)", json!(["1", "3", "5"])),
        ("sequence(5, 1, -2)", json!(["5", "3", "1"])),
        ("sequence(7, 7, 3)", json!(["7"])),
        ("sequence(1, NULL, 3)", json!(null)),
        (
            "sequence(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 00:02:30', 1m)",
            json!(["00:00", "01:00", "02:00"]),
        ),
        (
            "sequence(TIMESTAMP '2024-01-01 00:02:00', TIMESTAMP '2024-01-01 00:00:00', -1m)",
            json!(["02:00", "01:00", "00:00"]),
        ),
        (
            "sequence('2024-01-01 00:00:00', '2024-01-01 00:00:01', 1s)",
            json!(["00:00", "00:01"]),
        ),
        (
            "sequence(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-03 00:00:00', 1d)[2]",
            json!("2024-01-02 00:00:00.000000000"),
        ),
    ] {
        assert_eq!(
            rows(&format!("SELECT {sql}")).await,
            json!([[expected]]),
            "{sql}"
        );
    }
    let item = json!({ "ArrayColumnInfo": { "Type": { "ScalarType": "TIMESTAMP" } } });
    assert_eq!(type_of("SELECT sequence(ago(1h), now(), 1m)").await, item);
    assert_eq!(
        rows("SELECT cardinality(sequence(ago(1h), now(), 1m))").await,
        json!([["61"]])
    );
    fails("SELECT sequence(1, 4, 0)", "sequence stop value should be").await;
    fails("SELECT sequence(1, 4, -1)", "sequence stop value should be").await;
    fails(
        "SELECT sequence(ago(1h), now(), 1ns)",
        "must not have more than",
    )
    .await;
    fails(
        "SELECT sequence(ago(1h), now(), 1month)",
        "a step of months",
    )
    .await;
    fails("SELECT sequence(ago(1h), now())", "for function sequence").await;
}

#[tokio::test]
async fn series_stays_one_wherever_it_goes() {
    let double = series_of("DOUBLE");
    for sql in [
        format!("SELECT s FROM ({SERIES})"),
        format!("WITH c AS ({SERIES}) SELECT c.s AS other FROM c"),
        format!("SELECT CASE WHEN true THEN s END FROM ({SERIES})"),
        format!("SELECT coalesce(NULL, s) FROM ({SERIES})"),
        format!("SELECT a[1] FROM (SELECT ARRAY[s] AS a FROM ({SERIES}))"),
        format!("{SERIES} UNION ALL {SERIES}"),
    ] {
        assert_eq!(type_of(&sql).await, double, "{sql}");
        assert_eq!(
            rows(&sql).await[0][0].as_array().map(Vec::len),
            Some(3),
            "{sql}"
        );
    }
    let sql = format!("SELECT ARRAY[s] FROM ({SERIES})");
    assert_eq!(
        type_of(&sql).await,
        json!({ "ArrayColumnInfo": { "Type": double } })
    );
    assert_eq!(rows(&sql).await[0][0][0][0], json!(["00:00", "0.0"]));
    // An array of rows with the same fields is no series.
    let sql = "SELECT ARRAY[CAST(ROW(TIMESTAMP '2024-01-01 00:00:00', 1.5) AS ROW(time TIMESTAMP, value DOUBLE))]";
    assert_eq!(rows(sql).await, json!([[[{ "row": ["00:00", "1.5"] }]]]));
}

#[tokio::test]
async fn unnest_gives_the_points_of_each_row() {
    let expected = json!([["00:00", "0.0"], ["00:10", "100.0"], ["00:30", "60.0"]]);
    for sql in [
        format!(
            "SELECT t.time, t.value FROM ({SERIES}) AS x CROSS JOIN UNNEST(x.s) AS t(time, value)"
        ),
        format!("SELECT a, b FROM ({SERIES}) CROSS JOIN UNNEST(s) AS t (a, b)"),
        format!("WITH c AS ({SERIES}) SELECT time, round(value, 2) FROM c CROSS JOIN UNNEST(s)"),
    ] {
        assert_eq!(rows(&sql).await, expected, "{sql}");
    }
    let groups = "(SELECT g, create_time_series(t, v) AS s, array_agg(v) AS a FROM (VALUES \
        ('a', TIMESTAMP '2024-01-01 00:00:01', 1), ('b', TIMESTAMP '2024-01-01 00:00:01', 2), \
        ('a', TIMESTAMP '2024-01-01 00:00:02', 3)) AS x(g, t, v) GROUP BY g) AS y";
    let sql = format!(
        "SELECT g, p.time, value FROM {groups} CROSS JOIN UNNEST(y.s) AS p(time, value) WHERE value > 1 ORDER BY 1, 2"
    );
    assert_eq!(
        rows(&sql).await,
        json!([["a", "00:02", "3"], ["b", "00:01", "2"]])
    );
    // Two in a row, another join after them, and parentheses around them.
    let sql = format!(
        "SELECT count(*), sum(p.value * q.n * z.n) FROM ({groups} CROSS JOIN UNNEST(y.s) AS p(time, value) \
         CROSS JOIN UNNEST(y.a) AS q(n) JOIN (VALUES (10)) AS z(n) ON true)"
    );
    // (1 + 3)² + 2², ten times.
    assert_eq!(rows(&sql).await, json!([["5", "200"]]));
    // A NULL series has no points; a shorter array of two is filled up.
    let sql = "SELECT count(*) FROM (SELECT create_time_series(t, v) AS s FROM (VALUES (now(), 1)) AS x(t, v) \
               WHERE v > 1) CROSS JOIN UNNEST(s)";
    assert_eq!(rows(sql).await, json!([["0"]]));
    let sql =
        "SELECT a, b FROM (VALUES (0)) AS x(n) CROSS JOIN UNNEST(ARRAY[1, 2], ARRAY[n]) AS t(a, b)";
    assert_eq!(rows(sql).await, json!([["1", "0"], ["2", null]]));
    let sql = format!("SELECT 1 FROM ({SERIES}) CROSS JOIN UNNEST(s) AS t(a)");
    fails(
        &sql,
        "Column alias list has 1 entries but 't' has 2 columns available",
    )
    .await;
    fails(
        "SELECT 1 FROM (VALUES (1)) AS x(n) CROSS JOIN UNNEST(n) AS t(a)",
        "Cannot unnest type",
    )
    .await;
}

/// By hand: 100 in 10 s and −40 in 20 s are 600 and −120 a minute; the trapezoids have 500 and 1,600.
#[tokio::test]
async fn rates_and_areas_are_of_neighbouring_points() {
    let of = |call: &str| format!("SELECT {call} FROM ({SERIES})");
    assert_eq!(
        rows(&of("derivative_linear(s, 1m)")).await,
        json!([[[["00:10", "600.0"], ["00:30", "-120.0"]]]])
    );
    assert_eq!(
        rows(&of("non_negative_derivative_linear(s, 1m)")).await,
        json!([[[["00:10", "600.0"]]]])
    );
    assert_eq!(
        rows(&of("integral_trapezoidal(s), integral_trapezoidal(s, 10s)")).await,
        json!([["2100.0", "210.0"]])
    );
    assert_eq!(
        rows(&of("correlate_pearson(s, s), correlate_spearman(s, s)")).await,
        json!([["1.0", "1.0"]])
    );
    let other = "interpolate_linear(s, SEQUENCE(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 00:00:20', 10s))";
    assert!(
        answer(&of(&format!("correlate_pearson(s, {other})")))
            .await
            .is_err()
    );
}

/// A lambda sees a point's members and columns beside it; what is left of a series is one.
#[tokio::test]
async fn lambdas_see_points() {
    let of = |call: &str| format!("SELECT {call} FROM (SELECT s, 50 AS bound FROM ({SERIES}))");
    assert_eq!(
        rows(&of("filter(s, p -> p.value > bound)")).await,
        json!([[[["00:10", "100.0"], ["00:30", "60.0"]]]])
    );
    assert_eq!(
        rows(&of(
            "reduce(filter(s, p -> p.value > 70.0), 0, (n, p) -> n + 1, n -> n)"
        ))
        .await,
        json!([["1"]])
    );
    let mean = "reduce(s, CAST(ROW(0.0, 0) AS ROW(total DOUBLE, points BIGINT)), \
        (n, p) -> CAST(ROW(n.total + p.value, n.points + 1) AS ROW(total DOUBLE, points BIGINT)), \
        n -> IF(n.points = 0, NULL, n.total / n.points))";
    assert_eq!(
        rows(&of(&format!("round({mean}, 3)"))).await,
        json!([["53.333"]])
    );
}
