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
    /// How many comparisons and computations it holds; a list of constants is compared once.
    pub(crate) operations: usize,
}

impl Condition {
    /// An exact condition of one operation by which Timestream finds no partition.
    pub(crate) fn of(sql: String) -> Self {
        Self {
            sql,
            joined: false,
            exact: true,
            operations: 1,
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
            operations: operations(&parts),
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
            operations: operations(&parts),
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

fn operations(parts: &[Condition]) -> usize {
    parts.iter().map(|part| part.operations).sum()
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
    Some(Condition {
        exact: values.exact,
        prunes: operand.prunes,
        bounds_time: operand.is_time && !null_allowed && values.is_bounded(),
        ..print(&operand.sql, values, null_allowed)?
    })
}

/// Prints the comparisons that a set of values becomes.
fn print(column: &str, values: &Values, null_allowed: bool) -> Option<Condition> {
    if values.is_everything() {
        return Some(if null_allowed {
            Condition::constant(true)
        } else {
            Condition::of(format!("{column} IS NOT NULL"))
        });
    }
    let mut alternatives: Vec<Condition> = Vec::with_capacity(values.spans.len() + 2);
    for span in &values.spans {
        alternatives.push(Condition::every(comparisons(column, span)?));
    }
    if !values.points.is_empty() {
        alternatives.extend(listed(column, &values.points, true)?);
    }
    if null_allowed {
        alternatives.push(Condition::of(format!("{column} IS NULL")));
    }
    Some(if alternatives.is_empty() {
        Condition::constant(false)
    } else {
        Condition::any(alternatives)
    })
}

fn comparisons(column: &str, span: &Span) -> Option<Vec<Condition>> {
    let mut comparisons = Vec::with_capacity(3);
    let mut push = |operator: &str, literal: &Literal| {
        let printed = sql::literal(literal)?;
        comparisons.push(Condition::of(format!("{column} {operator} {printed}")));
        Some(())
    };
    match &span.low {
        Bound::Unbounded => {}
        Bound::Inclusive(low) => push(">=", low)?,
        Bound::Exclusive(low) => push(">", low)?,
    }
    match &span.high {
        Bound::Unbounded => {}
        Bound::Inclusive(high) => push("<=", high)?,
        Bound::Exclusive(high) => push("<", high)?,
    }
    if !span.holes.is_empty() {
        comparisons.extend(listed(column, &span.holes, false)?);
    }
    Some(comparisons)
}

/// Where a value is among some constants, as alternatives; or where it is not, as conditions that must all hold.
///
/// A zero is compared by itself. Presto finds the constants of a list by a hash that, in old versions, tells −0.0 from
/// 0.0 (`InCodeGenerator` and `DoubleOperators.hashCode` in prestodb's sources), while `=` takes them for equal: in a
/// list, 0.0 could lose a stored −0.0.
pub(crate) fn listed(value: &str, constants: &[Literal], wanted: bool) -> Option<Vec<Condition>> {
    let is_zero = |literal: &&Literal| matches!(literal, Literal::Double(0.0));
    let (zeros, others): (Vec<&Literal>, Vec<&Literal>) = constants.iter().partition(is_zero);
    let (equal, among) = if wanted {
        ("=", "IN")
    } else {
        ("<>", "NOT IN")
    };
    let mut conditions = Vec::with_capacity(2);
    match others.as_slice() {
        [] => {}
        [one] => conditions.push(format!("{value} {equal} {}", sql::literal(one)?)),
        several => {
            let printed: Option<Vec<String>> = several
                .iter()
                .map(|literal| sql::literal(literal))
                .collect();
            conditions.push(format!("{value} {among} ({})", printed?.join(", ")));
        }
    }
    if let Some(zero) = zeros.first() {
        conditions.push(format!("{value} {equal} {}", sql::literal(zero)?));
    }
    Some(conditions.into_iter().map(Condition::of).collect())
}

#[cfg(test)]
mod tests;
