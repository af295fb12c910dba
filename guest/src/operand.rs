//! Fields as operands: the SQL expression that yields a field, and what its values can be compared with.

use crate::{
    ArrowType, ColumnKind, Literal, Refusal, Request, Scalar, Source, TimestreamType, mapping,
    refusal, sql,
};

/// How the values of a column compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Boolean,
    Integer,
    Double,
    Text,
    Timestamp {
        /// The record's own time: never NULL, never before 1970.
        stored: bool,
    },
    /// A timestamp shown in full, as an integer: its nanoseconds since the epoch.
    Nanos {
        /// As for a timestamp.
        stored: bool,
    },
    Date,
}

/// Why no constant can be compared with a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opaque {
    pub(crate) reason: String,
    /// Whether `IS NULL` still means the same on both sides.
    pub(crate) null_checks: bool,
}

/// A field in SQL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Operand {
    /// The quoted column.
    pub(crate) sql: String,
    pub(crate) kind: Result<Kind, Opaque>,
    /// Whether Timestream finds its partitions by this column: its conditions are worth their length.
    pub(crate) prunes: bool,
    /// Whether this is the record's time.
    pub(crate) is_time: bool,
    /// Whether this is the partition key: a range on it may prune where LIKE does not.
    pub(crate) partition_key: bool,
}

impl Operand {
    /// Finds the column that a field of the request shows.
    ///
    /// # Errors
    /// Refuses a field that does not exist, that shows no column, or whose column SQL cannot name.
    pub(crate) fn of_field(request: &Request, index: u32) -> Result<Self, Refusal> {
        let Some(field) = request.mapping.fields.get(index as usize) else {
            let count = request.mapping.fields.len();
            return Err(refusal::invalid(format!(
                "the request uses field {index} of a table with {count} fields"
            )));
        };
        let Some(place) = field.column else {
            return Err(refusal::unsupported(format!(
                "field `{}` shows no column that this dialect knows",
                field.name
            )));
        };
        let Some(column) = request.table.columns.get(place as usize) else {
            let (name, count) = (&field.name, request.table.columns.len());
            return Err(refusal::invalid(format!(
                "field `{name}` shows column {place} of a table with {count} columns"
            )));
        };
        if column.name.is_empty() {
            let name = &field.name;
            return Err(refusal::unsupported(format!(
                "the column that field `{name}` shows has no name; hint: give it one with AS"
            )));
        }
        let timestream_type = request.table.types.get(column.type_ as usize);
        let shown_as = request.mapping.types.get(field.type_ as usize);
        let (Some(timestream_type), Some(shown_as)) = (timestream_type, shown_as) else {
            return Err(refusal::invalid(format!(
                "field `{}` or its column has a type outside the request",
                field.name
            )));
        };
        let is_time =
            column.kind == ColumnKind::Time && matches!(request.table.source, Source::Table(_));
        Ok(Self {
            sql: sql::identifier(&column.name),
            kind: kind(&field.name, timestream_type, shown_as, is_time),
            prunes: column.partition_key
                || matches!(column.kind, ColumnKind::Time | ColumnKind::MeasureName),
            is_time,
            partition_key: column.partition_key,
        })
    }
}

fn kind(
    field: &str,
    column: &TimestreamType,
    shown_as: &ArrowType,
    is_time: bool,
) -> Result<Kind, Opaque> {
    let TimestreamType::Scalar(scalar) = column else {
        return Err(Opaque {
            reason: format!("`{field}` is nested"),
            null_checks: false,
        });
    };
    if *scalar == Scalar::Timestamp && *shown_as == ArrowType::Int64 {
        return Ok(Kind::Nanos { stored: is_time });
    }
    let usual = mapping::arrow_type(*scalar) == *shown_as
        || (*scalar == Scalar::Timestamp && *shown_as == ArrowType::TimestampMilliUtc);
    if !usual {
        let reason = format!("`{field}` is shown as another type than its column has");
        return Err(Opaque {
            reason,
            null_checks: true,
        });
    }
    let shown_as_text = |what| {
        let reason = format!("`{field}` is {what} shown as text, and texts compare differently");
        Err(Opaque {
            reason,
            null_checks: true,
        })
    };
    match scalar {
        Scalar::Boolean => Ok(Kind::Boolean),
        Scalar::Bigint | Scalar::Integer => Ok(Kind::Integer),
        Scalar::Double => Ok(Kind::Double),
        Scalar::Varchar => Ok(Kind::Text),
        Scalar::Timestamp => Ok(Kind::Timestamp { stored: is_time }),
        Scalar::Date => Ok(Kind::Date),
        Scalar::Time => shown_as_text("a time of day"),
        Scalar::IntervalDayToSecond | Scalar::IntervalYearToMonth => shown_as_text("an interval"),
        Scalar::Unknown => shown_as_text("a value without a type"),
    }
}

/// Where a constant lies, seen from the constants that can be printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// It can be printed.
    Inside,
    /// Below all that can be printed.
    Below,
    /// Above all that can be printed.
    Above,
    /// NaN: it equals nothing, itself included.
    Nowhere,
    /// It has no form in SQL.
    Unprintable,
}

/// Doubles count without a gap up to here: an integer beyond may change when it is converted.
const MAX_EXACT_DOUBLE: i64 = 1 << 53;

impl Kind {
    /// The constant as one of this kind.
    ///
    /// # Errors
    /// Says which type the constant has, if values of this kind do not compare with it.
    pub(crate) fn convert(self, literal: &Literal) -> Result<Literal, String> {
        match (self, literal) {
            (Self::Boolean, Literal::Boolean(_))
            | (Self::Integer, Literal::Integer(_))
            | (Self::Text, Literal::Text(_))
            | (Self::Timestamp { .. }, Literal::Timestamp(_))
            | (Self::Date, Literal::Date(_)) => Ok(literal.clone()),
            // One zero: SQL takes both for equal, and here they would be two.
            (Self::Double, Literal::Double(value)) => Ok(Literal::Double(value + 0.0)),
            (Self::Nanos { .. }, Literal::Integer(nanos)) => Ok(Literal::Timestamp(*nanos)),
            (Self::Double, Literal::Integer(value))
                if value.unsigned_abs() <= MAX_EXACT_DOUBLE.unsigned_abs() =>
            {
                Ok(Literal::Double(*value as f64))
            }
            _ => Err(format!(
                "{} is compared with {}",
                self.name(),
                type_name(literal)
            )),
        }
    }

    /// Where a constant of this kind lies.
    pub(crate) fn place(self, literal: &Literal) -> Place {
        match literal {
            Literal::Double(value) if value.is_nan() => Place::Nowhere,
            Literal::Double(value) if value.is_infinite() && *value < 0.0 => Place::Below,
            Literal::Double(value) if value.is_infinite() => Place::Above,
            Literal::Text(text) if text.contains('\0') => Place::Unprintable,
            Literal::Timestamp(nanos) if *nanos < FIRST_NANOS => Place::Below,
            Literal::Date(days) if *days < FIRST_DAY => Place::Below,
            Literal::Date(days) if *days > LAST_DAY => Place::Above,
            Literal::Boolean(_)
            | Literal::Integer(_)
            | Literal::Double(_)
            | Literal::Text(_)
            | Literal::Timestamp(_)
            | Literal::Date(_) => Place::Inside,
        }
    }

    /// Whether no value of this kind lies outside what can be printed.
    pub(crate) fn is_complete(self) -> bool {
        matches!(
            self,
            Self::Timestamp { stored: true } | Self::Nanos { stored: true }
        )
    }

    /// The first and the last constant that can be printed, where others lie outside.
    pub(crate) fn edges(self) -> Option<(Literal, Literal)> {
        match self {
            Self::Double => Some((Literal::Double(f64::MIN), Literal::Double(f64::MAX))),
            Self::Timestamp { .. } | Self::Nanos { .. } => Some((
                Literal::Timestamp(FIRST_NANOS),
                Literal::Timestamp(i64::MAX),
            )),
            Self::Date => Some((Literal::Date(FIRST_DAY), Literal::Date(LAST_DAY))),
            Self::Boolean | Self::Integer | Self::Text => None,
        }
    }

    /// What an explanation calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean column",
            Self::Integer => "an integer column",
            Self::Double => "a double column",
            Self::Text => "a varchar column",
            Self::Timestamp { .. } => "a timestamp column",
            Self::Nanos { .. } => "a column of nanoseconds",
            Self::Date => "a date column",
        }
    }
}

/// Timestream's documentation knows no negative times, and whether a literal before 1970 parses is unconfirmed.
const FIRST_NANOS: i64 = 0;
const FIRST_DAY: i32 = 0;
/// 2262-04-11, the last date of Timestream's documentation.
const LAST_DAY: i32 = 106_751;

fn type_name(literal: &Literal) -> &'static str {
    match literal {
        Literal::Boolean(_) => "a boolean",
        Literal::Integer(_) => "an integer",
        Literal::Double(_) => "a double",
        Literal::Text(_) => "a text",
        Literal::Date(_) => "a date",
        Literal::Timestamp(_) => "a timestamp",
    }
}
