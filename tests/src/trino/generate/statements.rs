//! Whole statements: what is selected, filtered, sorted, cut, joined, counted, and how two answers to it compare.

use super::scalars::{Scope, identifier};
use crate::proof::generate::Draw;
use crate::proof::model::Kind;
use crate::trino::sources::{Source, Sources};

/// A statement; its sources stand in braces.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// How answers compare.
    pub comparison: Comparison,
}

/// How two answers to a statement compare.
#[derive(Clone, Debug)]
pub enum Comparison {
    /// The same rows, in any order.
    Bag,
    /// The same rows in any order, where it is open which of the two zeros stands for both.
    Groups,
    /// The same keys in the same order, and rows that `whole`, the statement without order and limit, has too.
    Ordered {
        /// Columns of the answer.
        keys: Vec<usize>,
        /// Without order and limit.
        whole: String,
    },
    /// So many rows of those that `whole`, the statement without the limit, has; all of them if they are fewer.
    Limited {
        /// How many.
        limit: usize,
        /// Without the limit.
        whole: String,
    },
}

/// The statement that the bytes decide; `ties_zeros`: whether it may order by doubles.
pub fn statement(sources: &Sources, bytes: &[u8], ties_zeros: bool) -> Statement {
    let draw = &mut Draw::new(bytes);
    match draw.below(20) {
        0..=7 => filtered(sources, draw),
        8..=12 => sorted(sources, draw, ties_zeros),
        13 | 14 => limited(sources, draw),
        15 | 16 => grouped(sources, draw),
        17 => joined(sources, draw),
        18 => composed(sources, draw, ties_zeros),
        _ => nested(sources, draw),
    }
}

/// A source, the most awkward one most often.
fn source<'a>(sources: &'a Sources, draw: &mut Draw<'_>) -> &'a Source {
    let names = [
        "edges", "edges", "edges", "small", "fine", "ratios", "computed", "big",
    ];
    sources.get(draw.pick(&names)).unwrap_or(&sources.all()[0])
}

fn filter(scope: &Scope<'_>, draw: &mut Draw<'_>) -> String {
    let depth = draw.pick(&[0, 0, 1, 1, 2, 3, 4]);
    match draw.below(8) {
        7 => String::new(),
        _ => format!(" WHERE {}", scope.predicate(draw, depth)),
    }
}

/// What is selected: the id and some columns, now and then something computed.
fn selected(scope: &Scope<'_>, draw: &mut Draw<'_>) -> Vec<String> {
    let columns = &scope.source.columns;
    let mut selected = vec!["id".to_owned()];
    for _ in 0..draw.below(5) {
        let column = identifier(draw.pick(columns).name);
        if !selected.contains(&column) {
            selected.push(column);
        }
    }
    match draw.below(6) {
        4 => {
            let kind = scope.kind(draw);
            selected.push(scope.scalar(draw, kind, 2));
        }
        5 => selected.push(scope.predicate(draw, 1)),
        _ => {}
    }
    selected
}

fn filtered(sources: &Sources, draw: &mut Draw<'_>) -> Statement {
    let source = source(sources, draw);
    let scope = Scope { source, prefix: "" };
    let filter = filter(&scope, draw);
    let selected = match draw.below(8) {
        6 => vec!["count(*)".to_owned()],
        7 => vec!["1".to_owned()],
        _ => selected(&scope, draw),
    };
    Statement {
        sql: format!(
            "SELECT {} FROM {{{}}}{filter}",
            selected.join(", "),
            source.name
        ),
        comparison: Comparison::Bag,
    }
}

/// The columns that a statement may order by.
fn sortable(source: &Source, ties_zeros: bool) -> Vec<&'static str> {
    let columns = source.columns.iter();
    let may = columns.filter(|column| ties_zeros || column.kind != Kind::Double);
    may.map(|column| column.name).collect()
}

fn sorted(sources: &Sources, draw: &mut Draw<'_>, ties_zeros: bool) -> Statement {
    let source = source(sources, draw);
    let scope = Scope { source, prefix: "" };
    let filter = match draw.below(2) {
        0 => String::new(),
        _ => filter(&scope, draw),
    };
    let mut selected = selected(&scope, draw);
    let mut sortable = sortable(source, ties_zeros);
    let (mut keys, mut order) = (Vec::new(), Vec::new());
    let mut key = |name: &str, direction: &str, selected: &mut Vec<String>| {
        let name = identifier(name);
        order.push(format!("{name}{direction}"));
        let place = selected.iter().position(|column| *column == name);
        keys.push(place.unwrap_or_else(|| {
            selected.push(name);
            selected.len() - 1
        }));
    };
    for _ in 0..1 + draw.below(3) {
        let place = match draw.below(2) {
            0 => draw.below(sortable.len()),
            // Where orders differ: zeros, and instants within a millisecond.
            _ => {
                let wanted = draw.pick(&["e", "time", "d", "at"]);
                let found = sortable.iter().position(|name| *name == wanted);
                found.unwrap_or_default()
            }
        };
        let name = sortable.remove(place);
        let direction = draw.pick(&[
            "",
            " DESC",
            " NULLS FIRST",
            " DESC NULLS LAST",
            " DESC NULLS FIRST",
        ]);
        key(name, direction, &mut selected);
    }
    // Then no two rows tie.
    if draw.below(3) < 2 && sortable.contains(&"id") {
        key("id", draw.pick(&["", " DESC"]), &mut selected);
    }
    let limit = draw.pick(&[1, 2, 3, 5, 10, 25, 0, 500]);
    let offset = match draw.below(8) {
        7 => format!(" OFFSET {}", draw.below(5)),
        _ => String::new(),
    };
    let whole = format!(
        "SELECT {} FROM {{{}}}{filter}",
        selected.join(", "),
        source.name
    );
    Statement {
        sql: format!(
            "{whole} ORDER BY {}{offset} LIMIT {limit}",
            order.join(", ")
        ),
        comparison: Comparison::Ordered { keys, whole },
    }
}

fn limited(sources: &Sources, draw: &mut Draw<'_>) -> Statement {
    let source = source(sources, draw);
    let scope = Scope { source, prefix: "" };
    let filter = filter(&scope, draw);
    let limit = draw.pick(&[1, 5, 20, 60, 0, 1_000]);
    let selected = selected(&scope, draw).join(", ");
    let whole = format!("SELECT {selected} FROM {{{}}}{filter}", source.name);
    Statement {
        sql: format!("{whole} LIMIT {limit}"),
        comparison: Comparison::Limited { limit, whole },
    }
}

fn grouped(sources: &Sources, draw: &mut Draw<'_>) -> Statement {
    let source = sources.get(draw.pick(&["edges", "big", "fine"]));
    let source = source.unwrap_or(&sources.all()[0]);
    let filter = filter(&Scope { source, prefix: "" }, draw);
    let selected = draw.pick(&[
        "count(*)",
        "count(*), count(d), min(n), max(txt)",
        "min(time), max(at), min(d), max(d)",
        "host, count(*)",
        "e, count(*)",
        "k, min(txt), max(time)",
        "b, count(DISTINCT host)",
        "date_trunc('day', time), count(*)",
        "tag, b, count(*)",
        "DISTINCT host, tag",
        "DISTINCT e",
        "DISTINCT time",
        "sum(k), count_if(b), approx_distinct(b)",
    ]);
    // Names before the first function are what is grouped by.
    let named = match selected.starts_with("date_trunc") {
        true => 1,
        false => {
            let parts = selected.split(", ");
            parts.take_while(|part| !part.contains('(')).count()
        }
    };
    let grouping = match named {
        0 => String::new(),
        _ if selected.starts_with("DISTINCT") => String::new(),
        1 => " GROUP BY 1".to_owned(),
        _ => " GROUP BY 1, 2".to_owned(),
    };
    Statement {
        sql: format!(
            "SELECT {selected} FROM {{{}}}{filter}{grouping}",
            source.name
        ),
        comparison: Comparison::Groups,
    }
}

fn joined(sources: &Sources, draw: &mut Draw<'_>) -> Statement {
    let names = ["edges", "big", "fine", "computed"];
    let left = sources.get(draw.pick(&names)).unwrap_or(&sources.all()[0]);
    let right = sources.get("small").unwrap_or(&sources.all()[0]);
    let kind = draw.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
    // What both have; many rows share a host, so that it is never alone.
    let on = draw.pick(&[
        "a.id = c.id",
        "a.host = c.host AND a.k = c.k",
        "a.d = c.d AND a.host = c.host",
        "a.n = c.n AND a.host = c.host",
        "a.id = c.k AND a.host = c.host",
        "a.e = c.e AND a.id = c.id",
    ]);
    let scope = |source, prefix| Scope { source, prefix };
    let first = scope(left, "a.").predicate(draw, 1);
    let second = scope(right, "c.").predicate(draw, 1);
    let (further, filter) = match draw.below(3) {
        2 => (format!(" AND {second}"), first),
        1 => (String::new(), format!("{first} AND {second}")),
        // A join that alone tells what to read.
        _ => (String::new(), second),
    };
    Statement {
        sql: format!(
            "SELECT a.id, c.id, c.txt, a.d FROM {{{}}} a {kind} {{small}} c ON {on}{further} WHERE {filter}",
            left.name
        ),
        comparison: Comparison::Bag,
    }
}

fn composed(sources: &Sources, draw: &mut Draw<'_>, ties_zeros: bool) -> Statement {
    let scope = |name: &str| Scope {
        source: sources.get(name).unwrap_or(&sources.all()[0]),
        prefix: "",
    };
    let first = scope("edges").predicate(draw, 1);
    let second = scope("small").predicate(draw, 1);
    // What is cut is cut by a total order, so that it is the same on both sides.
    let cut = draw.pick(if ties_zeros {
        &["id", "e, id", "d DESC, id"]
    } else {
        &["id", "k, id", "txt DESC, id"]
    });
    let sql = match draw.below(9) {
        0 => format!("SELECT id, n, d FROM (SELECT * FROM {{edges}} ORDER BY {cut} LIMIT 50) WHERE {first}"),
        1 => format!("SELECT id FROM {{edges}} WHERE host IN (SELECT host FROM {{small}} WHERE {second}) AND {first}"),
        2 => format!("SELECT id FROM {{edges}} WHERE txt NOT IN (SELECT txt FROM {{small}} WHERE txt IS NOT NULL AND {second})"),
        3 => format!("SELECT id FROM {{edges}} WHERE {first} UNION ALL SELECT id FROM {{small}} WHERE {second}"),
        4 => format!("SELECT id FROM {{edges}} WHERE {first} EXCEPT SELECT id FROM {{small}} WHERE {second}"),
        5 => "SELECT id FROM {edges} o WHERE EXISTS (SELECT 1 FROM {small} i WHERE i.host = o.host AND i.k > o.k)".to_owned(),
        6 => format!("SELECT id, row_number() OVER (PARTITION BY e ORDER BY id) FROM {{edges}} WHERE {first}"),
        7 => format!("SELECT id FROM {{edges}} WHERE n = (SELECT max(n) FROM {{small}} WHERE {second})"),
        _ => format!("SELECT count(*) FROM (SELECT id FROM {{edges}} WHERE {first} ORDER BY {cut} LIMIT 20)"),
    };
    Statement {
        sql,
        comparison: Comparison::Bag,
    }
}

/// Arrays, rows and time series.
fn nested(sources: &Sources, draw: &mut Draw<'_>) -> Statement {
    let source = sources.get("nested").unwrap_or(&sources.all()[0]);
    let filter = Scope { source, prefix: "" }.predicate(draw, 1);
    let number = draw.below(12) as i64 - 4;
    let sql = match draw.below(9) {
        0 => format!("SELECT id, pair, texts FROM {{nested}} WHERE {filter}"),
        1 => format!("SELECT id, pair[1], texts[2] FROM {{nested}} WHERE pair[2] > {number} AND {filter}"),
        2 => format!("SELECT id, cardinality(pair) FROM {{nested}} WHERE contains(pair, {number})"),
        3 => format!("SELECT id, pair FROM {{nested}} WHERE pair IS NOT NULL AND texts[1] LIKE 'a%' OR {filter}"),
        4 => format!("SELECT id, x FROM {{nested}} CROSS JOIN UNNEST(texts) AS u (x) WHERE {filter}"),
        5 => format!("SELECT id FROM {{nested}} WHERE pair = ARRAY[{number}, {number}] OR pair IS DISTINCT FROM ARRAY[1, 1]"),
        6 => "SELECT host, series FROM {series}".to_owned(),
        7 => format!("SELECT host, cardinality(series), series[1].time FROM {{series}} WHERE host <> 'a' OR cardinality(series) > {number}"),
        _ => "SELECT host, p.time, p.measure_value FROM {series} CROSS JOIN UNNEST(series) AS p (time, measure_value)".to_owned(),
    };
    Statement {
        sql,
        comparison: Comparison::Bag,
    }
}
