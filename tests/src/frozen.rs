//! Components of contract 0.1, built once when it became ready: they load and answer the same for ever.
//!
//! `tests/fixtures/contract/0.1` holds the dialect `timestream`, the policies `guard` and `faulty-policy`, and their answers
//! in the contract's own words. Not to be built anew: a contract that refuses them is another version.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use connector::plugin::{Admitted, Caller, Dialect, Engine, PlanRequest, Policy, Slicing, Verdict};
use connector::query::{
    Bound, Column, ColumnKind, Domain, Expression, Function, Literal, Mapping, Range, Scalar,
    SortKey, Source, Table, Term, TimestreamType, ValueSet,
};
use tests::workspace;

/// 2024-03-01 in nanoseconds.
const DAY: i64 = 1_709_251_200_000_000_000;

fn fixture(name: &str) -> PathBuf {
    workspace().join("tests/fixtures/contract/0.1").join(name)
}

fn admitted(name: &str) -> Admitted {
    let bytes = std::fs::read(fixture(name)).unwrap();
    let plugin = Admitted::from_bytes(&Engine::new().unwrap(), &bytes).unwrap();
    plugin.probe().unwrap();
    plugin
}

fn dialect() -> Arc<Dialect> {
    match admitted("timestream.wasm") {
        Admitted::Dialect(dialect) => dialect,
        Admitted::Policy(_) => panic!("not a dialect"),
    }
}

fn policy(name: &str) -> Arc<Policy> {
    match admitted(name) {
        Admitted::Policy(policy) => policy,
        Admitted::Dialect(_) => panic!("not a policy"),
    }
}

/// `ATHENA_TIMESTREAM_RECORD` writes a file that is not there yet.
fn compare(name: &str, answers: &str) {
    let file = fixture(name);
    if std::env::var_os("ATHENA_TIMESTREAM_RECORD").is_some() && !file.exists() {
        std::fs::write(&file, answers).unwrap();
    }
    let recorded = std::fs::read_to_string(&file).unwrap();
    for (line, (answer, recorded)) in answers.lines().zip(recorded.lines()).enumerate() {
        assert_eq!(answer, recorded, "{name}, line {}", line + 1);
    }
    assert_eq!(answers.lines().count(), recorded.lines().count(), "{name}");
}

fn column(name: &str, r#type: TimestreamType, kind: ColumnKind) -> Column {
    Column {
        name: name.to_owned(),
        r#type,
        kind,
        partition_key: kind == ColumnKind::Dimension,
        as_double: false,
    }
}

/// A column of every kind and every scalar type.
fn table() -> Table {
    let measure = |name: &str, scalar| {
        column(
            name,
            TimestreamType::Scalar(scalar),
            ColumnKind::MeasureValue,
        )
    };
    let varchar = || TimestreamType::Scalar(Scalar::Varchar);
    Table {
        source: Source::Table {
            database: "Home".to_owned(),
            table: "Air \"1\"".to_owned(),
        },
        columns: vec![
            column("Room", varchar(), ColumnKind::Dimension),
            column("measure_name", varchar(), ColumnKind::MeasureName),
            column(
                "time",
                TimestreamType::Scalar(Scalar::Timestamp),
                ColumnKind::Time,
            ),
            measure("on", Scalar::Boolean),
            measure("n", Scalar::Bigint),
            measure("x", Scalar::Double),
            measure("word", Scalar::Varchar),
            measure("at", Scalar::Timestamp),
        ],
        options: Vec::new(),
    }
}

/// A statement's columns: the other scalars, and nested types.
fn computed() -> Table {
    let scalars = [
        ("i", Scalar::Integer),
        ("day", Scalar::Date),
        ("clock", Scalar::Time),
        ("days", Scalar::IntervalDayToSecond),
        ("months", Scalar::IntervalYearToMonth),
        ("nothing", Scalar::Unknown),
    ];
    let double = || Box::new(TimestreamType::Scalar(Scalar::Double));
    let row = TimestreamType::Row(vec![
        ("a".to_owned(), TimestreamType::Scalar(Scalar::Bigint)),
        ("b".to_owned(), TimestreamType::List(double())),
    ]);
    let nested = [
        ("list", TimestreamType::List(double())),
        ("series", TimestreamType::Series(double())),
        ("row", row),
    ];
    let scalars = scalars.map(|(name, scalar)| (name, TimestreamType::Scalar(scalar)));
    let columns = scalars.into_iter().chain(nested);
    Table {
        source: Source::Passthrough("SELECT 1".to_owned()),
        columns: columns
            .map(|(name, r#type)| column(name, r#type, ColumnKind::Computed))
            .collect(),
        options: Vec::new(),
    }
}

/// Domains of every form on every field, with a literal of its type.
fn domains(mapping: &Mapping) -> Vec<Term> {
    let mut terms = Vec::new();
    for (field, mapped) in mapping.fields.iter().enumerate() {
        let literal = match mapped.name.as_str() {
            "room" | "measure_name" | "word" => Literal::Text("it's ø".to_owned()),
            "time" | "at" => Literal::Nanos(DAY + 1),
            "on" => Literal::Boolean(true),
            "n" | "i" => Literal::Integer(-7),
            "x" => Literal::Double(-0.0),
            "day" => Literal::Date(19_783),
            _ => continue,
        };
        let range = |low, high| ValueSet::Ranges(vec![Range { low, high }]);
        let sets = [
            ValueSet::All,
            ValueSet::None,
            ValueSet::AnyOf(vec![literal.clone()]),
            ValueSet::NoneOf(vec![literal.clone()]),
            range(Bound::Inclusive(literal.clone()), Bound::Unbounded),
            range(Bound::Unbounded, Bound::Exclusive(literal.clone())),
            range(Bound::Exclusive(literal), Bound::Unbounded),
        ];
        for values in sets {
            for null_allowed in [false, true] {
                let values = values.clone();
                terms.push(Term::Domain(Domain {
                    field,
                    values,
                    null_allowed,
                }));
            }
        }
    }
    terms
}

/// A boolean expression with each function.
fn expressions(mapping: &Mapping) -> Vec<Term> {
    let field = |name: &str| {
        let mut fields = mapping.fields.iter();
        Expression::Field(fields.position(|field| field.name == name).unwrap())
    };
    let one = || Expression::Constant(Literal::Integer(1));
    let text = |text: &str| Expression::Constant(Literal::Text(text.to_owned()));
    let call = Expression::Call;
    let equal = |left| call(Function::Equal, vec![left, one()]);
    let compared = [
        Function::Equal,
        Function::NotEqual,
        Function::LessThan,
        Function::LessThanOrEqual,
        Function::GreaterThan,
        Function::GreaterThanOrEqual,
        Function::IsDistinctFrom,
    ];
    let computed = [
        Function::Add,
        Function::Subtract,
        Function::Multiply,
        Function::Divide,
        Function::Modulus,
        Function::NullIf,
    ];
    let mut expressions: Vec<Expression> = Vec::new();
    expressions.extend(compared.map(|function| call(function, vec![field("n"), one()])));
    expressions.extend(computed.map(|function| equal(call(function, vec![field("n"), one()]))));
    let list = call(Function::Array, vec![one(), Expression::Null]);
    let is_null = || call(Function::IsNull, vec![field("x")]);
    expressions.extend([
        equal(call(Function::Negate, vec![field("n")])),
        is_null(),
        call(Function::Not, vec![is_null()]),
        call(Function::And, vec![is_null(), field("on")]),
        call(Function::Or, vec![is_null(), field("on")]),
        call(Function::In, vec![field("n"), list]),
        call(Function::Like, vec![field("room"), text("a%_")]),
        call(Function::Like, vec![field("room"), text("a!%%"), text("!")]),
    ]);
    expressions.into_iter().map(Term::Expression).collect()
}

fn request<'a>(table: &'a Table, mapping: &'a Mapping, caller: &'a Caller) -> PlanRequest<'a> {
    PlanRequest {
        table,
        mapping,
        projection: (0..mapping.fields.len()).collect(),
        terms: Vec::new(),
        order: &[],
        limit: None,
        now: DAY,
        caller,
    }
}

/// A type in the contract's words.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int32 => "int32".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        DataType::Utf8 => "utf8".to_owned(),
        DataType::Date32 => "date-day".to_owned(),
        DataType::Date64 => "date-milli".to_owned(),
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => "timestamp-milli-utc".to_owned(),
        DataType::List(element) => format!("list({})", type_name(element.data_type())),
        DataType::Struct(members) => {
            let member = members.iter();
            let member =
                member.map(|member| format!("{} {}", member.name(), type_name(member.data_type())));
            format!("struct-of({})", member.collect::<Vec<_>>().join(", "))
        }
        other => panic!("{other} is not of the contract"),
    }
}

/// A constant in the contract's words; timestamps in milliseconds, as rulings have them.
fn constant(literal: &Literal) -> String {
    match literal {
        Literal::Boolean(value) => format!("boolean {value}"),
        Literal::Integer(value) => format!("integer {value}"),
        Literal::Double(value) => format!("double {value}"),
        Literal::Text(value) => format!("text {value}"),
        Literal::Date(value) => format!("date {value}"),
        Literal::Millis(value) => format!("timestamp {value} ms"),
        other => panic!("{other:?} is not of a ruling"),
    }
}

fn bound(bound: &Bound) -> String {
    match bound {
        Bound::Unbounded => "unbounded".to_owned(),
        Bound::Inclusive(literal) => format!("inclusive {}", constant(literal)),
        Bound::Exclusive(literal) => format!("exclusive {}", constant(literal)),
    }
}

fn expression(of: &Expression) -> String {
    match of {
        Expression::Field(field) => format!("field {field}"),
        Expression::Constant(literal) => constant(literal),
        Expression::Null => "null".to_owned(),
        Expression::Call(function, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(expression).collect();
            format!("{}({})", function.name(), arguments.join(", "))
        }
    }
}

fn term(term: &Term) -> String {
    let domain = match term {
        Term::Expression(of) => return format!("expression {}", expression(of)),
        Term::Domain(domain) => domain,
    };
    let list = |literals: &[Literal]| {
        let literals: Vec<String> = literals.iter().map(constant).collect();
        literals.join(", ")
    };
    let values = match &domain.values {
        ValueSet::All => "all".to_owned(),
        ValueSet::None => "none".to_owned(),
        ValueSet::AnyOf(literals) => format!("any-of {}", list(literals)),
        ValueSet::NoneOf(literals) => format!("none-of {}", list(literals)),
        ValueSet::Ranges(ranges) => {
            let range = |range: &Range| format!("{} to {}", bound(&range.low), bound(&range.high));
            ranges.iter().map(range).collect::<Vec<_>>().join(", ")
        }
    };
    format!(
        "field {} {values} null {}",
        domain.field, domain.null_allowed
    )
}

/// What a dialect makes of a table, and of a query with a term of each kind.
fn plan(dialect: &Dialect, table: &Table, said: &mut String) {
    let caller = Caller::default();
    let mapping = dialect.map_table(table).unwrap();
    for field in &mapping.fields {
        let (name, data_type) = (&field.name, type_name(&field.data_type));
        writeln!(said, "field {name} {data_type} {:?}", field.column).unwrap();
    }
    let mut terms = domains(&mapping);
    if matches!(table.source, Source::Table { .. }) {
        terms.extend(expressions(&mapping));
        let bins = dialect.bins_of(table, 3_600_000_000_000).unwrap();
        writeln!(said, "bins {} {}", bins.bin, bins.count).unwrap();
    }
    let order: Vec<SortKey> = (0..mapping.fields.len())
        .filter(|field| !mapping.fields[*field].data_type.is_nested())
        .map(|field| SortKey {
            field,
            descending: field % 2 == 0,
            nulls_first: false,
        })
        .collect();
    let whole = PlanRequest {
        order: &order,
        limit: Some(10),
        ..request(table, &mapping, &caller)
    };
    let plan = dialect.plan(&whole).unwrap();
    for item in &plan.common_tables {
        writeln!(said, "with {item}").unwrap();
    }
    writeln!(said, "from {}", plan.from_item).unwrap();
    for (field, output) in &plan.outputs {
        writeln!(said, "output {field} {output}").unwrap();
    }
    // Each alone: the terms of one plan share its room.
    for term in terms {
        let alone = PlanRequest {
            projection: Vec::new(),
            terms: vec![term],
            ..request(table, &mapping, &caller)
        };
        for verdict in dialect.plan(&alone).unwrap().verdicts {
            let (kind, text) = match verdict {
                Verdict::Exact(condition) => ("exact", condition),
                Verdict::Wider(condition) => ("wider", condition),
                Verdict::Skipped(why) => ("skipped", why),
            };
            writeln!(said, "{kind} {text}").unwrap();
        }
    }
    for key in plan.order.iter().flatten() {
        writeln!(said, "order {key}").unwrap();
    }
    match &plan.slicing {
        Slicing::Never(why) => writeln!(said, "never {why}").unwrap(),
        Slicing::ByTime { expression, step } => {
            writeln!(said, "by-time {expression} {step}").unwrap();
        }
    }
    for note in &plan.notes {
        writeln!(said, "note {note}").unwrap();
    }
}

#[test]
fn a_dialect_of_contract_0_1_answers_the_same() {
    let dialect = dialect();
    let described = dialect.description();
    let functions: Vec<&str> = described.functions.iter().map(|f| f.name()).collect();
    let mut said = format!(
        "{} {} limit {} top-n {} {}\n",
        described.name,
        described.version,
        described.limit,
        described.top_n,
        functions.join(" ")
    );
    let view = Table {
        source: Source::View {
            name: "Home.v".to_owned(),
            text: "SELECT 1 AS i".to_owned(),
        },
        ..computed()
    };
    for table in [table(), computed(), view] {
        plan(&dialect, &table, &mut said);
    }
    compare("timestream.txt", &said);
}

/// What a policy rules of each table and of terms of each kind, with each of some options.
fn rulings(policy: &Policy, options: &[&[(&str, &str)]]) -> String {
    let mut said = format!("{} {}\n", policy.name(), policy.version());
    let dialect = dialect();
    let caller = Caller {
        account: "111122223333".to_owned(),
        arn: "arn:aws:iam::111122223333:user/u".to_owned(),
        tags: vec![("team".to_owned(), "red".to_owned())],
        groups: vec!["admins".to_owned()],
    };
    for options in options {
        for mut table in [table(), computed()] {
            let mapping = dialect.map_table(&table).unwrap();
            let terms = domains(&mapping);
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            table.options = options.iter().map(owned).collect();
            for terms in [Vec::new(), terms] {
                let asked = PlanRequest {
                    terms,
                    ..request(&table, &mapping, &caller)
                };
                writeln!(said, "options {:?}, {} terms", options, asked.terms.len()).unwrap();
                match policy.review(&asked) {
                    Err(error) => {
                        // It names the digest, too.
                        let (_, words) = error.message().split_once(": ").unwrap();
                        writeln!(said, "{} {words}", error.code().as_str()).unwrap();
                    }
                    Ok(ruling) => {
                        for demanded in &ruling.terms {
                            writeln!(said, "term {}", term(demanded)).unwrap();
                        }
                        writeln!(said, "bytes {:?}", ruling.max_bytes_metered).unwrap();
                        for note in &ruling.notes {
                            writeln!(said, "note {note}").unwrap();
                        }
                    }
                }
            }
        }
    }
    said
}

#[test]
fn policies_of_contract_0_1_rule_the_same() {
    let guard = rulings(
        &policy("guard.wasm"),
        &[
            &[],
            &[("guard_time", "24h"), ("guard_max_bytes", "1000")],
            &[("guard_time", "nonsense")],
        ],
    );
    compare("guard.txt", &guard);
    let every_kind = rulings(
        &policy("faulty-policy.wasm"),
        &[&[("fault", "every-kind")], &[("fault", "shown")]],
    );
    compare("faulty-policy.txt", &every_kind);
}
