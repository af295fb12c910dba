//! `SEQUENCE(start, stop[, step])`: an array of timestamps or of numbers, both ends included.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{DataFusionError, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::series::TIMESTAMP;

const NAME: &str = "sequence";
/// Most items of an array. Arbitrary: Presto has 10,000, users ask Timestream for a second's steps over days; beyond a
/// million no row fits a page.
const MAX_ITEMS: i128 = 1_000_000;
/// Items of the arrays of a batch of rows. Arbitrary: 128 MiB.
const MAX_TOGETHER: usize = 1 << 24;
const NANOSECONDS_PER_DAY: i64 = 86_400_000_000_000;

/// Returns the function, to be registered.
pub(super) fn sequence() -> ScalarUDF {
    ScalarUDF::from(Sequence {
        signature: Signature::user_defined(Volatility::Immutable),
        of_dates: presto::sequence(),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sequence {
    signature: Signature,
    /// Presto's, for dates.
    of_dates: ScalarUDF,
}

impl ScalarUDFImpl for Sequence {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        let number = |argument: &DataType| argument.is_integer() || argument.is_null();
        match arguments {
            [_, _] | [_, _, _] if arguments.iter().all(number) => {
                Ok(vec![DataType::Int64; arguments.len()])
            }
            [
                // A varchar is read as a timestamp, as everywhere.
                DataType::Timestamp(..) | DataType::Utf8,
                DataType::Timestamp(..) | DataType::Utf8,
                DataType::Interval(_) | DataType::Duration(_),
            ] => {
                let step = DataType::Interval(IntervalUnit::MonthDayNano);
                Ok(vec![TIMESTAMP, TIMESTAMP, step])
            }
            [DataType::Date32, DataType::Date32, ..] => self.of_dates.coerce_types(arguments),
            _ => plan_err!(
                "Unexpected parameters for function {NAME}: it takes 2 or 3 bigints, or 2 timestamps and an interval"
            ),
        }
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType, DataFusionError> {
        match arguments.first() {
            Some(item) => Ok(DataType::List(Arc::new(Field::new_list_field(
                item.clone(),
                true,
            )))),
            None => plan_err!("Unexpected parameters for function {NAME}: it takes 2 or 3"),
        }
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        if let Some(DataType::Date32) = arguments.args.first().map(ColumnarValue::data_type) {
            return self.of_dates.invoke_with_args(arguments);
        }
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        presto::columnar(&arguments.args, Arc::new(lists(&arrays)?))
    }
}

/// Returns an array for each row; NULL where an argument is.
fn lists(arguments: &[ArrayRef]) -> Result<ListArray, DataFusionError> {
    let (start, stop, step) = match arguments {
        [start, stop] => (start, stop, None),
        [start, stop, step] => (start, stop, Some(step)),
        _ => return exec_err!("{NAME} takes 2 or 3 arguments"),
    };
    let item = start.data_type().clone();
    let number = |array: &ArrayRef| cast(array, &DataType::Int64);
    let (start, stop) = (number(start)?, number(stop)?);
    let (start, stop) = (
        start.as_primitive::<Int64Type>(),
        stop.as_primitive::<Int64Type>(),
    );
    let mut nulls = NullBuffer::union(start.nulls(), stop.nulls());
    if let Some(step) = step {
        nulls = NullBuffer::union(nulls.as_ref(), step.logical_nulls().as_ref());
    }
    let mut items: Vec<i64> = Vec::new();
    // Of all rows of a batch together, so that an array for each of many rows is an error and not this machine's end.
    let check = |items: &Vec<i64>| match items.len() > MAX_TOGETHER {
        true => exec_err!("arrays of more than {MAX_TOGETHER} entries together are not made here"),
        false => Ok(()),
    };
    let mut lengths = Vec::with_capacity(start.len());
    for row in 0..start.len() {
        let before = items.len();
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            let (start, stop) = (start.value(row), stop.value(row));
            let step = match step {
                Some(step) => width(step, row)?,
                None if start <= stop => 1,
                None => -1,
            };
            append(start, stop, step, &mut items)?;
            check(&items)?;
        }
        lengths.push(items.len() - before);
    }
    let field = Arc::new(Field::new_list_field(item.clone(), true));
    let items = cast(&Int64Array::from(items), &item)?;
    Ok(ListArray::try_new(
        field,
        OffsetBuffer::from_lengths(lengths),
        items,
        nulls,
    )?)
}

/// Returns a step as a number, of nanoseconds if it is an interval.
fn width(step: &ArrayRef, row: usize) -> Result<i64, DataFusionError> {
    if let DataType::Int64 = step.data_type() {
        return Ok(step.as_primitive::<Int64Type>().value(row));
    }
    let IntervalMonthDayNano {
        months,
        days,
        nanoseconds,
    } = step.as_primitive::<IntervalMonthDayNanoType>().value(row);
    let whole = i64::from(days)
        .checked_mul(NANOSECONDS_PER_DAY)
        .and_then(|days| days.checked_add(nanoseconds));
    match (months, whole) {
        (0, Some(whole)) => Ok(whole),
        (0, None) => exec_err!("{NAME}: the step is out of range"),
        _ => exec_err!("{NAME}: a step of months is not supported"),
    }
}

fn append(start: i64, stop: i64, step: i64, items: &mut Vec<i64>) -> Result<(), DataFusionError> {
    let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
    if step == 0 || (stop - start).signum() * step.signum() < 0 {
        // Presto's sentence.
        return exec_err!(
            "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise \
             stop should be less than or equal to start"
        );
    }
    let count = (stop - start) / step + 1;
    if count > MAX_ITEMS {
        return exec_err!(
            "result of sequence function must not have more than {MAX_ITEMS} entries"
        );
    }
    // Between two i64, so each is one.
    items.extend((0..count).map(|n| (start + n * step) as i64));
    Ok(())
}
