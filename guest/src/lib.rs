//! Write a dialect plugin.

mod dialect;
mod policy;

mod mapping;

mod budget;
mod condition;
mod expression;
mod like;
mod operand;
mod plan;
mod values;

pub mod sql;

mod refusal;

#[doc(hidden)]
pub mod bindings;

pub use bindings::dialect::exports::timestream::dialect::dialect::{
    Description, QueryPlan, Slicing, Verdict,
};
pub use bindings::dialect::timestream::dialect::types::{
    ArrowType, Bound, Call, Caller, Column, ColumnKind, Domain, Field, Function, Literal, Mapping,
    Node, Range, Refusal, RefusalKind, Request, Scalar, SortKey, Source, Table, Term,
    TimestreamType, ValueSet,
};
pub use dialect::{Dialect, Timestream};
pub use policy::Policy;

#[cfg(test)]
mod testing;
