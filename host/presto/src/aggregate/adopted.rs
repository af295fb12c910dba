//! `sum`, `avg`, `max` and `min`: DataFusion's, but for the types of which they are wrong.
//!
//! * A sum of bigints is an error where it leaves bigint's range; DataFusion's wraps.
//! * A frame of a window that moves computes doubles anew; DataFusion's subtracts what has left it, so that a NaN stays.
//! * NaN is left out by `max` and `min` where there is another value.
//! * A sum of decimals has 38 digits, a mean has its operand's; DataFusion's have 10 more, and 4 more.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, FieldRef, Float64Type};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, Signature,
};

use super::sum::{self, Groups, OfDistinct, One};
use super::{Gathered, state_fields};
use crate::array::extreme;
use crate::decimal::{shared, total};
use crate::function::{Form, form};
use crate::types::Type;
use crate::value::Value;

use Type::T;

pub(super) fn all() -> [AggregateUDF; 4] {
    [
        (sum_udaf(), Kind::Sum),
        (avg_udaf(), Kind::Avg),
        (max_udaf(), Kind::Max),
        (min_udaf(), Kind::Min),
    ]
    .map(|(inner, kind)| AggregateUDF::from(Adopted { inner, kind }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Sum,
    Avg,
    Max,
    Min,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Adopted {
    inner: Arc<AggregateUDF>,
    kind: Kind,
}

/// How values are accumulated.
enum How {
    AsInner,
    /// One after the other.
    Doubles,
    Integers,
    DistinctIntegers,
    /// All of them, then computed by the kind's form.
    Gathered,
}

impl Adopted {
    fn how(&self, given: Option<&FieldRef>, is_distinct: bool, moves: bool) -> How {
        let given = given.map_or(&DataType::Null, |field| field.data_type());
        match (self.kind, given) {
            (Kind::Max | Kind::Min, DataType::Float64) if !moves => How::Doubles,
            (_, DataType::Float64) if moves => How::Gathered,
            (Kind::Sum | Kind::Avg, DataType::Decimal128(..)) => How::Gathered,
            (Kind::Sum, DataType::Int64) if !is_distinct => How::Integers,
            (Kind::Sum, DataType::Int64) if !moves => How::DistinctIntegers,
            _ => How::AsInner,
        }
    }

    fn form(&self) -> Form {
        match self.kind {
            Kind::Sum => form(&[T], T, |arguments| summed(arguments[0].elements())),
            Kind::Avg => form(&[T], T, |arguments| mean(arguments[0].elements())),
            Kind::Max => form(&[T], T, |arguments| {
                Ok(extreme(arguments[0].elements(), Ordering::Greater))
            }),
            Kind::Min => form(&[T], T, |arguments| {
                Ok(extreme(arguments[0].elements(), Ordering::Less))
            }),
        }
    }

    fn made(
        &self,
        arguments: AccumulatorArgs<'_>,
        moves: bool,
    ) -> Result<Box<dyn Accumulator>, DataFusionError> {
        let given = arguments.expr_fields.first();
        Ok(match self.how(given, arguments.is_distinct, moves) {
            How::Doubles => Box::new(OfDoubles {
                best: None,
                is_max: self.kind == Kind::Max,
            }),
            How::Integers => Box::new(One::default()),
            How::DistinctIntegers => Box::new(OfDistinct(self.inner.accumulator(arguments)?)),
            How::Gathered => Box::new(Gathered::new(self.form(), &arguments)),
            How::AsInner if moves => self.inner.create_sliding_accumulator(arguments)?,
            How::AsInner => self.inner.accumulator(arguments)?,
        })
    }
}

impl AggregateUDFImpl for Adopted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        self.inner.coerce_types(given)
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        match (self.kind, given) {
            (Kind::Sum, [DataType::Decimal128(_, scale)]) => {
                Ok(DataType::Decimal128(DECIMAL128_MAX_PRECISION, *scale))
            }
            (Kind::Avg, [given @ DataType::Decimal128(..)]) => Ok(given.clone()),
            _ => self.inner.return_type(given),
        }
    }

    fn state_fields(
        &self,
        arguments: StateFieldsArgs<'_>,
    ) -> Result<Vec<FieldRef>, DataFusionError> {
        let given = arguments.input_fields.first();
        match self.how(given, arguments.is_distinct, false) {
            How::Integers => Ok(sum::state_fields(arguments.name)),
            How::Gathered => Ok(state_fields(&arguments)),
            _ => self.inner.state_fields(arguments),
        }
    }

    fn accumulator(
        &self,
        arguments: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn Accumulator>, DataFusionError> {
        self.made(arguments, false)
    }

    fn create_sliding_accumulator(
        &self,
        arguments: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn Accumulator>, DataFusionError> {
        self.made(arguments, true)
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs<'_>) -> bool {
        let given = arguments.expr_fields.first();
        match self.how(given, arguments.is_distinct, false) {
            How::AsInner => self.inner.groups_accumulator_supported(arguments),
            How::Integers => true,
            _ => false,
        }
    }

    fn create_groups_accumulator(
        &self,
        arguments: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>, DataFusionError> {
        let given = arguments.expr_fields.first();
        match self.how(given, arguments.is_distinct, false) {
            How::Integers => Ok(Box::new(Groups::default())),
            _ => self.inner.create_groups_accumulator(arguments),
        }
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn is_descending(&self) -> Option<bool> {
        self.inner.is_descending()
    }
}

/// The sum of doubles or decimals.
fn summed<'a>(values: &[Value<'a>]) -> Result<Value<'a>, String> {
    match values.first() {
        None => Ok(Value::Null),
        Some(Value::Decimal(..)) => total(values),
        Some(_) => Ok(Value::Double(values.iter().map(Value::double).sum())),
    }
}

/// The mean of doubles or decimals.
fn mean<'a>(values: &[Value<'a>]) -> Result<Value<'a>, String> {
    let count = values.len();
    Ok(match summed(values)? {
        Value::Double(sum) => Value::Double(sum / count as f64),
        sum @ Value::Decimal(..) => shared(&sum, count)?,
        value => value,
    })
}

#[derive(Debug)]
struct OfDoubles {
    best: Option<f64>,
    is_max: bool,
}

impl Accumulator for OfDoubles {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<(), DataFusionError> {
        let values = values
            .iter()
            .flat_map(|values| values.as_primitive::<Float64Type>());
        for value in values.flatten() {
            let is_better = match self.best {
                None => true,
                Some(best) if best.is_nan() => true,
                Some(best) if self.is_max => value > best,
                Some(best) => value < best,
            };
            if is_better {
                self.best = Some(value);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue, DataFusionError> {
        Ok(ScalarValue::Float64(self.best))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>, DataFusionError> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<(), DataFusionError> {
        self.update_batch(states)
    }
}
