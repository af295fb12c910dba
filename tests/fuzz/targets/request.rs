//! Bytes as a request of Athena's.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = readers::reading::request(bytes);
});
