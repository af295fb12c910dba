//! Names, columns, and how both travel from call to call.

mod cache;
mod carried;
mod describe;
mod find;
mod glue;
mod names;
mod partition;
mod passthrough;
mod single_query;
mod view;

pub use cache::{Cache, Owner};
pub use carried::{Carried, CarriedPart, RESERVED_PREFIX};
pub use find::{Found, find};
pub use glue::{Glue, GlueCatalog};
pub use names::{Listed, Listings, Names};
pub use passthrough::{SIGNATURE, passthrough, statement as passthrough_statement};
