//! Dialects that lose rows, each by a mistake that an author may make.

use guest::{
    Bound, Dialect as _, Function, Literal, Node, QueryPlan, Refusal, Request, Term, Timestream,
    ValueSet, Verdict,
};

/// What becomes of a request in a mode; None: the mode is none of these.
pub(crate) fn plan(request: &Request, mode: &[u8]) -> Option<Result<QueryPlan, Refusal>> {
    let mut narrow = request.clone();
    match mode {
        b"null" => narrow.terms.iter_mut().for_each(lose_null),
        b"nanosecond" => narrow.terms.iter_mut().for_each(lose_a_nanosecond),
        b"zero" => narrow.terms.iter_mut().for_each(lose_zero),
        b"limit" => return Some(limit_too_early(request)),
        b"not" => return Some(negate_what_is_wider(request)),
        _ => return None,
    }
    Some(Timestream::plan(&narrow))
}

fn lose_null(term: &mut Term) {
    if let Term::Domain(domain) = term {
        domain.null_allowed = false;
    }
}

/// Ranges of time begin one nanosecond too late.
fn lose_a_nanosecond(term: &mut Term) {
    let Term::Domain(domain) = term else {
        return;
    };
    let ValueSet::Ranges(ranges) = &mut domain.values else {
        return;
    };
    for range in ranges {
        if let Bound::Inclusive(Literal::Timestamp(nanos)) = &mut range.low {
            *nanos = nanos.saturating_add(1);
        }
    }
}

/// A list of doubles loses its zeros.
fn lose_zero(term: &mut Term) {
    let Term::Domain(domain) = term else {
        return;
    };
    if let ValueSet::AnyOf(values) = &mut domain.values
        && values.len() > 1
    {
        values.retain(|value| !matches!(value, Literal::Double(0.0)));
    }
}

/// The limit is applied to the table, before the conditions.
fn limit_too_early(request: &Request) -> Result<QueryPlan, Refusal> {
    let mut plan = Timestream::plan(request)?;
    if let Some(limit) = request.limit {
        plan.from_item = format!(
            "(SELECT * FROM {} LIMIT {limit}) AS \"few\"",
            plan.from_item
        );
    }
    Ok(plan)
}

/// NOT stands around what keeps more rows than it should, and so keeps fewer.
fn negate_what_is_wider(request: &Request) -> Result<QueryPlan, Refusal> {
    let mut plan = Timestream::plan(request)?;
    for (term, verdict) in request.terms.iter().zip(&mut plan.verdicts) {
        let Term::Expression(nodes) = term else {
            continue;
        };
        let Some((Node::Call(root), inner)) = nodes.split_last() else {
            continue;
        };
        if root.function != Function::Not {
            continue;
        }
        let alone = Request {
            terms: vec![Term::Expression(inner.to_vec())],
            ..request.clone()
        };
        let inner = Timestream::plan(&alone)?.verdicts.pop();
        if let Some(Verdict::Wider(condition)) = inner {
            *verdict = Verdict::Wider(format!("NOT ({condition})"));
        }
    }
    Ok(plan)
}
