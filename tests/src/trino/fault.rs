//! Faults that a connector could have, planted on purpose: what finds none of them checks nothing.
//!
//! The first is planted where Trino's bounds are written for the wire, the others in the statements on their way to
//! Timestream: the connector itself has no switch to be wrong.

use clap::ValueEnum;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// Low bounds come as if they were inclusive.
    Bounds,
    /// The limit counts rows before the filter.
    Limit,
    /// NULL is dropped from sets that admit it.
    Null,
    /// Zero is dropped from lists of doubles.
    Zero,
    /// A key of an order that is cut down to milliseconds is sorted by its nanoseconds.
    Milliseconds,
}

impl Fault {
    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounds => "bounds",
            Self::Limit => "limit",
            Self::Null => "null",
            Self::Zero => "zero",
            Self::Milliseconds => "milliseconds",
        }
    }

    /// The statement that a connector with the fault would have written; None: it is not planted there.
    pub fn rewrite(self) -> Option<fn(&str) -> String> {
        match self {
            Self::Bounds => None,
            Self::Limit => Some(limit_before_filter),
            Self::Null => Some(without_null),
            Self::Zero => Some(without_zero),
            Self::Milliseconds => Some(by_nanoseconds),
        }
    }
}

/// `SELECT … FROM x WHERE c ORDER BY k LIMIT n` as `SELECT … FROM (SELECT * FROM x ORDER BY k LIMIT n) WHERE c ORDER BY
/// k`, each clause on a line of its own.
fn limit_before_filter(sql: &str) -> String {
    let Some((outputs, rest)) = sql.split_once("\nFROM ") else {
        return sql.to_owned();
    };
    let Some((from, rest)) = rest.split_once("\nWHERE ") else {
        return sql.to_owned();
    };
    let Some((filter, limit)) = rest.rsplit_once("\nLIMIT ") else {
        return sql.to_owned();
    };
    let (filter, order) = match filter.split_once("\nORDER BY ") {
        Some((filter, order)) => (filter, format!("\nORDER BY {order}")),
        None => (filter, String::new()),
    };
    format!(
        "{outputs}\nFROM (SELECT * FROM {from}{order}\nLIMIT {limit}) AS cut\nWHERE {filter}{order}"
    )
}

/// Without `OR "x" IS NULL`.
fn without_null(sql: &str) -> String {
    without(sql, " OR ", " IS NULL")
}

/// Without `OR "x" = 0.0E0` and `AND "x" <> 0.0E0`.
fn without_zero(sql: &str) -> String {
    without(&without(sql, " OR ", " = 0.0E0"), " AND ", " <> 0.0E0")
}

/// Without the operator, an identifier, and what follows it, wherever these stand one after the other.
fn without(sql: &str, operator: &str, after: &str) -> String {
    let mut kept = String::new();
    let mut rest = sql;
    while let Some(place) = rest.find(operator) {
        let (before, from_operator) = rest.split_at(place);
        kept.push_str(before);
        let operand = &from_operator[operator.len()..];
        let identifier = operand.strip_prefix('"').and_then(|name| name.find('"'));
        let removed = identifier.and_then(|end| operand[end + 2..].strip_prefix(after));
        match removed {
            Some(following) => rest = following,
            None => {
                kept.push_str(operator);
                rest = operand;
            }
        }
    }
    kept + rest
}

/// With the keys of an order as they are stored.
fn by_nanoseconds(sql: &str) -> String {
    const CUT: &str = "to_milliseconds(";
    let Some((statement, order)) = sql.split_once("\nORDER BY ") else {
        return sql.to_owned();
    };
    let mut parts = order.split(CUT);
    let mut keys = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // What is cut down is a column, whose name has no parenthesis.
        let (column, following) = part.split_once(')').unwrap_or((part, ""));
        keys.push_str(column);
        keys.push_str(following);
    }
    format!("{statement}\nORDER BY {keys}")
}
