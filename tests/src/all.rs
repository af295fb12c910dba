//! The tests of the whole, one binary; the smallest extent first.

mod errors;
mod fixtures;
mod interop;
mod ordered;
mod passthrough;
mod plugins;
mod reading;
mod user;
