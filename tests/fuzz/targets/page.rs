//! Bytes as a page of Timestream's answer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = readers::reading::page(bytes);
});
