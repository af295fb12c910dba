//! The statements of the Java connector: for a migration that changes no SQL, and to compare the shipped dialect with.
//!
//! A condition is printed as the Java connector prints it (its `PredicateBuilder`), if it keeps every row that Athena
//! asked for. Where it does not, the term is skipped and the reason names the fault. Like the Java connector it is sent
//! value sets alone: it announces no function, no limit and no order.
//!
//! Bounds of timestamps come from the host as exact nanoseconds, and are printed as they come. So `time <= x`, for which
//! the Java connector loses the rest of the last millisecond, ends at the millisecond after it.

mod condition;

use guest::{Description, Dialect, QueryPlan, Refusal, Request, Slicing, Source, Timestream};

/// The dialect.
#[derive(Debug)]
pub struct JavaCompat;

impl Dialect for JavaCompat {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            functions: Vec::new(),
            limit: false,
            top_n: false,
        }
    }

    fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
        let shipped = Timestream::plan(request)?;
        let verdicts = condition::verdicts(&request.table, &request.mapping, &request.terms);
        let (common_tables, from_item) = match &request.table.source {
            Source::View((_, text)) => (vec![view(text)], "t1".to_owned()),
            Source::Table(_) | Source::Passthrough(_) => (shipped.common_tables, shipped.from_item),
        };
        Ok(QueryPlan {
            common_tables,
            from_item,
            outputs: shipped.outputs,
            verdicts,
            order: None,
            slicing: Slicing::Never("the Java connector reads a table in one piece".to_owned()),
            notes: Vec::new(),
        })
    }
}

/// A view's text as the Java connector pastes it; but on its own line ends what a comment at its end would swallow.
fn view(text: &str) -> String {
    let text = text
        .trim_start()
        .trim_end_matches(|character: char| character.is_whitespace() || character == ';');
    format!("t1 AS ( {text} \n)")
}

guest::export_dialect!(JavaCompat);

#[cfg(test)]
mod tests;
