//! A part of an expression on the rows of a batch: its values, and the rows on which a function failed.

use std::iter::repeat_n;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array,
    NullArray, StringArray, TimestampMillisecondArray, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::nullif;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Float64Type, Int32Type, Int64Type, TimeUnit,
    TimestampMillisecondType,
};

use super::kernel;
use crate::error::{Error, Result};
use crate::query::{Function, Literal};
use crate::wire::unpack_utc_millis;

/// The type in which instants are compared, whatever their field's own.
pub(super) const INSTANT: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);

/// A value for every row; NULL where a function failed.
#[derive(Clone, Debug)]
pub(super) struct Value {
    array: ArrayRef,
    failures: Vec<Failure>,
}

/// A function that has no result on some rows.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// As many as the batch has; never none.
    pub(super) rows: BooleanBuffer,
    pub(super) function: Function,
    /// Names no value.
    pub(super) why: &'static str,
}

impl Failure {
    /// What is left of it on those rows.
    pub(super) fn on(&self, rows: &BooleanBuffer) -> Option<Self> {
        let rows = &self.rows & rows;
        (rows.count_set_bits() > 0).then(|| Self {
            rows,
            ..self.clone()
        })
    }

    pub(super) fn error(&self) -> Error {
        Error::invalid_input(format!(
            "cannot evaluate `{}`: {}",
            self.function.name(),
            self.why
        ))
    }
}

impl Value {
    /// What cannot fail.
    pub(super) fn new(array: ArrayRef) -> Self {
        Self {
            array,
            failures: Vec::new(),
        }
    }

    /// The constant for every row; None is NULL, of no type yet.
    pub(super) fn constant(literal: Option<&Literal>, rows: usize) -> Result<Self> {
        Ok(Self::new(match literal {
            None => Arc::new(NullArray::new(rows)),
            Some(Literal::Boolean(value)) => Arc::new(BooleanArray::from(vec![*value; rows])),
            // As Trino reads a number in SQL: an integer if it fits, else a bigint.
            Some(Literal::Integer(value)) => match i32::try_from(*value) {
                Ok(value) => Arc::new(Int32Array::from_value(value, rows)),
                Err(_) => Arc::new(Int64Array::from_value(*value, rows)),
            },
            Some(Literal::Double(value)) => Arc::new(Float64Array::from_value(*value, rows)),
            Some(Literal::Text(value)) => {
                Arc::new(StringArray::from_iter_values(repeat_n(value, rows)))
            }
            Some(Literal::Date(value)) => Arc::new(Date32Array::from_value(*value, rows)),
            Some(Literal::Millis(value)) => {
                Arc::new(TimestampMillisecondArray::from_value(*value, rows))
            }
            Some(Literal::Nanos(_)) => return Err(Error::bug("nanoseconds in a term of Athena's")),
        }))
    }

    /// The result of a function that is NULL where any operand is NULL: there it does not depend on the others.
    pub(super) fn strict(array: ArrayRef, operands: &[&Self]) -> Result<Self> {
        if operands.iter().all(|operand| operand.failures.is_empty()) {
            return Ok(Self::new(array));
        }
        let known = operands
            .iter()
            .map(|operand| !&operand.known_null())
            .reduce(|left, right| &left & &right)
            .ok_or_else(|| Error::bug("a function without operands"))?;
        let failures = operands
            .iter()
            .flat_map(|operand| operand.failures_on(&known))
            .collect();
        Self::new(array).failing(failures)
    }

    /// The same with further failures.
    pub(super) fn failing(mut self, failures: Vec<Failure>) -> Result<Self> {
        if let Some(failed) = union(&failures) {
            self.array = nullif(&self.array, &BooleanArray::new(failed, None)).map_err(kernel)?;
            for failure in failures {
                let alike = |known: &&mut Failure| {
                    (known.function, known.why) == (failure.function, failure.why)
                };
                match self.failures.iter_mut().find(alike) {
                    Some(known) => known.rows = &known.rows | &failure.rows,
                    None => self.failures.push(failure),
                }
            }
        }
        Ok(self)
    }

    pub(super) fn array(&self) -> &ArrayRef {
        &self.array
    }

    pub(super) fn data_type(&self) -> &DataType {
        self.array.data_type()
    }

    pub(super) fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// What is left of its failures on those rows.
    pub(super) fn failures_on(&self, rows: &BooleanBuffer) -> Vec<Failure> {
        let left = self.failures.iter().filter_map(|failure| failure.on(rows));
        left.collect()
    }

    /// Where it is NULL and did not fail.
    pub(super) fn known_null(&self) -> BooleanBuffer {
        let null = match self.array.logical_nulls() {
            Some(nulls) => !nulls.inner(),
            None => BooleanBuffer::new_unset(self.array.len()),
        };
        match union(&self.failures) {
            Some(failed) => &null & &!&failed,
            None => null,
        }
    }

    /// As a wider type, as Trino casts where operands differ. Arrow's own cast knows every pair of types, which are 4 MB of
    /// code.
    pub(super) fn widened(self, data_type: &DataType) -> Result<Self> {
        use DataType::{Date32, Float64, Int32, Int64, Null};
        const MILLIS_PER_DAY: i64 = 86_400_000;
        let array: ArrayRef = match (self.data_type(), data_type) {
            (from, to) if from == to => return Ok(self),
            (Null, to) => new_null_array(to, self.array.len()),
            (Int32, Int64) => {
                let values = self.array.as_primitive::<Int32Type>();
                Arc::new(values.unary::<_, Int64Type>(i64::from))
            }
            (Int32, Float64) => {
                let values = self.array.as_primitive::<Int32Type>();
                Arc::new(values.unary::<_, Float64Type>(f64::from))
            }
            (Int64, Float64) => {
                let values = self.array.as_primitive::<Int64Type>();
                Arc::new(values.unary::<_, Float64Type>(|value| value as f64))
            }
            (Date32, to) if *to == INSTANT => {
                let days = self.array.as_primitive::<Date32Type>();
                let midnight = |days| i64::from(days) * MILLIS_PER_DAY;
                Arc::new(days.unary::<_, TimestampMillisecondType>(midnight))
            }
            (from, to) => return Err(Error::bug(format_args!("{from} is not widened to {to}"))),
        };
        Ok(Self {
            array,
            failures: self.failures,
        })
    }

    /// Its values as truths: NULL where it is NULL or failed.
    pub(super) fn truths(&self, function: Function) -> Result<BooleanArray> {
        match self.data_type() {
            DataType::Null => Ok(BooleanArray::new_null(self.array.len())),
            DataType::Boolean => Ok(self.array.as_boolean().clone()),
            other => Err(Error::invalid_input(format!(
                "cannot evaluate `{}`: an operand is {other}, not boolean",
                function.name()
            ))),
        }
    }
}

/// The rows on which there is any failure; None without failures.
pub(super) fn union(failures: &[Failure]) -> Option<BooleanBuffer> {
    let rows = failures.iter().map(|failure| failure.rows.clone());
    rows.reduce(|left, right| &left | &right)
}

/// A field in the type in which it is compared: instants as milliseconds without a zone, others as they are.
pub(super) fn comparable(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Date64 => Arc::new(
            array
                .as_primitive::<Date64Type>()
                .reinterpret_cast::<TimestampMillisecondType>(),
        ),
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => Arc::new(
            array
                .as_primitive::<TimestampMillisecondType>()
                .unary::<_, TimestampMillisecondType>(unpack_utc_millis),
        ),
        _ => array.clone(),
    }
}
