//! The commands of `athena-timestream`, one file each.

pub mod compare;
mod connection;
pub mod demo;
pub mod explain;
pub mod load;
mod output;
pub mod plugin;
mod print;
pub mod probe;
pub mod query;
pub mod register;
pub mod serve;
mod side_by_side;
mod statement;

/// A name and a value with `=` between them.
fn name_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}
