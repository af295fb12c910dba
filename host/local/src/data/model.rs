//! The data model of a load: which column of a file becomes time, dimension or measure.
//!
//! It is the `DataModel` of `CreateBatchLoadTask` (Write API reference), as users have it in files already. The
//! service's reference leaves open how its members work together; that is taken from the same structures of scheduled
//! queries (Query API reference, `MultiMeasureMappings` and `MixedMeasureMapping`). Members that the service does not
//! have are refused by name: a misspelled one would silently load something else.

use anyhow::Context as _;
use aws_sdk_timestreamwrite::types::{MeasureValueType, TimeUnit};
use serde::Deserialize;

/// How the columns of a CSV file become records.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DataModel {
    /// The column of the time.
    pub(super) time_column: String,
    /// What its numbers count, and those of TIMESTAMP measures.
    #[serde(default)]
    pub(super) time_unit: Unit,
    pub(super) dimension_mappings: Vec<DimensionMapping>,
    /// One record per row, with several values.
    pub(super) multi_measure_mappings: Option<MultiMeasureMappings>,
    /// One record per row and mapping.
    pub(super) mixed_measure_mappings: Option<Vec<MixedMeasureMapping>>,
    /// The column of the measure name.
    pub(super) measure_name_column: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DimensionMapping {
    pub(super) source_column: String,
    /// The dimension's name; the column's own if absent.
    pub(super) destination_column: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct MultiMeasureMappings {
    /// The measure name of every record, unless a column holds it.
    pub(super) target_multi_measure_name: Option<String>,
    pub(super) multi_measure_attribute_mappings: Vec<MultiMeasureAttributeMapping>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct MultiMeasureAttributeMapping {
    pub(super) source_column: String,
    /// The measure's name; the column's own if absent.
    pub(super) target_multi_measure_attribute_name: Option<String>,
    /// VARCHAR if absent, as nothing else takes every text.
    #[serde(default)]
    pub(super) measure_value_type: ScalarType,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct MixedMeasureMapping {
    /// With a column of measure names: the rows that this mapping is for.
    pub(super) measure_name: Option<String>,
    /// Where a single value is read.
    pub(super) source_column: Option<String>,
    pub(super) target_measure_name: Option<String>,
    pub(super) measure_value_type: MixedType,
    pub(super) multi_measure_attribute_mappings: Option<Vec<MultiMeasureAttributeMapping>>,
}

/// `TimeUnit` of the service model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Unit {
    #[default]
    Milliseconds,
    Seconds,
    Microseconds,
    Nanoseconds,
}

/// `ScalarMeasureValueType` of the service model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum ScalarType {
    Double,
    Bigint,
    Boolean,
    #[default]
    Varchar,
    Timestamp,
}

/// `MeasureValueType` of the service model, without TIMESTAMP: a single-measure record cannot hold one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum MixedType {
    Double,
    Bigint,
    Boolean,
    Varchar,
    Multi,
}

impl DataModel {
    /// Reads a data model and checks that its members go together.
    ///
    /// # Errors
    ///
    /// If it is no JSON, has a member that the service does not have, or lacks one that its other members call for.
    pub fn from_json(json: &[u8]) -> anyhow::Result<DataModel> {
        let model: DataModel = serde_json::from_slice(json).context("it is no `DataModel`")?;
        let names_given = model.measure_name_column.is_some();
        match (&model.multi_measure_mappings, &model.mixed_measure_mappings) {
            (Some(multi), None) => multi.check(names_given)?,
            (None, Some(mixed)) => {
                anyhow::ensure!(!mixed.is_empty(), "`MixedMeasureMappings` is empty");
                for (position, mapping) in mixed.iter().enumerate() {
                    mapping
                        .check(names_given)
                        .with_context(|| format!("`MixedMeasureMappings[{position}]`"))?;
                }
            }
            (Some(_), Some(_)) => {
                anyhow::bail!("it has both `MultiMeasureMappings` and `MixedMeasureMappings`")
            }
            (None, None) => {
                anyhow::bail!("it has neither `MultiMeasureMappings` nor `MixedMeasureMappings`")
            }
        }
        Ok(model)
    }
}

impl MultiMeasureMappings {
    fn check(&self, names_given: bool) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.multi_measure_attribute_mappings.is_empty(),
            "`MultiMeasureAttributeMappings` is empty"
        );
        anyhow::ensure!(
            names_given || self.target_multi_measure_name.is_some(),
            "nothing gives the records a measure name; hint: set `MeasureNameColumn` or `TargetMultiMeasureName`"
        );
        Ok(())
    }
}

impl MixedMeasureMapping {
    fn check(&self, names_given: bool) -> anyhow::Result<()> {
        anyhow::ensure!(
            !names_given || self.measure_name.is_some(),
            "`MeasureName` is missing: with `MeasureNameColumn` it says which rows the mapping is for"
        );
        if self.measure_value_type != MixedType::Multi {
            anyhow::ensure!(self.source_column.is_some(), "`SourceColumn` is missing");
            return Ok(());
        }
        let attributes = self.multi_measure_attribute_mappings.as_deref();
        anyhow::ensure!(
            attributes.is_some_and(|attributes| !attributes.is_empty()),
            "`MultiMeasureAttributeMappings` is missing or empty"
        );
        anyhow::ensure!(
            self.target_measure_name.is_some() || self.measure_name.is_some(),
            "nothing gives the records a measure name; hint: set `TargetMeasureName`"
        );
        Ok(())
    }
}

impl From<Unit> for TimeUnit {
    fn from(unit: Unit) -> TimeUnit {
        match unit {
            Unit::Milliseconds => TimeUnit::Milliseconds,
            Unit::Seconds => TimeUnit::Seconds,
            Unit::Microseconds => TimeUnit::Microseconds,
            Unit::Nanoseconds => TimeUnit::Nanoseconds,
        }
    }
}

impl From<ScalarType> for MeasureValueType {
    fn from(scalar: ScalarType) -> MeasureValueType {
        match scalar {
            ScalarType::Double => MeasureValueType::Double,
            ScalarType::Bigint => MeasureValueType::Bigint,
            ScalarType::Boolean => MeasureValueType::Boolean,
            ScalarType::Varchar => MeasureValueType::Varchar,
            ScalarType::Timestamp => MeasureValueType::Timestamp,
        }
    }
}

impl MixedType {
    /// The type of a single value; none for MULTI.
    pub(super) fn scalar(self) -> Option<ScalarType> {
        match self {
            MixedType::Double => Some(ScalarType::Double),
            MixedType::Bigint => Some(ScalarType::Bigint),
            MixedType::Boolean => Some(ScalarType::Boolean),
            MixedType::Varchar => Some(ScalarType::Varchar),
            MixedType::Multi => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    const MULTI: &str = r#"{
        "TimeColumn": "time", "TimeUnit": "SECONDS",
        "DimensionMappings": [{"SourceColumn": "gpio", "DestinationColumn": "pin"}],
        "MultiMeasureMappings": {"MultiMeasureAttributeMappings": [
            {"SourceColumn": "t", "TargetMultiMeasureAttributeName": "temperature", "MeasureValueType": "DOUBLE"}
        ]},
        "MeasureNameColumn": "measure_name"
    }"#;

    fn refusal(json: &str) -> String {
        format!("{:#}", DataModel::from_json(json.as_bytes()).unwrap_err())
    }

    #[test]
    fn a_model_of_the_service_is_read() {
        let model = DataModel::from_json(MULTI.as_bytes()).unwrap();
        assert_eq!(model.time_column, "time");
        assert_eq!(model.time_unit, Unit::Seconds);
        assert_eq!(
            model.dimension_mappings[0].destination_column.as_deref(),
            Some("pin")
        );
        let attribute = &model
            .multi_measure_mappings
            .unwrap()
            .multi_measure_attribute_mappings[0];
        assert_eq!(attribute.measure_value_type, ScalarType::Double);
    }

    #[test]
    fn the_unit_is_milliseconds_if_not_said() {
        let json = MULTI.replace(r#""TimeUnit": "SECONDS","#, "");
        let model = DataModel::from_json(json.as_bytes()).unwrap();
        assert_eq!(model.time_unit, Unit::Milliseconds);
    }

    #[test]
    fn unknown_members_are_named() {
        let misspelled = refusal(&MULTI.replace("TimeUnit", "Timeunit"));
        assert!(
            misspelled.contains("unknown field `Timeunit`"),
            "{misspelled}"
        );
        let nested = refusal(&MULTI.replace("TargetMultiMeasureAttributeName", "Target"));
        assert!(nested.contains("unknown field `Target`"), "{nested}");
    }

    #[test]
    fn wrong_types_and_units_are_named() {
        assert!(refusal(&MULTI.replace("DOUBLE", "FLOAT")).contains("unknown variant `FLOAT`"));
        assert!(
            refusal(&MULTI.replace("SECONDS", "MINUTES")).contains("unknown variant `MINUTES`")
        );
    }

    #[test]
    fn a_measure_name_must_come_from_somewhere() {
        let json = MULTI.replace(
            r#""MeasureNameColumn": "measure_name""#,
            r#""MeasureNameColumn": null"#,
        );
        assert!(refusal(&json).contains("nothing gives the records a measure name"));
    }

    #[test]
    fn one_kind_of_measures_is_needed() {
        let head = r#"{"TimeColumn": "time", "DimensionMappings": []"#;
        assert!(refusal(&format!("{head}}}")).contains("neither"));
        let mixed = r#""MixedMeasureMappings": [{"MeasureValueType": "DOUBLE"}]"#;
        assert_eq!(
            refusal(&format!("{head}, {mixed}}}")),
            "`MixedMeasureMappings[0]`: `SourceColumn` is missing"
        );
        let both = MULTI.replace(
            "\"MeasureNameColumn\"",
            &format!("{mixed}, \"MeasureNameColumn\""),
        );
        assert!(refusal(&both).contains("both"));
    }

    #[test]
    fn mixed_mappings_must_say_which_rows_they_are_for() {
        let json = r#"{"TimeColumn": "time", "DimensionMappings": [], "MeasureNameColumn": "name",
            "MixedMeasureMappings": [{"SourceColumn": "value", "MeasureValueType": "DOUBLE"}]}"#;
        assert!(refusal(json).contains("`MeasureName` is missing"));
    }
}
