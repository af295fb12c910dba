//! Plugins in a store, replaced while the connector runs: which one serves, what is refused, and that a query keeps the
//! one that it was planned with.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use connector::plugin::{Digest, Verdict};
use connector::slot::{Choice, Keys, Place, Slot};
use connector::wire::{Constraints, ReadRecordsRequest, Request, write_request};
use connector::{Code, Connector, Settings};
use local::s3::S3;
use tests::athena::{get_table, read_request, splits, table_name};
use tests::processes::{Moto, program};
use tests::proof::model::{Kind, Value};
use tests::proof::oracle::{Expr, Op, Term};
use tests::proof::wire::constraints;
use tests::scripted::{Reply, Scripted};
use tests::stores::{PATIENT, point, push, push_current};
use tests::{component, plugin, sdk_config, settings};

pub(crate) fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(component(name).unwrap()).unwrap()
}

/// The misbehaving plugin, in a mode of its own.
fn unfit(mode: &str) -> Vec<u8> {
    let mut component = bytes_of("faulty");
    let usual = b"mode: as usual      ";
    let windows = component.windows(usual.len());
    let places: Vec<usize> = windows
        .enumerate()
        .filter_map(|(place, window)| (window == usual).then_some(place))
        .collect();
    let [place] = places.as_slice() else {
        panic!("the mode stands at {places:?}");
    };
    let text = format!("mode: {mode:14}");
    component[*place..place + text.len()].copy_from_slice(text.as_bytes());
    component
}

pub(crate) fn usual() -> Choice {
    Choice::parse("timestream").unwrap()
}

/// A slot that looks at a folder at each request; the packaged plugin is the shipped one.
pub(crate) fn slot(store: &Path, choice: Choice) -> Slot {
    let packaged = plugin("timestream").unwrap();
    let place = Place::Folder(store.to_owned());
    Slot::new(
        packaged,
        Some(&place),
        &Keys::default(),
        choice,
        &sdk_config("", ""),
    )
    .with_times(Duration::ZERO, PATIENT)
}

#[tokio::test]
async fn the_pointer_decides_and_earlier_plugins_are_found_by_their_digest() {
    let store = tempfile::tempdir().unwrap();
    let slot = slot(store.path(), usual());
    let packaged = plugin("timestream").unwrap();
    let current = async || slot.current(None).await.unwrap().digest().clone();
    assert_eq!(current().await, *packaged.digest());
    assert!(slot.refusal(None).unwrap().contains("timestream/current"));

    let first = push(store.path(), "timestream", &bytes_of("java-compat"));
    let second = push(store.path(), "timestream", &bytes_of("faulty"));
    for digest in [&first, &second, &first] {
        point(store.path(), "timestream", &format!("{digest}\n"));
        assert_eq!(current().await, *digest);
        assert_eq!(slot.refusal(None), None);
    }
    // Also by an instance that never saw it as the current one, and without any.
    let other = self::slot(store.path(), usual());
    for digest in [&second, &first, packaged.digest()] {
        let plugin = other.of_digest(None, digest).await.unwrap();
        assert_eq!(plugin.digest(), digest);
    }
    let unknown = Digest::of(b"unknown");
    let error = other.of_digest(None, &unknown).await.unwrap_err();
    assert_eq!(error.code(), Code::PartialFailure);
    assert!(error.message().contains("run it again"), "{error}");
}

#[tokio::test]
async fn a_store_in_s3_serves_as_a_folder_does() {
    let moto = Moto::start().unwrap();
    let config = sdk_config("", &moto.url);
    let client = aws_sdk_s3::Client::new(&config);
    client
        .create_bucket()
        .bucket("plugin-store")
        .send()
        .await
        .unwrap();
    let put = async |key: String, body: Vec<u8>| {
        let put = client.put_object().bucket("plugin-store").key(key);
        put.body(body.into()).send().await.unwrap();
    };
    let place = Place::parse("s3://plugin-store/plugins").unwrap();
    let packaged = plugin("timestream").unwrap();
    let slot = || {
        let slot = Slot::new(
            packaged.clone(),
            Some(&place),
            &Keys::default(),
            usual(),
            &config,
        );
        slot.with_times(Duration::ZERO, PATIENT)
    };
    let one = slot();
    assert_eq!(one.current(None).await.unwrap().digest(), packaged.digest());
    let refusal = one.refusal(None).unwrap();
    assert!(refusal.contains("timestream/current"), "{refusal}");

    for name in ["java-compat", "faulty"] {
        let component = bytes_of(name);
        let digest = Digest::of(&component);
        let key = format!("plugins/timestream/{digest}.wasm");
        put(key, component).await;
        put(
            "plugins/timestream/current".to_owned(),
            digest.to_string().into(),
        )
        .await;
        // The second look is answered with 304, and changes nothing.
        for _ in 0..2 {
            assert_eq!(*one.current(None).await.unwrap().digest(), digest);
            assert_eq!(one.refusal(None), None);
        }
        assert_eq!(*slot().current(None).await.unwrap().digest(), digest);
    }
    let last = one.current(None).await.unwrap();
    drop(moto);
    assert_eq!(one.current(None).await.unwrap().digest(), last.digest());
    let refusal = one.refusal(None).unwrap();
    assert!(refusal.contains("cannot be reached"), "{refusal}");
}

#[tokio::test]
async fn whatever_is_wrong_in_the_store_the_last_good_plugin_goes_on() {
    let good = bytes_of("java-compat");
    let text = |text: &str| wat::parse_str(text).unwrap();
    let cases = [
        (b"text".to_vec(), "not a WebAssembly component"),
        (text("(module)"), "not a WebAssembly component"),
        (text("(component)"), "does not export timestream:dialect"),
        (
            text(r#"(component (import "clock" (func)))"#),
            "imports something",
        ),
        (bytes_of("guard"), "does not export timestream:dialect"),
        (unfit("trap"), "failed in `plan`: it panicked"),
        (unfit("refuse"), "it refuses every probe"),
        (unfit("many fields"), "fields; at most 10000"),
        (vec![0; (8 << 20) + 1], "more than 8388608 bytes"),
    ];
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let slot = slot(store, usual());
    let good = push(store, "timestream", &good);
    let last_good = async |expected: &str| {
        let plugin = slot.current(None).await.unwrap();
        assert_eq!(*plugin.digest(), good, "{expected}");
        let refusal = slot.refusal(None).unwrap();
        assert!(refusal.contains(expected), "{expected}: {refusal}");
        // As soon as it is right again.
        point(store, "timestream", good.as_str());
        assert_eq!(*slot.current(None).await.unwrap().digest(), good);
        assert_eq!(slot.refusal(None), None);
    };
    point(store, "timestream", good.as_str());
    assert_eq!(*slot.current(None).await.unwrap().digest(), good);
    for (component, expected) in cases {
        let digest = push(store, "timestream", &component);
        // Twice: what was refused once is not compiled again, and still refused.
        for _ in 0..2 {
            point(store, "timestream", digest.as_str());
            last_good(expected).await;
        }
    }
    // A component that is not, or not wholly, there.
    let other = Digest::of(&bytes_of("faulty"));
    point(store, "timestream", other.as_str());
    last_good("cannot find").await;
    let file = store.join("timestream").join(format!("{other}.wasm"));
    for cut in [0, 1, 70_000] {
        std::fs::write(&file, &bytes_of("faulty")[..cut]).unwrap();
        point(store, "timestream", other.as_str());
        last_good("SHA-256 is not the one in its name").await;
    }
    // A pointer to nothing.
    let longer = "0".repeat(201);
    for pointer in [
        "",
        "latest",
        &other.as_str().to_uppercase(),
        "../timestream",
        &longer[..65],
    ] {
        point(store, "timestream", pointer);
        last_good("not a SHA-256").await;
    }
    point(store, "timestream", &longer);
    last_good("more than 200 bytes").await;
    std::fs::remove_file(store.join("timestream/current")).unwrap();
    last_good("cannot find `timestream/current`").await;
    // And the one that was only half there is taken when it is whole.
    std::fs::write(&file, bytes_of("faulty")).unwrap();
    point(store, "timestream", other.as_str());
    assert_eq!(*slot.current(None).await.unwrap().digest(), other);
}

#[tokio::test]
async fn a_pinned_digest_is_the_only_one_that_serves() {
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let pinned = push(store, "timestream", &bytes_of("java-compat"));
    let other = push(store, "timestream", &bytes_of("faulty"));
    point(store, "timestream", other.as_str());
    let choice = Choice::parse(&format!("timestream@{pinned}")).unwrap();
    let slot = slot(store, choice);
    assert_eq!(*slot.current(None).await.unwrap().digest(), pinned);
    // Whoever pins one may do so because another is bad: a query that was planned with that is not read on.
    let error = slot.of_digest(None, &other).await.unwrap_err();
    assert_eq!(error.code(), Code::PartialFailure);
    assert!(error.message().contains(pinned.as_str()), "{error}");

    let choice = Choice::parse(&format!("timestream@{}", Digest::of(b"gone"))).unwrap();
    let slot = self::slot(store, choice);
    let error = slot.current(None).await.unwrap_err();
    assert!(error.message().contains("cannot find"), "{error}");
    assert!(slot.refusal(None).unwrap().contains("cannot find"));
}

/// The command's words on standard output, or on standard error where it fails.
fn command(moto: &Moto, arguments: &[&str]) -> Result<String, String> {
    let mut command = std::process::Command::new(program("athena-timestream").unwrap());
    let command = command.arg("plugin").args(arguments).envs([
        ("AWS_ENDPOINT_URL", moto.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local-secret"),
        ("AWS_REGION", "us-east-1"),
    ]);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

#[tokio::test]
async fn a_plugin_is_pushed_and_an_earlier_one_made_current_again() {
    let moto = Moto::start().unwrap();
    let config = sdk_config("", &moto.url);
    let client = aws_sdk_s3::Client::new(&config);
    let create = client.create_bucket().bucket("plugin-store");
    create.send().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.wasm");
    std::fs::write(&text, "text").unwrap();
    let empty = folder.path().join("empty.wasm");
    std::fs::write(&empty, wat::parse_str("(component)").unwrap()).unwrap();
    let file = |name: &str| component(name).unwrap().display().to_string();
    let digest = |name: &str| Digest::of(&bytes_of(name)).to_string();
    let (compat, faulty) = (digest("java-compat"), digest("faulty"));
    for store in [folder.path().to_str().unwrap(), "s3://plugin-store/p"] {
        let run = |arguments: &[&str]| command(&moto, arguments);
        let none = run(&["current", store, "java-compat"]).unwrap_err();
        assert!(none.contains("no plugin `java-compat`"), "{none}");
        let pushed = run(&["push", &file("java-compat"), store]).unwrap();
        assert_eq!(pushed, format!("java-compat {compat}\n"));
        let named = ["push", &file("faulty"), store, "--name", "java-compat"];
        let pushed = run(&named).unwrap();
        let back = format!("plugin current {store} java-compat --set {compat}");
        assert!(
            pushed.starts_with(&format!("java-compat {faulty}\n")),
            "{pushed}"
        );
        assert!(pushed.ends_with(&format!("{back}\n")), "{pushed}");

        let current = || run(&["current", store, "java-compat"]).unwrap();
        let set = |digest: &str| run(&["current", store, "java-compat", "--set", digest]);
        assert_eq!(current(), format!("java-compat {faulty}\n"));
        set(&compat).unwrap();
        assert_eq!(current(), format!("java-compat {compat}\n"));
        // The function's own reading of it.
        let place = Place::parse(store).unwrap();
        let choice = Choice::parse("java-compat").unwrap();
        let slot = Slot::new(
            plugin("timestream").unwrap(),
            Some(&place),
            &Keys::default(),
            choice,
            &config,
        );
        let slot = slot.with_times(Duration::ZERO, PATIENT);
        let current_plugin = slot.current(None).await.unwrap();
        assert_eq!(current_plugin.digest().as_str(), compat);

        for (refused, why) in [
            (set(&Digest::of(b"gone").to_string()), "no such plugin"),
            (set("latest"), "not a SHA-256"),
            (
                run(&["push", text.to_str().unwrap(), store]),
                "not a WebAssembly component",
            ),
            (
                run(&["push", empty.to_str().unwrap(), store]),
                "does not export",
            ),
            (
                run(&["push", &file("faulty"), store, "--name", "../x"]),
                "is not a name",
            ),
            (run(&["push", "no/such.wasm", store]), "no/such.wasm"),
            (
                run(&["push", &file("faulty"), "ftp://x"]),
                "neither a folder",
            ),
        ] {
            let error = refused.unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
        assert_eq!(current(), format!("java-compat {compat}\n"));
    }
}

/// A table `d.t`, and what a query of it needs.
pub(crate) struct Stage {
    pub(crate) timestream: Scripted,
    pub(crate) s3: S3,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let timestream = Scripted::start(|call| {
            if call.sql().starts_with("DESCRIBE") {
                return Reply::description(&[("host", "varchar", "DIMENSION")]);
            }
            Reply::page(&[("host", "VARCHAR")], &[&[Some("a")]], None)
        });
        Self {
            timestream: timestream.await.unwrap(),
            s3: S3::start(0, "spill", None).await.unwrap(),
        }
    }

    fn settings(&self) -> Settings {
        settings(self.s3.bucket()).unwrap()
    }

    pub(crate) fn connector(&self, slot: Slot) -> Connector {
        let config = sdk_config(self.timestream.url(), &self.s3.url());
        Connector::with_slot(self.settings(), &config, slot)
    }
}

/// The calls of a query up to its read.
pub(crate) async fn planned(connector: &Connector) -> ReadRecordsRequest {
    let (name, constraints) = (table_name("d", "t"), Constraints::default());
    let schema = get_table(connector, &name).await.unwrap();
    let split = splits(connector, &name, &schema, &constraints).await;
    let split = split.unwrap().remove(0);
    read_request(&name, &schema, &["host"], split, &constraints).unwrap()
}

/// The dialect that a read is done with.
pub(crate) async fn dialect(connector: &Connector, request: ReadRecordsRequest) -> String {
    let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    connector.handle(&payload).await.unwrap();
    connector.explain(&payload).await.unwrap().dialect
}

#[tokio::test]
async fn a_query_keeps_its_plugin_and_the_next_one_has_the_new_one() {
    let stage = Stage::start().await;
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let [compat, faulty] = ["java-compat", "faulty"].map(|name| {
        let digest = push(store, "timestream", &bytes_of(name));
        (digest, name)
    });
    point(store, "timestream", compat.0.as_str());
    let one = stage.connector(slot(store, usual()));
    let request = planned(&one).await;
    point(store, "timestream", faulty.0.as_str());
    // An instance that has never seen the plugin of the query, and the one that planned it.
    for connector in [&stage.connector(slot(store, usual())), &one] {
        let used = dialect(connector, request.clone()).await;
        assert!(used.contains(compat.1), "{used}");
        let used = dialect(connector, planned(connector).await).await;
        assert!(used.contains(faulty.1), "{used}");
    }
    // Without a store, as after the setting was taken away.
    let without = Slot::new(
        plugin("timestream").unwrap(),
        None,
        &Keys::default(),
        usual(),
        &sdk_config("", ""),
    );
    let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let error = stage.connector(without).handle(&payload).await.unwrap_err();
    assert_eq!(error.code(), Code::PartialFailure);
}

#[tokio::test]
async fn a_table_may_have_a_dialect_of_its_own() {
    let stage = Stage::start().await;
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let digest = push(store, "compat", &bytes_of("java-compat"));
    point(store, "compat", digest.as_str());
    let connector = |name: &str| {
        // Options of all tables, as if each had the parameter.
        let options = BTreeMap::from([("timestream_dialect".to_owned(), name.to_owned())]);
        let settings = Settings {
            dialect_options: options,
            ..stage.settings()
        };
        let config = sdk_config(stage.timestream.url(), &stage.s3.url());
        Connector::with_slot(settings, &config, slot(store, usual()))
    };
    let own = connector("compat");
    let used = dialect(&own, planned(&own).await).await;
    assert!(used.contains("java-compat"), "{used}");
    for (name, why) in [
        ("gone", "cannot find `gone/current`"),
        ("../compat", "is not a name"),
        ("Compat", "is not a name"),
    ] {
        let error = get_table(&connector(name), &table_name("d", "t"))
            .await
            .unwrap_err();
        assert!(error.message().contains(why), "{name}: {error}");
    }
}

/// Athena calls what the usual dialect has announced, whatever dialect a table has.
#[tokio::test]
async fn a_table_s_own_dialect_is_not_asked_for_functions_that_it_does_not_want() {
    let stage = Stage::start().await;
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    push_current(store, "compat", &bytes_of("java-compat"));
    let options = BTreeMap::from([("timestream_dialect".to_owned(), "compat".to_owned())]);
    let settings = Settings {
        dialect_options: options,
        ..stage.settings()
    };
    let config = sdk_config(stage.timestream.url(), &stage.s3.url());
    let connector = Connector::with_slot(settings, &config, slot(store, usual()));
    let name = table_name("d", "t");
    let schema = get_table(&connector, &name).await.unwrap();
    let like = Expr::Call(
        Op::Like,
        vec![
            Expr::Column(0),
            Expr::Constant(Value::Text("a%".to_owned())),
        ],
    );
    let fields = [("host".to_owned(), Kind::Varchar)];
    let constraints = constraints(&fields, &[&Term::Expression(like)]).unwrap();
    let parts = splits(&connector, &name, &schema, &constraints).await;
    let split = parts.unwrap().remove(0);
    let request = read_request(&name, &schema, &["host"], split, &constraints).unwrap();
    let payload = write_request(&Request::ReadRecordsRequest(request)).unwrap();
    let explained = connector.explain(&payload).await.unwrap();
    assert!(explained.dialect.contains("java-compat"));
    let why = "the dialect does not take its functions".to_owned();
    assert_eq!(explained.statement.verdicts, [Verdict::Skipped(why)]);
    assert_eq!(explained.statement.residual.len(), 1);
}

/// What is known of a component that was not admitted is told as at the first time, and its own words stay out of the log.
#[tokio::test]
async fn a_plugin_that_was_not_admitted_is_told_the_same_again() {
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let digest = push(store, "timestream", &unfit("trap"));
    let slot = slot(store, usual());
    let mut told = Vec::new();
    for _ in 0..2 {
        let error = slot.of_digest(None, &digest).await.unwrap_err();
        assert!(error.message().contains("a plugin's bug"), "{error}");
        assert!(
            !error.summary().contains("a plugin's bug"),
            "{}",
            error.summary()
        );
        told.push((
            error.code(),
            error.message().to_owned(),
            error.summary().to_owned(),
        ));
    }
    assert_eq!(told[0], told[1]);
}

/// `name@sha256` in the setting: no other plugin of that name serves, whoever asks for one.
#[tokio::test]
async fn a_pinned_digest_binds_tables_running_queries_and_the_package() {
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let old = push(store, "timestream", &bytes_of("java-compat"));
    let new = push(store, "timestream", &bytes_of("faulty"));
    point(store, "timestream", old.as_str());
    let pinned = Choice::parse(&format!("timestream@{new}")).unwrap();
    let slot = slot(store, pinned.clone());
    let other = format!("timestream@{old}");
    for own in [None, Some("timestream"), Some(other.as_str())] {
        assert_eq!(*slot.current(own).await.unwrap().digest(), new, "{own:?}");
        slot.of_digest(own, &new).await.unwrap();
        let packaged = plugin("timestream").unwrap();
        for digest in [&old, packaged.digest()] {
            let error = slot.of_digest(own, digest).await.unwrap_err();
            assert_eq!(error.code(), Code::PartialFailure, "{own:?}");
        }
    }
    // A table may pin where the setting does not.
    let slot = self::slot(store, usual());
    assert_eq!(*slot.current(Some(&other)).await.unwrap().digest(), old);
    // The package's plugin is not the one that is asked for.
    let config = sdk_config("", "");
    let packaged = plugin("timestream").unwrap();
    let without = Slot::new(packaged.clone(), None, &Keys::default(), pinned, &config);
    let error = without.current(None).await.unwrap_err();
    assert!(error.message().contains("no `plugin_store`"), "{error}");
    let own = Choice::parse(&format!("timestream@{}", packaged.digest())).unwrap();
    let without = Slot::new(packaged.clone(), None, &Keys::default(), own, &config);
    without.current(None).await.unwrap();
}
