//! Checks of what a plugin answered. Nothing here trusts it: a part that would change the statement around it, an
//! index that points nowhere or an arena that loops is an error, not SQL.

mod part;
mod ruling;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

pub use part::check_part;
pub(crate) use part::tokens;

pub(super) use ruling::{NodeAnswer, RulingAnswer, TermAnswer, ruling};

use super::{Bins, MAX_STATEMENT_BYTES, Plan, PlanRequest, Slicing, Verdict};
use crate::query::{Field, Mapping, Table};
use arrow::datatypes::{DataType, Field as ArrowField, TimeUnit};

/// Depth and size of an arena at most (design.md, section 3).
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 4_096;

/// Fields of a mapping at most, and entries of their types, each counted for every field that has it: a Timestream table
/// has 1,024 columns, and a field more for each of its timestamps.
const MAX_FIELDS: usize = 10_000;
const MAX_FIELD_NODES: usize = 100_000;

/// Bytes of a plugin's name and of its version at most: both stand in log lines and messages.
const MAX_NAME_BYTES: usize = 100;

/// A mapping as answered, its arena not yet checked.
pub(super) struct MappingAnswer {
    pub(super) types: Vec<TypeAnswer>,
    pub(super) fields: Vec<FieldAnswer>,
}

/// An entry of the arena of Arrow types.
pub(super) enum TypeAnswer {
    Plain(DataType),
    List(u32),
    Struct(Vec<(String, u32)>),
}

/// A field as answered.
pub(super) struct FieldAnswer {
    pub(super) name: String,
    pub(super) r#type: u32,
    pub(super) column: Option<u32>,
    pub(super) comment: Option<String>,
}

/// Whether a name and a version can stand in a message.
pub(super) fn description(name: &str, version: &str) -> Result<(), String> {
    for (what, text) in [("name", name), ("version", version)] {
        let is_printable = text.chars().all(|letter| letter.is_ascii_graphic());
        if text.is_empty() || text.len() > MAX_NAME_BYTES || !is_printable {
            return Err(format!(
                "its {what} is not one word of at most {MAX_NAME_BYTES} printable ASCII characters"
            ));
        }
    }
    Ok(())
}

/// The mapping, once its types are put together and each field is possible.
pub(super) fn mapping(answer: MappingAnswer, table: &Table) -> Result<Mapping, String> {
    let types = types(&answer.types)?;
    if answer.fields.len() > MAX_FIELDS {
        return Err(format!(
            "{} fields; at most {MAX_FIELDS} are allowed",
            answer.fields.len()
        ));
    }
    let mut nodes = 0;
    let mut names = HashSet::new();
    let mut fields = Vec::with_capacity(answer.fields.len());
    for FieldAnswer {
        name,
        r#type,
        column,
        comment,
    } in answer.fields
    {
        let data_type = types
            .get(r#type as usize)
            .ok_or_else(|| format!("field `{name}` has type {} of {}", r#type, types.len()))?
            .clone();
        nodes += size(&data_type);
        if nodes > MAX_FIELD_NODES {
            return Err(format!(
                "types of more than {MAX_FIELD_NODES} entries in all fields together"
            ));
        }
        if name.is_empty() || name.to_lowercase() != name {
            return Err(format!(
                "field `{name}` is not in lower case; Athena reaches no other"
            ));
        }
        if !names.insert(name.clone()) {
            return Err(format!("two fields are called `{name}`"));
        }
        let column = column.map(|column| column as usize);
        if let Some(column) = column {
            let column = table.columns.get(column).ok_or_else(|| {
                format!(
                    "field `{name}` shows column {column} of {}",
                    table.columns.len()
                )
            })?;
            if !column.r#type.decodes_into(&data_type) {
                return Err(format!(
                    "field `{name}` shows column `{}` as {data_type}, which its Timestream type cannot be read as",
                    column.name
                ));
            }
        }
        fields.push(Field {
            name,
            data_type,
            column,
            comment,
        });
    }
    Ok(Mapping { fields })
}

/// Entries of a type.
fn size(data_type: &DataType) -> usize {
    match data_type {
        DataType::List(element) => 1 + size(element.data_type()),
        DataType::Struct(members) => {
            let members = members.iter().map(|member| size(member.data_type()));
            1 + members.sum::<usize>()
        }
        _ => 1,
    }
}

/// The types of an arena: children before parents, a nested type in one place only, not too deep, not too many.
fn types(arena: &[TypeAnswer]) -> Result<Vec<DataType>, String> {
    if arena.len() > MAX_NODES {
        return Err(format!(
            "{} types; at most {MAX_NODES} are allowed",
            arena.len()
        ));
    }
    let mut built: Vec<(DataType, usize)> = Vec::with_capacity(arena.len());
    let mut used = HashSet::new();
    for (index, answer) in arena.iter().enumerate() {
        let mut child = |at: u32| -> Result<(DataType, usize), String> {
            let (data_type, depth) = built.get(at as usize).ok_or_else(|| {
                format!("type {index} points at type {at}, which does not stand before it")
            })?;
            if data_type.is_nested() && !used.insert(at) {
                return Err(format!("type {at} is part of two types"));
            }
            if *depth >= MAX_DEPTH {
                return Err(format!("type {index} is nested deeper than {MAX_DEPTH}"));
            }
            Ok((data_type.clone(), depth + 1))
        };
        built.push(match answer {
            TypeAnswer::Plain(data_type) => (data_type.clone(), 1),
            TypeAnswer::List(element) => {
                let (element, depth) = child(*element)?;
                (
                    DataType::List(ArrowField::new("item", element, true).into()),
                    depth,
                )
            }
            // Athena has no row without members, and no array of one knows its length.
            TypeAnswer::Struct(members) if members.is_empty() => {
                return Err(format!("type {index} is a struct without members"));
            }
            TypeAnswer::Struct(members) => {
                let mut depth = 1;
                let mut fields = Vec::with_capacity(members.len());
                for (name, at) in members {
                    let (data_type, below) = child(*at)?;
                    depth = depth.max(below);
                    fields.push(ArrowField::new(name, data_type, true));
                }
                (DataType::Struct(fields.into()), depth)
            }
        });
    }
    Ok(built.into_iter().map(|(data_type, _)| data_type).collect())
}

/// Milliseconds in UTC; the zone of each value is packed into it.
pub(super) fn zoned() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// Bytes of all parts of a plan at most, before any is cut into tokens, which take some hundred bytes each: four times as
/// many as a statement has (timestream.md, section 6.1), since not all parts come to stand in one.
const MAX_PLAN_BYTES: usize = 4 * MAX_STATEMENT_BYTES;

/// Whether both parts are what can be selected.
pub(super) fn bins(bins: &Bins) -> Result<(), String> {
    check_part(&bins.bin, false).map_err(|why| format!("the bin {why}"))?;
    check_part(&bins.count, false).map_err(|why| format!("the count {why}"))
}

/// All SQL of a plan.
fn parts(plan: &Plan) -> impl Iterator<Item = &str> {
    let outputs = plan.outputs.iter().map(|(_, expression)| expression);
    let conditions = plan.verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Exact(condition) | Verdict::Wider(condition) => Some(condition),
        Verdict::Skipped(_) => None,
    });
    let slicing = match &plan.slicing {
        Slicing::ByTime { expression, .. } => Some(expression),
        Slicing::Never(_) => None,
    };
    outputs
        .chain(conditions)
        .chain(plan.order.iter().flatten())
        .chain(slicing)
        .chain(&plan.common_tables)
        .chain([&plan.from_item])
        .map(String::as_str)
}

/// Whether a plan answers its request and each part is what its place in the statement can hold.
pub(super) fn plan(plan: &Plan, request: &PlanRequest<'_>) -> Result<(), String> {
    if plan.verdicts.len() != request.terms.len() {
        return Err(format!(
            "{} verdicts for {} terms",
            plan.verdicts.len(),
            request.terms.len()
        ));
    }
    let bytes: usize = parts(plan).map(str::len).sum();
    if bytes > MAX_PLAN_BYTES {
        return Err(format!(
            "{bytes} bytes of SQL; at most {MAX_PLAN_BYTES} are read"
        ));
    }
    let fields = &request.mapping.fields;
    let mut seen = HashSet::new();
    for (field, expression) in &plan.outputs {
        let name = fields
            .get(*field)
            .ok_or_else(|| format!("an output for field {field} of {}", fields.len()))?;
        if !seen.insert(*field) {
            return Err(format!("two outputs for field `{}`", name.name));
        }
        check_part(expression, false)
            .map_err(|why| format!("the output for field `{}` {why}", name.name))?;
    }
    let wanted = request.terms.iter().flat_map(|term| term.fields());
    let wanted = wanted
        .chain(request.projection.iter().copied())
        .chain(request.order.iter().map(|key| key.field));
    for field in wanted {
        if !seen.contains(&field) {
            return Err(format!("no output for field `{}`", fields[field].name));
        }
    }
    for (index, verdict) in plan.verdicts.iter().enumerate() {
        if let Verdict::Exact(condition) | Verdict::Wider(condition) = verdict {
            check_part(condition, false)
                .map_err(|why| format!("the condition of term {index} {why}"))?;
        }
    }
    if let Some(order) = &plan.order {
        if order.len() != request.order.len() {
            return Err(format!(
                "{} sort expressions for {} keys",
                order.len(),
                request.order.len()
            ));
        }
        for expression in order {
            check_part(expression, false).map_err(|why| format!("a sort expression {why}"))?;
        }
    }
    match &plan.slicing {
        Slicing::Never(_) => {}
        Slicing::ByTime { expression, step } => {
            if *step <= 0 {
                return Err(format!("slices of {step} nanoseconds"));
            }
            check_part(expression, false).map_err(|why| format!("the slicing expression {why}"))?;
        }
    }
    for item in &plan.common_tables {
        check_part(item, false).map_err(|why| format!("a common table {why}"))?;
    }
    check_part(&plan.from_item, true).map_err(|why| format!("the source {why}"))
}
