//! The licences under which everything that is linked in may be given on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Result, ensure};

use crate::part::Part;

/// A text that names each part with its licence, and below them every licence's text once, with the parts that it came with.
///
/// # Errors
///
/// When a part has no text.
pub(crate) fn notices(parts: &[Part]) -> Result<String> {
    let mut list = String::new();
    let mut texts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for part in parts {
        let title = format!("{} {}", part.name, part.version);
        let licence = part.licence.as_deref().unwrap_or("see its text");
        writeln!(list, "{title}: {licence}")?;
        ensure!(!part.texts.is_empty(), "{title} has no text of a licence");
        for text in &part.texts {
            texts.entry(text).or_default().insert(title.clone());
        }
    }
    let mut told = format!("This package holds code of\n\n{list}");
    for (text, titles) in texts {
        let titles = titles.into_iter().collect::<Vec<_>>().join(", ");
        write!(told, "\n{}\n{titles}\n\n{text}\n", "-".repeat(80))?;
    }
    Ok(told)
}
