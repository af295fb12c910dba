//! Which plugins serve: the package's own, or those of a store, which may be replaced there while the function runs.
//!
//! A process that Lambda freezes has no timers, so that the store is looked at when a request comes. Whatever is wrong
//! with what lies there, the last good plugin stays.

mod choice;
mod keys;
mod known;
mod policies;
mod shelf;
mod store;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;

pub use self::choice::Choice;
pub use self::keys::Keys;
pub use self::policies::Policies;
use self::shelf::Shelf;
use self::store::Store;
pub use self::store::{POINTER, Place, component_path, signature_path};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Dialect, Digest, Engine};

/// The dialects of a process: which one is current, and the one of a digest.
#[derive(Debug)]
pub struct Slot {
    packaged: Arc<Dialect>,
    shelf: Option<Shelf<Dialect>>,
    choice: Choice,
}

impl Slot {
    /// The package's plugin and, if there is one, a store with others, in which the choice is the usual one. If there are
    /// keys, one of them must have signed what is taken from the store.
    pub fn new(
        packaged: Arc<Dialect>,
        store: Option<&Place>,
        keys: &Keys,
        choice: Choice,
        config: &SdkConfig,
    ) -> Self {
        let shelf = store.map(|place| {
            let store = Store::new(place, config);
            let (engine, own) = (packaged.engine().clone(), packaged.clone());
            Shelf::new(store, keys.clone(), engine, Some(own))
        });
        Self {
            packaged,
            shelf,
            choice,
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.packaged.engine()
    }

    /// The same, with pointers that are believed for so long, and plugins that are waited for so long.
    #[must_use]
    pub fn with_times(self, life: Duration, patience: Duration) -> Self {
        let shelf = self.shelf.map(|shelf| shelf.with_times(life, patience));
        Self { shelf, ..self }
    }

    /// The plugin for a new query: of the usual name, or of a table's own.
    ///
    /// # Errors
    ///
    /// When a table asks for a name, or the setting for a digest, that the store does not have. The usual name without
    /// a digest never fails: the package's plugin stands in for it.
    pub async fn current(&self, own: Option<&str>) -> Result<Arc<Dialect>> {
        let choice = self.choice(own)?;
        let is_usual = choice == self.choice;
        let Some(shelf) = &self.shelf else {
            let pinned = choice.pinned.as_ref();
            let is_packaged = pinned.is_none_or(|digest| digest == self.packaged.digest());
            // A table may pin what the package has.
            if choice.name == self.choice.name && is_packaged {
                return Ok(self.packaged.clone());
            }
            let why =
                format!("cannot use the dialect `{choice}`: the function has no `plugin_store`");
            return Err(Error::invalid_input(why));
        };
        let can_stand_in = is_usual && choice.pinned.is_none();
        match shelf.of_choice(&choice, can_stand_in).await {
            Err(_) if can_stand_in => Ok(self.packaged.clone()),
            plugin => plugin,
        }
    }

    /// The plugin that a query was planned with.
    ///
    /// # Errors
    ///
    /// When it can no longer be had.
    pub async fn of_digest(&self, own: Option<&str>, digest: &Digest) -> Result<Arc<Dialect>> {
        let choice = self.choice(own)?;
        if let Some(pinned) = choice.pinned.as_ref().filter(|pinned| *pinned != digest) {
            let message = format!(
                "cannot go on with the query: its dialect is not the one that is set, {pinned}"
            );
            return Err(Error::new(Code::PartialFailure, Fault::Host, message));
        }
        if *digest == *self.packaged.digest() {
            return Ok(self.packaged.clone());
        }
        let gone = || {
            let message = "cannot go on with the query: the dialect was replaced while it ran; hint: run it again";
            Error::new(Code::PartialFailure, Fault::Host, message)
        };
        let shelf = self.shelf.as_ref().ok_or_else(gone)?;
        shelf
            .of_digest(&choice.name, digest)
            .await
            .map_err(|error| match error.code() {
                Code::EntityNotFound => gone().with_source(error),
                _ => error.context(format_args!(
                    "cannot fetch the dialect that the query was planned with"
                )),
            })
    }

    /// Why the store's current plugin, of the usual name or of a table's own, is not used. None if it is used, or without a
    /// store.
    pub fn refusal(&self, own: Option<&str>) -> Option<String> {
        let choice = self.choice(own).ok()?;
        self.shelf.as_ref()?.refusal(&choice)
    }

    /// A table's own choice, which comes from outside, or the usual one. Empty is unset, as everywhere. Of the usual name,
    /// the setting says which digest.
    fn choice(&self, own: Option<&str>) -> Result<Choice> {
        let Some(own) = own.map(str::trim).filter(|own| !own.is_empty()) else {
            return Ok(self.choice.clone());
        };
        let choice = Choice::parse(own).map_err(|why| {
            Error::invalid_input(format!("cannot use the table's dialect `{own}`: it {why}"))
        })?;
        let is_usual = choice.name == self.choice.name;
        match is_usual && (self.choice.pinned.is_some() || choice.pinned.is_none()) {
            true => Ok(self.choice.clone()),
            false => Ok(choice),
        }
    }
}
