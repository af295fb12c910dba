//! Comparisons of `date_trunc`, `year` and casts to `date` as ranges of the timestamp or day that they look at.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};

use super::constant::{Constant, Datum};
use super::expression::{Connective, Expression, Known, Operator};
use super::kind::Kind;
use super::unwrap::{false_if_not_null, true_if_not_null};

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// `CAST(timestamp AS date)` against a day.
pub(super) fn day(
    operator: Operator,
    operand: &Expression,
    constant: &Constant,
) -> Option<Expression> {
    let Some(Datum::Day(day)) = constant.datum else {
        return None;
    };
    let compare = |operator, day: i32| {
        let day = Constant::new(Kind::Date, Datum::Day(day)).cast(&operand.kind())?;
        Some(Expression::compare(
            operator,
            operand.clone(),
            Expression::Constant(day),
        ))
    };
    let next = day.checked_add(1)?;
    let (begins, ended) = (Operator::GreaterOrEqual, Operator::Less);
    Some(match operator {
        Operator::Equal => Connective::And.join([compare(begins, day)?, compare(ended, next)?]),
        Operator::NotEqual => Connective::Or.join([compare(ended, day)?, compare(begins, next)?]),
        Operator::Less => compare(ended, day)?,
        Operator::LessOrEqual => compare(ended, next)?,
        Operator::Greater => compare(begins, next)?,
        Operator::GreaterOrEqual => compare(begins, day)?,
        Operator::IsDistinctFrom => Connective::Or.join([
            Expression::is_null(operand.clone()),
            compare(ended, day)?,
            compare(begins, next)?,
        ]),
    })
}

/// `date_trunc(unit, operand)` and `year(operand)` against a constant.
pub(super) fn comparison(
    operator: Operator,
    known: &Known,
    constant: &Constant,
) -> Option<Expression> {
    match known {
        Known::DateTrunc { unit, operand } => {
            let place = wall_clock(constant)?;
            let (first, after) = period(unit, place)?;
            ranged(operator, operand, first, after, place == first)
        }
        Known::Year(operand) => {
            let Some(Datum::Whole(year)) = constant.datum else {
                return None;
            };
            let first = Date::new(i16::try_from(year).ok()?, 1, 1)
                .ok()?
                .to_datetime(jiff::civil::Time::midnight());
            let after = first.checked_add(1.year()).ok()?;
            ranged(operator, operand, first, after, true)
        }
        Known::StartsWith { .. } => None,
    }
}

/// `year(operand) IN (…)` as the ranges of the years.
pub(super) fn years(operand: &Expression, list: &[Expression]) -> Option<Expression> {
    let known = Known::Year(Box::new(operand.clone()));
    let years = list
        .iter()
        .map(|year| comparison(Operator::Equal, &known, year.constant()?));
    Some(Connective::Or.join(years.collect::<Option<Vec<_>>>()?))
}

/// A comparison of the period that an operand lies in with one that begins at `first` and ends before `after`;
/// `is_first` says that the constant is the period's beginning and not within.
fn ranged(
    operator: Operator,
    operand: &Expression,
    first: DateTime,
    after: DateTime,
    is_first: bool,
) -> Option<Expression> {
    let kind = operand.kind();
    let low = Expression::Constant(at(first, &kind, 0)?);
    let high = Expression::Constant(at(after, &kind, 1)?);
    let compare = |operator, bound: &Expression| {
        Expression::compare(operator, operand.clone(), bound.clone())
    };
    let within = || Expression::Between {
        value: Box::new(operand.clone()),
        low: Box::new(low.clone()),
        high: Box::new(high.clone()),
    };
    Some(match (operator, is_first) {
        (Operator::Equal, true) => within(),
        (Operator::NotEqual, true) => Expression::not(within()),
        (Operator::IsDistinctFrom, true) => Connective::Or.join([
            Expression::is_null(operand.clone()),
            Expression::not(within()),
        ]),
        (Operator::Equal, false) => false_if_not_null(operand),
        (Operator::NotEqual, false) => true_if_not_null(operand),
        (Operator::IsDistinctFrom, false) => Expression::boolean(true),
        (Operator::Less, true) => compare(Operator::Less, &low),
        (Operator::Less, false) | (Operator::LessOrEqual, _) => {
            compare(Operator::LessOrEqual, &high)
        }
        (Operator::GreaterOrEqual, true) => compare(Operator::GreaterOrEqual, &low),
        (Operator::GreaterOrEqual, false) | (Operator::Greater, _) => {
            compare(Operator::Greater, &high)
        }
    })
}

/// The period of a unit that a time lies in: its first instant, and the next one's.
fn period(unit: &str, place: DateTime) -> Option<(DateTime, DateTime)> {
    let (date, time) = (place.date(), place.time());
    let day = DateTime::from(date);
    let (first, span) = match unit.to_lowercase().as_str() {
        "year" => (Date::new(date.year(), 1, 1).ok()?.into(), 1.year()),
        "month" => (date.first_of_month().into(), 1.month()),
        "day" => (day, 1.day()),
        "hour" => (date.at(time.hour(), 0, 0, 0), 1.hour()),
        // Others stay as they are.
        _ => return None,
    };
    Some((first, first.checked_add(span).ok()?))
}

fn wall_clock(constant: &Constant) -> Option<DateTime> {
    let nanos = match constant.datum.as_ref()? {
        Datum::Instant(nanos) if matches!(constant.kind, Kind::Timestamp(_)) => *nanos,
        Datum::Day(days) => i128::from(*days) * NANOS_PER_DAY,
        _ => return None,
    };
    let instant = jiff::Timestamp::from_nanosecond(nanos).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(instant))
}

/// A time as a constant of a type, so many of the type's smallest steps earlier.
fn at(time: DateTime, kind: &Kind, steps: i128) -> Option<Constant> {
    let instant = jiff::tz::Offset::UTC.to_timestamp(time).ok()?;
    let nanos = instant.as_nanosecond();
    let step = match kind {
        Kind::Date => NANOS_PER_DAY,
        Kind::Timestamp(digits) => 10_i128.pow(9_u32.checked_sub((*digits).into())?),
        _ => return None,
    };
    Constant::new(Kind::Timestamp(9), Datum::Instant(nanos - steps * step)).cast(kind)
}
