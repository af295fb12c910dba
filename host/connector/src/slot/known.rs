//! What was made of the components of a store: plugins, or reasons why not.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Digest, Plugin};

/// Plugins of the store that are kept compiled, for queries that were planned with an earlier one.
const MOST_KEPT: usize = 8;

/// What was made of components.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The one used last stands last.
    kept: Vec<Arc<Plugin>>,
    /// Whole components that were not admitted, and why: they are not compiled again.
    rejected: HashMap<Digest, String>,
}

impl Known {
    /// What became of a digest's component; None: it was not seen.
    pub(super) fn get(&mut self, digest: &Digest) -> Option<Result<Arc<Plugin>>> {
        if let Some(why) = self.rejected.get(digest) {
            let error = Error::new(Code::InvalidInput, Fault::Plugin, why.clone());
            return Some(Err(error));
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
    pub(super) fn put(&mut self, digest: Digest, plugin: &Result<Arc<Plugin>>) {
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
                self.rejected.insert(digest, error.message().to_owned());
            }
        }
    }
}
