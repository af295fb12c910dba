//! What Java said once of the first generated cases, in `tests/fixtures/java`: so that the wire is held to it without
//! Java too. With Java here, the recordings are what it says today; `ATHENA_TIMESTREAM_RECORD=1` writes them anew.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;

use connector::spill::decrypt;
use connector::wire::{Response, SpillLocation, decode_batch, read_response, write_response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::cells::decoded::block;
use super::generated::{Checked, Generated, check};
use super::generated_answers::Case;
use super::{compare, folder, java};

/// The first seeds are recorded: few, since a seed takes three kilobytes. They reach every type of answer and request.
const RECORDED: u64 = 60;

/// An answer of ours, as bytes, and what Java said of it.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Answer {
    seed: u64,
    version: u64,
    answer: String,
    objects: Map<String, Value>,
    said: Value,
}

fn file(name: &str) -> PathBuf {
    tests::workspace().join("tests/fixtures/java").join(name)
}

#[test]
fn recorded_requests_of_the_java_sdk_say_the_same_to_us() {
    let mut checked = Checked::default();
    for generated in java::read_lines::<Generated>(&file("requests.jsonl")) {
        check(generated, &mut checked);
    }
    assert_eq!((checked.requests, checked.types.len()), (RECORDED, 8));
    assert!(checked.probes > RECORDED, "{checked:?}");
}

#[test]
fn our_answers_are_still_those_that_java_read() {
    let recorded: Vec<Answer> = java::read_lines(&file("answers.jsonl"));
    assert_eq!(recorded.len() as u64, RECORDED);
    let mut types = HashSet::new();
    for recorded in recorded {
        let case = Case::generate(recorded.seed);
        let place = format!("seed {}", case.seed);
        compare(&place, &case.expected, &recorded.said);
        // Byte by byte, so that Java's word holds for what is written today. Another version of Arrow may lay the same
        // values out otherwise: then Java has to be asked again.
        assert_eq!(case.answer, recorded.answer, "{place}");
        assert_eq!(case.objects, recorded.objects, "{place}");
        types.insert(read_by_us(&place, &recorded));
    }
    assert_eq!(types.len(), 9);
}

/// Our own client, in the local tools, understands of an answer what Java did. Returns the answer's kind.
fn read_by_us(place: &str, recorded: &Answer) -> Discriminant<Response> {
    let answer = read_response(recorded.answer.as_bytes()).unwrap();
    assert_eq!(
        String::from_utf8(write_response(&answer).unwrap()).unwrap(),
        recorded.answer,
        "{place}"
    );
    match &answer {
        Response::ReadRecordsResponse(answer) => {
            compare(place, &recorded.said["records"], &block(&answer.records.0));
        }
        Response::GetTableLayoutResponse(answer) => {
            compare(
                place,
                &recorded.said["partitions"],
                &block(&answer.partitions.0),
            );
        }
        Response::RemoteReadRecordsResponse(answer) => {
            for (number, location) in answer.remote_blocks.iter().enumerate() {
                let SpillLocation::S3SpillLocation { key, .. } = location;
                let object: Vec<u8> = decoded(&recorded.objects[key]);
                let object = match &answer.encryption_key {
                    Some(key) => decrypt(key, object).unwrap(),
                    None => object,
                };
                let batch = decode_batch(&object, &answer.schema).unwrap();
                let said = json!({"schema": recorded.said["schema"], "rows": recorded.said["blocks"][number]["rows"]});
                compare(place, &said, &block(&batch));
            }
        }
        _ => {}
    }
    discriminant(&answer)
}

fn decoded(base64: &Value) -> Vec<u8> {
    use base64::Engine;
    let engine = base64::engine::general_purpose::STANDARD;
    engine.decode(base64.as_str().unwrap()).unwrap()
}

#[test]
fn the_recordings_are_what_java_says_today() {
    if !java::is_there() {
        return;
    }
    let requests = folder("recorded").join("requests.jsonl");
    java::ask(&json!({"do": "generate", "seed": 1, "count": RECORDED, "to": requests})).unwrap();
    let requests = std::fs::read_to_string(requests).unwrap();

    let cases: Vec<Case> = (1..=RECORDED).map(Case::generate).collect();
    let lines = cases.iter().map(Case::line);
    let said = java::answer_lines("read", "recorded-answers", lines).unwrap();
    let answers = cases.into_iter().zip(said).map(|(case, said)| {
        let answer = Answer {
            seed: case.seed,
            version: case.version,
            answer: case.answer,
            objects: case.objects,
            said,
        };
        serde_json::to_string(&answer).unwrap() + "\n"
    });
    for (name, today) in [
        ("requests.jsonl", requests),
        ("answers.jsonl", answers.collect()),
    ] {
        if std::env::var_os("ATHENA_TIMESTREAM_RECORD").is_some() {
            std::fs::create_dir_all(file("")).unwrap();
            std::fs::write(file(name), &today).unwrap();
        }
        let recorded = std::fs::read_to_string(file(name)).unwrap();
        let differs = recorded
            .lines()
            .zip(today.lines())
            .position(|(recorded, today)| recorded != today);
        assert!(
            differs.is_none() && recorded.len() == today.len(),
            "line {differs:?} of {name} is no longer what Java says; hint: ATHENA_TIMESTREAM_RECORD=1 records it anew"
        );
    }
}
