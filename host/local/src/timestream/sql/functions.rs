//! Timestream's functions that DataFusion does not have or has with another meaning. `ago`, `bin` and `now` are not here: `rewrite` turns them into
//! what DataFusion has.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, TimestampNanosecondArray};
use arrow::datatypes::{
    DataType, DurationNanosecondType, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampNanosecondType,
};
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, create_udf,
};

use crate::functions::columnar;

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);
const NANOSECONDS_PER_MILLISECOND: i64 = 1_000_000;
const NANOSECONDS_PER_DAY: i64 = 86_400_000_000_000;

/// Returns all of them, to be registered.
pub(super) fn all() -> Vec<ScalarUDF> {
    let from = Signature::exact(vec![DataType::Int64], Volatility::Immutable);
    let durations = vec![
        TIMESTAMP,
        DataType::Interval(IntervalUnit::MonthDayNano),
        DataType::Duration(TimeUnit::Nanosecond),
    ];
    let to = Signature::uniform(1, durations, Volatility::Immutable);
    [
        Conversion {
            name: "from_milliseconds",
            unit: NANOSECONDS_PER_MILLISECOND,
            to_time: true,
            signature: from.clone(),
        },
        Conversion {
            name: "from_nanoseconds",
            unit: 1,
            to_time: true,
            signature: from,
        },
        Conversion {
            name: "to_milliseconds",
            unit: NANOSECONDS_PER_MILLISECOND,
            to_time: false,
            signature: to.clone(),
        },
        Conversion {
            name: "to_nanoseconds",
            unit: 1,
            to_time: false,
            signature: to,
        },
    ]
    .map(ScalarUDF::from)
    .into_iter()
    .chain([
        constant("nan", f64::NAN),
        constant("infinity", f64::INFINITY),
    ])
    .collect()
}

/// A function without arguments.
fn constant(name: &str, value: f64) -> ScalarUDF {
    let value = ColumnarValue::Scalar(ScalarValue::Float64(Some(value)));
    create_udf(
        name,
        Vec::new(),
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(move |_: &[ColumnarValue]| Ok(value.clone())),
    )
}

/// A number of units since the epoch to a timestamp, or a timestamp or an interval to a number of units.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Conversion {
    name: &'static str,
    /// Nanoseconds.
    unit: i64,
    to_time: bool,
    signature: Signature,
}

impl ScalarUDFImpl for Conversion {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(if self.to_time {
            TIMESTAMP
        } else {
            DataType::Int64
        })
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let [array] = arrays.as_slice() else {
            return exec_err!("{} takes one argument", self.name);
        };
        let result: ArrayRef = match array.data_type() {
            DataType::Int64 => Arc::new(self.times(array)?),
            _ => Arc::new(self.counts(array)?),
        };
        columnar(&arguments.args, result)
    }
}

impl Conversion {
    fn times(&self, counts: &ArrayRef) -> Result<TimestampNanosecondArray, ArrowError> {
        let overflow =
            || ArrowError::ComputeError(format!("{}: the timestamp is out of range", self.name));
        counts
            .as_primitive::<Int64Type>()
            .try_unary(|count| count.checked_mul(self.unit).ok_or_else(overflow))
    }

    fn counts(&self, times: &ArrayRef) -> Result<Int64Array, ArrowError> {
        let whole = |nanoseconds: i64| nanoseconds.div_euclid(self.unit);
        match times.data_type() {
            DataType::Interval(_) => {
                times
                    .as_primitive::<IntervalMonthDayNanoType>()
                    .try_unary(|interval| {
                        let days = i64::from(interval.days).checked_mul(NANOSECONDS_PER_DAY);
                        let nanoseconds =
                            days.and_then(|days| days.checked_add(interval.nanoseconds));
                        match (interval.months, nanoseconds) {
                            (0, Some(nanoseconds)) => Ok(whole(nanoseconds)),
                            _ => Err(ArrowError::ComputeError(format!(
                                "{}: the interval is out of range",
                                self.name
                            ))),
                        }
                    })
            }
            DataType::Duration(_) => {
                Ok(times.as_primitive::<DurationNanosecondType>().unary(whole))
            }
            _ => Ok(times.as_primitive::<TimestampNanosecondType>().unary(whole)),
        }
    }
}
