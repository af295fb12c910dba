//! `CREATE_TIME_SERIES(time, value)`: the rows of a group as one series.
//!
//! The developer guide ("Timeseries views") has values of bigint, boolean, double and varchar, and says that they cannot
//! be NULL. It does not say what two rows of one time give; here it is an error, because neither order would be right.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::compute::{concat, sort_to_indices, take};
use arrow::datatypes::{DataType, TimestampNanosecondType};
use datafusion::common::{DataFusionError, ScalarValue, exec_err, not_impl_err, plan_err};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};

use super::{TIMESTAMP, build, series_of};

const NAME: &str = "create_time_series";

/// Returns the function, to be registered.
pub(in crate::timestream::sql) fn create_time_series() -> AggregateUDF {
    AggregateUDF::from(CreateTimeSeries {
        signature: Signature::user_defined(Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CreateTimeSeries {
    signature: Signature,
}

impl AggregateUDFImpl for CreateTimeSeries {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        let value = match arguments {
            [DataType::Timestamp(..), value] => match value {
                DataType::Boolean => Some(DataType::Boolean),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8),
                value if value.is_integer() => Some(DataType::Int64),
                value if value.is_floating() => Some(DataType::Float64),
                _ => None,
            },
            _ => None,
        };
        match value {
            Some(value) => Ok(vec![TIMESTAMP, value]),
            None => plan_err!(
                "Unexpected parameters for function {NAME}: it takes a timestamp and a bigint, boolean, double or varchar"
            ),
        }
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType, DataFusionError> {
        match arguments {
            [_, value] => Ok(series_of(value)),
            _ => plan_err!("Unexpected parameters for function {NAME}: it takes 2"),
        }
    }

    fn accumulator(
        &self,
        arguments: AccumulatorArgs,
    ) -> Result<Box<dyn Accumulator>, DataFusionError> {
        if arguments.is_distinct {
            return not_impl_err!("{NAME} with DISTINCT is not supported");
        }
        Ok(Box::new(Points {
            series: arguments.return_field.data_type().clone(),
            times: Vec::new(),
            values: Vec::new(),
        }))
    }

    /// The points are sorted anyway.
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// The points of one group so far, in the order they came.
#[derive(Debug)]
struct Points {
    /// The result's type.
    series: DataType,
    times: Vec<ArrayRef>,
    /// As long as `times`, array by array.
    values: Vec<ArrayRef>,
}

impl Points {
    fn series(&self) -> Result<Option<ListArray>, DataFusionError> {
        if self.times.is_empty() {
            return Ok(None);
        }
        let all = |arrays: &[ArrayRef]| {
            concat(
                &arrays
                    .iter()
                    .map(AsRef::as_ref)
                    .collect::<Vec<&dyn Array>>(),
            )
        };
        let (times, values) = (all(&self.times)?, all(&self.values)?);
        let order = sort_to_indices(&times, None, None)?;
        let (times, values) = (take(&times, &order, None)?, take(&values, &order, None)?);
        let sorted = times.as_primitive::<TimestampNanosecondType>().values();
        if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
            return exec_err!("{NAME}: the time series has two values of one time");
        }
        Ok(Some(build([times.len()], times, values, None)?))
    }
}

impl Accumulator for Points {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<(), DataFusionError> {
        let [times, values] = arguments else {
            return exec_err!("{NAME} takes 2 arguments");
        };
        if times.null_count() > 0 || values.null_count() > 0 {
            return exec_err!("{NAME}: time and value of a time series cannot be NULL");
        }
        if !times.is_empty() {
            self.times.push(Arc::clone(times));
            self.values.push(Arc::clone(values));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue, DataFusionError> {
        match self.series()? {
            Some(series) => Ok(ScalarValue::List(Arc::new(series))),
            // As the service: a client of it reported NULL where no row was aggregated.
            None => ScalarValue::try_new_null(&self.series),
        }
    }

    fn size(&self) -> usize {
        let arrays = self.times.iter().chain(&self.values);
        size_of_val(self)
            + arrays
                .map(|array| array.get_array_memory_size())
                .sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>, DataFusionError> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<(), DataFusionError> {
        let [states] = states else {
            return exec_err!("{NAME} has one state");
        };
        for points in states.as_list::<i32>().iter().flatten() {
            self.update_batch(points.as_struct().columns())?;
        }
        Ok(())
    }
}
