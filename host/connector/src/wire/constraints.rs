//! Everything Athena asks a read to respect (federation-protocol.md, sections 4.1, 4.6, 4.7).

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Expression, ValueSet, null_as_default};
use crate::json::without_values;

/// The constraints of a request. Members that older versions lack read as "none".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Constraints {
    /// Column name to admitted values; ANDed.
    #[serde(default, deserialize_with = "summary")]
    pub summary: BTreeMap<String, ValueSet>,
    /// Boolean expressions; ANDed.
    #[serde(default, deserialize_with = "null_as_default")]
    pub expression: Vec<Expression>,
    /// Most significant first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub order_by_clause: Vec<OrderByField>,
    /// Rows; −1 is none.
    #[serde(default = "no_limit")]
    pub limit: i64,
    /// Not empty: a passthrough query.
    #[serde(default, deserialize_with = "null_as_default")]
    pub query_passthrough_arguments: BTreeMap<String, String>,
    /// A Substrait plan. The outer option is the member's presence: version 6 always writes it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub query_plan: Option<Option<QueryPlan>>,
}

impl Default for Constraints {
    fn default() -> Self {
        Self {
            summary: BTreeMap::new(),
            expression: Vec::new(),
            order_by_clause: Vec::new(),
            limit: no_limit(),
            query_passthrough_arguments: BTreeMap::new(),
            query_plan: None,
        }
    }
}

fn no_limit() -> i64 {
    -1
}

/// The value sets; an error names the column, and a column that is there twice is one, since nothing may get lost.
fn summary<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, ValueSet>, D::Error> {
    struct Columns;

    impl<'de> Visitor<'de> for Columns {
        type Value = BTreeMap<String, ValueSet>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("value sets by column")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut columns: A) -> Result<Self::Value, A::Error> {
            let mut sets = BTreeMap::new();
            while let Some(name) = columns.next_key::<String>()? {
                let set = columns.next_value().map_err(|error| {
                    let why = without_values(error);
                    A::Error::custom(format_args!("the constraint on column `{name}`: {why}"))
                })?;
                if sets.contains_key(&name) {
                    let why = format_args!("column `{name}` is constrained twice");
                    return Err(A::Error::custom(why));
                }
                sets.insert(name, set);
            }
            Ok(sets)
        }
    }

    deserializer.deserialize_any(Columns)
}

fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<QueryPlan>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// One sort key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderByField {
    /// The column.
    pub column_name: String,
    /// Direction and place of nulls.
    pub direction: OrderDirection,
}

/// Direction and place of nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum OrderDirection {
    AscNullsFirst,
    AscNullsLast,
    DescNullsFirst,
    DescNullsLast,
}

/// A Substrait plan, carried and not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryPlan {
    /// Informative.
    pub substrait_version: Option<String>,
    /// Base64 of a protobuf.
    pub substrait_plan: String,
}
