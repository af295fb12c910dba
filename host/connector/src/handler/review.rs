//! What the policies demand of a query, before a dialect plans it.

use super::Connector;
use super::scan::caller;
use crate::error::Result;
use crate::plugin::PlanRequest;
use crate::query::{Mapping, Source, Table, pushed_term};
use crate::slices::Slice;
use crate::statement::{Demand, Query};
use crate::wire::Identity;

impl Connector {
    /// Lets the policies judge a query, each with the terms of those before it. Their options are the settings', since a
    /// table's come back from outside.
    pub(super) async fn review(&self, query: &mut Query<'_>) -> Result<()> {
        let policies = self.policies.current().await?;
        if policies.is_empty() {
            return Ok(());
        }
        let options = self.settings.policy_options.clone();
        let table = Table {
            options: options.into_iter().collect(),
            ..query.table.clone()
        };
        for policy in policies {
            let (mut terms, mut kept) = (Vec::new(), Vec::new());
            for term in query.all_terms() {
                match pushed_term(term, query.mapping) {
                    Some(term) => terms.push(term),
                    None => kept.push(term),
                }
            }
            let ruling = policy.review(&PlanRequest {
                table: &table,
                mapping: query.mapping,
                projection: query.fields_with(kept.into_iter()),
                terms,
                order: &query.order,
                limit: query.limit,
                now: query.now,
                caller: &query.caller,
            })?;
            query.demands.push(Demand {
                policy: policy.label().to_owned(),
                ruling,
            });
        }
        Ok(())
    }

    /// Lets the policies judge a passthrough statement before Timestream is asked for its columns: it may run the
    /// statement for that, and what it says of an error may quote a row. Tells whether one of them sets a budget.
    pub(super) async fn review_statement(
        &self,
        text: &str,
        identity: Option<&Identity>,
    ) -> Result<bool> {
        let table = Table {
            source: Source::Passthrough(text.to_owned()),
            columns: Vec::new(),
            options: Vec::new(),
        };
        let mapping = Mapping { fields: Vec::new() };
        let mut query = Query {
            table: &table,
            mapping: &mapping,
            projection: Vec::new(),
            terms: Vec::new(),
            demands: Vec::new(),
            order: Vec::new(),
            limit: None,
            now: super::splits::now()?,
            caller: caller(identity),
            slice: Slice::WHOLE,
        };
        self.review(&mut query).await?;
        let mut demands = query.demands.iter();
        Ok(demands.any(|demand| demand.ruling.max_bytes_metered.is_some()))
    }
}
