//! What Trino 435, the engine that Athena is built on, makes of a predicate above a table: domains of single columns,
//! expressions that the connector announced, and what stays with the engine.
//!
//! Each file is one step of Trino's, under Trino's names: a predicate is read into Trino's form ([`analyze`]), simplified
//! ([`logic`], [`fold`]), casts and calendar functions are taken off columns ([`unwrap`], [`calendar`]), domains are taken
//! out ([`extract`]), and of the rest is said what can be ([`translate`]). `tests/fixtures/trino` holds what Trino itself
//! pushes; every rule here is held to it.

mod analyze;
mod calendar;
mod compared;
mod constant;
mod emit;
mod expression;
mod extract;
mod fold;
mod kind;
mod logic;
mod pattern;
mod translate;
mod unwrap;

use std::collections::{BTreeMap, BTreeSet};

use connector::wire::Expression as Wire;
use datafusion::common::{DFSchema, TableReference};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::simplify::SimplifyContext;

use self::analyze::Analyzer;
use self::expression::{Connective, Expression, Operator};
use self::extract::{Domains, extract, intersect};
use self::translate::Translator;
use super::domain::Domain;

/// What becomes of a constant with a time zone that a column without one is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zones {
    /// The column is cast, and nothing is pushed.
    Kept,
    /// The zone is taken off, and the column's range is pushed.
    Unwrapped,
}

/// What Athena sends of a predicate, and keeps.
#[derive(Debug)]
pub(super) struct Pushed {
    /// None: no row can be admitted, and nothing is read.
    pub(super) domains: Option<BTreeMap<String, Domain>>,
    pub(super) expressions: Vec<Wire>,
    /// What the engine has to check; none if everything was sent.
    pub(super) remaining: Option<Expr>,
}

/// Rounds of simplification before a predicate is taken as it is. Each makes it smaller or moves it towards a form
/// without ORs at the top; Trino stops at a time limit.
const ROUNDS: usize = 20;

/// Takes a predicate over a table's columns apart as Trino does; `announced` are the functions that may be sent.
pub(super) fn push(
    predicate: &Expr,
    table: &TableReference,
    schema: &DFSchema,
    announced: &BTreeSet<String>,
    zones: Zones,
    context: &SimplifyContext,
) -> Option<Pushed> {
    let mut remaining = Analyzer { schema, context }.read(predicate);
    let mut domains: Domains = Some(BTreeMap::new());
    let mut expressions: Vec<Wire> = Vec::new();
    let translator = Translator { announced };
    // What one push leaves is simplified for itself and pushed again.
    loop {
        remaining = take_nulls_apart(simplified(remaining, zones));
        let extraction = extract(&remaining, false);
        let before = (domains.clone(), expressions.len());
        domains = domains.and_then(|all| intersect(all, extraction.domains?));
        let mut kept = Vec::new();
        for term in extraction.remaining.terms(Connective::And) {
            match translator.translate(&term) {
                _ if term.is_true() => {}
                Some(said) if expressions.contains(&said) => {}
                Some(said) => expressions.push(said),
                None => kept.push(term),
            }
        }
        remaining = Connective::And.join(kept);
        if remaining.is_false() {
            domains = None;
        }
        if domains.is_none()
            || remaining.is_true()
            || (domains.clone(), expressions.len()) == before
        {
            break;
        }
        if expressions.len() > before.1 {
            let back = remaining.terms(Connective::And).into_iter().map(said_again);
            remaining = Connective::And.join(back.collect::<Vec<_>>());
        }
    }
    let remaining = match remaining {
        remaining if remaining.is_true() || domains.is_none() => None,
        remaining => Some(emit::emit(&remaining, table)?),
    };
    Some(Pushed {
        domains,
        expressions,
        remaining,
    })
}

/// Simplifies until nothing changes.
fn simplified(mut expression: Expression, zones: Zones) -> Expression {
    for _ in 0..ROUNDS {
        let before = expression.clone();
        expression = logic::push_negations(expression);
        expression = logic::extract_common(expression);
        expression = logic::list_equalities(expression);
        expression = fold::fold(expression);
        expression = unwrap::unwrap(expression, zones);
        if expression == before {
            break;
        }
    }
    expression
}

/// What a connector did not take of expressions, as it comes back when it took some: BETWEEN has become two comparisons,
/// which may say more. What cannot be said to a connector at all never went there.
fn said_again(term: Expression) -> Expression {
    if !translate::can_be_said(&term) {
        return term;
    }
    term.map(&|part| match part {
        Expression::Between { value, low, high } => Connective::And.join([
            Expression::compare(Operator::GreaterOrEqual, (*value).clone(), *low),
            Expression::compare(Operator::LessOrEqual, *value, *high),
        ]),
        part => part,
    })
}

/// NULLIF as a condition is true where its first value is and the second is not (`SimplifyFilterPredicate`).
fn take_nulls_apart(expression: Expression) -> Expression {
    let terms = expression.terms(Connective::And).into_iter();
    Connective::And.join(terms.flat_map(|term| match term {
        Expression::NullIf { value, other } => vec![
            *value,
            Expression::Logical {
                connective: Connective::Or,
                terms: vec![
                    Expression::is_null((*other).clone()),
                    Expression::not(*other),
                ],
            },
        ],
        term => vec![term],
    }))
}
