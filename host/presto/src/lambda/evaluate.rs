//! What the functions make of what a lambda gives.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, MapArray, StructArray, UInt32Array,
    new_empty_array, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, concat, filter, interleave, take, take_arrays};
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{DataFusionError, exec_datafusion_err, exec_err, not_impl_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, LambdaArgument};

use super::{Kind, Quantifier};
use crate::compact::{compact, compact_entries};
use crate::value::fits;

/// The row of each element.
fn rows_of(offsets: &[i32]) -> UInt32Array {
    let rows = offsets.windows(2).zip(0_u32..);
    let rows = rows.flat_map(|(bounds, row)| {
        let count = bounds.last().unwrap_or(&0) - bounds.first().unwrap_or(&0);
        std::iter::repeat_n(row, usize::try_from(count).unwrap_or(0))
    });
    rows.collect()
}

/// What a lambda gives for these parameters, each of whose rows is of the statement's row with that number.
fn call(
    body: &LambdaArgument,
    parameters: &[ArrayRef],
    rows: &UInt32Array,
) -> Result<ArrayRef, DataFusionError> {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|values| || Ok(values.clone()))
        .collect();
    let parameters: Vec<&dyn Fn() -> Result<ArrayRef, DataFusionError>> =
        parameters.iter().map(|values| values as _).collect();
    let made = |count, bytes| fits(count, bytes).map_err(|why| exec_datafusion_err!("{why}"));
    let spread = |captures: &[ArrayRef]| {
        for capture in captures {
            // As large as a row is on average.
            let bytes = capture.to_data().get_slice_memory_size()? / capture.len().max(1);
            made(rows.len(), bytes)?;
        }
        Ok(take_arrays(captures, rows, None)?)
    };
    let given = body.evaluate(&parameters, spread).map_err(nested)?;
    if let ColumnarValue::Scalar(one) = &given {
        made(rows.len(), one.size())?;
    }
    given.into_array(rows.len())
}

/// DataFusion 55 mixes up the columns of a nested lambda if the rows have columns that it does not use. Such an error must
/// not be one of those that `try` turns into NULL.
fn nested(error: DataFusionError) -> DataFusionError {
    match error.to_string().contains("physical LambdaVariable") {
        true => not_impl_datafusion_err!(
            "a lambda within a lambda or TRY cannot be run here beside columns that it does not use"
        ),
        false => error,
    }
}

fn element_field(to: &DataType) -> Result<FieldRef, DataFusionError> {
    match to {
        DataType::List(field) => Ok(field.clone()),
        _ => exec_err!("an array is given"),
    }
}

pub(super) fn transformed(
    list: &ListArray,
    body: &LambdaArgument,
    to: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let rows = rows_of(list.value_offsets());
    let given = call(body, &[list.values().clone()], &rows)?;
    let field = element_field(to)?;
    let given = cast(&given, field.data_type())?;
    let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
    Ok(Arc::new(ListArray::try_new(field, offsets, given, nulls)?))
}

fn booleans(given: &ArrayRef) -> Result<BooleanArray, DataFusionError> {
    Ok(cast(given, &DataType::Boolean)?.as_boolean().clone())
}

/// How many elements are kept of each of `count` rows.
fn kept_lengths(rows: &UInt32Array, is_kept: &BooleanArray, count: usize) -> Vec<usize> {
    let mut lengths = vec![0; count];
    for (row, is_kept) in rows.values().iter().zip(is_kept) {
        if is_kept == Some(true)
            && let Some(length) = lengths.get_mut(*row as usize)
        {
            *length += 1;
        }
    }
    lengths
}

pub(super) fn filtered(
    list: &ListArray,
    body: &LambdaArgument,
    to: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let rows = rows_of(list.value_offsets());
    let is_kept = booleans(&call(body, &[list.values().clone()], &rows)?)?;
    let kept = filter(list.values(), &is_kept)?;
    let lengths = kept_lengths(&rows, &is_kept, list.len());
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls = list.nulls().cloned();
    Ok(Arc::new(ListArray::try_new(
        element_field(to)?,
        offsets,
        kept,
        nulls,
    )?))
}

pub(super) fn matched(
    list: &ListArray,
    body: &LambdaArgument,
    quantifier: Quantifier,
) -> Result<ArrayRef, DataFusionError> {
    let rows = rows_of(list.value_offsets());
    let given = booleans(&call(body, &[list.values().clone()], &rows)?)?;
    let bounds = list.value_offsets().windows(2);
    let found = bounds.enumerate().map(|(row, bounds)| {
        if list.is_null(row) {
            return None;
        }
        let begin = usize::try_from(*bounds.first()?).ok()?;
        let end = usize::try_from(*bounds.last()?).ok()?;
        // `all` is that none is false, `none` that none is true.
        let wanted = quantifier != Quantifier::All;
        let of_row = || (begin..end).map(|place| given.is_valid(place).then(|| given.value(place)));
        let is_found = match of_row().any(|value| value == Some(wanted)) {
            true => Some(true),
            false if of_row().any(|value| value.is_none()) => None,
            false => Some(false),
        };
        is_found.map(|is_found| match quantifier {
            Quantifier::Any => is_found,
            Quantifier::All | Quantifier::None => !is_found,
        })
    });
    Ok(Arc::new(found.collect::<BooleanArray>()))
}

/// A place in an array, for `take`: NULL beyond its end.
fn places(list: &ListArray, at: usize) -> Vec<Option<u32>> {
    let bounds = list.value_offsets().windows(2);
    let places = bounds.map(|bounds| {
        let begin = u32::try_from(*bounds.first()?).ok()?;
        let end = u32::try_from(*bounds.last()?).ok()?;
        let place = begin.checked_add(u32::try_from(at).ok()?)?;
        (place < end).then_some(place)
    });
    places.collect()
}

fn length(list: &ListArray, row: usize) -> usize {
    let offsets = list.value_offsets();
    let bound = |row: usize| offsets.get(row).copied().unwrap_or(0);
    usize::try_from(bound(row + 1) - bound(row)).unwrap_or(0)
}

pub(super) fn zipped(
    left: &ArrayRef,
    right: &ArrayRef,
    body: &LambdaArgument,
    to: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let (left, right) = (compact(left)?, compact(right)?);
    let is_null = |row: usize| left.is_null(row) || right.is_null(row);
    let lengths: Vec<usize> = (0..left.len())
        .map(|row| match is_null(row) {
            true => 0,
            false => length(&left, row).max(length(&right, row)),
        })
        .collect();
    let place = |list: &ListArray, row: usize, at: usize| {
        let begin = list.value_offsets().get(row).copied().unwrap_or(0);
        let place = usize::try_from(begin).unwrap_or(0) + at;
        (at < length(list, row)).then_some(u32::try_from(place).unwrap_or(u32::MAX))
    };
    let (mut of_left, mut of_right, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for (row, count) in lengths.iter().enumerate() {
        for at in 0..*count {
            of_left.push(place(&left, row, at));
            of_right.push(place(&right, row, at));
            rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        }
    }
    let of_left = take(left.values(), &UInt32Array::from(of_left), None)?;
    let of_right = take(right.values(), &UInt32Array::from(of_right), None)?;
    let given = call(body, &[of_left, of_right], &UInt32Array::from(rows))?;
    let field = element_field(to)?;
    let given = cast(&given, field.data_type())?;
    let nulls = (0..left.len()).map(|row| !is_null(row)).collect();
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(
        field,
        offsets,
        given,
        Some(nulls),
    )?))
}

/// All rows take their first step together, then all that have one their second, and so on.
pub(super) fn reduced(
    list: &ArrayRef,
    start: ArrayRef,
    step: &LambdaArgument,
    end: &LambdaArgument,
    to: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let count = list.len();
    let list = match list.data_type() {
        DataType::Null => return Ok(new_null_array(to, count)),
        _ => compact(list)?,
    };
    let longest = (0..count).map(|row| length(&list, row)).max().unwrap_or(0);
    let mut state = start;
    for at in 0..longest {
        let places = places(&list, at);
        let rows = places.iter().zip(0_u32..);
        let rows: UInt32Array = rows.filter_map(|(place, row)| place.map(|_| row)).collect();
        let elements: UInt32Array = places.iter().flatten().copied().map(Some).collect();
        let elements = take(list.values(), &elements, None)?;
        let before = take(&state, &rows, None)?;
        let after = cast(&call(step, &[before, elements], &rows)?, state.data_type())?;
        let mut stepped = 0..;
        let places = places.iter().enumerate().map(|(row, place)| match place {
            Some(_) => (1, stepped.next().unwrap_or(0)),
            None => (0, row),
        });
        let places: Vec<(usize, usize)> = places.collect();
        state = interleave(&[&state, &after], &places)?;
    }
    // NULL of a NULL, of which the last lambda is not asked.
    let rows = (0_u32..).take(count);
    let rows: UInt32Array = rows.filter(|row| list.is_valid(*row as usize)).collect();
    let state = take(&state, &rows, None)?;
    let given = cast(&call(end, &[state], &rows)?, to)?;
    let mut asked = 0_u32..;
    let places = (0..count).map(|row| list.is_valid(row).then(|| asked.next().unwrap_or(0)));
    Ok(take(&given, &places.collect::<UInt32Array>(), None)?)
}

/// A comparison is asked for all pairs of a row's elements, then the elements are put in order.
pub(super) fn sorted(
    list: &ListArray,
    body: &LambdaArgument,
    to: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let mut order: Vec<u32> = Vec::with_capacity(list.values().len());
    for (row, bounds) in list.value_offsets().windows(2).enumerate() {
        let [begin, end] = [bounds.first(), bounds.last()].map(|bound| *bound.unwrap_or(&0) as u32);
        let places: Vec<u32> = (begin..end).collect();
        if places.len() > MAX_SORTED {
            return exec_err!("local `array_sort` compares {MAX_SORTED} elements at most");
        }
        let elements = list.value(row).to_data().get_slice_memory_size()?;
        fits(2 * places.len(), elements).map_err(|why| exec_datafusion_err!("{why}"))?;
        let pairs = || {
            places
                .iter()
                .flat_map(|left| places.iter().map(move |right| (*left, *right)))
        };
        let left: UInt32Array = pairs().map(|(left, _)| Some(left)).collect();
        let right: UInt32Array = pairs().map(|(_, right)| Some(right)).collect();
        let rows = UInt32Array::from(vec![u32::try_from(row).unwrap_or(u32::MAX); left.len()]);
        let (left, right) = (
            take(list.values(), &left, None)?,
            take(list.values(), &right, None)?,
        );
        let given = cast(&call(body, &[left, right], &rows)?, &DataType::Int64)?;
        let given = given.as_primitive::<Int64Type>();
        if given.null_count() > 0 || given.values().iter().any(|sign| !(-1..=1).contains(sign)) {
            return exec_err!("Lambda comparator must return either -1, 0, or 1");
        }
        let count = places.len();
        let is_before = |left: u32, right: u32| {
            let (left, right) = ((left - begin) as usize, (right - begin) as usize);
            given.value(left * count + right) < 0
        };
        // One after the other into its place, since a sort may panic of a comparison that is not an order.
        let mut sorted: Vec<u32> = Vec::with_capacity(count);
        for next in places {
            let place = sorted.partition_point(|other| !is_before(next, *other));
            sorted.insert(place, next);
        }
        order.extend(sorted);
    }
    let elements = take(list.values(), &UInt32Array::from(order), None)?;
    let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
    Ok(Arc::new(ListArray::try_new(
        element_field(to)?,
        offsets,
        elements,
        nulls,
    )?))
}

/// Elements of an array that is sorted by a lambda at most: their pairs are held.
const MAX_SORTED: usize = 2_000;

/// Every row by itself where one of them fails, so that it alone is NULL.
pub(super) fn tried(
    body: &LambdaArgument,
    rows: usize,
    to: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let all: UInt32Array = (0_u32..).take(rows).collect();
    let together = call(body, &[Arc::new(all.clone())], &all);
    if let Ok(given) = together {
        return Ok(cast(&given, to)?);
    }
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        let one = all.slice(row, 1);
        values.push(match call(body, &[Arc::new(one.clone())], &one) {
            Ok(given) => cast(&given, to)?,
            Err(error) if is_of_values(&error) => new_null_array(to, 1),
            Err(error) => return Err(error),
        });
    }
    let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
    match values.is_empty() {
        true => Ok(new_empty_array(to)),
        false => Ok(concat(&values)?),
    }
}

/// Whether an error is one of values, which `try` makes NULL.
fn is_of_values(error: &DataFusionError) -> bool {
    matches!(
        error.find_root(),
        DataFusionError::Execution(_) | DataFusionError::ArrowError(..)
    )
}

pub(super) fn mapped(
    kind: Kind,
    map: &ArrayRef,
    body: &LambdaArgument,
    to: &DataType,
) -> Result<ArrayRef, DataFusionError> {
    let map = map.as_map();
    let entries = compact_entries(map)?;
    let rows = rows_of(entries.value_offsets());
    let pairs = entries.values().as_struct();
    let (keys, values) = (pairs.column(0).clone(), pairs.column(1).clone());
    let given = call(body, &[keys.clone(), values], &rows)?;
    let DataType::Map(field, is_sorted) = to else {
        return exec_err!("a map is given");
    };
    let DataType::Struct(fields) = field.data_type() else {
        return exec_err!("a map has entries");
    };
    let (offsets, pairs) = match kind {
        Kind::MapFilter => {
            let is_kept = booleans(&given)?;
            let lengths = kept_lengths(&rows, &is_kept, map.len());
            let kept = filter(entries.values(), &is_kept)?;
            (
                OffsetBuffer::from_lengths(lengths),
                kept.as_struct().clone(),
            )
        }
        _ => {
            let value = fields
                .get(1)
                .map_or(&DataType::Null, |field| field.data_type());
            let columns = vec![keys, cast(&given, value)?];
            (
                entries.offsets().clone(),
                StructArray::try_new(fields.clone(), columns, None)?,
            )
        }
    };
    let nulls = map.nulls().cloned();
    Ok(Arc::new(MapArray::try_new(
        field.clone(),
        offsets,
        pairs,
        nulls,
        *is_sorted,
    )?))
}
