//! The world `dialect-plugin`.

use arrow::datatypes::DataType;
use wasmtime::Store;
use wasmtime::component::InstancePre;

use super::generated;
use super::request::{request_to_wit, table_to_wit};
use super::term::function_from_wit;
use super::{Refusal, World, cut, exports, wit};
use crate::plugin::call::Limits;
use crate::plugin::check::{self, FieldAnswer, MappingAnswer, TypeAnswer};
use crate::plugin::{Bins, Description, Plan, PlanRequest, Slicing, Verdict};
use crate::query::Table;

/// A component whose exports were found and typed.
pub(in crate::plugin) struct Dialect(generated::DialectPluginPre<Limits>);

/// An instance, good for one call.
pub(in crate::plugin) struct Call<'a> {
    instance: generated::DialectPlugin,
    store: &'a mut Store<Limits>,
}

impl World for Dialect {
    const EXPORT: &str = "timestream:dialect/dialect@0.1";

    type Call<'a> = Call<'a>;

    fn new(instance: InstancePre<Limits>) -> wasmtime::Result<Self> {
        generated::DialectPluginPre::new(instance).map(Self)
    }

    fn instantiate<'a>(&self, store: &'a mut Store<Limits>) -> wasmtime::Result<Call<'a>> {
        Ok(Call {
            instance: self.0.instantiate(&mut *store)?,
            store,
        })
    }
}

impl Call<'_> {
    pub(in crate::plugin) fn describe(&mut self) -> wasmtime::Result<Description> {
        let described = self
            .instance
            .timestream_dialect_dialect()
            .call_describe(&mut *self.store)?;
        Ok(Description {
            name: described.name,
            version: described.version,
            functions: described
                .functions
                .into_iter()
                .map(function_from_wit)
                .collect(),
            limit: described.limit,
            top_n: described.top_n,
        })
    }

    pub(in crate::plugin) fn map_table(
        &mut self,
        table: &Table,
    ) -> wasmtime::Result<Result<MappingAnswer, Refusal>> {
        let answer = self
            .instance
            .timestream_dialect_dialect()
            .call_map_table(&mut *self.store, &table_to_wit(table))?;
        Ok(answer.map(mapping_from_wit).map_err(Refusal))
    }

    pub(in crate::plugin) fn plan(
        &mut self,
        request: &PlanRequest<'_>,
    ) -> wasmtime::Result<Result<Plan, Refusal>> {
        let request = request_to_wit(request);
        let answer = self
            .instance
            .timestream_dialect_dialect()
            .call_plan(&mut *self.store, &request)?;
        Ok(answer.map(plan_from_wit).map_err(Refusal))
    }

    pub(in crate::plugin) fn bins_of(
        &mut self,
        table: &Table,
        width: i64,
    ) -> wasmtime::Result<Result<Bins, Refusal>> {
        let answer = self.instance.timestream_dialect_dialect().call_bins_of(
            &mut *self.store,
            &table_to_wit(table),
            width,
        )?;
        let bins = answer.map(|bins| Bins {
            bin: bins.bin,
            count: bins.count,
        });
        Ok(bins.map_err(Refusal))
    }
}

fn mapping_from_wit(mapping: wit::Mapping) -> MappingAnswer {
    let types = mapping
        .types
        .into_iter()
        .map(|r#type| match r#type {
            wit::ArrowType::Boolean => TypeAnswer::Plain(DataType::Boolean),
            wit::ArrowType::Int32 => TypeAnswer::Plain(DataType::Int32),
            wit::ArrowType::Int64 => TypeAnswer::Plain(DataType::Int64),
            wit::ArrowType::Float64 => TypeAnswer::Plain(DataType::Float64),
            wit::ArrowType::Utf8 => TypeAnswer::Plain(DataType::Utf8),
            wit::ArrowType::DateDay => TypeAnswer::Plain(DataType::Date32),
            wit::ArrowType::DateMilli => TypeAnswer::Plain(DataType::Date64),
            wit::ArrowType::TimestampMilliUtc => TypeAnswer::Plain(check::zoned()),
            wit::ArrowType::List(element) => TypeAnswer::List(element),
            wit::ArrowType::StructOf(fields) => TypeAnswer::Struct(fields),
        })
        .collect();
    let fields = mapping
        .fields
        .into_iter()
        .map(|field| FieldAnswer {
            name: field.name,
            r#type: field.type_,
            column: field.column,
            comment: field.comment,
        })
        .collect();
    MappingAnswer { types, fields }
}

fn plan_from_wit(plan: exports::QueryPlan) -> Plan {
    Plan {
        common_tables: plan.common_tables,
        from_item: plan.from_item,
        outputs: plan
            .outputs
            .into_iter()
            .map(|(field, expression)| (field as usize, expression))
            .collect(),
        verdicts: plan
            .verdicts
            .into_iter()
            .map(|verdict| match verdict {
                exports::Verdict::Skipped(why) => Verdict::Skipped(cut(why)),
                exports::Verdict::Wider(condition) => Verdict::Wider(condition),
                exports::Verdict::Exact(condition) => Verdict::Exact(condition),
            })
            .collect(),
        order: plan.order,
        slicing: match plan.slicing {
            exports::Slicing::Never(why) => Slicing::Never(cut(why)),
            exports::Slicing::ByTime((expression, step)) => Slicing::ByTime { expression, step },
        },
        notes: plan.notes.into_iter().map(cut).collect(),
    }
}
