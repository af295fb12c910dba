//! Types as Trino has them: a literal's own type, the type that two operands are compared in, and which conversions are
//! made without being asked for.

use arrow::datatypes::{DataType, TimeUnit};

/// A type of Trino's. Lengths of texts are left out: they change nothing that is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of NULL without a type.
    Unknown,
    Boolean,
    Tinyint,
    Smallint,
    Integer,
    Bigint,
    Real,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Varchar,
    Date,
    /// With so many digits of a second.
    Timestamp(u8),
    /// The same with a zone.
    Zoned(u8),
    /// Anything else: intervals, nested values.
    Other(DataType),
}

/// The digits that every bigint fits in.
const BIGINT_DIGITS: u8 = 19;

impl Kind {
    /// The type of a value that the engine has as that type of Arrow's.
    pub(super) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Unknown,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::Tinyint,
            DataType::Int16 => Self::Smallint,
            DataType::Int32 => Self::Integer,
            DataType::Int64 => Self::Bigint,
            DataType::Float32 => Self::Real,
            DataType::Float64 => Self::Double,
            DataType::Decimal128(precision, scale) if *scale >= 0 => Self::Decimal {
                precision: *precision,
                scale: scale.unsigned_abs(),
            },
            DataType::Utf8 | DataType::Utf8View => Self::Varchar,
            DataType::Date32 => Self::Date,
            DataType::Timestamp(unit, None) => Self::Timestamp(digits(*unit)),
            // Another zone than the session's makes another value of it where it is shown.
            DataType::Timestamp(unit, Some(zone)) if matches!(&**zone, "UTC" | "+00:00") => {
                Self::Zoned(digits(*unit))
            }
            other => Self::Other(other.clone()),
        }
    }

    /// The type of Arrow's that the engine computes it in.
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Unknown => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::Tinyint => DataType::Int8,
            Self::Smallint => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::Bigint => DataType::Int64,
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal { precision, scale } => {
                DataType::Decimal128(*precision, scale.cast_signed())
            }
            Self::Varchar => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Timestamp(digits) => DataType::Timestamp(unit(*digits), None),
            Self::Zoned(digits) => DataType::Timestamp(unit(*digits), Some("+00:00".into())),
            Self::Other(data_type) => data_type.clone(),
        }
    }

    /// Whether a value of it may be NaN.
    pub(super) fn has_nan(&self) -> bool {
        matches!(self, Self::Real | Self::Double)
    }

    /// The smallest and largest value of a whole number's type.
    pub(super) fn range(&self) -> Option<(i64, i64)> {
        Some(match self {
            Self::Tinyint => (i8::MIN.into(), i8::MAX.into()),
            Self::Smallint => (i16::MIN.into(), i16::MAX.into()),
            Self::Integer => (i32::MIN.into(), i32::MAX.into()),
            Self::Bigint => (i64::MIN, i64::MAX),
            _ => return None,
        })
    }

    pub(super) fn is_numeric(&self) -> bool {
        self.range().is_some() || matches!(self, Self::Real | Self::Double | Self::Decimal { .. })
    }

    /// The decimal type that holds every value of a whole number's type.
    fn as_decimal(&self) -> Option<(u8, u8)> {
        Some(match self {
            Self::Tinyint => (3, 0),
            Self::Smallint => (5, 0),
            Self::Integer => (10, 0),
            Self::Bigint => (BIGINT_DIGITS, 0),
            Self::Decimal { precision, scale } => (*precision, *scale),
            _ => return None,
        })
    }

    /// The type that values of both are compared in (Trino's `TypeCoercion.getCommonSuperType`).
    pub(super) fn common(&self, other: &Self) -> Option<Self> {
        if self == other {
            return Some(self.clone());
        }
        Some(match (self, other) {
            (Self::Unknown, kind) | (kind, Self::Unknown) => kind.clone(),
            (Self::Double, kind) | (kind, Self::Double) if kind.is_numeric() => Self::Double,
            (Self::Real, kind) | (kind, Self::Real) if kind.is_numeric() => Self::Real,
            (Self::Decimal { .. }, _) | (_, Self::Decimal { .. }) => {
                let (left, right) = (self.as_decimal()?, other.as_decimal()?);
                let scale = left.1.max(right.1);
                let whole = (left.0 - left.1).max(right.0 - right.1);
                Self::Decimal {
                    precision: (whole + scale).min(38),
                    scale,
                }
            }
            (left, right) if left.range().is_some() && right.range().is_some() => {
                if left.range() > right.range() {
                    right.clone()
                } else {
                    left.clone()
                }
            }
            (Self::Date, Self::Timestamp(digits)) | (Self::Timestamp(digits), Self::Date) => {
                Self::Timestamp(*digits)
            }
            (Self::Date, Self::Zoned(digits)) | (Self::Zoned(digits), Self::Date) => {
                Self::Zoned(*digits)
            }
            (Self::Timestamp(left), Self::Timestamp(right)) => Self::Timestamp(*left.max(right)),
            (
                Self::Timestamp(left) | Self::Zoned(left),
                Self::Timestamp(right) | Self::Zoned(right),
            ) => Self::Zoned(*left.max(right)),
            _ => return None,
        })
    }

    /// Whether Trino converts it to that type without being asked (`TypeCoercion.canCoerce`).
    pub(super) fn becomes(&self, target: &Self) -> bool {
        match (self, target) {
            (from, Self::Decimal { precision, scale }) => {
                from.as_decimal().is_some_and(|(digits, after)| {
                    after <= *scale && digits - after <= precision - scale
                })
            }
            (from, to) => from.common(to).as_ref() == Some(to),
        }
    }
}

fn digits(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

fn unit(digits: u8) -> TimeUnit {
    match digits {
        0..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}
