//! Requests and pages with a member exchanged for something else, taken away, or there twice.

use serde_json::{Value, json};

use super::*;

/// The places of all values below one, as JSON pointers.
fn places(value: &Value, place: &str, places: &mut Vec<String>) {
    let mut below = |name: &str, value: &Value| {
        let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
        self::places(value, &place, places);
        places.push(place);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| below(name, value)),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .for_each(|(index, value)| below(&index.to_string(), value)),
        _ => {}
    }
}

/// Values of every kind, and those at the ends of their kind.
fn others() -> Vec<Value> {
    let mut deep = json!({});
    for _ in 0..100 {
        deep = json!({"x": [deep]});
    }
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("x"),
        json!("9".repeat(400)),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({"@type": "x"}),
        json!({"@type": "FunctionCallExpression"}),
        deep,
    ]
}

fn documents() -> Vec<(&'static str, Value, Read)> {
    let mut documents = Vec::new();
    for (kind, samples, read) in kinds() {
        if kind == "request" || kind == "page" {
            for sample in samples {
                documents.push((kind, serde_json::from_slice(&sample).unwrap(), read));
            }
        }
    }
    documents
}

#[test]
fn any_member_may_hold_anything() {
    for (kind, document, read) in documents() {
        let mut all = Vec::new();
        places(&document, "", &mut all);
        for place in all {
            for other in others() {
                let mut changed = document.clone();
                *changed.pointer_mut(&place).unwrap() = other;
                check(kind, read, &serde_json::to_vec(&changed).unwrap());
            }
        }
    }
}

#[test]
fn any_member_may_be_missing() {
    for (kind, document, read) in documents() {
        let mut all = Vec::new();
        places(&document, "", &mut all);
        for place in all {
            let (parent, name) = place.rsplit_once('/').unwrap();
            let mut changed = document.clone();
            match changed.pointer_mut(parent).unwrap() {
                Value::Object(members) => drop(members.remove(name)),
                Value::Array(values) => drop(values.remove(name.parse().unwrap())),
                _ => unreachable!(),
            }
            check(kind, read, &serde_json::to_vec(&changed).unwrap());
        }
    }
}

#[test]
fn a_request_of_which_something_needed_is_missing_is_refused_by_its_name() {
    for (kind, document, read) in documents() {
        if kind != "request" {
            continue;
        }
        for name in [
            "@type",
            "catalogName",
            "tableName",
            "schema",
            "constraints",
            "split",
        ] {
            let mut changed = document.clone();
            let Some(_) = changed.as_object_mut().unwrap().remove(name) else {
                continue;
            };
            let why = read(&serde_json::to_vec(&changed).unwrap()).unwrap_err();
            assert!(why.contains(name), "{name}: {why}");
        }
    }
}

#[test]
fn a_document_cut_anywhere_is_refused() {
    for (kind, samples, read) in kinds() {
        if kind == "request" || kind == "page" {
            for sample in samples {
                for end in 0..sample.len() {
                    assert!(read(&sample[..end]).is_err(), "{kind} cut at {end}");
                }
            }
        }
    }
}

#[test]
fn members_that_are_there_twice_are_refused_or_ignored() {
    for (kind, document, read) in documents() {
        let text = document.to_string();
        let mut all = Vec::new();
        places(&document, "", &mut all);
        for place in all {
            let (_, name) = place.rsplit_once('/').unwrap();
            let member = format!("\"{name}\":");
            for (at, _) in text.match_indices(&member) {
                let twice = format!("{}{member}null,{}", &text[..at], &text[at..]);
                check(kind, read, twice.as_bytes());
            }
        }
    }
}

#[test]
fn nesting_without_end_is_refused() {
    for (kind, _, read) in kinds() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), ("(", ")")] {
            let depth = 100_000;
            let closed = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            check(kind, read, closed.as_bytes());
            check(kind, read, open.repeat(depth).as_bytes());
        }
    }
    let call = concat!(
        r#"{"@type":"FunctionCallExpression","type":{"@type":"Bool"},"#,
        r#""functionName":{"functionName":"$not"},"arguments":["#
    );
    let innermost = r#"{"@type":"VariableExpression","columnName":"flag","type":{"@type":"Bool"}}"#;
    for depth in [10, 30, 60, 200, 2_000] {
        let nested = format!("{}{innermost}{}", call.repeat(depth), "]}".repeat(depth));
        let mut request: Value = serde_json::from_slice(&samples::requests()[7]).unwrap();
        request["constraints"]["expression"] = json!(["here"]);
        let request = request.to_string().replace("\"here\"", &nested);
        let read = reading::request(request.as_bytes());
        assert_eq!(read.is_ok(), depth < 100, "{depth}: {read:?}");
    }
}
