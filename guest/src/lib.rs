//! Write a plugin for the Athena connector for Amazon Timestream.
//!
//! A plugin is a WebAssembly component without imports, and a crate with this one dependency and
//! `crate-type = ["cdylib", "rlib"]`. A *dialect* turns what Athena asks into Timestream SQL. All methods of [`Dialect`]
//! have defaults, which together are the shipped dialect; a plugin overrides what it wants to change:
//!
//! ```
//! use guest::{Dialect, QueryPlan, Refusal, RefusalKind, Request, Timestream};
//!
//! /// Refuses to read a table from its first row to its last.
//! struct Guarded;
//!
//! impl Dialect for Guarded {
//!     fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
//!         if request.terms.is_empty() {
//!             let message = "add a condition on `time`".to_owned();
//!             return Err(Refusal { kind: RefusalKind::Forbidden, message });
//!         }
//!         Timestream::plan(request)
//!     }
//! }
//!
//! guest::export_dialect!(Guarded);
//! ```
//!
//! The default's answer can be changed before it leaves. This one has the host check every row again:
//!
//! ```
//! use guest::{Dialect, QueryPlan, Refusal, Request, Timestream, Verdict};
//!
//! /// Calls no condition exact.
//! struct Careful;
//!
//! impl Dialect for Careful {
//!     fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
//!         let mut plan = Timestream::plan(request)?;
//!         for verdict in &mut plan.verdicts {
//!             if let Verdict::Exact(condition) = verdict {
//!                 *verdict = Verdict::Wider(std::mem::take(condition));
//!             }
//!         }
//!         Ok(plan)
//!     }
//! }
//!
//! guest::export_dialect!(Careful);
//! ```
//!
//! And this one chooses what Athena sees of a table. A field says which column it shows, so that the default plan needs
//! no change where fields are left out:
//!
//! ```
//! use guest::{Dialect, Mapping, Refusal, Table, Timestream};
//!
//! /// Shows no column whose name begins with an underscore.
//! struct Tidy;
//!
//! impl Dialect for Tidy {
//!     fn map_table(table: &Table) -> Result<Mapping, Refusal> {
//!         let mut mapping = Timestream::map_table(table)?;
//!         mapping.fields.retain(|field| !field.name.starts_with('_'));
//!         Ok(mapping)
//!     }
//! }
//!
//! guest::export_dialect!(Tidy);
//! ```
//!
//! A [`Policy`] adds terms that every row must meet, whatever the dialect makes of them, or refuses; [`export_policy!`]
//! exports it:
//!
//! ```
//! use guest::{Domain, Policy, PolicyDescription, Refusal, Request, Ruling, Term, ValueSet, Literal};
//!
//! /// Shows no row of another region.
//! struct Region;
//!
//! impl Policy for Region {
//!     fn describe() -> PolicyDescription {
//!         PolicyDescription { name: "region".to_owned(), version: "1.0.0".to_owned() }
//!     }
//!
//!     fn review(request: &Request) -> Result<Ruling, Refusal> {
//!         let mut fields = (0..).zip(&request.mapping.fields);
//!         let terms = match fields.find(|(_, field)| field.name == "region") {
//!             None => Vec::new(),
//!             Some((field, _)) => vec![Term::Domain(Domain {
//!                 field,
//!                 values: ValueSet::AnyOf(vec![Literal::Text("eu-west-1".to_owned())]),
//!                 null_allowed: false,
//!             })],
//!         };
//!         Ok(Ruling { terms, max_bytes_metered: None, notes: Vec::new() })
//!     }
//! }
//!
//! guest::export_policy!(Region);
//! ```
//!
//! The promise behind a [`Verdict`]: `Exact` conditions keep exactly the rows that the term admits, `Wider` ones keep
//! those and perhaps more. A condition that loses a row is the one mistake the host cannot see. [`sql`] quotes names and
//! constants, and says where a constant has no form; nothing else should.
//!
//! Everything runs and is tested natively: the export macros do nothing outside WebAssembly.

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
#[doc(hidden)]
pub mod panic;

pub use bindings::dialect::exports::timestream::dialect::dialect::{
    Bins, Description, QueryPlan, Slicing, Verdict,
};
pub use bindings::dialect::timestream::dialect::types::{
    ArrowType, Bound, Call, Caller, Column, ColumnKind, Domain, Field, Function, Literal, Mapping,
    Node, Range, Refusal, RefusalKind, Request, Scalar, SortKey, Source, Table, Term,
    TimestreamType, ValueSet,
};
pub use bindings::policy::exports::timestream::dialect::policy::{
    Description as PolicyDescription, Ruling,
};
pub use dialect::{Dialect, Timestream};
pub use policy::Policy;

#[cfg(test)]
mod testing;
