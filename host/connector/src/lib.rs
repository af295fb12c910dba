//! The Athena connector for Amazon Timestream: bytes of Athena's federation JSON in, bytes out.
//!
//! A query walks through the rooms from top to bottom; each knows only what stands above it, [`handler`] alone knows
//! all:
//!
//! | room | handles |
//! |---|---|
//! | [`wire`] | bytes ↔ requests, answers, value sets, expressions, blocks |
//! | [`query`] | tables, terms, domains, literals, order; milliseconds to nanoseconds; terms evaluated on rows |
//! | [`plugin`] | the dialect: admission, calls with limits, checks of what comes back |
//! | [`slices`] | whether and where a scan is cut into parts that are read side by side |
//! | [`statement`] | a plan's parts → one SELECT, and what is left to check |
//! | [`timestream`] | clients, pages, their decoding into Arrow |
//! | `delegation` | credentials that come with a request |
//! | [`catalog`] | names, columns, what travels from call to call |
//! | [`spill`] | batches → blocks, encrypted, inline or in S3 |
//! | [`handler`] | one function per call of Athena's |

mod aws;
pub mod error;
mod json;
pub mod settings;

pub mod wire;

pub mod query;

pub mod plugin;

pub mod slices;

pub mod slot;

pub mod statement;

pub mod timestream;

mod delegation;

pub mod catalog;

pub mod spill;

pub mod handler;

pub mod telemetry;

pub use error::{Code, Error, Fault, Result};
pub use handler::{Answer, Connector, Deadline, End, Explanation, Invocation, Reading};
pub use settings::Settings;
