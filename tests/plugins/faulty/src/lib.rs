//! A dialect that misbehaves on request.

guest::export_dialect!(guest::Timestream);
