//! Functions and operators as Presto and Trino have them, over DataFusion: for the local Timestream, whose SQL is a
//! Presto's, and for the local Athena, which is a Trino.
//!
//! DataFusion has most of the names with another meaning. What is here replaces it:
//!
//! * [`functions`] are registered over DataFusion's own. A function is a list of forms over the values of one row
//!   ([`function`]); texts, regular expressions and times are each a module.
//! * [`Syntax`] plans what SQL writes without a function's name: `extract`, `substring`, `position`, a quotient of
//!   decimals.
//! * [`Checked`] makes signed integers fail where they would wrap, and casts round, once all types are known.
//!
//! What `tests/fixtures/trino/functions.txt` has of them was seen in Trino 435; the tests ask it again where there is a JDK.

mod at_time_zone;
mod checked;
mod compared;
mod decimal;
mod function;
mod number;
mod regexp;
mod sum;
mod syntax;
mod text;
mod time;
mod value;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

pub use checked::{Checked, readable};
pub use syntax::Syntax;
pub use time::PARTS;

/// The scalar functions.
pub fn functions() -> Vec<ScalarUDF> {
    let of_rows = [text::all(), regexp::all(), number::all(), time::all()];
    let of_rows = of_rows.into_iter().flatten().map(ScalarUDF::from);
    of_rows
        .chain(compared::all())
        .chain([at_time_zone::function()])
        .collect()
}

/// The aggregates.
pub fn aggregates() -> Vec<AggregateUDF> {
    vec![sum::function()]
}
