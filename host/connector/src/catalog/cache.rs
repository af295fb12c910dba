//! What a warm function remembers of names and columns for a short while, each caller for himself.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::delegation::Sealed;
use crate::error::Result;
use crate::wire::Identity;

/// How long names and columns are remembered. A column that Timestream has since the last look is missing for that long; an
/// Athena query asks for its table three times within seconds.
const LIFE: Duration = Duration::from_secs(60);

/// Entries at most. Arbitrary; a table of a thousand columns takes some 100 KB.
const MAX_ENTRIES: usize = 1_000;

/// Whose memory: one identity never sees what was found out for another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(Option<String>, Option<String>, Option<Sealed>);

impl Owner {
    /// The caller's account, ARN and credentials.
    pub fn of(identity: Option<&Identity>) -> Self {
        let sealed = Sealed::of(identity);
        let identity = identity.cloned().unwrap_or_default();
        Self(identity.account, identity.arn, sealed)
    }
}

/// Answers by owner and question. Failures are not remembered.
#[derive(Debug)]
pub struct Cache<K, V> {
    life: Duration,
    entries: Mutex<HashMap<(Owner, K), (Instant, V)>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self::with_life(LIFE)
    }
}

impl<K, V> Cache<K, V> {
    /// A memory of so long.
    pub fn with_life(life: Duration) -> Self {
        Self {
            life,
            entries: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// What is remembered, else what `find` finds.
    ///
    /// # Errors
    ///
    /// What `find` answers.
    pub async fn get_or_find(
        &self,
        owner: Owner,
        key: K,
        find: impl Future<Output = Result<V>>,
    ) -> Result<V> {
        let key = (owner, key);
        if let Some(value) = self.get(&key) {
            return Ok(value);
        }
        let value = find.await?;
        self.put(key, value.clone());
        Ok(value)
    }

    /// What is remembered.
    pub fn get(&self, key: &(Owner, K)) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, value) = entries.get(key)?;
        (since.elapsed() < self.life).then(|| value.clone())
    }

    /// Remembers.
    pub fn put(&self, key: (Owner, K), value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, (since, _)| since.elapsed() < self.life);
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        entries.insert(key, (Instant::now(), value));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use crate::error::Error;

    fn owner(arn: &str) -> Owner {
        Owner::of(Some(&Identity {
            arn: Some(arn.into()),
            ..Identity::default()
        }))
    }

    #[tokio::test]
    async fn an_answer_is_remembered_for_its_owner_alone_and_a_failure_for_nobody() {
        let cache = Cache::default();
        let find =
            async |owner, key, answer| cache.get_or_find(owner, key, async move { answer }).await;
        assert!(
            find(owner("a"), "k", Err(Error::invalid_input("no")))
                .await
                .is_err()
        );
        assert_eq!(find(owner("a"), "k", Ok(1)).await.unwrap(), 1);
        assert_eq!(find(owner("a"), "k", Ok(2)).await.unwrap(), 1);
        assert_eq!(find(owner("b"), "k", Ok(3)).await.unwrap(), 3);
        assert_eq!(find(owner("a"), "l", Ok(4)).await.unwrap(), 4);
        assert_eq!(find(Owner::of(None), "k", Ok(5)).await.unwrap(), 5);
    }
}
