//! The dialect that is to be proved.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connector::Error;
use connector::plugin::Dialect;

/// A dialect, and whether it may refuse.
#[derive(Debug)]
pub struct Subject {
    /// The dialect.
    pub dialect: Arc<Dialect>,
    /// Its options, which every table has.
    pub options: Vec<(String, String)>,
    /// A dialect that refuses what it does not want is right; of one that should want everything it is a fault.
    may_refuse: bool,
    refused: AtomicUsize,
    judged: AtomicUsize,
}

impl Subject {
    /// One that must plan whatever it is asked.
    pub fn strict(dialect: Arc<Dialect>) -> Self {
        Self {
            dialect,
            options: Vec::new(),
            may_refuse: false,
            refused: AtomicUsize::new(0),
            judged: AtomicUsize::new(0),
        }
    }

    /// One that may refuse, with options.
    pub fn lenient(dialect: Arc<Dialect>, options: Vec<(String, String)>) -> Self {
        Self {
            options,
            may_refuse: true,
            ..Self::strict(dialect)
        }
    }

    /// How often it has refused.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many terms it was judged by: those that use what it shows and wants, and that fail on no row.
    pub fn judged(&self) -> usize {
        self.judged.load(Ordering::Relaxed)
    }

    /// Whether it may refuse: then each term is first planned alone, since a refusal must not take others with it.
    pub(super) fn may_refuse(&self) -> bool {
        self.may_refuse
    }

    pub(super) fn add_judged(&self, terms: usize) {
        self.judged.fetch_add(terms, Ordering::Relaxed);
    }

    /// Whether an error is a refusal that is allowed, and counts it.
    pub(super) fn is_allowed(&self, error: &anyhow::Error) -> bool {
        let is_allowed = self.may_refuse && is_refusal(error);
        if is_allowed {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        is_allowed
    }
}

/// Whether an error is a plugin's own refusal.
pub(super) fn is_refusal(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(Error::is_refusal)
}
