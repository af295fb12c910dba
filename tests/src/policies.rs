//! Policies in front of a dialect: what they demand holds for every row, what they refuse is not asked of Timestream, and
//! one that cannot be had lets nothing through.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use connector::plugin::{Digest, Engine, Verdict};
use connector::slot::{Choice, Keys, Place, Policies};
use connector::wire::{Constraints, Request, write_request};
use connector::{Code, Connector, Settings};
use serde_json::json;
use tests::athena::{get_table, read_request, rows, schema, select, splits, table_name};
use tests::proof::end_to_end::passthrough;
use tests::proof::model::Kind;
use tests::proof::oracle::{Expr, Op, Term};
use tests::proof::wire::constraints;
use tests::scripted::{Call, Reply, Scripted};
use tests::stores::{PATIENT, push_current};
use tests::{component, plugin, sdk_config};

const USUAL: (u64, u64) = (16_000_000, 5_242_880);

/// Settings with policies from the folder of the components, and more.
fn settings(policies: &str, more: &[(&str, String)]) -> Settings {
    let dialect = component("timestream").unwrap().display().to_string();
    Settings::from_lookup(|name| match name {
        "spill_bucket" => Some("spill".to_owned()),
        "disable_glue" => Some("true".to_owned()),
        "slices_per_query" => Some("1".to_owned()),
        "dialect" => Some(dialect.clone()),
        "policies" => Some(policies.to_owned()),
        name => {
            let value = more.iter().find(|(known, _)| *known == name);
            value.map(|(_, value)| value.clone())
        }
    })
    .unwrap()
}

fn options(options: serde_json::Value) -> (&'static str, String) {
    ("policy_options", options.to_string())
}

/// Rows `(host, time)`, as every statement of the script gives them, in pages of one each.
async fn timestream(rows: &'static [[&'static str; 2]]) -> Scripted {
    let script = move |call: &Call| {
        if call.sql().starts_with("DESCRIBE") {
            return Reply::description(&[
                ("host", "varchar", "DIMENSION"),
                ("time", "timestamp", "TIMESTAMP"),
            ]);
        }
        let at = call.token().map_or(0, |token| token.parse().unwrap());
        let [host, time] = rows[at].map(Some);
        let next = (at + 1 < rows.len()).then(|| (at + 1).to_string());
        let both = [("host", "VARCHAR"), ("time", "TIMESTAMP")];
        let mut page = match Reply::page(&both, &[&[host, time]], next.as_deref()) {
            Reply::Json(page) => serde_json::from_str::<serde_json::Value>(&page).unwrap(),
            _ => unreachable!(),
        };
        page["QueryStatus"] = json!({"CumulativeBytesMetered": 10_000_000 * (at + 1)});
        Reply::Json(page.to_string())
    };
    Scripted::start(script).await.unwrap()
}

/// A bucket that answers that it is there.
async fn s3() -> Scripted {
    Scripted::start(|_| Reply::Json(String::new()))
        .await
        .unwrap()
}

fn connector(settings: Settings, timestream: &Scripted, s3: &Scripted) -> Connector {
    let config = sdk_config(timestream.url(), s3.url());
    Connector::with_plugin(settings, &config, plugin("timestream").unwrap())
}

/// All rows of `d.t`.
async fn all(connector: &Connector, columns: &[&str]) -> anyhow::Result<Vec<Vec<String>>> {
    let name = table_name("d", "t");
    let (batches, _) = select(connector, None, &name, columns, &unconstrained(), USUAL).await?;
    rows(&batches)
}

fn unconstrained() -> Constraints {
    Constraints {
        limit: -1,
        ..Constraints::default()
    }
}

fn code(error: &anyhow::Error) -> Code {
    error.downcast_ref::<connector::Error>().unwrap().code()
}

/// Statements that were run for rows.
fn statements(timestream: &Scripted) -> Vec<String> {
    let calls = timestream.calls().into_iter();
    let queries = calls.filter(|call| call.operation == "Query");
    let statements = queries.map(|call| call.sql().to_owned());
    statements
        .filter(|sql| !sql.starts_with("DESCRIBE"))
        .collect()
}

#[tokio::test]
async fn a_window_is_asked_of_timestream_and_held_against_every_row() {
    let window = options(json!({"guard_time": "24h"}));
    let settings = settings("guard", &[window]);
    // A Timestream that gives more than it is asked for.
    let timestream = timestream(&[
        ["old", "2024-01-01 00:00:00.000000000"],
        ["new", "2100-01-01 00:00:00.000000000"],
    ])
    .await;
    let s3 = s3().await;
    let connector = connector(settings, &timestream, &s3);
    assert_eq!(all(&connector, &["host", "time"]).await.unwrap().len(), 1);
    let [statement, _] = statements(&timestream).try_into().unwrap();
    assert!(statement.contains("WHERE (\"time\" >= "), "{statement}");

    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let constraints = unconstrained();
    let parts = splits(&connector, &name, &schema, &constraints).await;
    let split = parts.unwrap().pop().unwrap();
    // A field that is needed and was not asked for is read, and not returned.
    let request = read_request(&name, &schema, &["host"], split, &constraints).unwrap();
    let request = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let explained = connector.explain(&request).await.unwrap();
    assert!(
        explained
            .statement
            .sql
            .starts_with("SELECT \"host\", \"time\"\n")
    );
    let [demand] = explained.demands.as_slice() else {
        panic!("{:?}", explained.demands);
    };
    assert!(demand.policy.starts_with("`guard` ("), "{}", demand.policy);
    assert_eq!(demand.ruling.notes.len(), 1);
    let [Verdict::Exact(condition)] = explained.statement.verdicts.as_slice() else {
        panic!("{:?}", explained.statement.verdicts);
    };
    assert!(condition.starts_with("\"time\" >= "), "{condition}");
    assert_eq!(explained.statement.residual, demand.ruling.terms);
}

#[tokio::test]
async fn a_limit_is_pushed_beside_terms_that_the_dialect_takes_exactly() {
    let settings = settings("guard", &[options(json!({"guard_time": "24h"}))]);
    let timestream = timestream(&[["new", "2100-01-01 00:00:00.000000000"]]).await;
    let s3 = s3().await;
    let connector = connector(settings, &timestream, &s3);
    let constraints = Constraints {
        limit: 5,
        ..Constraints::default()
    };
    let columns = ["host", "time"];
    let name = table_name("d", "t");
    let read = select(&connector, None, &name, &columns, &constraints, USUAL).await;
    assert_eq!(rows(&read.unwrap().0).unwrap().len(), 1);
    let statement = statements(&timestream).pop().unwrap();
    assert!(statement.ends_with("\nLIMIT 5"), "{statement}");
}

#[tokio::test]
async fn a_budget_ends_the_read_and_the_least_one_counts() {
    let rows = &[["a", "2100-01-01 00:00:00.000000000"]; 4];
    for (budget, setting, whose) in [
        ("15000000", None, "policy `guard` ("),
        ("25000000", Some("15000000"), "`max_bytes_metered`"),
    ] {
        let mut more = vec![options(
            json!({"guard_time": "optional", "guard_max_bytes": budget}),
        )];
        more.extend(setting.map(|setting| ("max_bytes_metered", setting.to_owned())));
        let timestream = timestream(rows).await;
        let s3 = s3().await;
        let connector = connector(settings("guard", &more), &timestream, &s3);
        let error = all(&connector, &["host", "time"]).await.unwrap_err();
        let said = error.to_string();
        assert!(said.contains("has metered 20000000 bytes"), "{said}");
        assert!(
            said.contains(whose) && said.contains("allows 15000000"),
            "{said}"
        );
        let cancelled = timestream.calls().into_iter();
        assert!(
            cancelled
                .into_iter()
                .any(|call| call.operation == "CancelQuery")
        );
    }
}

#[tokio::test]
async fn what_is_refused_is_never_asked_of_timestream() {
    let rules = json!([{"account": "111122223333", "tenants": {"of": ["a"]}}]);
    let tenant = options(json!({"tenant_column": "host", "tenant_rules": rules}));
    let timestream = timestream(&[["a", "2100-01-01 00:00:00.000000000"]]).await;
    let s3 = s3().await;
    let connector = connector(settings("tenant", &[tenant]), &timestream, &s3);
    // Nobody asks.
    let error = all(&connector, &["host"]).await.unwrap_err();
    assert_eq!(code(&error), Code::AccessDenied);
    assert!(error.to_string().contains("`tenant_rules`"), "{error}");
    let query = table_name("system", "query");
    let error = schema(&connector, &query, passthrough("SELECT 1 AS host")).await;
    assert_eq!(error.unwrap_err().code(), Code::AccessDenied);
    let calls = timestream.calls();
    let all_described = calls
        .iter()
        .filter(|call| call.operation == "Query")
        .all(|call| call.sql().starts_with("DESCRIBE"));
    assert!(all_described, "{calls:?}");
    assert!(!calls.iter().any(|call| call.operation == "PrepareQuery"));
}

#[tokio::test]
async fn each_policy_sees_the_terms_of_those_before_it() {
    let shown = |policies| async move {
        let more = options(json!({"guard_time": "24h", "fault": "shown"}));
        let timestream = timestream(&[["a", "2100-01-01 00:00:00.000000000"]]).await;
        let s3 = s3().await;
        let connector = connector(settings(policies, &[more]), &timestream, &s3);
        all(&connector, &["host"]).await.unwrap_err().to_string()
    };
    assert!(shown("faulty-policy, guard").await.contains("0 terms"));
    assert!(shown("guard,faulty-policy").await.contains("1 terms"));
}

/// A term that the host keeps to itself is not shown, but its fields are, when splits are made and when they are read.
#[tokio::test]
async fn policies_see_the_fields_of_terms_that_are_kept() {
    let timestream = Scripted::start(|_| {
        Reply::description(&[
            ("host", "varchar", "DIMENSION"),
            ("time", "timestamp", "TIMESTAMP"),
            ("at", "timestamp", "MULTI"),
        ])
    });
    let (timestream, s3) = (timestream.await.unwrap(), s3().await);
    let more = options(json!({"fault": "shown"}));
    let connector = connector(settings("faulty-policy", &[more]), &timestream, &s3);
    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let fields = ["time", "at"].map(|name| (name.to_owned(), Kind::Timestamp));
    let sides = vec![Expr::Column(0), Expr::Column(1)];
    let equal = Term::Expression(Expr::Call(Op::Equal, sides));
    let constraints = constraints(&fields, &[&equal]).unwrap();
    let error = splits(&connector, &name, &schema, &constraints).await;
    let said = error.unwrap_err().to_string();
    assert!(said.contains("0 terms, 2 fields"), "{said}");
}

#[tokio::test]
async fn a_policy_that_cannot_be_had_lets_nothing_through() {
    let other = Digest::of(b"another");
    for (policies, said) in [
        (
            "guard,nowhere".to_owned(),
            "nowhere.wasm`: the file cannot be read",
        ),
        (
            "timestream".to_owned(),
            "it does not export timestream:dialect/policy@0.1",
        ),
        (format!("guard@{other}"), "the package's has the digest"),
    ] {
        let timestream = timestream(&[["a", "2100-01-01 00:00:00.000000000"]]).await;
        let s3 = s3().await;
        let more = [options(json!({"guard_time": "optional"}))];
        let connector = connector(settings(&policies, &more), &timestream, &s3);
        let error = all(&connector, &["host"]).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(statements(&timestream), Vec::<String>::new());
    }
}

#[tokio::test]
async fn policies_of_a_store_are_those_that_lie_there() {
    let store = tempfile::tempdir().unwrap();
    let more = [
        options(json!({"guard_time": "optional"})),
        ("plugin_store", store.path().display().to_string()),
    ];
    let timestream = timestream(&[["a", "2100-01-01 00:00:00.000000000"]]).await;
    let s3 = s3().await;
    // The package has it too, but the store is where policies are looked for.
    let empty = connector(settings("guard", &more), &timestream, &s3);
    let error = all(&empty, &["host", "time"]).await.unwrap_err();
    assert!(error.to_string().contains("`guard`"), "{error}");

    let guard = std::fs::read(component("guard").unwrap()).unwrap();
    push_current(store.path(), "guard", &guard);
    let there = connector(settings("guard", &more), &timestream, &s3);
    assert_eq!(all(&there, &["host", "time"]).await.unwrap().len(), 1);
    // A dialect under the name of a policy.
    let dialect = std::fs::read(component("timestream").unwrap()).unwrap();
    push_current(store.path(), "guard", &dialect);
    let wrong = connector(settings("guard", &more), &timestream, &s3);
    let error = all(&wrong, &["host", "time"]).await.unwrap_err();
    assert!(error.to_string().contains("policy@0.1"), "{error}");
}

/// The last good policy goes on while a bad one lies there, and the next good one is taken.
#[tokio::test]
async fn a_policy_is_replaced_in_the_store() {
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let bytes = |name: &str| std::fs::read(component(name).unwrap()).unwrap();
    push_current(store, "rules", &bytes("guard"));
    let place = Place::Folder(store.to_owned());
    let (engine, config) = (Engine::new().unwrap(), sdk_config("", ""));
    let chain = vec![Choice::parse("rules").unwrap()];
    let policies = Policies::new(
        chain,
        Some(&place),
        &Keys::default(),
        store,
        &engine,
        &config,
    );
    let policies = policies.with_times(Duration::ZERO, PATIENT);
    let current = async || {
        let mut current = policies.current().await.unwrap();
        (
            current.pop().unwrap().name().to_owned(),
            policies.refusals(),
        )
    };
    assert_eq!(current().await, ("guard".to_owned(), Vec::new()));
    push_current(store, "rules", &bytes("timestream"));
    let (name, refusals) = current().await;
    assert_eq!((name.as_str(), refusals.len()), ("guard", 1));
    assert!(refusals[0].contains("policy@0.1"), "{refusals:?}");
    push_current(store, "rules", &bytes("tenant"));
    assert_eq!(current().await, ("tenant".to_owned(), Vec::new()));
}

/// Whoever writes the metadata that travels with a read does not decide what the policies see.
#[tokio::test]
async fn with_policies_a_table_is_looked_up_again() {
    let more = options(json!({"guard_time": "required"}));
    let rows = &[["a", "2100-01-01 00:00:00.000000000"]];
    let timestream = timestream(rows).await;
    let s3 = s3().await;
    let connector = connector(settings("guard", &[more]), &timestream, &s3);
    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    // A table without a time would not be asked for a condition on it.
    let mut metadata = schema.metadata().clone();
    let table = metadata
        .values_mut()
        .find(|value| value.contains("\"time\""))
        .unwrap();
    assert!(table.contains("\"kind\":\"time\""), "{table}");
    *table = table.replace("\"kind\":\"time\"", "\"kind\":\"computed\"");
    let forged = schema.as_ref().clone().with_metadata(metadata);
    let refused = splits(&connector, &name, &Arc::new(forged), &unconstrained()).await;
    assert_eq!(refused.unwrap_err().code(), Code::AccessDenied);
}

#[tokio::test]
async fn a_split_of_another_day_is_not_read() {
    let more = options(json!({"guard_time": "24h"}));
    let rows = &[["a", "2100-01-01 00:00:00.000000000"]];
    let timestream = timestream(rows).await;
    let s3 = s3().await;
    let connector = connector(settings("guard", &[more]), &timestream, &s3);
    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let parts = splits(&connector, &name, &schema, &unconstrained()).await;
    let split = parts.unwrap().pop().unwrap();
    let read = async |now: i64| {
        let mut split = split.clone();
        let property = split.properties.get_mut("athena-timestream.now").unwrap();
        *property = now.to_string();
        let request = read_request(&name, &schema, &["host"], split, &unconstrained()).unwrap();
        let request = write_request(&Request::ReadRecordsRequest(request)).unwrap();
        connector.handle(&request).await.map(drop)
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_nanos()).unwrap();
    let hour = 3_600_000_000_000;
    read(now - 12 * hour).await.unwrap();
    for other in [0, now - 25 * hour, now + hour] {
        let error = read(other).await.unwrap_err();
        assert!(error.message().contains("can still run"), "{error}");
    }
}

/// A dialect that calls everything exact would let a limit cut other callers' rows.
#[tokio::test]
async fn a_lie_beside_a_limit_is_found_out() {
    let lying = ("dialect_options", r#"{"fault":"claims-true"}"#.to_owned());
    let more = [options(json!({"guard_time": "24h"})), lying];
    let timestream = timestream(&[
        ["old", "2024-01-01 00:00:00.000000000"],
        ["new", "2100-01-01 00:00:00.000000000"],
    ])
    .await;
    let s3 = s3().await;
    let config = sdk_config(timestream.url(), s3.url());
    let faulty = plugin("faulty").unwrap();
    let connector = Connector::with_plugin(settings("guard", &more), &config, faulty);
    let constraints = Constraints {
        limit: 2,
        ..Constraints::default()
    };
    let name = table_name("d", "t");
    let columns = ["host", "time"];
    let read = select(&connector, None, &name, &columns, &constraints, USUAL).await;
    let error = read.unwrap_err();
    assert!(
        error.to_string().contains("called a policy's term exact"),
        "{error}"
    );
}

/// What Timestream says may quote a row that is not the caller's.
#[tokio::test]
async fn a_service_s_reason_is_not_shown_beside_terms_of_a_policy() {
    let said = async |policies: &str| {
        let timestream = Scripted::start(|call: &Call| {
            if call.sql().starts_with("DESCRIBE") {
                return Reply::description(&[("time", "timestamp", "TIMESTAMP")]);
            }
            Reply::Error(
                400,
                "ValidationException",
                "Cannot cast 'secret' to BIGINT".into(),
            )
        });
        let (timestream, s3) = (timestream.await.unwrap(), s3().await);
        let more = options(json!({"guard_time": "24h"}));
        let connector = connector(settings(policies, &[more]), &timestream, &s3);
        all(&connector, &["time"]).await.unwrap_err().to_string()
    };
    assert!(said("").await.contains("secret"));
    let said = said("guard").await;
    assert!(!said.contains("secret"), "{said}");
    assert!(said.contains("may quote a row"), "{said}");
}

/// Timestream may run a statement to tell its columns, and then says what it found.
#[tokio::test]
async fn a_service_s_reason_is_not_shown_of_a_statement_s_columns() {
    let said = async |policies: &str| {
        let timestream = Scripted::start(|_| {
            Reply::Error(
                400,
                "ValidationException",
                "Cannot cast 'secret' to BIGINT".into(),
            )
        });
        let (timestream, s3) = (timestream.await.unwrap(), s3().await);
        let more = [
            options(json!({"guard_time": "optional"})),
            ("enable_query_passthrough", "true".to_owned()),
        ];
        let connector = connector(settings(policies, &more), &timestream, &s3);
        let arguments = passthrough("SELECT CAST(host AS BIGINT) FROM d.t");
        let name = table_name("system", "query");
        let columns = schema(&connector, &name, arguments).await;
        columns.unwrap_err().to_string()
    };
    let alone = said("").await;
    assert!(alone.contains("secret"), "{alone}");
    let guarded = said("guard").await;
    assert!(!guarded.contains("secret"), "{guarded}");
    assert!(guarded.contains("may quote a row"), "{guarded}");
}

/// What a plugin says when it panics may quote a rule.
#[tokio::test]
async fn the_message_of_a_panic_is_not_shown_under_a_policy() {
    let said = async |policies: &str, of_policy: serde_json::Value, of_dialect: &str| {
        let (timestream, s3) = (timestream(&[]).await, s3().await);
        let more = [
            options(of_policy),
            ("dialect_options", of_dialect.to_owned()),
        ];
        let config = sdk_config(timestream.url(), s3.url());
        let faulty = plugin("faulty").unwrap();
        let connector = Connector::with_plugin(settings(policies, &more), &config, faulty);
        all(&connector, &["host"]).await.unwrap_err().to_string()
    };
    let (panics, does_not) = (r#"{"fault": "trap"}"#, "{}");
    let alone = said("", json!({}), panics).await;
    assert!(alone.contains("it panicked: a plugin's bug ("), "{alone}");
    let under_policy = said("guard", json!({"guard_time": "24h"}), panics).await;
    let of_policy = said("faulty-policy", json!({"fault": "trap"}), does_not).await;
    for said in [under_policy, of_policy] {
        assert!(said.contains("it panicked (the reason may quote"), "{said}");
        assert!(!said.contains("bug"), "{said}");
    }
}
