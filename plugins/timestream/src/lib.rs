//! The shipped dialect: the defaults of [`guest::Dialect`], and nothing else.

guest::export_dialect!(guest::Timestream);
