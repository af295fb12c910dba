//! Per-column constraints as Athena writes them. What they mean is [`crate::query`]'s.

use serde::{Deserialize, Serialize};

use super::{ArrowType, Block};

/// One column's value set (federation-protocol.md, section 4.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "@type", rename_all_fields = "camelCase")]
pub enum ValueSet {
    /// Listed values (`white_list`) or all but those; one column `col1`, a row a value.
    EquatableValueSet {
        /// The values.
        value_block: Block,
        /// Whether the values are admitted or excluded.
        white_list: bool,
        /// Whether NULL is admitted.
        null_allowed: bool,
    },
    /// A union of ranges.
    SortedRangeSet {
        /// The values' type.
        r#type: ArrowType,
        /// In any order, perhaps overlapping.
        ranges: Vec<Range>,
        /// Whether NULL is admitted.
        null_allowed: bool,
    },
    /// Everything or nothing.
    AllOrNoneValueSet {
        /// The values' type.
        r#type: ArrowType,
        /// The Java writer says `false` for "all but NULL" too (section 4.3).
        all: bool,
        /// Whether NULL is admitted.
        null_allowed: bool,
    },
}

/// From one marker to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Where it begins.
    pub low: Marker,
    /// Where it ends.
    pub high: Marker,
}

/// A place on a type's line (section 4.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Marker {
    /// One column `col1`; one row, or none when unbounded.
    pub value_block: Block,
    /// Below, at or above the value.
    pub bound: MarkerBound,
    /// No value: unbounded, or the NULL marker when `bound` is `EXACTLY`.
    pub null_value: bool,
}

/// Where a marker lies relative to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum MarkerBound {
    Below,
    Exactly,
    Above,
}
