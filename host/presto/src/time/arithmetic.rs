//! `date_add` and `date_diff`: units of a calendar, and of a clock.

use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::civil;
use crate::value::Value;

/// A unit that dates are counted in.
#[derive(Clone, Copy)]
enum Unit {
    /// Of so many months.
    Months(i64),
    /// Of so many milliseconds.
    Millis(i64),
}

const DAY: i64 = 86_400_000;

fn unit(name: &str, is_date: bool) -> Result<Unit, String> {
    Ok(match name.to_lowercase().as_str() {
        "millisecond" if !is_date => Unit::Millis(1),
        "second" if !is_date => Unit::Millis(1_000),
        "minute" if !is_date => Unit::Millis(60_000),
        "hour" if !is_date => Unit::Millis(3_600_000),
        "day" => Unit::Millis(DAY),
        "week" => Unit::Millis(7 * DAY),
        "month" => Unit::Months(1),
        "quarter" => Unit::Months(3),
        "year" => Unit::Months(12),
        _ if is_date => return Err(format!("'{name}' is not a valid DATE field")),
        _ => return Err(format!("'{name}' is not a valid TIMESTAMP field")),
    })
}

fn is_date(value: &Value<'_>) -> bool {
    matches!(value, Value::Date(_))
}

/// `date_add(unit, count, time)`.
pub(super) fn add<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let time = &arguments[2];
    let unit = unit(arguments[0].text(), is_date(time))?;
    let count = arguments[1].integer();
    // Trino counts with 32 bits.
    if i32::try_from(count).is_err() {
        return Err(format!("{count} units are too many"));
    }
    let out_of_range = || "the result is out of range".to_owned();
    let of = |size: i64| count.checked_mul(size).ok_or_else(out_of_range);
    let span = match unit {
        Unit::Months(size) => Span::new().try_months(of(size)?),
        Unit::Millis(size) if size % DAY == 0 => Span::new().try_days(of(size / DAY)?),
        Unit::Millis(size) => Span::new().try_milliseconds(of(size)?),
    };
    let span = span.map_err(|_| out_of_range())?;
    Ok(match time {
        Value::Date(date) => Value::Date(date.checked_add(span).map_err(|_| out_of_range())?),
        Value::Zoned(time) => Value::Zoned(time.checked_add(span).map_err(|_| out_of_range())?),
        time => Value::Time(civil(time).checked_add(span).map_err(|_| out_of_range())?),
    })
}

/// `date_diff(unit, from, to)`: whole units, towards zero.
pub(super) fn difference<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let unit = unit(arguments[0].text(), is_date(&arguments[1]))?;
    let (from, to) = on_one_clock(&arguments[1], &arguments[2]);
    let (from, to) = (civil(&from), civil(&to));
    Ok(Value::Integer(match unit {
        Unit::Months(size) => months(from, to) / size,
        Unit::Millis(size) => {
            // Hours and shorter are those that pass, also where a clock is put forward.
            let (from, to) = match size < DAY {
                true => (instant(&arguments[1]), instant(&arguments[2])),
                false => (nanoseconds(from), nanoseconds(to)),
            };
            // Both are cut to milliseconds.
            let millis = |nanos: i128| nanos.div_euclid(1_000_000);
            let units = (millis(to) - millis(from)) / i128::from(size);
            i64::try_from(units).unwrap_or(i64::MAX)
        }
    }))
}

/// The second time on the clock of the first; one without a zone is of UTC.
fn on_one_clock<'a>(from: &Value<'a>, to: &Value<'a>) -> (Value<'a>, Value<'a>) {
    let zone = match (from, to) {
        (Value::Zoned(from), _) => from.time_zone().clone(),
        (_, Value::Zoned(_)) => TimeZone::UTC,
        _ => return (from.clone(), to.clone()),
    };
    let shown = |value: &Value<'a>| match value {
        Value::Zoned(time) => Value::Zoned(time.with_time_zone(zone.clone())),
        value => match TimeZone::UTC.to_zoned(civil(value)) {
            Ok(time) => Value::Zoned(time.with_time_zone(zone.clone())),
            Err(_) => value.clone(),
        },
    };
    (shown(from), shown(to))
}

fn instant(value: &Value<'_>) -> i128 {
    match value {
        Value::Zoned(time) => time.timestamp().as_nanosecond(),
        value => nanoseconds(civil(value)),
    }
}

fn nanoseconds(time: DateTime) -> i128 {
    let instant = jiff::tz::Offset::UTC.to_timestamp(time);
    instant.map_or(0, |instant| instant.as_nanosecond())
}

/// Whole months from one time to another, towards zero. Both are cut to milliseconds.
fn months(from: DateTime, to: DateTime) -> i64 {
    let (from, to) = (to_milliseconds(from), to_milliseconds(to));
    if to < from {
        return -months(to, from);
    }
    let number = |time: DateTime| i64::from(time.year()) * 12 + i64::from(time.month());
    let between = number(to) - number(from);
    // The last day of a shorter month is every later day of a longer one.
    let day = |time: DateTime| (time.day(), time.time());
    let is_last = to.day() == to.days_in_month();
    let is_whole =
        day(to) >= day(from) || (is_last && from.day() > to.day() && to.time() >= from.time());
    between - i64::from(!is_whole)
}

/// `last_day_of_month(time)`.
pub(super) fn last_day_of_month<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    Ok(Value::Date(civil(&arguments[0]).date().last_of_month()))
}

/// Without what is finer than a millisecond.
fn to_milliseconds(time: DateTime) -> DateTime {
    let nanos = time.subsec_nanosecond();
    let cut = time
        .with()
        .subsec_nanosecond(nanos - nanos % 1_000_000)
        .build();
    cut.unwrap_or(time)
}
