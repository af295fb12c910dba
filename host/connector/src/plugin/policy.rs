//! A policy: admission, and its rulings, checked.

use std::path::Path;
use std::sync::Arc;

use super::code::Code;
use super::{Digest, Engine, PlanRequest, Plugin, Ruling, check, probe, v0_1};
use crate::error::{Error, Result};

/// A policy that was admitted.
#[derive(Debug)]
pub struct Policy {
    code: Code<v0_1::Policy>,
    name: String,
    version: String,
}

impl Policy {
    /// Reads and admits a component, as [`Dialect::from_file`](super::Dialect::from_file).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as [`Policy::from_bytes`].
    pub fn from_file(engine: &Engine, path: &Path) -> Result<Arc<Self>> {
        Code::from_file(engine, path, Self::new)
    }

    /// Compiles and admits a component: it must instantiate on an empty linker and describe itself.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component of the policy world, import a function, or the describing call fails.
    pub fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        Self::new(Code::from_bytes(engine, bytes)?)
    }

    pub(super) fn new(code: Code<v0_1::Policy>) -> Result<Arc<Self>> {
        let (name, version) = code.call("describe", |call| call.describe())?;
        let code = code.named(&name, &version)?;
        Ok(Arc::new(Self {
            code,
            name,
            version,
        }))
    }

    /// SHA-256 of the component's bytes.
    pub fn digest(&self) -> &Digest {
        self.code.digest()
    }

    /// Fuel that the dearest call so far has burnt; each has a billion units.
    pub fn most_fuel(&self) -> u64 {
        self.code.most_fuel()
    }

    /// Name and the first digits of the digest, for messages.
    pub fn label(&self) -> &str {
        self.code.label()
    }

    /// The name that it gives itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Asks a policy from outside the package what it must be able to answer before it serves.
    ///
    /// # Errors
    ///
    /// What it did wrong.
    pub fn probe(&self) -> Result<()> {
        probe::policy(self)
    }

    /// Judges a query.
    ///
    /// # Errors
    ///
    /// When the policy refuses, fails, or answers what cannot be.
    pub fn review(&self, request: &PlanRequest<'_>) -> Result<Ruling> {
        let ruling = self.code.call("review", |call| call.review(request))?;
        let who = format!("policy {}", self.label());
        let ruling = ruling.map_err(|refusal| refusal.error(&who))?;
        check::ruling(ruling, request.mapping).map_err(|why| self.wrong("review", &why))
    }

    pub(super) fn fuel(&self) -> u64 {
        self.code.fuel()
    }

    pub(super) fn wrong(&self, function: &str, why: &str) -> Error {
        self.code.wrong(function, why)
    }
}

impl Plugin for Policy {
    fn admit(engine: &Engine, bytes: &[u8]) -> Result<Arc<Self>> {
        let policy = Self::from_bytes(engine, bytes)?;
        policy.probe()?;
        Ok(policy)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> &Digest {
        self.code.digest()
    }

    fn label(&self) -> &str {
        self.code.label()
    }
}
