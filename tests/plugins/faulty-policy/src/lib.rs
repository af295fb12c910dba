//! A policy that misbehaves on request.
//!
//! The option `fault` names what goes wrong; without it the policy demands nothing.

use std::hint::black_box;

use guest::{
    ArrowType, Bound, Call, Domain, Function, Literal, Node, Policy, PolicyDescription, Range,
    Refusal, RefusalKind, Request, Ruling, Term, ValueSet,
};

/// A field that no table has.
const NO_FIELD: u32 = 1_000_000;

/// Terms that no host takes.
const MANY_TERMS: usize = 1_001;

/// Calls inside each other that no host takes.
const DEEP: u32 = 40;

/// The policy.
#[derive(Debug)]
pub struct FaultyPolicy;

impl Policy for FaultyPolicy {
    fn describe() -> PolicyDescription {
        PolicyDescription {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn review(request: &Request) -> Result<Ruling, Refusal> {
        let mut options = request.table.options.iter();
        let fault = options.find(|(name, _)| name == "fault");
        let terms = match fault.map(|(_, fault)| fault.as_str()) {
            None => Vec::new(),
            Some("trap") => panic!("a policy's bug"),
            Some("loop") => loop {
                black_box(());
            },
            Some("no-field") => vec![domain(NO_FIELD, ValueSet::All)],
            Some("other-type") => vec![domain(0, one(Literal::Integer(1)))],
            Some("fraction") => vec![domain(1, from(Literal::Timestamp(1)))],
            Some("backwards") => vec![domain(
                1,
                ValueSet::Ranges(vec![Range {
                    low: Bound::Inclusive(Literal::Timestamp(2_000_000)),
                    high: Bound::Exclusive(Literal::Timestamp(1_000_000)),
                }]),
            )],
            Some("many-terms") => vec![domain(0, ValueSet::All); MANY_TERMS],
            Some("no-nodes") => vec![Term::Expression(Vec::new())],
            Some("two-roots") => vec![Term::Expression(vec![Node::Null, Node::Null])],
            Some("cycle") => vec![Term::Expression(vec![call(Function::Not, &[0])])],
            Some("used-twice") => vec![Term::Expression(vec![
                Node::Null,
                call(Function::And, &[0, 0]),
            ])],
            Some("arity") => vec![Term::Expression(vec![
                Node::Field(0),
                call(Function::Equal, &[0]),
            ])],
            Some("deep") => {
                let nots = (0..DEEP).map(|at| call(Function::Not, &[at]));
                vec![Term::Expression(
                    [Node::Null].into_iter().chain(nots).collect(),
                )]
            }
            Some("not-comparable") => vec![Term::Expression(vec![
                Node::Field(0),
                Node::Constant(Literal::Integer(1)),
                call(Function::Equal, &[0, 1]),
            ])],
            Some("not-boolean") => vec![Term::Expression(vec![Node::Field(0)])],
            // No fault: a term of each kind on each field that has constants.
            Some("every-kind") => every_kind(request),
            Some("long") => {
                return Err(Refusal {
                    kind: RefusalKind::Forbidden,
                    message: "x".repeat(7 << 20),
                });
            }
            // What it is shown, as the refusal's message.
            Some("shown") => {
                return Err(Refusal {
                    kind: RefusalKind::Unsupported,
                    message: format!(
                        "{} terms, {} fields",
                        request.terms.len(),
                        request.projection.len()
                    ),
                });
            }
            Some(unknown) => {
                return Err(Refusal {
                    kind: RefusalKind::Invalid,
                    message: format!("this policy has no fault of that name: {unknown}"),
                });
            }
        };
        Ok(Ruling {
            terms,
            max_bytes_metered: None,
            notes: Vec::new(),
        })
    }
}

fn every_kind(request: &Request) -> Vec<Term> {
    let mut terms = Vec::new();
    for (place, field) in (0..).zip(&request.mapping.fields) {
        let literal = match request.mapping.types.get(field.type_ as usize) {
            Some(ArrowType::Boolean) => Literal::Boolean(true),
            Some(ArrowType::Int32 | ArrowType::Int64) => Literal::Integer(-7),
            Some(ArrowType::Float64) => Literal::Double(1.5),
            Some(ArrowType::Utf8) => Literal::Text("it's \u{f8}".to_owned()),
            Some(ArrowType::DateDay) => Literal::Date(19_783),
            Some(ArrowType::DateMilli | ArrowType::TimestampMilliUtc) => {
                Literal::Timestamp(1_709_251_200_000_000_000)
            }
            _ => continue,
        };
        let sets = [
            ValueSet::All,
            ValueSet::None,
            one(literal.clone()),
            ValueSet::NoneOf(vec![literal.clone()]),
            from(literal.clone()),
        ];
        terms.extend(sets.map(|values| domain(place, values)));
        terms.push(Term::Expression(vec![
            Node::Field(place),
            Node::Constant(literal),
            call(Function::IsDistinctFrom, &[0, 1]),
            Node::Null,
            call(Function::Or, &[2, 3]),
            call(Function::Not, &[4]),
        ]));
    }
    terms
}

fn domain(field: u32, values: ValueSet) -> Term {
    Term::Domain(Domain {
        field,
        values,
        null_allowed: false,
    })
}

fn one(literal: Literal) -> ValueSet {
    ValueSet::AnyOf(vec![literal])
}

fn from(literal: Literal) -> ValueSet {
    ValueSet::Ranges(vec![Range {
        low: Bound::Inclusive(literal),
        high: Bound::Unbounded,
    }])
}

fn call(function: Function, arguments: &[u32]) -> Node {
    Node::Call(Call {
        function,
        arguments: arguments.to_vec(),
    })
}

guest::export_policy!(FaultyPolicy);
