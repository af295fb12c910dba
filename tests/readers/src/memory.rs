//! The memory that reading may take.

use allocation_counter::measure;

/// Bytes for a byte of input. Arbitrary, but an honest reader stays below it: a list's element takes two bytes of JSON,
/// and up to 64 while its kind is found out, twice while its list grows.
const FACTOR: u64 = 256;

/// Bytes whatever the input: schemas, tables of names, an error's text.
const BASE: u64 = 1 << 20;

/// Runs a reader of `input` bytes.
///
/// # Panics
///
/// When it held more memory at a time than so many bytes are worth, so that one of them must have said how much.
pub fn bounded<T>(input: usize, read: impl FnOnce() -> T) -> T {
    let mut result = None;
    let taken = measure(|| result = Some(read())).bytes_max;
    let most = BASE + FACTOR * input as u64;
    assert!(
        taken <= most,
        "{input} bytes were read with {taken} bytes of memory; {most} are plenty"
    );
    match result {
        Some(result) => result,
        None => unreachable!("`measure` runs what it is given"),
    }
}
