//! The functions of the service's reference: which of them the local Timestream has, and by whose word they are right.
//!
//! What Trino said of expressions (`fixtures/trino/functions.txt`) is held against the local Timestream too, but where its
//! guide differs. Of that comes the table in `host/docs/timestream-sql.md`.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_sdk_timestreamquery::Client;
use aws_sdk_timestreamquery::types::Datum;
use local::timestream::{Options, Server};
use serde_json::Value as Json;
use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};
use tests::sdk_config;

/// Functions by the pages of the reference that list them (timestream.md, sections 3.4 and 3.5).
const DOCUMENTED: [(&str, &[&str]); 13] = [
    (
        "dates and times",
        &[
            "now",
            "current_timestamp",
            "current_date",
            "current_time",
            "localtime",
            "localtimestamp",
            "current_timezone",
            "ago",
            "bin",
            "date_trunc",
            "from_milliseconds",
            "from_nanoseconds",
            "from_unixtime",
            "to_milliseconds",
            "to_nanoseconds",
            "to_unixtime",
            "from_iso8601_timestamp",
            "from_iso8601_date",
            "to_iso8601",
            "date_format",
            "date_parse",
            "format_datetime",
            "parse_datetime",
            "parse_duration",
            "extract",
            "year",
            "quarter",
            "month",
            "week",
            "day",
            "day_of_month",
            "day_of_week",
            "dow",
            "day_of_year",
            "doy",
            "year_of_week",
            "yow",
            "hour",
            "minute",
            "second",
            "millisecond",
            "nanosecond",
            "last_day_of_month",
            "date",
            "date_add",
            "date_diff",
        ],
    ),
    (
        "conditions",
        &[
            "if", "coalesce", "nullif", "try", "greatest", "least", "typeof",
        ],
    ),
    (
        "strings",
        &[
            "chr",
            "codepoint",
            "concat",
            "hamming_distance",
            "length",
            "levenshtein_distance",
            "lower",
            "upper",
            "lpad",
            "rpad",
            "ltrim",
            "rtrim",
            "trim",
            "replace",
            "reverse",
            "split",
            "split_part",
            "strpos",
            "strrpos",
            "position",
            "substr",
        ],
    ),
    (
        "regular expressions",
        &[
            "regexp_like",
            "regexp_extract",
            "regexp_extract_all",
            "regexp_replace",
            "regexp_split",
        ],
    ),
    (
        "mathematics",
        &[
            "abs",
            "cbrt",
            "ceil",
            "ceiling",
            "degrees",
            "e",
            "exp",
            "floor",
            "from_base",
            "to_base",
            "ln",
            "log2",
            "log10",
            "mod",
            "pi",
            "pow",
            "power",
            "radians",
            "rand",
            "random",
            "round",
            "sign",
            "sqrt",
            "truncate",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "atan2",
            "sinh",
            "cosh",
            "tanh",
            "infinity",
            "nan",
            "is_finite",
            "is_infinite",
            "is_nan",
        ],
    ),
    (
        "bits",
        &[
            "bit_count",
            "bitwise_and",
            "bitwise_not",
            "bitwise_or",
            "bitwise_xor",
        ],
    ),
    (
        "arrays",
        &[
            "array_distinct",
            "array_except",
            "array_intersect",
            "array_join",
            "array_max",
            "array_min",
            "array_position",
            "array_remove",
            "array_sort",
            "array_union",
            "arrays_overlap",
            "cardinality",
            "concat",
            "element_at",
            "repeat",
            "reverse",
            "sequence",
            "shuffle",
            "slice",
            "zip",
        ],
    ),
    (
        "aggregates",
        &[
            "count",
            "count_if",
            "sum",
            "avg",
            "min",
            "max",
            "min_by",
            "max_by",
            "arbitrary",
            "array_agg",
            "bool_and",
            "bool_or",
            "every",
            "geometric_mean",
            "bitwise_and_agg",
            "bitwise_or_agg",
            "approx_distinct",
            "approx_percentile",
            "corr",
            "covar_pop",
            "covar_samp",
            "regr_intercept",
            "regr_slope",
            "skewness",
            "stddev",
            "stddev_pop",
            "stddev_samp",
            "variance",
            "var_pop",
            "var_samp",
        ],
    ),
    (
        "windows",
        &[
            "row_number",
            "rank",
            "dense_rank",
            "percent_rank",
            "cume_dist",
            "ntile",
            "lag",
            "lead",
            "first_value",
            "last_value",
            "nth_value",
        ],
    ),
    ("series", &["create_time_series", "unnest"]),
    (
        "interpolation",
        &[
            "interpolate_linear",
            "interpolate_spline_cubic",
            "interpolate_locf",
            "interpolate_fill",
        ],
    ),
    (
        "derivatives, integrals, correlations",
        &[
            "derivative_linear",
            "non_negative_derivative_linear",
            "integral_trapezoidal",
            "correlate_pearson",
            "correlate_spearman",
        ],
    ),
    ("lambdas", &["filter", "reduce", "transform"]),
];

/// Functions that Trino does not have or cannot be asked for, with the tests that hold them against the developer guide.
const BY_THE_GUIDE: [(&str, &str); 31] = [
    ("now", "timestream/sql/tests.rs"),
    ("current_timestamp", "timestream/sql/tests.rs"),
    ("current_date", "timestream/sql/tests.rs"),
    ("localtimestamp", "timestream/sql/tests.rs"),
    ("current_timezone", "tests/src/covered.rs"),
    ("ago", "timestream/sql/tests.rs"),
    ("bin", "timestream/sql/tests.rs"),
    ("from_milliseconds", "timestream/sql/tests.rs"),
    ("from_nanoseconds", "timestream/sql/tests.rs"),
    ("to_nanoseconds", "timestream/sql/tests.rs"),
    ("nanosecond", "tests/src/covered.rs"),
    ("rand", "tests/src/covered.rs"),
    ("random", "tests/src/covered.rs"),
    ("shuffle", "tests/src/covered.rs"),
    ("strrpos", "tests/src/covered.rs"),
    ("create_time_series", "timestream/query/tests/series.rs"),
    ("unnest", "timestream/query/tests/series.rs"),
    ("interpolate_linear", "timestream/query/tests/series.rs"),
    (
        "interpolate_spline_cubic",
        "timestream/query/tests/series.rs",
    ),
    ("interpolate_locf", "timestream/query/tests/series.rs"),
    ("interpolate_fill", "timestream/query/tests/series.rs"),
    ("derivative_linear", "timestream/query/tests/series.rs"),
    (
        "non_negative_derivative_linear",
        "timestream/query/tests/series.rs",
    ),
    ("integral_trapezoidal", "timestream/query/tests/series.rs"),
    ("correlate_pearson", "timestream/query/tests/series.rs"),
    ("correlate_spearman", "timestream/query/tests/series.rs"),
    ("day_of_month", "tests/src/covered.rs"),
    ("dow", "tests/src/covered.rs"),
    ("doy", "tests/src/covered.rs"),
    ("yow", "tests/src/covered.rs"),
    ("day", "tests/src/covered.rs"),
];

/// What those give that are tested here.
const GIVEN: [(&str, &str); 11] = [
    ("current_timezone()", "UTC"),
    (
        "nanosecond(TIMESTAMP '2024-03-05 14:07:09.123456789')",
        "123456789",
    ),
    ("rand() < 1.0 AND random() >= 0.0", "true"),
    ("cardinality(shuffle(ARRAY[1, 2, 3]))", "3"),
    ("day_of_month(DATE '2024-03-05')", "5"),
    ("dow(DATE '2024-03-10')", "7"),
    ("doy(DATE '2024-12-31')", "366"),
    ("strrpos('high', 'h')", "4"),
    ("strrpos('a-b-c', '-', 2)", "2"),
    ("yow(DATE '2024-12-30')", "2025"),
    ("day(DATE '2024-03-05')", "5"),
];

/// Expressions of which the local Timestream makes something else than Trino, and why: words that they have.
const OTHERWISE: [(&str, &str); 11] = [
    (
        " UTC'",
        "a timestamp has no zone (timestream.md, section 2.1)",
    ),
    ("decimal", "there are no decimals (the same section)"),
    ("real", "there are no reals (the same section)"),
    ("smallint", "there are no small integers (the same section)"),
    ("tinyint", "the same"),
    ("json", "there is no JSON but in texts (the same section)"),
    (
        "as map(",
        "there are no maps but between functions (the same section)",
    ),
    (
        "120' as varchar",
        "a timestamp has nine digits (the same section)",
    ),
    (
        "< '2024-03-06'",
        "a constant text is read as a timestamp (the same section)",
    ),
    (
        "date '2024-01-01' = '2024-01-01'",
        "a constant text is read as a date",
    ),
    ("offset ", "not in the grammar (section 3.1)"),
];

/// Whether a literal is a decimal for Trino: one with a point is a double for Timestream (timestream.md, section 2.1).
fn has_decimal(expression: &str) -> bool {
    let tokens = Tokenizer::new(&GenericDialect {}, expression).tokenize();
    tokens.unwrap().iter().any(|token| match token {
        Token::Number(digits, _) => digits.contains('.') && !digits.contains('e'),
        _ => false,
    })
}

#[tokio::test]
async fn documented_functions_are_what_trino_says_of_them() {
    let server = Server::start(Options::default()).await.unwrap();
    let client = Client::new(&sdk_config(&server.url(), &server.url()));
    let text =
        std::fs::read_to_string(tests::workspace().join("tests/fixtures/trino/functions.txt"));
    let text = text.unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let mut by_trino: Vec<&str> = Vec::new();
    let mut differences = String::new();
    for pair in lines.chunks(2) {
        let [expression, expected] = pair else {
            panic!("{pair:?}")
        };
        let answer = value(&client, expression).await;
        let is_same = match (&answer, expected.trim().strip_prefix("! ")) {
            (Ok(value), None) => is_same(value, &serde_json::from_str(expected.trim()).unwrap()),
            (Err(_), Some(_)) => true,
            _ => false,
        };
        let known = OTHERWISE
            .iter()
            .any(|(words, _)| expression.contains(words));
        let known = known || has_decimal(expression);
        match (is_same, known) {
            (true, _) => by_trino.push(expression),
            (false, true) => {}
            (false, false) => {
                let _ = writeln!(differences, "{expression}\n{expected}\n  here: {answer:?}");
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
    for (expression, expected) in GIVEN {
        assert_eq!(
            value(&client, expression).await.unwrap(),
            expected,
            "{expression}"
        );
    }

    let mut table = String::from(HEAD);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (group, names) in DOCUMENTED {
        for name in names {
            let call = format!("{name}(");
            let by_guide = BY_THE_GUIDE.iter().find(|(known, _)| known == name);
            let word = if by_trino.iter().any(|expression| calls(expression, &call)) {
                "right by Trino"
            } else if by_guide.is_some() {
                "right by the guide"
            } else {
                let refused = value(&client, &format!("{name}()")).await.unwrap_err();
                assert!(
                    refused.contains("not registered"),
                    "{name} is not tested: {refused}"
                );
                "refused by name"
            };
            *counts.entry(word).or_default() += 1;
            let test = match (word, by_guide) {
                ("right by the guide", Some((_, test))) => format!(" (`{test}`)"),
                _ => String::new(),
            };
            let _ = writeln!(table, "| {group} | `{name}` | {word}{test} |");
        }
    }
    let all: usize = counts.values().sum();
    let _ = writeln!(table, "\n{all} functions: {counts:?}.");
    let right = all - counts.get("refused by name").unwrap_or(&0);
    assert!(right * 100 >= all * 95, "{counts:?}");
    let file = tests::workspace().join("host/docs/timestream-sql.md");
    let new = tests::workspace().join("target/timestream-sql.md");
    std::fs::write(&new, &table).unwrap();
    assert!(
        std::fs::read_to_string(&file).is_ok_and(|kept| kept == table),
        "{} is out of date: compare {}",
        file.display(),
        new.display()
    );
    server.stop().await.unwrap();
}

const HEAD: &str = "# Functions of Timestream's SQL in the local Timestream

Written by the test `covered`. *Right by Trino*: what Trino 435 makes of expressions with it, recorded in
`tests/fixtures/trino/functions.txt`, is what the local Timestream makes of them. *Right by the guide*: held against
Amazon's developer guide or arithmetic. *Refused by name*: \"Function '…' not registered\".

| page | function | |
|---|---|---|
";

/// Whether an expression calls a function, and not one whose name ends like it.
fn calls(expression: &str, call: &str) -> bool {
    expression.match_indices(call).any(|(place, _)| {
        let before = expression[..place].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
    })
}

/// The one value of an expression, or why there is none.
async fn value(client: &Client, expression: &str) -> Result<Json, String> {
    let sql = format!("SELECT {expression}");
    let answer = client.query().query_string(sql).send().await;
    let answer = answer.map_err(|error| error.into_service_error().to_string())?;
    let [row] = answer.rows() else {
        return Err(format!("{} rows", answer.rows().len()));
    };
    Ok(json(&row.data()[0]))
}

fn json(datum: &Datum) -> Json {
    if let Some(scalar) = datum.scalar_value() {
        return scalar.into();
    }
    if let Some(row) = datum.row_value() {
        return row.data().iter().map(json).collect();
    }
    match datum.array_value.as_ref() {
        Some(elements) => elements.iter().map(json).collect(),
        None => Json::Null,
    }
}

fn is_same(ours: &Json, trino: &Json) -> bool {
    match (ours, trino) {
        (Json::Array(ours), Json::Array(trino)) => {
            ours.len() == trino.len()
                && ours
                    .iter()
                    .zip(trino)
                    .all(|(ours, trino)| is_same(ours, trino))
        }
        (Json::String(ours), trino) => {
            let trino = match trino {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            let numbers = (ours.parse::<f64>(), trino.parse::<f64>());
            // Timestamps have nine digits and no zone here.
            let shortened = ours.trim_end_matches('0').trim_end_matches('.');
            let is_time = ours.len() == 29 && shortened == trino.trim_end_matches(" UTC");
            *ours == trino || is_time || matches!(numbers, (Ok(ours), Ok(trino)) if ours == trino)
        }
        _ => ours == trino,
    }
}
