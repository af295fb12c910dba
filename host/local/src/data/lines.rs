//! Which line of a file a row begins on.
//!
//! The `csv` crate tells a row's position before it has skipped what ends the row above, so its line is too small by one
//! in a file of CRLF lines, and by any number after blank ones. Here the ends of lines are noted while the file goes by.

use std::collections::VecDeque;
use std::io::{Read, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file that is being read.
pub(super) struct Lines<R> {
    file: R,
    ends: Arc<Mutex<Ends>>,
}

/// Tells lines of a file that is being read elsewhere.
pub(super) struct LineNumbers(Arc<Mutex<Ends>>);

#[derive(Default)]
struct Ends {
    /// Bytes that were read.
    read: u64,
    /// Whether the last of them was a carriage return.
    was_return: bool,
    /// Where each line feed is that has not been asked past, and whether a carriage return is before it.
    ahead: VecDeque<(u64, bool)>,
    /// Line feeds that were asked past.
    passed: u64,
}

impl<R: Read> Lines<R> {
    /// Watches a file from its beginning.
    pub(super) fn new(file: R) -> (Lines<R>, LineNumbers) {
        let ends = Arc::new(Mutex::new(Ends::default()));
        (
            Lines {
                file,
                ends: Arc::clone(&ends),
            },
            LineNumbers(ends),
        )
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.file.read(buffer)?;
        let mut ends = lock(&self.ends);
        for byte in &buffer[..count] {
            if *byte == b'\n' {
                let end = (ends.read, ends.was_return);
                ends.ahead.push_back(end);
            }
            ends.was_return = *byte == b'\r';
            ends.read += 1;
        }
        Ok(count)
    }
}

impl LineNumbers {
    /// Returns the line, from 1, of the first row at or after a byte. Bytes must be asked in ascending order.
    pub(super) fn line_of(&self, mut byte: u64) -> u64 {
        let mut ends = lock(&self.0);
        while let Some((feed, has_return)) = ends.ahead.front().copied() {
            let is_empty = feed == byte || (has_return && feed == byte + 1);
            if feed >= byte && !is_empty {
                break;
            }
            byte = byte.max(feed + 1);
            ends.ahead.pop_front();
            ends.passed += 1;
        }
        ends.passed + 1
    }
}

/// A panic elsewhere cannot leave numbers half written.
fn lock(ends: &Mutex<Ends>) -> MutexGuard<'_, Ends> {
    ends.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use csv::ReaderBuilder;

    use super::*;

    /// Lines of the rows, each of which has its own line in its first cell.
    fn check(text: &str) {
        let (lines, numbers) = Lines::new(text.as_bytes());
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(lines);
        let mut rows = 0;
        for row in reader.records() {
            let row = row.unwrap();
            let line = numbers.line_of(row.position().unwrap().byte());
            assert_eq!(line.to_string(), row[0], "{text:?}");
            rows += 1;
        }
        assert!(rows > 0);
    }

    #[test]
    fn blank_lines_and_cells_of_several_lines_are_counted() {
        for text in [
            "1,a\n2,b\n\n\n5,\"c\nd\"\n7,e",
            "\n\n3,a\n4\n",
            "1",
            "1,\"\n\n\n\"\n5\n",
        ] {
            check(text);
            check(&text.replace('\n', "\r\n"));
        }
        check("1\r\n2\n3\n\r\n5,\"\r\n\n\"\n8");
    }
}
