//! Values out of JSON and as JSON, as `CAST` has them.

use arrow::datatypes::DataType;

use super::JSON;
use super::parse::{Json, parse, quoted};
use crate::cast::{self, digits, double, text};
use crate::shown::java;
use crate::types::{element_types, type_name, unnamed};
use crate::value::Value;

/// Whether values of one type become JSON, or JSON values of the other.
pub(crate) fn is_cast(from: &DataType, to: &DataType) -> bool {
    let is_scalar = |given: &DataType| {
        given.is_integer()
            || matches!(
                given,
                DataType::Boolean | DataType::Float64 | DataType::Utf8 | DataType::Date32
            )
            || matches!(given, DataType::Timestamp(_, None))
    };
    let is_part = |given: &DataType| *given == JSON || is_cast(&JSON, given);
    let is_whole = |given: &DataType| *given == JSON || is_cast(given, &JSON);
    match (from, to) {
        (from, to) if *from == JSON => match to {
            DataType::Map(..) => element_types(to).iter().all(|(_, part)| is_part(part)),
            DataType::List(_) | DataType::Struct(_) => {
                element_types(to).iter().all(|(_, part)| is_part(part))
            }
            to => is_scalar(to),
        },
        (from, to) if *to == JSON => match from {
            DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => {
                element_types(from).iter().all(|(_, part)| is_whole(part))
            }
            DataType::Null => true,
            from => is_scalar(from),
        },
        _ => false,
    }
}

/// A value out of JSON.
///
/// # Errors
///
/// When it is not JSON of such a value.
pub(crate) fn read(json: &str, to: &DataType) -> Result<Value<'static>, String> {
    let failed = || format!("Cannot cast JSON to {}", type_name(to).to_uppercase());
    if *to == JSON {
        return Ok(Value::Owned(json.to_owned()));
    }
    let types = element_types(to);
    let part = |json: &str, place: usize| match types.get(place) {
        Some((_, data_type)) => read(json, data_type),
        None => Err(failed()),
    };
    let parsed = parse(json).map_err(|_| failed())?;
    Ok(match (to, parsed) {
        (_, Json::Null) => Value::Null,
        (DataType::List(_), Json::Array(elements)) => {
            let elements = elements.iter().map(|element| part(element.get(), 0));
            Value::List(elements.collect::<Result<_, _>>()?)
        }
        (DataType::Map(..), Json::Object(members)) => {
            let entries = members
                .iter()
                .map(|(name, value)| Ok((part(&quoted(name), 0)?, part(value.get(), 1)?)));
            let map = Value::Map(entries.collect::<Result<_, String>>()?);
            match crate::map::has_unique_keys(&map) {
                true => map,
                false => return Err(format!("{}: duplicate keys", failed())),
            }
        }
        (DataType::Struct(fields), Json::Array(elements)) if elements.len() == fields.len() => {
            let members = elements.iter().enumerate();
            let members = members.map(|(place, element)| part(element.get(), place));
            Value::Row(members.collect::<Result<_, _>>()?)
        }
        (DataType::Struct(fields), Json::Object(given)) => {
            let members = fields.iter().enumerate().map(|(place, field)| {
                let mut given = given.iter();
                let found = given.find(|(name, _)| name.eq_ignore_ascii_case(field.name()));
                found.map_or(Ok(Value::Null), |(_, value)| part(value.get(), place))
            });
            Value::Row(members.collect::<Result<_, _>>()?)
        }
        (DataType::Utf8, Json::Text(text)) => Value::Owned(text),
        (to, Json::Text(text)) if cast::is_read(to) => cast::read(&text, to)?,
        (DataType::Utf8, Json::Boolean(value)) => Value::Owned(value.to_string()),
        (DataType::Boolean, Json::Boolean(value)) => Value::Boolean(value),
        (DataType::Float64, Json::Boolean(value)) => Value::Double(f64::from(u8::from(value))),
        (to, Json::Boolean(value)) if to.is_integer() => Value::Integer(i64::from(value)),
        (to, Json::Number(digits)) => {
            let number: f64 = digits.parse().map_err(|_| failed())?;
            let is_whole = !digits.contains(['.', 'e', 'E']);
            match to {
                DataType::Utf8 if is_whole => Value::Owned(digits.to_owned()),
                DataType::Utf8 => Value::Owned(double(number)),
                DataType::Boolean => Value::Boolean(number != 0.0),
                DataType::Float64 => Value::Double(number),
                to if to.is_integer() && is_whole => cast::read(digits, to)?,
                to if to.is_integer() => cast::read(&format!("{:.0}", number.round()), to)?,
                _ => return Err(failed()),
            }
        }
        _ => return Err(failed()),
    })
}

/// A value as JSON; none of NULL.
pub(crate) fn written(value: &Value<'_>, data_type: &DataType) -> Option<String> {
    let types = element_types(data_type);
    let part = |value: &Value<'_>, place: usize| {
        let data_type = types
            .get(place)
            .map_or(&DataType::Null, |(_, data_type)| data_type);
        written(value, data_type).unwrap_or_else(|| "null".to_owned())
    };
    Some(match value {
        Value::Null => return None,
        value if *data_type == JSON => value.text().to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Double(value) if value.is_finite() => java(*value),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| part(element, 0)).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Row(members) => {
            let members = members.iter().enumerate().map(|(place, member)| {
                let name = types.get(place).map_or("", |(name, _)| name);
                let name = if name == unnamed(place) { "" } else { name };
                format!("{}:{}", quoted(name), part(member, place))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Map(entries) => {
            let members = entries.iter().map(|(key, value)| {
                let key = text(key, digits(data_type)).unwrap_or_default();
                (key, part(value, 1))
            });
            let mut members: Vec<(String, String)> = members.collect();
            members.sort();
            let members = members.iter();
            let members = members.map(|(key, value)| format!("{}:{value}", quoted(key)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        value => quoted(&text(value, digits(data_type)).unwrap_or_default()),
    })
}
