//! The values of a row, from Arrow's arrays and back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Float64Array, Int64Array, IntervalMonthDayNanoArray, LargeStringArray, ListArray, MapArray,
    StringArray, StructArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, FieldRef, Fields, Float64Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use datafusion::common::{DataFusionError, ScalarValue, exec_datafusion_err, exec_err};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::value::{NANOS_PER_DAY, Value};

/// Bytes of an array of texts at most. Arrow's offsets have 31 bits, and this machine other things to hold.
const MAX_TEXT_BYTES: usize = 1 << 29;

/// Elements of all lists of a column together at most.
const MAX_ELEMENTS: usize = 1 << 24;

/// An argument: a value for every row, or one for all.
pub(crate) struct Column {
    values: ArrayRef,
    zone: Option<TimeZone>,
    pub(crate) is_one: bool,
}

impl Column {
    /// Of one of the types that functions take.
    pub(crate) fn new(values: ArrayRef, is_one: bool) -> Result<Self, DataFusionError> {
        let zone = match values.data_type() {
            DataType::Timestamp(_, Some(zone)) => Some(time_zone(zone)?),
            _ => None,
        };
        Ok(Self {
            values,
            zone,
            is_one,
        })
    }

    /// Rows, one if it is of all.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn value(&self, row: usize) -> Result<Value<'_>, DataFusionError> {
        let row = if self.is_one { 0 } else { row };
        read(&self.values, self.zone.as_ref(), row)
    }
}

/// A value of an array, whose zone is given if it is looked up already.
fn read<'a>(
    values: &'a ArrayRef,
    zone: Option<&TimeZone>,
    row: usize,
) -> Result<Value<'a>, DataFusionError> {
    if values.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match values.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Boolean(values.as_boolean().value(row)),
        DataType::Int64 => Value::Integer(values.as_primitive::<Int64Type>().value(row)),
        DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            let wide = cast(&values.slice(row, 1), &DataType::Int64)?;
            Value::Integer(wide.as_primitive::<Int64Type>().value(0))
        }
        DataType::Float64 => Value::Double(values.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            Value::Decimal(values.as_primitive::<Decimal128Type>().value(row), *scale)
        }
        DataType::Utf8 => Value::Text(values.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Value::Text(values.as_string::<i64>().value(row)),
        DataType::Binary => Value::Bytes(values.as_binary::<i32>().value(row).to_vec()),
        DataType::Date32 => {
            let days = values.as_primitive::<Date32Type>().value(row);
            let days = jiff::Span::new().try_days(days);
            let date = days.and_then(|days| Date::constant(1970, 1, 1).checked_add(days));
            Value::Date(date.map_err(|_| out_of_range())?)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let interval = values.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let days = i128::from(interval.days) * NANOS_PER_DAY;
            Value::Interval(interval.months, days + i128::from(interval.nanoseconds))
        }
        DataType::Timestamp(unit, named) => {
            let instant = instant(values, *unit, row)?;
            match (zone, named) {
                (Some(zone), _) => Value::Zoned(instant.to_zoned(zone.clone())),
                (None, Some(name)) => Value::Zoned(instant.to_zoned(time_zone(name)?)),
                (None, None) => Value::Time(jiff::tz::Offset::UTC.to_datetime(instant)),
            }
        }
        DataType::List(_) => {
            let list = values.as_list::<i32>();
            Value::List(elements(list.values(), list.value_offsets(), row)?)
        }
        DataType::Struct(_) => {
            let members = values.as_struct().columns().iter();
            let members = members.map(|member| read(member, None, row));
            Value::Row(members.collect::<Result<_, _>>()?)
        }
        DataType::Map(..) => {
            let map = values.as_map();
            let keys = elements(map.keys(), map.value_offsets(), row)?;
            let values = elements(map.values(), map.value_offsets(), row)?;
            Value::Map(keys.into_iter().zip(values).collect())
        }
        _ => Value::Other(ScalarValue::try_from_array(values, row)?),
    })
}

fn elements<'a>(
    values: &'a ArrayRef,
    offsets: &[i32],
    row: usize,
) -> Result<Vec<Value<'a>>, DataFusionError> {
    let bound = |row: usize| {
        offsets
            .get(row)
            .and_then(|offset| usize::try_from(*offset).ok())
    };
    let (begin, end) = (bound(row).unwrap_or(0), bound(row + 1).unwrap_or(0));
    (begin..end)
        .map(|element| read(values, None, element))
        .collect()
}

fn instant(values: &ArrayRef, unit: TimeUnit, row: usize) -> Result<Timestamp, DataFusionError> {
    let instant = match unit {
        TimeUnit::Second => {
            Timestamp::from_second(values.as_primitive::<TimestampSecondType>().value(row))
        }
        TimeUnit::Millisecond => Timestamp::from_millisecond(
            values.as_primitive::<TimestampMillisecondType>().value(row),
        ),
        TimeUnit::Microsecond => Timestamp::from_microsecond(
            values.as_primitive::<TimestampMicrosecondType>().value(row),
        ),
        TimeUnit::Nanosecond => Timestamp::from_nanosecond(
            values
                .as_primitive::<TimestampNanosecondType>()
                .value(row)
                .into(),
        ),
    };
    instant.map_err(|_| out_of_range())
}

/// A zone by its name, or by its offset as `+09:00`.
///
/// # Errors
///
/// When there is none of this name.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, DataFusionError> {
    let unknown = || exec_datafusion_err!("Time zone not supported: {name}");
    if let Ok(offset) = jiff::fmt::strtime::parse("%:z", name)
        && let Some(offset) = offset.offset()
    {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(name).map_err(|_| unknown())
}

/// An instant in units of so many nanoseconds, cut off downwards before 1970 too. jiff's instants are within 10,000 years,
/// whose seconds, milliseconds and microseconds fit.
fn floored(instant: Timestamp, nanos: i128) -> i64 {
    i64::try_from(instant.as_nanosecond().div_euclid(nanos)).unwrap_or(i64::MAX)
}

fn out_of_range() -> DataFusionError {
    exec_datafusion_err!("the timestamp is out of range")
}

/// Values as an array of a type.
pub(crate) fn array(
    values: Vec<Value<'_>>,
    data_type: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    Ok(match data_type {
        DataType::Null => new_null_array(&DataType::Null, values.len()),
        DataType::Boolean => {
            let values = values.iter().map(|value| match value {
                Value::Boolean(value) => Some(*value),
                _ => None,
            });
            Arc::new(values.collect::<BooleanArray>())
        }
        DataType::Int64 | DataType::Int32 | DataType::Int16 | DataType::Int8 => {
            let values = values.iter().map(|value| match value {
                Value::Integer(value) => Some(*value),
                _ => None,
            });
            let options = CastOptions {
                safe: false,
                ..CastOptions::default()
            };
            cast_with_options(&values.collect::<Int64Array>(), data_type, &options)?
        }
        DataType::Float64 => {
            let values = values.iter().map(|value| match value {
                Value::Double(value) => Some(*value),
                _ => None,
            });
            Arc::new(values.collect::<Float64Array>())
        }
        DataType::Decimal128(precision, _) => {
            let values = values.iter().map(|value| match value {
                Value::Decimal(value, _) => Some(*value),
                _ => None,
            });
            let values = values.collect::<Decimal128Array>();
            let values = values.with_data_type(data_type.clone());
            let overflow = |_| exec_datafusion_err!("Decimal overflow");
            values
                .validate_decimal_precision(*precision)
                .map_err(overflow)?;
            Arc::new(values)
        }
        DataType::LargeUtf8 => {
            let texts = values
                .iter()
                .map(|value| (!value.is_null()).then(|| value.text()));
            Arc::new(texts.collect::<LargeStringArray>())
        }
        DataType::Utf8 => {
            if values.iter().map(|value| value.text().len()).sum::<usize>() > MAX_TEXT_BYTES {
                return exec_err!("texts of more than {MAX_TEXT_BYTES} bytes are not made here");
            }
            let texts = values
                .iter()
                .map(|value| (!value.is_null()).then(|| value.text()));
            Arc::new(texts.collect::<StringArray>())
        }
        DataType::Binary => {
            let values = values
                .iter()
                .map(|value| (!value.is_null()).then(|| value.bytes()));
            Arc::new(values.collect::<BinaryArray>())
        }
        DataType::Date32 => {
            let epoch = Date::constant(1970, 1, 1);
            let days = values.iter().map(|value| match value {
                Value::Date(date) => Ok(Some(epoch.until(*date)?.get_days())),
                _ => Ok(None),
            });
            let days = days.collect::<Result<Date32Array, jiff::Error>>();
            Arc::new(days.map_err(|_| out_of_range())?)
        }
        DataType::Timestamp(unit, zone) => timestamps(&values, *unit, zone.clone())?,
        DataType::Interval(IntervalUnit::MonthDayNano) => intervals(&values)?,
        DataType::List(field) => list(values, field)?,
        DataType::Struct(fields) => row(values, fields)?,
        DataType::Map(entries, is_sorted) => map(values, entries, *is_sorted)?,
        other => {
            let values = values.into_iter().map(|value| match value {
                Value::Other(value) => Ok(value),
                Value::Null => ScalarValue::try_from(other),
                _ => exec_err!("no function gives {other}"),
            });
            let values = values.collect::<Result<Vec<_>, _>>()?;
            match values.is_empty() {
                true => new_null_array(other, 0),
                false => ScalarValue::iter_to_array(values)?,
            }
        }
    })
}

fn timestamps(
    values: &[Value<'_>],
    unit: TimeUnit,
    zone: Option<Arc<str>>,
) -> Result<ArrayRef, DataFusionError> {
    let instants = values.iter().map(|value| match value {
        Value::Time(time) => jiff::tz::Offset::UTC.to_timestamp(*time).map(Some),
        Value::Zoned(time) => Ok(Some(time.timestamp())),
        _ => Ok(None),
    });
    let instants = instants.collect::<Result<Vec<_>, _>>();
    let instants = instants.map_err(|_| out_of_range())?;
    let of = |count: fn(Timestamp) -> Option<i64>| {
        let counts = instants.iter().map(|instant| match instant {
            Some(instant) => count(*instant).ok_or_else(out_of_range).map(Some),
            None => Ok(None),
        });
        counts.collect::<Result<Vec<Option<i64>>, _>>()
    };
    Ok(match unit {
        TimeUnit::Second => Arc::new(
            TimestampSecondArray::from(of(|instant| Some(floored(instant, 1_000_000_000)))?)
                .with_timezone_opt(zone),
        ),
        TimeUnit::Millisecond => Arc::new(
            TimestampMillisecondArray::from(of(|instant| Some(floored(instant, 1_000_000)))?)
                .with_timezone_opt(zone),
        ),
        TimeUnit::Microsecond => Arc::new(
            TimestampMicrosecondArray::from(of(|instant| Some(floored(instant, 1_000)))?)
                .with_timezone_opt(zone),
        ),
        TimeUnit::Nanosecond => Arc::new(
            TimestampNanosecondArray::from(of(|instant| {
                i64::try_from(instant.as_nanosecond()).ok()
            })?)
            .with_timezone_opt(zone),
        ),
    })
}

fn intervals(values: &[Value<'_>]) -> Result<ArrayRef, DataFusionError> {
    let intervals = values.iter().map(|value| match value {
        Value::Interval(months, nanos) => {
            let out = |_| exec_datafusion_err!("the interval is out of range");
            // Days are nanoseconds, as in [`crate::checked`].
            let nanos = i64::try_from(*nanos).map_err(out)?;
            Ok(Some(IntervalMonthDayNano::new(*months, 0, nanos)))
        }
        _ => Ok(None),
    });
    let intervals = intervals.collect::<Result<Vec<_>, DataFusionError>>()?;
    Ok(Arc::new(IntervalMonthDayNanoArray::from(intervals)))
}

fn list(values: Vec<Value<'_>>, field: &FieldRef) -> Result<ArrayRef, DataFusionError> {
    let nulls: NullBuffer = values.iter().map(|value| !value.is_null()).collect();
    let lengths: Vec<usize> = values.iter().map(|value| value.elements().len()).collect();
    check_elements(&lengths)?;
    let elements = values.into_iter().flat_map(|value| match value {
        Value::List(elements) => elements,
        _ => Vec::new(),
    });
    let elements = array(elements.collect(), field.data_type())?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(
        field.clone(),
        offsets,
        elements,
        Some(nulls),
    )?))
}

fn row(values: Vec<Value<'_>>, fields: &Fields) -> Result<ArrayRef, DataFusionError> {
    let nulls: NullBuffer = values.iter().map(|value| !value.is_null()).collect();
    let count = values.len();
    let mut columns: Vec<Vec<Value<'_>>> = fields.iter().map(|_| Vec::new()).collect();
    for value in values {
        let mut members = match value {
            Value::Row(members) => members,
            _ => Vec::new(),
        }
        .into_iter();
        for column in &mut columns {
            column.push(members.next().unwrap_or(Value::Null));
        }
    }
    let columns = columns.into_iter().zip(fields);
    let columns = columns.map(|(column, field)| array(column, field.data_type()));
    let columns = columns.collect::<Result<_, _>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(
        fields.clone(),
        columns,
        Some(nulls),
        count,
    )?))
}

fn map(
    values: Vec<Value<'_>>,
    entries: &FieldRef,
    is_sorted: bool,
) -> Result<ArrayRef, DataFusionError> {
    let DataType::Struct(fields) = entries.data_type() else {
        return exec_err!("a map has entries");
    };
    let nulls: NullBuffer = values.iter().map(|value| !value.is_null()).collect();
    let lengths: Vec<usize> = values.iter().map(|value| value.entries().len()).collect();
    check_elements(&lengths)?;
    let pairs = values.into_iter().flat_map(|value| match value {
        Value::Map(pairs) => pairs,
        _ => Vec::new(),
    });
    let rows = pairs.map(|(key, value)| Value::Row(vec![key, value]));
    let rows = row(rows.collect(), fields)?;
    // A row here is never NULL; a map's entries have no nulls of their own.
    let rows = StructArray::new(fields.clone(), rows.as_struct().columns().to_vec(), None);
    Ok(Arc::new(MapArray::try_new(
        entries.clone(),
        OffsetBuffer::from_lengths(lengths),
        rows,
        Some(nulls),
        is_sorted,
    )?))
}

fn check_elements(lengths: &[usize]) -> Result<(), DataFusionError> {
    match lengths.iter().sum::<usize>() > MAX_ELEMENTS {
        true => exec_err!("arrays of more than {MAX_ELEMENTS} elements are not made here"),
        false => Ok(()),
    }
}
