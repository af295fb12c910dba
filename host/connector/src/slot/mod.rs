//! Which plugin is current, and the plugin of a digest: the package's own, or one of a store, which may be replaced there
//! while the function runs.
//!
//! A process that Lambda freezes has no timers, so that the store is looked at when a request comes. Whatever is wrong
//! with what lies there, the last good plugin stays.

mod choice;
mod known;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;

pub use self::choice::Choice;
use self::known::Known;
pub use self::store::{POINTER, Place};
use self::store::{Pointer, Store};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Digest, Plugin};
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

/// The plugins of a process.
#[derive(Debug)]
pub struct Slot {
    packaged: Arc<Plugin>,
    store: Option<Store>,
    choice: Choice,
    life: Duration,
    named: Mutex<HashMap<Choice, Arc<Named>>>,
    known: Arc<Mutex<Known>>,
}

/// What is known of a name in the store.
#[derive(Debug, Default)]
struct Named {
    seen: Mutex<Seen>,
    /// Held by the request that looks at the store. The others go on with what they have; where that is nothing, they wait.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Seen {
    plugin: Option<Arc<Plugin>>,
    /// The pointer's, when it named that plugin.
    version: Option<String>,
    /// When the store is looked at again.
    due: Option<Instant>,
    /// Why what lies in the store now is not used.
    refusal: Option<(Code, String)>,
}

impl Named {
    fn is_due(&self) -> bool {
        lock(&self.seen).due.is_none_or(|due| Instant::now() >= due)
    }
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
            named: Mutex::default(),
            known: Arc::default(),
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
        let choice = self.choice(own)?;
        let is_usual = choice == self.choice;
        let Some(store) = &self.store else {
            return if is_usual {
                Ok(self.packaged.clone())
            } else {
                let why = format!(
                    "cannot use the table's dialect `{choice}`: the function has no `plugin_store`"
                );
                Err(Error::invalid_input(why))
            };
        };
        let can_stand_in = is_usual && choice.pinned.is_none();
        match self.of_choice(store, &choice, can_stand_in).await {
            Err(_) if can_stand_in => Ok(self.packaged.clone()),
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
        let gone = || {
            let message = "cannot go on with the query: the dialect was replaced while it ran; hint: run it again";
            Error::new(Code::PartialFailure, Fault::Host, message)
        };
        let store = self.store.as_ref().ok_or_else(gone)?;
        let choice = self.choice(own)?;
        self.fetched(store, &choice.name, digest)
            .await
            .map_err(|error| match error.code() {
                Code::EntityNotFound => gone().with_source(error),
                _ => error.context(format_args!(
                    "cannot fetch the dialect that the query was planned with"
                )),
            })
    }

    /// Why the store's current plugin, of the usual name or of a table's own, is not used. None if it is used, or if there
    /// is no store.
    pub fn refusal(&self, own: Option<&str>) -> Option<String> {
        let choice = self.choice(own).ok()?;
        let named = lock(&self.named).get(&choice).cloned()?;
        let refusal = lock(&named.seen).refusal.clone();
        refusal.map(|(_, why)| why)
    }

    /// A table's own choice, which comes from outside, or the usual one. Empty is unset, as everywhere.
    fn choice(&self, own: Option<&str>) -> Result<Choice> {
        match own.map(str::trim).filter(|own| !own.is_empty()) {
            None => Ok(self.choice.clone()),
            Some(own) if own == self.choice.name => Ok(self.choice.clone()),
            Some(own) => Choice::parse(own).map_err(|why| {
                Error::invalid_input(format!("cannot use the table's dialect `{own}`: it {why}"))
            }),
        }
    }

    fn named(&self, choice: &Choice) -> Arc<Named> {
        let mut named = lock(&self.named);
        if named.len() >= MOST_NAMES && !named.contains_key(choice) {
            named.retain(|_, named| lock(&named.seen).plugin.is_some());
            if named.len() >= MOST_NAMES {
                named.clear();
            }
        }
        named.entry(choice.clone()).or_default().clone()
    }

    async fn of_choice(
        &self,
        store: &Store,
        choice: &Choice,
        can_stand_in: bool,
    ) -> Result<Arc<Plugin>> {
        let named = self.named(choice);
        if named.is_due() {
            let is_patient = !can_stand_in && lock(&named.seen).plugin.is_none();
            let looking = match named.looking.try_lock() {
                Err(_) if is_patient => Some(named.looking.lock().await),
                looking => looking.ok(),
            };
            if looking.is_some() && named.is_due() {
                Box::pin(self.look(store, choice, &named, is_patient)).await;
            }
        }
        let seen = lock(&named.seen);
        seen.plugin.clone().ok_or_else(|| {
            let (code, why) = match &seen.refusal {
                Some((code, why)) => (*code, why.as_str()),
                None => (Code::Internal, "it is not there yet"),
            };
            Error::new(
                code,
                Fault::Host,
                format!("cannot use plugin `{choice}`: {why}"),
            )
        })
    }

    /// Looks at the store, and takes over what is new and good.
    async fn look(&self, store: &Store, choice: &Choice, named: &Named, is_patient: bool) {
        let known = lock(&named.seen).version.clone();
        let find = async {
            let found = match &choice.pinned {
                Some(digest) => Some(Pointer {
                    digest: digest.clone(),
                    version: None,
                }),
                None => store.pointer(&choice.name, known.as_deref()).await?,
            };
            Ok(match found {
                None => None,
                Some(Pointer { digest, version }) => {
                    Some((self.fetched(store, &choice.name, &digest).await?, version))
                }
            })
        };
        let found = if is_patient {
            find.await
        } else {
            let late = |_| {
                let message = format!("the plugin was not there within {} s", PATIENCE.as_secs());
                Err(Error::new(Code::OperationTimeout, Fault::Storage, message))
            };
            tokio::time::timeout(PATIENCE, find)
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
                let refusal = (error.code(), error.message().to_owned());
                if seen.refusal.as_ref() != Some(&refusal) {
                    telemetry::plugin_refused(&choice.name, &error);
                }
                seen.refusal = Some(refusal);
            }
        }
        seen.due = Some(Instant::now() + life);
    }

    /// The plugin of a digest: kept, or fetched, compiled and probed.
    async fn fetched(&self, store: &Store, name: &str, digest: &Digest) -> Result<Arc<Plugin>> {
        if *digest == *self.packaged.digest() {
            return Ok(self.packaged.clone());
        }
        if let Some(plugin) = lock(&self.known).get(digest) {
            return plugin;
        }
        // On the heap, as all calls of AWS.
        let component = Box::pin(store.component(name, digest)).await?;
        let engine = self.packaged.engine().clone();
        let (known, digest) = (self.known.clone(), digest.clone());
        // It goes on when nobody waits for it any more, and the next look finds what became of it.
        let compiled = tokio::task::spawn_blocking(move || {
            let plugin = Plugin::from_bytes(&engine, &component);
            let plugin = plugin.and_then(|plugin| plugin.probe().map(|()| plugin));
            lock(&known).put(digest, &plugin);
            plugin
        });
        let plugin = compiled.await;
        plugin.map_err(|error| Error::bug(format_args!("a plugin was not compiled: {error}")))?
    }
}
