//! A dialect that misbehaves on request.
//!
//! The table's option `fault` names what goes wrong; without it this is the default dialect. Faults of `map-table` and
//! of `plan` have different names, so that a test can let one pass and break the other.

mod narrowing;

use std::hint::black_box;

use guest::{
    ArrowType, Description, Dialect, Field, Mapping, QueryPlan, Refusal, RefusalKind, Request,
    Scalar, Table, Timestream,
};
use guest::{TimestreamType, Verdict};

/// Bytes of an answer that is too large: far above any honest plan, and little enough to be made within a plugin's
/// memory, so that it is the answer that is refused.
const OUTPUT_BYTES: usize = 8 << 20;

/// Bytes of one part that is longer than a statement, within what a call may answer.
const PART_BYTES: usize = 7 << 20;

/// Bytes of a statement at most.
const STATEMENT_BYTES: usize = 262_144;

/// How it misbehaves whatever it is asked. A test changes the bytes in the component, which then is another plugin.
static MODE: [u8; 20] = *b"mode: as usual      ";

/// Fields that no host takes.
const MANY_FIELDS: usize = 10_001;

/// A field that no table has.
const NO_FIELD: u32 = 1_000_000;

/// The default dialect, but for the fault that the table's options ask for.
#[derive(Debug)]
pub struct Faulty;

impl Dialect for Faulty {
    fn describe() -> Description {
        Description {
            name: "faulty".to_owned(),
            ..Timestream::describe()
        }
    }

    fn map_table(table: &Table) -> Result<Mapping, Refusal> {
        let mut mapping = Timestream::map_table(table)?;
        if mode().starts_with(b"many fields") {
            let first = mapping.fields[0].clone();
            let more = (0..MANY_FIELDS).map(|number| Field {
                name: format!("more_{number}"),
                ..first.clone()
            });
            mapping.fields.extend(more);
        }
        match fault(table) {
            Some("cyclic-arena") => point_first_field_at(&mut mapping, |own| own),
            Some("forward-arena") => {
                point_first_field_at(&mut mapping, |own| own + 1);
                mapping.types.push(ArrowType::Utf8);
            }
            Some("undecodable") => show_text_as_integers(table, &mut mapping),
            // No fault: what no shipped dialect does.
            Some("zoned") => {
                for r#type in &mut mapping.types {
                    if matches!(r#type, ArrowType::DateMilli) {
                        *r#type = ArrowType::TimestampMilliUtc;
                    }
                }
            }
            _ => {}
        }
        Ok(mapping)
    }

    fn plan(request: &Request) -> Result<QueryPlan, Refusal> {
        if mode().starts_with(b"trap") {
            panic!("a plugin's bug");
        }
        if mode().starts_with(b"refuse") {
            return Err(Refusal {
                kind: RefusalKind::Unsupported,
                message: "everything".to_owned(),
            });
        }
        if let Some(plan) = narrowing::plan(request, mode().trim_ascii_end()) {
            return plan;
        }
        let mut plan = Timestream::plan(request)?;
        match fault(&request.table) {
            Some("trap") => panic!("a plugin's bug"),
            Some("loop") => loop {
                black_box(());
            },
            Some("recurse") => plan.notes.push(recurse(1).to_string()),
            Some("allocate") => allocate(),
            Some("output") => plan.notes.push("x".repeat(OUTPUT_BYTES)),
            Some("long-part") => claim(&mut plan, &long(PART_BYTES)),
            Some("many-parts") => {
                let text = long(STATEMENT_BYTES / 2);
                let part = |number| format!("t{number} AS (SELECT {text})");
                plan.common_tables.extend((0..9).map(part));
            }
            Some("claims-true") => {
                let claimed = || Verdict::Exact("true".to_owned());
                plan.verdicts
                    .iter_mut()
                    .for_each(|verdict| *verdict = claimed());
            }
            Some("unbalanced") => claim(&mut plan, "1 = 1) OR (1 = 1"),
            Some("two-statements") => claim(&mut plan, "1 = 1; SELECT 2"),
            Some("comment") => claim(&mut plan, "1 = 1 -- AND the rest"),
            Some("clause") => claim(&mut plan, "1 = 1 ORDER BY 1"),
            Some("union") => claim(&mut plan, "1 = 1 UNION SELECT 2"),
            Some("wrong-index") => plan.outputs.push((NO_FIELD, "1".into())),
            Some("missing-output") => drop(plan.outputs.pop()),
            Some("missing-verdict") => drop(plan.verdicts.pop()),
            // Of `map-table`, where they have happened already.
            Some("cyclic-arena" | "forward-arena" | "undecodable" | "zoned") | None => {}
            Some(unknown) => {
                let message = format!("this plugin has no fault of that name: {unknown}");
                return Err(Refusal {
                    kind: RefusalKind::Invalid,
                    message,
                });
            }
        }
        Ok(plan)
    }
}

fn mode() -> &'static [u8] {
    black_box(&MODE[..])
        .strip_prefix(b"mode: ")
        .unwrap_or_default()
}

/// SQL of about so many bytes.
fn long(bytes: usize) -> String {
    format!("1{}", "+1".repeat(bytes / 2))
}

/// The option `fault`; of several, the last wins.
fn fault(table: &Table) -> Option<&str> {
    table
        .options
        .iter()
        .rev()
        .find_map(|(name, value)| (name == "fault").then_some(value.as_str()))
}

/// Makes the first field a list whose element is at the place that `element` makes of the list's own.
fn point_first_field_at(mapping: &mut Mapping, element: fn(u32) -> u32) {
    let own = u32::try_from(mapping.types.len()).unwrap_or(u32::MAX);
    mapping.types.push(ArrowType::List(element(own)));
    if let Some(field) = mapping.fields.first_mut() {
        field.type_ = own;
    }
}

/// Shows every varchar column as bigint, which its values are not.
fn show_text_as_integers(table: &Table, mapping: &mut Mapping) {
    for field in &mapping.fields {
        let column = field
            .column
            .and_then(|place| table.columns.get(place as usize));
        let scalar = column.and_then(|column| table.types.get(column.type_ as usize));
        if let Some(TimestreamType::Scalar(Scalar::Varchar)) = scalar {
            mapping.types[field.type_ as usize] = ArrowType::Int64;
        }
    }
}

/// Claims that a text is the exact condition of the first term, or of one that nobody asked for.
fn claim(plan: &mut QueryPlan, condition: &str) {
    let verdict = Verdict::Exact(condition.to_owned());
    match plan.verdicts.first_mut() {
        Some(first) => *first = verdict,
        None => plan.verdicts.push(verdict),
    }
}

/// Calls itself until the stack ends. The sum keeps the compiler from making it a loop.
#[expect(unconditional_recursion, reason = "this is the fault")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    recurse(depth + 1) + frame[0]
}

/// Takes memory until there is none.
fn allocate() {
    let mut taken = Vec::new();
    loop {
        taken.push(black_box(vec![1u8; 1 << 20]));
    }
}

guest::export_dialect!(Faulty);

#[cfg(test)]
mod tests;
