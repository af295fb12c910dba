//! A Glue table as what it says of a Timestream table or view (federation-protocol.md, section 12.3).

use std::collections::HashMap;

use aws_sdk_glue::types::{Column, Table};

use super::types::timestream_type;
use crate::catalog::view;
use crate::error::{Code, Error, Fault, Result};
use crate::query::TimestreamType;

/// The parameter that makes a Glue table count, whatever its value.
const FLAG: &str = "timestream-metadata-flag";

/// The parameter that holds a view's text.
const VIEW_TEMPLATE: &str = "_view_template";

/// The parameter `glue name=timestream name, …`.
const COLUMN_MAPPING: &str = "columnMapping";

/// The parameter with the table's name in Timestream, where it is another.
const SOURCE_TABLE: &str = "sourceTable";

/// What Glue says of a table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::catalog) struct Definition {
    /// Columns and partition keys; none: whatever Timestream has.
    pub(in crate::catalog) columns: Vec<DefinedColumn>,
    /// A view's text.
    pub(in crate::catalog) view: Option<String>,
    /// The table's name in Timestream.
    pub(in crate::catalog) source_table: Option<String>,
    /// All parameters but the view's text, by name.
    pub(in crate::catalog) options: Vec<(String, String)>,
}

/// A column of a Glue table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::catalog) struct DefinedColumn {
    /// Its name in Timestream.
    pub(in crate::catalog) name: String,
    /// The Timestream type that is shown as Glue's.
    pub(in crate::catalog) r#type: TimestreamType,
    /// Glue's type, for errors.
    pub(in crate::catalog) text: String,
    /// For the person who reads the schema.
    pub(in crate::catalog) comment: Option<String>,
}

/// Whether a Glue table is one of Timestream's.
pub(super) fn is_flagged(table: &Table) -> bool {
    let parameters = table.parameters.as_ref();
    parameters.is_some_and(|parameters| parameters.contains_key(FLAG))
}

impl Definition {
    /// Reads a Glue table.
    ///
    /// # Errors
    ///
    /// When a type is none that Timestream has, a parameter is malformed, or the view's text is not Timestream's.
    pub(super) fn read(table: &Table) -> Result<Self> {
        let empty = HashMap::new();
        let parameters = table.parameters.as_ref().unwrap_or(&empty);
        let parameter = |name: &str| {
            let value = parameters.get(name).map(|value| value.trim());
            value.filter(|value| !value.is_empty())
        };
        let mapping = column_mapping(parameter(COLUMN_MAPPING).unwrap_or_default())?;
        let stored = table.storage_descriptor.as_ref();
        let stored = stored.and_then(|stored| stored.columns.as_ref());
        // Partition keys are columns like any other: Timestream has no partitions to list, and to announce some would
        // make the table read as empty (W-9).
        let columns = stored.into_iter().chain(&table.partition_keys).flatten();
        let columns = columns.map(|column| defined(column, &mapping));
        let original = table.view_original_text.as_deref();
        let mut options: Vec<(String, String)> = parameters.clone().into_iter().collect();
        options.retain(|(name, _)| name != VIEW_TEMPLATE);
        options.sort();
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            view: view::text(parameter(VIEW_TEMPLATE), original)?.map(str::to_owned),
            source_table: parameter(SOURCE_TABLE).map(str::to_owned),
            options,
        })
    }
}

fn defined(column: &Column, mapping: &HashMap<String, &str>) -> Result<DefinedColumn> {
    let name = column.name.as_str();
    let text = column.r#type.as_deref().unwrap_or_default();
    let r#type = timestream_type(text).map_err(|why| {
        let message = format!("column `{name}` has type `{text}`: {why}");
        Error::new(Code::OperationNotSupported, Fault::Caller, message)
    })?;
    let comment = column.comment.clone();
    Ok(DefinedColumn {
        name: mapping
            .get(&name.to_lowercase())
            .map_or(name, |source| source)
            .to_owned(),
        r#type,
        text: text.to_owned(),
        comment: comment.filter(|comment| !comment.trim().is_empty()),
    })
}

/// `k=v,k=v`, from Glue's name in lower case to Timestream's.
fn column_mapping(text: &str) -> Result<HashMap<String, &str>> {
    let malformed = |why: String| Error::invalid_input(format!("`{COLUMN_MAPPING}` {why}"));
    let mut mapping = HashMap::new();
    for entry in text.split(',').filter(|_| !text.is_empty()) {
        let parts: Vec<&str> = entry.split('=').map(str::trim).collect();
        let [name, source] = parts.as_slice() else {
            return Err(malformed(format!(
                "has the entry `{entry}`, which is not `glue name=timestream name`"
            )));
        };
        if name.is_empty() || source.is_empty() {
            return Err(malformed(format!("has an empty name in `{entry}`")));
        }
        if mapping.insert(name.to_lowercase(), *source).is_some() {
            return Err(malformed(format!("names `{name}` twice")));
        }
    }
    Ok(mapping)
}

#[cfg(test)]
mod tests;
