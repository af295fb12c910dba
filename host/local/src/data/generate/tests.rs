//! The generated fleet: the same at each run, and with what it promises.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::HashSet;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::TimestampMillisecondType;
use aws_sdk_timestreamwrite::types::{MeasureValueType, TimeUnit};

use super::*;

#[test]
fn the_fleet_is_the_same_every_time() {
    assert_eq!(Fleet::generate(), Fleet::generate());
}

#[test]
fn there_are_at_least_300_000_points_in_two_tables() {
    let fleet = Fleet::generate();
    assert_eq!(fleet.readings.len(), 50 * 1_000 + EDGES.len());
    assert_eq!(fleet.signals.len(), 50 * 600);
    assert!(fleet.points() >= 300_000, "{}", fleet.points());
}

#[test]
fn no_record_replaces_another() {
    let fleet = Fleet::generate();
    let readings: HashSet<_> = fleet
        .readings
        .iter()
        .map(|row| (row.device, row.time))
        .collect();
    assert_eq!(readings.len(), fleet.readings.len());
    let signals: HashSet<_> = fleet
        .signals
        .iter()
        .map(|row| (row.device, row.time, row.value.name()))
        .collect();
    assert_eq!(signals.len(), fleet.signals.len());
}

#[test]
fn every_hard_case_is_in_it() {
    let fleet = Fleet::generate();
    assert!(fleet.devices.iter().any(|device| device.region.is_none()));
    assert!(
        fleet
            .devices
            .iter()
            .any(|device| device.owner.contains('\''))
    );
    assert!(
        fleet
            .devices
            .iter()
            .any(|device| device.owner.chars().any(|c| c > '\u{ffff}'))
    );
    assert!(fleet.readings.iter().any(|row| row.temperature.is_none()));
    assert!(fleet.readings.iter().any(|row| row.serviced.is_none()));
    assert!(
        fleet
            .readings
            .iter()
            .filter(|row| row.time % MILLISECOND != 0)
            .count()
            > 40_000
    );
    for edge in EDGES {
        assert!(fleet.readings.iter().any(|row| row.time == edge));
    }
    assert_eq!((LAST + MILLISECOND - 1) % MILLISECOND, 999_999);
}

#[test]
fn a_reading_becomes_a_record_without_what_it_lacks() {
    let mut fleet = Fleet::generate();
    let device = fleet
        .devices
        .iter()
        .position(|device| device.region.is_none())
        .unwrap();
    fleet.readings = vec![Reading {
        device,
        time: START + 1,
        temperature: None,
        humidity: 0.1,
        battery: 7,
        online: false,
        firmware: "x",
        serviced: Some(START),
    }];
    let record = fleet.reading_records().next().unwrap().unwrap();
    assert_eq!(record.time(), Some("1709251200000000001"));
    assert_eq!(record.time_unit(), Some(&TimeUnit::Nanoseconds));
    let dimensions: Vec<_> = record
        .dimensions()
        .iter()
        .map(|dimension| dimension.name())
        .collect();
    assert_eq!(dimensions, ["deviceId", "owner"]);
    let values: Vec<_> = record
        .measure_values()
        .iter()
        .map(|value| (value.name(), value.value()))
        .collect();
    let expected = [
        ("humidity", "0.1"),
        ("battery", "7"),
        ("online", "false"),
        ("firmware", "x"),
        ("serviced", "1709251200000000000"),
    ];
    assert_eq!(values, expected);
}

#[test]
fn a_signal_becomes_a_record_of_its_type() {
    let mut fleet = Fleet::generate();
    fleet.signals.truncate(4);
    let types: Vec<_> = fleet
        .signal_records()
        .map(|record| record.unwrap())
        .map(|record| {
            (
                record.measure_name.unwrap(),
                record.measure_value_type.unwrap(),
            )
        })
        .collect();
    let expected = [
        ("cpu_usage".to_owned(), MeasureValueType::Double),
        ("memory_usage_mb".to_owned(), MeasureValueType::Bigint),
        ("status".to_owned(), MeasureValueType::Varchar),
        ("throttled".to_owned(), MeasureValueType::Boolean),
    ];
    assert_eq!(types, expected);
}

#[test]
fn athena_sees_times_cut_down_to_the_millisecond() {
    let fleet = Fleet::generate();
    let batch = fleet.reading_batch().unwrap();
    let times = batch
        .column_by_name("time")
        .unwrap()
        .as_primitive::<TimestampMillisecondType>();
    let row = fleet
        .readings
        .iter()
        .position(|row| row.time == LAST + MILLISECOND - 1)
        .unwrap();
    // 2024-03-01 00:20:00.000
    assert_eq!(times.value(row), 1_709_252_400_000);
    let before = fleet
        .readings
        .iter()
        .position(|row| row.time == LAST - 1)
        .unwrap();
    assert_eq!(times.value(before), 1_709_252_399_999);
}

#[test]
fn athena_sees_nulls_where_nothing_is() {
    let fleet = Fleet::generate();
    let batch = fleet.reading_batch().unwrap();
    let lacking = |column: &str| batch.column_by_name(column).unwrap().null_count();
    let regions = fleet
        .readings
        .iter()
        .filter(|row| fleet.devices[row.device].region.is_none());
    assert_eq!(lacking("region"), regions.count());
    assert_eq!(
        lacking("temperature"),
        fleet
            .readings
            .iter()
            .filter(|row| row.temperature.is_none())
            .count()
    );
    let signals = fleet.signal_batch().unwrap();
    for value in ["double", "bigint", "varchar", "boolean"] {
        let column = signals
            .column_by_name(&format!("measure_value::{value}"))
            .unwrap();
        assert_eq!(column.len() - column.null_count(), 50 * 150, "{value}");
    }
}
