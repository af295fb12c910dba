//! What a plugin did when a call of it ended badly.

use memchr::memmem;
use wasmtime::{Store, Trap, WasmBacktrace, WasmCoreDump};

use super::call::{
    CALL_MEMORY_BYTES, CALL_OUTPUT_BYTES, CALL_TABLE_ELEMENTS, Limits, MAX_PARTS, MemoryLimit,
    TableLimit,
};
use crate::error::{Code, Error, Fault};

/// What stands before the message that a plugin left in its memory when it panicked (`wit/README.md`); eight decimal
/// digits follow with its length in bytes.
const PANIC_MARK: &[u8] = b"timestream:dialect panic ";

/// Digits of the message's length.
const LENGTH_DIGITS: usize = 8;

/// Characters of the message at most, and bytes of a memory that may hold them.
const MAX_MESSAGE: usize = 300;
const MAX_MESSAGE_BYTES: usize = 4 * MAX_MESSAGE;

/// Marks that are looked at, at most, from the end of a memory: a plugin leaves one.
const MAX_MARKS: usize = 16;

/// Says what a plugin did when a call of it ended badly.
pub(super) fn fault(
    plugin: &str,
    function: &str,
    store: &Store<Limits>,
    error: &wasmtime::Error,
) -> Error {
    let why = if error.downcast_ref::<MemoryLimit>().is_some() {
        format!(
            "it asked for more than {} MiB of memory",
            CALL_MEMORY_BYTES >> 20
        )
    } else if error.downcast_ref::<TableLimit>().is_some() {
        format!("it asked for tables of more than {CALL_TABLE_ELEMENTS} elements")
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => "it did not come to an end within its fuel".into(),
            Some(Trap::UnreachableCodeReached) => "it panicked".into(),
            Some(Trap::MemoryOutOfBounds | Trap::StackOverflow) => {
                "it ran out of stack or read outside its memory".into()
            }
            Some(trap) => format!("it trapped: {trap}"),
            // wasmtime has no type for these two errors.
            None if format!("{error:#}").contains("resource limit exceeded") => {
                format!("it has more than {MAX_PARTS} instances, memories or tables")
            }
            None if format!("{error:#}").contains("too much data") => {
                format!("it answered with more than {} MiB", CALL_OUTPUT_BYTES >> 20)
            }
            None => "its answer could not be read".into(),
        }
    };
    let fault = Error::new(
        Code::Internal,
        Fault::Plugin,
        format!("plugin {plugin} failed in `{function}`: {why}"),
    )
    .with_source(chain(error));
    match panic_message(store, error) {
        // A plugin's own words: they may quote a value.
        Some(message) => fault.with_detail(message),
        None => fault,
    }
}

/// What happened, and where in the plugin. The error itself would print all that the core dump has.
fn chain(error: &wasmtime::Error) -> String {
    let cause = error.root_cause();
    match error.downcast_ref::<WasmBacktrace>() {
        Some(backtrace) => format!("{cause}\n{backtrace}"),
        None => cause.to_string(),
    }
}

/// The message of a panic, where the plugin left one in its memory.
fn panic_message(store: &Store<Limits>, error: &wasmtime::Error) -> Option<String> {
    let Some(Trap::UnreachableCodeReached) = error.downcast_ref::<Trap>() else {
        return None;
    };
    let dump = error.downcast_ref::<WasmCoreDump>()?;
    let mut memories = dump.memories().iter();
    memories.find_map(|memory| message_in(memory.data(store)))
}

/// The last message in a memory: what the plugin was asked lies before it. The mark alone, as it stands in a plugin's
/// constants, is none.
fn message_in(memory: &[u8]) -> Option<String> {
    let marks = memmem::rfind_iter(memory, PANIC_MARK).take(MAX_MARKS);
    let mut messages = marks.filter_map(|at| message(&memory[at + PANIC_MARK.len()..]));
    messages.next()
}

/// The message whose length and text follow.
fn message(text: &[u8]) -> Option<String> {
    let (length, text) = text.split_at_checked(LENGTH_DIGITS)?;
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    let text = text.get(..length)?;
    let text = &text[..length.min(MAX_MESSAGE_BYTES)];
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        // The bound lies within a character.
        Err(error) if error.error_len().is_none() && length > MAX_MESSAGE_BYTES => {
            std::str::from_utf8(&text[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
    Some(text.chars().take(MAX_MESSAGE).map(printable).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_behind_the_mark_and_its_length() {
        let found = |memory: &str| message_in(memory.as_bytes());
        let mark = "timestream:dialect panic ";
        assert_eq!(found("nothing"), None);
        assert_eq!(found(mark), None);
        for length in [
            "abcdefgh",
            "00000004",
            "99999999",
            "-0000001",
            "\u{e9}000000",
        ] {
            assert_eq!(found(&format!("{mark}{length}abc")), None, "{length}");
        }
        // Not the one that a request brought, which lies before it; and the mark among the constants is none.
        let three = format!("{mark}00000001x {mark}00000003a\nbc {mark} ");
        assert_eq!(found(&three).as_deref(), Some("a b"));
        let long = format!("{mark}00000400{}", "x".repeat(400));
        assert_eq!(found(&long).map(|message| message.len()), Some(300));
        // Three bytes each: 1,200 bytes end with a whole one, 1,201 do not begin at one.
        let wide = format!("{mark}00001501x{}", "\u{20ac}".repeat(500));
        assert_eq!(
            found(&wide).map(|message| message.chars().count()),
            Some(300)
        );
        let broken = [mark.as_bytes(), b"00000002\xff\xff"].concat();
        assert_eq!(message_in(&broken), None);
    }

    /// A plugin must not make the host search for minutes by filling its memory with marks.
    #[test]
    fn many_marks_are_not_all_looked_at() {
        let unit = b"timestream:dialect panic 60000000";
        let mut memory = unit.repeat((64 << 20) / unit.len());
        memory.push(0xff);
        assert_eq!(message_in(&memory), None);
    }
}
