//! A policy in C, built as its author would: the contract is the interface, not the Rust library.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::processes::{Serve, output};
use tests::workspace;
use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// What `wit-bindgen c --world policy-plugin wit/v0.1` writes.
fn write_bindings(folder: &Path) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(workspace().join("wit/v0.1")).unwrap();
    let world = resolve
        .select_world(&[package], Some("policy-plugin"))
        .unwrap();
    let mut files = Files::default();
    Opts::default()
        .build()
        .generate(&mut resolve, world, &mut files)
        .unwrap();
    for (name, bytes) in files.iter() {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Compiles `tests/plugins/in-c` with a clang and a libc (those of Zig, a Python package) and wraps it into a component.
fn build(folder: &Path) -> PathBuf {
    write_bindings(folder);
    let target = workspace().join("target");
    let module = folder.join("in-c.core.wasm");
    let mut compiler = Command::new(target.join("python/bin/python"));
    compiler
        .current_dir(folder)
        // It compiles its libc once.
        .env("ZIG_GLOBAL_CACHE_DIR", target.join("zig"))
        .env("ZIG_LOCAL_CACHE_DIR", target.join("zig"))
        .args(["-m", "ziglang", "cc", "--target=wasm32-wasi"])
        .args(["-mexec-model=reactor", "-Os", "-Wall", "-Wextra", "-Werror"])
        .args(["-Wl,-z,stack-size=131072", "-Wl,--strip-debug", "-I."])
        .arg(workspace().join("tests/plugins/in-c/policy.c"))
        .args(["policy_plugin.c", "policy_plugin_component_type.o", "-o"])
        .arg(&module);
    output(&mut compiler).unwrap();
    let component = component::wrap(&std::fs::read(module).unwrap()).unwrap();
    let file = folder.join("in-c.wasm");
    std::fs::write(&file, component).unwrap();
    file
}

const CSV: &str = "\
team,time,load,measure_name
red,1704067200000,1,m
blue,1704067201000,2,m
blue,1704067202000,3,m
green,1704067203000,4,m
";

const MODEL: &str = r#"{
    "TimeUnit": "MILLISECONDS", "TimeColumn": "time", "MeasureNameColumn": "measure_name",
    "DimensionMappings": [{"SourceColumn": "team", "DestinationColumn": "team"}],
    "MultiMeasureMappings": {"MultiMeasureAttributeMappings": [
        {"SourceColumn": "load", "TargetMultiMeasureAttributeName": "load", "MeasureValueType": "BIGINT"}]}
}"#;

#[test]
fn a_policy_in_c_is_checked_pushed_and_rules() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = build(folder);
    let serve = Serve::start().unwrap();
    let plugin = |arguments: &[&str]| {
        let mut command = serve.command().unwrap();
        command.current_dir(folder).arg("plugin").args(arguments);
        output(&mut command).unwrap()
    };
    let checked = plugin(&["check", file.to_str().unwrap()]);
    assert!(
        checked.contains("contract    timestream:dialect/policy@0.1, and no import"),
        "{checked}"
    );
    plugin(&["push", "in-c.wasm", "store"]);

    serve.load(folder, (CSV, MODEL), ["d", "t"]).unwrap();
    let ask = |sql: &str, groups: &[&str], options: &str| {
        let mut command = serve.command().unwrap();
        command
            .env("plugin_store", folder.join("store"))
            .env("policies", "in-c")
            .env("policy_options", options)
            .env("enable_query_passthrough", "true")
            .args(["query", "--format", "csv", sql]);
        for group in groups {
            command.args(["--caller-group", group]);
        }
        output(&mut command)
    };
    let options = r#"{"groups_field": "team"}"#;
    let loads = "SELECT load FROM d.t ORDER BY load";
    assert_eq!(
        ask(loads, &["blue", "none"], options).unwrap(),
        "load\n2\n3\n"
    );
    assert_eq!(ask(loads, &[], options).unwrap(), "load\n");
    let count = "SELECT count(*) AS n FROM d.t WHERE team <> 'blue'";
    assert_eq!(ask(count, &["blue", "red"], options).unwrap(), "n\n1\n");

    let refused = |sql: &str, options: &str| {
        let error = ask(sql, &["blue"], options).unwrap_err();
        format!("{error:#}")
    };
    let own = r#"SELECT * FROM TABLE(system.query(query => 'SELECT 1 AS one'))"#;
    for (sql, options, words) in [
        (loads, "{}", "the option `groups_field` is not set"),
        (
            loads,
            r#"{"groups_field": "load"}"#,
            "the table has no text field",
        ),
        (
            own,
            options,
            "statements in Timestream's SQL are not allowed",
        ),
    ] {
        let said = refused(sql, options);
        assert!(said.contains(words), "{said}");
    }
}
