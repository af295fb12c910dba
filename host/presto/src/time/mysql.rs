//! `date_format` and `date_parse`: MySQL's patterns.

use jiff::civil::{Date, DateTime, DateTimeRound, Time};
use jiff::tz::Offset;
use jiff::{RoundMode, Unit};

use super::civil;
use super::unix::offset;
use crate::value::Value;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Characters of an abbreviated name.
const SHORT: usize = 3;

fn unsupported(letter: char) -> String {
    format!("%{letter} not supported in date format string")
}

/// `date_format(time, pattern)`.
pub(super) fn format<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    // Trino rounds to milliseconds first.
    let time = civil(&arguments[0]);
    let millis = DateTimeRound::new().smallest(Unit::Millisecond);
    let time = time.round(millis.mode(RoundMode::HalfExpand));
    let time = time.map_err(|error| error.to_string())?;
    let mut text = String::new();
    let mut pattern = arguments[1].text().chars();
    while let Some(letter) = pattern.next() {
        match letter {
            '%' => match pattern.next() {
                Some(letter) => text.push_str(&field(time, letter)?),
                None => return Err("Incomplete format specifier".to_owned()),
            },
            letter => text.push(letter),
        }
    }
    Ok(Value::Owned(text))
}

pub(super) fn field(time: DateTime, letter: char) -> Result<String, String> {
    let month = MONTHS[usize::from(time.month().unsigned_abs() - 1)];
    let day = DAYS[usize::from(time.weekday().to_monday_zero_offset().unsigned_abs())];
    let half_day = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    let week = time.date().iso_week_date();
    Ok(match letter {
        'a' => day[..SHORT].to_owned(),
        'b' => month[..SHORT].to_owned(),
        'c' => time.month().to_string(),
        'd' => format!("{:02}", time.day()),
        'e' => time.day().to_string(),
        'f' => format!("{:06}", time.subsec_nanosecond() / 1_000),
        'H' => format!("{:02}", time.hour()),
        'h' | 'I' => format!("{half_day:02}"),
        'i' => format!("{:02}", time.minute()),
        'j' => format!("{:03}", time.day_of_year()),
        'k' => time.hour().to_string(),
        'l' => half_day.to_string(),
        'M' => month.to_owned(),
        'm' => format!("{:02}", time.month()),
        'p' => half.to_owned(),
        'r' => format!(
            "{half_day:02}:{:02}:{:02} {half}",
            time.minute(),
            time.second()
        ),
        'S' | 's' => format!("{:02}", time.second()),
        'T' => format!(
            "{:02}:{:02}:{:02}",
            time.hour(),
            time.minute(),
            time.second()
        ),
        'v' => format!("{:02}", week.week()),
        'W' => day.to_owned(),
        'x' => format!("{:04}", week.year()),
        'Y' => format!("{:04}", time.year()),
        'y' => format!("{:02}", time.year().rem_euclid(100)),
        '%' => "%".to_owned(),
        'w' | 'U' | 'u' | 'V' | 'X' | 'D' => return Err(unsupported(letter)),
        letter => letter.to_string(),
    })
}

/// What a text says of a time, piece by piece.
pub(super) struct Read<'a> {
    pub(super) rest: &'a str,
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    day_of_year: Option<i16>,
    hour: Option<i8>,
    /// From 1 to 12, before or after noon.
    half_hour: Option<i8>,
    minute: i8,
    second: i8,
    nanosecond: i32,
    is_afternoon: bool,
}

/// `date_parse(text, pattern)`: a timestamp of milliseconds.
pub(super) fn parse<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (text, pattern) = (arguments[0].text(), arguments[1].text());
    let invalid = |at: &str| format!("Invalid format: \"{text}\" is malformed at \"{at}\"");
    let mut read = Read::new(text);
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let at = read.rest;
        let is_read = match letter {
            '%' => match letters.next() {
                Some(letter) => read.field(letter)?,
                None => return Err("Incomplete format specifier".to_owned()),
            },
            letter => read.literal(letter),
        };
        is_read.ok_or_else(|| invalid(at))?;
    }
    if !read.rest.is_empty() {
        return Err(invalid(read.rest));
    }
    let time = read
        .time()
        .ok_or_else(|| format!("Cannot parse \"{text}\": a field is out of range"))?;
    Ok(Value::Time(time))
}

impl<'a> Read<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            year: None,
            month: None,
            day: None,
            day_of_year: None,
            hour: None,
            half_hour: None,
            minute: 0,
            second: 0,
            nanosecond: 0,
            is_afternoon: false,
        }
    }

    pub(super) fn literal(&mut self, letter: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(letter)?;
        Some(())
    }

    /// A number of at most so many digits.
    fn number(&mut self, digits: usize) -> Option<i32> {
        let length = self
            .rest
            .bytes()
            .take(digits)
            .take_while(u8::is_ascii_digit)
            .count();
        let (number, rest) = self.rest.split_at(length);
        self.rest = rest;
        number.parse().ok()
    }

    /// The place of the name that the text goes on with, whole or abbreviated.
    fn name(&mut self, names: &[&str]) -> Option<usize> {
        let rest = self.rest;
        let begins = |name: &str| {
            let begin = rest.get(..name.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(name))
        };
        let whole = names.iter().position(|name| begins(name));
        let found = whole.or_else(|| names.iter().position(|name| begins(&name[..SHORT])))?;
        let length = if whole.is_some() {
            names[found].len()
        } else {
            SHORT
        };
        self.rest = &rest[length..];
        Some(found)
    }

    pub(super) fn field(&mut self, letter: char) -> Result<Option<()>, String> {
        let small = |number: Option<i32>| number.and_then(|number| i8::try_from(number).ok());
        let year = |number: Option<i32>| number.and_then(|number| i16::try_from(number).ok());
        let is_read = match letter {
            'Y' => {
                self.year = year(self.number(4));
                self.year.is_some()
            }
            'y' => {
                // Joda's pivot in Trino: 70 to 99 lie before 2000.
                let two = self.number(2);
                let four = two.map(|two| if two < 70 { 2000 + two } else { 1900 + two });
                self.year = year(four);
                self.year.is_some()
            }
            'm' | 'c' => {
                self.month = small(self.number(2));
                self.month.is_some()
            }
            'M' | 'b' => {
                self.month = self
                    .name(&MONTHS)
                    .and_then(|month| i8::try_from(month + 1).ok());
                self.month.is_some()
            }
            'd' | 'e' => {
                self.day = small(self.number(2));
                self.day.is_some()
            }
            'j' => {
                self.day_of_year = year(self.number(3));
                self.day_of_year.is_some()
            }
            'H' | 'k' => {
                self.hour = small(self.number(2));
                self.hour.is_some()
            }
            'h' | 'I' | 'l' => {
                self.half_hour = small(self.number(2));
                self.half_hour.is_some()
            }
            'i' => small(self.number(2))
                .map(|minute| self.minute = minute)
                .is_some(),
            's' | 'S' => small(self.number(2))
                .map(|second| self.second = second)
                .is_some(),
            'f' => {
                let before = self.rest.len();
                let number = self.number(9);
                let missing = 9_u32.saturating_sub((before - self.rest.len()) as u32);
                let nanos = number.map(|number| number * 10_i32.pow(missing));
                nanos.map(|nanos| self.nanosecond = nanos).is_some()
            }
            // Which day of the week it is follows from the rest.
            'W' | 'a' => self.name(&DAYS).is_some(),
            'p' => {
                let half = self.rest.get(..2).map(str::to_uppercase);
                self.is_afternoon = half.as_deref() == Some("PM");
                let is_half = matches!(half.as_deref(), Some("AM" | "PM"));
                self.rest = if is_half { &self.rest[2..] } else { self.rest };
                is_half
            }
            'T' => return self.fields("H:i:s"),
            'r' => return self.fields("h:i:s p"),
            'w' | 'U' | 'u' | 'V' | 'X' | 'D' | 'v' | 'x' => return Err(unsupported(letter)),
            letter => return Ok(self.literal(letter)),
        };
        Ok(is_read.then_some(()))
    }

    /// Fields by their letters, with what stands between them.
    fn fields(&mut self, pattern: &str) -> Result<Option<()>, String> {
        for letter in pattern.chars() {
            let is_read = match letter {
                ':' | ' ' => self.literal(letter),
                letter => self.field(letter)?,
            };
            if is_read.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    /// An offset from UTC: `Z`, `+0900` or `+09:00`.
    pub(super) fn offset(&mut self) -> Option<Offset> {
        if self.literal('Z').is_some() {
            let is_more = self
                .rest
                .starts_with(|letter: char| letter.is_ascii_digit());
            return (!is_more).then_some(Offset::UTC);
        }
        let length = if self.rest.get(3..4) == Some(":") {
            6
        } else {
            5
        };
        let found = offset(self.rest.get(..length)?)?;
        self.rest = self.rest.get(length..)?;
        Some(found)
    }

    /// Resolved as Joda does: a year that is missing is 2000 where another part of the date is there, so that there is a
    /// 29 February; an hour of 24 goes before one of 12.
    pub(super) fn time(&self) -> Option<DateTime> {
        let has_date =
            [self.month, self.day].iter().any(Option::is_some) || self.day_of_year.is_some();
        let year = self.year.unwrap_or(if has_date { 2000 } else { 1970 });
        let date = match self.day_of_year {
            Some(day) => {
                let first = Date::new(year, 1, 1).ok()?;
                first.with().day_of_year(day).build().ok()?
            }
            None => Date::new(year, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok()?,
        };
        let noon = if self.is_afternoon { 12 } else { 0 };
        let hour = match (self.hour, self.half_hour) {
            (Some(hour), _) => hour,
            (None, Some(hour @ 1..=12)) => hour % 12 + noon,
            (None, Some(_)) => return None,
            (None, None) => noon,
        };
        let time = Time::new(hour, self.minute, self.second, self.nanosecond).ok()?;
        Some(date.to_datetime(time))
    }
}
