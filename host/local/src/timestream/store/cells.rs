//! The values of one measure column, compact and changeable in place.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, Float64Array, Int64Array, StringArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, TimeUnit};
use serde::Deserialize;

/// The types a stored value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ValueType {
    Double,
    Bigint,
    Varchar,
    Boolean,
    Timestamp,
}

impl ValueType {
    /// Returns the name that `DESCRIBE` shows.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ValueType::Double => "double",
            ValueType::Bigint => "bigint",
            ValueType::Varchar => "varchar",
            ValueType::Boolean => "boolean",
            ValueType::Timestamp => "timestamp",
        }
    }

    /// Returns the Arrow type that queries see.
    pub(crate) fn arrow(self) -> DataType {
        match self {
            ValueType::Double => DataType::Float64,
            ValueType::Bigint => DataType::Int64,
            ValueType::Varchar => DataType::Utf8,
            ValueType::Boolean => DataType::Boolean,
            ValueType::Timestamp => DataType::Timestamp(TimeUnit::Nanosecond, None),
        }
    }
}

/// One stored value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Finite.
    Double(f64),
    Bigint(i64),
    Varchar(Box<str>),
    Boolean(bool),
    /// Nanoseconds since the epoch.
    Timestamp(i64),
}

impl Value {
    pub(crate) fn value_type(&self) -> ValueType {
        match self {
            Value::Double(_) => ValueType::Double,
            Value::Bigint(_) => ValueType::Bigint,
            Value::Varchar(_) => ValueType::Varchar,
            Value::Boolean(_) => ValueType::Boolean,
            Value::Timestamp(_) => ValueType::Timestamp,
        }
    }
}

/// A column of optional values. Rows past its end are NULL, so a column that few rows have costs little.
#[derive(Debug)]
pub(super) enum Cells {
    Double(Optional<f64>),
    Bigint(Optional<i64>),
    Varchar(Optional<Box<str>>),
    Boolean(Optional<bool>),
    Timestamp(Optional<i64>),
}

impl Cells {
    pub(super) fn new(value_type: ValueType) -> Self {
        match value_type {
            ValueType::Double => Cells::Double(Optional::default()),
            ValueType::Bigint => Cells::Bigint(Optional::default()),
            ValueType::Varchar => Cells::Varchar(Optional::default()),
            ValueType::Boolean => Cells::Boolean(Optional::default()),
            ValueType::Timestamp => Cells::Timestamp(Optional::default()),
        }
    }

    pub(super) fn value_type(&self) -> ValueType {
        match self {
            Cells::Double(_) => ValueType::Double,
            Cells::Bigint(_) => ValueType::Bigint,
            Cells::Varchar(_) => ValueType::Varchar,
            Cells::Boolean(_) => ValueType::Boolean,
            Cells::Timestamp(_) => ValueType::Timestamp,
        }
    }

    /// Stores a value of this column's type. The caller has compared the types, so another type changes nothing.
    pub(super) fn set(&mut self, row: usize, value: Value) {
        match (self, value) {
            (Cells::Double(cells), Value::Double(value)) => cells.set(row, value),
            (Cells::Bigint(cells), Value::Bigint(value)) => cells.set(row, value),
            (Cells::Varchar(cells), Value::Varchar(value)) => cells.set(row, value),
            (Cells::Boolean(cells), Value::Boolean(value)) => cells.set(row, value),
            (Cells::Timestamp(cells), Value::Timestamp(value)) => cells.set(row, value),
            (cells, value) => debug_assert!(
                false,
                "a {:?} value for a {:?} column",
                value.value_type(),
                cells.value_type()
            ),
        }
    }

    pub(super) fn clear(&mut self, row: usize) {
        match self {
            Cells::Double(cells) => cells.clear(row),
            Cells::Bigint(cells) | Cells::Timestamp(cells) => cells.clear(row),
            Cells::Varchar(cells) => cells.clear(row),
            Cells::Boolean(cells) => cells.clear(row),
        }
    }

    pub(super) fn get(&self, row: usize) -> Option<Value> {
        match self {
            Cells::Double(cells) => cells.get(row).map(|value| Value::Double(*value)),
            Cells::Bigint(cells) => cells.get(row).map(|value| Value::Bigint(*value)),
            Cells::Varchar(cells) => cells.get(row).map(|value| Value::Varchar(value.clone())),
            Cells::Boolean(cells) => cells.get(row).map(|value| Value::Boolean(*value)),
            Cells::Timestamp(cells) => cells.get(row).map(|value| Value::Timestamp(*value)),
        }
    }

    /// Returns some of the rows as an Arrow array.
    pub(super) fn array(&self, rows: std::ops::Range<usize>) -> ArrayRef {
        match self {
            Cells::Double(cells) => Arc::new(
                rows.map(|row| cells.get(row).copied())
                    .collect::<Float64Array>(),
            ),
            Cells::Bigint(cells) => Arc::new(
                rows.map(|row| cells.get(row).copied())
                    .collect::<Int64Array>(),
            ),
            Cells::Varchar(cells) => {
                Arc::new(rows.map(|row| cells.get(row)).collect::<StringArray>())
            }
            Cells::Boolean(cells) => Arc::new(
                rows.map(|row| cells.get(row).copied())
                    .collect::<BooleanArray>(),
            ),
            Cells::Timestamp(cells) => Arc::new(
                rows.map(|row| cells.get(row).copied())
                    .collect::<TimestampNanosecondArray>(),
            ),
        }
    }
}

/// Values beside a bit each that says whether there is one: 8 bytes and a bit a number, not 16.
#[derive(Debug)]
pub(super) struct Optional<T> {
    values: Vec<T>,
    present: BooleanBufferBuilder,
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Optional {
            values: Vec::new(),
            present: BooleanBufferBuilder::new(0),
        }
    }
}

impl<T: Default> Optional<T> {
    fn set(&mut self, row: usize, value: T) {
        if row >= self.values.len() {
            self.present.append_n(row + 1 - self.values.len(), false);
            self.values.resize_with(row + 1, T::default);
        }
        self.values[row] = value;
        self.present.set_bit(row, true);
    }

    fn clear(&mut self, row: usize) {
        if row < self.values.len() {
            self.values[row] = T::default();
            self.present.set_bit(row, false);
        }
    }

    fn get(&self, row: usize) -> Option<&T> {
        let value = self.values.get(row)?;
        self.present.get_bit(row).then_some(value)
    }
}
