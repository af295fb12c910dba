//! Rows as the service writes them: every scalar is a string.

use std::fmt::Write as _;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, DurationNanosecondArray, Float64Array,
    Int64Array, IntervalMonthDayNanoArray, IntervalYearMonthArray, ListArray, RecordBatch,
    StringArray, StructArray, Time64NanosecondArray, TimestampNanosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use arrow::error::ArrowError;

use crate::timestream::sql::value_type;

const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;
const NANOSECONDS_PER_DAY: i128 = 86_400 * NANOSECONDS_PER_SECOND as i128;

/// A batch whose rows can be written one by one.
#[derive(Debug)]
pub(super) struct Rows {
    columns: Vec<Cells>,
    count: usize,
}

impl Rows {
    pub(super) fn new(batch: &RecordBatch) -> Result<Self, ArrowError> {
        let columns = batch
            .columns()
            .iter()
            .map(Cells::new)
            .collect::<Result<_, _>>()?;
        Ok(Rows {
            columns,
            count: batch.num_rows(),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Appends a row as a `Row` of the service model.
    pub(super) fn write(&self, row: usize, output: &mut String) -> Result<(), ArrowError> {
        write_row(&self.columns, row, output)
    }
}

/// An array in the one form of its kind that is written.
#[derive(Debug)]
enum Cells {
    Null,
    Boolean(BooleanArray),
    Integer(Int64Array),
    Double(Float64Array),
    Varchar(StringArray),
    Timestamp(TimestampNanosecondArray),
    Date(Date32Array),
    Time(Time64NanosecondArray),
    YearMonth(IntervalYearMonthArray),
    DayTime(IntervalMonthDayNanoArray),
    Duration(DurationNanosecondArray),
    List(ListArray, Box<Cells>),
    /// The series, all points' times and all points' values.
    Series(ListArray, TimestampNanosecondArray, Box<Cells>),
    Row(StructArray, Vec<Cells>),
}

impl Cells {
    fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        let to = |data_type: DataType| cast(array, &data_type);
        Ok(match array.data_type() {
            DataType::Null => Cells::Null,
            DataType::Boolean => Cells::Boolean(array.as_boolean().clone()),
            integer if integer.is_integer() => {
                Cells::Integer(to(DataType::Int64)?.as_primitive().clone())
            }
            float if float.is_floating() => {
                Cells::Double(to(DataType::Float64)?.as_primitive().clone())
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Cells::Varchar(to(DataType::Utf8)?.as_string().clone())
            }
            DataType::Timestamp(_, _) => Cells::Timestamp(
                to(DataType::Timestamp(TimeUnit::Nanosecond, None))?
                    .as_primitive()
                    .clone(),
            ),
            DataType::Date32 | DataType::Date64 => {
                Cells::Date(to(DataType::Date32)?.as_primitive().clone())
            }
            DataType::Time32(_) | DataType::Time64(_) => Cells::Time(
                to(DataType::Time64(TimeUnit::Nanosecond))?
                    .as_primitive()
                    .clone(),
            ),
            DataType::Interval(IntervalUnit::YearMonth) => {
                Cells::YearMonth(array.as_primitive().clone())
            }
            DataType::Interval(_) => Cells::DayTime(
                to(DataType::Interval(IntervalUnit::MonthDayNano))?
                    .as_primitive()
                    .clone(),
            ),
            DataType::Duration(_) => Cells::Duration(
                to(DataType::Duration(TimeUnit::Nanosecond))?
                    .as_primitive()
                    .clone(),
            ),
            DataType::Dictionary(_, values) => Cells::new(&to(values.as_ref().clone())?)?,
            series if value_type(series).is_some() => {
                let list = array.as_list::<i32>().clone();
                let points = list.values().as_struct();
                let times = points.column(0).as_primitive().clone();
                let values = Cells::new(points.column(1))?;
                Cells::Series(list, times, Box::new(values))
            }
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                let item = Field::clone(item);
                let list = to(DataType::List(item.into()))?.as_list::<i32>().clone();
                let items = Cells::new(list.values())?;
                Cells::List(list, Box::new(items))
            }
            DataType::Struct(_) => {
                let row = array.as_struct().clone();
                let fields = row
                    .columns()
                    .iter()
                    .map(Cells::new)
                    .collect::<Result<_, _>>()?;
                Cells::Row(row, fields)
            }
            other => {
                return Err(ArrowError::NotYetImplemented(format!(
                    "type {other} in a result"
                )));
            }
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Cells::Null => true,
            Cells::Boolean(array) => array.is_null(row),
            Cells::Integer(array) => array.is_null(row),
            Cells::Double(array) => array.is_null(row),
            Cells::Varchar(array) => array.is_null(row),
            Cells::Timestamp(array) => array.is_null(row),
            Cells::Date(array) => array.is_null(row),
            Cells::Time(array) => array.is_null(row),
            Cells::YearMonth(array) => array.is_null(row),
            Cells::DayTime(array) => array.is_null(row),
            Cells::Duration(array) => array.is_null(row),
            Cells::List(array, _) | Cells::Series(array, ..) => array.is_null(row),
            Cells::Row(array, _) => array.is_null(row),
        }
    }

    /// Appends one value as a `Datum` of the service model.
    fn write(&self, row: usize, output: &mut String) -> Result<(), ArrowError> {
        if self.is_null(row) {
            output.push_str(r#"{"NullValue":true}"#);
            return Ok(());
        }
        match self {
            Cells::List(array, items) => {
                let offsets = array.value_offsets();
                output.push_str(r#"{"ArrayValue":["#);
                for item in offsets[row]..offsets[row + 1] {
                    if item > offsets[row] {
                        output.push(',');
                    }
                    items.write(item as usize, output)?;
                }
                output.push_str("]}");
                return Ok(());
            }
            Cells::Series(array, times, values) => {
                let offsets = array.value_offsets();
                output.push_str(r#"{"TimeSeriesValue":["#);
                for point in offsets[row]..offsets[row + 1] {
                    if point > offsets[row] {
                        output.push(',');
                    }
                    output.push_str(r#"{"Time":""#);
                    write_timestamp(times.value(point as usize), output).map_err(external)?;
                    output.push_str(r#"","Value":"#);
                    values.write(point as usize, output)?;
                    output.push('}');
                }
                output.push_str("]}");
                return Ok(());
            }
            Cells::Row(_, fields) => {
                output.push_str(r#"{"RowValue":"#);
                write_row(fields, row, output)?;
                output.push('}');
                return Ok(());
            }
            Cells::Varchar(array) => {
                output.push_str(r#"{"ScalarValue":"#);
                output.push_str(&serde_json::to_string(array.value(row)).map_err(external)?);
                output.push('}');
                return Ok(());
            }
            _ => {}
        }
        output.push_str(r#"{"ScalarValue":""#);
        match self {
            Cells::Boolean(array) => write!(output, "{}", array.value(row)),
            Cells::Integer(array) => write!(output, "{}", array.value(row)),
            Cells::Double(array) => write_double(array.value(row), output),
            Cells::Timestamp(array) => write_timestamp(array.value(row), output),
            Cells::Date(array) => write_date(array.value(row), output),
            Cells::Time(array) => write_time(array.value(row), output),
            Cells::YearMonth(array) => {
                let months = array.value(row);
                let sign = if months < 0 { "-" } else { "" };
                write!(
                    output,
                    "{sign}{}-{}",
                    months.unsigned_abs() / 12,
                    months.unsigned_abs() % 12
                )
            }
            Cells::DayTime(array) => {
                let interval = array.value(row);
                if interval.months != 0 {
                    let message = "an interval of months is not supported as a result".to_owned();
                    return Err(ArrowError::NotYetImplemented(message));
                }
                write_interval(
                    i128::from(interval.days) * NANOSECONDS_PER_DAY
                        + i128::from(interval.nanoseconds),
                    output,
                )
            }
            Cells::Duration(array) => write_interval(array.value(row).into(), output),
            Cells::Null
            | Cells::Varchar(_)
            | Cells::List(..)
            | Cells::Series(..)
            | Cells::Row(..) => Ok(()),
        }
        .map_err(external)?;
        output.push_str("\"}");
        Ok(())
    }
}

fn write_row(columns: &[Cells], row: usize, output: &mut String) -> Result<(), ArrowError> {
    output.push_str(r#"{"Data":["#);
    for (place, cells) in columns.iter().enumerate() {
        if place > 0 {
            output.push(',');
        }
        cells.write(row, output)?;
    }
    output.push_str("]}");
    Ok(())
}

/// As Java's `Double.toString`: plain from 10^-3 to below 10^7, otherwise with an exponent, always with a point.
pub(super) fn write_double(value: f64, output: &mut String) -> std::fmt::Result {
    if value.is_nan() {
        return output.write_str("NaN");
    }
    if value.is_infinite() {
        return output.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        // Rust's `Debug` writes the shortest digits that read back as the same value, and never less than `.0`.
        return write!(output, "{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    write!(output, "{digits}{point}E{exponent}")
}

/// `2020-08-08 01:00:00.000000000`, UTC.
fn write_timestamp(nanoseconds: i64, output: &mut String) -> std::fmt::Result {
    let instant =
        jiff::Timestamp::from_nanosecond(nanoseconds.into()).map_err(|_| std::fmt::Error)?;
    let local = jiff::tz::Offset::UTC.to_datetime(instant);
    let (date, time) = (local.date(), local.time());
    write!(
        output,
        "{:04}-{:02}-{:02} ",
        date.year(),
        date.month(),
        date.day()
    )?;
    write!(
        output,
        "{:02}:{:02}:{:02}.{:09}",
        time.hour(),
        time.minute(),
        time.second(),
        time.subsec_nanosecond()
    )
}

fn write_date(days: i32, output: &mut String) -> std::fmt::Result {
    let date = jiff::civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().days(days))
        .map_err(|_| std::fmt::Error)?;
    write!(output, "{date}")
}

fn write_time(nanoseconds: i64, output: &mut String) -> std::fmt::Result {
    let seconds = nanoseconds / NANOSECONDS_PER_SECOND;
    let (hours, minutes, fraction) = (
        seconds / 3_600,
        seconds / 60 % 60,
        nanoseconds % NANOSECONDS_PER_SECOND,
    );
    write!(
        output,
        "{hours:02}:{minutes:02}:{:02}.{fraction:09}",
        seconds % 60
    )
}

/// `1 21:00:00.000000000`: days, then the time; Presto's sign before both.
fn write_interval(nanoseconds: i128, output: &mut String) -> std::fmt::Result {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let (days, rest) = (
        nanoseconds.abs() / NANOSECONDS_PER_DAY,
        nanoseconds.abs() % NANOSECONDS_PER_DAY,
    );
    write!(output, "{sign}{days} ")?;
    write_time(rest as i64, output)
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

#[cfg(test)]
mod tests;
