//! Whether an answer is right: what another engine, which never sees the connector, makes of the same rows; and a
//! comparison to the last bit.

mod difference;
mod reference;

pub use difference::{Difference, difference};
pub use reference::Reference;
