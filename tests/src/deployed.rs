//! The template of a deployment: checked without an account, and held against what the code calls.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::processes::{output, python};
use tests::workspace;

const TEMPLATE: &str = "host/deploy/template.yaml";

fn deploy(arguments: &[&str]) -> String {
    let mut python = Command::new(python().unwrap());
    python
        .arg("tests/interop/deploy.py")
        .args(arguments)
        .current_dir(workspace());
    output(&mut python).unwrap()
}

#[test]
fn the_template_is_what_cfn_lint_and_sam_take() {
    assert_eq!(deploy(&["lint", "--region", "us-east-1"]).trim(), "ok");
    let mut sam = Command::new(python().unwrap().with_file_name("sam"));
    sam.args([
        "validate",
        "--lint",
        "--region",
        "us-east-1",
        "--template-file",
        TEMPLATE,
    ])
    .current_dir(workspace())
    .env("SAM_CLI_TELEMETRY", "0");
    let told = output(&mut sam).unwrap();
    assert!(told.contains("is a valid SAM Template"), "{told}");
}

/// Operations of an SDK that sources call, as `.operation()`.
fn called(sdk: &str, sources: &[String]) -> BTreeSet<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace()).args([
        "metadata",
        "--offline",
        "--locked",
        "--format-version",
        "1",
    ]);
    let metadata: Value = serde_json::from_str(&output(&mut cargo).unwrap()).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter();
    let package = package
        .filter(|package| package["name"] == sdk)
        .last()
        .unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let operations = std::fs::read_dir(manifest.with_file_name("src").join("operation")).unwrap();
    operations
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|operation| {
            let call = format!(".{operation}()");
            sources.iter().any(|source| source.contains(&call))
        })
        .collect()
}

/// The files of the connector, without tests.
fn sources(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if name != "tests.rs" {
            let file = std::fs::read_to_string(&path).unwrap();
            files.push(file.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
    files
}

/// `get_table` → `GetTable`.
fn pascal(operation: &str) -> String {
    operation
        .split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// What IAM has to allow for the calls of the code: the Service Authorization Reference names most actions as their
/// operations; the others are here.
fn needed() -> BTreeSet<String> {
    let sources = sources(&workspace().join("host/connector/src"));
    let mut actions = BTreeSet::new();
    for (sdk, service) in [
        ("aws-sdk-athena", "athena"),
        ("aws-sdk-glue", "glue"),
        ("aws-sdk-kms", "kms"),
        ("aws-sdk-s3", "s3"),
        ("aws-sdk-timestreamquery", "timestream"),
        ("aws-sdk-timestreamwrite", "timestream"),
    ] {
        // Operations of several services have one name. Timestream's clients alone are handed to files that do not name the SDK.
        let is_told =
            |source: &&String| service == "timestream" || source.contains(&sdk.replace('-', "_"));
        let sources: Vec<String> = sources.iter().filter(is_told).cloned().collect();
        let operations = called(sdk, &sources);
        assert!(!operations.is_empty(), "{sdk}");
        for operation in operations {
            let names: &[&str] = match (service, operation.as_str()) {
                ("s3", "head_bucket") => &["ListBucket"],
                // Statements with a table, without one, and DESCRIBE.
                ("timestream", "query") => &["Select", "SelectValues", "DescribeTable"],
                // With the credentials of a caller that Athena sends to connectors that it manages, which none of the
                // template's is.
                ("kms", "decrypt") => &[],
                _ => &[&pascal(&operation)],
            };
            actions.extend(names.iter().map(|name| format!("{service}:{name}")));
        }
    }
    assert!(
        sources
            .iter()
            .any(|source| source.contains("AssumeRoleProvider"))
    );
    actions.insert("sts:AssumeRole".to_owned());
    // Where S3 encrypts the bucket with a key, and of `kms_key_id` by the code's own call.
    assert!(actions.contains("kms:GenerateDataKey"));
    actions
}

#[test]
fn the_role_may_do_what_the_code_calls_and_nothing_else() {
    let given: BTreeSet<String> = serde_json::from_str(&deploy(&["actions", TEMPLATE])).unwrap();
    // What Lambda does with the role, and not the code: its log, and interfaces in a VPC.
    let (of_lambda, of_code): (BTreeSet<String>, BTreeSet<String>) = given
        .into_iter()
        .partition(|action| action.starts_with("logs:") || action.starts_with("ec2:"));
    assert_eq!(of_code, needed());
    let of_lambda: Vec<&str> = of_lambda.iter().map(String::as_str).collect();
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    assert_eq!(
        of_lambda,
        [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ]
    );
}
