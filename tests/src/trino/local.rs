//! Local Athena in Trino's place: what it pushes, and its answers as the outcomes that [`super::compare`] judges.

use std::sync::Arc;

use anyhow::{Result, bail};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use arrow::util::display::array_value_to_string;
use aws_config::SdkConfig;
use connector::Connector;
use connector::wire::Constraints;
use local::athena::{Athena, CATALOG, Engine, Function, Options, QueryResult};
use serde_json::{Value as Json, json};

use super::sources::Sources;
use super::stage::{Outcome, Profile};

/// Local Athena before a connector, in either profile.
#[derive(Debug)]
pub struct LocalAthena {
    values: Athena,
    everything: Athena,
    sources: Sources,
}

impl LocalAthena {
    /// Over a connector and the S3 that the configuration reaches.
    ///
    /// # Errors
    ///
    /// As [`Athena::open`].
    pub fn new(connector: &Arc<Connector>, config: &SdkConfig, engine: Engine) -> Result<Self> {
        let open = |profile| {
            let options = Options {
                profile,
                engine,
                ..Options::new(aws_sdk_s3::Client::new(config))
            };
            Athena::open(Function::InProcess(connector.clone()), options)
        };
        Ok(Self {
            values: open(local::athena::Profile::ValueSets)?,
            everything: open(local::athena::Profile::Everything)?,
            sources: Sources::new(),
        })
    }

    fn athena(&self, profile: Profile) -> &Athena {
        match profile {
            Profile::Values => &self.values,
            Profile::Everything => &self.everything,
        }
    }

    /// What it sends for each table of a statement, whose tables stand in braces.
    ///
    /// # Errors
    ///
    /// When it refuses the statement.
    pub async fn pushed(
        &self,
        profile: Profile,
        statement: &str,
    ) -> Result<Vec<(String, Constraints)>> {
        let sql = self.sources.render(statement, CATALOG);
        self.athena(profile).pushed(&sql).await
    }

    /// Runs a statement.
    ///
    /// # Errors
    ///
    /// When it refuses the statement, or fails on a row.
    pub async fn query(&self, profile: Profile, statement: &str) -> Result<QueryResult> {
        let sql = self.sources.render(statement, CATALOG);
        self.athena(profile).query(&sql).await
    }

    /// The rows that it gives of a statement, under types of Trino's that they are compared by.
    ///
    /// # Errors
    ///
    /// When it refuses the statement, or fails on a row.
    pub async fn answer(
        &self,
        profile: Profile,
        statement: &str,
        types: &[String],
    ) -> Result<Outcome> {
        let result = self.query(profile, statement).await?;
        let mut rows = Vec::new();
        for batch in &result.batches {
            for row in 0..batch.num_rows() {
                rows.push(cells(batch, row)?);
            }
        }
        Ok(Outcome {
            types: types.to_vec(),
            rows,
            failed: None,
            sent: Vec::new(),
        })
    }
}

fn cells(batch: &RecordBatch, row: usize) -> Result<Vec<Json>> {
    let columns = batch.columns().iter();
    columns.map(|column| cell(column, row)).collect()
}

/// A value as [`normal`] has Trino's.
fn cell(column: &ArrayRef, row: usize) -> Result<Json> {
    if column.is_null(row) {
        return Ok(Json::Null);
    }
    Ok(match column.data_type() {
        DataType::Null => Json::Null,
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Float32 => json!(format!(
            "{:?}",
            column.as_primitive::<Float32Type>().value(row)
        )),
        DataType::Float64 => json!(double(column.as_primitive::<Float64Type>().value(row))),
        data_type if data_type.is_integer() => {
            let wide = arrow::compute::cast(&column.slice(row, 1), &DataType::Int64)?;
            json!(wide.as_primitive::<Int64Type>().value(0))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            json!(array_value_to_string(column, row)?)
        }
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            json!(without_zeros(&array_value_to_string(column, row)?))
        }
        DataType::Date32 => json!(array_value_to_string(column, row)?),
        DataType::Timestamp(..) => {
            let text = presto::shown(column, row)?.unwrap_or_default();
            json!(match text.strip_suffix(" UTC") {
                Some(text) => format!("{} UTC", without_zeros(text)),
                None => without_zeros(&text).to_owned(),
            })
        }
        DataType::List(_) => {
            let elements = column.as_list::<i32>().value(row);
            // `normal` leaves what is nested as it is.
            let elements = (0..elements.len()).map(|element| match elements.data_type() {
                DataType::Decimal128(..) if elements.is_valid(element) => {
                    Ok(json!(array_value_to_string(&elements, element)?))
                }
                _ => cell(&elements, element),
            });
            Json::Array(elements.collect::<Result<_>>()?)
        }
        DataType::Struct(_) => {
            let members = column.as_struct().columns().iter();
            Json::Array(
                members
                    .map(|member| cell(member, row))
                    .collect::<Result<_>>()?,
            )
        }
        other => bail!("cannot compare a value of type {other}"),
    })
}

/// Trino's outcome with one text for each value: doubles as Rust prints them, no zeros at the end of fractions.
#[must_use]
pub fn normal(mut outcome: Outcome) -> Outcome {
    for row in &mut outcome.rows {
        for (cell, r#type) in row.iter_mut().zip(&outcome.types) {
            normalize(cell, r#type);
        }
    }
    outcome
}

fn normalize(cell: &mut Json, r#type: &str) {
    match cell {
        Json::Array(elements) => elements
            .iter_mut()
            .for_each(|element| normalize(element, r#type)),
        Json::String(text) => {
            // Of an array or row, whose other members may be texts.
            if r#type.contains("double")
                && let Ok(value) = text.parse()
            {
                *text = double(value);
            } else if r#type.contains("timestamp") || r#type.starts_with("decimal") {
                *text = match text.strip_suffix(" UTC") {
                    Some(instant) => format!("{} UTC", without_zeros(instant)),
                    None => without_zeros(text).to_owned(),
                };
            }
        }
        _ => {}
    }
}

fn double(value: f64) -> String {
    format!("{value:?}")
}

/// A number or instant without zeros at the end of its fraction.
fn without_zeros(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}
