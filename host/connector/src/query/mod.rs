//! What is asked, in the connector's own words: tables and their mapping, terms, domains, literals, order.
//!
//! Values in, values out: no client, no clock, no JSON of Athena's, no SQL.

mod expression;
mod literal;
mod nanos;
mod order;
mod read;
pub mod residual;
mod table;
mod value_set;

#[cfg(test)]
mod tests;

pub use expression::{Expression, Function};
pub use literal::Literal;
pub use nanos::{is_timestamp, pushed_term};
pub use order::{SortKey, TopN};
pub use read::{order, terms};
pub use table::{Column, ColumnKind, Field, Mapping, Scalar, Source, Table, TimestreamType};
pub use value_set::{Bound, Domain, Range, ValueSet};

/// A domain or an expression. A request's terms are ANDed.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// One field's values.
    Domain(Domain),
    /// A boolean expression; a row qualifies when it is true, not when it is NULL.
    Expression(Expression),
}

impl Term {
    /// The fields it looks at, each once, ascending.
    pub fn fields(&self) -> Vec<usize> {
        match self {
            Self::Domain(domain) => vec![domain.field],
            Self::Expression(expression) => {
                let mut fields = Vec::new();
                expression.collect_fields(&mut fields);
                fields.sort_unstable();
                fields.dedup();
                fields
            }
        }
    }
}
