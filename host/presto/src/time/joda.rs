//! `format_datetime` and `parse_datetime`: Joda's patterns.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::civil;
use super::mysql::{Read, field};
use crate::value::Value;

/// A piece of a pattern.
enum Piece {
    /// A letter, and how often it stands.
    Field(char, usize),
    Text(String),
}

fn pieces(pattern: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            // Two quotes are one, in a quoted text and outside.
            let mut text = String::new();
            loop {
                match letters.next() {
                    Some('\'') if letters.peek() == Some(&'\'') => {
                        letters.next();
                        text.push('\'');
                    }
                    Some('\'') if text.is_empty() => {
                        text.push('\'');
                        break;
                    }
                    Some('\'') => break,
                    Some(letter) => text.push(letter),
                    None => return Err(format!("Invalid format: {pattern}")),
                }
            }
            pieces.push(Piece::Text(text));
        } else if letter.is_ascii_alphabetic() {
            let mut count = 1;
            while letters.next_if_eq(&letter).is_some() {
                count += 1;
            }
            pieces.push(Piece::Field(letter, count));
        } else {
            pieces.push(Piece::Text(letter.to_string()));
        }
    }
    match pieces.is_empty() {
        true => Err("Invalid pattern specification".to_owned()),
        false => Ok(pieces),
    }
}

fn illegal(letter: char) -> String {
    format!("Illegal pattern component: {letter}")
}

/// `format_datetime(time, pattern)`.
pub(super) fn format<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let time = civil(&arguments[0]);
    let offset = match &arguments[0] {
        Value::Zoned(time) => time.offset(),
        _ => Offset::UTC,
    };
    let mut text = String::new();
    for piece in pieces(arguments[1].text())? {
        match piece {
            Piece::Text(piece) => text.push_str(&piece),
            Piece::Field(letter, count) => text.push_str(&written(time, offset, letter, count)?),
        }
    }
    Ok(Value::Owned(text))
}

fn written(time: DateTime, offset: Offset, letter: char, count: usize) -> Result<String, String> {
    let week = time.date().iso_week_date();
    let number = |number: i32| {
        let digits = number.unsigned_abs().to_string();
        let sign = if number < 0 { "-" } else { "" };
        let zeros = "0".repeat(count.saturating_sub(digits.len() + sign.len()));
        format!("{sign}{zeros}{digits}")
    };
    let hour = i32::from(time.hour());
    Ok(match letter {
        'y' | 'Y' | 'u' if count == 2 => format!("{:02}", time.year().rem_euclid(100)),
        'y' | 'Y' | 'u' => number(time.year().into()),
        'x' if count == 2 => format!("{:02}", week.year().rem_euclid(100)),
        'x' => number(week.year().into()),
        'w' => number(week.week().into()),
        'e' => number(time.weekday().to_monday_one_offset().into()),
        'E' if count > 3 => field(time, 'W')?,
        'E' => field(time, 'a')?,
        'M' if count > 3 => field(time, 'M')?,
        'M' if count == 3 => field(time, 'b')?,
        'M' => number(time.month().into()),
        'D' => number(time.day_of_year().into()),
        'd' => number(time.day().into()),
        'a' => field(time, 'p')?,
        'K' => number(hour % 12),
        'h' => number((hour + 11) % 12 + 1),
        'H' => number(hour),
        'k' => number((hour + 23) % 24 + 1),
        'm' => number(time.minute().into()),
        's' => number(time.second().into()),
        'S' => {
            let millis = format!("{:03}", time.subsec_nanosecond() / 1_000_000);
            let zeros = "0".repeat(count.saturating_sub(millis.len()));
            (millis + &zeros).chars().take(count).collect()
        }
        'Z' => {
            let seconds = offset.seconds();
            let sign = if seconds < 0 { '-' } else { '+' };
            let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
            match count {
                1 => format!("{sign}{hours:02}{minutes:02}"),
                _ => format!("{sign}{hours:02}:{minutes:02}"),
            }
        }
        letter => return Err(illegal(letter)),
    })
}

/// `parse_datetime(text, pattern)`: an instant, of UTC where the text has no offset.
pub(super) fn parse<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let text = arguments[0].text();
    let malformed = |at: &str| format!("Invalid format: \"{text}\" is malformed at \"{at}\"");
    let mut read = Read::new(text);
    let mut offset = Offset::UTC;
    for piece in pieces(arguments[1].text())? {
        let at = read.rest;
        let is_read = match piece {
            Piece::Text(piece) => piece.chars().try_for_each(|letter| read.literal(letter)),
            Piece::Field('Z', _) => read.offset().map(|found| offset = found),
            Piece::Field(letter, count) => {
                let letter = match (letter, count) {
                    ('y' | 'Y' | 'u', 2) => 'y',
                    ('y' | 'Y' | 'u', _) => 'Y',
                    ('M', 3..) => 'M',
                    ('M', _) => 'm',
                    ('d', _) => 'd',
                    ('D', _) => 'j',
                    ('H' | 'k', _) => 'H',
                    ('h' | 'K', _) => 'h',
                    ('m', _) => 'i',
                    ('s', _) => 's',
                    ('S', _) => 'f',
                    ('a', _) => 'p',
                    ('E', _) => 'W',
                    (letter, _) => return Err(illegal(letter)),
                };
                read.field(letter)?
            }
        };
        is_read.ok_or_else(|| malformed(at))?;
    }
    if !read.rest.is_empty() {
        return Err(malformed(read.rest));
    }
    let out = || format!("Cannot parse \"{text}\": a field is out of range");
    let time = read.time().ok_or_else(out)?;
    let instant = offset.to_timestamp(time).map_err(|_| out())?;
    Ok(Value::Zoned(
        instant.to_zoned(jiff::tz::TimeZone::fixed(offset)),
    ))
}
