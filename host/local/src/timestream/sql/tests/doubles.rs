//! Doubles compare as Java's do, which is what Presto says in its section on comparison operators of doubles: NaN equals
//! nothing, minus zero equals zero, and both zeros and NaN are one value to `IS DISTINCT FROM`.

use super::gives;

/// Two of all there is to compare: NaN, of either sign, and the zeros.
const VALUES: &str =
    "(VALUES (nan(), sqrt(-1e0), 0e0, -0e0, 1e0)) AS v(nan, negative_nan, zero, minus_zero, one)";

/// Checks a condition on columns, where nothing is folded before it runs, and on constants.
async fn is(condition: &str, expected: &str) {
    gives(&format!("SELECT {condition} FROM {VALUES}"), expected).await;
    let constant = [
        ("negative_nan", "sqrt(-1e0)"),
        ("minus_zero", "-0e0"),
        ("nan", "nan()"),
        ("zero", "0e0"),
        ("one", "1e0"),
    ]
    .iter()
    .fold(condition.to_owned(), |text, (name, value)| {
        text.replace(name, value)
    });
    gives(&format!("SELECT {constant}"), expected).await;
}

#[tokio::test]
async fn nan_compares_with_nothing() {
    for operator in ["=", "<", "<=", ">", ">="] {
        for (left, right) in [
            ("negative_nan", "nan"),
            ("negative_nan", "negative_nan"),
            ("one", "nan"),
            ("nan", "one"),
        ] {
            is(&format!("{left} {operator} {right}"), "false").await;
        }
    }
    is("nan <> nan", "true").await;
    is("one <> nan", "true").await;
    is("nan = CAST(NULL AS double)", "").await;
    is("nan BETWEEN zero AND one", "false").await;
    is("nan NOT BETWEEN zero AND one", "true").await;
    is("one BETWEEN nan AND NULL", "false").await;
    is("NULL BETWEEN zero AND one", "").await;
    is("nan IN (nan, one)", "false").await;
    is("nan NOT IN (nan, one)", "true").await;
    is("nan IN (one, NULL)", "").await;
    is("one IN (nan, NULL, one)", "true").await;
    is("one NOT IN (nan, NULL, one)", "false").await;
    is("CAST(NULL AS double) IN (one)", "").await;
    is("NULLIF(nan, nan) IS NULL", "false").await;
    is("CASE nan WHEN nan THEN 1 ELSE 2 END", "2").await;
    is("nan = 1", "false").await;
}

#[tokio::test]
async fn the_zeros_are_one() {
    for operator in ["=", "<=", ">="] {
        is(&format!("minus_zero {operator} zero"), "true").await;
        is(&format!("zero {operator} minus_zero"), "true").await;
    }
    for operator in ["<>", "<", ">"] {
        is(&format!("minus_zero {operator} zero"), "false").await;
        is(&format!("zero {operator} minus_zero"), "false").await;
    }
    is("minus_zero IN (zero, one)", "true").await;
    is("minus_zero BETWEEN zero AND one", "true").await;
    is("zero BETWEEN minus_zero AND minus_zero", "true").await;
    is("NULLIF(zero, minus_zero) IS NULL", "true").await;
    is("NULLIF(one, zero)", "1.0").await;
    is("CASE zero WHEN minus_zero THEN 1 ELSE 2 END", "1").await;
    is("zero = 0", "true").await;
}

#[tokio::test]
async fn distinctness_knows_one_nan_and_one_zero() {
    is("nan IS DISTINCT FROM negative_nan", "false").await;
    is("nan IS NOT DISTINCT FROM negative_nan", "true").await;
    is("zero IS DISTINCT FROM minus_zero", "false").await;
    is("one IS DISTINCT FROM nan", "true").await;
    is("nan IS DISTINCT FROM NULL", "true").await;
    is("CAST(NULL AS double) IS DISTINCT FROM NULL", "false").await;
}

#[tokio::test]
async fn joins_filters_and_subqueries_compare_doubles_so_too() {
    let count = |rest: &str| format!("SELECT count(*) FROM {rest}");
    let list = "(VALUES (nan()), (-0e0), (1e0))";
    gives(
        &count(&format!("{list} AS a(x) JOIN {list} AS b(x) ON a.x = b.x")),
        "2",
    )
    .await;
    gives(&count(&format!("{list} AS a(x) WHERE x = 0")), "1").await;
    gives(&count(&format!("{list} AS a(x) WHERE x = x")), "2").await;
    gives(&count(&format!("{list} AS a(x) WHERE NOT x < 2")), "1").await;
    gives(
        &format!("SELECT (SELECT count(*) FROM {list} AS a(x) WHERE x <> 1)"),
        "2",
    )
    .await;
}

/// `Double.compare`, by which Presto sorts.
#[tokio::test]
async fn nan_is_sorted_last_among_numbers_and_minus_zero_before_zero() {
    let list = "(VALUES (sqrt(-1e0), 1), (0e0, 2), (-0e0, 3), (infinity(), 4), (NULL, 5), (-1e0, 6)) AS a(x, n)";
    let order = |by: &str| {
        format!(
            "SELECT array_join(array_agg(n), ' ') FROM (SELECT n FROM {list} ORDER BY {by} LIMIT 10)"
        )
    };
    gives(&order("x, n"), "6 3 2 4 1 5").await;
    gives(&order("x DESC, n"), "1 4 2 3 6 5").await;
    gives(&order("x DESC NULLS FIRST, n DESC"), "5 1 4 2 3 6").await;
    gives(&order("x + 0e0, n"), "6 2 3 4 1 5").await;
    gives(&order("x + 0e0 DESC, n DESC"), "1 4 3 2 6 5").await;
}

/// A list of several constants is searched by a hash of their bits in Presto.
#[tokio::test]
async fn a_list_of_constants_does_not_find_minus_zero_by_zero() {
    let count = |condition: &str| {
        format!(
            "SELECT count(*) FROM (VALUES (nan()), (-0e0), (0e0), (1e0), (NULL)) AS a(x) WHERE {condition}"
        )
    };
    gives(&count("x IN (0e0, 1e0)"), "2").await;
    gives(&count("x NOT IN (0e0, 1e0)"), "2").await;
    gives(&count("x IN (0e0)"), "2").await;
    gives(&count("x IN (0e0, NULL)"), "1").await;
    gives(&count("x NOT IN (0e0, NULL)"), "0").await;
    gives(&count("x IN (0e0, x)"), "3").await;
    gives(&count("(x IN (1e0, 2e0) OR x = 0e0)"), "3").await;
}
