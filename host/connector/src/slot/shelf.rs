//! The plugins of a store: of a name, as its pointer says, and of a digest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::choice::Choice;
use super::keys::Keys;
use super::known::Known;
use super::store::{Pointer, Store, component_path, signature_path, wrong};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Digest, Engine, Plugin};
use crate::telemetry;

/// How long the pointer of a name is believed.
const LIFE: Duration = Duration::from_secs(10);

/// How long a request waits for the store while another plugin can stand in.
const PATIENCE: Duration = Duration::from_secs(3);

/// By how much longer the pointer is left alone once the store could not be reached.
const LONGER: u32 = 6;

/// A pinned plugin is not looked at again.
const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Names that are remembered: those of tables come with requests.
const MOST_NAMES: usize = 100;

/// A store, and what was taken from it.
#[derive(Debug)]
pub(super) struct Shelf<P> {
    store: Store,
    keys: Keys,
    engine: Engine,
    life: Duration,
    patience: Duration,
    named: Mutex<HashMap<Choice, Arc<Named<P>>>>,
    known: Arc<Mutex<Known<P>>>,
}

/// What is known of a name in the store.
#[derive(Debug)]
struct Named<P> {
    seen: Mutex<Seen<P>>,
    /// Held by the request that looks at the store. The others go on with what they have; where that is nothing, they wait.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Seen<P> {
    plugin: Option<Arc<P>>,
    /// The pointer's, when it named that plugin.
    version: Option<String>,
    /// When the store is looked at again.
    due: Option<Instant>,
    /// Why what lies in the store now is not used.
    refusal: Option<Error>,
}

impl<P> Named<P> {
    fn new() -> Self {
        Self {
            seen: Mutex::new(Seen {
                plugin: None,
                version: None,
                due: None,
                refusal: None,
            }),
            looking: tokio::sync::Mutex::default(),
        }
    }

    fn is_due(&self) -> bool {
        lock(&self.seen).due.is_none_or(|due| Instant::now() >= due)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Plugin> Shelf<P> {
    /// Nothing is taken yet. The package's own plugin stands in for its component in the store.
    pub(super) fn new(store: Store, keys: Keys, engine: Engine, packaged: Option<Arc<P>>) -> Self {
        Self {
            store,
            keys,
            engine,
            life: LIFE,
            patience: PATIENCE,
            named: Mutex::default(),
            known: Arc::new(Mutex::new(Known::new(packaged))),
        }
    }

    /// The same, with pointers that are believed for so long, and plugins that are waited for so long.
    pub(super) fn with_times(self, life: Duration, patience: Duration) -> Self {
        Self {
            life,
            patience,
            ..self
        }
    }

    /// Why the store's current plugin of a choice is not used. None if it is used, or was never asked for.
    pub(super) fn refusal(&self, choice: &Choice) -> Option<String> {
        let named = lock(&self.named).get(choice).cloned()?;
        let seen = lock(&named.seen);
        seen.refusal.as_ref().map(|why| why.message().to_owned())
    }

    fn named(&self, choice: &Choice) -> Arc<Named<P>> {
        let mut named = lock(&self.named);
        if named.len() >= MOST_NAMES && !named.contains_key(choice) {
            named.retain(|_, named| lock(&named.seen).plugin.is_some());
            if named.len() >= MOST_NAMES {
                named.clear();
            }
        }
        let named = named.entry(choice.clone());
        named.or_insert_with(|| Arc::new(Named::new())).clone()
    }

    /// The plugin of a choice. Where another one can stand in, the store is not waited for.
    ///
    /// # Errors
    ///
    /// When there is none: the store has no such plugin, and had none before.
    pub(super) async fn of_choice(&self, choice: &Choice, can_stand_in: bool) -> Result<Arc<P>> {
        let named = self.named(choice);
        if named.is_due() {
            let is_patient = !can_stand_in && lock(&named.seen).plugin.is_none();
            let looking = match named.looking.try_lock() {
                Err(_) if is_patient => Some(named.looking.lock().await),
                looking => looking.ok(),
            };
            if looking.is_some() && named.is_due() {
                Box::pin(self.look(choice, &named, is_patient)).await;
            }
        }
        let seen = lock(&named.seen);
        seen.plugin.clone().ok_or_else(|| {
            let why = match &seen.refusal {
                Some(error) => error.again(),
                None => Error::new(Code::Internal, Fault::Host, "it is not there yet"),
            };
            why.context(format_args!("cannot use plugin `{choice}`"))
        })
    }

    /// Looks at the store, and takes over what is new and good.
    async fn look(&self, choice: &Choice, named: &Named<P>, is_patient: bool) {
        let known = lock(&named.seen).version.clone();
        let find = async {
            let found = match &choice.pinned {
                Some(digest) => Some(Pointer {
                    digest: digest.clone(),
                    version: None,
                }),
                None => self.store.pointer(&choice.name, known.as_deref()).await?,
            };
            Ok(match found {
                None => None,
                Some(Pointer { digest, version }) => {
                    let seen = lock(&named.seen).plugin.clone();
                    let plugin = match seen.filter(|plugin| *plugin.digest() == digest) {
                        Some(plugin) => plugin,
                        None => self.of_digest(&choice.name, &digest).await?,
                    };
                    Some((plugin, version))
                }
            })
        };
        let found = if is_patient {
            find.await
        } else {
            let late = |_| {
                let seconds = self.patience.as_secs();
                let message = format!("the plugin was not there within {seconds} s");
                Err(Error::new(Code::OperationTimeout, Fault::Storage, message))
            };
            tokio::time::timeout(self.patience, find)
                .await
                .unwrap_or_else(late)
        };
        let mut seen = lock(&named.seen);
        let mut life = self.life;
        match found {
            Ok(None) => seen.refusal = None,
            Ok(Some((plugin, version))) => {
                let before = seen.plugin.replace(plugin.clone());
                if before.is_none_or(|before| before.digest() != plugin.digest()) {
                    let digest = plugin.digest().as_str();
                    tracing::info!(%choice, plugin = plugin.label(), digest, "plugin taken over");
                }
                seen.version = version;
                seen.refusal = None;
                if choice.pinned.is_some() {
                    life = FOR_EVER;
                }
            }
            Err(error) => {
                if error.is_unreachable() {
                    life *= LONGER;
                }
                let is_known = |before: &Error| {
                    (before.code(), before.message()) == (error.code(), error.message())
                };
                if !seen.refusal.as_ref().is_some_and(is_known) {
                    telemetry::plugin_refused(&choice.name, &error);
                }
                seen.refusal = Some(error.again());
            }
        }
        seen.due = Some(Instant::now() + life);
    }

    /// The plugin of a digest: kept, or fetched, compiled and probed.
    ///
    /// # Errors
    ///
    /// When the store does not have it, it is not signed though that is asked for, or it is not admitted.
    pub(super) async fn of_digest(&self, name: &str, digest: &Digest) -> Result<Arc<P>> {
        let known = lock(&self.known).get(digest);
        let plugin = match known {
            Some(plugin) => plugin?,
            // On the heap, as all calls of AWS.
            None => Box::pin(self.fetched(name, digest)).await?,
        };
        // What is signed is a plugin under its own name: it must not serve in place of another.
        if !self.keys.is_empty() && plugin.name() != name {
            let why = format!("it is signed as `{}`", plugin.name());
            return Err(wrong(&component_path(name, digest), &why));
        }
        Ok(plugin)
    }

    async fn fetched(&self, name: &str, digest: &Digest) -> Result<Arc<P>> {
        let component = self.store.component(name, digest).await?;
        if !self.keys.is_empty() {
            let signature = self.store.signature(name, digest).await?;
            let checked = self.keys.check(&component, &signature);
            checked.map_err(|why| wrong(&signature_path(name, digest), why))?;
        }
        let engine = self.engine.clone();
        let (known, digest) = (self.known.clone(), digest.clone());
        // It goes on when nobody waits for it any more, and the next look finds what became of it.
        let compiled = tokio::task::spawn_blocking(move || {
            let plugin = P::admit(&engine, &component);
            lock(&known).put(digest, &plugin);
            plugin
        });
        let plugin = compiled.await;
        plugin.map_err(|error| Error::bug(format_args!("a plugin was not compiled: {error}")))?
    }
}
