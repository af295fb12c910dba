//! The demo's data: a day of a fleet of devices, the same at every run.
//!
//! Rows come as plain structs. From them, side by side, come the records that are written to Timestream
//! ([`Fleet::reading_records`], [`Fleet::signal_records`]) and the batches that Athena should see
//! ([`Fleet::reading_batch`], [`Fleet::signal_batch`]): what a query answers can so be compared with something that
//! never went through the connector or the stand-in.
//!
//! On purpose in it: names in mixed case, values with a quote and beyond the basic plane, dimensions that some devices
//! lack, measures that some records lack, times with digits below the millisecond, and times on both sides of every
//! range the demo asks for, one nanosecond apart.

mod batches;
mod records;

use fastrand::Rng;

/// The database, as Timestream spells it.
pub const DATABASE: &str = "Fleet-Metrics";
/// The table with several measures in a record.
pub const READINGS: &str = "Readings";
/// The table with one measure in a record.
pub const SIGNALS: &str = "Signals";

/// 2024-03-01 00:00:00 UTC in nanoseconds since 1970.
pub const START: i64 = 1_709_251_200_000_000_000;
/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds of a millisecond, which is all that Athena sees of a time.
pub const MILLISECOND: i64 = 1_000_000;
/// Where the first range begins: 06:00:00.
pub const RANGE_FROM: i64 = START + 6 * 3_600 * SECOND;
/// Where it ends: 07:00:00, which is no longer part of it.
pub const RANGE_TO: i64 = START + 7 * 3_600 * SECOND;
/// The last millisecond of the second range, which has no beginning: 00:20:00.
pub const LAST: i64 = START + 20 * 60 * SECOND;

const DEVICES: usize = 50;
const READINGS_A_DEVICE: usize = 1_000;
const SIGNALS_A_DEVICE: usize = 600;
/// Any number does; another one makes another fleet.
const SEED: u64 = 20_240_301;

/// Times right at the ranges' edges: one reading each, of one device after the other.
const EDGES: [i64; 10] = [
    RANGE_FROM - 1,
    RANGE_FROM,
    RANGE_FROM + MILLISECOND - 1,
    RANGE_TO - MILLISECOND,
    RANGE_TO - 1,
    RANGE_TO,
    LAST - 1,
    LAST,
    // In Athena's milliseconds this is still `LAST`; nothing but the rewritten bound finds it.
    LAST + MILLISECOND - 1,
    LAST + MILLISECOND,
];

const REGIONS: [&str; 4] = ["eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2"];
const OWNERS: [&str; 5] = [
    "O'Brien",
    "Zoë 🚚",
    "Müller & Söhne",
    "north \"depot\"",
    "ACME",
];
const FIRMWARE: [&str; 3] = [
    "4.18.2+build.20240117.arm64",
    "4.19.0-rc.1+build.20240226.arm64",
    "3.9.11 (recovery)",
];
const STATUS: [&str; 4] = ["ok", "idle", "it's charging", "störung"];

/// A day of all devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// The devices, which readings and signals point at.
    pub devices: Vec<Device>,
    /// Rows of [`READINGS`].
    pub readings: Vec<Reading>,
    /// Rows of [`SIGNALS`].
    pub signals: Vec<Signal>,
}

/// What the dimensions say.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// `deviceId`.
    pub id: String,
    /// `region`, which some lack.
    pub region: Option<&'static str>,
    /// `owner`.
    pub owner: &'static str,
}

/// A record with several measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Index into [`Fleet::devices`].
    pub device: usize,
    /// Nanoseconds since 1970.
    pub time: i64,
    /// DOUBLE, which some lack.
    pub temperature: Option<f64>,
    /// DOUBLE.
    pub humidity: f64,
    /// BIGINT.
    pub battery: i64,
    /// BOOLEAN.
    pub online: bool,
    /// VARCHAR.
    pub firmware: &'static str,
    /// TIMESTAMP in nanoseconds since 1970, which some lack.
    pub serviced: Option<i64>,
}

/// A record with one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Index into [`Fleet::devices`].
    pub device: usize,
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Name, type and value of the measure.
    pub value: SignalValue,
}

/// A measure: each name has its own type.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalValue {
    /// `cpu_usage`, DOUBLE.
    CpuUsage(f64),
    /// `memory_usage_mb`, BIGINT.
    MemoryUsageMb(i64),
    /// `status`, VARCHAR.
    Status(&'static str),
    /// `throttled`, BOOLEAN.
    Throttled(bool),
}

impl Fleet {
    /// Makes the fleet; the same one every time.
    pub fn generate() -> Fleet {
        let mut rng = Rng::with_seed(SEED);
        let devices: Vec<Device> = (0..DEVICES).map(device).collect();
        let mut readings = Vec::with_capacity(DEVICES * READINGS_A_DEVICE + EDGES.len());
        let mut signals = Vec::with_capacity(DEVICES * SIGNALS_A_DEVICE);
        for device in 0..DEVICES {
            let times = times(&mut rng, READINGS_A_DEVICE);
            readings.extend(
                times
                    .into_iter()
                    .map(|time| reading(&mut rng, device, time)),
            );
            let times = self::times(&mut rng, SIGNALS_A_DEVICE);
            let numbered = times.into_iter().enumerate();
            signals.extend(numbered.map(|(number, time)| signal(&mut rng, device, number, time)));
        }
        let edges = EDGES.iter().enumerate();
        readings.extend(edges.map(|(device, time)| reading(&mut rng, device, *time)));
        Fleet {
            devices,
            readings,
            signals,
        }
    }

    /// Returns how many measure values there are, absent ones not counted.
    pub fn points(&self) -> usize {
        // Humidity, battery, online and firmware are always there.
        let readings = self.readings.iter().map(|reading| {
            4 + usize::from(reading.temperature.is_some()) + usize::from(reading.serviced.is_some())
        });
        readings.sum::<usize>() + self.signals.len()
    }

    fn device(&self, index: usize) -> &Device {
        &self.devices[index]
    }
}

/// A multi-measure record's measure name.
const READING: &str = "reading";

impl SignalValue {
    /// Returns the measure's name.
    pub fn name(&self) -> &'static str {
        match self {
            SignalValue::CpuUsage(_) => "cpu_usage",
            SignalValue::MemoryUsageMb(_) => "memory_usage_mb",
            SignalValue::Status(_) => "status",
            SignalValue::Throttled(_) => "throttled",
        }
    }
}

fn device(number: usize) -> Device {
    Device {
        id: format!("device-{number:03}"),
        region: (number % 7 != 3).then(|| REGIONS[number % REGIONS.len()]),
        owner: OWNERS[number % OWNERS.len()],
    }
}

/// So many times over the day, in order and well apart, at any nanosecond.
fn times(rng: &mut Rng, count: usize) -> Vec<i64> {
    let step = 24 * 3_600 * SECOND / count as i64;
    (0..count as i64)
        .map(|number| START + number * step + rng.i64(0..step / 2))
        .collect()
}

fn reading(rng: &mut Rng, device: usize, time: i64) -> Reading {
    // Some values have two decimals, as sensors send them, others every digit that a double has.
    let temperature = if device.is_multiple_of(2) {
        rng.i64(-2_000..4_500) as f64 / 100.0
    } else {
        rng.f64() * 65.0 - 20.0
    };
    Reading {
        device,
        time,
        temperature: (rng.u8(..) > 12).then_some(temperature),
        humidity: rng.f64() * 100.0,
        battery: rng.i64(0..=100),
        online: rng.u8(..) > 20,
        firmware: FIRMWARE[rng.usize(..FIRMWARE.len())],
        serviced: (device % 5 != 2).then(|| time - rng.i64(0..90 * 24 * 3_600 * SECOND)),
    }
}

fn signal(rng: &mut Rng, device: usize, number: usize, time: i64) -> Signal {
    let value = match number % 4 {
        0 => SignalValue::CpuUsage(rng.f64() * 100.0),
        1 => SignalValue::MemoryUsageMb(rng.i64(64..=8_192)),
        2 => SignalValue::Status(STATUS[rng.usize(..STATUS.len())]),
        _ => SignalValue::Throttled(rng.bool()),
    };
    Signal {
        device,
        time,
        value,
    }
}

#[cfg(test)]
mod tests;
