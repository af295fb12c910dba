//! The message of a panic, kept in the plugin's memory, where the host finds it (`wit/README.md`).

use std::fmt::Write as _;
use std::panic::PanicHookInfo;

/// Keeps the message of a panic from now on. The export macros call it before each function: an instance lives for one call.
pub fn keep_messages() {
    std::panic::set_hook(Box::new(keep));
}

fn keep(info: &PanicHookInfo<'_>) {
    let words = info.payload_as_str().unwrap_or("no message");
    let message = match info.location() {
        Some(place) => format!("{words} ({place})"),
        None => words.to_owned(),
    };
    let mark = "timestream:dialect panic ";
    // Allocated once: a buffer that grows leaves a copy of its beginning behind, which the host would find.
    let mut kept = String::with_capacity(mark.len() + 8 + message.len());
    // Writing to a text cannot fail.
    let _ = write!(kept, "{mark}{:08}{message}", message.len());
    // The compiler would remove a text that nothing reads.
    std::mem::forget(std::hint::black_box(kept));
}
