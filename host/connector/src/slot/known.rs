//! What was made of the components of a store: plugins, or reasons why not.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::plugin::{Digest, Plugin};

/// Plugins of the store that are kept compiled, for queries that were planned with an earlier one.
const MOST_KEPT: usize = 8;

/// What was made of components.
#[derive(Debug)]
pub(super) struct Known<P> {
    /// The package's own, which is never fetched.
    packaged: Option<Arc<P>>,
    /// The one used last stands last.
    kept: Vec<Arc<P>>,
    /// Whole components that were not admitted, and why: they are not compiled again.
    rejected: HashMap<Digest, Error>,
}

impl<P: Plugin> Known<P> {
    pub(super) fn new(packaged: Option<Arc<P>>) -> Self {
        Self {
            packaged,
            kept: Vec::new(),
            rejected: HashMap::new(),
        }
    }

    /// What became of a digest's component; None: it was not seen.
    pub(super) fn get(&mut self, digest: &Digest) -> Option<Result<Arc<P>>> {
        let packaged = self.packaged.as_ref();
        if let Some(packaged) = packaged.filter(|packaged| packaged.digest() == digest) {
            return Some(Ok(packaged.clone()));
        }
        if let Some(error) = self.rejected.get(digest) {
            return Some(Err(error.again()));
        }
        let place = self
            .kept
            .iter()
            .position(|plugin| plugin.digest() == digest)?;
        let plugin = self.kept.remove(place);
        self.kept.push(plugin.clone());
        Some(Ok(plugin))
    }

    /// Remembers what became of a component.
    pub(super) fn put(&mut self, digest: Digest, plugin: &Result<Arc<P>>) {
        match plugin {
            Ok(plugin) => {
                self.kept.retain(|kept| *kept.digest() != digest);
                if self.kept.len() >= MOST_KEPT {
                    self.kept.remove(0);
                }
                self.kept.push(plugin.clone());
            }
            Err(error) => {
                if self.rejected.len() >= MOST_KEPT {
                    self.rejected.clear();
                }
                self.rejected.insert(digest, error.again());
            }
        }
    }
}
