//! The rows of one table: upsert by identity, with versions.
//!
//! A record's identity is its dimensions, its measure name and its time (developer guide, "Writing data and updating
//! records"). Dimensions and measure name repeat over millions of rows, so they are kept once, as a series; a row is a
//! series, a time, a version, and a cell in each measure column it has.

use std::collections::HashMap;
use std::sync::Arc;

use super::batches::Cache;
use super::cells::{Cells, Value, ValueType};

/// Most dimension names a table can have (service quotas).
const MAX_DIMENSIONS: usize = 128;
/// Most measure names a table can have (service quotas).
const MAX_MEASURE_NAMES: usize = 8_192;
/// Most measure columns a table can have (service quotas, "unique measures per table").
const MAX_MEASURES: usize = 1_024;

/// A record that is valid by itself.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Names are unique.
    pub(crate) dimensions: Vec<(String, String)>,
    pub(crate) measure_name: String,
    pub(crate) measure_type: MeasureType,
    /// Column name and value; names are unique. A single measure's column is called after its type.
    pub(crate) values: Vec<(String, Value)>,
    /// Nanoseconds since the epoch.
    pub(crate) time: i64,
    pub(crate) version: i64,
}

/// The type that a measure name keeps for the life of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MeasureType {
    Single(ValueType),
    Multi,
}

/// Why a record was not written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) reason: String,
    pub(crate) existing_version: Option<i64>,
}

impl From<String> for Rejection {
    fn from(reason: String) -> Self {
        Rejection {
            reason,
            existing_version: None,
        }
    }
}

/// Everything written to one table.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Dimension names in the order of their first record.
    pub(super) dimensions: Vec<String>,
    /// Measure columns in the order of their first record.
    pub(super) measures: Vec<Measure>,
    measure_index: HashMap<String, usize>,
    measure_types: HashMap<String, MeasureType>,
    pub(super) series: Vec<Arc<Series>>,
    series_index: HashMap<Arc<Series>, u32>,
    pub(super) row_series: Vec<u32>,
    /// Nanoseconds since the epoch.
    pub(super) times: Vec<i64>,
    versions: Vec<i64>,
    row_index: HashMap<(u32, i64), u32>,
    pub(super) cache: Cache,
}

/// A measure column.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) name: String,
    /// Whether it belongs to multi-measure records.
    pub(super) multi: bool,
    pub(super) cells: Cells,
}

/// What the rows of one identity over time have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Series {
    pub(super) measure_name: Box<str>,
    /// Place in [`Rows::dimensions`] and value, sorted by place.
    pub(super) dimensions: Box<[(u32, Box<str>)]>,
}

impl Rows {
    /// Writes a record, or says why not; then nothing has changed.
    pub(crate) fn upsert(&mut self, record: Record) -> Result<(), Rejection> {
        self.check(&record)?;
        let series = self.intern(&record);
        let multi = record.measure_type == MeasureType::Multi;
        let Some(&row) = self.row_index.get(&(series, record.time)) else {
            let row = self.times.len();
            self.row_index.insert((series, record.time), row as u32);
            self.row_series.push(series);
            self.times.push(record.time);
            self.versions.push(record.version);
            self.measure_types
                .insert(record.measure_name, record.measure_type);
            self.write(row, record.values, multi);
            return Ok(());
        };
        let row = row as usize;
        let existing = self.versions[row];
        let same = self.holds(row, &record.values);
        if !same && record.version <= existing {
            // The service's own sentence.
            return Err(Rejection {
                reason: format!(
                    "The record version {} is lower than the existing version {existing}. A higher version is required \
                     to update the measure value.",
                    record.version
                ),
                existing_version: Some(existing),
            });
        }
        self.versions[row] = existing.max(record.version);
        if !same {
            self.measures
                .iter_mut()
                .for_each(|measure| measure.cells.clear(row));
            self.write(row, record.values, multi);
        }
        Ok(())
    }

    /// Checks a record against what the table already knows.
    fn check(&self, record: &Record) -> Result<(), Rejection> {
        let name = &record.measure_name;
        match self.measure_types.get(name) {
            Some(known) if *known != record.measure_type => {
                return Err(format!("measure `{name}` has another type in this table").into());
            }
            None if self.measure_types.len() >= MAX_MEASURE_NAMES => {
                return Err(
                    format!("the table has {MAX_MEASURE_NAMES} measure names already").into(),
                );
            }
            Some(_) | None => {}
        }
        let multi = record.measure_type == MeasureType::Multi;
        let mut new_measures = 0;
        for (name, value) in &record.values {
            match self.measure_index.get(name) {
                Some(&place) if self.measures[place].cells.value_type() != value.value_type() => {
                    return Err(format!("measure `{name}` has another type in this table").into());
                }
                Some(_) => {}
                None => new_measures += 1,
            }
            let dimension = self.dimensions.contains(name)
                || record
                    .dimensions
                    .iter()
                    .any(|(dimension, _)| dimension == name);
            if multi && dimension {
                return Err(format!("measure `{name}` is also the name of a dimension").into());
            }
        }
        if self.measures.len() + new_measures > MAX_MEASURES {
            return Err(format!("the table would have more than {MAX_MEASURES} measures").into());
        }
        let mut new_dimensions = 0;
        for (name, _) in &record.dimensions {
            if self.measure_index.contains_key(name) {
                return Err(format!("dimension `{name}` is also the name of a measure").into());
            }
            new_dimensions += usize::from(!self.dimensions.contains(name));
        }
        if self.dimensions.len() + new_dimensions > MAX_DIMENSIONS {
            return Err(
                format!("the table would have more than {MAX_DIMENSIONS} dimensions").into(),
            );
        }
        Ok(())
    }

    /// Returns the number of the record's series, which is made if it is new.
    fn intern(&mut self, record: &Record) -> u32 {
        let mut dimensions: Vec<(u32, Box<str>)> = Vec::with_capacity(record.dimensions.len());
        for (name, value) in &record.dimensions {
            let place = self
                .dimensions
                .iter()
                .position(|known| known == name)
                .unwrap_or_else(|| {
                    self.dimensions.push(name.clone());
                    self.cache.forget_columns();
                    self.dimensions.len() - 1
                });
            dimensions.push((place as u32, value.as_str().into()));
        }
        dimensions.sort_unstable_by_key(|(place, _)| *place);
        let series = Series {
            measure_name: record.measure_name.as_str().into(),
            dimensions: dimensions.into(),
        };
        if let Some(&number) = self.series_index.get(&series) {
            return number;
        }
        let number = self.series.len() as u32;
        let series = Arc::new(series);
        self.series.push(Arc::clone(&series));
        self.series_index.insert(series, number);
        number
    }

    /// Tells whether a row has these values and no others.
    fn holds(&self, row: usize, values: &[(String, Value)]) -> bool {
        self.measures.iter().all(|measure| {
            let wanted = values
                .iter()
                .find(|(name, _)| *name == measure.name)
                .map(|(_, value)| value);
            measure.cells.get(row).as_ref() == wanted
        }) && values
            .iter()
            .all(|(name, _)| self.measure_index.contains_key(name))
    }

    /// Fills the cells of a row, making the columns that are new.
    fn write(&mut self, row: usize, values: Vec<(String, Value)>, multi: bool) {
        self.cache.forget_row(row);
        for (name, value) in values {
            let place = match self.measure_index.get(&name) {
                Some(&place) => place,
                None => {
                    self.cache.forget_columns();
                    self.measure_index.insert(name.clone(), self.measures.len());
                    let cells = Cells::new(value.value_type());
                    self.measures.push(Measure { name, multi, cells });
                    self.measures.len() - 1
                }
            };
            self.measures[place].cells.set(row, value);
        }
    }
}
