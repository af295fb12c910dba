//! No name and no text leaves its quotes in a whole statement, with any of our plugins: a parser that nobody here wrote
//! reads it back as one SELECT of the expected form, and finds in it the names and texts that were put in. The parts that
//! a plugin answers have a test of their own beside the dialect.

#![expect(clippy::unwrap_used, reason = "a test")]

use connector::plugin::{Caller, Dialect, Verdict};
use connector::query::{
    Column, ColumnKind, Domain, Literal, Scalar, SortKey, Source, Table, Term, TimestreamType,
    ValueSet,
};
use connector::slices::Slice;
use connector::statement::{Query, statement};
use sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, OrderByKind, Select, SelectItem, SetExpr, Statement,
    TableFactor, Value,
};
use sqlparser::dialect::{AnsiDialect, Dialect as Spoken, PostgreSqlDialect};
use sqlparser::parser::Parser;
use tests::plugin;

/// What ends quotes, statements and lines, in some language or other.
const PIECES: [&str; 32] = [
    "'",
    "\"",
    "''",
    "\"\"",
    "\\",
    "\\'",
    "`",
    "$$",
    "--",
    "/*",
    "*/",
    "#",
    ";",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "%",
    "@p",
    "?",
    "U&'",
    "\n",
    "\r",
    "\u{a0}",
    "\u{2019}",
    "\u{1f600}",
    "a",
    "B",
    " FROM ",
    " OR 1 = 1",
];

fn awkward(random: &mut fastrand::Rng) -> String {
    let count = random.usize(1..8);
    let pieces = (0..count).map(|_| PIECES[random.usize(..PIECES.len())]);
    pieces.collect()
}

/// Names and texts of a statement.
#[derive(Debug, PartialEq)]
struct Put {
    database: String,
    table: String,
    columns: [String; 2],
    text: String,
}

/// The statement of both columns where the first has that text, the first one of them in its order; and how the fields
/// are called.
fn asked(plugin: &Dialect, put: &Put) -> (String, Vec<String>) {
    let column = |name: &String| Column {
        name: name.clone(),
        r#type: TimestreamType::Scalar(Scalar::Varchar),
        kind: ColumnKind::Dimension,
        partition_key: false,
        as_double: false,
    };
    let table = Table {
        source: Source::Table {
            database: put.database.clone(),
            table: put.table.clone(),
        },
        columns: put.columns.iter().map(column).collect(),
        options: Vec::new(),
    };
    let mapping = plugin.map_table(&table).unwrap();
    let query = Query {
        demands: Vec::new(),
        table: &table,
        mapping: &mapping,
        projection: vec![0, 1],
        terms: vec![Term::Domain(Domain {
            field: 0,
            values: ValueSet::AnyOf(vec![Literal::Text(put.text.clone())]),
            null_allowed: false,
        })],
        order: vec![SortKey {
            field: 0,
            descending: false,
            nulls_first: false,
        }],
        limit: Some(1),
        now: 0,
        caller: Caller::default(),
        slice: Slice::WHOLE,
    };
    let made = statement(plugin, &query).unwrap();
    assert!(matches!(made.verdicts[..], [Verdict::Exact(_)]));
    let fields = mapping.fields.into_iter().map(|field| field.name);
    (made.sql, fields.collect())
}

fn quoted(name: &Ident) -> String {
    assert_eq!(name.quote_style, Some('"'), "{name}");
    name.value.clone()
}

/// Column and alias of an output; without one it has the column's name.
fn output(item: &SelectItem) -> (String, String) {
    match item {
        SelectItem::UnnamedExpr(Expr::Identifier(column)) => (quoted(column), quoted(column)),
        SelectItem::ExprWithAlias {
            expr: Expr::Identifier(column),
            alias,
        } => (quoted(column), quoted(alias)),
        other => panic!("{other}"),
    }
}

/// The texts in a condition.
fn collect(condition: &Expr, texts: &mut Vec<String>) {
    match condition {
        Expr::Nested(inner) => collect(inner, texts),
        Expr::BinaryOp { left, right, .. } => {
            collect(left, texts);
            collect(right, texts);
        }
        Expr::InList { expr, list, .. } => {
            collect(expr, texts);
            list.iter().for_each(|element| collect(element, texts));
        }
        Expr::Identifier(name) => drop(quoted(name)),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => texts.push(text.clone()),
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
}

/// The one SELECT that a text is, and the columns that it is sorted by.
fn select(dialect: &dyn Spoken, sql: &str) -> (Select, Vec<String>) {
    let statements = Parser::parse_sql(dialect, sql).unwrap();
    let [Statement::Query(query)] = statements.as_slice() else {
        panic!("{sql}")
    };
    let SetExpr::Select(select) = query.body.as_ref() else {
        panic!("{sql}")
    };
    assert!(query.with.is_none(), "{sql}");
    let keys = match query.order_by.as_ref().map(|order| &order.kind) {
        Some(OrderByKind::Expressions(keys)) => keys.as_slice(),
        _ => &[],
    };
    let keys = keys.iter().map(|key| match &key.expr {
        Expr::Identifier(name) => quoted(name),
        other => panic!("{other}"),
    });
    (select.as_ref().clone(), keys.collect())
}

#[test]
fn names_and_texts_are_in_a_statement_what_they_were() {
    let plugins = ["timestream", "java-compat"].map(|name| plugin(name).unwrap());
    for seed in 0..500 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut awkward = || awkward(&mut random);
        let put = Put {
            database: awkward(),
            table: awkward(),
            // Two names that differ.
            columns: [awkward() + "1", awkward() + "2"],
            text: awkward(),
        };
        for plugin in &plugins {
            let (sql, fields) = asked(plugin, &put);
            for dialect in [&AnsiDialect {} as &dyn Spoken, &PostgreSqlDialect {}] {
                let (select, keys) = select(dialect, &sql);
                // The Java connector sorts nothing.
                if !keys.is_empty() || plugin.description().name == "timestream" {
                    assert_eq!(keys, put.columns[..1], "seed {seed}: {sql}");
                }
                let outputs: Vec<(String, String)> = select.projection.iter().map(output).collect();
                let columns = put.columns.iter().cloned();
                let expected: Vec<(String, String)> = columns.zip(fields.clone()).collect();
                assert_eq!(outputs, expected, "seed {seed}: {sql}");

                let [from] = select.from.as_slice() else {
                    panic!("seed {seed}: {sql}")
                };
                let TableFactor::Table {
                    name: ObjectName(parts),
                    ..
                } = &from.relation
                else {
                    panic!("seed {seed}: {sql}")
                };
                let names: Vec<String> = parts
                    .iter()
                    .map(|part| match part {
                        ObjectNamePart::Identifier(name) => quoted(name),
                        other => panic!("{other}"),
                    })
                    .collect();
                assert_eq!(
                    names,
                    [put.database.clone(), put.table.clone()],
                    "seed {seed}: {sql}"
                );

                let mut texts = Vec::new();
                collect(&select.selection.unwrap(), &mut texts);
                assert_eq!(texts, std::slice::from_ref(&put.text), "seed {seed}: {sql}");
            }
        }
    }
}
