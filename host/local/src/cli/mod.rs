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
