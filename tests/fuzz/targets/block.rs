//! Bytes as a block: a schema, and one message of it in either framing.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = readers::reading::block(bytes);
});
