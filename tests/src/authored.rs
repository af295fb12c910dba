//! What the author of a plugin does, from an empty folder outside the repository: new, build, check, push, and it serves.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use connector::plugin::Digest;
use connector::slot::{Choice, Keys, Place, Policies, Slot};
use local::s3::S3;
use tests::processes::program;
use tests::stores::PATIENT;
use tests::{component, plugin, sdk_config, workspace};

/// The command `plugin`, in a folder; with the toolchain that has built the tests' plugins, and the S3 at an address.
fn command(folder: &Path, s3: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("athena-timestream").unwrap());
    let toolchain = workspace().join("target/components/toolchain");
    for line in std::fs::read_to_string(toolchain).unwrap().lines() {
        let (name, value) = line.split_once('=').unwrap();
        command.env(name, value);
    }
    command.envs([
        ("AWS_ENDPOINT_URL", s3),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local-secret"),
        ("AWS_REGION", "us-east-1"),
        // One build of the dependencies for all plugins.
        ("CARGO_TARGET_DIR", target().to_str().unwrap()),
    ]);
    command.current_dir(folder).arg("plugin").args(arguments);
    command
}

fn run(folder: &Path, s3: &str, arguments: &[&str]) -> Output {
    command(folder, s3, arguments).output().unwrap()
}

fn target() -> std::path::PathBuf {
    workspace().join("target/authored")
}

fn succeed(folder: &Path, s3: &str, arguments: &[&str]) -> String {
    let output = run(folder, s3, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_made_built_checked_pushed_and_serves() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let s3 = S3::start(0, "plugins", None).await.unwrap();
    let run = |arguments: &[&str]| succeed(folder, &s3.url(), arguments);
    run(&["new", "mine"]);
    // One rule is changed: a note on every plan.
    let code = folder.join("mine/src/lib.rs");
    let text = std::fs::read_to_string(&code).unwrap();
    let changed = text.replace(
        "        Timestream::plan(request)\n",
        "        let mut plan = Timestream::plan(request)?;\n        plan.notes.push(\"mine\".to_owned());\n        Ok(plan)\n",
    );
    assert_ne!(text, changed);
    std::fs::write(&code, changed).unwrap();
    let built = run(&["build", "mine"]);
    assert!(built.starts_with("mine/mine.wasm "), "{built}");
    let checked = run(&["check", "mine/mine.wasm", "--cases", "300"]);
    assert!(checked.contains("name        mine 0.1.0\n"), "{checked}");
    assert!(
        checked.ends_with("of what was judged no row is lost, and none is one too many\n"),
        "{checked}"
    );

    // A slot that is there before the plugin is, as in a running function.
    let config = sdk_config("", &s3.url());
    let place = Place::parse("s3://plugins/p").unwrap();
    let packaged = plugin("timestream").unwrap();
    let choice = Choice::parse("mine").unwrap();
    let slot = Slot::new(
        packaged.clone(),
        Some(&place),
        &Keys::default(),
        choice,
        &config,
    );
    let slot = slot.with_times(Duration::ZERO, PATIENT);
    let before = slot.current(None).await.unwrap();
    assert_eq!(before.digest(), packaged.digest());
    run(&["push", "mine/mine.wasm", "s3://plugins/p"]);
    let bytes = std::fs::read(folder.join("mine/mine.wasm")).unwrap();
    let serves = slot.current(None).await.unwrap();
    assert_eq!(*serves.digest(), Digest::of(&bytes));

    // Built a second time it is the same.
    let again = run(&["build", "mine"]);
    assert_eq!(again, built);
    let there = refused_run(folder, &["new", "mine"]);
    assert!(there.contains("is there already"), "{there}");
    for name in ["", "Mine", "1a", "../a", "a@b"] {
        let said = refused_run(folder, &["new", name]);
        assert!(said.contains(&format!("`{name}`")), "{said}");
    }
}

/// What a command that fails says.
fn refused_run(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, "http://127.0.0.1:1", arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_made_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |arguments: &[&str]| succeed(folder, "http://127.0.0.1:1", arguments);
    run(&["new", "rules", "--policy"]);
    run(&["build", "rules"]);
    let checked = run(&["check", "rules/rules.wasm"]);
    assert!(
        checked.contains("timestream:dialect/policy@0.1"),
        "{checked}"
    );
    run(&["push", "rules/rules.wasm", "store"]);
    let place = Place::Folder(folder.join("store"));
    let engine = connector::plugin::Engine::new().unwrap();
    let chain = vec![Choice::parse("rules").unwrap()];
    let config = sdk_config("", "");
    let policies = Policies::new(
        chain,
        Some(&place),
        &Keys::default(),
        folder,
        &engine,
        &config,
    );
    assert_eq!(policies.current().await.unwrap().len(), 1);
}

/// Saved, and served; what does not build leaves the one before.
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_file_is_built_checked_and_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    succeed(folder, "http://127.0.0.1:1", &["new", "live", "--policy"]);
    let mut command = command(folder, "http://127.0.0.1:1", &["watch", "live", "store"]);
    let output = command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut watch = Watching(output.spawn().unwrap());
    let lines = BufReader::new(watch.0.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let code = folder.join("live/src/lib.rs");
    let save = |from: &str, to: &str| {
        let text = std::fs::read_to_string(&code).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&code, text.replace(from, to)).unwrap();
    };
    let current = || std::fs::read_to_string(folder.join("store/live/current")).unwrap();
    let first = lines.next().unwrap();
    assert_eq!(first, format!("live {}", current().trim()));
    save("max_bytes_metered: None", "max_bytes_metered: Nothing");
    let refused = lines.next().unwrap();
    assert!(
        refused.starts_with("not taken over: cargo failed"),
        "{refused}"
    );
    assert_eq!(first, format!("live {}", current().trim()));
    save("max_bytes_metered: Nothing", "max_bytes_metered: Some(1)");
    let second = lines.next().unwrap();
    assert_eq!(second, format!("live {}", current().trim()));
    assert_ne!(first, second);
}

/// A process that ends with the test.
struct Watching(std::process::Child);

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The mistakes that lose rows, each in a mode of the misbehaving plugin.
#[test]
fn a_check_finds_what_loses_rows_and_prints_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let faulty = std::fs::read(component("faulty").unwrap()).unwrap();
    let usual = b"mode: as usual      ";
    let place = faulty
        .windows(usual.len())
        .position(|window| window == usual);
    let place = place.unwrap();
    for mode in ["null", "nanosecond", "zero", "not", "limit"] {
        let mut bytes = faulty.clone();
        let text = format!("mode: {mode:14}");
        bytes[place..place + text.len()].copy_from_slice(text.as_bytes());
        std::fs::write(folder.join("p.wasm"), &bytes).unwrap();
        let said = refused_run(folder, &["check", "p.wasm"]);
        assert!(said.contains("seed "), "{mode}: {said}");
        match mode {
            // Whole queries show it alone.
            "limit" => assert!(said.contains("limit: Some("), "{mode}: {said}"),
            _ => {
                assert!(
                    said.contains("the pushed condition loses a row"),
                    "{mode}: {said}"
                );
                for part in ["term ", "verdicts ", "row "] {
                    assert!(said.contains(part), "{mode}: {said}");
                }
            }
        }
    }
}

/// The options that a dialect is tried with decide what it plans.
#[test]
fn a_dialect_is_checked_with_the_options_that_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let faulty = component("faulty").unwrap();
    let check = ["check", faulty.to_str().unwrap(), "--cases", "300"];
    succeed(folder.path(), "http://127.0.0.1:1", &check);
    let with = |option: &str| {
        let arguments = [&check[..], &["--option", option]].concat();
        refused_run(folder.path(), &arguments)
    };
    let said = with("fault=claims-true");
    assert!(said.contains("keeps a row too many"), "{said}");
    let said = with("fault");
    assert!(said.contains("it has no `=`"), "{said}");
}

/// The crate that `plugin new` writes has the library's only dependency in the version that the workspace has.
#[test]
fn the_library_of_a_new_crate_depends_on_what_the_workspace_does() {
    let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let version = local::cli::plugin::WIT_BINDGEN;
    let line = format!(
        "wit-bindgen = {{ version = \"{version}\", default-features = false, features = [\"macros\", \"realloc\"] }}"
    );
    assert!(manifest.contains(&line), "{line}");
}
