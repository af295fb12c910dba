//! Values as texts and out of texts, as `CAST` has them.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use jiff::civil::{Date, DateTime, Time};

use crate::types::type_name;
use crate::value::Value;

/// Digits of a second that a timestamp has without a precision.
pub(crate) const MILLISECONDS: usize = 3;

/// Digits of a second that are written of a timestamp.
pub(crate) fn digits(data_type: &DataType) -> usize {
    match data_type {
        DataType::Timestamp(TimeUnit::Second, _) => 0,
        DataType::Timestamp(TimeUnit::Microsecond, _) => 6,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => 9,
        _ => MILLISECONDS,
    }
}

/// A value as a text; none of NULL and of what has no text. `digits` are those of a timestamp's second.
pub(crate) fn text(value: &Value<'_>, digits: usize) -> Option<String> {
    Some(match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Double(value) => double(*value),
        Value::Text(text) => (*text).to_owned(),
        Value::Owned(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => clock(*time, digits),
        Value::Zoned(time) => {
            let zone = match time.time_zone().iana_name() {
                Some(name) => name.to_owned(),
                None if time.offset().is_zero() => "UTC".to_owned(),
                None => time.strftime("%:z").to_string(),
            };
            format!("{} {zone}", clock(time.datetime(), digits))
        }
        Value::Decimal(value, scale) => decimal(*value, *scale),
        Value::Other(ScalarValue::Float32(Some(value))) => short(*value),
        _ => return None,
    })
}

fn clock(time: DateTime, digits: usize) -> String {
    let whole = time.strftime("%Y-%m-%d %H:%M:%S");
    let nanos = format!("{:09}", time.subsec_nanosecond());
    match nanos.get(..digits.min(9)) {
        None | Some("") => whole.to_string(),
        Some(digits) => format!("{whole}.{digits}"),
    }
}

/// A real with at most seven digits, as Trino has it: `1.1E0`.
fn short(value: f32) -> String {
    if !value.is_finite() || value == 0.0 {
        return double(value.into());
    }
    let written = format!("{:.6e}", f64::from(value));
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let digits = digits.trim_end_matches('0');
    let zero = if digits.ends_with('.') { "0" } else { "" };
    format!("{digits}{zero}E{exponent}")
}

/// A decimal with all its digits after the point: `1.10`.
fn decimal(value: i128, scale: i8) -> String {
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let scale = usize::from(scale.unsigned_abs());
    let digits = format!("{size:0>0$}", scale + 1);
    match digits.split_at(digits.len() - scale) {
        (whole, "") => format!("{sign}{whole}"),
        (whole, rest) => format!("{sign}{whole}.{rest}"),
    }
}

/// A double with an exponent: `1.0E0`.
pub(crate) fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0E0"
        } else {
            "0E0"
        }
        .to_owned();
    }
    // Rust writes the fewest digits that are this double, as Java does.
    let written = format!("{value:e}");
    match written.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        // Java writes two digits at least, those that come nearest: `4.9E-324`.
        Some(_) => format!("{value:.1e}").replace('e', "E"),
        None => written,
    }
}

/// A value out of its text.
pub(crate) fn read(text: &str, to: &DataType) -> Result<Value<'static>, String> {
    let invalid = || format!("Cannot cast '{text}' to {}", type_name(to).to_uppercase());
    match to {
        DataType::Boolean => match text.to_ascii_lowercase().as_str() {
            "t" | "1" | "true" => Ok(Value::Boolean(true)),
            "f" | "0" | "false" => Ok(Value::Boolean(false)),
            _ => Err(invalid()),
        },
        DataType::Float64 => real(text).map(Value::Double).ok_or_else(invalid),
        DataType::Decimal128(precision, scale) => decimal_of(text, *precision, *scale)
            .map(|value| Value::Decimal(value, *scale))
            .ok_or_else(invalid),
        DataType::Date32 => date(text.trim()).map(Value::Date).ok_or_else(invalid),
        DataType::Timestamp(_, None) => timestamp(text.trim())
            .map(Value::Time)
            .ok_or_else(|| format!("Value cannot be cast to timestamp: {text}")),
        _ => {
            let (least, most) = match to {
                DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
                DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
                DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
                _ => (i64::MIN, i64::MAX),
            };
            match text.parse::<i64>() {
                Ok(value) if (least..=most).contains(&value) => Ok(Value::Integer(value)),
                _ => Err(invalid()),
            }
        }
    }
}

/// Whether [`read`] makes values of this type.
pub(crate) fn is_read(to: &DataType) -> bool {
    matches!(
        to,
        DataType::Boolean
            | DataType::Float64
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Timestamp(_, None)
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
    )
}

/// A double as Java reads it: `NaN`, `Infinity`, an exponent, a letter for its type at the end, blanks around it.
fn real(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    let signed = |value: f64| if text.starts_with('-') { -value } else { value };
    match plain {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(signed(f64::INFINITY)),
        // Rust reads other spellings of these too.
        _ if plain.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') => {
            let plain = plain.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(plain);
            plain.parse().ok().map(signed)
        }
        _ => None,
    }
}

/// A decimal's digits, rounded to so many after the point, the half away from zero: `-1.55`, `1e2`.
fn decimal_of(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (sign, plain) = match text.strip_prefix('-') {
        Some(plain) => (-1, plain),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (plain, exponent) = plain.split_once(['e', 'E']).unwrap_or((plain, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let (whole, rest) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = whole.to_owned() + rest;
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let digits = is_number.then(|| digits.trim_start_matches('0'))?;
    // Digits that stand before the last one that is kept.
    let kept = i64::try_from(digits.len()).ok()? - i64::try_from(rest.len()).ok()?;
    let kept = kept.checked_add(exponent)?.checked_add(scale.into())?;
    let zeros = usize::try_from(kept)
        .ok()
        .and_then(|kept| kept.checked_sub(digits.len()));
    let value: i128 = match zeros {
        _ if digits.is_empty() || kept < 0 => 0,
        Some(zeros) if digits.len() + zeros <= precision.into() => {
            format!("{digits}{}", "0".repeat(zeros)).parse().ok()?
        }
        Some(_) => return None,
        None => {
            let (digits, rest) = digits.split_at(usize::try_from(kept).ok()?);
            let is_up = rest.as_bytes().first().is_some_and(|digit| *digit >= b'5');
            let digits: i128 = if digits.is_empty() {
                0
            } else {
                digits.parse().ok()?
            };
            digits + i128::from(is_up)
        }
    };
    let fits = value < 10_i128.checked_pow(precision.into())?;
    fits.then_some(sign * value)
}

fn date(text: &str) -> Option<Date> {
    let (years, rest) = text.split_once('-')?;
    let (months, days) = rest.split_once('-')?;
    let number = |text: &str, longest: usize| {
        let is_number = !text.is_empty() && text.len() <= longest;
        let is_number = is_number && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let year = number(years, 4)?;
    let [month, day] = [number(months, 2)?, number(days, 2)?];
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `2024-03-05`, with a time of day to minutes, seconds or parts of a second after a blank.
fn timestamp(text: &str) -> Option<DateTime> {
    let Some((day, time)) = text.split_once(' ') else {
        return Some(date(text)?.to_datetime(Time::midnight()));
    };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let parts: Vec<&str> = clock.split(':').collect();
    let number = |text: &&str| {
        let is_number =
            matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i8>().ok()).flatten()
    };
    let is_fraction = fraction.len() <= 12 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_fraction || time.ends_with('.') {
        return None;
    }
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] if fraction.is_empty() => (number(hour)?, number(minute)?, 0),
        [hour, minute, second] => (number(hour)?, number(minute)?, number(second)?),
        _ => return None,
    };
    let nanos: i32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let time = Time::new(hour, minute, second, nanos).ok()?;
    Some(date(day)?.to_datetime(time))
}
