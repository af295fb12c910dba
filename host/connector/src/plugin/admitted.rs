//! A plugin of whichever world it exports.

use std::sync::Arc;

use super::code::{Code, compile};
use super::{Dialect, Digest, Engine, Policy, v0_1};
use crate::error::Result;

/// A dialect or a policy that was admitted.
#[derive(Clone, Debug)]
pub enum Admitted {
    /// It exports the dialect world, and nothing that makes it a policy.
    Dialect(Arc<Dialect>),
    /// It exports the policy world.
    Policy(Arc<Policy>),
}

impl Admitted {
    /// Compiles a component and admits it for what it exports.
    ///
    /// # Errors
    ///
    /// As [`Dialect::from_bytes`] and [`Policy::from_bytes`]; what exports neither world is refused as a dialect.
    pub fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Self> {
        let digest = Digest::of(bytes);
        let component = compile(engine, bytes, &digest)?;
        if Code::<v0_1::Policy>::is_exported(engine, &component) {
            Policy::new(Code::link(engine, &component, digest)?).map(Self::Policy)
        } else {
            Dialect::new(Code::link(engine, &component, digest)?).map(Self::Dialect)
        }
    }

    /// Asks it what it must be able to answer before it serves.
    ///
    /// # Errors
    ///
    /// What it did wrong.
    pub fn probe(&self) -> Result<()> {
        match self {
            Self::Dialect(dialect) => dialect.probe(),
            Self::Policy(policy) => policy.probe(),
        }
    }

    /// The name that it gives itself.
    pub fn name(&self) -> &str {
        match self {
            Self::Dialect(dialect) => &dialect.description().name,
            Self::Policy(policy) => policy.name(),
        }
    }

    /// SHA-256 of the component's bytes.
    pub fn digest(&self) -> &Digest {
        match self {
            Self::Dialect(dialect) => dialect.digest(),
            Self::Policy(policy) => policy.digest(),
        }
    }
}
