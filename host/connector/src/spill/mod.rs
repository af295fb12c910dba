//! Batches to an answer: one block inline, or blocks in S3.
//!
//! Pure decisions here and in [`crypto`]; [`store`] does the I/O.

mod blocks;
mod crypto;
mod key;
mod pool;
mod store;

pub use blocks::{Output, Spiller, block_bytes};
pub use crypto::{decrypt, encrypt};
pub use key::new_key;
pub use store::{Location, SpillStore};
