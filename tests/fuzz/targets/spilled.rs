//! Bytes as a spilled object: decrypted, then read as a block.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = readers::reading::spilled(bytes);
});
