//! What Timestream is asked. The statements read no table but where a call says so: they are about literals.

use std::fmt::Write as _;

/// One thing that is not known, and what would tell.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its name in the project's documents.
    pub id: &'static str,
    /// What is not known.
    pub about: &'static str,
    /// The calls that tell.
    pub asks: Vec<Ask>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What it tries, in a few words.
    pub name: String,
    /// What is called.
    pub call: Call,
}

/// What is called of Timestream's Query API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Runs a statement that reads no table.
    Query(String),
    /// Checks a statement without running it.
    Prepare(String),
    /// Describes the user's table, under its name or with the case of its letters changed.
    Describe {
        /// Whether the case is changed.
        is_wrong_case: bool,
    },
    /// Reads rows of the last day of the user's table, and tells how they come.
    Pages,
    /// Asks where the cell is.
    Endpoints,
    /// Asks for the account's settings.
    Account,
}

impl Call {
    /// What it may cost, for a person.
    #[must_use]
    pub fn cost(&self) -> &'static str {
        match self {
            Self::Query(_) => "one query, which reads no table: the least that a query costs",
            Self::Prepare(_) | Self::Describe { .. } => "nothing, as far as is known",
            Self::Endpoints | Self::Account => "nothing",
            Self::Pages => {
                "the bytes of the table's last day, of which at most 20,000 rows are returned"
            }
        }
    }
}

/// All questions to Timestream, in the order in which they are asked.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![
        Question {
            id: "P1",
            about: "the order of 0.0, -0.0 and infinities, and how they are written",
            asks: vec![
                query("zeros in an order", format!("SELECT n FROM {DOUBLES} WHERE x = 0.0E0 ORDER BY x, n")),
                query("1.0E0 / x for both zeros", format!("SELECT n, 1.0E0 / x AS y FROM {DOUBLES} WHERE x = 0.0E0 ORDER BY n")),
                query("the zeros themselves", format!("SELECT n, x FROM {DOUBLES} WHERE x = 0.0E0 ORDER BY n")),
                query("infinities and NaN", "SELECT infinity() AS a, -infinity() AS b, nan() AS c".to_owned()),
                query("infinities and NaN in an order", "SELECT n FROM (SELECT n, CASE n WHEN 1 THEN nan() WHEN 2 THEN infinity() WHEN 3 THEN 1.0E0 ELSE -infinity() END AS x FROM UNNEST(SEQUENCE(1, 4)) AS t(n)) ORDER BY x, n".to_owned()),
            ],
        },
        Question {
            id: "P2",
            about: "IN and NOT IN lists on -0.0, with 2 and with 40 elements",
            asks: ["IN", "NOT IN"]
                .into_iter()
                .flat_map(|word| [2, 40].map(|count| (word, count)))
                .map(|(word, count)| {
                    let list = (0..count).map(|number| format!("{number}.0E0")).collect::<Vec<_>>().join(", ");
                    query(
                        &format!("{word} of {count}"),
                        format!("SELECT n FROM {DOUBLES} WHERE x {word} ({list}) ORDER BY n"),
                    )
                })
                .collect(),
        },
        Question {
            id: "P3",
            about: "how many ORed ranges and how long IN lists are taken",
            asks: [64, 250, 500, 2_000]
                .into_iter()
                .map(|pairs| query(&format!("{pairs} ranges"), ranges(pairs)))
                .chain([1_000, 25_000].into_iter().map(|count| query(&format!("IN of {count}"), list(count))))
                .collect(),
        },
        Question {
            id: "P4",
            about: "LIKE with ESCAPE",
            asks: vec![
                query("an escaped percent sign", like(r"'a\%b' ESCAPE '\'")),
                query("an escaped underscore", like(r"'a\_b' ESCAPE '\'")),
                query("a backslash without ESCAPE", like(r"'a\%b'")),
            ],
        },
        Question {
            id: "P5",
            about: "ORDER BY of an alias that differs from a column in case alone",
            asks: vec![
                query("quoted", r#"SELECT 0 - n AS "N" FROM UNNEST(SEQUENCE(1, 3)) AS t(n) ORDER BY "N""#.to_owned()),
                query("not quoted", r#"SELECT 0 - n AS "N" FROM UNNEST(SEQUENCE(1, 3)) AS t(n) ORDER BY n"#.to_owned()),
            ],
        },
        Question {
            id: "P6",
            about: "names of unnamed columns, and whether an outer query can use them",
            asks: vec![
                prepare("in PrepareQuery", "SELECT 1, 'a', 2 AS named"),
                query("in a result", "SELECT 1, 'a', 2 AS named".to_owned()),
                query("in an outer query", r#"SELECT "_col0" FROM (SELECT 1)"#.to_owned()),
                query("through a star", "SELECT * FROM (SELECT 1, 'a')".to_owned()),
            ],
        },
        Question {
            id: "P7",
            about: "DESCRIBE of a name in the wrong case, for a role that may read this table alone",
            asks: vec![
                ask("the right case", Call::Describe { is_wrong_case: false }),
                ask("the wrong case", Call::Describe { is_wrong_case: true }),
            ],
        },
        Question {
            id: "P8",
            about: "extreme literals of every type",
            asks: EXTREMES
                .iter()
                .map(|literal| query(literal, format!("SELECT {literal} AS x")))
                .collect(),
        },
        Question {
            id: "values",
            about: "what computing gives where SQL leaves it open",
            asks: vec![
                query("NULLIF and COALESCE", "SELECT n, NULLIF(n, 1) AS a, COALESCE(NULLIF(n, 1), 5) AS b FROM UNNEST(SEQUENCE(1, 2)) AS t(n) ORDER BY n".to_owned()),
                query("an integer's overflow", "SELECT n + 9223372036854775807 AS x FROM UNNEST(SEQUENCE(1, 1)) AS t(n)".to_owned()),
                query("a division by zero", "SELECT 1 / (n - 1) AS x FROM UNNEST(SEQUENCE(1, 1)) AS t(n)".to_owned()),
                query("the digits of a double", "SELECT n * 0.1E0 + 0.2E0 AS x FROM UNNEST(SEQUENCE(1, 1)) AS t(n)".to_owned()),
                query("texts beyond U+FFFF in an order", "SELECT n FROM (SELECT n, CASE n WHEN 1 THEN chr(128512) ELSE chr(65535) END AS s FROM UNNEST(SEQUENCE(1, 2)) AS t(n)) ORDER BY s".to_owned()),
                query("a character beyond U+FFFF under LIKE", "SELECT n FROM UNNEST(SEQUENCE(1, 1)) AS t(n) WHERE chr(128512) LIKE '_'".to_owned()),
            ],
        },
        Question {
            id: "O-9",
            about: "literals of another type than the column",
            asks: vec![
                prepare("a date and an integer", "SELECT 1 WHERE DATE '2024-06-15' = 19889"),
                prepare("a timestamp and a text", "SELECT 1 WHERE TIMESTAMP '2024-06-15 00:00:00' > '2024-01-01 00:00:00'"),
                prepare("a timestamp between texts", "SELECT 1 WHERE TIMESTAMP '2024-06-15 00:00:00' BETWEEN '2024-01-01' AND '2025-01-01'"),
                prepare("a timestamp in a list of texts", "SELECT 1 WHERE TIMESTAMP '2024-06-15 00:00:00' IN ('2024-06-15 00:00:00')"),
                prepare("a number and a text", "SELECT 1 WHERE 1 = '1'"),
            ],
        },
        Question {
            id: "O-10",
            about: "whether quoted names of columns have a case",
            asks: vec![
                prepare("a quoted name in another case", r#"SELECT "N" FROM (SELECT 1 AS "n")"#),
                prepare("two columns that differ in case", r#"SELECT "N", "n" FROM (SELECT 1 AS "n", 2 AS "N")"#),
            ],
        },
        Question {
            id: "endpoints",
            about: "the discovery of a cell",
            asks: vec![ask("DescribeEndpoints", Call::Endpoints)],
        },
        Question {
            id: "account",
            about: "how much may run at once, and how it is charged",
            asks: vec![ask("DescribeAccountSettings", Call::Account)],
        },
        Question {
            id: "pages",
            about: "sizes and times of pages",
            asks: vec![ask("the last day of the table", Call::Pages)],
        },
    ]
}

/// Doubles that no planner can fold: 0.0, -0.0, 1.0, -0.0, 50.0.
const DOUBLES: &str = "(SELECT n, CASE n WHEN 1 THEN 0.0E0 WHEN 3 THEN 1.0E0 WHEN 5 THEN 50.0E0 \
                       ELSE -0.0E0 END AS x FROM UNNEST(SEQUENCE(1, 5)) AS t(n))";

/// Literals at and beyond the ends of their types.
const EXTREMES: [&str; 23] = [
    "9223372036854775807",
    "-9223372036854775808",
    "(-9223372036854775807 - 1)",
    "2147483648",
    "1.7976931348623157E308",
    "-1.7976931348623157E308",
    "4.9E-324",
    "2.2250738585072014E-308",
    "0.1",
    "TIMESTAMP '1970-01-01 00:00:00.000000000'",
    "TIMESTAMP '1969-12-31 23:59:59.999999999'",
    "TIMESTAMP '2262-04-11 23:47:16.854775807'",
    "TIMESTAMP '2262-04-11 23:47:16.854775808'",
    "TIMESTAMP '9999-12-31 23:59:59.999999999'",
    "TIMESTAMP '10000-01-01 00:00:00'",
    "DATE '0001-01-01'",
    "DATE '9999-12-31'",
    "TIME '23:59:59.999999999'",
    "106751d",
    "INTERVAL '9999' YEAR",
    "true",
    "''",
    "U&'\\+01F600'",
];

fn query(name: &str, sql: String) -> Ask {
    ask(name, Call::Query(sql))
}

fn prepare(name: &str, sql: &str) -> Ask {
    ask(name, Call::Prepare(sql.to_owned()))
}

fn ask(name: &str, call: Call) -> Ask {
    Ask {
        name: name.to_owned(),
        call,
    }
}

/// A condition of as many ranges of timestamps, of which one holds the row.
fn ranges(pairs: usize) -> String {
    let mut condition = String::new();
    for pair in 0..pairs {
        let begin = pair * 10;
        let or = if pair == 0 { "" } else { " OR " };
        let _ = write!(
            condition,
            "{or}(t >= from_milliseconds({begin}) AND t < from_milliseconds({}))",
            begin + 5
        );
    }
    format!(
        "SELECT n FROM (SELECT n, from_milliseconds(n) AS t FROM UNNEST(SEQUENCE(1, 3)) AS u(n)) WHERE {condition} ORDER BY n"
    )
}

/// An IN list of as many numbers, of which two are rows.
fn list(count: usize) -> String {
    let numbers: Vec<String> = (2..count + 2).map(|number| number.to_string()).collect();
    format!(
        "SELECT n FROM UNNEST(SEQUENCE(1, 3)) AS t(n) WHERE n IN ({}) ORDER BY n",
        numbers.join(",")
    )
}

fn like(pattern: &str) -> String {
    format!(
        "SELECT n FROM (SELECT n, CASE n WHEN 1 THEN 'a%b' WHEN 2 THEN 'a_b' WHEN 3 THEN 'axb' ELSE 'a\\b' END AS s \
         FROM UNNEST(SEQUENCE(1, 4)) AS t(n)) WHERE s LIKE {pattern} ORDER BY n"
    )
}
