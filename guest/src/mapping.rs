//! Timestream's columns as Athena's fields.
//!
//! Names become lower case, because Athena reaches no other, and stay unique. Every column gets a field: what Athena
//! has no type for (`time`, intervals, a bare NULL) is shown as text.

use std::collections::HashSet;

use crate::{ArrowType, Field, Mapping, Refusal, Scalar, Source, Table, TimestreamType, refusal};

/// Entries of one arena, and how deep it may be nested: what the host accepts.
const MAX_TYPES: usize = 4096;
const MAX_DEPTH: usize = 32;

/// The option that adds to every timestamp its nanoseconds, as a field `<name>_nanos` of 64-bit integers.
pub(crate) const NANOS_COLUMNS: &str = "timestream_nanos_columns";

/// The option that adds to every name with `::` one with `_`.
pub(crate) const PLAIN_NAMES: &str = "timestream_plain_names";

/// Maps every column to one field, and to a second one where an option asks for it.
///
/// # Errors
/// Refuses two columns of one name (no SQL can tell them apart), types that point at themselves or at later ones, and
/// more types than the host accepts.
pub(crate) fn map_table(table: &Table) -> Result<Mapping, Refusal> {
    refuse_same_names(table)?;
    let names = field_names(table.columns.iter().map(|column| column.name.as_str()));
    let mut arena = Arena {
        table,
        types: Vec::new(),
    };
    let mut fields = Vec::with_capacity(table.columns.len());
    for ((column, name), index) in table.columns.iter().zip(names).zip(0u32..) {
        let r#type = arena
            .copy(column.type_, table.types.len(), 0)
            .map_err(|problem| {
                refusal::invalid(format!("cannot map column `{}`: {problem}", column.name))
            })?;
        let comment = name.renamed.then(|| format!("column `{}`", column.name));
        fields.push(Field {
            name: name.name,
            type_: r#type,
            column: Some(index),
            comment,
        });
    }
    let mut fields = Fields::new(fields);
    if is_on(table, NANOS_COLUMNS)? {
        add_nanos_columns(&mut arena, &mut fields)?;
    }
    if is_on(table, PLAIN_NAMES)? {
        add_plain_names(&mut arena, &mut fields)?;
    }
    Ok(Mapping {
        types: arena.types,
        fields: fields.fields,
    })
}

/// Whether an option is on; of several values the last counts.
fn is_on(table: &Table, option: &str) -> Result<bool, Refusal> {
    let values = table.options.iter().rev();
    let value = values
        .filter(|(name, _)| name == option)
        .map(|(_, value)| value.trim().to_lowercase())
        .next();
    match value.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(refusal::invalid(format!(
            "cannot map the table: option `{option}` is neither `true` nor `false`"
        ))),
    }
}

/// Beside every timestamp its nanoseconds since the epoch, which Athena's own timestamps lose.
fn add_nanos_columns(arena: &mut Arena<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let is_timestamp = |field: &Field| arena.types[field.type_ as usize] == ArrowType::DateMilli;
    let timestamps: Vec<Field> = fields
        .fields
        .iter()
        .filter(|field| is_timestamp(field))
        .cloned()
        .collect();
    for shown in timestamps {
        let r#type = arena.push(ArrowType::Int64).map_err(refusal::invalid)?;
        let comment = format!(
            "`{}` in nanoseconds since 1970-01-01 00:00:00 UTC",
            shown.name
        );
        fields.add(
            format!("{}_nanos", shown.name),
            r#type,
            shown.column,
            comment,
        );
    }
    Ok(())
}

/// Beside every name with `::` one without: `CREATE TABLE AS SELECT *` cannot store the former.
fn add_plain_names(arena: &mut Arena<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    // Only Timestream's own value columns are named so, and those are scalars.
    let is_nested = |field: &Field| {
        matches!(
            arena.types[field.type_ as usize],
            ArrowType::List(_) | ArrowType::StructOf(_)
        )
    };
    let named = fields
        .fields
        .iter()
        .filter(|field| field.name.contains("::") && !is_nested(field));
    let named: Vec<Field> = named.cloned().collect();
    for shown in named {
        let same = arena.types[shown.type_ as usize].clone();
        let r#type = arena.push(same).map_err(refusal::invalid)?;
        let comment = format!("the same as `{}`", shown.name);
        fields.add(shown.name.replace("::", "_"), r#type, shown.column, comment);
    }
    Ok(())
}

/// Fields under names of their own.
struct Fields {
    fields: Vec<Field>,
    taken: HashSet<String>,
}

impl Fields {
    fn new(fields: Vec<Field>) -> Self {
        let taken = fields.iter().map(|field| field.name.clone()).collect();
        Self { fields, taken }
    }

    /// Adds a field under its name or, if that is taken, the first free one after it.
    fn add(&mut self, name: String, r#type: u32, column: Option<u32>, comment: String) {
        let name = if self.taken.insert(name.clone()) {
            name
        } else {
            numbered(&name, &mut self.taken)
        };
        self.fields.push(Field {
            name,
            type_: r#type,
            column,
            comment: Some(comment),
        });
    }
}

/// The Arrow type that shows a scalar: the Java connector's choice.
pub(crate) fn arrow_type(scalar: Scalar) -> ArrowType {
    match scalar {
        Scalar::Boolean => ArrowType::Boolean,
        Scalar::Bigint => ArrowType::Int64,
        Scalar::Integer => ArrowType::Int32,
        Scalar::Double => ArrowType::Float64,
        Scalar::Timestamp => ArrowType::DateMilli,
        Scalar::Date => ArrowType::DateDay,
        Scalar::Varchar
        | Scalar::Time
        | Scalar::IntervalDayToSecond
        | Scalar::IntervalYearToMonth
        | Scalar::Unknown => ArrowType::Utf8,
    }
}

fn refuse_same_names(table: &Table) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    match table
        .columns
        .iter()
        .find(|column| !seen.insert(column.name.as_str()))
    {
        None => Ok(()),
        Some(column) => {
            let hint = match table.source {
                Source::Table(_) => "",
                Source::View(_) | Source::Passthrough(_) => "; hint: name one of them with AS",
            };
            Err(refusal::invalid(format!(
                "cannot map the table: two columns are named `{}`{hint}",
                column.name
            )))
        }
    }
}

struct FieldName {
    name: String,
    /// Whether another column has the lower-case name.
    renamed: bool,
}

/// Lower-case names, each once. Of columns that differ in case only, the one that is lower case already keeps the
/// name, or else the first; the others get `_2`, `_3` and so on, past every name that a column has by itself.
fn field_names<'a>(columns: impl Iterator<Item = &'a str> + Clone) -> Vec<FieldName> {
    let lower = |column: &str| {
        if column.is_empty() {
            "item".to_owned()
        } else {
            column.to_lowercase()
        }
    };
    let exact: HashSet<&str> = columns
        .clone()
        .filter(|column| lower(column) == *column)
        .collect();
    let mut taken: HashSet<String> = columns.clone().map(lower).collect();
    let mut owned = HashSet::new();
    columns
        .map(|column| {
            let name = lower(column);
            let keeps = if exact.contains(name.as_str()) {
                name == column
            } else {
                !owned.contains(&name)
            };
            if keeps {
                owned.insert(name.clone());
                return FieldName {
                    name,
                    renamed: false,
                };
            }
            FieldName {
                name: numbered(&name, &mut taken),
                renamed: true,
            }
        })
        .collect()
}

/// The first of `name_2`, `name_3` … that is free, which then is taken.
fn numbered(name: &str, taken: &mut HashSet<String>) -> String {
    let mut number = 2;
    loop {
        let candidate = format!("{name}_{number}");
        if taken.insert(candidate.clone()) {
            return candidate;
        }
        number += 1;
    }
}

/// The arena that grows while the table's is walked. Each entry is used once: a type that two columns share is copied.
struct Arena<'a> {
    table: &'a Table,
    types: Vec<ArrowType>,
}

impl Arena<'_> {
    /// Copies the table's type `index`, which must lie before `limit`, and returns its place here.
    fn copy(&mut self, index: u32, limit: usize, depth: usize) -> Result<u32, String> {
        let place = index as usize;
        let found = self.table.types.get(place).filter(|_| place < limit);
        let Some(timestream_type) = found else {
            return Err(format!(
                "its type points at entry {index}, which is none of the {limit} before it"
            ));
        };
        if depth == MAX_DEPTH {
            return Err(format!("its type is nested deeper than {MAX_DEPTH}"));
        }
        let depth = depth + 1;
        let arrow_type = match timestream_type {
            TimestreamType::Scalar(scalar) => arrow_type(*scalar),
            TimestreamType::List(element) => ArrowType::List(self.copy(*element, place, depth)?),
            TimestreamType::Row(row) => {
                let mut members = Vec::with_capacity(row.len());
                for (name, (_, member)) in member_names(row).into_iter().zip(row) {
                    members.push((name, self.copy(*member, place, depth)?));
                }
                ArrowType::StructOf(members)
            }
            TimestreamType::Series(value) => {
                let time = self.push(ArrowType::DateMilli)?;
                let value = self.copy(*value, place, depth)?;
                let point = vec![
                    ("time".to_owned(), time),
                    ("measure_value".to_owned(), value),
                ];
                ArrowType::List(self.push(ArrowType::StructOf(point))?)
            }
        };
        self.push(arrow_type)
    }

    fn push(&mut self, arrow_type: ArrowType) -> Result<u32, String> {
        let place = u32::try_from(self.types.len())
            .ok()
            .filter(|_| self.types.len() < MAX_TYPES);
        self.types.push(arrow_type);
        place.ok_or_else(|| format!("the table has more than {MAX_TYPES} types"))
    }
}

/// Names of a row's members, each once; a nameless one is called after its place, from 0.
fn member_names(row: &[(String, u32)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(row.len());
    let mut taken: HashSet<String> = row.iter().map(|(name, _)| name.clone()).collect();
    let mut owned = HashSet::new();
    for (place, (name, _)) in row.iter().enumerate() {
        let name = if name.is_empty() {
            format!("field_{place}")
        } else {
            name.clone()
        };
        names.push(if owned.insert(name.clone()) {
            name
        } else {
            numbered(&name, &mut taken)
        });
    }
    names
}

#[cfg(test)]
mod tests;
