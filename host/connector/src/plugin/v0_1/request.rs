//! The host's requests in the contract's words.

use arrow::datatypes::DataType;

use super::term::term_to_wit;
use super::wit;
use crate::plugin::PlanRequest;
use crate::query::{ColumnKind, Mapping, Scalar, Source, Table, TimestreamType};

pub(super) fn request_to_wit(request: &PlanRequest<'_>) -> wit::Request {
    wit::Request {
        table: table_to_wit(request.table),
        mapping: mapping_to_wit(request.mapping),
        projection: request.projection.iter().copied().map(index).collect(),
        terms: request.terms.iter().map(term_to_wit).collect(),
        order: request
            .order
            .iter()
            .map(|key| wit::SortKey {
                field: index(key.field),
                descending: key.descending,
                nulls_first: key.nulls_first,
            })
            .collect(),
        limit: request.limit,
        now: request.now,
        caller: wit::Caller {
            account: request.caller.account.clone(),
            arn: request.caller.arn.clone(),
            tags: request.caller.tags.clone(),
            groups: request.caller.groups.clone(),
        },
    }
}

pub(super) fn table_to_wit(table: &Table) -> wit::Table {
    let mut types = Vec::new();
    let columns = table
        .columns
        .iter()
        .map(|column| wit::Column {
            name: column.name.clone(),
            type_: timestream_type_to_wit(&column.r#type, &mut types),
            kind: match column.kind {
                ColumnKind::Dimension => wit::ColumnKind::Dimension,
                ColumnKind::MeasureName => wit::ColumnKind::MeasureName,
                ColumnKind::MeasureValue => wit::ColumnKind::MeasureValue,
                ColumnKind::Time => wit::ColumnKind::Time,
                ColumnKind::Computed => wit::ColumnKind::Computed,
            },
            partition_key: column.partition_key,
        })
        .collect();
    let source = match &table.source {
        Source::Table { database, table } => wit::Source::Table((database.clone(), table.clone())),
        Source::View { name, text } => wit::Source::View((name.clone(), text.clone())),
        Source::Passthrough(text) => wit::Source::Passthrough(text.clone()),
    };
    wit::Table {
        source,
        types,
        columns,
        options: table.options.clone(),
    }
}

/// Adds a type to the arena, children first, and says where it stands.
fn timestream_type_to_wit(r#type: &TimestreamType, types: &mut Vec<wit::TimestreamType>) -> u32 {
    let entry = match r#type {
        TimestreamType::Scalar(scalar) => wit::TimestreamType::Scalar(match scalar {
            Scalar::Boolean => wit::Scalar::Boolean,
            Scalar::Bigint => wit::Scalar::Bigint,
            Scalar::Integer => wit::Scalar::Integer,
            Scalar::Double => wit::Scalar::Double,
            Scalar::Varchar => wit::Scalar::Varchar,
            Scalar::Timestamp => wit::Scalar::Timestamp,
            Scalar::Date => wit::Scalar::Date,
            Scalar::Time => wit::Scalar::Time,
            Scalar::IntervalDayToSecond => wit::Scalar::IntervalDayToSecond,
            Scalar::IntervalYearToMonth => wit::Scalar::IntervalYearToMonth,
            Scalar::Unknown | Scalar::Other => wit::Scalar::Unknown,
        }),
        TimestreamType::List(element) => {
            wit::TimestreamType::List(timestream_type_to_wit(element, types))
        }
        TimestreamType::Series(value) => {
            wit::TimestreamType::Series(timestream_type_to_wit(value, types))
        }
        TimestreamType::Row(fields) => wit::TimestreamType::Row(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), timestream_type_to_wit(field, types)))
                .collect(),
        ),
    };
    types.push(entry);
    index(types.len() - 1)
}

/// The mapping a plugin made, for the same plugin: each field with its own types.
fn mapping_to_wit(mapping: &Mapping) -> wit::Mapping {
    let mut types = Vec::new();
    let fields = mapping
        .fields
        .iter()
        .map(|field| wit::Field {
            name: field.name.clone(),
            type_: arrow_type_to_wit(&field.data_type, &mut types),
            column: field.column.map(index),
            comment: field.comment.clone(),
        })
        .collect();
    wit::Mapping { types, fields }
}

fn arrow_type_to_wit(data_type: &DataType, types: &mut Vec<wit::ArrowType>) -> u32 {
    let entry = match data_type {
        DataType::Boolean => wit::ArrowType::Boolean,
        DataType::Int32 => wit::ArrowType::Int32,
        DataType::Int64 => wit::ArrowType::Int64,
        DataType::Float64 => wit::ArrowType::Float64,
        DataType::Date32 => wit::ArrowType::DateDay,
        DataType::Date64 => wit::ArrowType::DateMilli,
        DataType::Timestamp(..) => wit::ArrowType::TimestampMilliUtc,
        DataType::List(element) => {
            wit::ArrowType::List(arrow_type_to_wit(element.data_type(), types))
        }
        DataType::Struct(fields) => wit::ArrowType::StructOf(
            fields
                .iter()
                .map(|field| {
                    (
                        field.name().clone(),
                        arrow_type_to_wit(field.data_type(), types),
                    )
                })
                .collect(),
        ),
        // A mapping holds no other type: `check::mapping` builds it from these.
        _ => wit::ArrowType::Utf8,
    };
    types.push(entry);
    index(types.len() - 1)
}

/// An index into something that was counted before.
pub(super) fn index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
