//! Requests that the Java side generated, compared word by word, and value sets also by what they contain: the SDK's own
//! evaluation of them against the connector's.
//!
//! Each case has a seed, which a failure names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Field;
use connector::query::{self, Mapping, residual};
use connector::wire::{Constraints, Request, ValueSet, read_request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cells::{Cell, Kind, ZONES};
use super::requests::make_comparable;
use super::said::said;
use super::{cases, compare, folder, java};

/// The first seed; any number does.
const FIRST_SEED: u64 = 1;

/// The types of the connector's fields, which its terms are about.
const OWN: [Kind; 8] = [
    Kind::Bool,
    Kind::Int(32),
    Kind::Int(64),
    Kind::Double,
    Kind::Text,
    Kind::Day,
    Kind::Milli,
    Kind::Zoned,
];

/// A request that the SDK generated.
#[derive(Deserialize)]
pub(super) struct Generated {
    seed: u64,
    version: u32,
    /// Its JSON.
    request: String,
    /// What its getters say.
    said: Value,
}

#[test]
fn generated_requests_of_the_java_sdk_say_the_same_to_us_word_by_word_and_by_their_meaning() {
    let to = folder("generated").join("to.jsonl");
    let command = json!({"do": "generate", "seed": FIRST_SEED, "count": cases(), "to": to});
    if java::ask(&command).is_none() {
        return;
    }
    let mut checked = Checked::default();
    for generated in java::read_lines::<Generated>(&to) {
        check(generated, &mut checked);
    }
    assert_eq!(checked.requests, cases());
    // That the generator reaches what this test is for.
    assert!(checked.sets > cases() / 4, "{checked:?}");
    assert!(checked.probes > cases(), "{checked:?}");
}

/// How much was compared.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) requests: u64,
    pub(super) types: BTreeSet<&'static str>,
    sets: u64,
    pub(super) probes: u64,
}

pub(super) fn check(generated: Generated, checked: &mut Checked) {
    let place = format!("seed {} in version {}", generated.seed, generated.version);
    let request = read_request(generated.request.as_bytes())
        .unwrap_or_else(|error| panic!("{place}: {error}\n{}", generated.request));
    let mut expected = generated.said;
    let probes = expected
        .get_mut("constraints")
        .and_then(|constraints| constraints.as_object_mut()?.remove("probes"));
    make_comparable(&mut expected, generated.version);
    compare(&place, &expected, &said(&request));
    checked.requests += 1;
    checked.types.insert(request.name());
    if let (Some(Value::Object(probes)), Some(constraints)) = (probes, constraints(&request)) {
        for (column, probes) in probes {
            let words = &expected["constraints"]["summary"][&column];
            let place = format!("{place} column {column:?}: {words}");
            checked.sets += 1;
            checked.probes += check_meaning(&place, &constraints.summary[&column], words, &probes);
        }
    }
}

fn constraints(request: &Request) -> Option<&Constraints> {
    match request {
        Request::GetTableLayoutRequest(request) => Some(&request.constraints),
        Request::GetSplitsRequest(request) => Some(&request.constraints),
        Request::ReadRecordsRequest(request) => Some(&request.constraints),
        _ => None,
    }
}

/// Compares which probes are in a set, and NULL; returns how many were.
fn check_meaning(place: &str, set: &ValueSet, words: &Value, probes: &Value) -> u64 {
    let field = &probes["values"]["schema"]["fields"][0];
    let Some(kind) = OWN.iter().find(|kind| kind.field_words("probe") == *field) else {
        return 0;
    };
    if let ValueSet::AllOrNoneValueSet {
        all: false,
        null_allowed: false,
        ..
    } = set
    {
        // The SDK writes "nothing" and "not null" alike: section 4.3 of federation-protocol.md.
        return 0;
    }
    let rows = probes["values"]["rows"].as_array().unwrap();
    let verdicts = probes["contained"].as_array().unwrap();
    let (mut cells, mut expected) = (vec![Cell::Null], vec![words["nullAllowed"].as_bool()]);
    for (row, verdict) in rows.iter().zip(verdicts) {
        // To Java the same instant in two zones is two values, to SQL it is one.
        if !has_other_zone(words, &row[0]) {
            cells.push(cell(kind, &row[0]));
            expected.push(verdict.as_bool());
        }
    }
    let field = Field::new("probe", kind.data_type(), true);
    let mapping = Mapping {
        fields: vec![query::Field {
            name: field.name().clone(),
            data_type: field.data_type().clone(),
            column: None,
            comment: None,
        }],
    };
    let asked = Constraints {
        summary: BTreeMap::from([(field.name().clone(), set.clone())]),
        ..Constraints::default()
    };
    let column = kind.array(&cells.iter().collect::<Vec<_>>());
    let schema = arrow::datatypes::Schema::new(vec![field]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![column]).unwrap();
    let admitted = query::terms(&asked, &mapping)
        .and_then(|terms| residual::admitted(&terms, &batch, Some))
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let admitted: Vec<Option<bool>> = admitted.iter().collect();
    assert_eq!(admitted, expected, "{place}: {cells:?}");
    cells.len() as u64
}

/// Whether a set speaks of an instant in another zone than this.
fn has_other_zone(words: &Value, probe: &Value) -> bool {
    match words {
        Value::Object(members) => {
            probe.is_object()
                && members.contains_key("zone")
                && members["millis"] == probe["millis"]
                && members["zone"] != probe["zone"]
                || members.values().any(|member| has_other_zone(member, probe))
        }
        Value::Array(values) => values.iter().any(|value| has_other_zone(value, probe)),
        _ => false,
    }
}

/// A value from Java's words.
fn cell(kind: &Kind, said: &Value) -> Cell {
    match kind {
        Kind::Bool => Cell::Bool(said.as_bool().unwrap()),
        Kind::Double => {
            let bits = u64::from_str_radix(said.as_str().unwrap(), 16).unwrap();
            Cell::Double(f64::from_bits(bits))
        }
        Kind::Text => Cell::Text(said.as_str().unwrap().to_owned()),
        Kind::Zoned => {
            let zone = ZONES.iter().position(|(_, name)| said["zone"] == *name);
            Cell::Zoned(said["millis"].as_i64().unwrap(), zone.unwrap())
        }
        _ => Cell::Int(said.as_i64().unwrap()),
    }
}
