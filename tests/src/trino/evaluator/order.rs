//! The host's order against Trino's: the same first rows, where −0.0 and 0.0 tie, NaN has its place and NULL the one it
//! was given.

use anyhow::{Context, Result, ensure};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use connector::query::{SortKey, TopN};

use super::{Bench, ROWS, table_name};
use crate::proof::model::COMPUTED;
use crate::proof::wire::seen_batch;
use crate::trino::tables::DATABASE;

/// Orders of a seed.
const ORDERS: usize = 10;

/// Rows of a batch: they come in several.
const BATCH: usize = 7;

impl Bench<'_> {
    /// What is wrong with the first wrong one of some orders.
    pub(super) fn orders(
        &self,
        table: usize,
        random: &mut fastrand::Rng,
    ) -> Result<Option<String>> {
        let orders: Vec<(Vec<SortKey>, u64)> = (0..ORDERS)
            .map(|_| {
                let count = random.usize(1..4);
                let mut keys: Vec<SortKey> = (0..count)
                    .map(|_| SortKey {
                        field: random.usize(1..COMPUTED.len()),
                        descending: random.bool(),
                        nulls_first: random.bool(),
                    })
                    .collect();
                // Then no two rows tie.
                keys.push(SortKey {
                    field: 0,
                    descending: random.bool(),
                    nulls_first: false,
                });
                (keys, random.u64(0..ROWS as u64 + 2))
            })
            .collect();
        let statements: Vec<(String, u64)> = orders
            .iter()
            .map(|(keys, limit)| (statement(table, keys, *limit), 0))
            .collect();
        let outcomes = self.stage.run(&statements)?;
        for (((keys, limit), outcome), (sql, _)) in orders.iter().zip(outcomes).zip(&statements) {
            ensure!(
                outcome.failed.is_none(),
                "{sql} fails: {:?}",
                outcome.failed
            );
            let ids = outcome.rows.iter().map(|row| row[0].as_i64());
            let expected = ids.collect::<Option<Vec<i64>>>().context("no id")?;
            let kept = self.first(table, keys, *limit)?;
            if kept != expected {
                return Ok(Some(format!(
                    "the host's first rows are {kept:?}, Trino's {expected:?}\n  statement {sql}"
                )));
            }
        }
        Ok(None)
    }

    /// The ids of the rows that the host keeps.
    fn first(&self, table: usize, keys: &[SortKey], limit: u64) -> Result<Vec<i64>> {
        let mut top = TopN::new(keys.iter().map(|key| (key.field, *key)), limit, 64 << 20);
        for rows in self.tables[table].chunks(BATCH) {
            top.push(seen_batch(&COMPUTED, rows)?)?;
        }
        let kept = top.finish()?;
        Ok(kept.map_or(Vec::new(), |batch| {
            batch
                .column(0)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec()
        }))
    }
}

fn statement(table: usize, keys: &[SortKey], limit: u64) -> String {
    let order = keys.iter().map(|key| {
        let direction = if key.descending { "DESC" } else { "ASC" };
        let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
        format!("\"{}\" {direction} NULLS {nulls}", COMPUTED[key.field].name)
    });
    format!(
        "SELECT id FROM rows.{DATABASE}.{} ORDER BY {} LIMIT {limit}",
        table_name(table),
        order.collect::<Vec<_>>().join(", ")
    )
}
