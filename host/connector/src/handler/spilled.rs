//! Where a query's blocks go, and the key that they are encrypted with: chosen by GetSplits, and checked by ReadRecords,
//! since a split comes back from outside.

use super::Connector;
use super::services::Services;
use crate::delegation::Sealed;
use crate::error::{Code, Error, Fault, Result};
use crate::spill::{Location, new_key};
use crate::wire::{EncryptionKey, Identity, Split};

/// A bucket, and what the keys of all blocks in it begin with.
pub(super) struct Place {
    pub(super) bucket: String,
    pub(super) prefix: String,
}

impl Connector {
    /// The settings' place, or the one that a request brings together with credentials for it (section 6.1). The
    /// function's own role writes where its settings say.
    pub(super) fn spill_place(&self, identity: Option<&Identity>) -> Result<Place> {
        let settings = &self.settings;
        let prefix = Some(&settings.spill_prefix);
        let bucket = self.asked("spill_bucket", settings.spill_bucket.as_ref(), identity)?;
        Ok(Place {
            bucket: bucket.ok_or_else(|| {
                Error::invalid_input(
                    "cannot spill: no bucket for blocks is set; hint: set `spill_bucket`",
                )
            })?,
            prefix: self
                .asked("spill_prefix", prefix, identity)?
                .unwrap_or_default(),
        })
    }

    fn asked(
        &self,
        name: &str,
        own: Option<&String>,
        identity: Option<&Identity>,
    ) -> Result<Option<String>> {
        let options = identity.map(|identity| &identity.config_options);
        let asked = options
            .and_then(|options| options.get(name))
            .filter(|value| !value.trim().is_empty());
        match asked {
            None => Ok(own.cloned()),
            Some(asked) if Some(asked) == own || Sealed::of(identity).is_some() => {
                Ok(Some(asked.clone()))
            }
            Some(_) => {
                let message = format!(
                    "cannot spill: the request names another `{name}` than the function's settings, and brings no \
                     credentials of its caller's for it; hint: set `{name}` for the function"
                );
                Err(Error::new(Code::InvalidInput, Fault::Caller, message))
            }
        }
    }

    /// A key for a split of its own; none where blocks are not encrypted.
    pub(super) async fn encryption_key(
        &self,
        services: &Services,
    ) -> Result<Option<EncryptionKey>> {
        if self.settings.disable_spill_encryption {
            return Ok(None);
        }
        let kms = self
            .settings
            .kms_key_id
            .as_deref()
            .map(|key_id| (&services.kms, key_id));
        new_key(kms).await.map(Some)
    }

    /// Where a split's blocks go, and their key.
    ///
    /// # Errors
    ///
    /// When the split says otherwise than GetSplits would.
    pub(super) fn spilled(
        &self,
        split: &Split,
        identity: Option<&Identity>,
    ) -> Result<(Location, Option<EncryptionKey>)> {
        let location = Location::of_split(split.spill_location.as_ref())?;
        if split.encryption_key.is_none() && !self.settings.disable_spill_encryption {
            let message = "cannot read the split: it brings no key, and blocks are to be encrypted; hint: run the query \
                           again, or set `disable_spill_encryption`";
            return Err(Error::invalid_input(message));
        }
        // What they may write to, the caller's own credentials say.
        if Sealed::of(identity).is_some() {
            return Ok((location, split.encryption_key.clone()));
        }
        let place = self.spill_place(identity)?;
        let is_within = location
            .key
            .strip_prefix(&place.prefix)
            .is_some_and(|rest| rest.starts_with('/'));
        if location.bucket != place.bucket || !is_within {
            let message = "cannot read the split: its blocks would go to another bucket or prefix than the function's; \
                           hint: run the query again";
            return Err(Error::invalid_input(message));
        }
        Ok((location, split.encryption_key.clone()))
    }
}

/// `prefix/query/split`; without the query's id when the prefix already holds it, or there is none (section 6.1).
pub(super) fn split_key(prefix: &str, query_id: &str, split_id: &str) -> String {
    if query_id.trim().is_empty() || prefix.contains(query_id) {
        format!("{prefix}/{split_id}")
    } else {
        format!("{prefix}/{query_id}/{split_id}")
    }
}
