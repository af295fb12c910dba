//! Messages that are well formed: what tests mutate and fuzzers begin with.

mod data;
mod requests;

pub use data::{key, mapping, result, rows, schemas};
pub use requests::{block_of, constraints, requests};

use arrow::array::RecordBatch;
use connector::spill::encrypt;
use connector::wire::{Framing, encode_batch, encode_schema};

/// Batches of [`schemas`], as input of [`crate::reading::block`]: with that schema's number, and with a schema message
/// of their own; in both framings.
pub fn blocks() -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    for (number, batch) in data::batches().iter().enumerate() {
        for framing in [Framing::Modern, Framing::Legacy] {
            let message = written(encode_batch(batch, framing));
            let mut known = vec![u8::try_from(number).unwrap_or(u8::MAX)];
            known.extend_from_slice(&message);
            blocks.push(known);

            let schema = written(encode_schema(&batch.schema(), framing));
            let mut own = vec![u8::MAX];
            own.extend_from_slice(
                &u16::try_from(schema.len())
                    .unwrap_or(u16::MAX)
                    .to_le_bytes(),
            );
            own.extend_from_slice(&schema);
            own.extend_from_slice(&message);
            blocks.push(own);
        }
    }
    blocks
}

/// Objects as input of [`crate::reading::spilled`]: plain, and encrypted with [`key`].
pub fn objects() -> Vec<Vec<u8>> {
    let plain: Vec<u8> = data::batches()
        .first()
        .map(|batch: &RecordBatch| written(encode_batch(batch, Framing::Legacy)))
        .unwrap_or_default();
    let mut encrypted = plain.clone();
    if let Err(error) = encrypt(&key(), &mut encrypted) {
        panic!("a sample cannot be encrypted: {error}");
    }
    vec![[&[1], &plain[..]].concat(), [&[0], &encrypted[..]].concat()]
}

/// Answers of Timestream, as input of [`crate::reading::page`].
pub fn pages() -> Vec<Vec<u8>> {
    let scalar =
        |name: &str, kind: &str| format!(r#"{{"Name":"{name}","Type":{{"ScalarType":"{kind}"}}}}"#);
    let flat = [
        ("flag", "BOOLEAN"),
        ("i", "INTEGER"),
        ("n", "BIGINT"),
        ("nanos", "TIMESTAMP"),
        ("d", "DOUBLE"),
        ("text", "VARCHAR"),
        ("day", "DATE"),
        ("at", "TIMESTAMP"),
        ("time", "TIMESTAMP"),
    ];
    let mut columns: Vec<String> = flat.iter().map(|(name, kind)| scalar(name, kind)).collect();
    columns.push(
        r#"{"Name":"list","Type":{"ArrayColumnInfo":{"Type":{"ScalarType":"VARCHAR"}}}}"#.into(),
    );
    columns.push(
        concat!(
            r#"{"Name":"row","Type":{"RowColumnInfo":[{"Name":"a","Type":{"ScalarType":"INTEGER"}},"#,
            r#"{"Name":"b","Type":{"ArrayColumnInfo":{"Type":{"ScalarType":"DOUBLE"}}}}]}}"#
        )
        .into(),
    );
    columns.push(
        r#"{"Name":"series","Type":{"TimeSeriesMeasureValueColumnInfo":{"Type":{"ScalarType":"BIGINT"}}}}"#.into(),
    );
    columns.push(r#"{"Name":"empty","Type":{"ScalarType":"UNKNOWN"}}"#.into());
    let full = concat!(
        r#"{"Data":[{"ScalarValue":"true"},{"ScalarValue":"-7"},{"ScalarValue":"9223372036854775807"},"#,
        r#"{"ScalarValue":"2023-09-22 00:00:00.123456789"},{"ScalarValue":"1.5E-3"},{"ScalarValue":"caf\u00e9 \ud83d\ude00"},"#,
        r#"{"ScalarValue":"1969-12-31"},{"ScalarValue":"1969-12-31 23:59:59.999999999"},{"ScalarValue":"2023-09-22 00:00:00.000000000"},"#,
        r#"{"ArrayValue":[{"ScalarValue":"x"},{"NullValue":true}]},"#,
        r#"{"RowValue":{"Data":[{"ScalarValue":"1"},{"ArrayValue":[{"ScalarValue":"NaN"}]}]}},"#,
        r#"{"TimeSeriesValue":[{"Time":"2023-09-22 00:00:00.000000001","Value":{"ScalarValue":"3"}}]},{"NullValue":true}]}"#
    );
    let nulls = format!(
        r#"{{"Data":[{}]}}"#,
        [r#"{"NullValue":true}"#; 13].join(",")
    );
    let page = |rows: &[&str], columns: &[String]| {
        let (rows, columns) = (rows.join(","), columns.join(","));
        format!(
            r#"{{"QueryId":"Q","NextToken":"T","Rows":[{rows}],"ColumnInfo":[{columns}],"QueryStatus":{{"CumulativeBytesMetered":10000000}}}}"#
        )
        .into_bytes()
    };
    vec![
        page(&[full, &nulls, full], &columns),
        page(&[], &columns),
        page(&[], &[]),
    ]
}

/// Parts of statements.
pub fn parts() -> Vec<Vec<u8>> {
    [
        r#""time" >= from_nanoseconds(5)"#,
        r#""a""b" IN ('x','o''b') OR NOT ("d" <> 1.0E300)"#,
        r#"CAST("measure_value::double" AS double)"#,
        r#"(SELECT 1 -- one
           ) "t""#,
        r#""db"."t" JOIN "db"."u" ON true"#,
        "ARRAY[1,2][1]",
    ]
    .map(|part| part.as_bytes().to_vec())
    .into()
}

fn written(message: Result<Vec<u8>, connector::wire::WireError>) -> Vec<u8> {
    match message {
        Ok(message) => message,
        Err(error) => panic!("a sample cannot be written: {error}"),
    }
}
