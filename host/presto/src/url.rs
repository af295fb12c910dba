//! Addresses of the web.

use percent_encoding::percent_decode_str;
use url::{Url, form_urlencoded};

use crate::function::{Call, Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::{Bigint, Varchar};

pub(crate) fn all() -> Vec<Function> {
    let of = |name, call: Call| Function::new(name, [form(&[Varchar], Varchar, call)]);
    vec![
        of("url_extract_host", |arguments| {
            part(arguments, |url| url.host_str())
        }),
        of("url_extract_path", |arguments| {
            part(arguments, |url| Some(url.path()))
        }),
        of("url_extract_protocol", |arguments| {
            part(arguments, |url| Some(url.scheme()))
        }),
        of("url_extract_query", |arguments| {
            part(arguments, |url| Some(url.query().unwrap_or_default()))
        }),
        of("url_extract_fragment", |arguments| {
            part(arguments, |url| Some(url.fragment().unwrap_or_default()))
        }),
        Function::new(
            "url_extract_port",
            [form(&[Varchar], Bigint, |arguments| {
                let url = Url::parse(arguments[0].text()).ok();
                // Only the port that is written.
                let port = url.and_then(|url| url.port());
                Ok(port.map_or(Value::Null, |port| Value::Integer(port.into())))
            })],
        ),
        Function::new(
            "url_extract_parameter",
            [form(&[Varchar, Varchar], Varchar, |arguments| {
                let Ok(url) = Url::parse(arguments[0].text()) else {
                    return Ok(Value::Null);
                };
                let mut pairs = url.query_pairs();
                let found = pairs.find(|(name, _)| name == arguments[1].text());
                Ok(found.map_or(Value::Null, |(_, value)| Value::Owned(value.into_owned())))
            })],
        ),
        of("url_encode", |arguments| {
            let bytes = arguments[0].text().as_bytes();
            Ok(Value::Owned(
                form_urlencoded::byte_serialize(bytes).collect(),
            ))
        }),
        of("url_decode", |arguments| {
            let text = arguments[0].text().replace('+', " ");
            let decoded = percent_decode_str(&text).decode_utf8_lossy();
            Ok(Value::Owned(decoded.into_owned()))
        }),
    ]
}

/// A part of an address; NULL of what is not one.
fn part<'a>(arguments: &[Value<'a>], part: fn(&Url) -> Option<&str>) -> Result<Value<'a>, String> {
    let url = Url::parse(arguments[0].text()).ok();
    let part = url.as_ref().and_then(part);
    Ok(part.map_or(Value::Null, |part| Value::Owned(part.to_owned())))
}
