//! What the columns of a result are called.
//!
//! Presto calls an unnamed expression `_col<i>` by its place in the result and allows a name twice; DataFusion
//! calls it by its text and wants names unique. So every select item that needs it gets a private alias before planning,
//! and the names are put right afterwards.

use std::collections::HashSet;

use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, Select, SelectItem, SetExpr};

/// Stands between the name to show and a number in a private alias. Names of columns do not contain it, because no
/// record with a control character in a name is taken.
const MARK: char = '\u{1}';
/// What an unnamed column's private alias begins with.
const UNNAMED: &str = "_col";

/// Gives private aliases to the outermost select items that have no name or one that is taken.
pub(crate) fn mark(query: &mut Query) {
    mark_body(&mut query.body);
}

fn mark_body(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => mark_select(select),
        SetExpr::Query(query) => mark_body(&mut query.body),
        SetExpr::SetOperation { left, right, .. } => {
            mark_body(left);
            mark_body(right);
        }
        SetExpr::Values(_)
        | SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_)
        | SetExpr::Table(_) => {}
    }
}

fn mark_select(select: &mut Select) {
    let wildcard = |item: &SelectItem| {
        matches!(
            item,
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)
        )
    };
    let any_wildcard = select.projection.iter().any(wildcard);
    let mut seen: HashSet<String> = HashSet::new();
    for (number, item) in select.projection.iter_mut().enumerate() {
        let private = |name: &str| Ident::with_quote('"', format!("{name}{MARK}{number}"));
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let alias = match column_name(expr) {
                    Some(name) if seen.insert(name.clone()) && !any_wildcard => continue,
                    Some(name) => private(&name),
                    None => private(UNNAMED),
                };
                *item = SelectItem::ExprWithAlias {
                    expr: expr.clone(),
                    alias,
                };
            }
            SelectItem::ExprWithAlias { alias, .. } => {
                if !seen.insert(alias.value.clone()) {
                    *alias = private(&alias.value);
                }
            }
            SelectItem::ExprWithAliases { .. }
            | SelectItem::Wildcard(_)
            | SelectItem::QualifiedWildcard(..) => {}
        }
    }
}

fn column_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.clone()),
        _ => None,
    }
}

/// The name that a column of a planned query is shown under, and whether its name in the plan is a private one. `unnamed`
/// says that no column has a name, as after `VALUES`.
pub(crate) fn shown(planned: &str, place: usize, unnamed: bool) -> (String, bool) {
    match planned.split_once(MARK) {
        _ if unnamed => (format!("{UNNAMED}{place}"), true),
        Some((UNNAMED, _)) => (format!("{UNNAMED}{place}"), true),
        Some((name, _)) => (name.to_owned(), true),
        None => (planned.to_owned(), false),
    }
}
