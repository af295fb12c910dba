//! Messages recorded from the Java SDK in wire versions 2, 4, 5 and 6: they decode to the values that their README
//! gives, and are written again with the same members in the same order.
//!
//! The recordings lie outside the repository; what must hold without them is in [`crate::interop`].

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use connector::wire::{
    Failure, Request, Response, read_request, read_response, write_request, write_response,
};
use serde_json::Number;

use crate::ordered::{Json, differences};

mod recorded;

/// What a file holds.
#[expect(clippy::large_enum_variant, reason = "there are few, and none is kept")]
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    Request(Request),
    Response(Response),
}

impl Message {
    fn read(path: &Path) -> Self {
        let text = std::fs::read(path).unwrap();
        let read = if path.to_string_lossy().contains("Request") {
            read_request(&text).map(Self::Request)
        } else {
            read_response(&text).map(Self::Response)
        };
        read.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn write(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => write_request(request).unwrap(),
            Self::Response(response) => write_response(response).unwrap(),
        }
    }
}

/// Files of a call that the connector does not serve, and of a failure.
const OTHERS: [&str; 3] = [
    "v2/LambdaFunctionException.json",
    "v2/UserDefinedFunctionRequest.json",
    "v2/UserDefinedFunctionResponse.json",
];

/// The folder `serde` of the recordings.
fn recordings() -> Option<PathBuf> {
    const VARIABLE: &str = "ATHENA_TIMESTREAM_FIXTURES";
    let given = std::env::var_os(VARIABLE).map(PathBuf::from);
    let folder = given
        .clone()
        .unwrap_or_else(|| tests::workspace().join("../shared/fixtures"))
        .join("serde");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        given.is_none(),
        "{VARIABLE} points at no recordings: {} is no folder",
        folder.display()
    );
    tests::say_skipped(&format!(
        "no recordings in {}; {VARIABLE} may point elsewhere",
        folder.display()
    ));
    None
}

#[test]
fn recordings_decode_to_the_values_that_their_readme_gives() {
    let Some(folder) = recordings() else { return };
    let known = recorded::messages();
    let names: BTreeSet<&str> = known.iter().map(|(file, _)| *file).chain(OTHERS).collect();
    assert_eq!(
        files(&folder)
            .iter()
            .map(String::as_str)
            .collect::<BTreeSet<_>>(),
        names
    );
    for (file, expected) in known {
        assert_eq!(Message::read(&folder.join(file)), expected, "{file}");
    }
}

/// All JSON files, relative to the folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|file| format!("{name}/{file}")),
            );
        } else if name.ends_with(".json") {
            found.insert(name);
        }
    }
    found
}

#[test]
fn recordings_are_written_again_with_the_same_members_in_the_same_order() {
    let Some(folder) = recordings() else { return };
    for (file, _) in recorded::messages() {
        let path = folder.join(file);
        let mut expected: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        bring_to_version_5(&mut expected);
        let ours = serde_json::from_slice(&Message::read(&path).write()).unwrap();
        let found = differences(&expected, &ours);
        assert!(found.is_empty(), "{file}: {found:#?}");
    }
}

/// We write what is current: members that came later stand at the end, saying "none"; unknown ones are gone.
fn bring_to_version_5(message: &mut Json) {
    let empty = || Json::Object(Vec::new());
    if let Some(members) = message.members() {
        members.retain(|(name, _)| name != "newField");
        if members.contains(&("@type".into(), Json::Text("GetTableRequest".into()))) {
            complete(members, "queryPassthroughArguments", empty());
        }
    }
    if let Some(constraints) = message.member("constraints").and_then(Json::members) {
        complete(constraints, "expression", Json::List(Vec::new()));
        complete(constraints, "orderByClause", Json::List(Vec::new()));
        complete(constraints, "limit", Json::Number(Number::from(-1)));
        complete(constraints, "queryPassthroughArguments", empty());
    }
}

fn complete(members: &mut Vec<(String, Json)>, name: &str, none: Json) {
    if members.iter().all(|(member, _)| member != name) {
        members.push((name.into(), none));
    }
}

#[test]
fn a_recorded_failure_of_lambda_is_read_and_a_function_call_is_refused_by_name() {
    let Some(folder) = recordings() else { return };
    let failure: Failure = serde_json::from_slice(
        &std::fs::read(folder.join("v2/LambdaFunctionException.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(
        failure.error_type,
        "com.amazonaws.services.dynamodbv2.model.ResourceNotFoundException"
    );
    assert!(
        failure
            .error_message
            .starts_with("Requested resource not found (Service: AmazonDynamoDBv2;")
    );

    let call = std::fs::read(folder.join("v2/UserDefinedFunctionRequest.json")).unwrap();
    let error = read_request(&call).unwrap_err().to_string();
    assert!(error.contains("UserDefinedFunctionRequest"), "{error}");
}

/// Text by text.
pub(crate) fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
