//! Random statements, made of bytes as the proof's cases are: the same bytes give the same statement, smaller bytes a
//! simpler one. Every choice has its simplest alternative first.

mod constants;
mod predicates;
mod scalars;
mod statements;

pub use statements::{Comparison, Statement, statement};
