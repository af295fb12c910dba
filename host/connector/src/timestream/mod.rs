//! Timestream's API: clients, the endpoint, pages of a query, and their decoding into Arrow.

mod clients;
mod decode;
mod page;
mod pages;
mod raw;

#[cfg(test)]
mod tests;

pub use clients::{Clients, service_error};
pub use decode::{Decoder, schema_of};
pub use page::{ColumnInfo, Page};
pub use pages::Pages;
