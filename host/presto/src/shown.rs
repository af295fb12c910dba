//! Values as Athena's results show them.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, ScalarValue};
use serde_json::Value as Json;

use crate::cast::{digits, text};
use crate::column::Column;
use crate::types::element_types;
use crate::value::Value;

/// A value as Athena's text of it: `1.0E10`, `Infinity`, `2024-03-05 14:07:09.120`, `[1, 2]`, `{a=1, b=x}`; none of NULL.
///
/// # Errors
///
/// When a time is out of the range that can be shown.
pub fn shown(values: &ArrayRef, row: usize) -> Result<Option<String>, DataFusionError> {
    let column = Column::new(values.clone(), false)?;
    let value = column.value(row)?;
    Ok((!value.is_null()).then(|| show(&value, values.data_type())))
}

/// A value as JSON, without a loss: a value that a JSON number cannot hold is written as its text.
///
/// # Errors
///
/// As [`shown`].
pub fn json(values: &ArrayRef, row: usize) -> Result<Json, DataFusionError> {
    let column = Column::new(values.clone(), false)?;
    Ok(to_json(&column.value(row)?, values.data_type()))
}

fn show(value: &Value<'_>, data_type: &DataType) -> String {
    let types = element_types(data_type);
    let of = |value: &Value<'_>, place: usize| {
        let data_type = types
            .get(place)
            .map_or(&DataType::Null, |(_, data_type)| data_type);
        show(value, data_type)
    };
    match value {
        Value::Null => "null".to_owned(),
        Value::Double(value) => java(*value),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| of(element, 0)).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Row(members) => {
            let members = members.iter().zip(0..).map(|(member, place)| {
                let name = types.get(place).map_or("", |(name, _)| name);
                format!("{name}={}", of(member, place))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| format!("{}={}", of(key, 0), of(value, 1)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Bytes(bytes) => {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            bytes.join(" ")
        }
        Value::Interval(months, 0) if *months != 0 => {
            let sign = if *months < 0 { "-" } else { "" };
            let months = months.unsigned_abs();
            format!("{sign}{}-{}", months / 12, months % 12)
        }
        Value::Interval(_, nanos) => {
            let sign = if *nanos < 0 { "-" } else { "" };
            let millis = nanos.unsigned_abs() / 1_000_000;
            let (seconds, millis) = (millis / 1_000, millis % 1_000);
            let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
            let days = seconds / 86_400;
            format!(
                "{sign}{days} {hours:02}:{minutes:02}:{:02}.{millis:03}",
                seconds % 60
            )
        }
        Value::Other(value) => other(value),
        value => text(value, digits(data_type)).unwrap_or_default(),
    }
}

fn other(value: &ScalarValue) -> String {
    match value {
        ScalarValue::Float32(Some(value)) => {
            let doubled: f64 = format!("{value}").parse().unwrap_or(f64::from(*value));
            java(doubled)
        }
        value => value.to_string(),
    }
}

/// A double as Java writes it: with an exponent below a thousandth and from ten millions on.
pub(crate) fn java(value: f64) -> String {
    let size = value.abs();
    match size == 0.0 || (1e-3..1e7).contains(&size) {
        true => format!("{value:?}"),
        false => crate::cast::double(value),
    }
}

fn to_json(value: &Value<'_>, data_type: &DataType) -> Json {
    let types = element_types(data_type);
    let of = |value: &Value<'_>, place: usize| {
        let data_type = types
            .get(place)
            .map_or(&DataType::Null, |(_, data_type)| data_type);
        to_json(value, data_type)
    };
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Double(value) if value.is_finite() => (*value).into(),
        Value::List(elements) => elements.iter().map(|element| of(element, 0)).collect(),
        Value::Row(members) => {
            let members = members.iter().zip(0..).map(|(member, place)| {
                let name = types.get(place).map_or("", |(name, _)| name);
                (name.to_owned(), of(member, place))
            });
            Json::Object(members.collect())
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| {
                let key = types
                    .first()
                    .map_or(String::new(), |(_, data_type)| show(key, data_type));
                (key, of(value, 1))
            });
            Json::Object(entries.collect())
        }
        value => show(value, data_type).into(),
    }
}
