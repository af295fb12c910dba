//! Timestream's API: clients, the endpoint, pages of a query, and their decoding into Arrow.

mod clients;
mod decode;
mod page;
mod pages;
mod prepare;
mod raw;
mod throttling;

#[cfg(test)]
mod tests;

pub use clients::{Clients, Place, service_error};
pub use decode::{Decoder, schema_of};
pub use page::{ColumnInfo, Page};
pub use pages::Pages;
pub use prepare::{columns_by_running, prepared_columns};
pub use throttling::Throttling;
