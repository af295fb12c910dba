//! SQL conditions: what domains become, and how conditions are joined.

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
    /// Whether AND joins its parts, so that it stands in parentheses beside OR.
    pub(crate) joined: bool,
    /// Whether it keeps exactly the rows that the term admits, and no others.
    pub(crate) exact: bool,
    /// A wider condition, for when there is no room for this one.
    pub(crate) shorter: Option<Box<Condition>>,
    /// Whether Timestream reads fewer partitions for it.
    pub(crate) prunes: bool,
    /// Whether it leaves out a part of time.
    pub(crate) bounds_time: bool,
}

impl Condition {
    /// An exact condition by which Timestream finds no partition.
    pub(crate) fn of(sql: String) -> Self {
        Self {
            sql,
            joined: false,
            exact: true,
            shorter: None,
            prunes: false,
            bounds_time: false,
        }
    }

    /// True of every row, or of none.
    pub(crate) fn constant(value: bool) -> Self {
        Self::of(if value { TRUE } else { FALSE }.to_owned())
    }

    /// True where every part is.
    pub(crate) fn every(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let sql: Vec<&str> = parts.iter().map(|part| part.sql.as_str()).collect();
        Self {
            sql: sql.join(" AND "),
            joined: true,
            exact: parts.iter().all(|part| part.exact),
            prunes: parts.iter().any(|part| part.prunes),
            bounds_time: parts.iter().any(|part| part.bounds_time),
            shorter: shorter(parts, Self::every),
        }
    }

    /// True where some part is.
    pub(crate) fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let sql: Vec<String> = parts.iter().map(Self::beside_or).collect();
        Self {
            sql: format!("({})", sql.join(" OR ")),
            joined: false,
            exact: parts.iter().all(|part| part.exact),
            prunes: parts.iter().all(|part| part.prunes),
            bounds_time: parts.iter().all(|part| part.bounds_time),
            shorter: shorter(parts, Self::any),
        }
    }

    fn beside_or(&self) -> String {
        if self.joined {
            format!("({})", self.sql)
        } else {
            self.sql.clone()
        }
    }
}

/// The parts joined anew, with the shorter form of each that has one.
fn shorter(parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Option<Box<Condition>> {
    let found = parts.iter().any(|part| part.shorter.is_some());
    let shortest = |mut part: Condition| part.shorter.take().map_or(part, |shorter| *shorter);
    found.then(|| Box::new(join(parts.into_iter().map(shortest).collect())))
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
    let whole = of_values(operand, &values, null_allowed).ok_or_else(unprintable)?;
    let enclosing = values.enclosing();
    let says_nothing = enclosing.is_everything() && null_allowed;
    let shorter = of_values(operand, &enclosing, null_allowed)
        .filter(|shorter| !says_nothing && shorter.sql.len() < whole.sql.len());
    Ok(Condition {
        shorter: shorter.map(Box::new),
        ..whole
    })
}

/// The condition of a set of values; `None` if a constant has no form in SQL.
fn of_values(operand: &Operand, values: &Values, null_allowed: bool) -> Option<Condition> {
    let comparisons = print(&operand.sql, values, null_allowed)?;
    Some(Condition {
        sql: comparisons.join(" AND "),
        joined: comparisons.len() > 1,
        exact: values.exact,
        shorter: None,
        prunes: operand.prunes,
        bounds_time: operand.is_time && !null_allowed && values.is_bounded(),
    })
}

/// Prints the comparisons that must all hold.
fn print(column: &str, values: &Values, null_allowed: bool) -> Option<Vec<String>> {
    if values.is_everything() {
        return Some(vec![if null_allowed {
            TRUE.to_owned()
        } else {
            format!("{column} IS NOT NULL")
        }]);
    }
    if let ([span], [], false) = (
        values.spans.as_slice(),
        values.points.as_slice(),
        null_allowed,
    ) {
        return comparisons(column, span);
    }
    let mut alternatives: Vec<String> = Vec::with_capacity(values.spans.len() + 2);
    for span in &values.spans {
        let comparisons = comparisons(column, span)?;
        let joined = comparisons.join(" AND ");
        alternatives.push(if comparisons.len() > 1 {
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
    Some(vec![match alternatives.as_slice() {
        [] => FALSE.to_owned(),
        [only] => only.clone(),
        several => format!("({})", several.join(" OR ")),
    }])
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
