//! Names, columns, and how both travel from call to call.

mod carried;
mod describe;
mod names;

pub use carried::{Carried, RESERVED_PREFIX};
pub use describe::describe;
pub use names::{databases, resolve, resolve_database, tables};
