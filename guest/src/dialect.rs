//! The world `dialect-plugin` as a trait: what a plugin implements.
//!
//! Every method has a default, and the defaults together are the Timestream dialect. A plugin overrides what it wants to
//! change and may call [`Timestream`] for the rest.

use crate::{Bins, Description, Mapping, QueryPlan, Refusal, Request, Table, mapping, plan};

/// Timestream SQL and Timestream types. Pure: same arguments, same answer.
pub trait Dialect {
    /// Says who this is and what it wants to see of a query.
    fn describe() -> Description {
        plan::describe()
    }

    /// Chooses the fields that Athena sees of a table, with their types.
    ///
    /// # Errors
    /// A refusal is shown to the person who asked.
    fn map_table(table: &Table) -> Result<Mapping, Refusal> {
        mapping::map_table(table)
    }

    /// Answers a request with the parts of one SELECT.
    ///
    /// # Errors
    /// A refusal is shown to the person who asked.
    fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
        plan::plan(request)
    }

    /// Says how rows are counted by bins of time, `width` nanoseconds each.
    ///
    /// # Errors
    /// A refusal keeps the host from counting.
    fn bins_of(table: &Table, width: i64) -> Result<Bins, Refusal> {
        plan::bins_of(table, width)
    }
}

/// The dialect of the default methods.
#[derive(Debug)]
pub struct Timestream;

impl Dialect for Timestream {}

/// Makes this crate a plugin: exports the given [`Dialect`](crate::Dialect) as the world `dialect-plugin`.
///
/// Does nothing in a native build, where the exported names cannot be linked; tests of the plugin run there.
#[macro_export]
macro_rules! export_dialect {
    ($dialect:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::dialect::exports::timestream::dialect::dialect::Guest;

            struct Component;

            impl Guest for Component {
                fn describe() -> $crate::Description {
                    $crate::panic::keep_messages();
                    <$dialect as $crate::Dialect>::describe()
                }

                fn map_table(table: $crate::Table) -> Result<$crate::Mapping, $crate::Refusal> {
                    $crate::panic::keep_messages();
                    <$dialect as $crate::Dialect>::map_table(&table)
                }

                fn plan(request: $crate::Request) -> Result<$crate::QueryPlan, $crate::Refusal> {
                    $crate::panic::keep_messages();
                    <$dialect as $crate::Dialect>::plan(&request)
                }

                fn bins_of(table: $crate::Table, width: i64) -> Result<$crate::Bins, $crate::Refusal> {
                    $crate::panic::keep_messages();
                    <$dialect as $crate::Dialect>::bins_of(&table, width)
                }
            }

            $crate::bindings::dialect::export_raw!(Component with_types_in $crate::bindings::dialect);
        };
    };
}
