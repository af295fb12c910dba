//! The world `policy-plugin`.

use wasmtime::Store;
use wasmtime::component::InstancePre;

use super::generated_policy as generated;
use super::request::request_to_wit;
use super::term::term_from_wit;
use super::{Refusal, World, cut};
use crate::plugin::PlanRequest;
use crate::plugin::call::Limits;
use crate::plugin::check::RulingAnswer;

/// A component whose exports were found and typed.
pub(in crate::plugin) struct Policy(generated::PolicyPluginPre<Limits>);

/// An instance, good for one call.
pub(in crate::plugin) struct Call<'a> {
    instance: generated::PolicyPlugin,
    store: &'a mut Store<Limits>,
}

impl World for Policy {
    const EXPORT: &str = "timestream:dialect/policy@0.1";

    type Call<'a> = Call<'a>;

    fn new(instance: InstancePre<Limits>) -> wasmtime::Result<Self> {
        generated::PolicyPluginPre::new(instance).map(Self)
    }

    fn instantiate<'a>(&self, store: &'a mut Store<Limits>) -> wasmtime::Result<Call<'a>> {
        Ok(Call {
            instance: self.0.instantiate(&mut *store)?,
            store,
        })
    }
}

impl Call<'_> {
    /// Name and version.
    pub(in crate::plugin) fn describe(&mut self) -> wasmtime::Result<(String, String)> {
        let described = self
            .instance
            .timestream_dialect_policy()
            .call_describe(&mut *self.store)?;
        Ok((described.name, described.version))
    }

    pub(in crate::plugin) fn review(
        &mut self,
        request: &PlanRequest<'_>,
    ) -> wasmtime::Result<Result<RulingAnswer, Refusal>> {
        let request = request_to_wit(request);
        let answer = self
            .instance
            .timestream_dialect_policy()
            .call_review(&mut *self.store, &request)?;
        let ruling = answer.map(|ruling| RulingAnswer {
            terms: ruling.terms.into_iter().map(term_from_wit).collect(),
            max_bytes_metered: ruling.max_bytes_metered,
            notes: ruling.notes.into_iter().map(cut).collect(),
        });
        Ok(ruling.map_err(Refusal))
    }
}
