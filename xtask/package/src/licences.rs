//! The licences under which everything that is linked in may be given on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use spdx::Expression;

use crate::dependencies::Dependency;

/// How the names of files begin that have to be given on.
const BEGINNINGS: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];

/// A text that names each crate with its licence, and below them every licence's text once, with the crates that it came
/// with. A crate without such a file, as some are published, stands below the text that SPDX has of its licence.
///
/// # Errors
///
/// When a crate has neither a licence's file nor a valid SPDX expression, or its files cannot be read.
pub(crate) fn notices(dependencies: &[Dependency]) -> Result<String> {
    let mut list = String::new();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for dependency in dependencies {
        let title = format!("{} {}", dependency.name, dependency.version);
        let licence = dependency.licence.as_deref().unwrap_or("see its text");
        writeln!(list, "{title}: {licence}")?;
        let found =
            files(dependency).with_context(|| format!("cannot read the licence of {title}"))?;
        let found = if found.is_empty() {
            standard(dependency).with_context(|| format!("the licence of {title}"))?
        } else {
            found
        };
        for text in found {
            texts.entry(text).or_default().insert(title.clone());
        }
    }
    // The standard library has its own: https://github.com/rust-lang/rust/blob/master/COPYRIGHT.
    writeln!(list, "Rust's standard library: MIT OR Apache-2.0")?;
    let mut told = format!("This package holds code of\n\n{list}");
    for (text, titles) in texts {
        let titles = titles.into_iter().collect::<Vec<_>>().join(", ");
        write!(told, "\n{}\n{titles}\n\n{text}\n", "-".repeat(80))?;
    }
    Ok(told)
}

/// The texts that lie beside a crate's manifest, without carriage returns and blanks around them, so that equal ones are
/// found equal.
fn files(dependency: &Dependency) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&dependency.folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if BEGINNINGS.iter().any(|word| name.starts_with(word)) && entry.file_type()?.is_file() {
            paths.push(entry.path());
        }
    }
    paths.extend(dependency.licence_file.clone());
    paths.sort();
    paths.dedup();
    let texts = paths.iter().map(|path| {
        let text = std::fs::read(path).with_context(|| path.display().to_string())?;
        let text = String::from_utf8_lossy(&text).replace('\r', "");
        Ok(text.trim().to_owned())
    });
    texts.collect()
}

/// SPDX's text of each licence that a crate's expression names.
fn standard(dependency: &Dependency) -> Result<Vec<String>> {
    let Some(expression) = &dependency.licence else {
        bail!("it names none and has no file of one");
    };
    let expression = Expression::parse(expression)
        .map_err(|error| anyhow::anyhow!("`{expression}` is not an SPDX expression: {error}"))?;
    let texts = expression.requirements().map(|requirement| {
        let licence = requirement.req.license.id();
        let licence =
            licence.with_context(|| format!("SPDX does not know `{}`", requirement.req))?;
        Ok(licence.text().trim().to_owned())
    });
    texts.collect()
}
