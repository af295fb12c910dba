//! The commands of `athena-timestream`, one file each.

pub mod load;
pub mod serve;
