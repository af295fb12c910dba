//! Files → a zip file, of which every byte follows from them.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The file in the package that holds the SHA-256 of every other, as `sha256sum --check` reads it.
pub const SUMS: &str = "SHA256SUMS";

/// The one file that is started.
const PROGRAM: &str = "bootstrap";

/// The SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Packs files, by their names, and their sums. Neither the order nor the time of the call shows: names are sorted, and
/// every file has the first date that the format knows.
///
/// # Errors
///
/// When there is no `bootstrap`, or one has the name of the sums.
pub fn zip(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    ensure!(files.contains_key(PROGRAM), "a package needs `{PROGRAM}`");
    ensure!(!files.contains_key(SUMS), "`{SUMS}` is made, not given");
    let sums: String = files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes)))
        .collect();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let contents = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (name, bytes) in contents.chain([(SUMS, sums.as_bytes())]) {
        let permissions = if name == PROGRAM { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(permissions);
        archive
            .start_file(name, options)
            .and_then(|()| Ok(archive.write_all(bytes)?))
            .with_context(|| format!("cannot pack `{name}`"))?;
    }
    Ok(archive.finish()?.into_inner())
}
