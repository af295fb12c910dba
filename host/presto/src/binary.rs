//! Bytes, and what is computed of them.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

use crate::function::{Call, Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::{Bigint, Varbinary, Varchar};

pub(crate) fn all() -> Vec<Function> {
    let hash = |name, call: Call| Function::new(name, [form(&[Varbinary], Varbinary, call)]);
    let text = |name, call: Call| Function::new(name, [form(&[Varbinary], Varchar, call)]);
    let of_text = |name, call: Call| Function::new(name, [form(&[Varchar], Varbinary, call)]);
    vec![
        hash("md5", |arguments| {
            Ok(Value::Bytes(
                <md5::Md5 as md5::Digest>::digest(arguments[0].bytes()).to_vec(),
            ))
        }),
        hash("sha1", |arguments| {
            Ok(Value::Bytes(
                <sha1::Sha1 as sha1::Digest>::digest(arguments[0].bytes()).to_vec(),
            ))
        }),
        hash("sha256", |arguments| {
            Ok(Value::Bytes(
                <sha2::Sha256 as sha2::Digest>::digest(arguments[0].bytes()).to_vec(),
            ))
        }),
        hash("sha512", |arguments| {
            Ok(Value::Bytes(
                <sha2::Sha512 as sha2::Digest>::digest(arguments[0].bytes()).to_vec(),
            ))
        }),
        hash("xxhash64", |arguments| {
            let hash = twox_hash::XxHash64::oneshot(0, arguments[0].bytes());
            Ok(Value::Bytes(hash.to_be_bytes().to_vec()))
        }),
        Function::new(
            "crc32",
            [form(&[Varbinary], Bigint, |arguments| {
                Ok(Value::Integer(crc32fast::hash(arguments[0].bytes()).into()))
            })],
        ),
        text("to_hex", |arguments| {
            let mut digits = String::new();
            for byte in arguments[0].bytes() {
                // Writing to a String does not fail.
                let _ = write!(digits, "{byte:02X}");
            }
            Ok(Value::Owned(digits))
        }),
        of_text("from_hex", |arguments| {
            let text = arguments[0].text();
            let invalid = || format!("the text is not hexadecimal: {} characters", text.len());
            let digits: Option<Vec<u8>> = text
                .chars()
                .map(|digit| {
                    digit
                        .to_digit(16)
                        .and_then(|digit| u8::try_from(digit).ok())
                })
                .collect();
            let digits = digits
                .filter(|digits| digits.len() % 2 == 0)
                .ok_or_else(invalid)?;
            let bytes = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]);
            Ok(Value::Bytes(bytes.collect()))
        }),
        text("to_base64", |arguments| {
            Ok(Value::Owned(BASE64_STANDARD.encode(arguments[0].bytes())))
        }),
        text("to_base64url", |arguments| {
            Ok(Value::Owned(BASE64_URL_SAFE.encode(arguments[0].bytes())))
        }),
        of_text("from_base64", |arguments| {
            decoded(&BASE64_STANDARD, arguments)
        }),
        of_text("from_base64url", |arguments| {
            decoded(&BASE64_URL_SAFE, arguments)
        }),
        of_text("to_utf8", |arguments| {
            Ok(Value::Bytes(arguments[0].text().as_bytes().to_vec()))
        }),
        text("from_utf8", |arguments| {
            Ok(Value::Owned(
                String::from_utf8_lossy(arguments[0].bytes()).into_owned(),
            ))
        }),
    ]
}

fn decoded<'a>(engine: &impl Engine, arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let decoded = engine.decode(arguments[0].text());
    decoded
        .map(Value::Bytes)
        .map_err(|error| format!("the text is not base64: {error}"))
}
