//! Where a command's SQL comes from.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;

/// A query, or where it is read from.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Statement {
    /// The query; `-` reads it from standard input
    sql: Option<String>,
    /// Read the query from a file; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Statement {
    /// The query's text.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(super) fn read(&self) -> anyhow::Result<String> {
        match (&self.sql, &self.file) {
            (Some(sql), _) if sql != "-" => Ok(sql.clone()),
            (None, Some(file)) if file.as_os_str() != "-" => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the query from {}", file.display())),
            _ => {
                let mut sql = String::new();
                let read = std::io::stdin().read_to_string(&mut sql);
                read.context("cannot read the query from standard input")?;
                Ok(sql)
            }
        }
    }
}
