//! A plan's parts to one SELECT, and what is left for the host to check.
//!
//! The host prints the statement, so that a plugin cannot forget a condition, lie about a limit or read columns nobody
//! asked for (design.md, section 3).

#[cfg(test)]
mod tests;

use arrow::datatypes::DataType;

use crate::error::{Error, Result};
use crate::plugin::{Caller, Plan, PlanRequest, Plugin, Verdict};
use crate::query::{Mapping, SortKey, Table, Term, is_timestamp, pushed_term};

/// Bytes of a statement at most (timestream.md, section 6.1).
const MAX_STATEMENT_BYTES: usize = 262_144;

/// What a read is asked for, in fields of the mapping.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its mapping.
    pub mapping: &'a Mapping,
    /// Fields to return, in order.
    pub projection: Vec<usize>,
    /// As Athena means them, in milliseconds.
    pub terms: Vec<Term>,
    /// Most significant key first.
    pub order: Vec<SortKey>,
    /// Rows.
    pub limit: Option<u64>,
    /// Nanoseconds since the epoch; the same for all splits.
    pub now: i64,
    /// Who asks.
    pub caller: Caller,
    /// Athena's id of the query.
    pub query_id: String,
}

/// One SELECT and what remains to be done with its rows.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text sent to Timestream.
    pub sql: String,
    /// The field of each column that is selected; the first ones are the projection's.
    pub selected: Vec<usize>,
    /// What became of each term.
    pub verdicts: Vec<Verdict>,
    /// Terms the rows must still meet.
    pub residual: Vec<Term>,
    /// What remains of order and limit.
    pub rest: Rest,
    /// Whether the statement holds the limit.
    pub limit_pushed: bool,
    /// The dialect's notes.
    pub notes: Vec<String>,
}

/// What the host still owes of order and limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// The first rows that come.
    Limit(u64),
    /// The first rows in order.
    TopN(Vec<SortKey>, u64),
}

/// Plans a query with a dialect and makes the statement.
///
/// # Errors
///
/// When the dialect refuses or fails, or the statement is longer than Timestream takes.
pub fn statement(plugin: &Plugin, query: &Query<'_>) -> Result<Statement> {
    let pushed: Vec<Option<Term>> = query
        .terms
        .iter()
        .map(|term| pushed_term(term, query.mapping))
        .collect();
    let kept = query
        .terms
        .iter()
        .zip(&pushed)
        .filter(|(_, pushed)| pushed.is_none());
    let mut projection = query.projection.clone();
    for field in kept.flat_map(|(term, _)| term.fields()) {
        if !projection.contains(&field) {
            projection.push(field);
        }
    }
    let plan = plugin.plan(&PlanRequest {
        table: query.table,
        mapping: query.mapping,
        projection,
        terms: pushed.iter().flatten().cloned().collect(),
        order: &query.order,
        limit: query.limit,
        now: query.now,
        caller: &query.caller,
        query_id: &query.query_id,
    })?;

    let mut answered = plan.verdicts.iter();
    let verdicts = pushed
        .iter()
        .map(|pushed| match pushed {
            Some(_) => answered
                .next()
                .cloned()
                .ok_or_else(|| Error::bug("a term without a verdict")),
            None => Ok(Verdict::Skipped(
                "timestamps that are equal in milliseconds need not be in nanoseconds".into(),
            )),
        })
        .collect::<Result<Vec<_>>>()?;
    assemble(query, plan, verdicts)
}

fn assemble(query: &Query<'_>, plan: Plan, verdicts: Vec<Verdict>) -> Result<Statement> {
    let residual: Vec<Term> = query
        .terms
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| !matches!(verdict, Verdict::Exact(_)))
        .map(|(term, _)| term.clone())
        .collect();
    let order = plan
        .order
        .as_ref()
        .filter(|order| order_means_the_same(query, &plan, order));
    let limit_pushed =
        query.limit.is_some() && residual.is_empty() && (query.order.is_empty() || order.is_some());
    let rest = match query.limit {
        Some(limit) if !limit_pushed && query.order.is_empty() => Rest::Limit(limit),
        Some(limit) if !limit_pushed => Rest::TopN(query.order.clone(), limit),
        _ => Rest::Nothing,
    };

    let mut selected: Vec<usize> = Vec::new();
    let sorted: &[SortKey] = if let Rest::TopN(keys, _) = &rest {
        keys
    } else {
        &[]
    };
    let wanted = query.projection.iter().copied();
    let wanted = wanted
        .chain(residual.iter().flat_map(Term::fields))
        .chain(sorted.iter().map(|key| key.field));
    for field in wanted {
        if !selected.contains(&field) {
            selected.push(field);
        }
    }

    let mut sql = String::new();
    if !plan.common_tables.is_empty() {
        sql.push_str(&format!("WITH {}\n", plan.common_tables.join(", ")));
    }
    let outputs = selected
        .iter()
        .map(|field| {
            let expression = plan
                .output(*field)
                .ok_or_else(|| Error::bug("a selected field without an output"))?;
            let name = quoted(&query.mapping.fields[*field].name);
            Ok(if expression == name {
                name
            } else {
                format!("{expression} AS {name}")
            })
        })
        .collect::<Result<Vec<_>>>()?;
    // Athena counts rows without asking for a field: a row must still come for each.
    let outputs = if outputs.is_empty() {
        r#"1 AS "row""#.to_owned()
    } else {
        outputs.join(", ")
    };
    sql.push_str(&format!("SELECT {outputs}\nFROM {}", plan.from_item));
    let mut word = "WHERE";
    for verdict in &verdicts {
        if let Verdict::Exact(condition) | Verdict::Wider(condition) = verdict {
            sql.push_str(&format!("\n{word} ({condition})"));
            word = "AND";
        }
    }
    if limit_pushed {
        let mut word = "\nORDER BY";
        for (expression, key) in order.into_iter().flatten().zip(&query.order) {
            let direction = if key.descending { "DESC" } else { "ASC" };
            let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
            sql.push_str(&format!("{word} {expression} {direction} NULLS {nulls}"));
            word = ",";
        }
        if let Some(limit) = query.limit {
            sql.push_str(&format!("\nLIMIT {limit}"));
        }
    }
    if sql.len() > MAX_STATEMENT_BYTES {
        let message = format!(
            "cannot ask Timestream: the statement has {} bytes, {MAX_STATEMENT_BYTES} are allowed; hint: select fewer columns",
            sql.len()
        );
        return Err(Error::invalid_input(message));
    }
    Ok(Statement {
        sql,
        selected,
        verdicts,
        residual,
        rest,
        limit_pushed,
        notes: plan.notes,
    })
}

/// Whether a pushed order is the one asked for.
///
/// `ORDER BY "x"` looks for an output called `x` before a column of that name: were that another one, the wrong column
/// would be sorted by. And a column by itself may tell apart what Athena takes for equal, so that the keys after it
/// would not get to decide.
fn order_means_the_same(query: &Query<'_>, plan: &Plan, order: &[String]) -> bool {
    let fields = &query.mapping.fields;
    let is_name_kept = |expression: &String| {
        plan.outputs.iter().all(|(field, output)| {
            let name = quoted(&fields[*field].name);
            !expression.contains(&name) || *output == name
        })
    };
    let mut before_last = order.iter().zip(&query.order).rev().skip(1);
    let lets_others_decide = |(expression, key): (&String, &SortKey)| {
        !is_finer_in_timestream(&fields[key.field].data_type)
            || plan.output(key.field) != Some(expression.as_str())
    };
    before_last.all(lets_others_decide) && order.iter().all(is_name_kept)
}

/// Whether Timestream may order values of this type that Athena takes for equal: instants of one millisecond, and −0.0
/// below 0.0, as Presto did before Trino's release 434.
fn is_finer_in_timestream(data_type: &DataType) -> bool {
    is_timestamp(data_type) || *data_type == DataType::Float64
}

/// A field's name as an identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
