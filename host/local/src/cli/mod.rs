//! The commands of `athena-timestream`, one file each.

mod connection;
pub mod demo;
pub mod explain;
pub mod load;
mod print;
pub mod query;
pub mod serve;
