//! The commands of `athena-timestream`, one file each.

pub mod serve;
