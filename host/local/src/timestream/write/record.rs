//! One record of a `WriteRecords` call: merged with the common attributes, checked, typed.
//!
//! The rules are those of the API reference (`Record`, `Dimension`, `MeasureValue`), of "Naming constraints" and of the
//! service quotas in the developer guide.

use serde::Deserialize;

use crate::timestream::store::{MeasureType, Record, Value, ValueType};

/// Longest dimension name, in bytes.
const MAX_DIMENSION_NAME: usize = 60;
/// Longest measure name, in bytes.
const MAX_MEASURE_NAME: usize = 256;
/// Longest measure value, and longest dimension name and value together, in bytes.
const MAX_VALUE: usize = 2_048;
/// Most dimensions of a record.
const MAX_DIMENSIONS: usize = 128;
/// Most measures of a multi-measure record.
const MAX_MEASURES: usize = 256;
/// Columns that exist or are reserved.
const RESERVED: [&str; 4] = [
    "measure_value",
    "measure_name",
    "time",
    "ts_non_existent_col",
];

/// `Record` of the service model.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    dimensions: Option<Vec<Dimension>>,
    measure_name: Option<String>,
    measure_value: Option<String>,
    measure_value_type: Option<InputType>,
    measure_values: Option<Vec<MeasureValue>>,
    time: Option<String>,
    time_unit: Option<TimeUnit>,
    version: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MeasureValue {
    name: String,
    value: String,
    #[serde(rename = "Type")]
    value_type: InputType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum InputType {
    Double,
    Bigint,
    Varchar,
    Boolean,
    Timestamp,
    Multi,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum TimeUnit {
    Milliseconds,
    Seconds,
    Microseconds,
    Nanoseconds,
}

impl TimeUnit {
    fn nanoseconds(self) -> i64 {
        match self {
            TimeUnit::Seconds => 1_000_000_000,
            TimeUnit::Milliseconds => 1_000_000,
            TimeUnit::Microseconds => 1_000,
            TimeUnit::Nanoseconds => 1,
        }
    }
}

/// Makes a record of what was sent, or says why it is none. `required` is a dimension it must have.
pub(super) fn read(input: Input, common: &Input, required: Option<&str>) -> Result<Record, String> {
    let unit = input
        .time_unit
        .or(common.time_unit)
        .unwrap_or(TimeUnit::Milliseconds);
    let time = input
        .time
        .as_ref()
        .or(common.time.as_ref())
        .ok_or("the record has no Time")?;
    let time = read_time("Time", time, unit)?;
    let version = input.version.or(common.version).unwrap_or(1);
    if version < 1 {
        return Err(format!("Version must be 1 or more, not {version}"));
    }
    let dimensions = read_dimensions(input.dimensions, common.dimensions.as_deref())?;
    if let Some(required) = required
        && !dimensions.iter().any(|(name, _)| name == required)
    {
        return Err(format!(
            "the record lacks the partition key's dimension `{required}`"
        ));
    }
    let measure_name = input
        .measure_name
        .or_else(|| common.measure_name.clone())
        .ok_or("the record has no MeasureName")?;
    check_measure_name(&measure_name)?;
    let value = input.measure_value.or_else(|| common.measure_value.clone());
    let values = input
        .measure_values
        .or_else(|| common.measure_values.clone());
    let given = input.measure_value_type.or(common.measure_value_type);
    let (measure_type, values) = match (given.unwrap_or(InputType::Double).scalar(), value, values)
    {
        (None, None, Some(values)) => (MeasureType::Multi, read_values(values, unit)?),
        (None, _, _) => {
            return Err("a MULTI record needs MeasureValues and no MeasureValue".to_owned());
        }
        (Some(ValueType::Timestamp), _, _) => {
            return Err("a TIMESTAMP measure must be part of a MULTI record".to_owned());
        }
        (Some(value_type), Some(value), None) => {
            let value = read_value("MeasureValue", value, value_type, unit)?;
            let column = format!("measure_value::{}", value_type.name());
            (MeasureType::Single(value_type), vec![(column, value)])
        }
        (Some(_), _, _) => {
            return Err(
                "a record that is not MULTI needs MeasureValue and no MeasureValues".to_owned(),
            );
        }
    };
    Ok(Record {
        dimensions,
        measure_name,
        measure_type,
        values,
        time,
        version,
    })
}

impl InputType {
    /// `None` for MULTI.
    fn scalar(self) -> Option<ValueType> {
        match self {
            InputType::Double => Some(ValueType::Double),
            InputType::Bigint => Some(ValueType::Bigint),
            InputType::Varchar => Some(ValueType::Varchar),
            InputType::Boolean => Some(ValueType::Boolean),
            InputType::Timestamp => Some(ValueType::Timestamp),
            InputType::Multi => None,
        }
    }
}

/// Stored times begin at the epoch and end with 64 bits of nanoseconds, in 2262.
fn read_time(what: &str, text: &str, unit: TimeUnit) -> Result<i64, String> {
    let count: i64 = text
        .parse()
        .map_err(|_| format!("{what} is not a whole number"))?;
    if count < 0 {
        return Err(format!("{what} is before 1970-01-01"));
    }
    count
        .checked_mul(unit.nanoseconds())
        .ok_or_else(|| format!("{what} is after 2262-04-11"))
}

fn read_dimensions(
    own: Option<Vec<Dimension>>,
    common: Option<&[Dimension]>,
) -> Result<Vec<(String, String)>, String> {
    let mut dimensions: Vec<(String, String)> = Vec::new();
    for Dimension { name, value } in common
        .unwrap_or_default()
        .iter()
        .cloned()
        .chain(own.unwrap_or_default())
    {
        check_dimension_name(&name)?;
        if name.len() + value.len() > MAX_VALUE {
            return Err(format!(
                "dimension `{name}`: name and value have more than {MAX_VALUE} bytes"
            ));
        }
        if dimensions.iter().any(|(other, _)| *other == name) {
            return Err(format!("dimension `{name}` is given twice"));
        }
        dimensions.push((name, value));
    }
    if dimensions.len() > MAX_DIMENSIONS {
        return Err(format!(
            "the record has more than {MAX_DIMENSIONS} dimensions"
        ));
    }
    Ok(dimensions)
}

/// Says what is wrong with a dimension's name, if anything is.
pub(super) fn check_dimension_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > MAX_DIMENSION_NAME {
        return Err(format!(
            "a dimension name must have 1 to {MAX_DIMENSION_NAME} bytes, this one has {}",
            name.len()
        ));
    }
    if name.chars().any(|c| c == ':' || c == '"' || c.is_control()) {
        return Err(format!(
            "dimension name {name:?} contains a colon, a quote or a control character"
        ));
    }
    if name.starts_with("ts_") || name.starts_with("measure_value") || RESERVED.contains(&name) {
        return Err(format!("dimension name `{name}` is reserved"));
    }
    Ok(())
}

fn check_measure_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > MAX_MEASURE_NAME {
        return Err(format!(
            "a measure name must have 1 to {MAX_MEASURE_NAME} bytes, this one has {}",
            name.len()
        ));
    }
    // That control characters are refused in measure names too is this server's own rule.
    if name.chars().any(|c| c == ':' || c.is_control()) {
        return Err(format!(
            "measure name {name:?} contains a colon or a control character"
        ));
    }
    Ok(())
}

fn read_values(values: Vec<MeasureValue>, unit: TimeUnit) -> Result<Vec<(String, Value)>, String> {
    if values.is_empty() || values.len() > MAX_MEASURES {
        return Err(format!(
            "MeasureValues must have 1 to {MAX_MEASURES} entries, this record has {}",
            values.len()
        ));
    }
    let mut read: Vec<(String, Value)> = Vec::with_capacity(values.len());
    for MeasureValue {
        name,
        value,
        value_type,
    } in values
    {
        check_measure_name(&name)?;
        if RESERVED.contains(&name.as_str()) {
            return Err(format!("measure name `{name}` is reserved"));
        }
        if read.iter().any(|(other, _)| *other == name) {
            return Err(format!("measure `{name}` is given twice"));
        }
        let value_type = value_type
            .scalar()
            .ok_or_else(|| format!("measure `{name}` cannot have type MULTI"))?;
        let value = read_value(&format!("measure `{name}`"), value, value_type, unit)?;
        read.push((name, value));
    }
    Ok(read)
}

fn read_value(
    what: &str,
    text: String,
    value_type: ValueType,
    unit: TimeUnit,
) -> Result<Value, String> {
    if text.is_empty() || text.len() > MAX_VALUE {
        return Err(format!(
            "{what} must have 1 to {MAX_VALUE} bytes, it has {}",
            text.len()
        ));
    }
    let wrong = || format!("{what} is no {}", value_type.name());
    Ok(match value_type {
        ValueType::Double => {
            let value: f64 = text.parse().map_err(|_| wrong())?;
            if !value.is_finite() {
                return Err(format!("{what} is not a finite number"));
            }
            Value::Double(value)
        }
        ValueType::Bigint => Value::Bigint(text.parse().map_err(|_| wrong())?),
        ValueType::Varchar => Value::Varchar(text.into()),
        ValueType::Boolean if text.eq_ignore_ascii_case("true") => Value::Boolean(true),
        ValueType::Boolean if text.eq_ignore_ascii_case("false") => Value::Boolean(false),
        ValueType::Boolean => return Err(wrong()),
        ValueType::Timestamp => Value::Timestamp(read_time(what, &text, unit)?),
    })
}
