//! What Timestream has, and how it is shown to Athena.

use arrow::datatypes::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

/// Timestream's scalar types. `Unknown` is the type of a bare NULL; `Other` is one that this connector does not know, whose
/// values are shown as text and compared with nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Timestream's own names")]
pub enum Scalar {
    Boolean,
    Bigint,
    Integer,
    Double,
    Varchar,
    Timestamp,
    Date,
    Time,
    IntervalDayToSecond,
    IntervalYearToMonth,
    Unknown,
    Other,
}

impl Scalar {
    /// Reads the type's name, perhaps one of the future.
    pub fn from_any_name(name: &str) -> Self {
        Self::from_name(name).unwrap_or(Self::Other)
    }

    /// Reads the type's name as `DESCRIBE` (lower case) and `ColumnInfo` (upper case) write it.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "boolean" => Self::Boolean,
            "bigint" => Self::Bigint,
            "int" | "integer" => Self::Integer,
            "double" => Self::Double,
            "varchar" => Self::Varchar,
            "timestamp" => Self::Timestamp,
            "date" => Self::Date,
            "time" => Self::Time,
            "interval_day_to_second" | "interval day to second" => Self::IntervalDayToSecond,
            "interval_year_to_month" | "interval year to month" => Self::IntervalYearToMonth,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

/// A Timestream type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimestreamType {
    /// A scalar.
    Scalar(Scalar),
    /// `array(T)`.
    List(Box<TimestreamType>),
    /// `row(…)`; a field without a name has an empty one.
    Row(Vec<(String, TimestreamType)>),
    /// `timeseries` of values of that type.
    Series(Box<TimestreamType>),
}

/// What a column is, as the third value of a `DESCRIBE` row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ColumnKind {
    Dimension,
    MeasureName,
    MeasureValue,
    Time,
    /// A view's or a passthrough query's.
    Computed,
}

/// A Timestream column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// As stored; case matters.
    pub name: String,
    /// Its type.
    pub r#type: TimestreamType,
    /// Its kind.
    pub kind: ColumnKind,
    /// Whether Timestream prunes by it.
    #[serde(default)]
    pub partition_key: bool,
    /// Whether Glue shows its whole numbers as doubles. Its type stays what Timestream computes with.
    #[serde(default)]
    pub as_double: bool,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A table, as stored.
    Table {
        /// The database's name; case matters.
        database: String,
        /// The table's name; case matters.
        table: String,
    },
    /// A view.
    View {
        /// Its name.
        name: String,
        /// Timestream SQL.
        text: String,
    },
    /// A statement the user wrote for Timestream.
    Passthrough(String),
}

/// A table, view or passthrough query as Timestream has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Where rows come from.
    pub source: Source,
    /// In Timestream's order.
    pub columns: Vec<Column>,
    /// Settings for the dialect; later ones win.
    #[serde(default)]
    pub options: Vec<(String, String)>,
}

impl Table {
    /// An option's value; of several the last, which is the table's own.
    pub fn option(&self, name: &str) -> Option<&str> {
        let mut options = self.options.iter().rev();
        let found = options.find(|(option, _)| option == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A field that Athena sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Lower case.
    pub name: String,
    /// One the host can decode into.
    pub data_type: DataType,
    /// The column it shows, as an index into [`Table::columns`], if it shows exactly one.
    pub column: Option<usize>,
    /// For the person who reads the schema.
    pub comment: Option<String>,
}

/// A table's columns as Athena's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// In the order Athena sees.
    pub fields: Vec<Field>,
}

impl Mapping {
    /// The index of a field, by its exact name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

impl TimestreamType {
    /// Whether a value of this type can be decoded into an Arrow type.
    pub fn decodes_into(&self, data_type: &DataType) -> bool {
        match (self, data_type) {
            (Self::Scalar(Scalar::Unknown), _) => true,
            (Self::Scalar(scalar), data_type) => match data_type {
                DataType::Boolean => *scalar == Scalar::Boolean,
                DataType::Int32 => *scalar == Scalar::Integer,
                DataType::Int64 => {
                    matches!(scalar, Scalar::Bigint | Scalar::Integer | Scalar::Timestamp)
                }
                DataType::Float64 => {
                    matches!(scalar, Scalar::Double | Scalar::Bigint | Scalar::Integer)
                }
                // Every scalar arrives as text.
                DataType::Utf8 => true,
                DataType::Date32 => *scalar == Scalar::Date,
                DataType::Date64 => *scalar == Scalar::Timestamp,
                DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => *scalar == Scalar::Timestamp,
                _ => false,
            },
            (Self::List(element), DataType::List(child)) => element.decodes_into(child.data_type()),
            (Self::Row(fields), DataType::Struct(children)) => {
                fields.len() == children.len()
                    && fields
                        .iter()
                        .zip(children)
                        .all(|((_, field), child)| field.decodes_into(child.data_type()))
            }
            (Self::Series(value), DataType::List(point)) => match point.data_type() {
                DataType::Struct(children) => match children.as_ref() {
                    [time, child] => {
                        Self::Scalar(Scalar::Timestamp).decodes_into(time.data_type())
                            && value.decodes_into(child.data_type())
                    }
                    _ => false,
                },
                _ => false,
            },
            (Self::List(_) | Self::Row(_) | Self::Series(_), _) => false,
        }
    }
}
