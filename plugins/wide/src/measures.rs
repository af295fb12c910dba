//! Which measures a table has.

use guest::{Refusal, RefusalKind, Scalar, Table, sql};

/// The option: `cpu_user double, mem_free bigint, state varchar`.
const OPTION: &str = "wide_measures";

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// As records have it in `measure_name`.
    pub(crate) name: String,
    /// The same as a constant of SQL.
    pub(crate) label: String,
    /// Of its values.
    pub(crate) scalar: Scalar,
    /// The column that holds them.
    pub(crate) column: &'static str,
}

/// The measures of a table in the option's order; None if it is not set. Of several values the last counts.
pub(crate) fn read(table: &Table) -> Result<Option<Vec<Measure>>, Refusal> {
    let mut options = table.options.iter().rev();
    let Some((_, text)) = options.find(|(name, _)| name == OPTION) else {
        return Ok(None);
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut measures: Vec<Measure> = Vec::new();
    for part in text.split(',').map(str::trim) {
        let measure = measure(part).ok_or_else(|| {
            let hint = "give each measure's name and its type, double, bigint, varchar or boolean, with commas between";
            refusal(&format!("`{part}` in the option `{OPTION}` is not a measure; hint: {hint}"))
        })?;
        if measures.iter().any(|known| known.name == measure.name) {
            let name = measure.name;
            return Err(refusal(&format!(
                "the option `{OPTION}` names `{name}` twice"
            )));
        }
        measures.push(measure);
    }
    Ok(Some(measures))
}

/// A name and, behind its last blank, a type.
fn measure(text: &str) -> Option<Measure> {
    let (name, r#type) = text.rsplit_once(char::is_whitespace)?;
    let (scalar, column) = match r#type {
        "double" => (Scalar::Double, "measure_value::double"),
        "bigint" => (Scalar::Bigint, "measure_value::bigint"),
        "varchar" => (Scalar::Varchar, "measure_value::varchar"),
        "boolean" => (Scalar::Boolean, "measure_value::boolean"),
        _ => return None,
    };
    let name = name.trim_end();
    Some(Measure {
        name: name.to_owned(),
        label: sql::text(name)?,
        scalar,
        column,
    })
}

/// An option that cannot be followed.
pub(crate) fn refusal(message: &str) -> Refusal {
    Refusal {
        kind: RefusalKind::Invalid,
        message: message.to_owned(),
    }
}
