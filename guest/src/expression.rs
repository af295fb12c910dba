//! Expressions as SQL conditions.
//!
//! SQL's logic has three values, and a row is kept where a condition is true. So no part of an expression needs a
//! translation that has its value on every row: all that is asked of a part is where it is true or, below NOT, where it
//! is false, and each of the two is a condition of its own. `NOT (a < 5 AND b = 1)` is true where one of its parts is
//! false: `("a" >= 5 OR "b" <> 1)`. Rows where a part is NULL are in neither, and nothing is ever put under NOT that
//! keeps more rows than was asked.

mod comparison;
mod tree;
mod value;

use crate::condition::{self, Condition};
use crate::operand::Kind;
use crate::{Function, Literal, Node, Refusal, Request, ValueSet, like, sql};
use tree::Tree;
use value::{Value, value};

/// The functions this module translates: all of Athena's, each as far as its arguments allow.
pub(crate) const FUNCTIONS: [Function; 21] = [
    Function::And,
    Function::Or,
    Function::Not,
    Function::Equal,
    Function::NotEqual,
    Function::LessThan,
    Function::LessThanOrEqual,
    Function::GreaterThan,
    Function::GreaterThanOrEqual,
    Function::IsDistinctFrom,
    Function::IsNull,
    Function::In,
    Function::Like,
    Function::Nullif,
    Function::Add,
    Function::Subtract,
    Function::Multiply,
    Function::Divide,
    Function::Modulus,
    Function::Negate,
    Function::Array,
];

/// The condition that an expression becomes, or the reason why it becomes none.
///
/// # Errors
/// Refuses a request whose expression is no arena in post-order or uses fields that do not exist.
pub(crate) fn of_expression(
    request: &Request,
    nodes: &[Node],
) -> Result<Result<Condition, String>, Refusal> {
    let tree = Tree::new(request, nodes)?;
    Ok(tree.and_then(|tree| rows_where(&tree, true)))
}

/// The rows where an expression is true or, if that is what is wanted, false.
fn rows_where(tree: &Tree<'_>, wanted: bool) -> Result<Condition, String> {
    let (function, arguments) = match tree {
        Tree::Null => return Ok(Condition::constant(false)),
        Tree::Constant(Literal::Boolean(value)) => {
            return Ok(Condition::constant(*value == wanted));
        }
        Tree::Constant(_) | Tree::Field(_) => return is(tree, wanted),
        Tree::Call(function, arguments) => (*function, arguments.as_slice()),
    };
    match (function, arguments) {
        (Function::Not, [argument]) => rows_where(argument, !wanted),
        (Function::And, [_, ..]) if wanted => every(arguments, wanted),
        (Function::And, [_, ..]) => any(arguments, wanted),
        (Function::Or, [_, ..]) if wanted => any(arguments, wanted),
        (Function::Or, [_, ..]) => every(arguments, wanted),
        (Function::IsDistinctFrom, [left, right]) => comparison::is_distinct(left, right, wanted),
        (Function::In, [value, Tree::Call(Function::Array, elements)]) => {
            comparison::is_in(value, elements, wanted)
        }
        (Function::Like, [text, pattern]) => is_like(text, pattern, None, wanted),
        (Function::Like, [text, pattern, escape]) => is_like(text, pattern, Some(escape), wanted),
        (Function::IsNull, [argument]) => is_null(argument, wanted),
        (Function::Nullif, _) => is(tree, wanted),
        (function, [left, right]) => match comparison::operator(function) {
            Some(operator) => comparison::compare((function, operator), left, right, wanted),
            None => Err(not_translated(function)),
        },
        _ => Err(not_translated(function)),
    }
}

/// Where every part is as wanted. A part that has no translation is left out, which keeps more rows.
fn every(parts: &[Tree<'_>], wanted: bool) -> Result<Condition, String> {
    let mut conditions = Vec::with_capacity(parts.len());
    let mut left_out = None;
    for part in parts {
        match rows_where(part, wanted) {
            Ok(condition) => conditions.push(condition),
            Err(reason) => left_out = left_out.or(Some(reason)),
        }
    }
    match left_out {
        None => Ok(Condition::every(conditions)),
        Some(reason) if conditions.is_empty() => Err(reason),
        Some(_) => Ok(Condition {
            exact: false,
            ..Condition::every(conditions)
        }),
    }
}

/// Where some part is as wanted. Each must be translated: the rows of one that is left out would be lost.
fn any(parts: &[Tree<'_>], wanted: bool) -> Result<Condition, String> {
    let conditions = parts.iter().map(|part| rows_where(part, wanted));
    Ok(Condition::any(conditions.collect::<Result<_, _>>()?))
}

/// Where a boolean value is as wanted.
fn is(tree: &Tree<'_>, wanted: bool) -> Result<Condition, String> {
    let Value {
        sql,
        kind,
        operations,
    } = value(tree)?;
    if kind != Kind::Boolean {
        return Err(format!("{} stands for a condition", kind.name()));
    }
    Ok(Condition {
        operations: operations + 1,
        ..Condition::of(format!("{sql} = {}", sql::boolean(wanted)))
    })
}

/// Where `text LIKE pattern ESCAPE escape` is as wanted.
fn is_like(
    text: &Tree<'_>,
    pattern: &Tree<'_>,
    escape: Option<&Tree<'_>>,
    wanted: bool,
) -> Result<Condition, String> {
    match (text, pattern, escape) {
        (Tree::Null, ..) | (_, Tree::Null, _) | (.., Some(Tree::Null)) => {
            Ok(Condition::constant(false))
        }
        (Tree::Field(operand), Tree::Constant(pattern), None) => {
            like::of_pattern(operand, pattern, None, wanted)
        }
        (Tree::Field(operand), Tree::Constant(pattern), Some(Tree::Constant(escape))) => {
            like::of_pattern(operand, pattern, Some(escape), wanted)
        }
        _ => Err("LIKE is translated between a column and constants only".to_owned()),
    }
}

/// Where `argument IS NULL` is as wanted. It is never NULL itself.
fn is_null(argument: &Tree<'_>, wanted: bool) -> Result<Condition, String> {
    match argument {
        Tree::Null => Ok(Condition::constant(wanted)),
        Tree::Constant(_) => Ok(Condition::constant(!wanted)),
        Tree::Field(operand) if wanted => condition::of_domain(operand, &ValueSet::None, true),
        Tree::Field(operand) => condition::of_domain(operand, &ValueSet::All, false),
        Tree::Call(..) => {
            let Value {
                sql, operations, ..
            } = value(argument)?;
            let not = if wanted { "" } else { "NOT " };
            Ok(Condition {
                operations: operations + 1,
                ..Condition::of(format!("{sql} IS {not}NULL"))
            })
        }
    }
}

fn not_translated(function: Function) -> String {
    format!("`{}` is not translated where it stands", name(function))
}

/// The function's name in the contract.
fn name(function: Function) -> &'static str {
    match function {
        Function::And => "and",
        Function::Or => "or",
        Function::Not => "not",
        Function::Equal => "equal",
        Function::NotEqual => "not-equal",
        Function::LessThan => "less-than",
        Function::LessThanOrEqual => "less-than-or-equal",
        Function::GreaterThan => "greater-than",
        Function::GreaterThanOrEqual => "greater-than-or-equal",
        Function::IsDistinctFrom => "is-distinct-from",
        Function::IsNull => "is-null",
        Function::In => "in",
        Function::Like => "like",
        Function::Nullif => "nullif",
        Function::Add => "add",
        Function::Subtract => "subtract",
        Function::Multiply => "multiply",
        Function::Divide => "divide",
        Function::Modulus => "modulus",
        Function::Negate => "negate",
        Function::Array => "array",
    }
}

#[cfg(test)]
mod tests;
