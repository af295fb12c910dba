//! The fleet as records of the Write API, with times in nanoseconds.

use aws_sdk_timestreamwrite::error::BuildError;
use aws_sdk_timestreamwrite::types::builders::RecordBuilder;
use aws_sdk_timestreamwrite::types::{Dimension, MeasureValue, MeasureValueType, Record, TimeUnit};

use super::{Device, Fleet, READING, Reading, Signal, SignalValue};

impl Fleet {
    /// Returns the rows of [`super::READINGS`] as multi-measure records.
    pub fn reading_records(&self) -> impl Iterator<Item = Result<Record, BuildError>> {
        self.readings
            .iter()
            .map(|reading| multi(self.device(reading.device), reading))
    }

    /// Returns the rows of [`super::SIGNALS`] as single-measure records.
    pub fn signal_records(&self) -> impl Iterator<Item = Result<Record, BuildError>> {
        self.signals
            .iter()
            .map(|signal| single(self.device(signal.device), signal))
    }
}

fn multi(device: &Device, reading: &Reading) -> Result<Record, BuildError> {
    let given = [
        reading
            .temperature
            .map(|value| ("temperature", value.to_string(), MeasureValueType::Double)),
        Some((
            "humidity",
            reading.humidity.to_string(),
            MeasureValueType::Double,
        )),
        Some((
            "battery",
            reading.battery.to_string(),
            MeasureValueType::Bigint,
        )),
        Some((
            "online",
            reading.online.to_string(),
            MeasureValueType::Boolean,
        )),
        Some((
            "firmware",
            reading.firmware.to_owned(),
            MeasureValueType::Varchar,
        )),
        reading
            .serviced
            .map(|value| ("serviced", value.to_string(), MeasureValueType::Timestamp)),
    ];
    let values = given
        .into_iter()
        .flatten()
        .map(|(name, value, value_type)| {
            MeasureValue::builder()
                .name(name)
                .value(value)
                .r#type(value_type)
                .build()
        });
    let record = at(device, reading.time)?
        .measure_name(READING)
        .measure_value_type(MeasureValueType::Multi);
    Ok(record
        .set_measure_values(Some(values.collect::<Result<_, _>>()?))
        .build())
}

fn single(device: &Device, signal: &Signal) -> Result<Record, BuildError> {
    let (value, value_type) = match &signal.value {
        SignalValue::CpuUsage(value) => (value.to_string(), MeasureValueType::Double),
        SignalValue::MemoryUsageMb(value) => (value.to_string(), MeasureValueType::Bigint),
        SignalValue::Status(value) => ((*value).to_owned(), MeasureValueType::Varchar),
        SignalValue::Throttled(value) => (value.to_string(), MeasureValueType::Boolean),
    };
    let record = at(device, signal.time)?.measure_name(signal.value.name());
    Ok(record
        .measure_value(value)
        .measure_value_type(value_type)
        .build())
}

fn at(device: &Device, time: i64) -> Result<RecordBuilder, BuildError> {
    let given = [
        ("deviceId", Some(device.id.as_str())),
        ("region", device.region),
        ("owner", Some(device.owner)),
    ];
    let dimensions = given
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let dimensions =
        dimensions.map(|(name, value)| Dimension::builder().name(name).value(value).build());
    Ok(Record::builder()
        .set_dimensions(Some(dimensions.collect::<Result<_, _>>()?))
        .time(time.to_string())
        .time_unit(TimeUnit::Nanoseconds))
}
