//! The tests of the whole, one binary; the smallest extent first.

mod delegated;
mod describing;
mod effects;
mod errors;
mod fixtures;
mod glue;
mod interop;
mod keys;
mod listings;
mod ordered;
mod partition;
mod passthrough;
mod places;
mod plugins;
mod protocol;
mod proven;
mod pushdown;
mod pushed;
mod quoting;
mod reading;
mod reference;
mod seeds;
mod through;
mod tidy;
mod user;
mod weaknesses;
