//! What the function and the plugins are made of.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use spdx::Expression;

/// A piece of software that is linked in, with what has to be given on with it.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Its name; of a crate the registry's.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its licence as an SPDX expression.
    pub(crate) licence: Option<String>,
    /// SHA-256 of the crate as the registry has it, in hexadecimal; none for what does not come from a registry.
    pub(crate) checksum: Option<String>,
    /// The texts of its licences.
    pub(crate) texts: Vec<String>,
}

/// How the names of files begin that have to be given on.
const BEGINNINGS: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];

/// Folders in which a project keeps others, each with its own licence.
const OF_OTHERS: [&str; 2] = ["THIRD_PARTY", "THIRD-PARTY"];

/// The licences at the top of a folder of sources, and in its folders of others' sources, however deep those lie.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn texts_of(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    collect(folder, true, false, &mut texts)?;
    texts.sort();
    texts.dedup();
    Ok(texts)
}

fn collect(folder: &Path, is_top: bool, is_of_others: bool, texts: &mut Vec<String>) -> Result<()> {
    let entries = std::fs::read_dir(folder);
    for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if entry.file_type()?.is_dir() {
            let is_of_others = is_of_others || OF_OTHERS.contains(&name.as_str());
            collect(&entry.path(), false, is_of_others, texts)?;
        } else if (is_top || is_of_others) && BEGINNINGS.iter().any(|word| name.starts_with(word)) {
            texts.push(text_of(&entry.path())?);
        }
    }
    Ok(())
}

/// A text without carriage returns and blanks around it, so that equal ones are found equal.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn text_of(file: &Path) -> Result<String> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&text)
        .replace('\r', "")
        .trim()
        .to_owned())
}

/// SPDX's texts of the licences and exceptions that an expression names, for what is published without a text.
///
/// # Errors
///
/// When the expression is not one.
pub(crate) fn standard_texts(expression: &str) -> Result<Vec<String>> {
    let parsed = match Expression::parse(expression) {
        Ok(parsed) => parsed,
        Err(error) => bail!("`{expression}` is not an SPDX expression: {error}"),
    };
    let mut texts = Vec::new();
    for requirement in parsed.requirements() {
        let licence = requirement.req.license.id();
        let licence =
            licence.with_context(|| format!("SPDX does not know `{}`", requirement.req))?;
        texts.push(licence.text().trim().to_owned());
        if let Some(addition) = &requirement.req.addition {
            let exception = addition.id();
            let exception =
                exception.with_context(|| format!("SPDX does not know `{addition:?}`"))?;
            texts.push(exception.text().trim().to_owned());
        }
    }
    Ok(texts)
}
