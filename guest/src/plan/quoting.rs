//! No name and no text leaves its quotes: whatever they hold, a parser that nobody here wrote reads each part of a plan
//! as one expression of the expected forms, and finds in it the names and texts that were put in.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use proptest::prelude::*;
use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, SetExpr};
use sqlparser::ast::{Ident, ObjectName, SelectItem, Statement, TableFactor, Value};
use sqlparser::dialect::{AnsiDialect, Dialect, PostgreSqlDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::plan;
use crate::testing::{Asked, ask, domain, nodes, request, table};
use crate::{
    Bound, Function as Asks, Literal, Node, Range, Request, Scalar, SortKey, Source, Term,
    ValueSet, Verdict,
};

/// Names and texts of what ends quotes, statements and lines, in some language or other.
fn awkward() -> impl Strategy<Value = String> {
    let pieces = [
        "'",
        "\"",
        "''",
        "\"\"",
        "\\",
        "\\'",
        "`",
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "#",
        ";",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "%",
        "_",
        "?",
        "@p",
        ":p",
        "U&'",
        "E'",
        "\n",
        "\r",
        "\t",
        " ",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{301}",
        "\u{2019}",
        "\u{ff07}",
        "\u{ff02}",
        "\u{200b}",
        "\u{2028}",
        "\u{feff}",
        "\u{1f600}",
        "\u{10ffff}",
        "a",
        "B",
        "1",
        "ß",
        " OR 1 = 1",
        " AND ",
        " FROM ",
        "NULL",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 1..8)
        .prop_map(|pieces| pieces.concat())
}

/// A text for a constant: empty, or with the one character that is never printed, too.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => awkward(), 1 => Just(String::new()), 1 => awkward().prop_map(|text| text + "\0")]
}

/// What a part of a plan holds, as another parser sees it.
#[derive(Debug, Default)]
struct Found {
    names: Vec<String>,
    texts: Vec<String>,
}

/// Two ways to read SQL: by the standard, and as a widespread engine does.
const DIALECTS: [&dyn Dialect; 2] = [&AnsiDialect {}, &PostgreSqlDialect {}];

/// Reads a text as one expression, to its end.
fn expression(dialect: &dyn Dialect, sql: &str) -> Expr {
    let mut parser = Parser::new(dialect).try_with_sql(sql).unwrap();
    let expression = parser.parse_expr().unwrap();
    assert_eq!(parser.peek_token().token, Token::EOF, "{sql}");
    expression
}

impl Found {
    fn name(&mut self, name: &Ident) {
        assert_eq!(name.quote_style, Some('"'), "{name} is not quoted");
        self.names.push(name.value.clone());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::SingleQuotedString(text) => self.texts.push(text.clone()),
            Value::Number(..) | Value::Boolean(_) => {}
            other => panic!("{other} is no form of this dialect"),
        }
    }

    /// Every form that this dialect prints, and no other.
    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Identifier(name) => self.name(name),
            Expr::Value(value) => self.value(&value.value),
            Expr::TypedString(typed) => assert!(
                matches!(typed.value.value, Value::SingleQuotedString(_)),
                "{typed}"
            ),
            Expr::Nested(inner)
            | Expr::UnaryOp { expr: inner, .. }
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner) => self.expression(inner),
            Expr::BinaryOp { left, right, .. } => {
                self.expression(left);
                self.expression(right);
            }
            Expr::InList { expr, list, .. } => {
                self.expression(expr);
                list.iter().for_each(|element| self.expression(element));
            }
            Expr::Like {
                expr,
                pattern,
                escape_char,
                ..
            } => {
                self.expression(expr);
                self.expression(pattern);
                let escape = escape_char.as_ref().map(|escape| escape.value.to_string());
                assert!(escape.is_none_or(|escape| escape == r"'\'"));
            }
            Expr::Function(function) => self.function(function),
            other => panic!("{other} is no form of this dialect"),
        }
    }

    fn function(&mut self, function: &Function) {
        assert!(["NULLIF", "COALESCE"].contains(&function.name.to_string().as_str()));
        let FunctionArguments::List(list) = &function.args else {
            panic!("{function} has no list of arguments");
        };
        for argument in &list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
                panic!("{argument} is no plain argument");
            };
            self.expression(argument);
        }
    }
}

/// A term on one of the fields, and the texts that its condition must hold.
fn term(fields: u32) -> impl Strategy<Value = (Term, Vec<String>)> {
    let texts = proptest::collection::vec(text(), 1..4);
    let of_domain = (0..fields, texts, any::<bool>()).prop_map(|(field, texts, listed)| {
        let literals: Vec<Literal> = texts.iter().cloned().map(Literal::Text).collect();
        let set = if listed {
            ValueSet::AnyOf(literals)
        } else {
            ValueSet::NoneOf(literals)
        };
        (domain(field, set), texts)
    });
    let of_range = (0..fields, text(), text()).prop_map(|(field, one, other)| {
        // Two equal ones would be a single value, printed once.
        let (low, high) = if one < other {
            (one, other + "z")
        } else {
            (other, one + "z")
        };
        let range = Range {
            low: Bound::Exclusive(Literal::Text(low.clone())),
            high: Bound::Inclusive(Literal::Text(high.clone())),
        };
        (
            domain(field, ValueSet::Ranges(vec![range])),
            vec![low, high],
        )
    });
    let of_expression =
        asked(fields).prop_map(|(asked, texts)| (Term::Expression(nodes(asked)), texts));
    prop_oneof![1 => of_domain, 1 => of_range, 2 => of_expression]
}

/// A condition on text columns, with the texts as they are printed.
fn asked(fields: u32) -> impl Strategy<Value = (Asked, Vec<String>)> {
    let field = |field| Asked::Leaf(Node::Field(field));
    let constant = |text: &str| Asked::Leaf(Node::Constant(Literal::Text(text.to_owned())));
    let comparison = (0..fields, text(), any::<bool>()).prop_map(move |(place, text, swapped)| {
        let mut sides = [field(place), constant(&text)];
        if swapped {
            sides.reverse();
        }
        (ask(Asks::NotEqual, sides), vec![text])
    });
    let like = (0..fields, text()).prop_map(move |(place, text)| {
        // A wildcard and something else: neither an equality nor IS NOT NULL.
        let pattern = format!("{text}%a");
        let printed = pattern.replace('\\', r"\\");
        (
            ask(Asks::Like, [field(place), constant(&pattern)]),
            vec![printed],
        )
    });
    let nullif = (0..fields, text(), text()).prop_map(move |(place, one, other)| {
        let value = ask(Asks::Nullif, [field(place), constant(&one)]);
        (
            ask(Asks::LessThan, [value, constant(&other)]),
            vec![one, other],
        )
    });
    let columns = (0..fields, 0..fields).prop_map(move |(left, right)| {
        (
            ask(Asks::IsDistinctFrom, [field(left), field(right)]),
            vec![],
        )
    });
    let leaf = prop_oneof![comparison, like, nullif, columns];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 1..4);
        let joined = (parts, any::<bool>()).prop_map(|(parts, all)| {
            let (parts, texts): (Vec<Asked>, Vec<Vec<String>>) = parts.into_iter().unzip();
            let function = if all { Asks::And } else { Asks::Or };
            (Asked::Call(function, parts), texts.concat())
        });
        let not = inner.prop_map(|(part, texts)| (ask(Asks::Not, [part]), texts));
        prop_oneof![joined, not]
    })
}

/// A table of text columns of these names, which may differ by a number at the end.
fn request_of(names: &[String], source: Source, terms: Vec<Term>) -> (Vec<String>, Request) {
    let names: Vec<String> = names
        .iter()
        .zip(0..)
        .map(|(name, place)| format!("{name}{place}"))
        .collect();
    let columns: Vec<(&str, Scalar)> = names
        .iter()
        .map(|name| (name.as_str(), Scalar::Varchar))
        .collect();
    let mut table = table(&columns);
    table.source = source;
    (names, request(table, terms))
}

fn home() -> Source {
    Source::Table(("database".into(), "table".into()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conditions_hold_the_texts_put_in(
        names in proptest::collection::vec(awkward(), 3),
        (term, mut texts) in term(3),
    ) {
        let (names, request) = request_of(&names, home(), vec![term]);
        let verdict = plan(&request).unwrap().verdicts.remove(0);
        // A text with U+0000 has no form: it widens the condition, or leaves it out.
        let printable = texts.iter().all(|text| !text.contains('\0'));
        let condition = match verdict {
            Verdict::Exact(condition) => condition,
            Verdict::Wider(condition) if !printable => condition,
            Verdict::Skipped(_) if !printable => return Ok(()),
            other => panic!("{other:?}"),
        };
        prop_assert!(!condition.contains('\0'));
        texts.sort();
        for dialect in DIALECTS {
            let mut found = Found::default();
            found.expression(&expression(dialect, &condition));
            prop_assert!(found.names.iter().all(|name| names.contains(name)));
            if printable {
                found.texts.sort();
                prop_assert_eq!(&found.texts, &texts);
            } else {
                prop_assert!(found.texts.iter().all(|text| texts.contains(text)));
            }
        }
    }

    #[test]
    fn columns_and_sources_are_the_names_put_in(
        names in proptest::collection::vec(awkward(), 3),
        database in awkward(),
        table in awkward(),
        is_table in any::<bool>(),
    ) {
        let source = if is_table {
            Source::Table((database.clone(), table.clone()))
        } else {
            Source::Passthrough("SELECT 1".to_owned())
        };
        let (names, mut request) = request_of(&names, source, vec![]);
        request.order = (0..3)
            .map(|field| SortKey { field, descending: false, nulls_first: false })
            .collect();
        let plan = plan(&request).unwrap();
        let outputs: Vec<&str> = plan.outputs.iter().map(|(_, sql)| sql.as_str()).collect();
        let keys = plan.order.unwrap();
        prop_assert_eq!(&outputs, &keys);
        let select = format!("SELECT {} FROM {}", outputs.join(", "), plan.from_item);
        for dialect in DIALECTS {
            let mut statements = Parser::parse_sql(dialect, &select).unwrap();
            prop_assert_eq!(statements.len(), 1);
            let Some(Statement::Query(query)) = statements.pop() else { panic!("{select}") };
            let SetExpr::Select(select) = *query.body else { panic!("{query}") };
            let mut found = Found::default();
            for item in &select.projection {
                let SelectItem::UnnamedExpr(item) = item else { panic!("{item}") };
                found.expression(item);
            }
            prop_assert_eq!(&found.names, &names);
            let [from] = select.from.as_slice() else { panic!("{select}") };
            prop_assert!(from.joins.is_empty());
            match &from.relation {
                TableFactor::Table { name: ObjectName(parts), alias: None, .. } => {
                    let mut found = Found::default();
                    parts.iter().for_each(|part| found.name(part.as_ident().unwrap()));
                    prop_assert!(is_table);
                    prop_assert_eq!(found.names, [database.as_str(), table.as_str()]);
                }
                TableFactor::Derived { alias: Some(alias), .. } => {
                    let mut found = Found::default();
                    alias.columns.iter().for_each(|column| found.name(&column.name));
                    prop_assert!(!is_table);
                    prop_assert_eq!(&found.names, &names);
                }
                other => panic!("{other}"),
            }
        }
    }
}
