//! What the connector does with bytes from outside, one function for each kind: what the property tests of this crate
//! and the fuzz targets of `tests/fuzz` run.
//!
//! Every function yields `Ok` for what is well formed and the error's text for what is not. It panics when the
//! connector does, when more memory is taken than bytes of that number can be worth, or when what was read is not
//! read again after it was written.

pub mod memory;
pub mod reading;
pub mod samples;
pub mod value_set;

#[cfg(test)]
mod tests;
