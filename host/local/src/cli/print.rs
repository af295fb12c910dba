//! A scan for a person: what was sent, what became of each term, the statement, what it cost.

use std::fmt::Write as _;

use connector::Explanation;
use connector::plugin::{Ruling, Verdict};
use connector::query::{Expression, Function, Literal, Mapping, Term};
use connector::statement::Demand;

use crate::athena::Scan;

/// Writes a scan over several lines, without a last line break.
///
/// ```text
/// fleet.readings
///   sent       deviceid in {'d-1'}
///   exact      deviceid: "deviceId" = 'd-1'
///   statement  SELECT "time"
///              FROM "Fleet"."readings"
///              WHERE ("deviceId" = 'd-1')
///   splits     1: an hour or less is read at once
/// ```
pub(super) fn scan(scan: &Scan) -> String {
    let mut lines = Lines {
        text: scan.table.clone(),
    };
    if scan.constraints.is_empty() {
        lines.add("sent", "no constraint");
    }
    for constraint in &scan.constraints {
        lines.add("sent", constraint);
    }
    if let Some(explanation) = &scan.explanation {
        explain(explanation, &mut lines);
    }
    match scan.slices.len() {
        0 => lines.add("splits", "none: nothing is read"),
        splits => {
            let cut = scan
                .explanation
                .iter()
                .map(|explanation| explanation.cut.as_str());
            let why: String = cut.map(|cut| format!(": {cut}")).collect();
            lines.add("splits", &format!("{splits}{why}"));
        }
    }
    for slice in scan.slices.iter().flatten() {
        lines.add("slice", slice);
    }
    for kept in &scan.kept {
        lines.add("engine", &kept.filter);
        if let Some(hint) = &kept.hint {
            lines.add("hint", hint);
        }
    }
    if scan.bytes > 0 {
        lines.add("read", &cost(scan));
    }
    lines.text
}

/// The same in parts, by label: what is sent, each term, the statement, and what it cost if it was read.
pub(super) fn cells(scan: &Scan) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    let mut add = |label: &str, text: String| cells.push((label.to_owned(), text));
    match scan.constraints.as_slice() {
        [] => add("sent", "no constraint".to_owned()),
        sent => sent.iter().for_each(|sent| add("sent", sent.clone())),
    }
    if let Some(explanation) = &scan.explanation {
        let verdicts = explanation.statement.verdicts.iter();
        let demanded = explanation.demands.iter();
        let terms = explanation.terms.iter();
        let terms = terms.chain(demanded.flat_map(|demand| &demand.ruling.terms));
        for (term, verdict) in terms.zip(verdicts) {
            let (word, text) = match verdict {
                Verdict::Exact(condition) => ("exact", condition),
                Verdict::Wider(condition) => ("wider", condition),
                Verdict::Skipped(reason) => ("skipped", reason),
            };
            let term = describe(term, &explanation.mapping);
            add(&term, format!("{word}: {text}"));
        }
        add("statement", explanation.statement.sql.clone());
    }
    if scan.bytes > 0 {
        add("read", cost(scan));
    }
    cells
}

fn explain(explanation: &Explanation, lines: &mut Lines) {
    let Explanation {
        statement,
        terms,
        demands,
        mapping,
        ..
    } = explanation;
    let mut verdicts = statement.verdicts.iter();
    for (term, verdict) in terms.iter().zip(verdicts.by_ref()) {
        add_verdict(&describe(term, mapping), verdict, lines);
    }
    for demand in demands {
        add_demand(demand, lines);
        for (term, verdict) in demand.ruling.terms.iter().zip(verdicts.by_ref()) {
            add_verdict(&describe(term, mapping), verdict, lines);
        }
    }
    lines.add("statement", &statement.sql);
    for note in &statement.notes {
        lines.add("note", note);
    }
    for refusal in &explanation.refused_plugins {
        lines.add("refused", &format!("{refusal}; the last good one goes on"));
    }
}

fn add_verdict(term: &str, verdict: &Verdict, lines: &mut Lines) {
    match verdict {
        Verdict::Exact(condition) => lines.add("exact", &format!("{term}: {condition}")),
        Verdict::Wider(condition) => lines.add("wider", &format!("{term}: {condition}")),
        Verdict::Skipped(reason) => lines.add("skipped", &format!("{term}: {reason}")),
    }
}

/// A policy, and what it demands besides the terms that follow.
fn add_demand(demand: &Demand, lines: &mut Lines) {
    let Ruling {
        terms,
        max_bytes_metered,
        notes,
    } = &demand.ruling;
    let terms = match terms.len() {
        1 => "1 term, checked on every row".to_owned(),
        count => format!("{count} terms, checked on every row"),
    };
    let budget = max_bytes_metered.map(|bytes| format!("; {bytes} bytes may be metered"));
    let budget = budget.unwrap_or_default();
    lines.add("policy", &format!("{}: {terms}{budget}", demand.policy));
    for note in notes {
        lines.add("note", note);
    }
}

/// Bytes and rows: of Timestream where the connector is in this process, else of its answers alone.
fn cost(scan: &Scan) -> String {
    let mut text = String::new();
    if !scan.readings.is_empty() {
        let sum =
            |of: fn(&connector::Reading) -> usize| scan.readings.iter().map(of).sum::<usize>();
        let metered: i64 = scan
            .readings
            .iter()
            .map(|reading| reading.bytes_metered)
            .sum();
        let pages = sum(|reading| reading.pages);
        let (fetched, read) = (
            sum(|reading| reading.rows_read),
            sum(|reading| reading.bytes_read),
        );
        let _ = write!(
            text,
            "{pages} pages, {fetched} rows fetched, {read} bytes, {metered} bytes metered; "
        );
    }
    let _ = write!(
        text,
        "{} rows returned, {} spilled blocks, {} bytes",
        scan.rows, scan.blocks, scan.bytes
    );
    text
}

struct Lines {
    text: String,
}

impl Lines {
    /// Adds a label and its text; further lines of the text stand below its first.
    fn add(&mut self, label: &str, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let label = if number == 0 { label } else { "" };
            let _ = write!(self.text, "\n  {label:<9}  {line}");
        }
    }
}

fn describe(term: &Term, mapping: &Mapping) -> String {
    match term {
        Term::Domain(domain) => field(domain.field, mapping).to_owned(),
        Term::Expression(expression) => describe_expression(expression, mapping),
    }
}

fn field(index: usize, mapping: &Mapping) -> &str {
    mapping
        .fields
        .get(index)
        .map_or("?", |field| field.name.as_str())
}

/// In the wire's own words: `$like_pattern(name, 'a%')`.
fn describe_expression(expression: &Expression, mapping: &Mapping) -> String {
    match expression {
        Expression::Field(index) => field(*index, mapping).to_owned(),
        Expression::Null => "NULL".to_owned(),
        Expression::Constant(constant) => match constant {
            Literal::Boolean(value) => value.to_string(),
            Literal::Integer(value) => value.to_string(),
            Literal::Double(value) => format!("{value:?}"),
            Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Literal::Date(days) => format!("day {days}"),
            Literal::Millis(millis) => format!("{millis} ms"),
            Literal::Nanos(nanos) => format!("{nanos} ns"),
        },
        Expression::Call(function, arguments) => {
            let arguments: Vec<String> = arguments
                .iter()
                .map(|argument| describe_expression(argument, mapping))
                .collect();
            format!("{}({})", Function::name(*function), arguments.join(", "))
        }
    }
}
