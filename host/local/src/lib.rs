//! Athena's and Timestream's part on one machine, so that the connector runs, is tested and is developed against
//! without an account.

pub mod athena;
pub mod check;
pub mod cli;
pub mod data;
mod doubles;
mod memory;
mod names;
pub mod probe;
pub mod proof;
pub mod s3;
pub mod timestream;
mod unnest;
