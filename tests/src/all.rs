//! The tests of the whole, one binary; the smallest extent first.

mod errors;
mod plugins;
mod reading;
mod interop;
mod ordered;
