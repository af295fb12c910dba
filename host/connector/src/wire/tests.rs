//! What the protocol says of bytes: member order, nulls, framing, the test vectors of its sections 3.8 and 6.5.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::spill::{decrypt, encrypt};

/// Section 6.5: one column `id` Int32 of 7, 8, NULL, as a legacy message; key 00…1f, nonce a0…ab.
const PLAIN: &str = "jAAAABQAAAAAAAAADAAWAA4AFQAQAAQADAAAABgAAAAAAAAAAAADABAAAAAAAwoAGAAMAAgABAAKAAAAFAAAADgAAAADAAAAAAAAAAAAAAACAAAAAAAAAAAAAAABAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAAAAAAAQAAAAMAAAAAAAAAAQAAAAAAAAAAAAAAAwAAAAAAAAAHAAAACAAAAAAAAAAAAAAA";
const OBJECT: &str = "ahh8LVHLAr9iZYfTC3rW3n6sTBCCt0ZskA4mhmerdQHSdkf/ryJQPU+cBMgJeYn5XxtKSGrQHn5LXgtesHCFsIy8hW8zpeTg9OL/GI/OzLrPC6ukxcGZeu51Ppqwmk2Uj4Qrqwuuj5ue2wZQiYjtKCRQYa7eNZs8Ls/epLdV8k3FEbB/0kKAFzdZ/osSSpHWi9mta77Q+oz6zb31p8c0K8YYH7G2akAWF9fARV+nL2k9/hWJ+Qc+Fg==";

fn vector_key() -> EncryptionKey {
    EncryptionKey {
        key: (0..32).collect(),
        nonce: (0xa0..=0xab).collect(),
    }
}

fn ids() -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), Some(8), None]));
    RecordBatch::try_from_iter_with_nullable([("id", ids, true)]).unwrap()
}

#[test]
fn the_protocol_s_spilled_object_decrypts_to_its_rows() {
    let plain = decrypt(&vector_key(), STANDARD.decode(OBJECT).unwrap()).unwrap();
    assert_eq!(STANDARD.encode(&plain), PLAIN);
    assert_eq!(decode_batch(&plain, &ids().schema()).unwrap(), ids());
}

#[test]
fn encryption_gives_the_protocol_s_object() {
    let mut bytes = STANDARD.decode(PLAIN).unwrap();
    encrypt(&vector_key(), &mut bytes).unwrap();
    assert_eq!(STANDARD.encode(&bytes), OBJECT);
    let mut bytes = STANDARD.decode(PLAIN).unwrap();
    encrypt(
        &EncryptionKey {
            key: (0..16).collect(),
            ..vector_key()
        },
        &mut bytes,
    )
    .unwrap();
    let tag: String = bytes[bytes.len() - 16..]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(tag, "be81a65b68296bd037d92621b4808622");
}

#[test]
fn an_object_that_was_changed_or_cut_is_refused() {
    let object = STANDARD.decode(OBJECT).unwrap();
    let mut changed = object.clone();
    changed[3] ^= 1;
    assert!(decrypt(&vector_key(), changed).is_err());
    assert!(decrypt(&vector_key(), object[..100].to_vec()).is_err());
    assert!(
        decrypt(
            &EncryptionKey {
                nonce: vec![0; 10],
                ..vector_key()
            },
            object
        )
        .is_err()
    );
}

#[test]
fn framings_are_the_protocol_s() {
    let legacy = encode_batch(&ids(), Framing::Legacy).unwrap();
    let modern = encode_batch(&ids(), Framing::Modern).unwrap();
    let int = |bytes: &[u8]| u32::from_le_bytes(*bytes.first_chunk().unwrap());
    assert_ne!(int(&legacy), u32::MAX);
    assert_eq!((int(&legacy) + 4) % 8, 0);
    assert_eq!(int(&modern), u32::MAX);
    assert_eq!(int(&modern[4..]) % 8, 0);
    let version = |metadata: &[u8]| arrow::ipc::root_as_message(metadata).unwrap().version();
    assert_eq!(version(&legacy[4..]), arrow::ipc::MetadataVersion::V4);
    assert_eq!(version(&modern[8..]), arrow::ipc::MetadataVersion::V5);
    for bytes in [legacy, modern] {
        assert_eq!(decode_batch(&bytes, &ids().schema()).unwrap(), ids());
    }
}

#[test]
fn a_message_cut_anywhere_is_an_error() {
    let schema = ids().schema();
    for framing in [Framing::Legacy, Framing::Modern] {
        let batch = encode_batch(&ids(), framing).unwrap();
        for end in 0..batch.len() {
            // The padding behind the last buffer is nobody's.
            if end < batch.len() - 4 {
                assert!(
                    decode_batch(&batch[..end], &schema).is_err(),
                    "{framing:?} cut at {end}"
                );
            }
        }
        let message = encode_schema(&schema, framing).unwrap();
        for end in 0..message.len() {
            assert!(
                decode_schema(&message[..end]).is_err(),
                "{framing:?} schema cut at {end}"
            );
        }
    }
}

#[test]
fn packed_timestamps_are_the_protocol_s() {
    // Section 3.8: 1970-01-01T00:00:00.010 UTC; 2020-02-29T01:02:03.456 in New York; 2015-12-21T17:42:34 at -05:00.
    assert_eq!(pack_utc_millis(10), Some(40_960));
    assert_eq!(unpack_utc_millis(40_960), 10);
    assert_eq!(unpack_utc_millis(6_483_788_281_677_623), 1_582_956_123_456);
    assert_eq!(unpack_utc_millis(5_942_221_840_384_541), 1_450_737_754_000);
    assert_eq!(unpack_utc_millis(pack_utc_millis(-1).unwrap()), -1);
    assert_eq!(pack_utc_millis(i64::MAX / 4000), None);
}

#[test]
fn answers_have_the_protocol_s_members_in_order() {
    let text = |response: Response| String::from_utf8(write_response(&response).unwrap()).unwrap();
    let name = || TableName {
        schema_name: "s".into(),
        table_name: "t".into(),
    };
    assert_eq!(
        text(Response::PingResponse(PingResponse {
            catalog_name: "c".into(),
            query_id: "q".into(),
            source_type: None,
            capabilities: FEDERATION_CAPABILITIES,
            ser_de_version: ANNOUNCED_VERSION,
        })),
        r#"{"@type":"PingResponse","catalogName":"c","queryId":"q","sourceType":null,"capabilities":24,"serDeVersion":5}"#
    );
    assert_eq!(
        text(Response::ListTablesResponse(ListTablesResponse {
            tables: vec![name()],
            catalog_name: "c".into(),
            next_token: None,
        })),
        r#"{"@type":"ListTablesResponse","tables":[{"schemaName":"s","tableName":"t"}],"catalogName":"c","nextToken":null}"#
    );
    let location = SpillLocation::S3SpillLocation {
        bucket: "b".into(),
        key: "k".into(),
        directory: true,
    };
    assert_eq!(
        text(Response::GetSplitsResponse(GetSplitsResponse {
            catalog_name: "c".into(),
            splits: vec![Split {
                spill_location: Some(location),
                encryption_key: None,
                properties: Default::default()
            }],
            continuation_token: None,
        })),
        concat!(
            r#"{"@type":"GetSplitsResponse","catalogName":"c","splits":[{"spillLocation":{"@type":"S3SpillLocation","#,
            r#""bucket":"b","key":"k","directory":true},"encryptionKey":null,"properties":{}}],"continuationToken":null}"#
        )
    );
}

#[test]
fn a_block_without_rows_has_no_message() {
    let empty = RecordBatch::new_empty(ids().schema());
    let response = Response::ReadRecordsResponse(ReadRecordsResponse {
        catalog_name: "c".into(),
        records: Block(empty),
    });
    let json = write_response(&response).unwrap();
    assert!(String::from_utf8_lossy(&json).ends_with(r#","records":""}}"#));
    assert_eq!(read_response(&json).unwrap(), response);
}

#[test]
fn members_are_read_by_name_and_unknown_ones_ignored() {
    let request = r#"{"catalogName":"c","later":{"x":[1]},"queryId":"q","identity":null,"@type":"PingRequest"}"#;
    let Request::PingRequest(ping) = read_request(request.as_bytes()).unwrap() else {
        panic!("not a ping")
    };
    assert_eq!(
        (ping.catalog_name.as_str(), ping.query_id.as_str()),
        ("c", "q")
    );
}

#[test]
fn members_that_came_later_may_be_missing() {
    let old = r#"{"@type":"ListTablesRequest","identity":{"id":"UNKNOWN","principal":"UNKNOWN","account":null,"arn":null,"tags":{},"groups":[]},"queryId":null,"catalogName":"c","schemaName":"s"}"#;
    let Request::ListTablesRequest(list) = read_request(old.as_bytes()).unwrap() else {
        panic!("not a list")
    };
    assert_eq!((list.next_token, list.page_size), (None, -1));
    assert_eq!(list.identity, Some(Identity::default()));

    let old = r#"{"@type":"GetTableRequest","identity":null,"queryId":"q","catalogName":"c","tableName":{"schemaName":"s","tableName":"t"}}"#;
    let Request::GetTableRequest(table) = read_request(old.as_bytes()).unwrap() else {
        panic!("not a table")
    };
    assert!(table.query_passthrough_arguments.is_empty());

    let old = r#"{"@type":"PingResponse","catalogName":"c","queryId":"q","sourceType":null,"capabilities":23}"#;
    let Response::PingResponse(ping) = read_response(old.as_bytes()).unwrap() else {
        panic!("not a ping")
    };
    assert_eq!(ping.ser_de_version, 1);

    let old = r#"{"@type":"ListTablesResponse","tables":[],"catalogName":"c"}"#;
    let Response::ListTablesResponse(list) = read_response(old.as_bytes()).unwrap() else {
        panic!("not a list")
    };
    assert_eq!(list.next_token, None);
}

#[test]
fn a_plan_is_read_past_and_written_again() {
    let read = |plan: &str| {
        let json = format!(r#"{{"summary":{{}},"limit":7,"queryPlan":{plan}}}"#);
        serde_json::from_str::<Constraints>(&json).unwrap()
    };
    let (none, some) = (
        read("null"),
        read(r#"{"substraitVersion":null,"substraitPlan":"YQ=="}"#),
    );
    assert_eq!((none.limit, some.limit), (7, 7));
    let text = |constraints: &Constraints| serde_json::to_string(constraints).unwrap();
    assert!(
        text(&none).ends_with(r#","limit":7,"queryPassthroughArguments":{},"queryPlan":null}"#)
    );
    assert!(
        text(&some).ends_with(r#","queryPlan":{"substraitVersion":null,"substraitPlan":"YQ=="}}"#)
    );
    // What we write ourselves is version 5.
    assert!(!text(&Constraints::default()).contains("queryPlan"));
}

#[test]
fn every_type_of_the_protocol_has_its_json() {
    for (data_type, json) in [
        (DataType::Boolean, r#"{"@type":"Bool"}"#),
        (
            DataType::Int8,
            r#"{"@type":"Int","bitWidth":8,"isSigned":true}"#,
        ),
        (
            DataType::Int64,
            r#"{"@type":"Int","bitWidth":64,"isSigned":true}"#,
        ),
        (
            DataType::Float32,
            r#"{"@type":"FloatingPoint","precision":"SINGLE"}"#,
        ),
        (
            DataType::Float64,
            r#"{"@type":"FloatingPoint","precision":"DOUBLE"}"#,
        ),
        (
            DataType::Decimal128(38, 9),
            r#"{"@type":"Decimal","precision":38,"scale":9}"#,
        ),
        (DataType::Utf8, r#"{"@type":"Utf8"}"#),
        (DataType::Binary, r#"{"@type":"Binary"}"#),
        (DataType::Date32, r#"{"@type":"Date","unit":"DAY"}"#),
        (DataType::Date64, r#"{"@type":"Date","unit":"MILLISECOND"}"#),
        (
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            r#"{"@type":"Timestamp","unit":"MILLISECOND","timezone":"UTC"}"#,
        ),
        (
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            r#"{"@type":"Timestamp","unit":"MICROSECOND","timezone":"UTC"}"#,
        ),
    ] {
        let arrow_type = ArrowType::from(&data_type);
        assert_eq!(serde_json::to_string(&arrow_type).unwrap(), json);
        assert_eq!(serde_json::from_str::<ArrowType>(json).unwrap(), arrow_type);
    }
    // Read, whatever it is; the SDK cannot read its own text of a union.
    let union = r#"{"@type":"Union","mode":"Union(Sparse, [1, 2])","typeIds":[1,2]}"#;
    assert_eq!(
        serde_json::from_str::<ArrowType>(union).unwrap(),
        ArrowType::Other
    );
}

#[test]
fn malformed_requests_are_named() {
    let error = |json: &str| read_request(json.as_bytes()).unwrap_err().to_string();
    assert!(error("").contains("EOF"));
    assert!(error("7").contains("Request"));
    assert!(error(r#"{"@type":"DropRequest"}"#).contains("DropRequest"));
    assert!(error(r#"{"@type":"PingRequest","catalogName":"c"}"#).contains("queryId"));
    assert!(error(r#"{"catalogName":"c"}"#).contains("@type"));
}

#[test]
fn a_malformed_constraint_is_named_by_its_column_and_none_is_lost() {
    let error = |summary: &str| {
        let json = format!(
            r#"{{"@type":"GetTableLayoutRequest","catalogName":"c","tableName":{{"schemaName":"s","tableName":"t"}},"constraints":{{"summary":{{{summary}}}}},"schema":""}}"#
        );
        read_request(json.as_bytes()).unwrap_err().to_string()
    };
    let set = |member: &str| {
        format!(r#"{{"@type":"AllOrNoneValueSet","type":{{"@type":"Utf8"}},"all":true,{member}}}"#)
    };
    let allowed = set(r#""nullAllowed":true"#);
    let missing = error(&format!(r#""a":{allowed},"b":{}"#, set(r#""null":true"#)));
    assert!(
        missing.contains("column `b`") && missing.contains("nullAllowed"),
        "{missing}"
    );
    let wrong = error(&format!(r#""b":{}"#, set(r#""nullAllowed":"secret""#)));
    assert!(
        wrong.contains("column `b`") && !wrong.contains("secret"),
        "{wrong}"
    );
    let twice = error(&format!(r#""a":{allowed},"a":{allowed}"#));
    assert!(twice.contains("column `a` is constrained twice"), "{twice}");
}

#[test]
fn sizes_travel_as_text() {
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Utf8, true)]));
    let text = STANDARD.encode(encode_schema(&schema, Framing::Modern).unwrap());
    let json = format!(
        r#"{{"@type":"ReadRecordsRequest","identity":null,"queryId":"q","catalogName":"c","tableName":{{"schemaName":"s","tableName":"t"}},"schema":"{text}","split":{{"spillLocation":null,"encryptionKey":null,"properties":{{}}}},"constraints":{{"summary":{{}}}},"maxBlockSize":"16000000","maxInlineBlockSize":5242880}}"#
    );
    let Request::ReadRecordsRequest(read) = read_request(json.as_bytes()).unwrap() else {
        panic!("not a read")
    };
    assert_eq!(
        (read.max_block_size, read.max_inline_block_size),
        (16_000_000, 5_242_880)
    );
    assert_eq!(read.constraints, Constraints::default());
    let written =
        String::from_utf8(write_request(&Request::ReadRecordsRequest(read)).unwrap()).unwrap();
    assert!(
        written.ends_with(r#""maxBlockSize":"16000000","maxInlineBlockSize":"5242880"}"#),
        "{written}"
    );
}

#[test]
fn a_batch_of_another_schema_is_an_error_and_no_panic() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("a", texts.clone(), true), ("b", texts, true)])
            .unwrap();
    let bytes = encode_batch(&ids(), Framing::Modern).unwrap();
    assert!(decode_batch(&bytes, &batch.schema()).is_err());
}
