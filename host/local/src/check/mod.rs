//! Whether an answer is right: what another engine, which never sees the connector, makes of the same rows; and a
//! comparison to the last bit.

mod difference;
mod kinds;
mod reference;

pub use difference::{Difference, difference};
pub use kinds::{Answer, Column, Kinds, Pair, Row, kinds};
pub use reference::Reference;
