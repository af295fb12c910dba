//! Which plugin is current, and the plugin of a digest: the package's own, or one of a store, which may be replaced there
//! while the function runs.
//!
//! A process that Lambda freezes has no timers, so that the store is looked at when a request comes. Whatever is wrong
//! with what lies there, the last good plugin stays.

mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;

pub use self::store::{POINTER, Place};
use self::store::{Pointer, Store};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Digest, Plugin};
use crate::telemetry;

/// How long the pointer of a name is believed.
const LIFE: Duration = Duration::from_secs(10);

/// Plugins of the store that are kept compiled, for queries that were planned with an earlier one; each takes about a
/// megabyte.
const MOST_KEPT: usize = 8;

/// A plugin by name, perhaps of one digest alone: `name` or `name@sha256`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name, under which it lies in the store.
    pub name: String,
    /// The only digest that is allowed.
    pub pinned: Option<Digest>,
}

impl Choice {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// A phrase that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, pinned) = match text.split_once('@') {
            None => (text, None),
            Some((name, digest)) => {
                let digest = Digest::parse(digest);
                let digest =
                    digest.ok_or("names no SHA-256 in lower-case hexadecimal behind its `@`")?;
                (name, Some(digest))
            }
        };
        // It becomes part of a path.
        let is_known =
            |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        if name.is_empty() || name.len() > 100 || !name.bytes().all(is_known) {
            return Err("is not a name of lower-case letters, digits and `-`");
        }
        Ok(Self {
            name: name.to_owned(),
            pinned,
        })
    }
}

/// The plugins of a process.
#[derive(Debug)]
pub struct Slot {
    packaged: Arc<Plugin>,
    store: Option<Store>,
    choice: Choice,
    life: Duration,
    names: Mutex<HashMap<String, Arc<Named>>>,
    /// The one used last stands last.
    kept: Mutex<Vec<Arc<Plugin>>>,
    /// Whole components that were not admitted, and why: they are not compiled again.
    rejected: Mutex<HashMap<Digest, String>>,
}

/// What is known of a name in the store.
#[derive(Debug, Default)]
struct Named {
    seen: Mutex<Seen>,
    /// Held by the request that looks at the store; the others go on with the last good plugin.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Seen {
    plugin: Option<Arc<Plugin>>,
    /// The pointer's, when it named that plugin.
    version: Option<String>,
    looked: Option<Instant>,
    /// Why what lies in the store now is not used.
    refusal: Option<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slot {
    /// The package's plugin and, if there is one, a store with others, in which the choice is the usual one.
    pub fn new(
        packaged: Arc<Plugin>,
        store: Option<&Place>,
        choice: Choice,
        config: &SdkConfig,
    ) -> Self {
        Self {
            packaged,
            store: store.map(|place| Store::new(place, config)),
            choice,
            life: LIFE,
            names: Mutex::default(),
            kept: Mutex::default(),
            rejected: Mutex::default(),
        }
    }

    /// The same, with pointers that are believed for so long.
    #[must_use]
    pub fn with_life(self, life: Duration) -> Self {
        Self { life, ..self }
    }

    /// The plugin for a new query: of the usual name, or of a table's own.
    ///
    /// # Errors
    ///
    /// When a table asks for a name, or the setting for a digest, that the store does not have. The usual name without
    /// a digest never fails: the package's plugin stands in for it.
    pub async fn current(&self, own: Option<&str>) -> Result<Arc<Plugin>> {
        let own = own.filter(|name| *name != self.choice.name);
        let (store, choice) = match (&self.store, own) {
            (None, None) => return Ok(self.packaged.clone()),
            (Some(store), None) => (store, &self.choice),
            (store, Some(name)) => {
                let cannot = |why: &str| {
                    Error::invalid_input(format!("cannot use the table's dialect `{name}`: {why}"))
                };
                let choice = Choice::parse(name).map_err(|why| cannot(&format!("it {why}")))?;
                let store = store
                    .as_ref()
                    .ok_or_else(|| cannot("the function has no `plugin_store`"))?;
                return self.of_choice(store, &choice).await;
            }
        };
        match self.of_choice(store, choice).await {
            Err(error) if choice.pinned.is_none() => {
                tracing::debug!(error = error.summary(), "the package's plugin stands in");
                Ok(self.packaged.clone())
            }
            plugin => plugin,
        }
    }

    /// The plugin that a query was planned with.
    ///
    /// # Errors
    ///
    /// When it can no longer be had.
    pub async fn of_digest(&self, own: Option<&str>, digest: &Digest) -> Result<Arc<Plugin>> {
        if *digest == *self.packaged.digest() {
            return Ok(self.packaged.clone());
        }
        let name = own.unwrap_or(&self.choice.name);
        let gone = || {
            let message = "cannot go on with the query: the dialect was replaced while it ran; hint: run it again";
            Error::new(Code::PartialFailure, Fault::Host, message)
        };
        let store = self.store.as_ref().ok_or_else(gone)?;
        // A name that comes back from outside.
        let choice = Choice::parse(name).map_err(|_| gone())?;
        if self.choice.name == choice.name
            && self
                .choice
                .pinned
                .as_ref()
                .is_some_and(|pinned| pinned != digest)
        {
            return Err(gone());
        }
        let plugin = self.fetched(store, &choice.name, digest).await;
        plugin.map_err(|error| gone().with_source(error))
    }

    /// Why what lies in the store under the usual name is not used; None if it is, or there is no store.
    pub fn refusal(&self) -> Option<String> {
        let named = lock(&self.names).get(&self.choice.name).cloned()?;
        lock(&named.seen).refusal.clone()
    }

    async fn of_choice(&self, store: &Store, choice: &Choice) -> Result<Arc<Plugin>> {
        let name = &choice.name;
        if let Some(digest) = &choice.pinned {
            return self.fetched(store, name, digest).await;
        }
        let named = lock(&self.names).entry(name.clone()).or_default().clone();
        let is_due = || {
            let looked = lock(&named.seen).looked;
            looked.is_none_or(|looked| looked.elapsed() >= self.life)
        };
        if is_due() {
            let is_known = lock(&named.seen).plugin.is_some();
            let looking = match named.looking.try_lock() {
                Err(_) if is_known => None,
                Err(_) => Some(named.looking.lock().await),
                Ok(looking) => Some(looking),
            };
            if looking.is_some() && is_due() {
                Box::pin(self.look(store, name, &named)).await;
            }
        }
        let seen = lock(&named.seen);
        seen.plugin.clone().ok_or_else(|| {
            let why = seen.refusal.as_deref().unwrap_or("it was not found");
            Error::invalid_input(format!("cannot use plugin `{name}`: {why}"))
        })
    }

    /// Looks at the store, and takes over what is new and good.
    async fn look(&self, store: &Store, name: &str, named: &Named) {
        let known = lock(&named.seen).version.clone();
        let found = async {
            match store.pointer(name, known.as_deref()).await? {
                None => Ok(None),
                Some(Pointer { digest, version }) => {
                    let plugin = self.fetched(store, name, &digest).await?;
                    Ok::<_, Error>(Some((plugin, version)))
                }
            }
        };
        let found = found.await;
        let mut seen = lock(&named.seen);
        seen.looked = Some(Instant::now());
        match found {
            Ok(None) => seen.refusal = None,
            Ok(Some((plugin, version))) => {
                let before = seen.plugin.replace(plugin.clone());
                if before.is_none_or(|before| before.digest() != plugin.digest()) {
                    tracing::info!(
                        name,
                        plugin = plugin.label(),
                        digest = plugin.digest().as_str(),
                        "plugin taken over"
                    );
                }
                seen.version = version;
                seen.refusal = None;
            }
            Err(error) => {
                let refusal = error.message().to_owned();
                if seen.refusal.as_ref() != Some(&refusal) {
                    telemetry::plugin_refused(name, &error);
                }
                seen.refusal = Some(refusal);
            }
        }
    }

    /// The plugin of a digest: kept, or fetched, compiled and probed. No lock is held meanwhile.
    async fn fetched(&self, store: &Store, name: &str, digest: &Digest) -> Result<Arc<Plugin>> {
        if *digest == *self.packaged.digest() {
            return Ok(self.packaged.clone());
        }
        if let Some(plugin) = self.kept(digest) {
            return Ok(plugin);
        }
        if let Some(why) = lock(&self.rejected).get(digest) {
            return Err(Error::new(Code::InvalidInput, Fault::Plugin, why.clone()));
        }
        // On the heap, as all calls of AWS.
        let component = Box::pin(store.component(name, digest)).await?;
        let engine = self.packaged.engine().clone();
        let compiled = tokio::task::spawn_blocking(move || {
            let plugin = Plugin::from_bytes(&engine, &component)?;
            plugin.probe()?;
            Ok::<_, Error>(plugin)
        });
        let compiled = compiled.await;
        let compiled = compiled
            .map_err(|error| Error::bug(format_args!("a plugin was not compiled: {error}")))?;
        let plugin = compiled.inspect_err(|error| {
            let mut rejected = lock(&self.rejected);
            if rejected.len() >= MOST_KEPT {
                rejected.clear();
            }
            rejected.insert(digest.clone(), error.message().to_owned());
        })?;
        let mut kept = lock(&self.kept);
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push(plugin.clone());
        Ok(plugin)
    }

    fn kept(&self, digest: &Digest) -> Option<Arc<Plugin>> {
        let mut kept = lock(&self.kept);
        let place = kept.iter().position(|plugin| plugin.digest() == digest)?;
        let plugin = kept.remove(place);
        kept.push(plugin.clone());
        Some(plugin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_a_name_and_perhaps_a_digest() {
        let digest = Digest::of(b"");
        let pinned = format!("wide@{digest}");
        assert_eq!(
            Choice::parse(&pinned),
            Ok(Choice {
                name: "wide".to_owned(),
                pinned: Some(digest)
            })
        );
        assert_eq!(
            Choice::parse("java-compat"),
            Ok(Choice {
                name: "java-compat".to_owned(),
                pinned: None
            })
        );
        for wrong in [
            "",
            ".",
            "../a",
            "a/b",
            "A",
            "a b",
            "wide@",
            "wide@abc",
            "@",
            &"x".repeat(101),
        ] {
            assert!(Choice::parse(wrong).is_err(), "{wrong}");
        }
    }
}
