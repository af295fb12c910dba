//! The proof that the dialect loses no row: what Athena asks, put through the connector and the dialect, against an
//! evaluator that sees no SQL and shares no code with the connector ([`oracle`]).
//!
//! Random cases are made of bytes that a seed gives ([`generate`]); a seed that fails is named, and its case made as
//! simple as can be ([`shrink`]).

pub mod calls;
pub mod conditions;
pub mod config;
pub mod end_to_end;
pub mod exhaustive;
pub mod generate;
pub mod model;
pub mod oracle;
pub mod queries;
pub mod records;
pub mod run;
pub mod shrink;
pub mod subject;
pub mod wire;
