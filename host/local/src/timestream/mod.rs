//! A stand-in for Amazon Timestream for LiveAnalytics: its Write and its Query service on one port of this machine.
//!
//! [`Server`] speaks AWS JSON 1.0 as the service models `timestream-write` and `timestream-query` (2018-11-01) describe
//! it, keeps what is written in memory, and answers SQL with DataFusion after rewriting it. A query's rows leave in
//! pages, as the service sends them: 1 MB each, tokens that die, first pages with no rows.
//!
//! What it does on purpose not: it checks no signature, knows no account, forgets everything when it stops, keeps no
//! retention (records of any age after 1970 are taken, far future included, because tests use fixed dates), ignores
//! `ClientToken` (each call without `NextToken` starts a run), and answers a long query late, not with an empty page
//! after 60 seconds. SQL that DataFusion cannot run after the rewriting is refused, not approximated.

mod counters;
mod error;
mod fault;
#[cfg(test)]
mod fixture;
mod query;
mod server;
mod sql;
mod store;
mod write;

pub use counters::{Counters, QueryCounters};
pub use fault::Fault;
pub use server::{Options, Server};
pub use sql::Conditions;

#[cfg(test)]
mod tests;
