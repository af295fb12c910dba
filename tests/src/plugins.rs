//! The contract through real components: every part of it once, and every way a plugin can go wrong.

#![expect(clippy::unwrap_used, reason = "a test")]

use arrow::array::AsArray as _;
use arrow::datatypes::{DataType, TimeUnit, TimestampMillisecondType};
use connector::plugin::{Caller, Dialect, Engine, Plan, PlanRequest, Slicing, Verdict, precompile};
use connector::query::{
    Bound, Column, ColumnKind, Domain, Expression, Function, Literal, Range, Scalar, SortKey,
    Source, Table, Term, TimestreamType, ValueSet,
};
use connector::wire::Constraints;
use connector::{Code, Connector, Fault, Settings};
use tests::athena::{get_table, select, table_name};
use tests::scripted::{Call, Reply, Scripted};
use tests::{component, plugin, sdk_config};

fn column(name: &str, scalar: Scalar, kind: ColumnKind) -> Column {
    Column {
        name: name.into(),
        r#type: TimestreamType::Scalar(scalar),
        kind,
        partition_key: false,
        as_double: false,
    }
}

fn table() -> Table {
    Table {
        source: Source::Table {
            database: "Fleet-Metrics".into(),
            table: "o\"dd".into(),
        },
        columns: vec![
            column("deviceId", Scalar::Varchar, ColumnKind::Dimension),
            column("measure_name", Scalar::Varchar, ColumnKind::MeasureName),
            column("time", Scalar::Timestamp, ColumnKind::Time),
            column(
                "measure_value::double",
                Scalar::Double,
                ColumnKind::MeasureValue,
            ),
            column("n", Scalar::Bigint, ColumnKind::MeasureValue),
            column("on", Scalar::Boolean, ColumnKind::MeasureValue),
        ],
        options: Vec::new(),
    }
}

/// Asks the shipped dialect for a plan of all fields with these terms.
fn plan(table: &Table, terms: Vec<Term>, order: &[SortKey], limit: Option<u64>) -> Plan {
    let dialect = plugin("timestream").unwrap();
    let mapping = dialect.map_table(table).unwrap();
    let request = PlanRequest {
        table,
        mapping: &mapping,
        projection: (0..mapping.fields.len()).collect(),
        terms,
        order,
        limit,
        now: 1_700_000_000_000_000_000,
        caller: &Caller::default(),
    };
    dialect.plan(&request).unwrap()
}

fn domain(field: usize, values: ValueSet, null_allowed: bool) -> Term {
    Term::Domain(Domain {
        field,
        values,
        null_allowed,
    })
}

fn text(text: &str) -> Literal {
    Literal::Text(text.into())
}

#[test]
fn the_shipped_dialect_describes_itself() {
    let dialect = plugin("timestream").unwrap();
    let described = dialect.description();
    assert_eq!(described.name, "timestream");
    for function in [Function::And, Function::Equal, Function::Like] {
        assert!(described.functions.contains(&function), "{function:?}");
    }
    assert!(described.limit && described.top_n);
    assert_eq!(dialect.digest().as_str().len(), 64);
}

#[test]
fn fields_are_lower_case_and_keep_their_columns() {
    let mapping = plugin("timestream").unwrap().map_table(&table()).unwrap();
    let fields: Vec<_> = mapping
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.column))
        .collect();
    assert_eq!(
        fields,
        [
            ("deviceid", Some(0)),
            ("measure_name", Some(1)),
            ("time", Some(2)),
            ("measure_value::double", Some(3)),
            ("n", Some(4)),
            ("on", Some(5))
        ]
    );
    let types: Vec<_> = mapping
        .fields
        .iter()
        .map(|field| field.data_type.clone())
        .collect();
    use DataType::{Boolean, Date64, Float64, Int64, Utf8};
    assert_eq!(types, [Utf8, Utf8, Date64, Float64, Int64, Boolean]);
}

/// As many measures as a table may have.
#[test]
fn a_table_of_a_thousand_timestamps_is_mapped_within_a_call_s_fuel() {
    let measures = (0..1_024).map(|number| {
        column(
            &format!("measure {number}"),
            Scalar::Timestamp,
            ColumnKind::MeasureValue,
        )
    });
    let mut wide = table();
    wide.columns.extend(measures);
    for option in ["timestream_nanos_columns", "timestream_plain_names"] {
        wide.options.push((option.into(), "true".into()));
    }
    let mapping = plugin("timestream").unwrap().map_table(&wide).unwrap();
    assert_eq!(mapping.fields.len(), wide.columns.len() + 1_025 + 1);
    let plan = plan(&wide, Vec::new(), &[], None);
    assert_eq!(plan.outputs.len(), mapping.fields.len());
}

#[test]
fn nested_types_travel_as_arenas() {
    let scalar = |scalar| TimestreamType::Scalar(scalar);
    let row = TimestreamType::Row(vec![
        ("a".into(), scalar(Scalar::Bigint)),
        (String::new(), scalar(Scalar::Varchar)),
    ]);
    let nested = |name: &str, r#type| Column {
        r#type,
        ..column(name, Scalar::Unknown, ColumnKind::Computed)
    };
    let table = Table {
        source: Source::Passthrough("SELECT 1".into()),
        columns: vec![
            nested(
                "l",
                TimestreamType::List(Box::new(TimestreamType::List(Box::new(row)))),
            ),
            nested(
                "s",
                TimestreamType::Series(Box::new(scalar(Scalar::Double))),
            ),
        ],
        options: Vec::new(),
    };
    let mapping = plugin("timestream").unwrap().map_table(&table).unwrap();
    let shown: Vec<String> = mapping
        .fields
        .iter()
        .map(|field| field.data_type.to_string())
        .collect();
    assert!(
        shown[0].starts_with("List(") && shown[0].contains("Int64") && shown[0].contains("field_1"),
        "{}",
        shown[0]
    );
    assert!(
        shown[1].contains("time") && shown[1].contains("measure_value"),
        "{}",
        shown[1]
    );
    // And back again, inside a plan.
    let plan = plan(&table, vec![domain(0, ValueSet::All, false)], &[], None);
    assert_eq!(plan.outputs.len(), 2);
}

#[test]
fn a_domain_of_each_kind_is_answered() {
    let nanos = |nanos| Literal::Nanos(nanos);
    let hour = Range {
        low: Bound::Inclusive(nanos(0)),
        high: Bound::Exclusive(nanos(3_600_000_000_000)),
    };
    let cases = [
        (
            domain(0, ValueSet::AnyOf(vec![text("O'Brien")]), false),
            r#""deviceId" = 'O''Brien'"#,
        ),
        (
            domain(0, ValueSet::NoneOf(vec![text("a")]), false),
            r#""deviceId" <> 'a'"#,
        ),
        (domain(0, ValueSet::None, true), r#""deviceId" IS NULL"#),
        (domain(0, ValueSet::All, false), r#""deviceId" IS NOT NULL"#),
        (
            domain(5, ValueSet::AnyOf(vec![Literal::Boolean(true)]), false),
            r#""on" = true"#,
        ),
        (
            domain(4, ValueSet::AnyOf(vec![Literal::Integer(i64::MIN)]), false),
            r#""n" = (-9223372036854775807 - 1)"#,
        ),
        (
            domain(2, ValueSet::Ranges(vec![hour]), false),
            r#""time" >= TIMESTAMP '1970-01-01 00:00:00.000000000' AND "time" < TIMESTAMP '1970-01-01 01:00:00.000000000'"#,
        ),
    ];
    for (term, expected) in cases {
        let plan = plan(&table(), vec![term.clone()], &[], None);
        let [Verdict::Exact(condition)] = plan.verdicts.as_slice() else {
            panic!("{term:?}: {:?}", plan.verdicts)
        };
        let bare = |text: &str| text.replace(['(', ')'], "");
        assert_eq!(bare(condition), bare(expected), "{term:?}");
    }
}

#[test]
fn an_expression_an_order_and_a_limit_travel() {
    let call = |function, arguments| Expression::Call(function, arguments);
    let like = call(
        Function::Like,
        vec![Expression::Field(0), Expression::Constant(text("dev\\_%"))],
    );
    let equal = call(
        Function::Equal,
        vec![
            Expression::Field(5),
            Expression::Constant(Literal::Boolean(true)),
        ],
    );
    let term = Term::Expression(call(Function::And, vec![like, equal]));
    let order = [SortKey {
        field: 2,
        descending: true,
        nulls_first: false,
    }];
    let plan = plan(&table(), vec![term], &order, Some(10));
    let [Verdict::Exact(condition)] = plan.verdicts.as_slice() else {
        panic!("{:?}", plan.verdicts)
    };
    assert!(
        condition.contains(r#""deviceId" LIKE 'dev\\_%' ESCAPE '\'"#),
        "{condition}"
    );
    assert!(condition.contains(r#""on" = true"#), "{condition}");
    assert_eq!(plan.order, Some(vec![r#""time""#.to_owned()]));
    assert!(
        matches!(plan.slicing, Slicing::ByTime { ref expression, step } if expression == r#""time""# && step > 0)
    );
    assert_eq!(plan.from_item, r#""Fleet-Metrics"."o""dd""#);
}

#[test]
fn an_expression_it_does_not_translate_is_skipped_with_a_reason() {
    let negate = Expression::Call(Function::Negate, vec![Expression::Field(4)]);
    let equal = Expression::Call(
        Function::Equal,
        vec![negate, Expression::Constant(Literal::Integer(1))],
    );
    let plan = plan(&table(), vec![Term::Expression(equal)], &[], None);
    assert!(
        matches!(plan.verdicts.as_slice(), [Verdict::Skipped(why)] if !why.is_empty()),
        "{:?}",
        plan.verdicts
    );
}

#[test]
fn views_and_passthrough_are_sources() {
    let table = |source| Table {
        source,
        columns: vec![column("x", Scalar::Integer, ColumnKind::Computed)],
        options: Vec::new(),
    };
    // A trailing comment must not swallow what follows, nor a semicolon end the statement.
    let query = "SELECT 1 AS x; -- the end";
    let view = plan(
        &table(Source::View {
            name: "v".into(),
            text: "SELECT 1 AS x -- one".into(),
        }),
        vec![],
        &[],
        None,
    );
    assert_eq!(view.common_tables.len(), 1);
    assert!(view.common_tables[0].contains("SELECT 1 AS x"));
    let passthrough = plan(
        &table(Source::Passthrough("SELECT 1 AS x".into())),
        vec![],
        &[],
        None,
    );
    assert!(passthrough.from_item.contains("SELECT 1 AS x"));
    assert!(matches!(passthrough.slicing, Slicing::Never(_)));
    let dialect = plugin("timestream").unwrap();
    let odd = table(Source::Passthrough(query.into()));
    let mapping = dialect.map_table(&odd).unwrap();
    let request = PlanRequest {
        table: &odd,
        mapping: &mapping,
        projection: vec![0],
        terms: vec![],
        order: &[],
        limit: None,
        now: 0,
        caller: &Caller::default(),
    };
    // Either harmless or refused; never a broken statement.
    match dialect.plan(&request) {
        Ok(plan) => assert!(!plan.from_item.contains(';'), "{}", plan.from_item),
        Err(error) => assert!(!error.message().is_empty()),
    }
}

/// The misbehaving plugin with an option that says how, or nothing for none.
fn faulty(fault: &str) -> (Table, std::sync::Arc<Dialect>) {
    let options = if fault.is_empty() {
        vec![]
    } else {
        vec![("fault".into(), fault.into())]
    };
    (Table { options, ..table() }, plugin("faulty").unwrap())
}

fn faulty_plan(fault: &str) -> connector::Result<Plan> {
    let (table, plugin) = faulty(fault);
    // Its mapping is the default one for faults of the plan.
    let mapping = plugin.map_table(&Table {
        options: Vec::new(),
        ..table.clone()
    })?;
    plugin.plan(&PlanRequest {
        table: &table,
        mapping: &mapping,
        projection: vec![0, 2],
        terms: vec![domain(0, ValueSet::AnyOf(vec![text("a")]), false)],
        order: &[],
        limit: None,
        now: 0,
        caller: &Caller::default(),
    })
}

#[test]
fn every_bad_answer_names_the_plugin_and_the_next_call_works() {
    let cases = [
        ("trap", "failed in `plan`: it panicked: a plugin's bug ("),
        ("loop", "did not come to an end within its fuel"),
        ("recurse", "ran out of stack"),
        ("allocate", "asked for more than 64 MiB"),
        ("output", "answered with more than"),
        ("long-part", "bytes of SQL; at most 1048576"),
        ("many-parts", "bytes of SQL; at most 1048576"),
        ("unbalanced", "parenthesis"),
        ("two-statements", "semicolon"),
        ("comment", "comment"),
        ("clause", "begins another clause"),
        ("wrong-index", "an output for field"),
        ("missing-output", "no output for field"),
        ("missing-verdict", "0 verdicts for 1 terms"),
    ];
    for (fault, expected) in cases {
        let error = faulty_plan(fault).unwrap_err();
        assert!(error.message().contains(expected), "{fault}: {error:?}");
        assert!(error.message().contains("faulty"), "{fault}: {error}");
        assert_eq!(
            (error.code(), error.fault()),
            (Code::Internal, Fault::Plugin),
            "{fault}"
        );
        assert!(faulty_plan("").is_ok(), "after {fault}");
    }
}

#[test]
fn arenas_that_loop_or_look_ahead_and_types_that_cannot_be_are_refused() {
    let cases = [
        ("cyclic-arena", "does not stand before it"),
        ("forward-arena", "does not stand before it"),
        ("undecodable", "cannot be read as"),
    ];
    for (fault, expected) in cases {
        let (table, plugin) = faulty(fault);
        let error = plugin.map_table(&table).unwrap_err();
        assert!(
            error.message().contains(expected) && error.message().contains("faulty"),
            "{fault}: {error}"
        );
        assert!(
            plugin
                .map_table(&Table {
                    options: Vec::new(),
                    ..table
                })
                .is_ok()
        );
    }
}

#[test]
fn what_is_no_dialect_is_not_admitted() {
    let engine = Engine::new().unwrap();
    let refused = |bytes: &[u8], why: &str| {
        let error = Dialect::from_bytes(&engine, bytes).unwrap_err();
        assert!(error.message().contains(why), "{error}");
    };
    refused(b"", "not a WebAssembly component");
    refused(b"\0asm\x01\0\0\0", "not a WebAssembly component");
    let bytes = std::fs::read(component("timestream").unwrap()).unwrap();
    refused(&bytes[..bytes.len() / 2], "not a WebAssembly component");
    refused(&vec![0; (8 << 20) + 1], "larger than 8 MiB");
    let text = |text: &str| wat::parse_str(text).unwrap();
    refused(&text("(module)"), "not a WebAssembly component");
    refused(
        &text(r#"(component (import "clock" (func)))"#),
        "it imports something",
    );
    refused(
        &text("(component)"),
        "does not export timestream:dialect/dialect",
    );
    // A component of the policy world, which this host does not serve as a dialect.
    let policy = std::fs::read(component("guard").unwrap()).unwrap();
    refused(&policy, "does not export timestream:dialect/dialect");
    let missing = Dialect::from_file(&engine, std::path::Path::new("no/such.wasm")).unwrap_err();
    assert!(missing.message().contains("no/such.wasm"), "{missing}");
}

#[test]
fn a_precompiled_plugin_answers_as_the_compiled_one_and_another_one_s_code_is_left_alone() {
    let engine = Engine::new().unwrap();
    // Code is loaded from there alone.
    let file = std::env::current_exe().unwrap();
    let file = file.with_file_name("precompiled-dialect.wasm");
    std::fs::copy(component("timestream").unwrap(), &file).unwrap();
    let compiled = Dialect::from_file(&engine, &file).unwrap();
    for other in ["timestream", "java-compat"] {
        let bytes = std::fs::read(component(other).unwrap()).unwrap();
        let code = precompile(&engine, &bytes).unwrap();
        std::fs::write(file.with_extension("cwasm"), code).unwrap();
        let loaded = Dialect::from_file(&engine, &file).unwrap();
        assert_eq!(loaded.digest(), compiled.digest());
        assert_eq!(loaded.description(), compiled.description());
        let mapped = |plugin: &Dialect| plugin.map_table(&table()).unwrap();
        assert_eq!(mapped(&loaded), mapped(&compiled));
    }
    std::fs::remove_file(file.with_extension("cwasm")).unwrap();
    let refused = precompile(&engine, b"").unwrap_err();
    assert!(refused.message().contains("not a WebAssembly component"));
}

/// The shipped dialects show none; Athena reads it as `timestamp(3) with time zone`.
#[tokio::test]
async fn a_dialect_may_show_timestamps_with_the_zone_utc() {
    let timestream = Scripted::start(|call: &Call| {
        if call.sql().starts_with("DESCRIBE") {
            return Reply::description(&[("time", "timestamp", "TIMESTAMP")]);
        }
        Reply::page(
            &[("time", "TIMESTAMP")],
            &[&[Some("2024-03-01 00:00:00.001999999")]],
            None,
        )
    });
    let timestream = timestream.await.unwrap();
    let settings = Settings::from_lookup(|name| match name {
        "spill_bucket" => Some("spill".to_owned()),
        "disable_glue" => Some("true".to_owned()),
        "dialect_options" => Some(r#"{"fault": "zoned"}"#.to_owned()),
        _ => None,
    });
    // A bucket that is there.
    let s3 = Scripted::start(|_| Reply::Json(String::new()));
    let s3 = s3.await.unwrap();
    let config = sdk_config(timestream.url(), s3.url());
    let faulty = plugin("faulty").unwrap();
    let connector = Connector::with_plugin(settings.unwrap(), &config, faulty);
    let zoned = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let constraints = Constraints {
        limit: -1,
        ..Constraints::default()
    };
    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    assert_eq!(*schema.field(0).data_type(), zoned);
    let sizes = (16_000_000, 5_242_880);
    let read = select(&connector, None, &name, &["time"], &constraints, sizes).await;
    let (batches, _) = read.unwrap();
    let times = batches[0]
        .column(0)
        .as_primitive::<TimestampMillisecondType>();
    // 2024-03-01 00:00:00.001, above twelve bits for the zone, of which UTC's is 0 (wit/README.md).
    assert_eq!(times.value(0), 1_709_251_200_001 << 12);
}
