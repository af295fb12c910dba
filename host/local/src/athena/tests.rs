//! Athena before a function that is a small fake: it describes one table, and answers with blocks made here.

#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod casts;
mod fake;
mod filters;
mod listing;
mod names;
mod passthrough;
mod reading;
mod sending;
