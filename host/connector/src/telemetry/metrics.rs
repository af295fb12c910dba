//! One record of metrics for each request, in CloudWatch's embedded metric format: a JSON line on standard output, of which
//! CloudWatch makes metrics without a call.

use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Ended, Origin};
use crate::handler::Reading;

/// Under which the metrics are found.
const NAMESPACE: &str = "athena-timestream";

/// What a metric is of a read.
type OfReading = fn(&Reading) -> i64;

/// The metrics of reads, with their units.
const METRICS: [(&str, &str, OfReading); 7] = [
    ("Pages", "Count", |reading| reading.pages as i64),
    ("RowsRead", "Count", |reading| reading.rows_read as i64),
    ("RowsReturned", "Count", |reading| {
        reading.rows_returned as i64
    }),
    ("BytesRead", "Bytes", |reading| reading.bytes_read as i64),
    ("BytesMetered", "Bytes", |reading| reading.bytes_metered),
    ("Throttles", "Count", |reading| reading.throttles as i64),
    ("Blocks", "Count", |reading| reading.blocks as i64),
];

/// Writes the record of a request, if telemetry was started.
pub(super) fn write(origin: &Origin, ended: &Ended<'_>) {
    if !super::STARTED.load(Ordering::Relaxed) {
        return;
    }
    // The request must not fail because its metrics cannot be written.
    let _ = writeln!(std::io::stdout().lock(), "{}", record(origin, ended));
}

/// Writes that a plugin of the store is not used, if telemetry was started.
pub(super) fn plugin_refused(name: &str) {
    if !super::STARTED.load(Ordering::Relaxed) {
        return;
    }
    let metrics = vec![json!({"Name": "RefusedPlugins", "Unit": "Count"})];
    let mut record = head(&metrics);
    record["Kind"] = "PluginStore".into();
    record["Plugin"] = name.into();
    record["RefusedPlugins"] = 1.into();
    let _ = writeln!(std::io::stdout().lock(), "{record}");
}

/// A record's declaration of its metrics, which are those of one function.
fn head(metrics: &[Value]) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_millis() as u64;
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME");
    json!({
        "_aws": {
            "Timestamp": now,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["FunctionName", "Kind"]],
                "Metrics": metrics,
            }],
        },
        // Outside of Lambda nobody has a name; a dimension must not be empty.
        "FunctionName": function.unwrap_or_else(|_| "unknown".to_owned()),
    })
}

fn record(origin: &Origin, ended: &Ended<'_>) -> Value {
    let mut metrics = vec![
        json!({"Name": "Milliseconds", "Unit": "Milliseconds"}),
        json!({"Name": "Errors", "Unit": "Count"}),
    ];
    if ended.reading.is_some() {
        metrics.extend(METRICS.map(|(name, unit, _)| json!({"Name": name, "Unit": unit})));
    }
    let mut record = head(&metrics);
    record["Kind"] = origin.kind.into();
    record["QueryId"] = origin.query_id.as_deref().into();
    record["Caller"] = origin.caller.as_deref().into();
    record["RequestId"] = origin.request_id.as_deref().into();
    record["Milliseconds"] = (ended.took.as_millis() as u64).into();
    record["Errors"] = u8::from(ended.outcome.is_err()).into();
    if let Err(error) = ended.outcome {
        record["Code"] = error.code().as_str().into();
    }
    if let Some(reading) = ended.reading {
        record["TimestreamQueryId"] = reading.timestream_query_id.as_deref().into();
        record["Digest"] = reading.digest.as_deref().into();
        record["RowsCounted"] = reading.rows_counted.into();
        record["End"] = reading.end.as_str().into();
        for (name, _, of) in METRICS {
            record[name] = of(reading).into();
        }
    }
    record
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Error;

    /// Each metric that is declared has a number at the root, as the format wants it, and each dimension a text.
    #[test]
    fn a_record_holds_what_it_declares() {
        let reading = Reading {
            rows_read: 7,
            bytes_metered: 10_000_000,
            ..Reading::default()
        };
        let failed = Error::invalid_input("'secret'");
        let origin = Origin::of(None, None);
        for (outcome, reading, errors, rows) in [
            (Ok(5), Some(&reading), 0, json!(7)),
            (Ok(5), None, 0, Value::Null),
            (Err(&failed), None, 1, Value::Null),
            // What was read before it failed has cost what it cost.
            (Err(&failed), Some(&reading), 1, json!(7)),
        ] {
            let took = Duration::from_millis(12);
            let ended = Ended {
                outcome,
                reading,
                took,
            };
            let record = record(&origin, &ended);
            let declared = &record["_aws"]["CloudWatchMetrics"][0];
            for dimension in declared["Dimensions"][0].as_array().into_iter().flatten() {
                let name = dimension.as_str().unwrap_or_default();
                assert!(record[name].is_string(), "{name} in {record}");
            }
            for metric in declared["Metrics"].as_array().into_iter().flatten() {
                let name = metric["Name"].as_str().unwrap_or_default();
                assert!(record[name].is_number(), "{name} in {record}");
            }
            assert!(record["_aws"]["Timestamp"].is_u64());
            assert_eq!(
                (&record["Errors"], &record["RowsRead"]),
                (&json!(errors), &rows)
            );
            assert!(!record.to_string().contains("secret"));
        }
    }
}
