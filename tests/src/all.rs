//! The tests of the whole, one binary; the smallest extent first.

mod errors;
mod plugins;
mod reading;
mod fixtures;
mod interop;
mod ordered;
mod user;
