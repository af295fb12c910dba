//! Nested arrays whose elements are those of their rows and no others: none below NULL, none outside of a slice.

use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{concat, nullif};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, exec_err};

/// The array of lists.
pub(crate) fn compact(list: &ArrayRef) -> Result<ListArray, DataFusionError> {
    let DataType::List(field) = list.data_type() else {
        return exec_err!("{} is not an array", list.data_type());
    };
    let list = list.as_list::<i32>();
    let lengths = (0..list.len()).map(|row| match list.is_null(row) {
        true => 0,
        false => list.value(row).len(),
    });
    let offsets = OffsetBuffer::from_lengths(lengths);
    let parts: Vec<ArrayRef> = (0..list.len())
        .filter(|row| list.is_valid(*row))
        .map(|row| list.value(row))
        .collect();
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    let elements = match parts.is_empty() {
        true => new_empty_array(field.data_type()),
        false => concat(&parts)?,
    };
    Ok(ListArray::try_new(
        field.clone(),
        offsets,
        elements,
        list.nulls().cloned(),
    )?)
}

/// The entries of each map of an array.
pub(crate) fn compact_entries(map: &MapArray) -> Result<ListArray, DataFusionError> {
    let entry = Field::new_list_field(map.entries().data_type().clone(), true);
    let entries: ArrayRef = Arc::new(ListArray::try_new(
        Arc::new(entry),
        map.offsets().clone(),
        Arc::new(map.entries().clone()),
        map.nulls().cloned(),
    )?);
    compact(&entries)
}

/// The members of rows, NULL where the row is.
pub(crate) fn compact_members(rows: &StructArray) -> Result<Vec<ArrayRef>, DataFusionError> {
    let Some(nulls) = rows.nulls() else {
        return Ok(rows.columns().to_vec());
    };
    let is_null = BooleanArray::new(!nulls.inner(), None);
    let members = rows.columns().iter().map(|member| nullif(member, &is_null));
    Ok(members.collect::<Result<_, _>>()?)
}
