//! Times as numbers, as ISO 8601 has them, and durations.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::civil;
use crate::value::{NANOS_PER_DAY, Value};

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// `from_unixtime(seconds)`, whose fraction is rounded to milliseconds.
pub(super) fn from_seconds<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let seconds = arguments[0].double();
    let millis = (seconds * 1_000.0).round();
    let out = || format!("Unixtime is out of range: {seconds}");
    // Within jiff's range a double is a whole number of milliseconds.
    let millis = (millis.abs() < 9e15)
        .then_some(millis as i64)
        .ok_or_else(out)?;
    let instant = Timestamp::from_millisecond(millis).map_err(|_| out())?;
    Ok(Value::Zoned(instant.to_zoned(TimeZone::UTC)))
}

fn instant(value: &Value<'_>) -> Result<Timestamp, String> {
    match value {
        Value::Zoned(time) => Ok(time.timestamp()),
        other => Offset::UTC
            .to_timestamp(civil(other))
            .map_err(|error| error.to_string()),
    }
}

/// `to_unixtime(time)`, in seconds.
pub(super) fn to_seconds<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let millis = instant(&arguments[0])?
        .as_nanosecond()
        .div_euclid(1_000_000);
    Ok(Value::Double(millis as f64 / 1_000.0))
}

/// `from_iso8601_date(text)`.
pub(super) fn read_date<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let text = arguments[0].text();
    let date = iso_date(text).ok_or_else(|| format!("Invalid format: \"{text}\""))?;
    Ok(Value::Date(date))
}

/// `2024-03-05`, `2024-065` or `2024-W10-2`; a year and month or a year alone is its first day.
fn iso_date(text: &str) -> Option<Date> {
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<i16>().ok())
            .flatten()
    };
    let parts: Vec<&str> = text.split('-').collect();
    let first = |year: i16| Date::new(year, 1, 1).ok();
    match parts.as_slice() {
        [year] if year.len() == 4 => first(number(year)?),
        [year, week] | [year, week, _] if week.starts_with('W') => {
            let week = i8::try_from(number(&week[1..])?).ok()?;
            let day = parts.get(2).map_or(Some(1), |day| number(day))?;
            let day = jiff::civil::Weekday::from_monday_one_offset(i8::try_from(day).ok()?).ok()?;
            jiff::civil::ISOWeekDate::new(number(year)?, week, day)
                .ok()
                .map(Date::from)
        }
        [year, day] if day.len() == 3 => first(number(year)?)?
            .with()
            .day_of_year(number(day)?)
            .build()
            .ok(),
        [year, month] => Date::new(number(year)?, i8::try_from(number(month)?).ok()?, 1).ok(),
        [year, month, day] if year.len() == 4 => Date::new(
            number(year)?,
            i8::try_from(number(month)?).ok()?,
            i8::try_from(number(day)?).ok()?,
        )
        .ok(),
        _ => None,
    }
}

/// `from_iso8601_timestamp(text)`: an instant, of UTC where the text has no offset.
pub(super) fn read_instant<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let text = arguments[0].text();
    let invalid = || format!("Invalid format: \"{text}\"");
    let (date, clock) = text.split_once('T').unwrap_or((text, ""));
    let date = iso_date(date).ok_or_else(invalid)?;
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    let offset = match zone {
        "" | "Z" => Offset::UTC,
        zone => offset(zone).ok_or_else(invalid)?,
    };
    let clock = match clock.len() {
        0 => "00:00:00".to_owned(),
        2 => format!("{clock}:00:00"),
        5 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    let time: jiff::civil::Time = clock.parse().map_err(|_| invalid())?;
    let instant = offset
        .to_timestamp(date.to_datetime(time))
        .map_err(|_| invalid())?;
    Ok(Value::Zoned(instant.to_zoned(TimeZone::fixed(offset))))
}

/// An offset as `+09:00` or `+0900`.
pub(super) fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = (text.get(..1)?, text.get(1..)?.replace(':', ""));
    let is_number = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number || !matches!(sign, "+" | "-") {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..)?.parse().ok()?;
    let seconds = hours * 3_600 + minutes * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

/// `to_iso8601(x)`.
pub(super) fn written<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let of = |time: DateTime| {
        let nanos = time.subsec_nanosecond();
        let whole = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        match (nanos, nanos % 1_000_000) {
            (0, _) => whole,
            (_, 0) => format!("{whole}.{:03}", nanos / 1_000_000),
            _ => format!("{whole}.{nanos:09}"),
        }
    };
    Ok(Value::Owned(match &arguments[0] {
        Value::Date(date) => date.to_string(),
        Value::Zoned(time) => format!("{}{}", of(time.datetime()), zone(time)),
        other => of(civil(other)),
    }))
}

fn zone(time: &Zoned) -> String {
    match time.offset().is_zero() {
        true => "Z".to_owned(),
        false => time.strftime("%:z").to_string(),
    }
}

/// `parse_duration(text)`: a number and a unit, as `1.5h`.
pub(super) fn duration<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let text = arguments[0].text();
    let invalid = || format!("duration is not a valid data duration string: {text}");
    let trimmed = text.trim();
    let end = trimmed
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .ok_or_else(invalid)?;
    let (number, unit) = trimmed.split_at(end);
    let number: f64 = number.parse().map_err(|_| invalid())?;
    let nanos = match unit.trim() {
        "ns" => 1.0,
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 6e10,
        "h" => 3.6e12,
        "d" => 8.64e13,
        _ => return Err(format!("Unknown time unit: {}", unit.trim())),
    };
    let millis = (number * nanos / 1e6).round();
    match millis.abs() < 9e15 {
        true => Ok(Value::Interval(0, millis as i128 * 1_000_000)),
        false => Err(invalid()),
    }
}

/// `to_milliseconds(interval)`.
pub(super) fn milliseconds<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    match &arguments[0] {
        Value::Interval(0, nanos) => {
            let millis = i64::try_from(nanos.div_euclid(1_000_000));
            millis
                .map(Value::Integer)
                .map_err(|_| "the interval is out of range".to_owned())
        }
        _ => Err("to_milliseconds takes an interval of days and their parts".to_owned()),
    }
}

/// `human_readable_seconds(seconds)`.
pub(super) fn readable<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let seconds = arguments[0].double();
    if !seconds.is_finite() {
        return Err(format!("Invalid argument found: {seconds}"));
    }
    let mut rest = seconds.abs().round() as u64;
    let units = [
        ("week", 604_800),
        ("day", 86_400),
        ("hour", 3_600),
        ("minute", 60),
        ("second", 1),
    ];
    let mut texts = Vec::new();
    for (unit, length) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 || (unit == "second" && texts.is_empty()) {
            texts.push(format!(
                "{count} {unit}{}",
                if count == 1 { "" } else { "s" }
            ));
        }
    }
    Ok(Value::Owned(texts.join(", ")))
}

/// `date_trunc(unit, x)`.
pub(super) fn truncated<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let unit = arguments[0].text().to_lowercase();
    let time = civil(&arguments[1]);
    let date = time.date();
    let day = |date: Option<Date>| date.map(|date| date.to_datetime(jiff::civil::Time::midnight()));
    let to = |nanos: i128| {
        let instant = Offset::UTC.to_timestamp(time).ok()?.as_nanosecond();
        let instant = Timestamp::from_nanosecond(instant - instant.rem_euclid(nanos)).ok()?;
        Some(Offset::UTC.to_datetime(instant))
    };
    let invalid = || format!("'{unit}' is not a valid Timestamp field");
    let is_date = matches!(arguments[1], Value::Date(_));
    let floored = match unit.as_str() {
        "millisecond" if !is_date => to(1_000_000),
        "second" if !is_date => to(NANOS_PER_SECOND),
        "minute" if !is_date => to(60 * NANOS_PER_SECOND),
        "hour" if !is_date => to(3_600 * NANOS_PER_SECOND),
        "day" => to(NANOS_PER_DAY),
        "week" => {
            let since = i64::from(date.weekday().to_monday_zero_offset());
            day(date.checked_sub(jiff::Span::new().days(since)).ok())
        }
        "month" => day(Some(date.first_of_month())),
        "quarter" => day(Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).ok()),
        "year" => day(Some(date.first_of_year())),
        _ => return Err(invalid()),
    };
    let floored = floored.ok_or("the timestamp is out of range")?;
    Ok(match &arguments[1] {
        Value::Date(_) => Value::Date(floored.date()),
        // The clock shows an hour twice where it is put back: the one stays that it was.
        Value::Zoned(time) => {
            let zone = time.time_zone();
            let same = time.offset().to_timestamp(floored).ok();
            let same = same.map(|instant| instant.to_zoned(zone.clone()));
            match same.filter(|same| same.datetime() == floored) {
                Some(same) => Value::Zoned(same),
                None => Value::Zoned(
                    floored
                        .to_zoned(zone.clone())
                        .map_err(|error| error.to_string())?,
                ),
            }
        }
        _ => Value::Time(floored),
    })
}
