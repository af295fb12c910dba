//! The fleet as Athena should see it: lower-case names, times cut down to the millisecond, null where nothing is.
//!
//! Made from the rows alone, with nothing of the connector, which is compared with it.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow::error::ArrowError;

use super::{Device, Fleet, MILLISECOND, READING, SignalValue};

impl Fleet {
    /// Returns the rows of [`super::READINGS`].
    ///
    /// # Errors
    ///
    /// If Arrow refuses the columns.
    pub fn reading_batch(&self) -> Result<RecordBatch, ArrowError> {
        let rows = &self.readings;
        let mut columns = self.dimensions(rows.iter().map(|row| row.device));
        columns.push((
            "measure_name",
            Arc::new(StringArray::from_iter_values(rows.iter().map(|_| READING))),
        ));
        columns.push(("time", times(rows.iter().map(|row| Some(row.time)))));
        columns.push((
            "temperature",
            Arc::new(Float64Array::from_iter(
                rows.iter().map(|row| row.temperature),
            )),
        ));
        columns.push((
            "humidity",
            Arc::new(Float64Array::from_iter_values(
                rows.iter().map(|row| row.humidity),
            )),
        ));
        columns.push((
            "battery",
            Arc::new(Int64Array::from_iter_values(
                rows.iter().map(|row| row.battery),
            )),
        ));
        columns.push((
            "online",
            Arc::new(BooleanArray::from_iter(
                rows.iter().map(|row| Some(row.online)),
            )),
        ));
        columns.push((
            "firmware",
            Arc::new(StringArray::from_iter_values(
                rows.iter().map(|row| row.firmware),
            )),
        ));
        columns.push(("serviced", times(rows.iter().map(|row| row.serviced))));
        batch(columns)
    }

    /// Returns the rows of [`super::SIGNALS`]: each has a value in the column of its type and null in the others.
    ///
    /// # Errors
    ///
    /// If Arrow refuses the columns.
    pub fn signal_batch(&self) -> Result<RecordBatch, ArrowError> {
        let rows = &self.signals;
        let values = || rows.iter().map(|row| &row.value);
        let mut columns = self.dimensions(rows.iter().map(|row| row.device));
        let names = StringArray::from_iter_values(values().map(SignalValue::name));
        columns.push(("measure_name", Arc::new(names)));
        columns.push(("time", times(rows.iter().map(|row| Some(row.time)))));
        let doubles = values().map(|value| {
            if let SignalValue::CpuUsage(value) = value {
                Some(*value)
            } else {
                None
            }
        });
        columns.push((
            "measure_value::double",
            Arc::new(Float64Array::from_iter(doubles)),
        ));
        let bigints = values().map(|value| {
            if let SignalValue::MemoryUsageMb(value) = value {
                Some(*value)
            } else {
                None
            }
        });
        columns.push((
            "measure_value::bigint",
            Arc::new(Int64Array::from_iter(bigints)),
        ));
        let varchars = values().map(|value| {
            if let SignalValue::Status(value) = value {
                Some(*value)
            } else {
                None
            }
        });
        columns.push((
            "measure_value::varchar",
            Arc::new(StringArray::from_iter(varchars)),
        ));
        let booleans = values().map(|value| {
            if let SignalValue::Throttled(value) = value {
                Some(*value)
            } else {
                None
            }
        });
        columns.push((
            "measure_value::boolean",
            Arc::new(BooleanArray::from_iter(booleans)),
        ));
        batch(columns)
    }

    fn dimensions(&self, rows: impl Iterator<Item = usize>) -> Vec<(&'static str, ArrayRef)> {
        let devices: Vec<&Device> = rows.map(|device| self.device(device)).collect();
        let ids = StringArray::from_iter_values(devices.iter().map(|device| &device.id));
        let regions = StringArray::from_iter(devices.iter().map(|device| device.region));
        let owners = StringArray::from_iter_values(devices.iter().map(|device| device.owner));
        vec![
            ("deviceid", Arc::new(ids)),
            ("region", Arc::new(regions)),
            ("owner", Arc::new(owners)),
        ]
    }
}

fn times(nanoseconds: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    // Down, not towards zero.
    let milliseconds = nanoseconds.map(|time| time.map(|time| time.div_euclid(MILLISECOND)));
    Arc::new(TimestampMillisecondArray::from_iter(milliseconds))
}

fn batch(columns: Vec<(&'static str, ArrayRef)>) -> Result<RecordBatch, ArrowError> {
    // Any column may hold nulls, as in every table of Athena.
    RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
}
