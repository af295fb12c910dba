//! Constants with Trino's types: how they compare, and what a cast makes of them.

use std::cmp::Ordering;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;

use super::kind::Kind;
use crate::athena::value::Value;

const NANOS_PER_MILLI: i128 = 1_000_000;
const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// A constant; NULL where it has no value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    pub(super) kind: Kind,
    pub(super) datum: Option<Datum>,
}

/// A constant's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum {
    Boolean(bool),
    /// Of any type of whole numbers.
    Whole(i64),
    /// Of `double` and `real`.
    Double(f64),
    /// In units of the type's last digit.
    Decimal(i128),
    Text(String),
    /// Days since 1970-01-01.
    Day(i32),
    /// Nanoseconds since 1970, with and without a zone; the session's zone is UTC.
    Instant(i128),
}

impl Constant {
    pub(super) fn new(kind: Kind, datum: Datum) -> Self {
        Self {
            kind,
            datum: Some(datum),
        }
    }

    pub(super) fn null(kind: Kind) -> Self {
        Self { kind, datum: None }
    }

    pub(super) fn boolean(value: bool) -> Self {
        Self::new(Kind::Boolean, Datum::Boolean(value))
    }

    /// A constant of the engine's.
    pub(super) fn of(scalar: &ScalarValue) -> Option<Self> {
        let kind = Kind::of(&scalar.data_type());
        if scalar.is_null() {
            return Some(Self::null(kind));
        }
        let datum = match scalar {
            ScalarValue::Boolean(Some(value)) => Datum::Boolean(*value),
            ScalarValue::Int8(Some(value)) => Datum::Whole((*value).into()),
            ScalarValue::Int16(Some(value)) => Datum::Whole((*value).into()),
            ScalarValue::Int32(Some(value)) => Datum::Whole((*value).into()),
            ScalarValue::Int64(Some(value)) => Datum::Whole(*value),
            ScalarValue::Float32(Some(value)) => Datum::Double((*value).into()),
            ScalarValue::Float64(Some(value)) => Datum::Double(*value),
            ScalarValue::Decimal128(Some(value), ..) => Datum::Decimal(*value),
            ScalarValue::Date32(Some(days)) => Datum::Day(*days),
            ScalarValue::TimestampSecond(Some(value), _) => {
                Datum::Instant(i128::from(*value) * 1_000_000_000)
            }
            ScalarValue::TimestampMillisecond(Some(value), _) => {
                Datum::Instant(i128::from(*value) * NANOS_PER_MILLI)
            }
            ScalarValue::TimestampMicrosecond(Some(value), _) => {
                Datum::Instant(i128::from(*value) * 1_000)
            }
            ScalarValue::TimestampNanosecond(Some(value), _) => Datum::Instant(i128::from(*value)),
            text => Datum::Text(text.try_as_str()??.to_owned()),
        };
        match kind {
            Kind::Other(_) => None,
            kind => Some(Self::new(kind, datum)),
        }
    }

    /// The same for the engine.
    pub(super) fn scalar(&self) -> Option<ScalarValue> {
        let data_type = self.kind.data_type();
        let Some(datum) = &self.datum else {
            return ScalarValue::try_from(&data_type).ok();
        };
        Some(match (datum, &data_type) {
            (Datum::Boolean(value), _) => ScalarValue::Boolean(Some(*value)),
            (Datum::Whole(value), data_type) => {
                ScalarValue::Int64(Some(*value)).cast_to(data_type).ok()?
            }
            (Datum::Double(value), DataType::Float32) => ScalarValue::Float32(Some(*value as f32)),
            (Datum::Double(value), _) => ScalarValue::Float64(Some(*value)),
            (Datum::Decimal(value), DataType::Decimal128(precision, scale)) => {
                ScalarValue::Decimal128(Some(*value), *precision, *scale)
            }
            (Datum::Text(text), _) => ScalarValue::Utf8(Some(text.clone())),
            (Datum::Day(days), _) => ScalarValue::Date32(Some(*days)),
            (Datum::Instant(nanos), DataType::Timestamp(unit, zone)) => {
                let zone = zone.clone();
                match unit {
                    TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(
                        i64::try_from(nanos.div_euclid(NANOS_PER_MILLI)).ok(),
                        zone,
                    ),
                    TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(
                        i64::try_from(nanos.div_euclid(1_000)).ok(),
                        zone,
                    ),
                    _ => ScalarValue::TimestampNanosecond(i64::try_from(*nanos).ok(), zone),
                }
            }
            _ => return None,
        })
    }

    /// The value as it stands in a domain or expression; none if the wire has no such type.
    pub(super) fn value(&self) -> Option<Value> {
        Some(match (&self.kind, self.datum.as_ref()?) {
            (_, Datum::Boolean(value)) => Value::Boolean(*value),
            (_, Datum::Whole(value)) => Value::Integer(*value),
            (_, Datum::Double(value)) => Value::Double(*value),
            (_, Datum::Text(text)) => Value::Text(text.clone()),
            (_, Datum::Day(days)) => Value::Day(*days),
            (Kind::Timestamp(0..=3), Datum::Instant(nanos)) => {
                Value::Millisecond(i64::try_from(nanos.div_euclid(NANOS_PER_MILLI)).ok()?)
            }
            (Kind::Zoned(0..=3), Datum::Instant(nanos)) => {
                Value::Instant(i64::try_from(nanos.div_euclid(NANOS_PER_MILLI)).ok()?)
            }
            _ => return None,
        })
    }

    pub(super) fn is_null(&self) -> bool {
        self.datum.is_none()
    }

    pub(super) fn is_true(&self) -> bool {
        self.datum == Some(Datum::Boolean(true))
    }

    pub(super) fn is_false(&self) -> bool {
        self.datum == Some(Datum::Boolean(false))
    }

    pub(super) fn is_nan(&self) -> bool {
        matches!(self.datum, Some(Datum::Double(value)) if value.is_nan())
    }

    /// How two constants of one type compare; nothing with NULL, with NaN, and of types without an order here.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.datum.as_ref()?, other.datum.as_ref()?) {
            (Datum::Boolean(left), Datum::Boolean(right)) => Some(left.cmp(right)),
            (Datum::Whole(left), Datum::Whole(right)) => Some(left.cmp(right)),
            (Datum::Double(left), Datum::Double(right)) => left.partial_cmp(right),
            (Datum::Decimal(left), Datum::Decimal(right)) => Some(left.cmp(right)),
            (Datum::Text(left), Datum::Text(right)) => Some(left.cmp(right)),
            (Datum::Day(left), Datum::Day(right)) => Some(left.cmp(right)),
            (Datum::Instant(left), Datum::Instant(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// What a cast makes of it; none where the cast fails or is not known here.
    pub(super) fn cast(&self, to: &Kind) -> Option<Self> {
        if self.kind == *to {
            return Some(self.clone());
        }
        let Some(datum) = &self.datum else {
            return Some(Self::null(to.clone()));
        };
        let datum = match (datum, &self.kind, to) {
            (Datum::Whole(value), _, Kind::Double) => Datum::Double(*value as f64),
            (Datum::Whole(value), _, Kind::Real) => Datum::Double((*value as f32).into()),
            (Datum::Whole(value), _, Kind::Decimal { precision, scale }) => {
                decimal((*value).into(), 0, *precision, *scale)?
            }
            (Datum::Whole(value), _, to) => whole((*value).into(), to)?,
            (Datum::Double(value), _, Kind::Double) => Datum::Double(*value),
            (Datum::Double(value), _, Kind::Real) => Datum::Double((*value as f32).into()),
            (Datum::Double(value), _, to) if to.range().is_some() => {
                // Half away from zero, as Trino's cast rounds.
                let rounded = value.round();
                let fits = (-9.3e18..9.3e18).contains(&rounded);
                whole(fits.then_some(rounded as i128)?, to)?
            }
            (Datum::Decimal(value), Kind::Decimal { scale: from, .. }, to) => match to {
                Kind::Decimal { precision, scale } => decimal(*value, *from, *precision, *scale)?,
                Kind::Double => Datum::Double(format!("{value}e-{from}").parse().ok()?),
                Kind::Real => {
                    let value: f32 = format!("{value}e-{from}").parse().ok()?;
                    Datum::Double(value.into())
                }
                to => whole(rounded(*value, 10_i128.checked_pow((*from).into())?), to)?,
            },
            (Datum::Day(days), _, Kind::Timestamp(_) | Kind::Zoned(_)) => {
                Datum::Instant(i128::from(*days) * NANOS_PER_DAY)
            }
            (Datum::Instant(nanos), _, Kind::Date) => {
                Datum::Day(i32::try_from(nanos.div_euclid(NANOS_PER_DAY)).ok()?)
            }
            (Datum::Instant(nanos), _, Kind::Timestamp(digits) | Kind::Zoned(digits)) => {
                let unit = 10_i128.pow(9_u32.saturating_sub((*digits).into()));
                // The half upwards, before 1970 too.
                Datum::Instant((nanos + unit / 2).div_euclid(unit) * unit)
            }
            _ => return None,
        };
        Some(Self::new(to.clone(), datum))
    }

    /// The largest value of a smaller type that is not above it (Trino's saturated floor cast), of the pairs of types
    /// that Trino has one for and that can occur here.
    pub(super) fn floor(&self, to: &Kind) -> Option<Self> {
        let floored = match (self.datum.as_ref()?, &self.kind, to) {
            (Datum::Whole(value), _, to) => i128::from(*value).min(to.range()?.1.into()),
            (Datum::Decimal(value), Kind::Decimal { scale, .. }, to) => value
                .div_euclid(10_i128.checked_pow((*scale).into())?)
                .min(to.range()?.1.into()),
            (
                Datum::Double(value),
                Kind::Double,
                Kind::Integer | Kind::Smallint | Kind::Tinyint,
            ) => value.floor().clamp(-1e18, 1e18) as i128,
            (Datum::Instant(nanos), Kind::Timestamp(_), Kind::Date) => {
                let days = i32::try_from(nanos.div_euclid(NANOS_PER_DAY)).ok()?;
                return Some(Self::new(Kind::Date, Datum::Day(days)));
            }
            _ => return None,
        };
        let (least, most) = to.range()?;
        let value = i64::try_from(floored.clamp(least.into(), most.into())).ok()?;
        Some(Self::new(to.clone(), Datum::Whole(value)))
    }
}

/// A quotient, the half rounded away from zero.
fn rounded(value: i128, unit: i128) -> i128 {
    let half = unit / 2;
    if value < 0 {
        -((half - value) / unit)
    } else {
        (value + half) / unit
    }
}

fn whole(value: i128, to: &Kind) -> Option<Datum> {
    let (least, most) = to.range()?;
    let value = i64::try_from(value).ok()?;
    (least..=most)
        .contains(&value)
        .then_some(Datum::Whole(value))
}

fn decimal(value: i128, from: u8, precision: u8, scale: u8) -> Option<Datum> {
    let value = if from <= scale {
        value.checked_mul(10_i128.checked_pow((scale - from).into())?)?
    } else {
        rounded(value, 10_i128.checked_pow((from - scale).into())?)
    };
    (value.unsigned_abs() < 10_u128.checked_pow(precision.into())?).then_some(Datum::Decimal(value))
}
