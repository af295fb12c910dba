//! Predicates to domains (Trino's `DomainTranslator`): the values that each column may have at most, and what of the
//! predicate they do not say.

use std::collections::BTreeMap;

use super::compared::{compared, ranges, with_floor};
use super::constant::{Constant, Datum};
use super::expression::{Connective, Expression, Known, Operator};
use super::fold;
use super::kind::Kind;
use super::pattern::{Pattern, after_prefix};
use crate::athena::domain::{Cut, Domain};

/// Columns with the values that are admitted at most; others may have any. None admits no row at all.
pub(super) type Domains = Option<BTreeMap<String, Domain>>;

/// What a predicate says of single columns, and what else it says.
#[derive(Clone, Debug)]
pub(super) struct Extraction {
    pub(super) domains: Domains,
    /// TRUE where the domains say it all.
    pub(super) remaining: Expression,
}

/// Takes a predicate apart, or its opposite.
pub(super) fn extract(expression: &Expression, complement: bool) -> Extraction {
    known(expression, complement).unwrap_or_else(|| Extraction::all(expression, complement))
}

fn known(expression: &Expression, complement: bool) -> Option<Extraction> {
    match expression {
        Expression::Logical { connective, terms } => {
            let parts: Vec<Extraction> =
                terms.iter().map(|term| extract(term, complement)).collect();
            let connective = if complement {
                connective.flip()
            } else {
                *connective
            };
            match connective {
                Connective::And => Some(all_of(parts)),
                Connective::Or => any_of(parts, expression, complement),
            }
        }
        Expression::Not(inner) => Some(extract(inner, !complement)),
        Expression::Constant(constant) if constant.is_null() => Extraction::nothing(),
        Expression::Constant(constant) if constant.kind == Kind::Boolean => {
            if constant.is_true() == complement {
                Extraction::nothing()
            } else {
                Extraction::exact(Some(BTreeMap::new()))
            }
        }
        Expression::Column { name, kind } if *kind == Kind::Boolean => {
            let domain = ranges(Operator::Equal, &Constant::boolean(true));
            Extraction::exact(domain.and_then(|domain| {
                only(
                    name,
                    if complement {
                        domain.complement()
                    } else {
                        domain
                    },
                )
            }))
        }
        Expression::Compare {
            operator,
            left,
            right,
        } => comparison(*operator, left, right, complement),
        Expression::IsNull(inner) => match &**inner {
            Expression::Column { name, kind } if !matches!(kind, Kind::Other(_)) => {
                Extraction::exact(only(
                    name,
                    if complement {
                        Domain::not_null()
                    } else {
                        Domain::only_null()
                    },
                ))
            }
            _ => None,
        },
        Expression::Between { value, low, high } => {
            let both = Connective::And.join([
                Expression::compare(Operator::GreaterOrEqual, (**value).clone(), (**low).clone()),
                Expression::compare(Operator::LessOrEqual, (**value).clone(), (**high).clone()),
            ]);
            Some(extract(&both, complement))
        }
        Expression::In { value, list } => listed(value, list, complement),
        Expression::Like {
            value,
            pattern,
            escape,
        } => like(expression, value, pattern, *escape, complement),
        Expression::Function {
            known: Some(Known::StartsWith { value, prefix }),
            ..
        } if !complement => match prefix.constant().map(|prefix| &prefix.datum) {
            Some(Some(Datum::Text(prefix))) => beginning(expression, value, prefix),
            _ => None,
        },
        _ => None,
    }
}

impl Extraction {
    fn exact(domains: Domains) -> Option<Self> {
        Some(Self {
            domains,
            remaining: Expression::boolean(true),
        })
    }

    fn nothing() -> Option<Self> {
        Self::exact(None)
    }

    /// Nothing is said of single columns.
    fn all(expression: &Expression, complement: bool) -> Self {
        Self {
            domains: Some(BTreeMap::new()),
            remaining: complemented(expression.clone(), complement),
        }
    }
}

fn complemented(expression: Expression, complement: bool) -> Expression {
    if complement {
        Expression::not(expression)
    } else {
        expression
    }
}

/// A domain of one column; a domain without any value admits no row, one with all of them says nothing.
fn only(column: &str, domain: Domain) -> Domains {
    if domain.is_none() {
        return None;
    }
    let says = (!domain.is_all()).then(|| (column.to_owned(), domain));
    Some(says.into_iter().collect())
}

fn all_of(parts: Vec<Extraction>) -> Extraction {
    let (domains, remaining): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .map(|part| (part.domains, part.remaining))
        .unzip();
    let domains = domains
        .into_iter()
        .try_fold(BTreeMap::new(), |all, one| intersect(all, one?));
    Extraction {
        domains,
        remaining: Connective::And.join(remaining),
    }
}

/// Both hold.
pub(super) fn intersect(
    mut all: BTreeMap<String, Domain>,
    one: BTreeMap<String, Domain>,
) -> Domains {
    for (column, domain) in one {
        let domain = match all.get(&column) {
            Some(known) => known.intersect(&domain),
            None => domain,
        };
        if domain.is_none() {
            return None;
        }
        all.insert(column, domain);
    }
    Some(all)
}

/// One of them holds: the union of each column's domains, which admits more unless all speak of one and the same column
/// or one admits what the others do.
fn any_of(parts: Vec<Extraction>, expression: &Expression, complement: bool) -> Option<Extraction> {
    let whole = complemented(expression.clone(), complement);
    let residuals: Vec<&Expression> = parts.iter().map(|part| &part.remaining).collect();
    let same = residuals.windows(2).all(|pair| pair.first() == pair.last());
    let residual = residuals.first().map(|first| (*first).clone());
    let sides: Vec<BTreeMap<String, Domain>> = parts
        .iter()
        .filter_map(|part| part.domains.clone())
        .collect();
    let Some((first, others)) = sides.split_first() else {
        return Extraction::nothing();
    };
    let union: BTreeMap<String, Domain> = first
        .iter()
        .filter_map(|(column, domain)| {
            let mut domain = domain.clone();
            for other in others {
                domain = domain.union(other.get(column)?);
            }
            (!domain.is_all()).then(|| (column.clone(), domain))
        })
        .collect();
    let one_column = first.len() == 1 && others.iter().all(|other| other.keys().eq(first.keys()));
    let superset = sides
        .iter()
        .any(|one| sides.iter().all(|other| contains(one, other)));
    // Ranges that together leave nothing out still leave out NaN.
    let adds_nan = sides.iter().all(|side| !side.is_empty())
        && sides
            .iter()
            .flat_map(BTreeMap::values)
            .any(Domain::is_of_doubles)
        && (union.is_empty() || union.values().all(Domain::admits_all_values));
    let is_exact = same && (superset || (one_column && !adds_nan));
    Some(Extraction {
        domains: Some(union),
        remaining: match residual {
            Some(residual) if is_exact => residual,
            _ => whole,
        },
    })
}

/// Whether every row of the other's is one of its own.
fn contains(one: &BTreeMap<String, Domain>, other: &BTreeMap<String, Domain>) -> bool {
    one.iter().all(|(column, domain)| {
        other
            .get(column)
            .is_some_and(|narrower| domain.contains(narrower))
    })
}

fn comparison(
    operator: Operator,
    left: &Expression,
    right: &Expression,
    complement: bool,
) -> Option<Extraction> {
    let Some(constant) = right.constant() else {
        left.constant()?;
        return comparison(operator.flip(), right, left, complement);
    };
    match left {
        Expression::Column { name, .. } => {
            let domain = compared(operator, constant, complement)?;
            Extraction::exact(only(name, domain))
        }
        Expression::Cast { operand, .. } if operand.kind().becomes(&constant.kind) => {
            let floored = with_floor(operator, operand, constant)?;
            Some(extract(&floored, complement))
        }
        _ => None,
    }
}

fn listed(value: &Expression, list: &[Expression], complement: bool) -> Option<Extraction> {
    if let Expression::Column { name, kind } = value
        && let Some(extraction) = constants(name, kind, value, list, complement)
    {
        return Some(extraction);
    }
    let equal = list
        .iter()
        .map(|one| Expression::compare(Operator::Equal, value.clone(), one.clone()));
    let extraction = extract(&Connective::Or.join(equal.collect::<Vec<_>>()), complement);
    if extraction.domains.as_ref().is_some_and(BTreeMap::is_empty) {
        // The list itself, and not what it was written as.
        return None;
    }
    Some(extraction)
}

/// A list of a column's: its constants are a domain, unless there is something else that may be equal.
fn constants(
    column: &str,
    kind: &Kind,
    value: &Expression,
    list: &[Expression],
    complement: bool,
) -> Option<Extraction> {
    let (mut equal, mut excluded, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for element in list {
        match element.constant() {
            Some(constant) if constant.is_null() && complement => return Extraction::nothing(),
            Some(constant) if constant.is_null() || constant.is_nan() => {}
            Some(constant) => {
                let value = constant.value()?;
                equal.push((Cut::below(value.clone()), Cut::above(value)));
                numbers.push(element.clone());
            }
            None if complement => {
                excluded.push(element.clone());
                numbers.push(element.clone());
            }
            None => return None,
        }
    }
    let equal = Domain::new(equal, false);
    if !complement {
        return Extraction::exact(only(column, equal));
    }
    let not_in = |list: Vec<Expression>| {
        if list.is_empty() {
            return Expression::boolean(true);
        }
        Expression::not(fold::fold(Expression::In {
            value: Box::new(value.clone()),
            list,
        }))
    };
    // All but some numbers would have to hold NaN, and no range does.
    let (domain, remaining) = if kind.has_nan() {
        (Domain::not_null(), not_in(numbers))
    } else {
        (equal.complement(), not_in(excluded))
    };
    Some(Extraction {
        domains: only(column, domain),
        remaining,
    })
}

fn like(
    whole: &Expression,
    value: &Expression,
    pattern: &Expression,
    escape: Option<char>,
    complement: bool,
) -> Option<Extraction> {
    let Some(Datum::Text(pattern)) = &pattern.constant()?.datum else {
        return None;
    };
    let pattern = Pattern::read(pattern, escape)?;
    if pattern.has_placeholder() {
        return (!complement)
            .then(|| beginning(whole, value, pattern.prefix()))
            .flatten();
    }
    // The text itself.
    let Expression::Column { name, .. } = value else {
        return None;
    };
    let text = Datum::Text(pattern.prefix().to_owned());
    let text = Constant::new(Kind::Varchar, text);
    Extraction::exact(only(name, compared(Operator::Equal, &text, complement)?))
}

/// A column whose texts begin with a prefix; the predicate itself stays too.
fn beginning(whole: &Expression, value: &Expression, prefix: &str) -> Option<Extraction> {
    let Expression::Column { name, .. } = value else {
        return None;
    };
    let text = |text: String| Constant::new(Kind::Varchar, Datum::Text(text)).value();
    let after = after_prefix(prefix)?;
    let range = (
        Cut::below(text(prefix.to_owned())?),
        Cut::below(text(after)?),
    );
    Some(Extraction {
        domains: only(name, Domain::new([range], false)),
        remaining: whole.clone(),
    })
}
