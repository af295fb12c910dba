//! Whose signatures are believed, in minisign's format.

use minisign_verify::{PublicKey, Signature};

/// Public keys. Without any, nothing is asked for a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<PublicKey>);

impl Keys {
    /// Reads the second lines of minisign's files of public keys, with commas between them.
    ///
    /// # Errors
    ///
    /// A phrase that says what is wrong with one.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let keys = text
            .split(',')
            .map(|key| PublicKey::from_base64(key.trim()))
            .collect::<Result<_, _>>();
        let why = "is not a list of minisign's public keys, the second lines of their files";
        keys.map(Self).map_err(|_| why)
    }

    /// Whether there are none, and so no signature is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the keys has signed a component.
    ///
    /// # Errors
    ///
    /// A phrase that says why not.
    pub(super) fn check(&self, component: &[u8], signature: &str) -> Result<(), &'static str> {
        let signature = Signature::decode(signature).map_err(|_| "it is not one of minisign's")?;
        // A signature of the old kind, over the file itself, is not believed: minisign makes none since 2021 unless told to.
        let mut keys = self.0.iter();
        match keys.any(|key| key.verify(component, &signature, false).is_ok()) {
            true => Ok(()),
            false => Err("none of the keys in `plugin_keys` has made it of this plugin"),
        }
    }
}
