//! A policy of one rule: rows of the region `eu-west-1` and no others.
//!
//! It proves that the second world builds and is enforced.

use guest::{Domain, Literal, Policy, Refusal, RefusalKind, Request, Term, ValueSet};

/// The field the rule is about.
const FIELD: &str = "region";

/// Adds the term `region = 'eu-west-1'`; refuses a table without that field.
#[derive(Debug)]
pub struct Probe;

impl Policy for Probe {
    fn review(request: &Request) -> Result<Vec<Term>, Refusal> {
        let fields = request.mapping.fields.iter();
        let region = fields
            .zip(0u32..)
            .find_map(|(field, index)| (field.name == FIELD).then_some(index));
        let Some(field) = region else {
            return Err(Refusal {
                kind: RefusalKind::Forbidden,
                message: format!("the table has no column `{FIELD}`"),
            });
        };
        let values = ValueSet::AnyOf(vec![Literal::Text("eu-west-1".into())]);
        Ok(vec![Term::Domain(Domain {
            field,
            values,
            null_allowed: false,
        })])
    }
}

guest::export_policy!(Probe);
