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
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == sdk).unwrap();
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
    actions
}

/// What the role is allowed: under which parameters, what, and on what; with `R:A` for the stack's Region and account. An
/// action that stands in two statements is needed in both.
const ROLE: [(&str, &str, &str); 34] = [
    (
        "",
        "athena:GetQueryExecution",
        "arn:athena:R:A:workgroup/${AthenaWorkGroup}",
    ),
    ("", "logs:CreateLogStream", "${LogGroup.Arn}"),
    ("", "logs:PutLogEvents", "${LogGroup.Arn}"),
    ("", "s3:ListBucket", "arn:s3:::${Bucket}"),
    ("", "s3:PutObject", "arn:s3:::${Bucket}/${SpillPrefix}/*"),
    (
        "BucketHasKey",
        "kms:GenerateDataKey",
        "${SpillBucketKmsKeyArn}",
    ),
    (
        "ConnectionIsGiven",
        "glue:GetConnection",
        "arn:glue:R:A:catalog",
    ),
    (
        "ConnectionIsGiven",
        "glue:GetConnection",
        "arn:glue:R:A:connection/${GlueConnection}",
    ),
    ("GlueIsOn", "glue:GetTable", "arn:glue:R:${Account}:catalog"),
    (
        "GlueIsOn",
        "glue:GetTable",
        "arn:glue:R:${Account}:database/*",
    ),
    (
        "GlueIsOn",
        "glue:GetTable",
        "arn:glue:R:${Account}:table/*/*",
    ),
    (
        "GlueIsOn",
        "glue:GetTables",
        "arn:glue:R:${Account}:catalog",
    ),
    (
        "GlueIsOn",
        "glue:GetTables",
        "arn:glue:R:${Account}:database/*",
    ),
    (
        "GlueIsOn",
        "glue:GetTables",
        "arn:glue:R:${Account}:table/*/*",
    ),
    ("KeyIsGiven", "kms:GenerateDataKey", "${KmsKeyId}"),
    (
        "KeyIsGiven",
        "kms:GenerateDataKey",
        "arn:kms:R:A:key/${KmsKeyId}",
    ),
    ("StoreIsInS3", "s3:GetObject", "arn:s3:::${Place}/*"),
    ("StoreIsInS3", "s3:ListBucket", "arn:s3:::${Bucket}"),
    (
        "TimestreamIsForeign",
        "sts:AssumeRole",
        "${TimestreamRoleArn}",
    ),
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    (
        "VpcIsGiven",
        "ec2:AssignPrivateIpAddresses",
        "arn:ec2:R:A:*/*",
    ),
    (
        "VpcIsGiven",
        "ec2:CreateNetworkInterface",
        "arn:ec2:R:A:*/*",
    ),
    (
        "VpcIsGiven",
        "ec2:DeleteNetworkInterface",
        "arn:ec2:R:A:*/*",
    ),
    ("VpcIsGiven", "ec2:DescribeNetworkInterfaces", "*"),
    ("VpcIsGiven", "ec2:DescribeSubnets", "*"),
    (
        "VpcIsGiven",
        "ec2:UnassignPrivateIpAddresses",
        "arn:ec2:R:A:*/*",
    ),
    ("not TimestreamIsForeign", "timestream:CancelQuery", "*"),
    (
        "not TimestreamIsForeign",
        "timestream:DescribeAccountSettings",
        "*",
    ),
    (
        "not TimestreamIsForeign",
        "timestream:DescribeEndpoints",
        "*",
    ),
    (
        "not TimestreamIsForeign",
        "timestream:DescribeTable",
        "arn:timestream:${Region}:A:database/${TimestreamDatabase}/table/${Table}",
    ),
    ("not TimestreamIsForeign", "timestream:ListDatabases", "*"),
    (
        "not TimestreamIsForeign",
        "timestream:ListTables",
        "arn:timestream:${Region}:A:database/${TimestreamDatabase}",
    ),
    (
        "not TimestreamIsForeign",
        "timestream:PrepareQuery",
        "arn:timestream:${Region}:A:database/${TimestreamDatabase}/table/${Table}",
    ),
    (
        "not TimestreamIsForeign",
        "timestream:Select",
        "arn:timestream:${Region}:A:database/${TimestreamDatabase}/table/${Table}",
    ),
    (
        "not TimestreamIsForeign and not PassthroughIsOff",
        "timestream:SelectValues",
        "*",
    ),
];

#[test]
fn the_role_may_do_what_the_code_calls_and_nothing_else() {
    let given: Vec<[String; 3]> = serde_json::from_str(&deploy(&["actions", TEMPLATE])).unwrap();
    let given: BTreeSet<[String; 3]> = given
        .into_iter()
        .map(|[when, action, on]| {
            let on = on.replace("arn:${AWS::Partition}:", "arn:");
            let on = on
                .replace("${AWS::Region}:", "R:")
                .replace("${AWS::AccountId}:", "A:");
            [when, action, on]
        })
        .collect();
    let expected =
        ROLE.map(|(when, action, on)| [when.to_owned(), action.to_owned(), on.to_owned()]);
    assert_eq!(given, BTreeSet::from(expected));
    // What Lambda does with the role, and not the code: its log, and interfaces in a VPC.
    let of_code = ROLE.iter().map(|(_, action, _)| (*action).to_owned());
    let of_code =
        of_code.filter(|action| !action.starts_with("logs:") && !action.starts_with("ec2:"));
    assert_eq!(of_code.collect::<BTreeSet<_>>(), needed());
}
