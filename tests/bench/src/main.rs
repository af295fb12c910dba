//! Benchmarks of the read path: figures beside those of other programs in the same run, and their ratios.
//!
//! `cargo xtask bench decode | plan | read | slices | start | swap` builds what they need.

mod athena;
mod decode;
mod function;
mod pages;
mod plan;
mod read;
mod service;
mod slices;
mod start;
mod swap;
mod table;

use std::sync::Arc;

use anyhow::{Result, bail};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::util::pretty::pretty_format_batches;
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (rest, is_json) = match arguments.as_slice() {
        [rest @ .., "--json"] => (rest, true),
        rest => (rest, false),
    };
    let rows = match rest {
        ["decode"] => decode::run()?,
        ["plan"] => plan::run(&function::packaged_dialect()?)?,
        ["read", rest @ ..] => read::run(&read::Options::parse(rest)?)?,
        ["slices"] => slices::run()?,
        ["start"] => start::run()?,
        ["swap"] => swap::run(["timestream", "java-compat"].map(function::component))?,
        _ => bail!(
            "usage: bench decode | plan | slices | start | swap | read [--rows 1000000,…] [--slow-s3 <ms per MB>] [--slow-pages <ms>]; --json"
        ),
    };
    say(&if is_json {
        Value::from(rows).to_string()
    } else {
        table(&rows)?
    });
    Ok(())
}

/// What plays the services, on one thread beside this one.
fn runtime() -> Result<Runtime> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    Ok(runtime.worker_threads(1).enable_all().build()?)
}

/// Rows of equal members as a table.
fn table(rows: &[Map<String, Value>]) -> Result<String> {
    let names = rows.first().into_iter().flat_map(Map::keys);
    let columns = names.map(|name| {
        let cells = rows.iter().map(|row| match &row[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let cells: ArrayRef = Arc::new(StringArray::from_iter_values(cells));
        (name, cells)
    });
    let batch = RecordBatch::try_from_iter(columns)?;
    Ok(pretty_format_batches(&[batch])?.to_string())
}

/// A figure with as many digits as it is worth.
fn rounded(figure: f64) -> Value {
    ((figure * 1_000.0).round() / 1_000.0).into()
}

fn say(text: &str) {
    println!("{text}");
}
