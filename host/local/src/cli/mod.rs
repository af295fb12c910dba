//! The commands of `athena-timestream`, one file each.

mod compare;
mod connection;
pub mod demo;
pub mod explain;
pub mod load;
pub mod plugin;
mod print;
pub mod query;
pub mod serve;

/// A name and a value with `=` between them.
fn name_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}
