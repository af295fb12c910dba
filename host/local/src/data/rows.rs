//! Rows of a CSV file to records: a [`DataModel`] whose columns were found in the file's header.
//!
//! An empty cell is a value that is not there. What a cell must look like is checked here, before it is sent, so that
//! the reason names the column; the service's other limits (lengths, names, versions) are left to the service.

use aws_sdk_timestreamwrite::error::BuildError;
use aws_sdk_timestreamwrite::types::{Dimension, MeasureValue, MeasureValueType, Record, TimeUnit};
use csv::StringRecord;

use super::model::{
    DataModel, MixedMeasureMapping, MixedType, MultiMeasureAttributeMapping, ScalarType,
};

/// Columns of one file, by position, and what they become.
#[derive(Debug)]
pub(super) struct Rows {
    time: Column,
    unit: TimeUnit,
    dimensions: Vec<Column>,
    /// The column of the measure name.
    names: Option<Column>,
    measures: Vec<Measure>,
}

/// A column of the file and what it is called in Timestream.
#[derive(Debug)]
struct Column {
    position: usize,
    /// As the file calls it.
    source: String,
    target: String,
}

/// One record of a row.
#[derive(Debug)]
struct Measure {
    /// Only for rows of this measure name.
    only: Option<String>,
    /// The record's measure name; the row's own if absent.
    name: Option<String>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Single(Column, ScalarType),
    Multi(Vec<(Column, ScalarType)>),
}

impl Rows {
    /// Finds the model's columns in a header.
    ///
    /// # Errors
    ///
    /// If the header lacks one, or has it twice.
    pub(super) fn new(model: &DataModel, header: &StringRecord) -> anyhow::Result<Rows> {
        let mut columns = Columns {
            header,
            missing: Vec::new(),
            doubled: Vec::new(),
        };
        let dimensions = model.dimension_mappings.iter().map(|mapping| {
            columns.find(
                &mapping.source_column,
                mapping.destination_column.as_deref(),
            )
        });
        let dimensions = dimensions.collect();
        let names = model.measure_name_column.as_deref();
        let names = names.map(|name| columns.find(name, None));
        let measures = match (&model.multi_measure_mappings, &model.mixed_measure_mappings) {
            (Some(multi), _) => vec![Measure {
                only: None,
                // A column of measure names goes before the mapping's own name (Query API reference).
                name: multi
                    .target_multi_measure_name
                    .clone()
                    .filter(|_| names.is_none()),
                value: Value::Multi(columns.attributes(&multi.multi_measure_attribute_mappings)),
            }],
            (None, mixed) => {
                let mixed = mixed.iter().flatten();
                mixed.map(|mapping| columns.measure(mapping)).collect()
            }
        };
        let rows = Rows {
            time: columns.find(&model.time_column, None),
            unit: model.time_unit.into(),
            dimensions,
            names,
            measures,
        };
        columns.check()?;
        Ok(rows)
    }

    /// Makes the records of one row, or says what is wrong with it.
    pub(super) fn records(&self, row: &StringRecord) -> Result<Vec<Record>, String> {
        let time = self.time.cell(row).ok_or_else(|| {
            format!(
                "column `{}` is empty: a record needs a time",
                self.time.source
            )
        })?;
        check(time, ScalarType::Timestamp).map_err(|why| self.time.wrong(&why))?;
        let dimensions = self.dimensions(row).map_err(|error| error.to_string())?;
        let name = self.names.as_ref().map(|names| {
            let name = names.cell(row);
            name.ok_or_else(|| {
                format!(
                    "column `{}` is empty: a record needs a measure name",
                    names.source
                )
            })
        });
        let name = name.transpose()?;

        let mut is_meant = false;
        let mut records = Vec::new();
        for measure in &self.measures {
            if measure.only.is_some() && measure.only.as_deref() != name {
                continue;
            }
            is_meant = true;
            let record = Record::builder()
                .time(time)
                .time_unit(self.unit.clone())
                .set_dimensions(Some(dimensions.clone()))
                .set_measure_name(measure.name.as_deref().or(name).map(str::to_owned));
            match &measure.value {
                Value::Single(column, scalar) => {
                    if let Some(cell) = column.cell(row) {
                        let cell = value(cell, *scalar).map_err(|why| column.wrong(&why))?;
                        let record = record
                            .measure_value(cell)
                            .measure_value_type((*scalar).into());
                        records.push(record.build());
                    }
                }
                Value::Multi(attributes) => {
                    let values = measure_values(attributes, row)?;
                    if !values.is_empty() {
                        let record = record.set_measure_values(Some(values));
                        records.push(record.measure_value_type(MeasureValueType::Multi).build());
                    }
                }
            }
        }
        if !records.is_empty() {
            return Ok(records);
        }
        Err(match name {
            Some(name) if !is_meant => format!("no mapping is for the measure name `{name}`"),
            _ => "every measure is empty: a record needs a value".to_owned(),
        })
    }

    fn dimensions(&self, row: &StringRecord) -> Result<Vec<Dimension>, BuildError> {
        let given = self.dimensions.iter().filter_map(|column| {
            let cell = column.cell(row)?;
            Some(
                Dimension::builder()
                    .name(&column.target)
                    .value(cell)
                    .build(),
            )
        });
        given.collect()
    }
}

fn measure_values(
    attributes: &[(Column, ScalarType)],
    row: &StringRecord,
) -> Result<Vec<MeasureValue>, String> {
    let given = attributes.iter().filter_map(|(column, scalar)| {
        let cell = column.cell(row)?;
        Some(
            value(cell, *scalar)
                .map_err(|why| column.wrong(&why))
                .and_then(|cell| {
                    let value = MeasureValue::builder().name(&column.target).value(cell);
                    value
                        .r#type((*scalar).into())
                        .build()
                        .map_err(|error| error.to_string())
                }),
        )
    });
    given.collect()
}

/// The text of a value as Timestream takes it.
fn value(cell: &str, scalar: ScalarType) -> Result<String, String> {
    check(cell, scalar)?;
    Ok(match scalar {
        ScalarType::Boolean => cell.to_lowercase(),
        _ => cell.to_owned(),
    })
}

/// Says why a cell is no value of a type.
fn check(cell: &str, scalar: ScalarType) -> Result<(), String> {
    let (is_one, what) = match scalar {
        ScalarType::Double => (
            cell.parse::<f64>().is_ok_and(f64::is_finite),
            "a finite DOUBLE",
        ),
        ScalarType::Bigint => (cell.parse::<i64>().is_ok(), "a BIGINT"),
        ScalarType::Boolean => (
            cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false"),
            "a BOOLEAN (true or false)",
        ),
        ScalarType::Varchar => (true, "a VARCHAR"),
        // An epoch number in the record's unit; stored times begin at 1970 (timestream.md, sections 1.7 and 2.1).
        ScalarType::Timestamp => (
            cell.parse::<i64>().is_ok_and(|time| time >= 0),
            "a time: a whole number since 1970",
        ),
    };
    if is_one {
        Ok(())
    } else {
        Err(format!("`{cell}` is not {what}"))
    }
}

impl Column {
    fn cell<'a>(&self, row: &'a StringRecord) -> Option<&'a str> {
        row.get(self.position).filter(|cell| !cell.is_empty())
    }

    fn wrong(&self, why: &str) -> String {
        format!("column `{}`: {why}", self.source)
    }
}

/// Looks columns up and remembers all that it did not find, so that one error tells everything.
struct Columns<'a> {
    header: &'a StringRecord,
    missing: Vec<String>,
    doubled: Vec<String>,
}

impl Columns<'_> {
    fn find(&mut self, source: &str, target: Option<&str>) -> Column {
        let mut positions = (0..self.header.len()).filter(|column| &self.header[*column] == source);
        let position = positions.next();
        if position.is_none() {
            self.missing.push(format!("`{source}`"));
        }
        if positions.next().is_some() {
            self.doubled.push(format!("`{source}`"));
        }
        Column {
            // A missing column ends the whole load in `check`.
            position: position.unwrap_or_default(),
            source: source.to_owned(),
            target: target.unwrap_or(source).to_owned(),
        }
    }

    fn attributes(
        &mut self,
        mappings: &[MultiMeasureAttributeMapping],
    ) -> Vec<(Column, ScalarType)> {
        let columns = mappings.iter().map(|mapping| {
            let target = mapping.target_multi_measure_attribute_name.as_deref();
            let column = self.find(&mapping.source_column, target);
            (column, mapping.measure_value_type)
        });
        columns.collect()
    }

    fn measure(&mut self, mapping: &MixedMeasureMapping) -> Measure {
        let source = mapping.source_column.as_deref().unwrap_or_default();
        let value = match mapping.measure_value_type.scalar() {
            Some(scalar) => Value::Single(self.find(source, None), scalar),
            None => {
                debug_assert_eq!(mapping.measure_value_type, MixedType::Multi);
                let attributes = mapping.multi_measure_attribute_mappings.as_deref();
                Value::Multi(self.attributes(attributes.unwrap_or_default()))
            }
        };
        // The target's name, else the name in the row, else the column (Query API reference).
        let name = mapping
            .target_measure_name
            .as_deref()
            .or(mapping.measure_name.as_deref());
        Measure {
            only: mapping.measure_name.clone(),
            name: Some(name.unwrap_or(source).to_owned()),
            value,
        }
    }

    fn check(self) -> anyhow::Result<()> {
        let header: Vec<String> = self.header.iter().map(|name| format!("`{name}`")).collect();
        anyhow::ensure!(
            self.missing.is_empty(),
            "the data model names {}, which the file does not have; its header is {}",
            self.missing.join(", "),
            header.join(", ")
        );
        anyhow::ensure!(
            self.doubled.is_empty(),
            "the file has {} more than once; its header is {}",
            self.doubled.join(", "),
            header.join(", ")
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests;
