//! Rows in the shape that the service gives them, without a parser of JSON:
//! `[{"Data":[{"ScalarValue":"…"},{"NullValue":true}…]}…]`.
//!
//! A row of another shape (a list or row, an escape, whitespace, another order of members) is left to the general way,
//! `datum`, and the scan goes on behind it. What the scan cannot take at all it leaves whole, without a verdict.

use serde::de::{DeserializeSeed, IgnoredAny};

use super::builder::ColumnBuilder;
use super::datum::{Place, Row, Rows};

const ROW: &[u8] = br#"{"Data":["#;
const SCALAR: &[u8] = br#"{"ScalarValue":""#;
const AFTER_SCALAR: &[u8] = br#""}"#;
const NULL: &[u8] = br#"{"NullValue":true}"#;
const AFTER_ROW: &[u8] = b"]}";

/// Cells that are collected before they go to their builders, column by column. They should stay in the processor's
/// nearest cache.
const CELLS_AT_ONCE: usize = 1_024;

/// Adds the rows of a list that is the whole of `text`; yields their number. None: the list ends elsewhere, or something
/// is wrong with it; the builders are of no use then.
pub(super) fn rows(
    text: &str,
    builders: &mut [ColumnBuilder],
    targets: &[Option<usize>],
) -> Option<usize> {
    let mut cells = Cells {
        list: Vec::with_capacity(CELLS_AT_ONCE + targets.len()),
        targets,
    };
    let bytes = text.as_bytes();
    let mut at = after(bytes, 0, b"[")?;
    let mut count = 0;
    loop {
        at = match cells.row(text, at) {
            Some(next) => {
                if cells.list.len() >= CELLS_AT_ONCE {
                    cells.flush(builders)?;
                }
                next
            }
            None => {
                cells.flush(builders)?;
                general_row(text, at, builders, targets)?
            }
        };
        count += 1;
        match bytes.get(at)? {
            b',' => at += 1,
            b']' if at + 1 == bytes.len() => break,
            _ => return None,
        }
    }
    cells.flush(builders)?;
    Some(count)
}

/// A row of any shape; yields where it ends.
fn general_row(
    text: &str,
    at: usize,
    builders: &mut [ColumnBuilder],
    targets: &[Option<usize>],
) -> Option<usize> {
    let mut json = serde_json::Deserializer::from_str(text.get(at..)?);
    let row = Row(Rows {
        builders,
        targets,
        place: &mut Place { row: 0, column: 0 },
    });
    row.deserialize(&mut json).ok()?;
    // The parser tells how far it came only as a stream.
    Some(at + json.into_iter::<IgnoredAny>().byte_offset())
}

/// Texts of whole rows on their way to the builders, NULL as None.
struct Cells<'a> {
    list: Vec<Option<&'a str>>,
    targets: &'a [Option<usize>],
}

impl<'a> Cells<'a> {
    /// Takes the row that begins at `at`; yields where it ends. None: it has another shape, and nothing was taken.
    fn row(&mut self, text: &'a str, at: usize) -> Option<usize> {
        let before = self.list.len();
        let end = self.cells(text, at);
        if end.is_none() {
            self.list.truncate(before);
        }
        end
    }

    fn cells(&mut self, text: &'a str, at: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = after(bytes, at, ROW)?;
        for column in 0..self.targets.len() {
            if column > 0 {
                at = after(bytes, at, b",")?;
            }
            if let Some(start) = after(bytes, at, SCALAR) {
                let end = start + plain_length(bytes.get(start..)?)?;
                self.list.push(Some(text.get(start..end)?));
                at = after(bytes, end, AFTER_SCALAR)?;
            } else {
                at = after(bytes, at, NULL)?;
                self.list.push(None);
            }
        }
        after(bytes, at, AFTER_ROW)
    }

    /// Adds the cells to the builders. None: a text is not of its column's type.
    fn flush(&mut self, builders: &mut [ColumnBuilder]) -> Option<()> {
        for (column, target) in self.targets.iter().enumerate() {
            let Some(target) = target else {
                continue;
            };
            let cells = self.list.iter().skip(column).step_by(self.targets.len());
            builders.get_mut(*target)?.append_all(cells.copied()).ok()?;
        }
        self.list.clear();
        Some(())
    }
}

/// Where it goes on after a text that must stand at `at`.
fn after(bytes: &[u8], at: usize, expected: &[u8]) -> Option<usize> {
    bytes
        .get(at..)?
        .starts_with(expected)
        .then_some(at + expected.len())
}

/// Bytes before the quote that ends a string. None: it has an escape or no end, or a byte that must be escaped.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            let at = number * 8 + special.trailing_zeros() as usize / 8;
            return (bytes[at] == b'"').then_some(at);
        }
    }
    let at = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
    (rest[at] == b'"').then_some(words.len() * 8 + at)
}

/// Marks bytes of a word that are `"`, `\` or below a blank. The lowest mark is right; one above another may be wrong.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    const BLANKS: u64 = u64::from_le_bytes([b' '; 8]);
    let below = |word: u64, bounds: u64| word.wrapping_sub(bounds) & !word;
    (below(word ^ QUOTES, ONES) | below(word ^ BACKSLASHES, ONES) | below(word, BLANKS)) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_ends_at_its_quote_and_is_left_at_what_is_not_plain() {
        for before in 0..20 {
            for byte in 0..=u8::MAX {
                for after in 0..12 {
                    let mut text = vec![b'a'; before];
                    text.push(byte);
                    text.extend(vec![0xff; after]);
                    text.push(b'"');
                    let expected = match byte {
                        b'"' => Some(before),
                        b'\\' | ..0x20 => None,
                        _ => Some(before + 1 + after),
                    };
                    assert_eq!(plain_length(&text), expected, "{text:?}");
                }
            }
        }
        assert_eq!(plain_length(b"never ending"), None);
    }
}
