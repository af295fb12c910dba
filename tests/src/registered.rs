//! `register` and `unregister`, with moto as Athena; and `probe`, with moto and the stand-in.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::HashMap;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::processes::{Moto, Serve, output, program, python};
use tests::scripted::{Call, Reply, Scripted};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:timestream";

fn environment(athena: &str) -> HashMap<String, String> {
    [
        ("AWS_ENDPOINT_URL_ATHENA", athena),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn run(arguments: &[&str], environment: &HashMap<String, String>) -> Output {
    let mut command = Command::new(program("athena-timestream").unwrap());
    command.args(arguments).envs(environment);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What boto3 prints of Athena.
fn boto3(program: &str, environment: &HashMap<String, String>) -> String {
    let program = format!("import boto3, json\nathena = boto3.client('athena')\n{program}");
    let mut python = Command::new(python().unwrap());
    output(python.args(["-c", &program]).envs(environment)).unwrap()
}

#[test]
fn a_function_becomes_a_catalog() {
    let moto = Moto::start().unwrap();
    let environment = environment(&moto.url);
    let names = || {
        boto3(
            "print([c['CatalogName'] for c in athena.list_data_catalogs()['DataCatalogsSummary']])",
            &environment,
        )
    };
    let before = names();
    let register = ["register", "--function", FUNCTION, "--name", "timestream"];

    let told = run(&[&register[..], &["--dry-run"]].concat(), &environment);
    assert!(told.status.success(), "{}", text(&told.stderr));
    assert!(
        text(&told.stdout).contains(FUNCTION),
        "{}",
        text(&told.stdout)
    );
    assert_eq!(names(), before);

    let told = run(&register, &environment);
    assert!(told.status.success(), "{}", text(&told.stderr));
    let catalog = boto3(
        "c = athena.get_data_catalog(Name='timestream')['DataCatalog']\nprint(c['Type'], json.dumps(c['Parameters']))",
        &environment,
    );
    assert_eq!(
        catalog.trim(),
        format!("LAMBDA {{\"function\": \"{FUNCTION}\"}}")
    );
    let told = run(&register, &environment);
    assert_eq!(told.status.code(), Some(1));
    assert!(
        text(&told.stderr).contains("already"),
        "{}",
        text(&told.stderr)
    );

    // A catalog of Glue's is not ours to remove.
    boto3(
        "athena.create_data_catalog(Name='lake', Type='GLUE', Parameters={'catalog-id': '123456789012'})",
        &environment,
    );
    let told = run(&["unregister", "--name", "lake"], &environment);
    assert_eq!(told.status.code(), Some(1));
    let said = text(&told.stderr);
    assert!(said.contains("not of a function"), "{said}");
    assert!(names().contains("lake"));
}

/// moto knows no `DeleteDataCatalog`.
#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_of_a_function_is_removed() {
    let athena = Scripted::start(|call: &Call| match call.operation.as_str() {
        "GetDataCatalog" => {
            let catalog = json!({"Name": "timestream", "Type": "LAMBDA", "Parameters": {"function": FUNCTION}});
            Reply::Json(json!({ "DataCatalog": catalog }).to_string())
        }
        "DeleteDataCatalog" => Reply::Json("{}".to_owned()),
        other => panic!("{other}"),
    })
    .await
    .unwrap();
    let environment = environment(athena.url());
    let unregister = async |more: &'static [&'static str]| {
        let arguments = [&["unregister", "--name", "timestream"][..], more].concat();
        let environment = environment.clone();
        let told = tokio::task::spawn_blocking(move || run(&arguments, &environment)).await;
        let told = told.unwrap();
        assert!(told.status.success(), "{}", text(&told.stderr));
        text(&told.stdout)
    };
    let deleted = || {
        let calls = athena.calls();
        let calls = calls
            .iter()
            .filter(|call| call.operation == "DeleteDataCatalog");
        calls
            .map(|call| call.body["Name"].clone())
            .collect::<Vec<_>>()
    };
    assert!(unregister(&["--dry-run"]).await.contains(FUNCTION));
    assert_eq!(deleted(), Vec::<Value>::new());
    unregister(&[]).await;
    assert_eq!(deleted(), ["timestream"]);
}

#[test]
fn what_athena_would_not_take_is_refused_before_it_is_asked() {
    let environment = environment("http://127.0.0.1:1");
    for (function, name, why) in [
        ("timestream", "a", "is not the ARN of a function"),
        (
            "arn:aws:lambda:eu-west-1:1234:function:f",
            "a",
            "is not the ARN of a function",
        ),
        ("arn:aws:s3:::bucket", "a", "is not the ARN of a function"),
        (FUNCTION, "my catalog", "a catalog's name has"),
        (FUNCTION, "", "a catalog's name has"),
        (FUNCTION, "AwsDataCatalog", "it is Glue's"),
    ] {
        let told = run(
            &["register", "--function", function, "--name", name],
            &environment,
        );
        assert_eq!(told.status.code(), Some(2), "{function} {name}");
        assert!(text(&told.stderr).contains(why), "{}", text(&told.stderr));
    }
}

/// The whole probe with the stand-in as Timestream and moto as Athena, which runs nothing and calls every query succeeded.
#[test]
fn a_probe_runs_whole_and_the_stand_in_equals_itself() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start().unwrap();
    let csv = "site,time,degrees,measure_name\na,1704067200000,20.5,climate\n";
    let model = r#"{"TimeUnit": "MILLISECONDS", "TimeColumn": "time", "MeasureNameColumn": "measure_name",
        "DimensionMappings": [{"SourceColumn": "site", "DestinationColumn": "site"}],
        "MultiMeasureMappings": {"MultiMeasureAttributeMappings": [
            {"SourceColumn": "degrees", "TargetMultiMeasureAttributeName": "degrees", "MeasureValueType": "DOUBLE"}]}}"#;
    serve
        .load(folder.path(), (csv, model), ["Plant", "Meters"])
        .unwrap();
    let moto = Moto::start().unwrap();
    let mut environment = serve.environment.clone();
    environment.insert("AWS_ENDPOINT_URL_ATHENA".to_owned(), moto.url.clone());
    let report = folder.path().join("probe.json");
    let arguments = [
        "probe",
        "--table",
        "Plant.Meters",
        "--catalog",
        "ts",
        "--output",
        "s3://results/x",
        "--requests",
        "s3://spill/athena-federation-spill",
        "--compare-stand-in",
        "--report",
        report.to_str().unwrap(),
    ];
    let dry = run(&[&arguments[..], &["--dry-run"]].concat(), &environment);
    assert!(dry.status.success(), "{}", text(&dry.stderr));
    assert!(text(&dry.stdout).ends_with("dry run: nothing was asked\n"));
    assert!(!report.exists());

    let told = run(&arguments, &environment);
    let printed = text(&told.stdout);
    assert!(told.status.success(), "{printed}{}", text(&told.stderr));
    assert!(printed.contains("\n0 of "), "{printed}");
    let report: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let ids = |part: &str| -> Vec<String> {
        let mut ids: Vec<String> = report[part]
            .as_array()
            .unwrap()
            .iter()
            .map(|answered| answered["id"].as_str().unwrap().to_owned())
            .collect();
        ids.dedup();
        ids
    };
    assert_eq!(
        ids("timestream"),
        [
            "P1",
            "P2",
            "P3",
            "P4",
            "P5",
            "P6",
            "P7",
            "P8",
            "values",
            "O-9",
            "O-10",
            "endpoints",
            "account",
            "pages"
        ]
    );
    assert_eq!(
        ids("athena"),
        ["O-1", "O-2", "O-3", "O-4", "O-5", "O-7", "O-8"]
    );
    // Each line of the dry run that names a call is an answer of the run.
    let calls = text(&dry.stdout)
        .lines()
        .filter(|line| line.starts_with("  "))
        .count();
    let costs = text(&dry.stdout)
        .lines()
        .filter(|line| line.starts_with("    costs"))
        .count();
    let answers =
        report["timestream"].as_array().unwrap().len() + report["athena"].as_array().unwrap().len();
    assert_eq!(calls - costs, answers);
}

/// Errors that quote everything that a report must not hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_holds_no_name_value_or_account() {
    let script = |call: &Call| {
        if call.sql().starts_with("DESCRIBE") && call.sql().contains("canary_table") {
            return Reply::description(&[
                ("canary_site", "varchar", "DIMENSION"),
                ("time", "timestamp", "TIMESTAMP"),
                ("canary_degrees", "double", "MULTI"),
            ]);
        }
        if call.sql().contains("canary_table") {
            let row = [
                Some("canary_value"),
                Some("2024-01-01 00:00:00.000000000"),
                Some("1.5"),
            ];
            return Reply::page(
                &[
                    ("canary_site", "VARCHAR"),
                    ("time", "TIMESTAMP"),
                    ("canary_degrees", "DOUBLE"),
                ],
                &[&row],
                None,
            );
        }
        let message = "User: arn:aws:sts::999988887777:assumed-role/Canary_0a/jane.canary@canary.com is not authorized \
                       to perform timestream:Select on canary_database/CANARY_TABLE (resource=arn:aws:s3:::canary.bucket/x, \
                       s3://canary.bucket/y, by jane@canary.com) in 999988887777";
        Reply::Error(400, "AccessDeniedException", message.to_owned())
    };
    let timestream = Scripted::start(script).await.unwrap();
    let athena = Scripted::start(|_: &Call| {
        let message = "LambdaFunction[canary-function] of account 999988887777: column 'canary_other' of canary_table; \
                       cannot use spill bucket `canary-bucket`";
        Reply::Error(400, "InvalidRequestException", message.to_owned())
    })
    .await
    .unwrap();
    let mut environment = environment(athena.url());
    environment.insert(
        "AWS_ENDPOINT_URL_TIMESTREAM_QUERY".to_owned(),
        timestream.url().to_owned(),
    );
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("probe.json");
    let path = report.to_str().unwrap().to_owned();
    let told = tokio::task::spawn_blocking(move || {
        let arguments = [
            "probe",
            "--table",
            "canary_database.canary_table",
            "--catalog",
            "canary_catalog",
            "--report",
            &path,
        ];
        run(&arguments, &environment)
    })
    .await
    .unwrap();
    assert!(told.status.success(), "{}", text(&told.stderr));
    let report = std::fs::read_to_string(report).unwrap();
    assert!(
        report.contains("is not authorized to perform timestream:Select on <database>"),
        "{report}"
    );
    for canary in ["canary", "999988887777", "jane"] {
        assert!(
            !report.to_lowercase().contains(canary),
            "{canary} is in {report}"
        );
    }
}
