//! Names and constants as Timestream SQL, the only place that quotes; and the order of constants.
//!
//! The forms mean the same to Timestream (an old Presto) and to DataFusion, which the local server runs: quoted names,
//! typed timestamps with nine digits, doubles with an exponent. What has no such form is not printed at all.

use std::cmp::Ordering;

use crate::Literal;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Quotes the name of a database, table or column.
///
/// ```
/// assert_eq!(guest::sql::identifier("measure_value::double"), r#""measure_value::double""#);
/// assert_eq!(guest::sql::identifier(r#"a"b"#), r#""a""b""#);
/// ```
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Prints a constant; `None` if SQL has no form of it.
pub fn literal(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Boolean(value) => Some(boolean(*value).to_owned()),
        Literal::Integer(value) => Some(integer(*value)),
        Literal::Double(value) => double(*value),
        Literal::Text(value) => text(value),
        Literal::Date(days) => date(*days),
        Literal::Timestamp(nanos) => Some(timestamp(*nanos)),
    }
}

/// Prints `true` or `false`.
pub fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Prints a bigint. The smallest one has no literal: its digits without the sign exceed the type.
pub fn integer(value: i64) -> String {
    match value {
        i64::MIN => "(-9223372036854775807 - 1)".to_owned(),
        value => value.to_string(),
    }
}

/// Prints a double with the fewest digits that read back as the same number; `None` for NaN and the infinities.
///
/// Always with an exponent: Presto's later versions read `1.5` as a decimal. Minus zero is printed as zero, to which
/// it is equal.
///
/// ```
/// assert_eq!(guest::sql::double(0.5).as_deref(), Some("5.0E-1"));
/// assert_eq!(guest::sql::double(f64::NAN), None);
/// ```
pub fn double(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    // Minus zero plus zero is plus zero.
    let shortest = format!("{:E}", value + 0.0);
    let (digits, exponent) = shortest.split_once('E')?;
    let point = if digits.contains('.') { "" } else { ".0" };
    Some(format!("{digits}{point}E{exponent}"))
}

/// Quotes text; `None` if it holds U+0000, which Timestream's parser is not known to take.
///
/// The quote is the only character that needs an escape; a backslash is an ordinary one.
///
/// ```
/// assert_eq!(guest::sql::text("it's").as_deref(), Some("'it''s'"));
/// ```
pub fn text(value: &str) -> Option<String> {
    (!value.contains('\0')).then(|| format!("'{}'", value.replace('\'', "''")))
}

/// Prints an instant given in nanoseconds since 1970-01-01T00:00:00 UTC.
///
/// ```
/// assert_eq!(guest::sql::timestamp(1_500_000_000), "TIMESTAMP '1970-01-01 00:00:01.500000000'");
/// ```
pub fn timestamp(nanos: i64) -> String {
    let (seconds, fraction) = (
        nanos.div_euclid(NANOS_PER_SECOND),
        nanos.rem_euclid(NANOS_PER_SECOND),
    );
    let (days, second) = (
        seconds.div_euclid(SECONDS_PER_DAY),
        seconds.rem_euclid(SECONDS_PER_DAY),
    );
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "TIMESTAMP '{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{fraction:09}'"
    )
}

/// Prints a day given in days since 1970-01-01; `None` outside the years 1 to 9999, which four digits hold.
pub fn date(days: i32) -> Option<String> {
    let (year, month, day) = civil(days.into());
    (1..=9999)
        .contains(&year)
        .then(|| format!("DATE '{year:04}-{month:02}-{day:02}'"))
}

/// Year, month and day of a day since 1970-01-01 in the proleptic Gregorian calendar.
///
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years begin in March, so
/// that the leap day is the last one, and eras of 400 years are alike.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    let shifted = days + 719_468;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The order of two constants of one type: texts by code point, as in Timestream and Athena; doubles by their total
/// order, to which −0.0 is below 0.0 (add 0.0 to make them one) and NaN above all. Constants of different types have
/// none, and are taken for equal.
pub fn compare(left: &Literal, right: &Literal) -> Ordering {
    match (left, right) {
        (Literal::Boolean(left), Literal::Boolean(right)) => left.cmp(right),
        (Literal::Integer(left), Literal::Integer(right)) => left.cmp(right),
        (Literal::Double(left), Literal::Double(right)) => left.total_cmp(right),
        (Literal::Text(left), Literal::Text(right)) => left.cmp(right),
        (Literal::Date(left), Literal::Date(right)) => left.cmp(right),
        (Literal::Timestamp(left), Literal::Timestamp(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests;
