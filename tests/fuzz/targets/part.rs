//! Text as a part of a statement, as a plugin answers it.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = readers::reading::part(text);
});
