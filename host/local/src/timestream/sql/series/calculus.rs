//! Derivatives, integrals and correlations of series.
//!
//! The developer guide ("Derivatives functions", "Integral functions", "Correlation functions") leaves open: whether a
//! derivative has a point for the first of the series (here it has none: nothing is before it), whether one of zero is
//! non-negative (here it is), and what series of other times give (here an error).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray, TimestampNanosecondArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNanoType, IntervalUnit, TimestampNanosecondType,
};
use datafusion::common::{DataFusionError, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{build, series_of, value_type};

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const NANOS_PER_DAY: f64 = 86_400e9;
/// The unit of an integral that is given none.
const SECOND: f64 = 1e9;

/// Returns the functions, to be registered.
pub(in crate::timestream::sql) fn calculus() -> Vec<ScalarUDF> {
    let kinds = [
        Kind::Derivative,
        Kind::NonNegativeDerivative,
        Kind::Integral,
        Kind::Pearson,
        Kind::Spearman,
    ];
    let functions = kinds.map(|kind| Calculus {
        kind,
        signature: Signature::user_defined(Volatility::Immutable),
    });
    functions.map(ScalarUDF::from).into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Derivative,
    NonNegativeDerivative,
    Integral,
    Pearson,
    Spearman,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Calculus {
    kind: Kind,
    signature: Signature,
}

impl ScalarUDFImpl for Calculus {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Derivative => "derivative_linear",
            Kind::NonNegativeDerivative => "non_negative_derivative_linear",
            Kind::Integral => "integral_trapezoidal",
            Kind::Pearson => "correlate_pearson",
            Kind::Spearman => "correlate_spearman",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        let is_series = |given: &DataType| {
            given.is_null() || value_type(given).is_some_and(DataType::is_numeric)
        };
        let is_interval = |given: &DataType| {
            matches!(
                given,
                DataType::Interval(_) | DataType::Duration(_) | DataType::Null
            )
        };
        let series = series_of(&DataType::Float64);
        match (self.kind, given) {
            (Kind::Pearson | Kind::Spearman, [left, right])
                if is_series(left) && is_series(right) =>
            {
                Ok(vec![series.clone(), series])
            }
            (Kind::Integral, [values]) if is_series(values) => Ok(vec![series]),
            (
                Kind::Integral | Kind::Derivative | Kind::NonNegativeDerivative,
                [values, interval],
            ) if is_series(values) && is_interval(interval) => Ok(vec![series, INTERVAL]),
            _ => plan_err!(
                "Unexpected parameters for function {}: it takes {}",
                self.name(),
                match self.kind {
                    Kind::Pearson | Kind::Spearman => "2 time series of numbers",
                    Kind::Integral =>
                        "a time series of numbers, and an interval day to second or nothing",
                    _ => "a time series of numbers and an interval day to second",
                }
            ),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(match self.kind {
            Kind::Derivative | Kind::NonNegativeDerivative => series_of(&DataType::Float64),
            Kind::Integral | Kind::Pearson | Kind::Spearman => DataType::Float64,
        })
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let result: ArrayRef = match (self.kind, arrays.as_slice()) {
            (Kind::Pearson | Kind::Spearman, [left, right]) => {
                Arc::new(self.correlations(left.as_list(), right.as_list())?)
            }
            (Kind::Integral, [series]) => Arc::new(self.integrals(series.as_list(), None)?),
            (Kind::Integral, [series, units]) => {
                Arc::new(self.integrals(series.as_list(), Some(units))?)
            }
            (_, [series, units]) => Arc::new(self.derivatives(series.as_list(), units)?),
            _ => return exec_err!("{} has other arguments", self.name()),
        };
        presto::columnar(&arguments.args, result)
    }
}

/// The points of one series: times in nanoseconds, and values.
fn points(series: &ListArray, row: usize) -> Result<Vec<(i64, f64)>, DataFusionError> {
    let points = series.value(row);
    let [times, values] = points.as_struct().columns() else {
        return exec_err!("a point has a time and a value");
    };
    let times = times.as_primitive::<TimestampNanosecondType>();
    let values = cast(values, &DataType::Float64)?;
    let values = values.as_primitive::<Float64Type>();
    // Interpolation leaves NULL where it has nothing to go by.
    let points = times.values().iter().zip(values);
    Ok(points
        .filter_map(|(time, value)| Some((*time, value?)))
        .collect())
}

/// Nanoseconds from one time to another; i64 does not hold all of them.
fn distance(begin: i64, end: i64) -> f64 {
    (i128::from(end) - i128::from(begin)) as f64
}

impl Calculus {
    /// An interval in nanoseconds.
    fn unit(&self, units: &ArrayRef, row: usize) -> Result<f64, DataFusionError> {
        let unit = units.as_primitive::<IntervalMonthDayNanoType>().value(row);
        let nanos = f64::from(unit.days) * NANOS_PER_DAY + unit.nanoseconds as f64;
        match unit.months == 0 && nanos > 0.0 {
            true => Ok(nanos),
            false => exec_err!(
                "{}: the interval must be one of days or shorter and above zero",
                self.name()
            ),
        }
    }

    fn derivatives(
        &self,
        series: &ListArray,
        units: &ArrayRef,
    ) -> Result<ListArray, DataFusionError> {
        let nulls = NullBuffer::union(series.nulls(), units.nulls());
        let (mut lengths, mut times, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..series.len() {
            let before = times.len();
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                let unit = self.unit(units, row)?;
                for pair in points(series, row)?.windows(2) {
                    let [(begin, first), (end, last)] = pair else {
                        continue;
                    };
                    let rate = (last - first) / (distance(*begin, *end) / unit);
                    if self.kind == Kind::Derivative || rate >= 0.0 {
                        times.push(*end);
                        values.push(rate);
                    }
                }
            }
            lengths.push(times.len() - before);
        }
        let times: ArrayRef = Arc::new(TimestampNanosecondArray::from(times));
        let values: ArrayRef = Arc::new(Float64Array::from(values));
        Ok(build(lengths, times, values, nulls)?)
    }

    fn integrals(
        &self,
        series: &ListArray,
        units: Option<&ArrayRef>,
    ) -> Result<Float64Array, DataFusionError> {
        let integrals = (0..series.len()).map(|row| {
            if series.is_null(row) || units.is_some_and(|units| units.is_null(row)) {
                return Ok(None);
            }
            let unit = units.map_or(Ok(SECOND), |units| self.unit(units, row))?;
            let points = points(series, row)?;
            let areas = points.windows(2).map(|pair| match pair {
                [(begin, first), (end, last)] => {
                    (first + last) / 2.0 * (distance(*begin, *end) / unit)
                }
                _ => 0.0,
            });
            Ok((!points.is_empty()).then(|| areas.sum()))
        });
        integrals.collect()
    }

    fn correlations(
        &self,
        left: &ListArray,
        right: &ListArray,
    ) -> Result<Float64Array, DataFusionError> {
        let coefficients = (0..left.len()).map(|row| {
            if left.is_null(row) || right.is_null(row) {
                return Ok(None);
            }
            let (left, right) = (points(left, row)?, points(right, row)?);
            let times =
                |points: &[(i64, f64)]| points.iter().map(|(time, _)| *time).collect::<Vec<_>>();
            if times(&left) != times(&right) {
                return exec_err!("{}: both series must have the same timestamps", self.name());
            }
            let values =
                |points: &[(i64, f64)]| points.iter().map(|(_, value)| *value).collect::<Vec<_>>();
            let (left, right) = (values(&left), values(&right));
            Ok(match self.kind {
                Kind::Spearman => pearson(&ranks(&left), &ranks(&right)),
                _ => pearson(&left, &right),
            })
        });
        coefficients.collect()
    }
}

/// Pearson's coefficient; none of fewer than two points, or where one side does not change.
fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() < 2 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (of_left, of_right) = (mean(left), mean(right));
    let pairs = || {
        left.iter()
            .zip(right)
            .map(|(left, right)| (left - of_left, right - of_right))
    };
    let products: f64 = pairs().map(|(left, right)| left * right).sum();
    let squares: f64 = pairs().map(|(left, _)| left * left).sum();
    let others: f64 = pairs().map(|(_, right)| right * right).sum();
    let deviations = (squares * others).sqrt();
    (deviations > 0.0).then(|| products / deviations)
}

/// The rank of each value; values that are equal share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|left, right| {
        let nan = || left.is_nan().cmp(&right.is_nan());
        left.partial_cmp(right).unwrap_or_else(nan)
    });
    let ranks = values.iter().map(|value| {
        let below = sorted.partition_point(|other| other < value);
        let same = sorted.partition_point(|other| other <= value) - below;
        below as f64 + (same as f64 + 1.0) / 2.0
    });
    ranks.collect()
}
