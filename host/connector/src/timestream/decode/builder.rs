//! One column being built from text.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Date64Builder, Float64Builder, Int32Builder,
    Int64Builder, ListArray, NullBufferBuilder, StringBuilder, StructArray,
    TimestampMillisecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, FieldRef, Fields};
use jiff::civil::{Date, DateTime};

use crate::query::{Scalar, TimestreamType};
use crate::wire::pack_utc_millis;

const UNIX_EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Builders for what [`TimestreamType::decodes_into`] admits.
pub(super) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    /// A timestamp's nanoseconds since the epoch.
    Nanos(Int64Builder),
    Float64(Float64Builder),
    Text(StringBuilder),
    Date(Date32Builder),
    /// A timestamp, cut down to its millisecond.
    Millis(Date64Builder),
    /// The same with the zone UTC packed in.
    Zoned(TimestampMillisecondBuilder),
    List {
        element: Box<ColumnBuilder>,
        ends: Vec<i32>,
        nulls: NullBufferBuilder,
        field: FieldRef,
    },
    Struct {
        members: Vec<ColumnBuilder>,
        nulls: NullBufferBuilder,
        fields: Fields,
    },
}

impl ColumnBuilder {
    /// For values of a type that decodes into the other.
    pub(super) fn new(source: &TimestreamType, target: &DataType) -> Self {
        match (source, target) {
            (_, DataType::Boolean) => Self::Boolean(BooleanBuilder::new()),
            (_, DataType::Int32) => Self::Int32(Int32Builder::new()),
            (TimestreamType::Scalar(Scalar::Timestamp), DataType::Int64) => {
                Self::Nanos(Int64Builder::new())
            }
            (_, DataType::Int64) => Self::Int64(Int64Builder::new()),
            (_, DataType::Float64) => Self::Float64(Float64Builder::new()),
            (_, DataType::Date32) => Self::Date(Date32Builder::new()),
            (_, DataType::Date64) => Self::Millis(Date64Builder::new()),
            (_, DataType::Timestamp(_, zone)) => {
                Self::Zoned(TimestampMillisecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            (source, DataType::List(field)) => {
                let point;
                let element = match source {
                    TimestreamType::List(element) => element,
                    TimestreamType::Series(value) => {
                        point = TimestreamType::Row(vec![
                            ("time".into(), TimestreamType::Scalar(Scalar::Timestamp)),
                            (String::new(), value.as_ref().clone()),
                        ]);
                        &point
                    }
                    // A bare NULL has no elements.
                    other => other,
                };
                Self::List {
                    element: Box::new(Self::new(element, field.data_type())),
                    ends: vec![0],
                    nulls: NullBufferBuilder::new(0),
                    field: field.clone(),
                }
            }
            (source, DataType::Struct(fields)) => {
                let types: &[(String, TimestreamType)] = if let TimestreamType::Row(types) = source
                {
                    types
                } else {
                    &[]
                };
                let members = fields
                    .iter()
                    .enumerate()
                    .map(|(index, field)| {
                        let member = types.get(index).map_or(source, |(_, member)| member);
                        Self::new(member, field.data_type())
                    })
                    .collect();
                Self::Struct {
                    members,
                    nulls: NullBufferBuilder::new(0),
                    fields: fields.clone(),
                }
            }
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Adds a scalar from its text; the error says what it is not.
    pub(super) fn append_text(&mut self, text: &str) -> Result<(), &'static str> {
        match self {
            Self::Boolean(builder) => builder.append_value(match text {
                "true" => true,
                "false" => false,
                _ => return Err("a value is no boolean"),
            }),
            Self::Int32(builder) => builder.append_value(
                text.parse()
                    .map_err(|_| "a value is no integer of 32 bits")?,
            ),
            Self::Int64(builder) => builder.append_value(
                text.parse()
                    .map_err(|_| "a value is no integer of 64 bits")?,
            ),
            Self::Float64(builder) => {
                builder.append_value(text.parse().map_err(|_| "a value is no double")?)
            }
            Self::Text(builder) => builder.append_value(text),
            Self::Date(builder) => {
                let date = (text.len() == "2024-01-31".len()).then(|| text.parse::<Date>());
                let date = date.and_then(Result::ok).ok_or("a value is no date")?;
                builder.append_value((date - UNIX_EPOCH.date()).get_days());
            }
            Self::Nanos(builder) => builder.append_value(nanos(text)?),
            // Cut down, also before 1970, as the Java connector does.
            Self::Millis(builder) => builder.append_value(nanos(text)?.div_euclid(1_000_000)),
            Self::Zoned(builder) => {
                let millis = nanos(text)?.div_euclid(1_000_000);
                builder.append_value(pack_utc_millis(millis).ok_or("a timestamp is out of range")?);
            }
            Self::List { .. } | Self::Struct { .. } => {
                return Err("a value is a scalar where a list or row must be");
            }
        }
        Ok(())
    }

    /// Adds NULL.
    pub(super) fn append_null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::Int32(builder) => builder.append_null(),
            Self::Int64(builder) | Self::Nanos(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Millis(builder) => builder.append_null(),
            Self::Zoned(builder) => builder.append_null(),
            Self::List { ends, nulls, .. } => {
                nulls.append_null();
                ends.push(ends.last().copied().unwrap_or_default());
            }
            Self::Struct { members, nulls, .. } => {
                nulls.append_null();
                members.iter_mut().for_each(Self::append_null);
            }
        }
    }

    /// The array of what was added.
    pub(super) fn finish(self) -> ArrayRef {
        match self {
            Self::Boolean(mut builder) => Arc::new(builder.finish()),
            Self::Int32(mut builder) => Arc::new(builder.finish()),
            Self::Int64(mut builder) | Self::Nanos(mut builder) => Arc::new(builder.finish()),
            Self::Float64(mut builder) => Arc::new(builder.finish()),
            Self::Text(mut builder) => Arc::new(builder.finish()),
            Self::Date(mut builder) => Arc::new(builder.finish()),
            Self::Millis(mut builder) => Arc::new(builder.finish()),
            Self::Zoned(mut builder) => Arc::new(builder.finish()),
            Self::List {
                element,
                ends,
                mut nulls,
                field,
            } => Arc::new(ListArray::new(
                field,
                OffsetBuffer::new(ends.into()),
                element.finish(),
                nulls.finish(),
            )),
            Self::Struct {
                members,
                mut nulls,
                fields,
            } => {
                let members = members.into_iter().map(Self::finish).collect();
                Arc::new(StructArray::new(fields, members, nulls.finish()))
            }
        }
    }
}

/// Nanoseconds since the epoch of `YYYY-MM-DD[ hh:mm:ss[.fffffffff]]`, UTC; a `T` between is accepted too.
fn nanos(text: &str) -> Result<i64, &'static str> {
    // The parser passes over a zone.
    let is_time = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
    };
    let is_utc = text.get("2024-01-31 ".len()..).is_none_or(is_time);
    let instant = is_utc.then(|| text.parse::<DateTime>());
    let instant = instant
        .and_then(Result::ok)
        .ok_or("a value is no timestamp")?;
    let since = instant.duration_since(UNIX_EPOCH).as_nanos();
    i64::try_from(since).map_err(|_| "a timestamp is out of range")
}
