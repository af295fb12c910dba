//! A request to the parts of one SELECT.

use crate::condition::{self, Condition};
use crate::operand::{Kind, Operand};
use crate::{
    Bins, ColumnKind, Description, Node, QueryPlan, Refusal, Request, Scalar, Slicing, Source,
    Table, Term, TimestreamType, budget, expression, refusal, sql,
};

/// The name that a view or a user's statement goes by. Unlikely to be a name that they use themselves.
const SOURCE_NAME: &str = "athena_timestream_source";

/// Slices begin and end at whole milliseconds, the unit of Athena's timestamps.
const SLICE_STEP_NANOS: i64 = 1_000_000;

/// Who this dialect is.
pub(crate) fn describe() -> Description {
    Description {
        name: "timestream".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        functions: expression::FUNCTIONS.to_vec(),
        limit: true,
        top_n: true,
    }
}

/// Plans a request.
///
/// # Errors
/// Refuses fields that do not exist or show no column, malformed expressions, and a view or statement without text.
pub(crate) fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
    let (common_tables, from_item) = source(&request.table)?;
    let conditions: Vec<_> = request
        .terms
        .iter()
        .map(|term| condition(request, term))
        .collect::<Result<_, _>>()?;
    let bounds_time = conditions
        .iter()
        .flatten()
        .any(|condition| condition.bounds_time);
    let mut plan = QueryPlan {
        common_tables,
        from_item,
        outputs: outputs(request)?,
        verdicts: Vec::new(),
        order: order(request)?,
        slicing: slicing(&request.table),
        notes: Vec::new(),
    };
    let room = budget::room(bytes_of_parts(&plan, request));
    (plan.verdicts, plan.notes) = budget::spend(conditions, room);
    if matches!(plan.slicing, Slicing::ByTime(_)) && !bounds_time {
        plan.notes.push(
            "no time range is pushed: Timestream reads the table from its first row to its last"
                .to_owned(),
        );
    }
    Ok(plan)
}

/// Bytes of a plan's parts in the statement, its conditions aside.
fn bytes_of_parts(plan: &QueryPlan, request: &Request) -> usize {
    let with_words = |sql: &str, words: &str| sql.len() + words.len();
    let sources = plan.common_tables.iter().chain([&plan.from_item]);
    // The host names an output after its field, unless it is called so already.
    let outputs = plan.outputs.iter().map(|(field, output)| {
        let name = sql::identifier(&request.mapping.fields[*field as usize].name);
        let named = if name == *output { 0 } else { name.len() };
        with_words(output, " AS , ") + named
    });
    let keys = plan.order.iter().flatten();
    let keys = keys.map(|key| with_words(key, " DESC NULLS FIRST, "));
    sources.map(|sql| with_words(sql, ", ")).sum::<usize>()
        + outputs.sum::<usize>()
        + keys.sum::<usize>()
}

/// The `WITH` items and what follows `FROM`.
fn source(table: &Table) -> Result<(Vec<String>, String), Refusal> {
    let name = sql::identifier(SOURCE_NAME);
    match &table.source {
        Source::Table((database, table)) => Ok((
            Vec::new(),
            format!("{}.{}", sql::identifier(database), sql::identifier(table)),
        )),
        Source::View((view, text)) => {
            let text = statement(text, &format!("view `{view}`"))?;
            Ok((vec![format!("{name} AS {text}")], name))
        }
        // Its columns are named here: two of a statement's may have the same name, or none.
        Source::Passthrough(text) => {
            let text = statement(text, "the statement")?;
            let columns: Vec<String> = table
                .columns
                .iter()
                .map(|column| sql::identifier(&column.name))
                .collect();
            let columns = columns.join(", ");
            Ok((Vec::new(), format!("{text} AS {name} ({columns})")))
        }
    }
}

/// A statement in parentheses. They stand on their own lines, so that a comment at the end does not swallow one.
fn statement(text: &str, what: &str) -> Result<String, Refusal> {
    let text = text
        .trim_start()
        .trim_end_matches(|character: char| character.is_whitespace() || character == ';');
    if text.is_empty() {
        return Err(refusal::invalid(format!("{what} is empty")));
    }
    Ok(format!("(\n{text}\n)"))
}

fn condition(request: &Request, term: &Term) -> Result<Result<Condition, String>, Refusal> {
    match term {
        Term::Domain(domain) => {
            let operand = Operand::of_field(request, domain.field)?;
            Ok(condition::of_domain(
                &operand,
                &domain.values,
                domain.null_allowed,
            ))
        }
        Term::Expression(nodes) => expression::of_expression(request, nodes),
    }
}

/// Every field that the projection, a term or the order uses, in the order of their first use.
fn outputs(request: &Request) -> Result<Vec<(u32, String)>, Refusal> {
    let in_terms = request.terms.iter().flat_map(|term| match term {
        Term::Domain(domain) => vec![domain.field],
        Term::Expression(nodes) => nodes.iter().filter_map(as_field).collect(),
    });
    let in_order = request.order.iter().map(|key| key.field);
    let used = request
        .projection
        .iter()
        .copied()
        .chain(in_terms)
        .chain(in_order);
    let mut seen = vec![false; request.mapping.fields.len()];
    let mut outputs = Vec::new();
    for field in used {
        let operand = Operand::of_field(request, field)?;
        if !std::mem::replace(&mut seen[field as usize], true) {
            outputs.push((field, operand.sql));
        }
    }
    Ok(outputs)
}

fn as_field(node: &Node) -> Option<u32> {
    match node {
        Node::Field(field) => Some(*field),
        Node::Constant(_) | Node::Null | Node::Call(_) => None,
    }
}

/// What to sort by, or nothing if some column may sort differently than what it is shown as.
///
/// Timestream's order may tell values apart that are one to Athena: instants of one millisecond, and −0.0 from 0.0. As
/// the last key such a column still sorts as Athena asks; before others it must not decide in their place.
fn order(request: &Request) -> Result<Option<Vec<String>>, Refusal> {
    // Where NaN sorts is not known of what a view or a statement computes; a table stores none.
    let is_stored = matches!(request.table.source, Source::Table(_));
    let mut keys = Vec::with_capacity(request.order.len());
    for (place, key) in request.order.iter().enumerate() {
        let Operand { sql, kind, .. } = Operand::of_field(request, key.field)?;
        let is_last = place + 1 == request.order.len();
        keys.push(match kind {
            Err(_) => return Ok(None),
            Ok(Kind::Double) if !is_stored => return Ok(None),
            // How milliseconds before 1970 round is not known; the record's own time is never there.
            Ok(Kind::Timestamp { stored: false }) if !is_last => return Ok(None),
            Ok(_) if is_last => sql,
            // The sum of −0.0 and 0.0 is 0.0 (IEEE 754, section 6.3).
            Ok(Kind::Double) => format!("{sql} + 0.0E0"),
            Ok(Kind::Timestamp { .. }) => format!("to_milliseconds({sql})"),
            Ok(Kind::Boolean | Kind::Integer | Kind::Text | Kind::Nanos { .. } | Kind::Date) => sql,
        });
    }
    Ok(Some(keys))
}

/// Tables are cut by the record's time. What a view or a statement does with time is not known here.
fn slicing(table: &Table) -> Slicing {
    match &table.source {
        Source::Table(_) => {}
        Source::View(_) => {
            return Slicing::Never(
                "a view may compute anything from rows outside a slice".to_owned(),
            );
        }
        Source::Passthrough(_) => {
            return Slicing::Never(
                "a statement may compute anything from rows outside a slice".to_owned(),
            );
        }
    }
    let time = table.columns.iter().find(|column| {
        let is_timestamp = matches!(
            table.types.get(column.type_ as usize),
            Some(TimestreamType::Scalar(Scalar::Timestamp))
        );
        column.kind == ColumnKind::Time && is_timestamp
    });
    match time {
        Some(time) => Slicing::ByTime((sql::identifier(&time.name), SLICE_STEP_NANOS)),
        None => Slicing::Never("the table has no time column".to_owned()),
    }
}

/// Bins of the record's time.
///
/// # Errors
/// Refuses what has no time column, and a width that is not a multiple of the step.
pub(crate) fn bins_of(table: &Table, width: i64) -> Result<Bins, Refusal> {
    const NANOS_PER_SECOND: i64 = 1_000_000_000;
    let Slicing::ByTime((time, step)) = slicing(table) else {
        return Err(refusal::invalid("the table is not cut by time".to_owned()));
    };
    if width <= 0 || width % step != 0 {
        return Err(refusal::invalid(format!(
            "bins of {width} nanoseconds are not multiples of {step}"
        )));
    }
    let width = match width % NANOS_PER_SECOND {
        0 => format!("{}s", width / NANOS_PER_SECOND),
        _ => format!("{}ms", width / SLICE_STEP_NANOS),
    };
    Ok(Bins {
        bin: format!("bin({time}, {width})"),
        count: "count(*)".to_owned(),
    })
}

#[cfg(test)]
mod quoting;
#[cfg(test)]
mod tests;
