//! `INTERPOLATE_LINEAR`, `INTERPOLATE_LOCF` and `INTERPOLATE_FILL`: a series at other times than its own.
//!
//! Each takes a series and a timestamp, and gives a value; or a series and an array of timestamps, and gives a series of
//! these times. The developer guide ("Interpolation functions") does not say what lies outside the series. Here the value
//! is NULL where the function has nothing to go by: a straight line outside the first and the last point, the last
//! observation before the first point. So a series has a point for each time asked for, and both forms agree. A NULL
//! argument gives NULL, which clients of the service have reported.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, TimestampNanosecondArray, UInt64Array};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Float64Type, TimestampNanosecondType};
use datafusion::common::{DataFusionError, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{TIMESTAMP, build, series_of, value_type};

/// Returns all of them, to be registered.
pub(in crate::timestream::sql) fn interpolations() -> Vec<ScalarUDF> {
    [Method::Linear, Method::Locf, Method::Fill]
        .map(|method| {
            ScalarUDF::from(Interpolation {
                method,
                signature: Signature::user_defined(Volatility::Immutable),
            })
        })
        .into()
}

/// What stands between the points of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Method {
    /// The straight line between the points before and after.
    Linear,
    /// The value of the point before ("last observation carried forward").
    Locf,
    /// A constant, outside the series too.
    Fill,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Interpolation {
    method: Method,
    signature: Signature,
}

impl ScalarUDFImpl for Interpolation {
    fn name(&self) -> &str {
        match self.method {
            Method::Linear => "interpolate_linear",
            Method::Locf => "interpolate_locf",
            Method::Fill => "interpolate_fill",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        let (series, at, constant) = match (self.method, arguments) {
            (Method::Linear | Method::Locf, [series, at]) => (series, at, None),
            (Method::Fill, [series, at, constant]) if constant.is_numeric() => {
                (series, at, Some(DataType::Float64))
            }
            _ => return self.unexpected(),
        };
        let known = match (self.method, value_type(series)) {
            (Method::Linear | Method::Fill, Some(value)) => value.is_numeric(),
            (Method::Locf, Some(_)) => true,
            (_, None) => false,
        };
        let at = match at {
            // A varchar is read as a timestamp, as everywhere.
            DataType::Timestamp(..) | DataType::Utf8 | DataType::Null => Some(TIMESTAMP),
            DataType::List(item) if matches!(item.data_type(), DataType::Timestamp(..)) => Some(
                DataType::List(Arc::new(Field::new_list_field(TIMESTAMP, true))),
            ),
            _ => None,
        };
        match at.filter(|_| known) {
            Some(at) => Ok([series.clone(), at].into_iter().chain(constant).collect()),
            None => self.unexpected(),
        }
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType, DataFusionError> {
        let (Some(series), Some(at)) = (arguments.first(), arguments.get(1)) else {
            return self.unexpected();
        };
        let value = match (self.method, value_type(series)) {
            (Method::Linear | Method::Fill, Some(_)) => &DataType::Float64,
            (Method::Locf, Some(value)) => value,
            (_, None) => return self.unexpected(),
        };
        Ok(match at {
            DataType::List(_) => series_of(value),
            _ => value.clone(),
        })
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let (series, at, constant) = match arrays.as_slice() {
            [series, at] => (series, at, None),
            [series, at, constant] => (series, at, Some(constant.as_primitive::<Float64Type>())),
            _ => return exec_err!("{} takes 2 or 3 arguments", self.name()),
        };
        let nulls = NullBuffer::union(series.logical_nulls().as_ref(), at.logical_nulls().as_ref());
        let nulls = match constant {
            Some(constant) => NullBuffer::union(nulls.as_ref(), constant.nulls()),
            None => nulls,
        };
        let wanted = wanted(at, nulls.as_ref())?;
        let values = self.values(series, constant, &wanted)?;
        let result: ArrayRef = if let DataType::List(_) = at.data_type() {
            let times =
                TimestampNanosecondArray::from_iter_values(wanted.iter().flatten().copied());
            let lengths = wanted.iter().map(Vec::len);
            Arc::new(build(lengths, Arc::new(times), values, nulls)?)
        } else {
            // One value for each row that has no NULL argument.
            spread(&values, nulls.as_ref())?
        };
        presto::columnar(&arguments.args, result)
    }
}

impl Interpolation {
    fn unexpected<T>(&self) -> Result<T, DataFusionError> {
        let expected = match self.method {
            Method::Linear => "a timeseries of numbers, and a timestamp or an array of timestamps",
            Method::Locf => "a timeseries, and a timestamp or an array of timestamps",
            Method::Fill => {
                "a timeseries of numbers, a timestamp or an array of timestamps, and a number"
            }
        };
        plan_err!(
            "Unexpected parameters for function {}: it takes {expected}",
            self.name()
        )
    }

    /// Returns the values at all the wanted times, one row after the other.
    fn values(
        &self,
        series: &ArrayRef,
        constant: Option<&Float64Array>,
        wanted: &[Vec<i64>],
    ) -> Result<ArrayRef, DataFusionError> {
        let list = series.as_list::<i32>();
        let points = list.values().as_struct();
        let times = points
            .column(0)
            .as_primitive::<TimestampNanosecondType>()
            .values();
        let values = points.column(1);
        let places = wanted.iter().enumerate().flat_map(|(row, wanted)| {
            let ends = list.value_offsets();
            let (start, end) = (ends[row] as usize, ends[row + 1] as usize);
            let own = &times[start..end];
            wanted
                .iter()
                .map(move |&at| (row, at, Place::of(own, at, start)))
        });
        if self.method == Method::Locf {
            let found: UInt64Array = places
                .map(|(_, _, place)| match place {
                    Place::Before => None,
                    Place::At(point) | Place::Between(point) | Place::After(point) => {
                        Some(point as u64)
                    }
                })
                .collect();
            return Ok(take(values, &found, None)?);
        }
        let numbers = cast(values, &DataType::Float64)?;
        let numbers = numbers.as_primitive::<Float64Type>();
        let number = |point: usize| numbers.is_valid(point).then(|| numbers.value(point));
        let found: Float64Array = places
            .map(|(row, at, place)| match (place, constant) {
                (Place::At(point), _) => number(point),
                (Place::Before | Place::Between(_) | Place::After(_), Some(constant)) => {
                    Some(constant.value(row))
                }
                (Place::Before | Place::After(_), None) => None,
                (Place::Between(point), None) => {
                    let span = |from: i64, to: i64| (i128::from(to) - i128::from(from)) as f64;
                    let (before, after) = (times[point], times[point + 1]);
                    let (low, high) = (number(point)?, number(point + 1)?);
                    Some(low + (high - low) * (span(before, at) / span(before, after)))
                }
            })
            .collect();
        Ok(Arc::new(found))
    }
}

/// Where a time lies in a series; points are counted from the beginning of the array that holds it.
enum Place {
    Before,
    At(usize),
    /// Between this point and the next.
    Between(usize),
    /// After this point, the last.
    After(usize),
}

impl Place {
    fn of(times: &[i64], wanted: i64, start: usize) -> Self {
        match times.binary_search(&wanted) {
            Ok(point) => Place::At(start + point),
            Err(0) => Place::Before,
            Err(next) if next == times.len() => Place::After(start + next - 1),
            Err(next) => Place::Between(start + next - 1),
        }
    }
}

/// Returns the times of each row, ascending and each once, as a series must be; none in a row with a NULL argument.
fn wanted(at: &ArrayRef, nulls: Option<&NullBuffer>) -> Result<Vec<Vec<i64>>, DataFusionError> {
    let valid = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));
    if let DataType::Timestamp(..) = at.data_type() {
        let times = at.as_primitive::<TimestampNanosecondType>();
        let one = |row| {
            if valid(row) {
                vec![times.value(row)]
            } else {
                Vec::new()
            }
        };
        return Ok((0..times.len()).map(one).collect());
    }
    let lists = at.as_list::<i32>();
    let mut all = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        let mut times = Vec::new();
        if valid(row) {
            let list = lists.value(row);
            if list.null_count() > 0 {
                return exec_err!("the timestamps of an interpolation cannot be NULL");
            }
            times.extend(list.as_primitive::<TimestampNanosecondType>().values());
            times.sort_unstable();
            times.dedup();
        }
        all.push(times);
    }
    Ok(all)
}

/// Puts NULL between values, which are those of the rows that are not NULL.
fn spread(values: &ArrayRef, nulls: Option<&NullBuffer>) -> Result<ArrayRef, DataFusionError> {
    let Some(nulls) = nulls else {
        return Ok(Arc::clone(values));
    };
    let mut next = 0..;
    let place = |valid: bool| if valid { next.next() } else { None };
    let places: UInt64Array = nulls.iter().map(place).collect();
    Ok(take(values, &places, None)?)
}
