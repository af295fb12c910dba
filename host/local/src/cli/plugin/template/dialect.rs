//! A dialect: what Timestream is asked, and what Athena sees of it.
//!
//! All methods of [`Dialect`] have defaults, which together are the shipped dialect. This one changes nothing yet: the
//! three below call the defaults, for you to change what goes in or what comes out. Delete those that you do not need.

use guest::{Description, Dialect, Mapping, QueryPlan, Refusal, Request, Table, Timestream};

/// The dialect.
#[derive(Debug)]
pub struct Plugin;

impl Dialect for Plugin {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Timestream::describe()
        }
    }

    fn map_table(table: &Table) -> Result<Mapping, Refusal> {
        Timestream::map_table(table)
    }

    fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
        Timestream::plan(request)
    }
}

guest::export_dialect!(Plugin);
