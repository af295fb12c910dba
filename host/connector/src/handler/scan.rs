//! What a request reads: its table, mapping and query, from what travels with it; and the explanation of a read.

use arrow::datatypes::Schema;

use super::Connector;
use crate::catalog::{self, Carried, CarriedPart, Found, Owner};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::Caller;
use crate::query::{self, Mapping, Source, Table};
use crate::slices::Slice;
use crate::statement::{Query, Statement, statement};
use crate::wire::{Constraints, Identity, ReadRecordsRequest, Request, TableName, read_request};

/// What would become of a read: nothing is read for it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The statement and the verdicts on its terms.
    pub statement: Statement,
    /// The terms as Athena sent them.
    pub terms: Vec<query::Term>,
    /// The table.
    pub table: Table,
    /// Its fields, which terms and statement point at.
    pub mapping: Mapping,
    /// The dialect, by name and digest.
    pub dialect: String,
    /// The part of the scan that is read.
    pub slice: Slice,
    /// Why the scan was cut so, or not at all.
    pub cut: String,
}

impl Connector {
    /// Explains a `ReadRecordsRequest`.
    ///
    /// # Errors
    ///
    /// Why it could not be read.
    pub async fn explain(&self, payload: &[u8]) -> Result<Explanation> {
        let request = read_request(payload)
            .map_err(|error| Error::invalid_input(format!("cannot read the request: {error}")))?;
        let Request::ReadRecordsRequest(request) = request else {
            return Err(Error::invalid_input(format!(
                "cannot explain a {}",
                request.name()
            )));
        };
        let scan = self.scan(&request).await?;
        let query = scan.query(&request)?;
        Ok(Explanation {
            statement: statement(&self.plugin, &query)?,
            terms: query.terms,
            dialect: self.plugin.label().to_owned(),
            slice: scan.part.slice,
            cut: scan.part.reason,
            table: scan.table,
            mapping: scan.mapping,
        })
    }

    /// The table that travels in the metadata, else as Timestream describes it; and the dialect's mapping of it.
    ///
    /// A user's statement is taken from the constraints alone, where every call checks that it may be run.
    pub(super) async fn table_and_mapping(
        &self,
        identity: Option<&Identity>,
        name: &TableName,
        schema: &Schema,
        constraints: &Constraints,
    ) -> Result<(Table, Mapping)> {
        let is_enabled = self.settings.enable_query_passthrough;
        let asked =
            catalog::passthrough_statement(&constraints.query_passthrough_arguments, is_enabled)?;
        let carried = Carried::table(schema.metadata())?;
        let is_asked = |table: &Table| match (&table.source, asked) {
            (Source::Passthrough(text), Some(asked)) => text == asked,
            (Source::Passthrough(_), None) | (_, Some(_)) => false,
            (Source::Table { .. } | Source::View { .. }, None) => true,
        };
        let table = match (carried.filter(is_asked), asked) {
            (Some(table), _) => table,
            (None, Some(text)) => catalog::passthrough(&self.clients, text).await?,
            (None, None) => self.found(identity, name).await?.table,
        };
        let mapping = self.plugin.map_table(&table)?;
        Ok((table, mapping))
    }

    /// The table or view that a name means, with the settings' options for the dialect before its own.
    pub(super) async fn found(
        &self,
        identity: Option<&Identity>,
        name: &TableName,
    ) -> Result<Found> {
        let find = async {
            let services = self.services(identity).await?;
            let glue = self.glue_catalog(&services, identity);
            let mut found = catalog::find(&self.names(identity), glue.as_ref(), name).await?;
            let options = self.settings.dialect_options.clone().into_iter();
            found.table.options = options.chain(found.table.options).collect();
            Ok(found)
        };
        self.tables
            .get_or_find(Owner::of(identity), name.clone(), find)
            .await
    }

    /// The scan of a split: with the dialect that divided the query, or not at all.
    pub(super) async fn scan(&self, request: &ReadRecordsRequest) -> Result<Scan> {
        let carried = Carried::from_properties(|key| request.split.properties.get(key))?
            .ok_or_else(|| {
                Error::invalid_input("cannot read the split: it was not made by this connector")
            })?;
        if carried.digest != self.plugin.digest() {
            let message = "cannot read the split: the dialect was replaced while the query ran; hint: run it again";
            return Err(Error::new(Code::PartialFailure, Fault::Host, message));
        }
        let (table, mapping) = self
            .table_and_mapping(
                request.identity.as_ref(),
                &request.table_name,
                &request.schema,
                &request.constraints,
            )
            .await?;
        Ok(Scan {
            table,
            mapping,
            now: carried.now,
            part: CarriedPart::from_properties(&request.split.properties)?,
        })
    }
}

/// A table, its mapping, the query's instant, and what is read of it.
pub(super) struct Scan {
    pub(super) table: Table,
    pub(super) mapping: Mapping,
    pub(super) now: i64,
    pub(super) part: CarriedPart,
}

impl Scan {
    /// The query that a read asks.
    pub(super) fn query(&self, request: &ReadRecordsRequest) -> Result<Query<'_>> {
        let projection = projection(&self.mapping, &request.schema)?;
        self.query_of(
            projection,
            &request.constraints,
            request.identity.as_ref(),
            &request.query_id,
        )
    }

    /// The query with some fields and constraints.
    pub(super) fn query_of(
        &self,
        projection: Vec<usize>,
        constraints: &Constraints,
        identity: Option<&Identity>,
        query_id: &str,
    ) -> Result<Query<'_>> {
        Ok(Query {
            table: &self.table,
            mapping: &self.mapping,
            projection,
            terms: query::terms(constraints, &self.mapping)?,
            order: query::order(constraints, &self.mapping)?,
            limit: u64::try_from(constraints.limit).ok(),
            now: self.now,
            caller: caller(identity),
            query_id: query_id.to_owned(),
            slice: self.part.slice,
        })
    }
}

/// The fields of a request's schema, which must be the mapping's.
fn projection(mapping: &Mapping, schema: &Schema) -> Result<Vec<usize>> {
    schema
        .fields()
        .iter()
        .map(|asked| {
            let name = asked.name();
            let field = mapping.position(name).ok_or_else(|| {
                let message = format!("cannot find column `{name}`; hint: the table may have changed, run the query again");
                Error::new(Code::EntityNotFound, Fault::Caller, message)
            })?;
            let known = &mapping.fields[field].data_type;
            if !asked.data_type().equals_datatype(known) {
                let message =
                    format!("cannot read column `{name}` as {}: it is {known}; hint: run the query again", asked.data_type());
                return Err(Error::invalid_input(message));
            }
            Ok(field)
        })
        .collect()
}

fn caller(identity: Option<&Identity>) -> Caller {
    let Some(identity) = identity else {
        return Caller::default();
    };
    Caller {
        account: identity.account.clone().unwrap_or_default(),
        arn: identity.arn.clone().unwrap_or_default(),
        tags: identity.tags.clone().into_iter().collect(),
        groups: identity.groups.clone(),
    }
}
