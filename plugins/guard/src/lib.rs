//! A policy for tables that are too large to be read whole: a query says from when on it reads, or gets a window of time,
//! and a read may cost so much.

mod options;

use guest::{
    ArrowType, Bound, ColumnKind, Domain, Literal, Node, Policy, PolicyDescription, Range, Refusal,
    RefusalKind, Request, Ruling, Source, Term, ValueSet,
};

use self::options::{Options, Time};

/// The policy.
#[derive(Debug)]
pub struct Guard;

const NANOS_PER_MILLI: i64 = 1_000_000;

impl Policy for Guard {
    fn describe() -> PolicyDescription {
        PolicyDescription {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn review(request: &Request) -> Result<Ruling, Refusal> {
        let options = Options::read(&request.table.options)?;
        let mut ruling = Ruling {
            terms: Vec::new(),
            max_bytes_metered: options.max_bytes,
            notes: Vec::new(),
        };
        let fields = time_fields(request);
        let terms = request.terms.iter();
        let of_time: Vec<&Term> = terms.filter(|term| mentions(term, &fields)).collect();
        let begins = |term: &&Term| matches!(term, Term::Domain(domain) if has_beginning(domain));
        if fields.is_empty() || of_time.iter().any(begins) {
            return Ok(ruling);
        }
        match options.time {
            Time::Optional => {}
            // A window would take away what the query asks for by name.
            Time::Window { .. } if !of_time.is_empty() => return Err(endless()),
            Time::Required => return Err(endless()),
            Time::Window { nanos, text } => {
                ruling.terms.push(since(request, &fields, nanos)?);
                let note = format!("no condition on `time` is sent: the last {text} are read");
                ruling.notes.push(note);
            }
        }
        Ok(ruling)
    }
}

/// The fields that show when a record was made: of a table those of its time, else the one that is called `time`.
fn time_fields(request: &Request) -> Vec<u32> {
    let is_time = |column: Option<u32>| {
        let column = column.and_then(|column| request.table.columns.get(column as usize));
        column.is_some_and(|column| column.kind == ColumnKind::Time)
    };
    let fields = (0..).zip(&request.mapping.fields);
    let of_time = fields.filter(|(index, field)| match request.table.source {
        Source::Table(_) => is_time(field.column),
        Source::View(_) | Source::Passthrough(_) => {
            field.name == "time" && is_timestamp(request, *index)
        }
    });
    of_time.map(|(index, _)| index).collect()
}

fn is_timestamp(request: &Request, field: u32) -> bool {
    let fields = &request.mapping.fields;
    let field = fields.get(field as usize);
    let r#type = field.and_then(|field| request.mapping.types.get(field.type_ as usize));
    matches!(
        r#type,
        Some(ArrowType::DateMilli | ArrowType::TimestampMilliUtc)
    )
}

/// Whether a term looks at one of the fields.
fn mentions(term: &Term, fields: &[u32]) -> bool {
    match term {
        Term::Domain(domain) => fields.contains(&domain.field),
        Term::Expression(nodes) => nodes
            .iter()
            .any(|node| matches!(node, Node::Field(field) if fields.contains(field))),
    }
}

/// Whether a domain admits nothing before some value.
fn has_beginning(domain: &Domain) -> bool {
    match &domain.values {
        ValueSet::All | ValueSet::NoneOf(_) => false,
        ValueSet::None | ValueSet::AnyOf(_) => true,
        ValueSet::Ranges(ranges) => {
            let first = ranges.first();
            first.is_none_or(|range| !matches!(range.low, Bound::Unbounded))
        }
    }
}

/// From so many nanoseconds before now on, in the first field that shows the time as a timestamp.
fn since(request: &Request, fields: &[u32], nanos: i64) -> Result<Term, Refusal> {
    let mut fields = fields.iter().copied();
    let field = fields.find(|field| is_timestamp(request, *field));
    let field = field.ok_or_else(|| {
        let message =
            "the table's time is not shown as a timestamp, so that no window can be added";
        refusal(RefusalKind::Unsupported, message)
    })?;
    let since = request.now.saturating_sub(nanos);
    let since = since.div_euclid(NANOS_PER_MILLI).max(0) * NANOS_PER_MILLI;
    Ok(Term::Domain(Domain {
        field,
        values: ValueSet::Ranges(vec![Range {
            low: Bound::Inclusive(Literal::Timestamp(since)),
            high: Bound::Unbounded,
        }]),
        null_allowed: false,
    }))
}

/// The query does not say from when on it reads.
fn endless() -> Refusal {
    let message = "the query reads all of the past; hint: add a condition on `time` that says from when on, such as \
                   `time > localtimestamp - interval '1' day`; one with `now()` may not be sent by Athena";
    refusal(RefusalKind::Forbidden, message)
}

fn refusal(kind: RefusalKind, message: &str) -> Refusal {
    Refusal {
        kind,
        message: message.to_owned(),
    }
}

guest::export_policy!(Guard);

#[cfg(test)]
mod tests;
