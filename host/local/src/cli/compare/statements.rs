//! Queries in a text, and what of their order shows in an answer.

use anyhow::Context as _;
use arrow::datatypes::SchemaRef;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, OrderByKind, Query, SetExpr, Statement as Parsed, Value,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// A query.
#[derive(Debug)]
pub(super) struct Statement {
    /// As it was written.
    pub(super) sql: String,
    parsed: Option<Box<Query>>,
}

/// Takes a text apart at its semicolons, but for those within quotes and comments.
///
/// # Errors
///
/// If a quote or a comment is not closed.
pub(super) fn statements(text: &str) -> anyhow::Result<Vec<Statement>> {
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .with_unescape(false)
        .tokenize()
        .context("cannot read the queries")?;
    let parts = tokens.split(|token| *token == Token::SemiColon);
    let texts = parts.map(|tokens| tokens.iter().map(ToString::to_string).collect::<String>());
    let texts = texts.map(|text| text.trim().to_owned());
    let statements = texts.filter(|text| !text.is_empty()).map(|sql| {
        // What this parser does not know, Athena's part says; here it only means that no order is compared.
        let parsed = match Parser::parse_sql(&dialect, &sql).unwrap_or_default().pop() {
            Some(Parsed::Query(query)) => Some(query),
            _ => None,
        };
        Statement { sql, parsed }
    });
    Ok(statements.collect())
}

impl Statement {
    /// The columns of an answer by which it is ordered, up to the first key that is not a column of it.
    pub(super) fn keys(&self, schema: &SchemaRef) -> Vec<String> {
        let order = self
            .parsed
            .as_ref()
            .and_then(|query| query.order_by.as_ref());
        let Some(OrderByKind::Expressions(keys)) = order.map(|order| &order.kind) else {
            return Vec::new();
        };
        let column = |key: &Expr| -> Option<String> {
            let name = match key {
                Expr::Identifier(name) => identifier(name),
                Expr::CompoundIdentifier(names) => identifier(names.last()?),
                Expr::Value(value) => match &value.value {
                    Value::Number(position, _) => {
                        let position: usize = position.parse().ok()?;
                        schema
                            .fields()
                            .get(position.checked_sub(1)?)?
                            .name()
                            .clone()
                    }
                    _ => return None,
                },
                _ => return None,
            };
            schema.field_with_name(&name).is_ok().then_some(name)
        };
        keys.iter().map_while(|key| column(&key.expr)).collect()
    }

    /// Whether there is a limit on the rows of an order, in which rows may tie.
    pub(super) fn is_first_rows(&self) -> bool {
        self.has_limit(true)
    }

    fn has_limit(&self, is_ordered: bool) -> bool {
        self.parsed.as_ref().is_some_and(|query| {
            (query.limit_clause.is_some() || query.fetch.is_some())
                && query.order_by.is_some() == is_ordered
        })
    }

    /// Whether the query leaves open which rows it returns: it has a limit, and no order.
    pub(super) fn is_any_rows(&self) -> bool {
        self.has_limit(false)
    }

    /// Whether rows are filtered.
    pub(super) fn has_condition(&self) -> bool {
        self.parsed.as_ref().is_some_and(|query| {
            matches!(query.body.as_ref(), SetExpr::Select(select) if select.selection.is_some())
        })
    }
}

/// A column's name, as the answer has it.
fn identifier(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    }
}
