//! The proof that `athena-timestream plugin check` runs too, and what is proved of the shipped policies.

pub use local::proof::*;

pub mod tenants;
