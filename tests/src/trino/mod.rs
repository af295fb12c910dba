//! Trino plays Athena: the engine that Athena is made of plans, pushes, reads and judges.
//!
//! A process (`tests/interop/trino`, in two versions of Trino) has catalogs whose connector speaks the federation protocol
//! to `bootstrap`, and one over the rows that must come, which pushes nothing. The same statement is run on both.

pub mod compare;
pub mod evaluator;
pub mod fault;
pub mod functions;
pub mod generate;
pub mod local;
pub mod play;
pub mod sources;
pub mod stage;
pub mod tables;
