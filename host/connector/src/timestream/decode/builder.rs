//! One column being built from text.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Date64Builder, Float64Builder, Int32Builder,
    Int64Builder, ListArray, NullBufferBuilder, StringBuilder, StructArray,
    TimestampMillisecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, FieldRef, Fields};

use super::text;
use crate::query::{Scalar, TimestreamType};
use crate::wire::pack_utc_millis;

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

/// What a column will probably need.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    pub(super) rows: usize,
    /// Of all its texts.
    pub(super) bytes: usize,
}

impl ColumnBuilder {
    /// For values of a type that decodes into the other.
    pub(super) fn new(source: &TimestreamType, target: &DataType, room: Room) -> Self {
        let rows = room.rows;
        match (source, target) {
            (_, DataType::Boolean) => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            (_, DataType::Int32) => Self::Int32(Int32Builder::with_capacity(rows)),
            (TimestreamType::Scalar(Scalar::Timestamp), DataType::Int64) => {
                Self::Nanos(Int64Builder::with_capacity(rows))
            }
            (_, DataType::Int64) => Self::Int64(Int64Builder::with_capacity(rows)),
            (_, DataType::Float64) => Self::Float64(Float64Builder::with_capacity(rows)),
            (_, DataType::Date32) => Self::Date(Date32Builder::with_capacity(rows)),
            (_, DataType::Date64) => Self::Millis(Date64Builder::with_capacity(rows)),
            (_, DataType::Timestamp(_, zone)) => {
                let builder = TimestampMillisecondBuilder::with_capacity(rows);
                Self::Zoned(builder.with_timezone_opt(zone.clone()))
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
                    element: Box::new(Self::new(element, field.data_type(), Room::default())),
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
                        Self::new(member, field.data_type(), Room::default())
                    })
                    .collect();
                Self::Struct {
                    members,
                    nulls: NullBufferBuilder::new(0),
                    fields: fields.clone(),
                }
            }
            _ => Self::Text(StringBuilder::with_capacity(rows, room.bytes)),
        }
    }

    /// Adds a scalar from its text; the error says what it is not.
    pub(super) fn append_text(&mut self, text: &str) -> Result<(), &'static str> {
        self.append_all(std::iter::once(Some(text)))
    }

    /// Adds scalars from their texts, and NULLs; the error says what one is not.
    pub(super) fn append_all<'a>(
        &mut self,
        mut cells: impl Iterator<Item = Option<&'a str>>,
    ) -> Result<(), &'static str> {
        match self {
            Self::Boolean(builder) => {
                each(cells, text::boolean, |value| builder.append_option(value))
            }
            Self::Int32(builder) => each(cells, text::int32, |value| builder.append_option(value)),
            Self::Int64(builder) => each(cells, text::int64, |value| builder.append_option(value)),
            Self::Nanos(builder) => each(cells, text::nanos, |value| builder.append_option(value)),
            Self::Float64(builder) => {
                each(cells, text::double, |value| builder.append_option(value))
            }
            Self::Text(builder) => {
                cells.for_each(|cell| builder.append_option(cell));
                Ok(())
            }
            Self::Date(builder) => each(cells, text::date, |value| builder.append_option(value)),
            Self::Millis(builder) => {
                each(cells, text::millis, |value| builder.append_option(value))
            }
            Self::Zoned(builder) => {
                let packed = |text: &str| {
                    pack_utc_millis(text::millis(text)?).ok_or("a timestamp is out of range")
                };
                each(cells, packed, |value| builder.append_option(value))
            }
            Self::List { .. } | Self::Struct { .. } => cells.try_for_each(|cell| match cell {
                Some(_) => Err("a value is a scalar where a list or row must be"),
                None => {
                    self.append_null();
                    Ok(())
                }
            }),
        }
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

    /// What the values that were added take.
    pub(super) fn room(&self, rows: usize) -> Room {
        let bytes = match self {
            Self::Text(builder) => builder.values_slice().len(),
            _ => 0,
        };
        Room { rows, bytes }
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

fn each<'a, T>(
    cells: impl Iterator<Item = Option<&'a str>>,
    parse: impl Fn(&str) -> Result<T, &'static str>,
    mut add: impl FnMut(Option<T>),
) -> Result<(), &'static str> {
    for cell in cells {
        add(cell.map(&parse).transpose()?);
    }
    Ok(())
}
