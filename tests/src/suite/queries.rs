//! The queries: for each way to filter, cut, order and compute one that stands for it, and the field's known traps.

/// A query as a user writes it in Athena.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Names it.
    pub id: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// What its rows must be.
    pub answer: Answer,
    /// The same for the reference, where that engine has no such function, or gets it wrong.
    pub reference: Option<&'static str>,
    /// Whether a tenth of the rows must do, where Athena sends everything.
    pub tenfold: bool,
}

/// What the rows of a query must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The reference's, in any order.
    Rows,
    /// The reference's, in its order.
    Ordered,
    /// So many of the rows that the reference has without the limit.
    Any(usize),
}

const fn rows(id: &'static str, sql: &'static str) -> Query {
    Query {
        id,
        sql,
        answer: Answer::Rows,
        reference: None,
        tenfold: false,
    }
}

const fn ordered(id: &'static str, sql: &'static str) -> Query {
    Query {
        id,
        sql,
        answer: Answer::Ordered,
        reference: None,
        tenfold: false,
    }
}

const fn any(id: &'static str, sql: &'static str, count: usize) -> Query {
    Query {
        id,
        sql,
        answer: Answer::Any(count),
        reference: None,
        tenfold: false,
    }
}

/// The same query, of whose rows a tenth must do.
const fn tenfold(query: Query) -> Query {
    Query {
        tenfold: true,
        ..query
    }
}

/// The same query, put otherwise for the reference.
const fn said(query: Query, reference: &'static str) -> Query {
    Query {
        reference: Some(reference),
        ..query
    }
}

/// All of them. Their times are those of [`local::data::generate`].
#[rustfmt::skip]
pub const QUERIES: &[Query] = &[
    // Time.
    rows("time range", r#"SELECT deviceid, time, humidity FROM "fleet-metrics".readings WHERE time >= timestamp '2024-03-01 06:00:00' AND time < timestamp '2024-03-01 07:00:00'"#),
    rows("time <=, nanoseconds after it", r#"SELECT deviceid, time, online FROM "fleet-metrics".readings WHERE time <= timestamp '2024-03-01 00:20:00'"#),
    rows("time >", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time > timestamp '2024-03-01 23:00:00'"#),
    rows("time =, nanoseconds after it", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time = timestamp '2024-03-01 00:20:00'"#),
    rows("time <>", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time <> timestamp '2024-03-01 00:20:00'"#),
    rows("time between", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time BETWEEN timestamp '2024-03-01 06:00:00' AND timestamp '2024-03-01 06:59:59.999'"#),
    rows("time in", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time IN (timestamp '2024-03-01 00:20:00', timestamp '2024-03-01 06:00:00', timestamp '2024-03-01 07:00:00')"#),
    tenfold(rows("time, two ranges", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time < timestamp '2024-03-01 00:20:00' OR time >= timestamp '2024-03-01 23:30:00'"#)),
    said(rows("time, microseconds", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time < timestamp '2024-03-01 00:20:00.000001' AND deviceid < 'device-010'"#), r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time <= timestamp '2024-03-01 00:20:00' AND deviceid < 'device-010'"#),
    rows("time > now() - interval", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time > now() - interval '1' day"#),
    said(rows("date(time) =", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE date(time) = date '2024-03-01' AND deviceid = 'device-007'"#), r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid = 'device-007' AND time < timestamp '2024-03-02 00:00:00'"#),
    said(rows("date(time) >, nothing", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE date(time) > date '2024-03-01'"#), r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE time >= timestamp '2024-03-02 00:00:00'"#),
    rows("date_trunc(time) =", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE date_trunc('hour', time) = timestamp '2024-03-01 06:00:00'"#),
    rows("extract(hour from time) =", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE extract(hour FROM time) = 6"#),
    rows("timestamp measure <=", r#"SELECT deviceid, serviced FROM "fleet-metrics".readings WHERE serviced <= timestamp '2024-01-01 00:00:00'"#),
    rows("timestamp measure, null or >", r#"SELECT deviceid, serviced FROM "fleet-metrics".readings WHERE serviced IS NULL OR serviced > timestamp '2024-03-01 00:00:00'"#),
    rows("two timestamps", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE serviced > time - interval '1' day"#),

    // Dimensions.
    rows("dimension =", r#"SELECT time, battery FROM "fleet-metrics".readings WHERE deviceid = 'device-007'"#),
    rows("dimension in, many", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid IN ('device-001', 'device-003', 'device-005', 'device-007', 'device-009', 'device-011', 'device-013', 'device-015', 'device-017', 'device-019', 'device-021', 'device-023', 'none-1', 'none-2', 'none-3', 'none-4', 'none-5', 'none-6', 'none-7', 'none-8')"#),
    rows("quote in a constant", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE owner = 'O''Brien'"#),
    rows("beyond the basic plane", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE owner IN ('Zoë 🚚', 'nobody')"#),
    tenfold(rows("<>, one value is everything else", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE measure_name <> 'reading'"#)),
    rows("<>", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE region <> 'eu-west-1'"#),
    rows("<> or null", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE region <> 'eu-west-1' OR region IS NULL"#),
    rows("not in", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE owner NOT IN ('O''Brien', 'Zoë 🚚', 'Müller & Söhne', 'ACME')"#),
    tenfold(rows("not in, with a range", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE battery NOT IN (99, 100) AND (battery < 2 OR battery > 95)"#)),
    rows("is null", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE region IS NULL"#),
    rows("is not null", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE region IS NOT NULL"#),
    rows("is distinct from", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE region IS DISTINCT FROM 'eu-west-1'"#),
    rows("text range", r#"SELECT deviceid, owner, time FROM "fleet-metrics".readings WHERE owner >= 'M' AND owner < 'N'"#),
    rows("text between", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid BETWEEN 'device-010' AND 'device-012'"#),
    tenfold(rows("text not between", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid NOT BETWEEN 'device-003' AND 'device-048'"#)),
    rows("contradiction", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid = 'device-001' AND deviceid = 'device-002'"#),

    // Patterns and functions of text.
    tenfold(rows("like, prefix", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid LIKE 'device-00%' AND deviceid LIKE '%7'"#)),
    rows("like, suffix", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE owner LIKE '%Brien'"#),
    tenfold(rows("like, one character", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid LIKE 'device-_07'"#)),
    rows("like, no wildcard", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid LIKE 'device-007'"#),
    rows("like, within", r#"SELECT deviceid, firmware, time FROM "fleet-metrics".readings WHERE firmware LIKE '%recovery%'"#),
    rows("not like", r#"SELECT deviceid, measure_name, time FROM "fleet-metrics".signals WHERE measure_name NOT LIKE '%u%'"#),
    tenfold(rows("not like, twice", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE deviceid NOT LIKE 'device-0%' OR deviceid LIKE '%-049'"#)),
    rows("lower(x) =", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE lower(owner) = 'acme'"#),
    rows("coalesce(x) =", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE coalesce(region, 'none') = 'none'"#),
    rows("x || y =", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE region || '/' || deviceid = 'eu-west-1/device-008'"#),

    // Measures.
    rows("bigint <", r#"SELECT deviceid, time, battery FROM "fleet-metrics".readings WHERE battery < 5"#),
    rows("bigint <>", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE battery <> 50"#),
    rows("bigint in", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE battery IN (0, 100)"#),
    tenfold(rows("bigint not between", r#"SELECT deviceid, time, battery FROM "fleet-metrics".readings WHERE battery NOT BETWEEN 3 AND 98"#)),
    rows("double >", r#"SELECT deviceid, time, temperature FROM "fleet-metrics".readings WHERE temperature > 44.5"#),
    rows("double is null", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE temperature IS NULL"#),
    rows("double, null or >", r#"SELECT deviceid, time, temperature FROM "fleet-metrics".readings WHERE temperature IS NULL OR temperature > 44.5"#),
    rows("double <>", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE temperature <> 20.0"#),
    tenfold(rows("not (double <)", r#"SELECT deviceid, time, temperature FROM "fleet-metrics".readings WHERE NOT (temperature < 44.0)"#)),
    rows("boolean", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE NOT online"#),
    rows("boolean is distinct from", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE online IS DISTINCT FROM true"#),

    // Arithmetic and other expressions.
    rows("bigint +", r#"SELECT deviceid, time, battery FROM "fleet-metrics".readings WHERE battery + 10 > 105"#),
    tenfold(rows("double *", r#"SELECT deviceid, time, temperature FROM "fleet-metrics".readings WHERE temperature * 2.0 > 88.0"#)),
    tenfold(rows("double - double", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE humidity - temperature > 105.0"#)),
    tenfold(rows("bigint /", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE battery / 10 = 10"#)),
    tenfold(rows("bigint %", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE battery % 33 = 32"#)),
    rows("negated bigint", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE -battery < -95"#),
    tenfold(rows("negated double", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE -temperature < -44.0"#)),
    tenfold(rows("nullif", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE nullif(battery, 100) IS NULL"#)),
    rows("case", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE CASE WHEN online THEN battery ELSE 0 END > 98"#),
    tenfold(rows("or over columns", r#"SELECT deviceid, time, battery FROM "fleet-metrics".readings WHERE deviceid = 'device-001' OR battery = 0"#)),
    rows("or of ands", r#"SELECT deviceid, time, battery FROM "fleet-metrics".readings WHERE (deviceid = 'device-001' AND battery < 10) OR (deviceid = 'device-002' AND battery > 90)"#),
    rows("column > column", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE temperature > humidity"#),

    // Limit and order.
    tenfold(any("limit", r#"SELECT * FROM "fleet-metrics".readings LIMIT 10"#, 10)),
    any("limit, dimension =", r#"SELECT * FROM "fleet-metrics".readings WHERE deviceid = 'device-007' LIMIT 10"#, 10),
    tenfold(any("limit, <>", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE region <> 'eu-west-1' LIMIT 10"#, 10)),
    tenfold(any("limit, like", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE firmware LIKE '4.1%' LIMIT 10"#, 10)),
    any("limit, lower(x) =", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE lower(owner) = 'acme' LIMIT 10"#, 10),
    tenfold(ordered("latest ten", r#"SELECT deviceid, time, battery FROM "fleet-metrics".readings ORDER BY time DESC LIMIT 10"#)),
    tenfold(ordered("latest ten, then by device", r#"SELECT time, deviceid, battery FROM "fleet-metrics".readings ORDER BY time DESC, deviceid LIMIT 10"#)),
    ordered("latest of a device", r#"SELECT deviceid, time, battery FROM "fleet-metrics".readings WHERE deviceid = 'device-007' ORDER BY time DESC LIMIT 1"#),
    tenfold(ordered("top by two keys", r#"SELECT battery, deviceid FROM "fleet-metrics".readings ORDER BY battery DESC, deviceid LIMIT 10"#)),
    tenfold(ordered("top of a measure with nulls", r#"SELECT temperature, deviceid FROM "fleet-metrics".readings ORDER BY temperature DESC NULLS LAST, deviceid LIMIT 5"#)),
    tenfold(ordered("top, <>", r#"SELECT deviceid, time, humidity FROM "fleet-metrics".readings WHERE region <> 'eu-west-1' ORDER BY humidity DESC LIMIT 5"#)),
    ordered("order by an expression", r#"SELECT deviceid, humidity FROM "fleet-metrics".readings WHERE humidity > 90.0 ORDER BY round(humidity), humidity LIMIT 5"#),

    // What the engine computes.
    rows("latest of each device, row_number()", r#"SELECT deviceid, time, battery FROM (SELECT deviceid, time, battery, row_number() OVER (PARTITION BY deviceid ORDER BY time DESC) AS n FROM "fleet-metrics".readings) AS numbered WHERE n = 1"#),
    rows("latest of each device, max(time)", r#"SELECT deviceid, max(time) AS latest FROM "fleet-metrics".readings GROUP BY deviceid"#),
    rows("latest of each device, join", r#"SELECT r.deviceid, r.time, r.battery FROM "fleet-metrics".readings r JOIN (SELECT deviceid, max(time) AS latest FROM "fleet-metrics".readings GROUP BY deviceid) l ON r.deviceid = l.deviceid AND r.time = l.latest"#),
    rows("count(*)", r#"SELECT count(*) AS n FROM "fleet-metrics".readings"#),
    rows("count(*), in", r#"SELECT count(*) AS n FROM "fleet-metrics".readings WHERE deviceid IN ('device-001', 'device-002')"#),
    tenfold(rows("count(*), like", r#"SELECT count(*) AS n FROM "fleet-metrics".readings WHERE deviceid LIKE '%-_07'"#)),
    rows("distinct", r#"SELECT DISTINCT region, owner FROM "fleet-metrics".readings"#),
    rows("group by hour", r#"SELECT date_trunc('hour', time) AS hour, count(*) AS n, max(humidity) AS wettest FROM "fleet-metrics".readings WHERE time >= timestamp '2024-03-01 12:00:00' GROUP BY date_trunc('hour', time)"#),
    rows("everything, as CREATE TABLE AS reads it", r#"SELECT * FROM "fleet-metrics".readings"#),
    rows("union of two filters", r#"SELECT deviceid, time FROM "fleet-metrics".readings WHERE battery = 0 UNION ALL SELECT deviceid, time FROM "fleet-metrics".readings WHERE battery = 100"#),

    // Single-measure records.
    rows("single measure", r#"SELECT deviceid, time, "measure_value::double" FROM "fleet-metrics".signals WHERE measure_name = 'cpu_usage' AND "measure_value::double" > 99.0"#),
    rows("single measure, varchar", r#"SELECT deviceid, time FROM "fleet-metrics".signals WHERE "measure_value::varchar" = 'it''s charging'"#),
    rows("single measure, boolean", r#"SELECT deviceid, time FROM "fleet-metrics".signals WHERE "measure_value::boolean""#),
    rows("single measure, names", r#"SELECT deviceid, measure_name, time FROM "fleet-metrics".signals WHERE measure_name IN ('status', 'throttled') AND time < timestamp '2024-03-01 01:00:00'"#),
    rows("single measure, <>", r#"SELECT deviceid, time, "measure_value::varchar" FROM "fleet-metrics".signals WHERE measure_name = 'status' AND "measure_value::varchar" <> 'ok'"#),
    tenfold(rows("single measure, or", r#"SELECT deviceid, time FROM "fleet-metrics".signals WHERE "measure_value::double" > 99.0 OR "measure_value::bigint" > 8000"#)),
    rows("join of two tables", r#"SELECT r.deviceid, r.battery, s."measure_value::bigint" AS memory FROM "fleet-metrics".readings r JOIN "fleet-metrics".signals s ON r.deviceid = s.deviceid WHERE r.battery > 98 AND s."measure_value::bigint" > 8100"#),

    // A view.
    rows("view", r#"SELECT region, hour, peak, n FROM "fleet-metrics".hourly"#),
    rows("view, range", r#"SELECT region, hour, peak FROM "fleet-metrics".hourly WHERE hour >= timestamp '2024-03-01 06:00:00' AND hour <= timestamp '2024-03-01 08:00:00'"#),
    rows("view, date", r#"SELECT region, hour, n FROM "fleet-metrics".hourly WHERE day = date '2024-03-01' AND region = 'eu-west-1'"#),
    ordered("view, top", r#"SELECT n, region FROM "fleet-metrics".hourly WHERE region <> 'eu-west-1' ORDER BY n DESC, region LIMIT 3"#),
];
