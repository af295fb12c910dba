//! Sets of values as SQL conditions.

use crate::operand::{Kind, Operand};
use crate::values::{Span, Values};
use crate::{Bound, Literal, ValueSet, sql};

/// True of every row.
const TRUE: &str = "1 = 1";
/// True of no row.
const FALSE: &str = "1 = 0";

/// What a term can become.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) sql: String,
    /// Whether it keeps exactly the rows that the term admits, and no others.
    pub(crate) exact: bool,
    /// A wider condition, for when there is no room for this one.
    pub(crate) shorter: Option<String>,
    /// Whether Timestream reads fewer partitions for it.
    pub(crate) prunes: bool,
    /// Whether it leaves out a part of time.
    pub(crate) bounds_time: bool,
}

/// The condition that a domain becomes.
///
/// # Errors
/// Says why the domain stays out of the statement.
pub(crate) fn of_domain(
    operand: &Operand,
    set: &ValueSet,
    null_allowed: bool,
) -> Result<Condition, String> {
    let column = operand.sql.as_str();
    let values = match &operand.kind {
        Ok(kind) => Values::new(*kind, set)?,
        // Without constants, only NULL matters.
        Err(opaque) if opaque.null_checks && matches!(set, ValueSet::All | ValueSet::None) => {
            Values::new(Kind::Text, set)?
        }
        Err(opaque) => return Err(opaque.reason.clone()),
    };
    let unprintable = || "it holds a constant that SQL has no form for".to_owned();
    if values.is_everything() && null_allowed && !values.exact {
        return Err(unprintable());
    }
    let sql = print(column, &values, null_allowed).ok_or_else(unprintable)?;
    let enclosing = values.enclosing();
    let says_nothing = enclosing.is_everything() && null_allowed;
    let shorter = if says_nothing {
        None
    } else {
        print(column, &enclosing, null_allowed)
    };
    Ok(Condition {
        exact: values.exact,
        shorter: shorter.filter(|shorter| shorter.len() < sql.len()),
        prunes: operand.prunes,
        bounds_time: operand.is_time && !null_allowed && values.is_bounded(),
        sql,
    })
}

/// Prints a condition that can stand beside AND as it is; `None` if a constant has no form in SQL.
fn print(column: &str, values: &Values, null_allowed: bool) -> Option<String> {
    if values.is_everything() {
        return Some(if null_allowed {
            TRUE.to_owned()
        } else {
            format!("{column} IS NOT NULL")
        });
    }
    let mut alternatives: Vec<String> = Vec::with_capacity(values.spans.len() + 2);
    let alone = values.spans.len() == 1 && values.points.is_empty() && !null_allowed;
    for span in &values.spans {
        let comparisons = comparisons(column, span)?;
        let joined = comparisons.join(" AND ");
        alternatives.push(if comparisons.len() > 1 && !alone {
            format!("({joined})")
        } else {
            joined
        });
    }
    match values.points.as_slice() {
        [] => {}
        [value] => alternatives.push(format!("{column} = {}", sql::literal(value)?)),
        list => alternatives.push(format!("{column} IN ({})", print_list(list)?)),
    }
    if null_allowed {
        alternatives.push(format!("{column} IS NULL"));
    }
    match alternatives.as_slice() {
        [] => Some(FALSE.to_owned()),
        [only] => Some(only.clone()),
        several => Some(format!("({})", several.join(" OR "))),
    }
}

fn comparisons(column: &str, span: &Span) -> Option<Vec<String>> {
    let mut comparisons = Vec::with_capacity(3);
    match &span.low {
        Bound::Unbounded => {}
        Bound::Inclusive(low) => comparisons.push(format!("{column} >= {}", sql::literal(low)?)),
        Bound::Exclusive(low) => comparisons.push(format!("{column} > {}", sql::literal(low)?)),
    }
    match &span.high {
        Bound::Unbounded => {}
        Bound::Inclusive(high) => comparisons.push(format!("{column} <= {}", sql::literal(high)?)),
        Bound::Exclusive(high) => comparisons.push(format!("{column} < {}", sql::literal(high)?)),
    }
    match span.holes.as_slice() {
        [] => {}
        [hole] => comparisons.push(format!("{column} <> {}", sql::literal(hole)?)),
        holes => comparisons.push(format!("{column} NOT IN ({})", print_list(holes)?)),
    }
    Some(comparisons)
}

fn print_list(literals: &[Literal]) -> Option<String> {
    let printed: Option<Vec<String>> = literals.iter().map(sql::literal).collect();
    Some(printed?.join(", "))
}

#[cfg(test)]
mod tests;
