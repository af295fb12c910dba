//! Boolean expressions as Athena writes them (federation-protocol.md, section 4.5).

use serde::{Deserialize, Serialize};

use super::{ArrowType, Block};

/// A node of an expression. Types are informative and not validated, by the SDK neither.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "@type", rename_all_fields = "camelCase")]
pub enum Expression {
    /// A call of one of the `$…` functions.
    FunctionCallExpression {
        /// The result's type.
        r#type: ArrowType,
        /// The function, doubly nested on the wire.
        function_name: FunctionName,
        /// Its arguments.
        arguments: Vec<Expression>,
    },
    /// A column.
    VariableExpression {
        /// Its name.
        column_name: String,
        /// Its type.
        r#type: ArrowType,
    },
    /// A constant, or several: one column `col1`, a row a value. NULL may be no block, no row or a null row.
    ConstantExpression {
        /// The values.
        value_block: Option<Block>,
        /// Their type.
        r#type: ArrowType,
    },
}

/// `{"functionName": "$equal"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionName {
    /// With its dollar.
    pub function_name: String,
}
