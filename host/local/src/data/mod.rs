//! What is put into Timestream: files that a user has, and the fleet that the demo makes.
//!
//! [`load`] reads a CSV through the service's own batch-load [`DataModel`]; [`generate`] makes the same fleet of devices
//! every time; [`write`] is the one way in for both: records through the Write API, many calls at once.

pub mod generate;
mod lines;
pub mod load;
mod model;
mod rows;
pub mod write;

pub use load::load;
pub use model::DataModel;
