//! Timestream's functions that DataFusion does not have or has with another meaning. `ago`, `bin` and `now` are not here: `rewrite` turns them into
//! what DataFusion has.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, TimestampNanosecondArray};
use arrow::datatypes::{
    DataType, DurationNanosecondType, Field, Int64Type, IntervalMonthDayNanoType, IntervalUnit,
    TimeUnit, TimestampNanosecondType,
};
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);
const NANOSECONDS_PER_MILLISECOND: i64 = 1_000_000;
const NANOSECONDS_PER_DAY: i64 = 86_400_000_000_000;

/// Functions that give an instant with a zone to Trino, and that Timestream has without.
const WITHOUT_ZONE: [&str; 3] = ["from_unixtime", "from_iso8601_timestamp", "parse_datetime"];

/// What the service has beside Presto's functions: those of this module, of series, and those that are rewritten.
pub(super) const NAMES: [&str; 16] = [
    "ago",
    "bin",
    "correlate_pearson",
    "correlate_spearman",
    "create_time_series",
    "derivative_linear",
    "from_milliseconds",
    "from_nanoseconds",
    "integral_trapezoidal",
    "interpolate_fill",
    "interpolate_linear",
    "interpolate_locf",
    "interpolate_spline_cubic",
    "non_negative_derivative_linear",
    "strrpos",
    "to_nanoseconds",
];

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
    .chain(
        presto::functions()
            .into_iter()
            .filter(|function| WITHOUT_ZONE.contains(&function.name()))
            .map(|function| ScalarUDF::from(WithoutZone(function))),
    )
    .collect()
}

/// A function that gives an instant with a zone to Trino: a timestamp here.
#[derive(Debug, PartialEq, Eq, Hash)]
struct WithoutZone(ScalarUDF);

impl ScalarUDFImpl for WithoutZone {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        self.0.coerce_types(given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(TIMESTAMP)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let given: Vec<DataType> = arguments
            .args
            .iter()
            .map(ColumnarValue::data_type)
            .collect();
        let return_type = self.0.return_type(&given)?;
        let instants = self.0.invoke_with_args(ScalarFunctionArgs {
            return_field: Arc::new(Field::new(self.name(), return_type, true)),
            ..arguments
        })?;
        instants.cast_to(&TIMESTAMP, None)
    }
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
        presto::columnar(&arguments.args, result)
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
