//! `date_format` and `date_parse`: MySQL's patterns.

use jiff::civil::{Date, DateTime, Time};

use super::civil;
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
    let time = civil(&arguments[0]);
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

fn field(time: DateTime, letter: char) -> Result<String, String> {
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
struct Read<'a> {
    rest: &'a str,
    year: i16,
    month: i8,
    day: i8,
    day_of_year: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    is_afternoon: Option<bool>,
}

/// `date_parse(text, pattern)`: a timestamp of milliseconds.
pub(super) fn parse<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (text, pattern) = (arguments[0].text(), arguments[1].text());
    let invalid = |at: &str| format!("Invalid format: \"{text}\" is malformed at \"{at}\"");
    let mut read = Read {
        rest: text,
        year: 1970,
        month: 1,
        day: 1,
        day_of_year: None,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        is_afternoon: None,
    };
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

impl Read<'_> {
    fn literal(&mut self, letter: char) -> Option<()> {
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

    /// The place of the longest name that the text goes on with.
    fn name(&mut self, names: &[&str], is_short: bool) -> Option<usize> {
        let name = |name: &&str| {
            if is_short {
                name[..SHORT].to_owned()
            } else {
                (*name).to_owned()
            }
        };
        let found = names.iter().position(|known| {
            let known = name(known);
            self.rest
                .get(..known.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(&known))
        })?;
        self.rest = &self.rest[name(&names[found]).len()..];
        Some(found)
    }

    fn field(&mut self, letter: char) -> Result<Option<()>, String> {
        let small = |number: Option<i32>| number.and_then(|number| i8::try_from(number).ok());
        macro_rules! set {
            ($field:ident, $value:expr) => {
                $value.map(|value| self.$field = value)
            };
        }
        Ok(match letter {
            'Y' => set!(
                year,
                self.number(4).and_then(|year| i16::try_from(year).ok())
            ),
            'y' => {
                // As MySQL and Joda's pivot of Trino: 70 to 99 lie before 2000.
                let year = self
                    .number(2)
                    .map(|year| if year < 70 { 2000 + year } else { 1900 + year });
                set!(year, year.and_then(|year| i16::try_from(year).ok()))
            }
            'm' | 'c' => set!(month, small(self.number(2))),
            'd' | 'e' => set!(day, small(self.number(2))),
            'H' | 'k' => set!(hour, small(self.number(2))),
            'h' | 'I' | 'l' => set!(hour, small(self.number(2))),
            'i' => set!(minute, small(self.number(2))),
            's' | 'S' => set!(second, small(self.number(2))),
            'j' => self
                .number(3)
                .and_then(|day| i16::try_from(day).ok())
                .map(|day| self.day_of_year = Some(day)),
            'f' => {
                let before = self.rest.len();
                let number = self.number(9);
                let digits = before - self.rest.len();
                number.map(|number| {
                    self.nanosecond = number * 10_i32.pow(9 - digits as u32);
                })
            }
            'M' => self
                .name(&MONTHS, false)
                .map(|month| self.month = month as i8 + 1),
            'b' => self
                .name(&MONTHS, true)
                .map(|month| self.month = month as i8 + 1),
            'W' => self.name(&DAYS, false).map(|_| ()),
            'a' => self.name(&DAYS, true).map(|_| ()),
            'p' => {
                let half = self.rest.get(..2).map(str::to_uppercase);
                let is_afternoon = match half.as_deref() {
                    Some("AM") => Some(false),
                    Some("PM") => Some(true),
                    _ => None,
                };
                is_afternoon.map(|is_afternoon| {
                    self.rest = &self.rest[2..];
                    self.is_afternoon = Some(is_afternoon);
                })
            }
            'T' => return self.fields("H:i:s"),
            'r' => return self.fields("h:i:s p"),
            '%' => self.literal('%'),
            'w' | 'U' | 'u' | 'V' | 'X' | 'D' | 'v' | 'x' => return Err(unsupported(letter)),
            letter => self.literal(letter),
        })
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

    fn time(&self) -> Option<DateTime> {
        let date = match self.day_of_year {
            Some(day) => Date::new(self.year, 1, 1)
                .ok()?
                .with()
                .day_of_year(day)
                .build()
                .ok()?,
            None => Date::new(self.year, self.month, self.day).ok()?,
        };
        let hour = match self.is_afternoon {
            None => self.hour,
            Some(_) if !(1..=12).contains(&self.hour) => return None,
            Some(is_afternoon) => self.hour % 12 + if is_afternoon { 12 } else { 0 },
        };
        let time = Time::new(hour, self.minute, self.second, self.nanosecond).ok()?;
        Some(date.to_datetime(time))
    }
}
