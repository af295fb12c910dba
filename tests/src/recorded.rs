//! The setting `record_requests`: what Athena sends is kept, and nothing of what it is about.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use tests::processes::{Serve, output, python};

const CSV: &str = "\
canary_site,time,canary_degrees,measure_name
canary_oslo,1704067200000,20.5,canary_measure
";

const MODEL: &str = r#"{"TimeUnit": "MILLISECONDS", "TimeColumn": "time", "MeasureNameColumn": "measure_name",
    "DimensionMappings": [{"SourceColumn": "canary_site", "DestinationColumn": "canary_site"}],
    "MultiMeasureMappings": {"MultiMeasureAttributeMappings": [
        {"SourceColumn": "canary_degrees", "TargetMultiMeasureAttributeName": "canary_degrees", "MeasureValueType": "DOUBLE"}]}}"#;

/// All objects below the requests, by their keys.
fn kept(serve: &Serve) -> BTreeMap<String, Value> {
    let program = r"
import boto3, json
s3 = boto3.client('s3')
found = s3.list_objects_v2(Bucket='spill', Prefix='athena-federation-spill/requests/').get('Contents', [])
print(json.dumps({o['Key']: json.load(s3.get_object(Bucket='spill', Key=o['Key'])['Body']) for o in found}))
";
    let mut python = Command::new(python().unwrap());
    python.args(["-c", program]).envs(&serve.environment);
    serde_json::from_str(&output(&mut python).unwrap()).unwrap()
}

#[test]
fn shapes_of_requests_are_kept_when_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start().unwrap();
    serve
        .load(
            folder.path(),
            (CSV, MODEL),
            ["Canary_Plant", "Canary_Meters"],
        )
        .unwrap();
    let query = |record: &str| {
        let sql = "SELECT canary_degrees FROM canary_plant.canary_meters \
                   WHERE canary_site IN ('canary_oslo', 'canary_rome') AND canary_degrees + 1 > 7777 LIMIT 12";
        let mut command = serve.command().unwrap();
        command
            .args([
                "query",
                sql,
                "--profile",
                "everything",
                "--caller-arn",
                "arn:aws:iam::999988887777:user/canary",
            ])
            .env("record_requests", record);
        output(&mut command).unwrap();
    };
    query("false");
    assert!(kept(&serve).is_empty());
    query("true");
    let kept = kept(&serve);
    // `<prefix>/requests/<query>/<instant>-<kind>-<unique>.json`: all of one query, in the order of the calls.
    let folders: Vec<&str> = kept
        .keys()
        .map(|key| key.rsplit_once('/').unwrap().0)
        .collect();
    assert!(
        folders.iter().all(|folder| *folder == folders[0]),
        "{folders:?}"
    );
    let kinds: Vec<&str> = kept
        .values()
        .map(|shape| shape["@type"].as_str().unwrap())
        .collect();
    for (key, kind) in kept.keys().zip(&kinds) {
        assert!(key.contains(kind), "{key}");
    }
    assert_eq!(
        &kinds[kinds.len() - 3..],
        [
            "GetTableLayoutRequest",
            "GetSplitsRequest",
            "ReadRecordsRequest"
        ]
    );
    let constraints = &kept.values().last().unwrap()["constraints"];
    let sets: Vec<&Value> = constraints["summary"]
        .as_object()
        .unwrap()
        .values()
        .collect();
    assert_eq!(sets[0]["@type"], "SortedRangeSet");
    assert_eq!(sets[0]["ranges"].as_array().unwrap().len(), 2);
    assert_eq!(sets[0]["ranges"][0]["low"]["valueBlock"]["rows"], 1);
    let call = &constraints["expression"][0];
    assert_eq!(call["functionName"]["functionName"], "$greater_than");
    assert_eq!(call["arguments"][0]["functionName"]["functionName"], "$add");
    assert_eq!(constraints["limit"], 12);
    let everything = serde_json::to_string(&kept).unwrap().to_lowercase();
    for canary in ["canary", "7777", "999988887777", "arn:"] {
        assert!(!everything.contains(canary), "{canary} is in {everything}");
    }
}
