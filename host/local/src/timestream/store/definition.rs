//! What `CreateTable` says about a table and `DescribeTable` repeats. Columns are not part of it: they come with records.

use serde::{Deserialize, Serialize};

/// A table as it was created.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) database: String,
    pub(crate) table: String,
    pub(crate) retention: Retention,
    /// Exactly one entry: the service allows no more.
    pub(crate) partition_key: PartitionKey,
    /// Seconds since the epoch.
    pub(crate) created: f64,
}

/// `RetentionProperties`; told back, never acted on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Retention {
    pub(crate) memory_store_retention_period_in_hours: i64,
    pub(crate) magnetic_store_retention_period_in_days: i64,
}

impl Default for Retention {
    /// The service's quota page: 6 hours, then 200 years.
    fn default() -> Self {
        Retention {
            memory_store_retention_period_in_hours: 6,
            magnetic_store_retention_period_in_days: 73_000,
        }
    }
}

/// An entry of `Schema.CompositePartitionKey`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "Type", rename_all = "UPPERCASE")]
pub(crate) enum PartitionKey {
    /// `measure_name`, the default.
    Measure {},
    Dimension {
        #[serde(rename = "Name")]
        name: String,
        #[serde(rename = "EnforcementInRecord", default)]
        enforcement: Enforcement,
    },
}

/// Whether every record must have the partition key's dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Enforcement {
    Required,
    #[default]
    Optional,
}

/// Returns the present moment in seconds since the epoch, the form of times in the Write service's answers.
pub(crate) fn epoch_seconds() -> f64 {
    jiff::Timestamp::now().as_duration().as_secs_f64()
}
