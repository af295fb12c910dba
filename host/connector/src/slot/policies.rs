//! The chain of policies, from the store if there is one, else from the package.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use tokio::sync::OnceCell;

use super::choice::Choice;
use super::keys::Keys;
use super::shelf::Shelf;
use super::store::{Place, Store};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Engine, Policy};

/// The policies of a process, in the order in which they judge.
#[derive(Debug)]
pub struct Policies {
    chain: Vec<Choice>,
    origin: Origin,
}

/// Where they come from.
#[derive(Debug)]
enum Origin {
    Store(Shelf<Policy>),
    Package(Package),
}

/// Files of the package, `<name>.wasm`.
#[derive(Debug)]
struct Package {
    engine: Engine,
    folder: PathBuf,
    /// Empty until the first query, and until all are good.
    loaded: OnceCell<Vec<Arc<Policy>>>,
}

impl Policies {
    /// A chain of policies that lie in a store, signed if there are keys, or, without one, in the package's folder. Nothing
    /// is read yet.
    pub fn new(
        chain: Vec<Choice>,
        store: Option<&Place>,
        keys: &Keys,
        folder: &Path,
        engine: &Engine,
        config: &SdkConfig,
    ) -> Self {
        let engine = engine.clone();
        let origin = match store {
            Some(place) => {
                let store = Store::new(place, config);
                Origin::Store(Shelf::new(store, keys.clone(), engine, None))
            }
            None => Origin::Package(Package {
                engine,
                folder: folder.to_path_buf(),
                loaded: OnceCell::new(),
            }),
        };
        Self { chain, origin }
    }

    /// The same, with pointers that are believed for so long, and plugins that are waited for so long.
    #[must_use]
    pub fn with_times(self, life: Duration, patience: Duration) -> Self {
        let origin = match self.origin {
            Origin::Store(shelf) => Origin::Store(shelf.with_times(life, patience)),
            package @ Origin::Package(_) => package,
        };
        Self { origin, ..self }
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        !self.chain.is_empty()
    }

    /// The policies as they are now. A query has no policies of its own: each read is judged by those that are current.
    ///
    /// # Errors
    ///
    /// When one of them cannot be had. The last good one of its name stands in for one that is bad; nothing else does.
    pub async fn current(&self) -> Result<Vec<Arc<Policy>>> {
        if self.chain.is_empty() {
            return Ok(Vec::new());
        }
        let shelf = match &self.origin {
            Origin::Package(package) => return package.load(&self.chain).await,
            Origin::Store(shelf) => shelf,
        };
        let mut policies = Vec::with_capacity(self.chain.len());
        for choice in &self.chain {
            let policy = shelf.of_choice(choice, false).await.map_err(|error| {
                let hint = "the function has a `plugin_store`, where its policies have to lie";
                match error.code() {
                    Code::EntityNotFound => error.with_hint(hint),
                    _ => error,
                }
            });
            policies.push(policy?);
        }
        Ok(policies)
    }

    /// Why policies that lie in the store now are not used.
    pub fn refusals(&self) -> Vec<String> {
        match &self.origin {
            Origin::Package(_) => Vec::new(),
            Origin::Store(shelf) => {
                let refusals = self.chain.iter().map(|choice| shelf.refusal(choice));
                refusals.flatten().collect()
            }
        }
    }
}

impl Package {
    async fn load(&self, chain: &[Choice]) -> Result<Vec<Arc<Policy>>> {
        let load = async || {
            let (engine, folder, chain) =
                (self.engine.clone(), self.folder.clone(), chain.to_vec());
            let loading = tokio::task::spawn_blocking(move || {
                let policies = chain
                    .iter()
                    .map(|choice| packaged(&engine, &folder, choice));
                policies.collect()
            });
            let loaded = loading.await;
            loaded.map_err(|error| Error::bug(format_args!("no policy was loaded: {error}")))?
        };
        self.loaded.get_or_try_init(load).await.cloned()
    }
}

fn packaged(engine: &Engine, folder: &Path, choice: &Choice) -> Result<Arc<Policy>> {
    let policy = Policy::from_file(engine, &folder.join(format!("{}.wasm", choice.name)))?;
    match &choice.pinned {
        Some(digest) if digest != policy.digest() => {
            let own = policy.digest();
            let message =
                format!("cannot use policy `{choice}`: the package's has the digest {own}");
            Err(Error::new(Code::InvalidInput, Fault::Host, message))
        }
        _ => Ok(policy),
    }
}
