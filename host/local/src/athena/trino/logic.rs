//! The logical half of Trino's `SimplifyExpressions`: negations move inwards, terms that ORs share move out, and an OR
//! of equalities becomes a list.

use super::expression::{Connective, Expression, Operator, distinct};

/// Moves NOT towards the comparisons (`PushDownNegationsExpressionRewriter`).
pub(super) fn push_negations(expression: Expression) -> Expression {
    match expression {
        Expression::Not(inner) => match *inner {
            Expression::Logical { connective, terms } => {
                let negated = terms
                    .into_iter()
                    .map(|term| push_negations(Expression::not(term)));
                connective.flip().join(negated)
            }
            // A negated comparison is true of NaN.
            Expression::Compare {
                operator,
                left,
                right,
            } if !(operator.is_order() && left.kind().has_nan()) => match operator.negate() {
                Some(negated) => Expression::compare(negated, *left, *right),
                None => Expression::not(Expression::compare(operator, *left, *right)),
            },
            Expression::Not(inner) => push_negations(*inner),
            inner => Expression::not(push_negations(inner)),
        },
        Expression::Logical { connective, terms } => {
            connective.join(terms.into_iter().map(push_negations))
        }
        other => other,
    }
}

/// Moves the terms out that all sides share, and makes an OR an AND where that does not double it
/// (`ExtractCommonPredicatesExpressionRewriter`).
pub(super) fn extract_common(expression: Expression) -> Expression {
    let extracted = extract_below(expression);
    match extracted {
        Expression::Logical {
            connective: Connective::Or,
            terms,
        } => distribute(terms),
        other => other,
    }
}

fn extract_below(expression: Expression) -> Expression {
    let Expression::Logical { connective, terms } = expression else {
        return expression;
    };
    match connective.join(terms.into_iter().map(extract_below)) {
        Expression::Logical { connective, terms } => move_out(connective, terms),
        other => other,
    }
}

fn move_out(connective: Connective, terms: Vec<Expression>) -> Expression {
    let flipped = connective.flip();
    let sides: Vec<Vec<Expression>> = terms.into_iter().map(|term| term.terms(flipped)).collect();
    let Some((first, others)) = sides.split_first() else {
        return connective.join([]);
    };
    let shared = |term: &&Expression| others.iter().all(|side| side.contains(term));
    let common: Vec<Expression> = first.iter().filter(shared).cloned().collect();
    let rest = sides.into_iter().map(|side| {
        let rest = side.into_iter().filter(|term| !common.contains(term));
        flipped.join(rest)
    });
    let rest = connective.join(rest.collect::<Vec<_>>());
    flipped.join(common.into_iter().chain([rest]))
}

/// (A AND B) OR (C AND D) as (A OR C) AND (A OR D) AND (B OR C) AND (B OR D), unless that has more than twice the terms.
fn distribute(terms: Vec<Expression>) -> Expression {
    let sides: Vec<Vec<Expression>> = terms
        .iter()
        .cloned()
        .map(|term| distinct(term.terms(Connective::And)))
        .collect();
    if sides.iter().all(|side| side.len() == 1) {
        return Connective::Or.join(terms);
    }
    let before: usize = sides.iter().map(Vec::len).sum();
    let after = sides
        .iter()
        .try_fold(sides.len(), |product, side| product.checked_mul(side.len()));
    if after.is_none_or(|after| after > 2 * before) {
        return Connective::Or.join(terms);
    }
    let mut products: Vec<Vec<Expression>> = vec![Vec::new()];
    for side in sides {
        products = products
            .iter()
            .flat_map(|product| {
                side.iter().map(|term| {
                    let mut longer = product.clone();
                    longer.push(term.clone());
                    longer
                })
            })
            .collect();
    }
    let ors = products
        .into_iter()
        .map(|product| Connective::Or.join(product));
    Connective::And.join(ors.collect::<Vec<_>>())
}

/// Makes one list of the equalities and lists of an OR that speak of the same value, behind its other terms
/// (`NormalizeOrExpressionRewriter`).
pub(super) fn list_equalities(expression: Expression) -> Expression {
    let Expression::Logical { connective, terms } = expression else {
        return expression;
    };
    let terms: Vec<Expression> = terms.into_iter().map(list_equalities).collect();
    if connective == Connective::And {
        return connective.join(terms);
    }
    let mut groups: Vec<(Expression, Vec<Expression>)> = Vec::new();
    for term in &terms {
        let Some((value, list)) = listed(term) else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| known == value) {
            Some((_, values)) => values.extend(list),
            None => groups.push((value.clone(), list)),
        }
    }
    groups.retain(|(_, values)| values.len() > 1);
    let others = terms.into_iter().filter(|term| match listed(term) {
        Some((value, _)) => groups.iter().all(|(grouped, _)| grouped != value),
        None => true,
    });
    let others: Vec<Expression> = others.collect();
    let lists = groups.into_iter().map(|(value, values)| Expression::In {
        value: Box::new(value),
        list: distinct(values),
    });
    Connective::Or.join(others.into_iter().chain(lists))
}

/// The value that an equality or list compares, and with what.
fn listed(term: &Expression) -> Option<(&Expression, Vec<Expression>)> {
    match term {
        Expression::Compare {
            operator: Operator::Equal,
            left,
            right,
        } => Some((left, vec![(**right).clone()])),
        Expression::In { value, list } => Some((value, list.clone())),
        _ => None,
    }
}
