//! Terms, in the host's words and in the contract's.

use super::request::index;
use super::wit;
use crate::plugin::check::{NodeAnswer, TermAnswer};
use crate::query::{Bound, Domain, Expression, Function, Literal, Range, Term, ValueSet};

pub(super) fn term_to_wit(term: &Term) -> wit::Term {
    match term {
        Term::Domain(Domain {
            field,
            values,
            null_allowed,
        }) => wit::Term::Domain(wit::Domain {
            field: index(*field),
            values: match values {
                ValueSet::All => wit::ValueSet::All,
                ValueSet::None => wit::ValueSet::None,
                ValueSet::AnyOf(values) => {
                    wit::ValueSet::AnyOf(values.iter().map(literal_to_wit).collect())
                }
                ValueSet::NoneOf(values) => {
                    wit::ValueSet::NoneOf(values.iter().map(literal_to_wit).collect())
                }
                ValueSet::Ranges(ranges) => {
                    wit::ValueSet::Ranges(ranges.iter().map(range_to_wit).collect())
                }
            },
            null_allowed: *null_allowed,
        }),
        Term::Expression(expression) => {
            let mut nodes = Vec::new();
            expression_to_wit(expression, &mut nodes);
            wit::Term::Expression(nodes)
        }
    }
}

fn range_to_wit(range: &Range) -> wit::Range {
    let bound = |bound: &Bound| match bound {
        Bound::Unbounded => wit::Bound::Unbounded,
        Bound::Inclusive(value) => wit::Bound::Inclusive(literal_to_wit(value)),
        Bound::Exclusive(value) => wit::Bound::Exclusive(literal_to_wit(value)),
    };
    wit::Range {
        low: bound(&range.low),
        high: bound(&range.high),
    }
}

fn literal_to_wit(literal: &Literal) -> wit::Literal {
    match literal {
        Literal::Boolean(value) => wit::Literal::Boolean(*value),
        Literal::Integer(value) => wit::Literal::Integer(*value),
        Literal::Double(value) => wit::Literal::Double(*value),
        Literal::Text(value) => wit::Literal::Text(value.clone()),
        Literal::Date(days) => wit::Literal::Date(*days),
        Literal::Nanos(nanos) => wit::Literal::Timestamp(*nanos),
        // `pushed_term` leaves none.
        Literal::Millis(millis) => wit::Literal::Timestamp(millis.saturating_mul(1_000_000)),
    }
}

/// Adds an expression in post-order and says where its root stands.
fn expression_to_wit(expression: &Expression, nodes: &mut Vec<wit::Node>) -> u32 {
    let node = match expression {
        Expression::Field(field) => wit::Node::Field(index(*field)),
        Expression::Constant(literal) => wit::Node::Constant(literal_to_wit(literal)),
        Expression::Null => wit::Node::Null,
        Expression::Call(function, arguments) => wit::Node::Call(wit::Call {
            arguments: arguments
                .iter()
                .map(|argument| expression_to_wit(argument, nodes))
                .collect(),
            function: function_to_wit(*function),
        }),
    };
    nodes.push(node);
    index(nodes.len() - 1)
}

/// A policy's term, not yet checked.
pub(super) fn term_from_wit(term: wit::Term) -> TermAnswer {
    match term {
        wit::Term::Domain(domain) => TermAnswer::Domain(Domain {
            field: domain.field as usize,
            values: match domain.values {
                wit::ValueSet::All => ValueSet::All,
                wit::ValueSet::None => ValueSet::None,
                wit::ValueSet::AnyOf(values) => ValueSet::AnyOf(literals_from_wit(values)),
                wit::ValueSet::NoneOf(values) => ValueSet::NoneOf(literals_from_wit(values)),
                wit::ValueSet::Ranges(ranges) => {
                    ValueSet::Ranges(ranges.into_iter().map(range_from_wit).collect())
                }
            },
            null_allowed: domain.null_allowed,
        }),
        wit::Term::Expression(nodes) => {
            TermAnswer::Expression(nodes.into_iter().map(node_from_wit).collect())
        }
    }
}

fn literals_from_wit(literals: Vec<wit::Literal>) -> Vec<Literal> {
    literals.into_iter().map(literal_from_wit).collect()
}

fn range_from_wit(range: wit::Range) -> Range {
    let bound = |bound| match bound {
        wit::Bound::Unbounded => Bound::Unbounded,
        wit::Bound::Inclusive(value) => Bound::Inclusive(literal_from_wit(value)),
        wit::Bound::Exclusive(value) => Bound::Exclusive(literal_from_wit(value)),
    };
    Range {
        low: bound(range.low),
        high: bound(range.high),
    }
}

fn literal_from_wit(literal: wit::Literal) -> Literal {
    match literal {
        wit::Literal::Boolean(value) => Literal::Boolean(value),
        wit::Literal::Integer(value) => Literal::Integer(value),
        wit::Literal::Double(value) => Literal::Double(value),
        wit::Literal::Text(value) => Literal::Text(value),
        wit::Literal::Date(days) => Literal::Date(days),
        wit::Literal::Timestamp(nanos) => Literal::Nanos(nanos),
    }
}

fn node_from_wit(node: wit::Node) -> NodeAnswer {
    match node {
        wit::Node::Field(field) => NodeAnswer::Field(field),
        wit::Node::Constant(literal) => NodeAnswer::Constant(literal_from_wit(literal)),
        wit::Node::Null => NodeAnswer::Null,
        wit::Node::Call(call) => NodeAnswer::Call(function_from_wit(call.function), call.arguments),
    }
}

/// The two vocabularies, side by side.
macro_rules! functions {
    ($($name:ident = $wit:ident),* $(,)?) => {
        fn function_to_wit(function: Function) -> wit::Function {
            match function { $(Function::$name => wit::Function::$wit),* }
        }
        pub(super) fn function_from_wit(function: wit::Function) -> Function {
            match function { $(wit::Function::$wit => Function::$name),* }
        }
    };
}
functions! {
    And = And, Or = Or, Not = Not, Equal = Equal, NotEqual = NotEqual, LessThan = LessThan,
    LessThanOrEqual = LessThanOrEqual, GreaterThan = GreaterThan, GreaterThanOrEqual = GreaterThanOrEqual,
    IsDistinctFrom = IsDistinctFrom, IsNull = IsNull, In = In, Like = Like, NullIf = Nullif, Add = Add,
    Subtract = Subtract, Multiply = Multiply, Divide = Divide, Modulus = Modulus, Negate = Negate, Array = Array,
}
