//! What came of each ask.

use serde::Serialize;
use serde_json::Value;

/// All answers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The connector's version that asked.
    pub version: &'static str,
    /// Of Timestream.
    pub timestream: Vec<Answered>,
    /// Of Athena, where a catalog was named.
    pub athena: Vec<Answered>,
}

/// An ask, and its outcome.
#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    /// The question that it belongs to.
    pub id: String,
    /// What it tries.
    pub name: String,
    /// What came.
    pub outcome: Outcome,
    /// What it took, in milliseconds.
    pub milliseconds: u64,
    /// Bytes that were metered, where the service says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_metered: Option<i64>,
}

/// What came of an ask.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Rows.
    Rows {
        /// Names and types.
        columns: Vec<String>,
        /// Values, as the service writes them.
        rows: Vec<Value>,
    },
    /// Facts other than rows.
    Facts(Value),
    /// An error, as the service words it.
    Failed {
        /// Its code.
        code: String,
        /// Its text, redacted.
        message: String,
    },
    /// It was not asked, and why.
    NotAsked(&'static str),
}

impl Outcome {
    /// One line for a person.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Rows { columns, rows } if rows.is_empty() => {
                format!("no rows of ({})", columns.join(", "))
            }
            Self::Rows { columns, rows } => {
                let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
                format!("({}): {}", columns.join(", "), rows.join(" "))
            }
            Self::Facts(facts) => facts.to_string(),
            Self::Failed { code, message } => format!("{code}: {message}"),
            Self::NotAsked(why) => format!("not asked: {why}"),
        }
    }
}
