//! Functions and operators as Presto and Trino have them, over DataFusion: for the local Timestream, whose SQL is a
//! Presto's, and for the local Athena, which is a Trino.
//!
//! DataFusion has most of the names with another meaning. What is here replaces it:
//!
//! * [`functions`], [`aggregates`] and [`lambdas`] are registered over DataFusion's own. A function is a list of forms over
//!   the values of one row ([`function`]), an aggregate one over the values of a group ([`aggregate`]).
//! * [`PrestoDialect`], [`rewrite_tokens`] and [`rewrite_expr`] read what sqlparser reads otherwise, and refuse a function
//!   that is not in the list.
//! * [`Syntax`] plans what SQL writes without a function's name: `extract`, `substring`, `position`, subscripts, a quotient
//!   of decimals.
//! * [`check_query`], [`check_select`] and [`check_factor`] refuse clauses that are not Presto's.
//! * [`Typed`] refuses operators and casts that Presto does not have for the types of their operands.
//! * [`Checked`] makes signed integers fail where they would wrap, and casts round, once all types are known.
//!
//! What `tests/fixtures/trino/functions.txt` has of them was seen in Trino 435; the tests ask it again where there is a JDK.

mod aggregate;
mod array;
mod at_time_zone;
mod binary;
mod bits;
mod cast;
mod checked;
mod clauses;
mod coerced;
mod column;
mod columnar;
mod compact;
mod compared;
mod constructed;
mod convert;
mod decimal;
mod dialect;
mod function;
mod json;
mod lambda;
mod lazy;
mod literal;
mod map;
mod number;
mod planned;
mod regexp;
mod rewrite;
mod sequence;
mod shown;
mod syntax;
mod text;
mod time;
mod tokens;
mod typed;
mod types;
mod url;
mod value;

use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF};

pub use checked::{Checked, readable};
pub use clauses::{check_factor, check_query, check_select};
pub use columnar::columnar;
pub use dialect::PrestoDialect;
pub use lazy::Lazy;
pub use literal::{restore_query, restore_select};
pub use planned::TypesOfSql;
pub use rewrite::{call, rewrite_expr};
pub use shown::{json, shown};
pub use syntax::Syntax;
pub use time::PARTS;
pub use tokens::rewrite_tokens;
pub use typed::{Typed, is_part_of_a_day};
pub use types::type_name;

/// Registers functions and the lambdas of this crate, and removes those of DataFusion's that have one of their names. Of two
/// functions with one name the later is registered.
///
/// DataFusion registers a function under its aliases too, and a state that is built from another one registers all
/// functions again in an arbitrary order: a function of DataFusion's that was left could replace one of these.
pub fn register(
    builder: &mut SessionStateBuilder,
    functions: impl IntoIterator<Item = ScalarUDF>,
    aggregates: impl IntoIterator<Item = AggregateUDF>,
) {
    let has_name = |name: &str, aliases: &[String], wanted: &str| {
        name == wanted || aliases.iter().any(|alias| alias == wanted)
    };
    let registered = builder.scalar_functions().get_or_insert_default();
    for function in functions {
        registered.retain(|known| !has_name(known.name(), known.aliases(), function.name()));
        registered.push(Arc::new(function));
    }
    let registered = builder.aggregate_functions().get_or_insert_default();
    for function in aggregates {
        registered.retain(|known| !has_name(known.name(), known.aliases(), function.name()));
        registered.push(Arc::new(function));
    }
    let lambdas = lambdas().into_iter().map(Arc::new);
    *builder.higher_order_functions() = Some(lambdas.collect());
}

/// The scalar functions.
pub fn functions() -> Vec<ScalarUDF> {
    let of_rows = [
        array::all(),
        binary::all(),
        bits::all(),
        compared::all().into(),
        decimal::operators().into(),
        json::all(),
        map::all(),
        number::all(),
        regexp::all(),
        text::all(),
        time::all(),
        url::all(),
    ];
    let of_rows = of_rows.into_iter().flatten().map(ScalarUDF::from);
    of_rows
        .chain(constructed::all())
        .chain([at_time_zone::function(), sequence()])
        .collect()
}

/// The function that makes rows of a map's entries.
pub fn map_entries() -> ScalarUDF {
    ScalarUDF::from(map::entries())
}

/// What Timestream has and Trino does not.
pub fn functions_of_timestream() -> Vec<ScalarUDF> {
    vec![ScalarUDF::from(text::last_position())]
}

/// `sequence`, as Trino has it.
pub fn sequence() -> ScalarUDF {
    ScalarUDF::from(sequence::function())
}

/// The aggregates.
pub fn aggregates() -> Vec<AggregateUDF> {
    aggregate::all()
}

/// The functions that take a lambda.
pub fn lambdas() -> Vec<HigherOrderUDF> {
    lambda::all()
}
