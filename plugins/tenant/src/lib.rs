//! A policy for tables that several tenants share: a caller sees the rows of its own tenants.

mod rules;

use guest::{
    ArrowType, Domain, Literal, Policy, PolicyDescription, Refusal, RefusalKind, Request, Ruling,
    Source, Term, ValueSet,
};

use self::rules::{Rows, Rules};

/// The policy.
#[derive(Debug)]
pub struct Tenant;

impl Policy for Tenant {
    fn describe() -> PolicyDescription {
        PolicyDescription {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn review(request: &Request) -> Result<Ruling, Refusal> {
        let rules = Rules::read(&request.table.options)?;
        let mut ruling = Ruling {
            terms: Vec::new(),
            max_bytes_metered: None,
            notes: Vec::new(),
        };
        let tenants = match rules.rows_of(&request.caller) {
            None => return Err(forbidden("no rule of `tenant_rules` names the caller")),
            Some(Rows::All) => {
                ruling.notes.push("the caller sees all tenants".to_owned());
                return Ok(ruling);
            }
            Some(Rows::Of(tenants)) => tenants,
        };
        let (name, is_shared) = match &request.table.source {
            // It could name any row as the caller's own.
            Source::Passthrough(_) => {
                let message = "a statement in Timestream's SQL is allowed to callers alone who see all tenants";
                return Err(forbidden(message));
            }
            Source::Table((database, table)) => {
                let is_shared = rules.is_shared(database, table);
                (format!("{database}.{table}"), is_shared)
            }
            Source::View((name, _)) => {
                let parts = name.split_once('.');
                // With a second dot it is not known where the database ends.
                let parts = parts.filter(|(_, view)| !view.contains('.'));
                let is_shared =
                    parts.is_some_and(|(database, view)| rules.is_shared(database, view));
                (name.clone(), is_shared)
            }
        };
        if is_shared {
            let note = format!("`{name}` is shared by all tenants");
            ruling.notes.push(note);
            return Ok(ruling);
        }
        let field = field(request, &rules.column).ok_or_else(|| {
            let column = &rules.column;
            let message =
                format!("`{name}` has no text column `{column}`, which would say whose a row is");
            forbidden(&message)
        })?;
        ruling.terms.push(Term::Domain(Domain {
            field,
            values: ValueSet::AnyOf(tenants.into_iter().map(Literal::Text).collect()),
            null_allowed: false,
        }));
        Ok(ruling)
    }
}

/// The field of that name, if it is a text.
fn field(request: &Request, name: &str) -> Option<u32> {
    let mut fields = (0..).zip(&request.mapping.fields);
    let (index, field) = fields.find(|(_, field)| field.name == name)?;
    let r#type = request.mapping.types.get(field.type_ as usize);
    matches!(r#type, Some(ArrowType::Utf8)).then_some(index)
}

fn forbidden(message: &str) -> Refusal {
    Refusal {
        kind: RefusalKind::Forbidden,
        message: message.to_owned(),
    }
}

guest::export_policy!(Tenant);

#[cfg(test)]
mod tests;
