//! What travels with a query in metadata, since Athena's calls may reach different processes.
//!
//! GetTable puts the table (resolved names, columns) into the schema's metadata; Athena hands it back to GetTableLayout
//! and ReadRecords. From the layout on, digest and instant travel too, in the block's metadata and then in the split.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::plugin::Digest;
use crate::query::Table;
use crate::slices::Slice;

/// Keys of ours begin with this; column comments are keyed by column name in the same map.
pub const RESERVED_PREFIX: &str = "athena-timestream.";

const TABLE: &str = "athena-timestream.table";
const DIGEST: &str = "athena-timestream.dialect";
const NOW: &str = "athena-timestream.now";
const SLICE: &str = "athena-timestream.slice";
const ROWS: &str = "athena-timestream.rows";
const CUT: &str = "athena-timestream.cut";

/// What a query carries from the layout on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The dialect's digest: all splits of a query see the same one.
    pub digest: Digest,
    /// Nanoseconds since the epoch: all splits of a query see the same instant.
    pub now: i64,
}

impl Carried {
    /// As metadata, or as a split's properties.
    pub fn properties(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (DIGEST.into(), self.digest.to_string()),
            (NOW.into(), self.now.to_string()),
        ])
    }

    /// From a lookup in metadata or properties; None when they are not there.
    ///
    /// # Errors
    ///
    /// When they are malformed.
    pub fn from_properties<'a>(get: impl Fn(&str) -> Option<&'a String>) -> Result<Option<Self>> {
        let (Some(digest), Some(now)) = (get(DIGEST), get(NOW)) else {
            return Ok(None);
        };
        let now = now.parse().map_err(|_| {
            Error::invalid_input(format!("cannot read `{NOW}`: it is not an integer"))
        })?;
        let digest = Digest::parse(digest).ok_or_else(|| {
            Error::invalid_input(format!("cannot read `{DIGEST}`: it is not a SHA-256"))
        })?;
        Ok(Some(Self { digest, now }))
    }

    /// Writes the digest alone: a schema is shown by GetTable, before there is a query.
    pub fn put_digest(digest: &Digest, metadata: &mut HashMap<String, String>) {
        metadata.insert(DIGEST.into(), digest.to_string());
    }

    /// The digest in a schema's metadata; None where it has none, as an older connector's.
    pub fn digest(metadata: &HashMap<String, String>) -> Option<Digest> {
        Digest::parse(metadata.get(DIGEST)?)
    }

    /// Writes a table into metadata.
    ///
    /// # Errors
    ///
    /// Never in practice: every table is JSON.
    pub fn put_table(table: &Table, metadata: &mut HashMap<String, String>) -> Result<()> {
        let json = serde_json::to_string(table)
            .map_err(|error| Error::bug(format_args!("a table is not JSON: {error}")))?;
        metadata.insert(TABLE.into(), json);
        Ok(())
    }

    /// Reads the table back; None when the metadata has none.
    ///
    /// # Errors
    ///
    /// When it is malformed.
    pub fn table(metadata: &HashMap<String, String>) -> Result<Option<Table>> {
        let parse = |json: &String| {
            serde_json::from_str(json).map_err(|error| {
                Error::invalid_input(format!("cannot read `{TABLE}` in the schema's metadata"))
                    .with_source(error)
            })
        };
        metadata.get(TABLE).map(parse).transpose()
    }
}

/// What a split carries besides: its part of the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedPart {
    /// The part.
    pub slice: Slice,
    /// Its rows, if they were counted.
    pub rows: Option<u64>,
    /// Why the scan was cut so, for a person.
    pub reason: String,
}

/// All of it.
impl Default for CarriedPart {
    fn default() -> Self {
        Self {
            slice: Slice::WHOLE,
            rows: None,
            reason: String::new(),
        }
    }
}

impl CarriedPart {
    /// As properties of a split.
    pub fn properties(&self) -> BTreeMap<String, String> {
        let rows = self.rows.map(|rows| (ROWS.to_owned(), rows.to_string()));
        [
            (SLICE.to_owned(), self.slice.to_string()),
            (CUT.to_owned(), self.reason.clone()),
        ]
        .into_iter()
        .chain(rows)
        .collect()
    }

    /// From a split's properties.
    ///
    /// # Errors
    ///
    /// When they do not say which part it is, as those of a connector before an update.
    pub fn from_properties(properties: &BTreeMap<String, String>) -> Result<Self> {
        let slice = properties.get(SLICE).and_then(|text| text.parse().ok());
        let slice = slice.ok_or_else(|| {
            Error::invalid_input(
                "cannot read the split: it does not say which part of the rows it is, as one of another version of this \
                 connector; hint: run the query again",
            )
        })?;
        Ok(Self {
            slice,
            rows: match properties.get(ROWS).map(|rows| rows.parse()) {
                None => None,
                Some(Ok(rows)) => Some(rows),
                Some(Err(_)) => {
                    let message = format!("cannot read the split: `{ROWS}` is not a number");
                    return Err(Error::invalid_input(message));
                }
            },
            reason: properties.get(CUT).cloned().unwrap_or_default(),
        })
    }
}
