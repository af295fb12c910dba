//! Scalars' texts to values (timestream.md, section 1.5).
//!
//! The forms that the service writes are read by hand; every other form that counts is a library's business, and so is
//! the verdict on what does not.

use jiff::civil::{Date, DateTime};

const UNIX_EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

const NANOS_PER_SECOND: i64 = 1_000_000_000;

pub(super) fn boolean(text: &str) -> Result<bool, &'static str> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("a value is not a boolean"),
    }
}

pub(super) fn int32(text: &str) -> Result<i32, &'static str> {
    text.parse()
        .map_err(|_| "a value is not an integer of 32 bits")
}

pub(super) fn int64(text: &str) -> Result<i64, &'static str> {
    text.parse()
        .map_err(|_| "a value is not an integer of 64 bits")
}

pub(super) fn double(text: &str) -> Result<f64, &'static str> {
    fast_float2::parse(text).map_err(|_| "a value is not a double")
}

/// Days since the epoch.
pub(super) fn date(text: &str) -> Result<i32, &'static str> {
    if let Some(days) = text.as_bytes().try_into().ok().and_then(days) {
        return Ok(days);
    }
    let date = (text.len() == "2024-01-31".len()).then(|| text.parse::<Date>());
    let date = date.and_then(Result::ok).ok_or("a value is not a date")?;
    Ok((date - UNIX_EPOCH.date()).get_days())
}

/// Milliseconds since the epoch, cut down, also before 1970, as the Java connector does.
pub(super) fn millis(text: &str) -> Result<i64, &'static str> {
    Ok(nanos(text)?.div_euclid(1_000_000))
}

/// Nanoseconds since the epoch of `YYYY-MM-DD[ hh:mm:ss[.fffffffff]]`, UTC; a `T` between is accepted too.
pub(super) fn nanos(text: &str) -> Result<i64, &'static str> {
    if let Some(nanos) = text.as_bytes().try_into().ok().and_then(usual_nanos) {
        return Ok(nanos);
    }
    // The parser passes over a zone.
    let is_time = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
    };
    let is_utc = text.get("2024-01-31 ".len()..).is_none_or(is_time);
    let instant = is_utc.then(|| text.parse::<DateTime>());
    let instant = instant
        .and_then(Result::ok)
        .ok_or("a value is not a timestamp")?;
    let since = instant.duration_since(UNIX_EPOCH).as_nanos();
    i64::try_from(since).map_err(|_| "a timestamp is out of range")
}

/// The nanoseconds of `2020-08-08 01:00:00.000000000`. None: another form, no instant, or out of range.
fn usual_nanos(text: &[u8; 29]) -> Option<i64> {
    let [
        date @ ..,
        b' ',
        h1,
        h0,
        b':',
        m1,
        m0,
        b':',
        s1,
        s0,
        b'.',
        f8,
        f7,
        f6,
        f5,
        f4,
        f3,
        f2,
        f1,
        f0,
    ] = text
    else {
        return None;
    };
    let days = days(date)?;
    let hour = number([*h1, *h0]).filter(|hour| *hour < 24)?;
    let minute = number([*m1, *m0]).filter(|minute| *minute < 60)?;
    let second = number([*s1, *s0]).filter(|second| *second < 60)?;
    let nanos = number([*f8, *f7, *f6, *f5, *f4, *f3, *f2, *f1, *f0])?;
    let seconds =
        i64::from(days) * 86_400 + i64::from(hour) * 3_600 + i64::from(minute * 60 + second);
    seconds
        .checked_mul(NANOS_PER_SECOND)?
        .checked_add(i64::from(nanos))
}

/// Days from the epoch to `2024-01-31` in the proleptic Gregorian calendar. None: another form, or no day.
fn days(text: &[u8; 10]) -> Option<i32> {
    let [y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0] = *text else {
        return None;
    };
    let year = number([y3, y2, y1, y0])?;
    let month = number([m1, m0])?;
    let day = number([d1, d0])?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i32::from(is_leap),
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    // A year is counted from March on, so that its odd day is its last; the year 0 begins 719,468 days before the epoch.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

/// A number of at most nine digits.
fn number<const DIGITS: usize>(digits: [u8; DIGITS]) -> Option<i32> {
    let mut number = 0;
    let mut is_number = true;
    for digit in digits {
        is_number &= digit.is_ascii_digit();
        number = number * 10 + i32::from(digit.wrapping_sub(b'0') & 15);
    }
    is_number.then_some(number)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use super::*;

    /// Every day of four hundred years and more, by the library's calendar, and days that are none.
    #[test]
    fn days_are_those_of_the_calendar() {
        for year in (1..=20).chain(1590..=2110).chain(9990..=9999) {
            for month in 0..=13 {
                for day in 0..=32 {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    let expected = Date::new(year, month, day).ok();
                    let expected = expected.map(|date| (date - UNIX_EPOCH.date()).get_days());
                    assert_eq!(date(&text).ok(), expected, "{text}");
                    assert_eq!(
                        text.as_bytes().first_chunk().and_then(days),
                        expected,
                        "{text}"
                    );
                }
            }
        }
        let year_0 = "0000-03-01".as_bytes().first_chunk().and_then(days);
        assert_eq!(year_0, Some(-719_468));
    }

    #[test]
    fn the_ends_of_the_range_and_what_is_beyond_are_told() {
        let of = |text: &str| usual_nanos(text.as_bytes().try_into().unwrap());
        // Its whole seconds alone are beyond the range.
        let first = "1677-09-21 00:12:43.145224193";
        assert_eq!((of(first), nanos(first)), (None, Ok(-i64::MAX)));
        assert_eq!(of("2262-04-11 23:47:16.854775807"), Some(i64::MAX));
        assert_eq!(of("1969-12-31 23:59:59.999999999"), Some(-1));
        for other in [
            "2262-04-11 23:47:16.854775808",
            "9999-12-31 23:59:59.999999999",
            "2024-01-01 24:00:00.000000000",
            "2024-01-01 23:60:00.000000000",
            "2024-01-01 23:59:60.000000000",
            "2024-01-01T00:00:00.000000000",
            "2024-01-01 00:00:00,000000000",
            "2024-01-01 0a:00:00.000000000",
            "2024-02-30 00:00:00.000000000",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    /// The standard library's grammar is the one promised (timestream.md, section 1.5).
    #[test]
    fn doubles_are_those_of_the_standard_library() {
        let agree = |text: &str| {
            let expected = text.parse::<f64>().ok();
            let found = double(text).ok();
            let is_same = match (expected, found) {
                (Some(expected), Some(found)) if expected.is_nan() => found.is_nan(),
                _ => expected.map(f64::to_bits) == found.map(f64::to_bits),
            };
            assert!(is_same, "{text}: {expected:?} and {found:?}");
        };
        let words = [
            "NaN",
            "nan",
            "Infinity",
            "-Infinity",
            "inf",
            "+inf",
            "infinit",
            "-nan",
            "",
            "+",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "1.",
            ".5",
            "-.5e-3",
            "+1",
            "1_0",
            " 1",
            "1 ",
            "0x10",
            "1e400",
            "-1e-400",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1.7976931348623157E308",
            "1.7976931348623159E308",
            "-0.0",
            "9007199254740993.0",
            "1e99999999999999999999",
            "0e99999999999999999999",
            "123456789012345678901234567890.5",
        ];
        words.into_iter().for_each(agree);
        let mut random = fastrand::Rng::with_seed(7);
        let alphabet = b"0123456789.+-eEinfatyNI_ ";
        for _ in 0..50_000 {
            let length = random.usize(0..14);
            let text = (0..length).map(|_| char::from(alphabet[random.usize(0..alphabet.len())]));
            agree(&text.collect::<String>());
            let double = f64::from_bits(random.u64(..));
            agree(&double.to_string());
            agree(&format!("{double:E}"));
        }
    }
}
