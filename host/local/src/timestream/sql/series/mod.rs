//! The type `timeseries` and its functions.
//!
//! A series is a list of points, each a time and a value, in ascending order of time. Arrow has no type for it, and an
//! array of rows looks the same; so the list's items are named [`POINT`], which no statement can name. The name is part
//! of the Arrow type and goes wherever a type goes, through projections, subqueries, `CASE` and functions that know
//! nothing of series.

mod calculus;
mod create;
mod interpolate;

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use arrow::error::ArrowError;

pub(super) use self::calculus::calculus;
pub(super) use self::create::create_time_series;
pub(super) use self::interpolate::interpolations;

pub(super) const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

/// What the list's items are called, with a character that cannot be written outside a string.
const POINT: &str = "timeseries\u{1}point";
/// A point's fields, as `UNNEST` and lambdas name them (developer guide, "Timeseries views").
const TIME: &str = "time";
const VALUE: &str = "value";

/// Returns the type of a value in a series, or nothing for any other type.
pub(crate) fn value_type(series: &DataType) -> Option<&DataType> {
    match series {
        DataType::List(item) if item.name() == POINT => match item.data_type() {
            DataType::Struct(fields) => fields.get(1).map(|value| value.data_type()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the type of a series of such values.
fn series_of(value: &DataType) -> DataType {
    DataType::List(point(value))
}

fn point(value: &DataType) -> FieldRef {
    Arc::new(Field::new(
        POINT,
        DataType::Struct(point_fields(value)),
        false,
    ))
}

/// Values may be NULL, because interpolation gives such points.
fn point_fields(value: &DataType) -> Fields {
    Fields::from(vec![
        Field::new(TIME, TIMESTAMP, false),
        Field::new(VALUE, value.clone(), true),
    ])
}

/// Makes series out of the points of all of them.
fn build(
    lengths: impl IntoIterator<Item = usize>,
    times: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ListArray, ArrowError> {
    let value = values.data_type().clone();
    let points = StructArray::try_new(point_fields(&value), vec![times, values], None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    ListArray::try_new(point(&value), offsets, Arc::new(points), nulls)
}
