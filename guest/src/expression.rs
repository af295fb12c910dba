//! Expressions as SQL conditions: comparisons and LIKE between a field and a constant, joined by AND.
//!
//! Under AND a part that cannot be translated is left out, which makes the condition wider. Everything else is left to
//! the host.

use crate::condition::{self, Condition};
use crate::operand::Operand;
use crate::{
    Bound, Call, Function, Literal, Node, Range, Refusal, Request, ValueSet, like, refusal,
};

/// The functions this module translates.
pub(crate) const FUNCTIONS: [Function; 7] = [
    Function::And,
    Function::Equal,
    Function::LessThan,
    Function::LessThanOrEqual,
    Function::GreaterThan,
    Function::GreaterThanOrEqual,
    Function::Like,
];

/// The condition that an expression becomes, or the reason why it becomes none.
///
/// # Errors
/// Refuses a request whose expression is no arena in post-order or uses fields that do not exist.
pub(crate) fn of_expression(
    request: &Request,
    nodes: &[Node],
) -> Result<Result<Condition, String>, Refusal> {
    let mut translated = Vec::new();
    let mut left_out = None;
    for call in conjuncts(nodes)? {
        match of_conjunct(request, nodes, call)? {
            Ok(condition) => translated.push(condition),
            Err(reason) => left_out = left_out.or(Some(reason)),
        }
    }
    if translated.is_empty() {
        return Ok(Err(left_out.unwrap_or_else(|| "it is empty".to_owned())));
    }
    let parts: Vec<&str> = translated
        .iter()
        .map(|condition| condition.sql.as_str())
        .collect();
    Ok(Ok(Condition {
        sql: parts.join(" AND "),
        exact: left_out.is_none() && translated.iter().all(|condition| condition.exact),
        shorter: None,
        prunes: translated.iter().any(|condition| condition.prunes),
        bounds_time: translated.iter().any(|condition| condition.bounds_time),
    }))
}

/// The nodes that an expression joins by AND, from left to right. Without recursion: the stack of a plugin is small.
fn conjuncts(nodes: &[Node]) -> Result<Vec<&Node>, Refusal> {
    let Some(root) = nodes.len().checked_sub(1) else {
        return Err(refusal::invalid(
            "an expression of the request has no nodes".to_owned(),
        ));
    };
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(place) = waiting.pop() {
        match &nodes[place] {
            Node::Call(Call {
                function: Function::And,
                arguments,
            }) => {
                for argument in arguments.iter().rev() {
                    let argument = *argument as usize;
                    if argument >= place {
                        return Err(disordered(place, argument));
                    }
                    waiting.push(argument);
                }
            }
            node => found.push(node),
        }
    }
    Ok(found)
}

fn disordered(place: usize, argument: usize) -> Refusal {
    refusal::invalid(format!(
        "an expression of the request is out of order: node {place} uses node {argument}"
    ))
}

fn of_conjunct(
    request: &Request,
    nodes: &[Node],
    node: &Node,
) -> Result<Result<Condition, String>, Refusal> {
    let call = match node {
        Node::Call(call) => call,
        Node::Field(_) => return Ok(Err("a bare field is not translated".to_owned())),
        Node::Constant(_) | Node::Null => {
            return Ok(Err("a bare constant is not translated".to_owned()));
        }
    };
    let mut arguments = Vec::with_capacity(2);
    for argument in &call.arguments {
        match nodes.get(*argument as usize) {
            Some(argument) => arguments.push(argument),
            None => return Err(disordered(nodes.len() - 1, *argument as usize)),
        }
    }
    let (function, field, constant) = match (call.function, arguments.as_slice()) {
        (Function::Like, [Node::Field(field), Node::Constant(pattern)]) => {
            let operand = Operand::of_field(request, *field)?;
            return Ok(like::of_pattern(&operand, pattern));
        }
        (function, [Node::Field(field), Node::Constant(constant)]) => (function, *field, constant),
        (function, [Node::Constant(constant), Node::Field(field)]) => {
            (swapped(function), *field, constant)
        }
        (_, [Node::Null, _] | [_, Node::Null]) => {
            return Ok(Err("it compares with NULL".to_owned()));
        }
        (function, _) => {
            let reason = format!(
                "`{}` is translated between a field and a constant only",
                name(function)
            );
            return Ok(Err(if FUNCTIONS.contains(&function) {
                reason
            } else {
                not_translated(function)
            }));
        }
    };
    let Some(set) = set_of(function, constant) else {
        return Ok(Err(not_translated(function)));
    };
    Ok(condition::of_domain(
        &Operand::of_field(request, field)?,
        &set,
        false,
    ))
}

/// The function that means the same with its arguments swapped, if it is a comparison.
fn swapped(function: Function) -> Function {
    match function {
        Function::LessThan => Function::GreaterThan,
        Function::LessThanOrEqual => Function::GreaterThanOrEqual,
        Function::GreaterThan => Function::LessThan,
        Function::GreaterThanOrEqual => Function::LessThanOrEqual,
        other => other,
    }
}

/// The values for which `value <function> constant` is true.
fn set_of(function: Function, constant: &Literal) -> Option<ValueSet> {
    let range = |low, high| Some(ValueSet::Ranges(vec![Range { low, high }]));
    match function {
        Function::Equal => Some(ValueSet::AnyOf(vec![constant.clone()])),
        Function::LessThan => range(Bound::Unbounded, Bound::Exclusive(constant.clone())),
        Function::LessThanOrEqual => range(Bound::Unbounded, Bound::Inclusive(constant.clone())),
        Function::GreaterThan => range(Bound::Exclusive(constant.clone()), Bound::Unbounded),
        Function::GreaterThanOrEqual => range(Bound::Inclusive(constant.clone()), Bound::Unbounded),
        _ => None,
    }
}

fn not_translated(function: Function) -> String {
    format!("`{}` is not translated", name(function))
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
