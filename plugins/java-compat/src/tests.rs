//! The Java connector's texts, those that its own tests assert (Q3 to Q23) and those that were seen of it (Q24 to Q47),
//! with newlines removed. Q1 and Q2 are `DESCRIBE`, which the host prints; Q21 is the empty list of terms.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use guest::{
    Bound, Caller, Column, ColumnKind, Domain, Literal, Range, Scalar, Table, Term, TimestreamType,
    ValueSet, Verdict,
};

use super::*;

/// 2024-04-05 09:31:12 UTC.
const SECOND: i64 = 1_712_309_472_000_000_000;
/// 2024-01-01 and 2024-01-02.
const DAYS: [i64; 2] = [1_704_067_200_000_000_000, 1_704_153_600_000_000_000];
const MILLI: i64 = 1_000_000;
/// 2024-06-15.
const DATE: Literal = Literal::Date(19_889);

fn text(value: &str) -> Literal {
    Literal::Text(value.to_owned())
}

fn texts(values: &[&str]) -> ValueSet {
    ValueSet::AnyOf(values.iter().map(|value| text(value)).collect())
}

fn one(value: Literal) -> ValueSet {
    ValueSet::AnyOf(vec![value])
}

fn integer(value: i64) -> ValueSet {
    one(Literal::Integer(value))
}

fn double(value: f64) -> ValueSet {
    one(Literal::Double(value))
}

fn range(low: Bound, high: Bound) -> Range {
    Range { low, high }
}

fn above(value: Literal) -> ValueSet {
    ValueSet::Ranges(vec![range(Bound::Exclusive(value), Bound::Unbounded)])
}

fn below(value: Literal) -> ValueSet {
    ValueSet::Ranges(vec![range(Bound::Unbounded, Bound::Exclusive(value))])
}

fn integers(low: i64, high: i64) -> Range {
    let bound = |value| Bound::Inclusive(Literal::Integer(value));
    range(bound(low), bound(high))
}

/// From the first nanosecond to the last but one.
fn nanos(low: i64, high: i64) -> Range {
    let (low, high) = (Literal::Timestamp(low), Literal::Timestamp(high));
    range(Bound::Inclusive(low), Bound::Exclusive(high))
}

/// From a nanosecond on.
fn since(low: i64) -> ValueSet {
    let low = Bound::Inclusive(Literal::Timestamp(low));
    ValueSet::Ranges(vec![range(low, Bound::Unbounded)])
}

fn request(columns: &[(&str, Scalar)], terms: Vec<Term>) -> Request {
    let table = Table {
        source: Source::Table(("myDatabase".to_owned(), "myTable".to_owned())),
        types: columns
            .iter()
            .map(|(_, scalar)| TimestreamType::Scalar(*scalar))
            .collect(),
        columns: (0..)
            .zip(columns)
            .map(|(place, (name, _))| Column {
                name: (*name).to_owned(),
                type_: place,
                kind: ColumnKind::MeasureValue,
                partition_key: false,
            })
            .collect(),
        options: Vec::new(),
    };
    Request {
        mapping: JavaCompat::map_table(&table).unwrap(),
        projection: (0..).take(columns.len()).collect(),
        table,
        terms,
        order: Vec::new(),
        limit: None,
        now: 0,
        caller: Caller {
            account: String::new(),
            arn: String::new(),
            tags: Vec::new(),
            groups: Vec::new(),
        },
    }
}

fn domain(field: u32, values: ValueSet) -> Term {
    let null_allowed = false;
    Term::Domain(Domain {
        field,
        values,
        null_allowed,
    })
}

/// What becomes of a case.
enum Becomes {
    /// The Java connector's text, which is exact.
    Same,
    /// Its text, which keeps more rows than were asked for.
    Wider,
    /// Another one, since the request does not say what the Java connector is told.
    Instead(&'static str),
    /// Nothing, for this reason.
    Skipped(&'static str),
}

use Becomes::{Instead, Same, Skipped, Wider};

/// A column, the values it may have, whether NULL is one of them, the Java connector's text and what becomes of it.
type Case = (
    &'static str,
    &'static str,
    Scalar,
    ValueSet,
    bool,
    &'static str,
    Becomes,
);

/// Equatable sets look like sorted ones in a request: one value is `=` and no list.
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use Literal::{Boolean, Integer, Timestamp};
    use Scalar::{Bigint, Double, Varchar};
    vec![
        ("Q13", "region", Varchar, texts(&["us-east-1", "O'Brien"]), false, r#"("region" IN ('us-east-1','O''Brien'))"#, Same),
        ("Q14", "hostname", Varchar, texts(&["host-keE37's-test"]), false, r#"("hostname" = 'host-keE37''s-test')"#, Same),
        ("Q15", "col1", Scalar::Integer, above(Integer(1)), false, r#"(("col1" > 1))"#, Same),
        ("Q16", r#"evil" OR 1=1 --"#, Varchar, texts(&["x"]), false, r#"("evil"" OR 1=1 --" IN ('x'))"#, Instead(r#"("evil"" OR 1=1 --" = 'x')"#)),
        // `> x` in milliseconds is `>= x + 1 ms` in nanoseconds; the Java text keeps the rest of x's millisecond too.
        ("Q17", "time0", Scalar::Timestamp, since(SECOND + 143 * MILLI), false, r#"(("time0" > '2024-04-05 09:31:12.142000000'))"#, Instead(r#"(("time0" >= '2024-04-05 09:31:12.143000000'))"#)),
        ("Q18", "col", Scalar::Integer, ValueSet::None, true, r#"("col" IS NULL)"#, Same),
        ("Q19", "col", Scalar::Integer, ValueSet::All, false, r#"("col" IS NOT NULL)"#, Same),
        ("Q20", "col", Scalar::Integer, above(Integer(1)), true, r#"(("col" IS NULL) OR ("col" > 1))"#, Same),
        ("Q22", "col", Scalar::Integer, ValueSet::None, false, "Athena connector error", Skipped("without any value")),
        ("Q23", "c", Varchar, ValueSet::None, false, r#"("c" IN ())"#, Skipped("without any value")),
        ("Q24", "c", Varchar, texts(&["x"]), false, r#"("c" = 'x')"#, Same),
        ("Q25", "c", Varchar, texts(&["a", "b"]), false, r#"("c" IN ('a','b'))"#, Same),
        ("Q26", "c", Varchar, ValueSet::Ranges(vec![range(Bound::Inclusive(text("a")), Bound::Exclusive(text("b")))]), false, r#"(("c" >= 'a' AND "c" < 'b'))"#, Same),
        ("Q27", "c", Varchar, ValueSet::NoneOf(vec![text("x")]), false, r#"("c" IS NOT NULL)"#, Wider),
        ("Q28", "c", Varchar, ValueSet::NoneOf(vec![text("x")]), true, r#"(("c" IS NULL) OR ("c" < 'x') OR ("c" > 'x'))"#, Same),
        ("Q29", "c", Varchar, ValueSet::NoneOf(vec![text("a"), text("b")]), false, r#"("c" IS NOT NULL)"#, Wider),
        ("Q30", "c", Bigint, ValueSet::Ranges(vec![range(Bound::Unbounded, Bound::Exclusive(Integer(1))), range(Bound::Exclusive(Integer(10)), Bound::Unbounded)]), false, r#"("c" IS NOT NULL)"#, Wider),
        ("Q31", "c", Scalar::Integer, ValueSet::Ranges(vec![integers(1, 5)]), false, r#"(("c" >= 1 AND "c" <= 5))"#, Same),
        ("Q32", "c", Scalar::Integer, ValueSet::Ranges(vec![integers(1, 2), integers(5, 6), integers(9, 9), integers(11, 11)]), false, r#"(("c" >= 1 AND "c" <= 2) OR ("c" >= 5 AND "c" <= 6) OR "c" IN (9,11))"#, Same),
        ("Q33", "c", Scalar::Integer, ValueSet::Ranges(vec![integers(1, 2), integers(9, 9)]), true, r#"(("c" IS NULL) OR ("c" >= 1 AND "c" <= 2) OR "c" = 9)"#, Same),
        ("Q34", "c", Bigint, integer(9_007_199_254_740_993), false, r#"("c" = 9007199254740993)"#, Same),
        ("Q35", "c", Bigint, integer(i64::MIN), false, r#"("c" = -9223372036854775808)"#, Skipped("cannot parse")),
        ("Q36", "c", Double, double(0.1), false, r#"("c" = 0.1)"#, Same),
        ("Q36", "c", Double, double(1e10), false, r#"("c" = 1.0E10)"#, Same),
        ("Q36", "c", Double, double(1e-5), false, r#"("c" = 1.0E-5)"#, Same),
        ("Q36", "c", Double, double(100.0), false, r#"("c" = 100.0)"#, Same),
        ("Q37", "c", Double, double(f64::NAN), false, r#"("c" = NaN)"#, Skipped("no SQL")),
        ("Q37", "c", Double, double(f64::INFINITY), false, r#"("c" = Infinity)"#, Skipped("no SQL")),
        ("Q37", "c", Double, double(-0.0), false, r#"("c" = -0.0)"#, Same),
        ("Q38", "c", Scalar::Boolean, one(Boolean(true)), false, r#"("c" = true)"#, Same),
        ("Q38", "c", Scalar::Boolean, ValueSet::AnyOf(vec![Boolean(false), Boolean(true)]), false, r#"("c" IN (false,true))"#, Same),
        // A millisecond is a range of nanoseconds; the Java text finds its first one alone (Q39 and Q41).
        ("Q39", "c", Scalar::Timestamp, ValueSet::Ranges(DAYS.map(|day| nanos(day, day + MILLI)).to_vec()), false, r#"("c" IN ('2024-01-01 00:00:00.000000000','2024-01-02 00:00:00.000000000'))"#,
            Instead(r#"(("c" >= '2024-01-01 00:00:00.000000000' AND "c" < '2024-01-01 00:00:00.001000000') OR ("c" >= '2024-01-02 00:00:00.000000000' AND "c" < '2024-01-02 00:00:00.001000000'))"#)),
        ("Q40", "c", Scalar::Timestamp, ValueSet::Ranges(vec![nanos(DAYS[0], DAYS[1])]), false, r#"(("c" >= '2024-01-01 00:00:00.000000000' AND "c" < '2024-01-02 00:00:00.000000000'))"#, Same),
        ("Q41", "c", Scalar::Timestamp, ValueSet::Ranges(vec![nanos(SECOND + 142 * MILLI, SECOND + 143 * MILLI)]), false, r#"("c" = '2024-04-05 09:31:12.142000000')"#,
            Instead(r#"(("c" >= '2024-04-05 09:31:12.142000000' AND "c" < '2024-04-05 09:31:12.143000000'))"#)),
        ("Q42", "c", Scalar::Date, one(DATE), false, r#"("c" = 19889)"#, Skipped("dates with integers")),
        ("Q43", "c", Scalar::Date, one(DATE), false, r#"("c" IN (19889))"#, Skipped("dates with integers")),
        ("Q44", "c", Varchar, ValueSet::All, true, "illegal state error", Skipped("all values and NULL")),
        // The Java text is inverted. What it should have said looks like Q27 in a request.
        ("Q45", "c", Varchar, ValueSet::NoneOf(vec![text("x")]), false, r#"("c" IN ('x'))"#, Instead(r#"("c" IS NOT NULL)"#)),
        ("Q46", "c", Varchar, ValueSet::All, true, "()", Skipped("all values and NULL")),
        ("Q47", "c", Varchar, texts(&["a\nb"]), false, "(\"c\" = 'a\nb')", Same),
        ("Q47", "c", Varchar, texts(&[r"a\b"]), false, r#"("c" = 'a\b')"#, Same),
        ("zero", "c", Double, ValueSet::AnyOf(vec![Literal::Double(0.0), Literal::Double(1.5)]), false, r#"("c" IN (0.0,1.5))"#, Skipped("may lose -0.0")),
        ("zero", "c", Double, ValueSet::AnyOf(vec![Literal::Double(1.5), Literal::Double(2.5)]), false, r#"("c" IN (1.5,2.5))"#, Same),
        // Not the document's: what it says of W-14 and W-18, and types that do not fit.
        ("W-14", "c", Scalar::Time, texts(&["10:00:00"]), false, r#"("c" = '10:00:00')"#, Skipped("as text")),
        ("W-18", "c", Double, ValueSet::NoneOf(vec![Literal::Double(1.0)]), true, r#"(("c" IS NULL) OR ("c" < 1.0) OR ("c" > 1.0))"#, Skipped("NaN")),
        ("type", "c", Varchar, one(Timestamp(0)), false, "", Skipped("another type")),
    ]
}

#[test]
fn conditions_are_the_java_connector_s_where_they_keep_every_row() {
    for (id, name, scalar, values, null_allowed, java, becomes) in cases() {
        let mut request = request(&[(name, scalar)], Vec::new());
        request.terms.push(Term::Domain(Domain {
            field: 0,
            values,
            null_allowed,
        }));
        let plan = JavaCompat::plan(&request).unwrap();
        let [verdict] = plan.verdicts.as_slice() else {
            panic!("{id}: {} verdicts", plan.verdicts.len())
        };
        let printed = |condition: &str| format!("({condition})");
        match (verdict, becomes) {
            (Verdict::Exact(condition), Same) => assert_eq!(printed(condition), java, "{id}"),
            (Verdict::Wider(condition), Wider) => assert_eq!(printed(condition), java, "{id}"),
            (Verdict::Exact(condition) | Verdict::Wider(condition), Instead(text)) => {
                assert_eq!(printed(condition), text, "{id}");
            }
            (Verdict::Skipped(reason), Skipped(part)) => {
                assert!(reason.contains(part), "{id}: {reason}");
            }
            (verdict, _) => panic!("{id}: {verdict:?}"),
        }
    }
}

/// The statement as the host puts it together, without its newlines.
fn statement(request: &Request) -> String {
    let plan = JavaCompat::plan(request).unwrap();
    let output = |field: &u32| {
        plan.outputs
            .iter()
            .find(|(output, _)| output == field)
            .unwrap()
            .1
            .as_str()
    };
    let outputs: Vec<&str> = request.projection.iter().map(output).collect();
    let tables: String = plan
        .common_tables
        .iter()
        .map(|table| format!("WITH {table}  "))
        .collect();
    let conditions: Vec<String> = plan
        .verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Exact(condition) => format!("({condition})"),
            other => panic!("{other:?}"),
        })
        .collect();
    let word = if conditions.is_empty() { "" } else { " WHERE " };
    format!(
        "{tables}SELECT {} FROM {}{word}{}",
        outputs.join(", "),
        plan.from_item,
        conditions.join(" AND ")
    )
    .replace('\n', "")
}

/// `my_schema`.`my_table` of the Java connector's tests.
fn metrics(zones: &[&str]) -> Request {
    use Scalar::{Double, Timestamp, Varchar};
    let columns = [
        ("measure_name", Varchar),
        ("measure_value::double", Double),
        ("az", Varchar),
        ("time", Timestamp),
        ("hostname", Varchar),
        ("region", Varchar),
    ];
    let mut request = request(&columns, vec![domain(2, texts(zones))]);
    request.table.source = Source::Table(("my_schema".to_owned(), "my_table".to_owned()));
    request
}

fn of_view(text: &str, columns: &[(&str, Scalar)], terms: Vec<Term>) -> Request {
    let mut request = request(columns, terms);
    request.table.source = Source::View(("v".to_owned(), text.to_owned()));
    request
}

/// Conjuncts stand in the order of the request; in the Java connector's it is a hash map's.
#[test]
fn statements_are_the_java_connector_s() {
    use Literal::Integer;
    let columns = [
        ("col1", Scalar::Integer),
        ("col2", Scalar::Integer),
        ("col3", Scalar::Integer),
        ("col4", Scalar::Varchar),
    ];
    let bounds = || vec![domain(1, below(Integer(1))), domain(0, above(Integer(1)))];
    let q3 = request(
        &columns,
        vec![
            domain(3, texts(&["val1", "val2"])),
            domain(1, below(Integer(1))),
            domain(2, ValueSet::AnyOf(vec![Integer(20_000), Integer(10_000)])),
            domain(0, above(Integer(1))),
        ],
    );
    let times = [
        ("val", Scalar::Varchar),
        ("time1", Scalar::Timestamp),
        ("time0", Scalar::Timestamp),
    ];
    let mut q4 = request(
        &times,
        vec![
            domain(1, since(SECOND + MILLI)),
            domain(2, since(SECOND + 143 * MILLI)),
        ],
    );
    q4.projection = vec![0];
    let q5 = of_view("SELECT col1 from test_table", &columns, bounds());
    let q8 = of_view(
        r#"select measure_name, az,sum("measure_value::double") as value, count(*) as num_samples from "my_schema"."my_table" group by measure_name, az"#,
        &[
            ("measure_name", Scalar::Varchar),
            ("az", Scalar::Varchar),
            ("value", Scalar::Double),
            ("num_samples", Scalar::Bigint),
        ],
        vec![domain(1, texts(&["us-east-1a", "us-east-1b"]))],
    );
    let mut q9 = of_view(
        "select az, hostname, region,  CREATE_TIME_SERIES(time, measure_value::double) as cpu_utilization from \"my_schema\".\"my_table\" WHERE measure_name = 'cpu_utilization' GROUP BY measure_name, az, hostname, region",
        &[
            ("region", Scalar::Varchar),
            ("az", Scalar::Varchar),
            ("hostname", Scalar::Varchar),
            ("cpu_utilization", Scalar::Double),
        ],
        vec![domain(1, texts(&["us-east-1a", "us-east-1b"]))],
    );
    q9.table.types.push(TimestreamType::Series(3));
    q9.table.columns[3].type_ = 4;
    q9.mapping = JavaCompat::map_table(&q9.table).unwrap();

    let expected = [
        (
            "Q3",
            q3,
            r#"SELECT "col1", "col2", "col3", "col4" FROM "myDatabase"."myTable" WHERE ("col4" IN ('val1','val2')) AND (("col2" < 1)) AND ("col3" IN (20000,10000)) AND (("col1" > 1))"#,
        ),
        // As Q17: the document has `>` and the millisecond before.
        (
            "Q4",
            q4,
            r#"SELECT "val" FROM "myDatabase"."myTable" WHERE (("time1" >= '2024-04-05 09:31:12.001000000')) AND (("time0" >= '2024-04-05 09:31:12.143000000'))"#,
        ),
        (
            "Q5",
            q5,
            r#"WITH t1 AS ( SELECT col1 from test_table )  SELECT "col1", "col2", "col3", "col4" FROM t1 WHERE (("col2" < 1)) AND (("col1" > 1))"#,
        ),
        (
            "Q6",
            metrics(&["us-east-1a", "us-east-1b"]),
            r#"SELECT "measure_name", "measure_value::double", "az", "time", "hostname", "region" FROM "my_schema"."my_table" WHERE ("az" IN ('us-east-1a','us-east-1b'))"#,
        ),
        // The document has a list of one: the set is an equatable one there.
        (
            "Q7",
            metrics(&["us-east-1a"]),
            r#"SELECT "measure_name", "measure_value::double", "az", "time", "hostname", "region" FROM "my_schema"."my_table" WHERE ("az" = 'us-east-1a')"#,
        ),
        (
            "Q8",
            q8,
            r#"WITH t1 AS ( select measure_name, az,sum("measure_value::double") as value, count(*) as num_samples from "my_schema"."my_table" group by measure_name, az )  SELECT "measure_name", "az", "value", "num_samples" FROM t1 WHERE ("az" IN ('us-east-1a','us-east-1b'))"#,
        ),
        (
            "Q9",
            q9,
            r#"WITH t1 AS ( select az, hostname, region,  CREATE_TIME_SERIES(time, measure_value::double) as cpu_utilization from "my_schema"."my_table" WHERE measure_name = 'cpu_utilization' GROUP BY measure_name, az, hostname, region )  SELECT "region", "az", "hostname", "cpu_utilization" FROM t1 WHERE ("az" IN ('us-east-1a','us-east-1b'))"#,
        ),
        (
            "Q10",
            request(&[("measure_name", Scalar::Varchar)], Vec::new()),
            r#"SELECT "measure_name" FROM "myDatabase"."myTable""#,
        ),
        (
            "Q11",
            request(&[(r#"a"b"#, Scalar::Varchar)], Vec::new()),
            r#"SELECT "a""b" FROM "myDatabase"."myTable""#,
        ),
        (
            "Q21",
            request(&columns, Vec::new()),
            r#"SELECT "col1", "col2", "col3", "col4" FROM "myDatabase"."myTable""#,
        ),
    ];
    for (id, request, expected) in expected {
        assert_eq!(statement(&request), expected, "{id}");
    }
}

#[test]
fn comparisons_are_bounded_over_all_terms() {
    let holes = |count| {
        ValueSet::Ranges(
            (0..count)
                .map(|low| integers(3 * low, 3 * low + 1))
                .collect(),
        )
    };
    let columns = [
        ("a", Scalar::Bigint),
        ("b", Scalar::Bigint),
        ("c", Scalar::Bigint),
    ];
    let terms = vec![
        domain(0, holes(40)),
        domain(1, holes(40)),
        domain(2, holes(24)),
    ];
    let verdicts = JavaCompat::plan(&request(&columns, terms))
        .unwrap()
        .verdicts;
    assert!(matches!(
        verdicts.as_slice(),
        [Verdict::Exact(_), Verdict::Skipped(reason), Verdict::Exact(_)] if reason.contains("80 comparisons")
    ));
}

#[test]
fn nothing_but_value_sets_is_asked_for() {
    let description = JavaCompat::describe();
    assert!(description.functions.is_empty() && !description.limit && !description.top_n);
    assert_eq!(description.name, "java-compat");
}

#[test]
fn an_expression_of_a_policy_is_left_to_the_host() {
    let terms = vec![Term::Expression(vec![guest::Node::Field(0)])];
    let plan = JavaCompat::plan(&request(&[("flag", Scalar::Boolean)], terms)).unwrap();
    assert!(matches!(plan.verdicts.as_slice(), [Verdict::Skipped(_)]));
}

#[test]
fn a_comment_at_a_view_s_end_swallows_nothing() {
    let request = of_view(
        "SELECT 1 AS a -- all;\n ; ",
        &[("a", Scalar::Bigint)],
        Vec::new(),
    );
    assert_eq!(
        JavaCompat::plan(&request).unwrap().common_tables,
        ["t1 AS ( SELECT 1 AS a -- all \n)"]
    );
}
