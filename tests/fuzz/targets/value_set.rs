//! Bytes as a value set of Athena's and rows: what is kept of them, and what is pushed down.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = readers::value_set::value_set(bytes);
});
