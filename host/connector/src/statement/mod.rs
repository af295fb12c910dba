//! A plan's parts to one SELECT, and what is left for the host to check.
//!
//! The host prints the statement, so that a plugin cannot forget a condition, lie about a limit or read columns nobody
//! asked for (design.md, section 3).

#[cfg(test)]
mod tests;

use arrow::datatypes::DataType;

use crate::error::{Error, Result};
use crate::plugin::{
    Bins, Caller, Dialect, MAX_STATEMENT_BYTES, Plan, PlanRequest, Ruling, Slicing, Verdict,
};
use crate::query::{Mapping, SortKey, Table, Term, is_timestamp, pushed_term};
use crate::slices::Slice;

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
    /// What policies demand besides, in their order.
    pub demands: Vec<Demand>,
    /// Most significant key first.
    pub order: Vec<SortKey>,
    /// Rows.
    pub limit: Option<u64>,
    /// Nanoseconds since the epoch; the same for all splits.
    pub now: i64,
    /// Who asks.
    pub caller: Caller,
    /// The part of the scan to read.
    pub slice: Slice,
}

/// What a policy demands of a query.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The policy's name and digest, for messages.
    pub policy: String,
    /// Its ruling.
    pub ruling: Ruling,
}

impl Query<'_> {
    /// The query's own terms, then those of the policies.
    pub fn all_terms(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().chain(self.demanded())
    }

    fn demanded(&self) -> impl Iterator<Item = &Term> {
        self.demands.iter().flat_map(|demand| &demand.ruling.terms)
    }

    /// The fields asked for, and those of terms that the host keeps to itself.
    pub(crate) fn fields_with<'t>(&self, kept: impl Iterator<Item = &'t Term>) -> Vec<usize> {
        let mut fields = self.projection.clone();
        for field in kept.flat_map(Term::fields) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }
}

/// One SELECT and what remains to be done with its rows.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text sent to Timestream.
    pub sql: String,
    /// The field of each column that is selected; the first ones are the projection's.
    pub selected: Vec<usize>,
    /// What became of each term, in the order of [`Query::all_terms`].
    pub verdicts: Vec<Verdict>,
    /// Terms the rows must still meet.
    pub residual: Vec<Term>,
    /// What remains of order and limit.
    pub rest: Rest,
    /// Whether the statement holds the limit.
    pub limit_pushed: bool,
    /// How the scan may be cut.
    pub slicing: Slicing,
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
pub fn statement(plugin: &Dialect, query: &Query<'_>) -> Result<Statement> {
    let (plan, verdicts) = plan(plugin, query)?;
    assemble(query, plan, verdicts)
}

/// The statement that counts a query's rows by bins of time, `width` nanoseconds each; the columns are `bin` and `rows`.
///
/// # Errors
///
/// As of [`statement`].
pub fn counting(plugin: &Dialect, query: &Query<'_>, width: i64) -> Result<String> {
    let (plan, verdicts) = plan(plugin, query)?;
    let Bins { bin, count } = plugin.bins_of(query.table, width)?;
    let mut sql = select(&plan, &format!(r#"{bin} AS "bin", {count} AS "rows""#));
    let slice = slice_condition(query, &plan.slicing)?;
    add_conditions(&mut sql, slice.as_deref(), &verdicts);
    sql.push_str("\nGROUP BY 1");
    within_limit(sql)
}

/// A query's plan, and a verdict on each of its terms.
fn plan(plugin: &Dialect, query: &Query<'_>) -> Result<(Plan, Vec<Verdict>)> {
    let functions = &plugin.description().functions;
    // Athena calls what the usual dialect has announced: a table may have another one, and a policy knows of none.
    let is_known = |term: &Term| match term {
        Term::Domain(_) => true,
        Term::Expression(expression) => expression.calls_only(functions),
    };
    let in_nanos = |term: &Term| {
        let why = "timestamps that are equal in milliseconds need not be in nanoseconds";
        pushed_term(term, query.mapping).ok_or(why)
    };
    let pushed = query.all_terms().map(|term| match is_known(term) {
        true => in_nanos(term),
        false => Err("the dialect does not take its functions"),
    });
    let pushed: Vec<Result<Term, &str>> = pushed.collect();
    let kept = query
        .all_terms()
        .zip(&pushed)
        .filter(|(_, pushed)| pushed.is_err());
    let projection = query.fields_with(kept.map(|(term, _)| term));
    let request = PlanRequest {
        table: query.table,
        mapping: query.mapping,
        projection,
        terms: pushed.iter().flatten().cloned().collect(),
        order: &query.order,
        limit: query.limit,
        now: query.now,
        caller: &query.caller,
    };
    let plan = plugin.plan(&request)?;

    let mut answered = plan.verdicts.iter();
    let verdicts = pushed
        .iter()
        .map(|pushed| match pushed {
            Ok(_) => answered
                .next()
                .cloned()
                .ok_or_else(|| Error::bug("a term without a verdict")),
            Err(why) => Ok(Verdict::Skipped((*why).into())),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((plan, verdicts))
}

/// The statement up to its conditions.
fn select(plan: &Plan, outputs: &str) -> String {
    let common_tables = match plan.common_tables.as_slice() {
        [] => String::new(),
        items => format!("WITH {}\n", items.join(", ")),
    };
    format!("{common_tables}SELECT {outputs}\nFROM {}", plan.from_item)
}

/// Adds the conditions: of the slice, and of the terms that have one.
fn add_conditions(sql: &mut String, slice: Option<&str>, verdicts: &[Verdict]) {
    let of_terms = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Exact(condition) | Verdict::Wider(condition) => Some(condition.as_str()),
        Verdict::Skipped(_) => None,
    });
    let mut word = "WHERE";
    for condition in slice.into_iter().chain(of_terms) {
        sql.push_str(&format!("\n{word} ({condition})"));
        word = "AND";
    }
}

/// The statement, if Timestream takes one so long.
fn within_limit(sql: String) -> Result<String> {
    if sql.len() <= MAX_STATEMENT_BYTES {
        return Ok(sql);
    }
    let message = format!(
        "cannot ask Timestream: the statement has {} bytes, {MAX_STATEMENT_BYTES} are allowed; hint: select fewer columns",
        sql.len()
    );
    Err(Error::invalid_input(message))
}

/// The condition of a query's slice; none where all is read.
///
/// # Errors
///
/// When the scan cannot be cut as the split says.
fn slice_condition(query: &Query<'_>, slicing: &Slicing) -> Result<Option<String>> {
    if query.slice.is_whole() {
        return Ok(None);
    }
    let cannot = |why: &str| {
        let message = format!("cannot read the split: {why}; hint: run the query again");
        Error::invalid_input(message)
    };
    if query.limit.is_some() || !query.order.is_empty() {
        return Err(cannot(
            "it is a part of the rows, and a limit or an order is asked for",
        ));
    }
    let Slicing::ByTime { expression, .. } = slicing else {
        return Err(cannot(
            "it is a part of the rows, and the dialect does not divide them",
        ));
    };
    let condition = query.slice.condition(expression);
    let condition = condition.ok_or_else(|| cannot("its bounds are not times of Timestream's"))?;
    Ok(Some(condition))
}

fn assemble(query: &Query<'_>, plan: Plan, verdicts: Vec<Verdict>) -> Result<Statement> {
    // What a policy demands is checked on each row, so that no mistake of a dialect's drops it.
    let is_exact = |verdict: &Verdict| matches!(verdict, Verdict::Exact(_));
    let own = query.terms.iter().zip(&verdicts);
    let open = own.filter(|(_, verdict)| !is_exact(verdict));
    let residual = open.map(|(term, _)| term).chain(query.demanded());
    let residual: Vec<Term> = residual.cloned().collect();
    let order = plan
        .order
        .as_ref()
        .filter(|order| order_means_the_same(query, &plan, order));
    let limit_pushed = query.limit.is_some()
        && verdicts.iter().all(is_exact)
        && (query.order.is_empty() || order.is_some());
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
    let mut sql = select(&plan, &outputs);
    let slice = slice_condition(query, &plan.slicing)?;
    add_conditions(&mut sql, slice.as_deref(), &verdicts);
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
    Ok(Statement {
        sql: within_limit(sql)?,
        selected,
        verdicts,
        residual,
        rest,
        limit_pushed,
        slicing: plan.slicing,
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
