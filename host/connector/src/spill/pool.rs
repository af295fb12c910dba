//! Buffers that blocks are written into, sealed in and sent from, one after the other.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Buffers that are not in use. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

impl Pool {
    /// An empty buffer, with a block's room if it has held one.
    pub(super) fn take(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    /// The buffer's bytes to be sent, without a copy. It comes back when the last of their clones is dropped, of which
    /// the SDK keeps some until it need not send them again.
    pub(super) fn lend(&self, buffer: Vec<u8>) -> Bytes {
        Bytes::from_owner(Lent {
            buffer,
            pool: self.clone(),
        })
    }
}

struct Lent {
    buffer: Vec<u8>,
    pool: Pool,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        self.pool
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_with_its_room_once_nobody_holds_its_bytes() {
        let pool = Pool::default();
        let mut buffer = pool.take();
        buffer.extend_from_slice(&[7; 1_000]);
        let place = buffer.as_ptr();
        let sent = pool.lend(buffer);
        let again = sent.slice(10..);
        drop(sent);
        assert_eq!(pool.take().capacity(), 0, "its bytes are still held");
        assert_eq!(again[..], [7; 990]);
        drop(again);
        let buffer = pool.take();
        assert_eq!((buffer.len(), buffer.as_ptr()), (0, place));
    }
}
