//! The parser's view of Presto's SQL: sqlparser's generic dialect with fewer liberties.

use std::any::TypeId;

use datafusion::sql::sqlparser::dialect::{Dialect, GenericDialect};

/// Names are quoted by `"` alone and contain letters, digits and `_` when they are not quoted; a backslash in a string
/// is an ordinary character.
#[derive(Debug)]
pub struct PrestoDialect;

impl Dialect for PrestoDialect {
    /// The parser asks for the generic dialect by type where it reads `UNNEST`, `ARRAY[..]` and the like.
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    /// `GROUP BY` may hold expressions such as `ROLLUP (..)`.
    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    /// For the types of rows ([`crate::rewrite_tokens`]).
    fn supports_struct_literal(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }
}
