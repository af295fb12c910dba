//! What a request reads: its table, mapping and query, from what travels with it; and the explanation of a read.

use std::sync::Arc;

use arrow::datatypes::Schema;

use super::{Connector, splits};
use crate::catalog::{self, Carried, CarriedPart, Found, Owner};
use crate::error::{Code, Error, Fault, Result};
use crate::plugin::{Caller, Dialect, Digest};
use crate::query::{self, Mapping, Source, Table};
use crate::slices::Slice;
use crate::statement::{Demand, Query, Statement, statement};
use crate::wire::{Constraints, Identity, ReadRecordsRequest, Request, TableName, read_request};

/// What would become of a read: nothing is read for it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The statement and the verdicts on its terms.
    pub statement: Statement,
    /// The terms as Athena sent them; the first verdicts are on these.
    pub terms: Vec<query::Term>,
    /// What each policy demands; the verdicts on their terms follow.
    pub demands: Vec<Demand>,
    /// The table.
    pub table: Table,
    /// Its fields, which terms and statement point at.
    pub mapping: Mapping,
    /// The dialect, by name and digest.
    pub dialect: String,
    /// Why plugins that are current in the store are not used; those before them go on.
    pub refused_plugins: Vec<String>,
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
        // On the heap, as in `answer`.
        let scan = Box::pin(self.scan(&request)).await?;
        let query = self.query(&scan, &request).await?;
        let mut refused = self.policies.refusals();
        refused.extend(self.slot.refusal(scan.planned.table.option(DIALECT)));
        Ok(Explanation {
            statement: statement(&scan.planned.plugin, &query)?,
            terms: query.terms,
            demands: query.demands,
            dialect: scan.planned.plugin.label().to_owned(),
            refused_plugins: refused,
            slice: scan.part.slice,
            cut: scan.part.reason,
            table: scan.planned.table,
            mapping: scan.planned.mapping,
        })
    }

    /// The table that travels in the metadata, else as Timestream describes it; the plugin of a digest, else the current
    /// one; and its mapping of the table.
    ///
    /// Metadata comes back from outside, and must not bring a statement: a user's is taken from the constraints alone,
    /// where every call checks that it may be run, and a view's text is what Glue says. With policies nothing of it is
    /// believed but a statement's columns, since a table's may decide what a policy demands.
    pub(super) async fn planned(
        &self,
        asked: Asked<'_>,
        digest: Option<&Digest>,
    ) -> Result<Planned> {
        let Asked {
            identity,
            name,
            schema,
            constraints,
        } = asked;
        let is_enabled = self.settings.enable_query_passthrough;
        let statement =
            catalog::passthrough_statement(&constraints.query_passthrough_arguments, is_enabled)?;
        let is_believed =
            |table: &Table| !self.policies.any() || matches!(table.source, Source::Passthrough(_));
        let carried = Carried::table(schema.metadata())?.filter(is_believed);
        let is_asked = |table: &Table| match (&table.source, statement) {
            (Source::Passthrough(text), Some(statement)) => text == statement,
            (Source::Passthrough(_), None) | (_, Some(_)) => false,
            (Source::Table { .. } | Source::View { .. }, None) => true,
        };
        let table = match (carried.filter(is_asked), statement) {
            (Some(table), None) if matches!(table.source, Source::View { .. }) => {
                self.view_as_planned(identity, name, table).await?
            }
            // A passthrough statement has no options, whatever the metadata says.
            (Some(table), Some(_)) => Table {
                options: Vec::new(),
                ..table
            },
            (Some(table), None) => table,
            (None, Some(text)) => {
                let has_budget = self.review_statement(text, identity).await?;
                catalog::passthrough(&self.clients, text, !has_budget).await?
            }
            (None, None) => self.found(identity, name).await?.table,
        };
        let plugin = self.plugin(table.option(DIALECT), digest).await?;
        let mapping = plugin.map_table(&table)?;
        Ok(Planned {
            plugin,
            table,
            mapping,
        })
    }

    /// The plugin of a digest, else the current one; of the usual name, or of a table's own.
    pub(super) async fn plugin(
        &self,
        own: Option<&str>,
        digest: Option<&Digest>,
    ) -> Result<Arc<Dialect>> {
        let plugin = match digest {
            Some(digest) => self.slot.of_digest(own, digest).await?,
            None => self.slot.current(own).await?,
        };
        tracing::Span::current().record("digest", plugin.digest().as_str());
        Ok(plugin)
    }

    /// A view, if Glue still has the text that the query was planned with. A view is never cut, so that one read asks.
    async fn view_as_planned(
        &self,
        identity: Option<&Identity>,
        name: &TableName,
        planned: Table,
    ) -> Result<Table> {
        let services = self.services(identity).await?;
        let defined = match self.glue_catalog(&services, identity) {
            Some(glue) => glue.view_text(name).await?,
            None => None,
        };
        match (&planned.source, defined) {
            (Source::View { text, .. }, Some(defined)) if *text == defined => Ok(planned),
            _ => {
                let message = format!(
                    "cannot read view `{}`.`{}`: it is not the one that the query was planned with; hint: run the query \
                     again",
                    name.schema_name, name.table_name
                );
                Err(Error::new(Code::PartialFailure, Fault::Host, message))
            }
        }
    }

    /// The table or view that a name means, with the settings' options for the dialect before its own.
    pub(super) async fn found(
        &self,
        identity: Option<&Identity>,
        name: &TableName,
    ) -> Result<Found> {
        let key = (Owner::of(identity), name.clone());
        if let Some(found) = self.tables.get(&key) {
            return Ok(found);
        }
        let services = self.services(identity).await?;
        let glue = self.glue_catalog(&services, identity);
        let mut found = catalog::find(&self.names(identity), glue.as_ref(), name).await?;
        let options = self.settings.dialect_options.clone().into_iter();
        found.table.options = options.chain(found.table.options).collect();
        // A view is read only as Glue has it now.
        if matches!(found.table.source, Source::Table { .. }) {
            self.tables.put(key, found.clone());
        }
        Ok(found)
    }

    /// The scan of a split: with the dialect that divided the query, or not at all.
    pub(super) async fn scan(&self, request: &ReadRecordsRequest) -> Result<Scan> {
        let carried = Carried::from_properties(|key| request.split.properties.get(key))?
            .ok_or_else(|| {
                Error::invalid_input("cannot read the split: it was not made by this connector")
            })?;
        let planned = self
            .planned(Asked::of(request), Some(&carried.digest))
            .await?;
        let age = splits::now()?.saturating_sub(carried.now);
        if !(-MOST_SKEW..=MOST_AGE).contains(&age) {
            let message = "cannot read the split: it was not made for a query that can still run; hint: run the query again";
            return Err(Error::invalid_input(message));
        }
        Ok(Scan {
            planned,
            now: carried.now,
            part: CarriedPart::from_properties(&request.split.properties)?,
        })
    }

    /// The query that a read asks, with what the policies demand of it.
    pub(super) async fn query<'a>(
        &self,
        scan: &'a Scan,
        request: &ReadRecordsRequest,
    ) -> Result<Query<'a>> {
        let projection = projection(&scan.planned.mapping, &request.schema)?;
        self.query_of(scan, projection, Asked::of(request)).await
    }

    /// The query with some fields.
    pub(super) async fn query_of<'a>(
        &self,
        scan: &'a Scan,
        projection: Vec<usize>,
        asked: Asked<'_>,
    ) -> Result<Query<'a>> {
        let Planned { table, mapping, .. } = &scan.planned;
        let mut query = Query {
            table,
            mapping,
            projection,
            terms: query::terms(asked.constraints, mapping)?,
            demands: Vec::new(),
            order: query::order(asked.constraints, mapping)?,
            limit: u64::try_from(asked.constraints.limit).ok(),
            now: scan.now,
            caller: caller(asked.identity),
            slice: scan.part.slice,
        };
        self.review(&mut query).await?;
        Ok(query)
    }
}

/// Nanoseconds that a query's instant may lie behind at most: Athena ends a query long before (its quotas allow some hours).
const MOST_AGE: i64 = 24 * 3_600_000_000_000;

/// Nanoseconds that the clocks of two instances may differ by at most.
const MOST_SKEW: i64 = 300_000_000_000;

/// A Glue table's parameter: the name of a plugin in the store, which serves that table in place of the usual one.
pub(super) const DIALECT: &str = "timestream_dialect";

/// A table, and the plugin of its query with its mapping.
pub(super) struct Planned {
    pub(super) plugin: Arc<Dialect>,
    pub(super) table: Table,
    pub(super) mapping: Mapping,
}

/// A query's table, its instant, and what is read of it.
pub(super) struct Scan {
    pub(super) planned: Planned,
    pub(super) now: i64,
    pub(super) part: CarriedPart,
}

/// What a request says of a query.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) identity: Option<&'a Identity>,
    pub(super) name: &'a TableName,
    /// With metadata.
    pub(super) schema: &'a Schema,
    pub(super) constraints: &'a Constraints,
}

impl<'a> Asked<'a> {
    fn of(request: &'a ReadRecordsRequest) -> Self {
        Self {
            identity: request.identity.as_ref(),
            name: &request.table_name,
            schema: &request.schema,
            constraints: &request.constraints,
        }
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

pub(super) fn caller(identity: Option<&Identity>) -> Caller {
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
