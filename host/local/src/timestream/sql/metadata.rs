//! `DESCRIBE` and `SHOW`: answered from the store, never charged.
//!
//! `SHOW MEASURES` is refused.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{filter_record_batch, like};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use futures::StreamExt;

use super::catalog::MissingTable;
use super::error::missing_table;
use super::like::backslash_pattern;
use super::tokens::{plain_word, syntax};
use super::{Answer, OutputColumn};
use crate::timestream::error::ApiError;
use crate::timestream::store::Store;

/// Answers a metadata statement; `None` means that it is none.
pub(super) fn answer(store: &Store, tokens: &[TokenWithSpan]) -> Result<Option<Answer>, ApiError> {
    let mut words = Words {
        all: tokens,
        rest: tokens
            .iter()
            .filter(|token| !matches!(token.token, Token::Whitespace(_)))
            .collect(),
    };
    let answer = if words.take("DESCRIBE") || words.take("DESC") {
        describe(store, words)?
    } else if words.take("SHOW") {
        show(store, words)?
    } else {
        return Ok(None);
    };
    Ok(Some(answer))
}

fn describe(store: &Store, mut words: Words<'_>) -> Result<Answer, ApiError> {
    let database = words.name()?;
    words.expect(&Token::Period)?;
    let table = words.name()?;
    words.end()?;
    let missing =
        |missing| missing_table(&MissingTable::new(missing, &database, &table), words.all);
    let columns = store
        .table(&database, &table)
        .map_err(missing)?
        .rows()
        .columns();
    let texts: [Vec<&str>; 3] = [
        columns.iter().map(|column| column.name.as_str()).collect(),
        columns
            .iter()
            .map(|column| column.value_type.name())
            .collect(),
        columns.iter().map(|column| column.kind).collect(),
    ];
    table_of(
        ["Column", "Type", "Timestream attribute type"],
        texts.map(StringArray::from),
        None,
    )
}

fn show(store: &Store, mut words: Words<'_>) -> Result<Answer, ApiError> {
    if words.take("DATABASES") {
        let pattern = words.pattern()?;
        words.end()?;
        let (databases, _) = store.databases(None, usize::MAX);
        let names = StringArray::from_iter_values(databases.iter().map(|database| &database.name));
        return table_of(["Database"], [names], pattern);
    }
    if !words.take("TABLES") {
        return Err(words.unexpected("DATABASES or TABLES"));
    }
    let database = if words.take("FROM") {
        Some(words.name()?)
    } else {
        None
    };
    let pattern = words.pattern()?;
    words.end()?;
    let tables = store.tables(database.as_deref(), None, usize::MAX);
    let (tables, _) = tables.ok_or_else(|| {
        let name = database.as_deref().unwrap_or_default();
        ApiError::Validation(format!("Requested database '{name}' not found at line 1:1"))
    })?;
    let names = StringArray::from_iter_values(tables.iter().map(|table| &table.definition.table));
    table_of(["Table"], [names], pattern)
}

/// Makes an answer of columns of text, of which the first may have to match a pattern.
fn table_of<const N: usize>(
    names: [&str; N],
    columns: [StringArray; N],
    pattern: Option<String>,
) -> Result<Answer, ApiError> {
    let internal = |error: arrow::error::ArrowError| ApiError::Internal(error.to_string());
    let keep = match (&pattern, columns.first()) {
        (Some(pattern), Some(first)) => {
            like(first, &StringArray::new_scalar(pattern)).map_err(internal)?
        }
        (_, first) => BooleanArray::from(vec![true; first.map_or(0, |first| first.len())]),
    };
    let schema = Schema::new(
        names
            .map(|name| Field::new(name, DataType::Utf8, false))
            .to_vec(),
    );
    let arrays = columns.map(|column| Arc::new(column) as ArrayRef).to_vec();
    let batch = RecordBatch::try_new(Arc::new(schema), arrays).map_err(internal)?;
    let batch = filter_record_batch(&batch, &keep).map_err(internal)?;
    let column = |name: &str| OutputColumn {
        name: name.to_owned(),
        data_type: DataType::Utf8,
        table: None,
        aliased: false,
    };
    Ok(Answer {
        columns: names.map(column).to_vec(),
        batches: futures::stream::iter([Ok(batch)]).boxed(),
        bytes_scanned: 0,
        metered: false,
    })
}

/// The tokens of a statement that are still to be read, without blanks.
struct Words<'a> {
    all: &'a [TokenWithSpan],
    rest: std::collections::VecDeque<&'a TokenWithSpan>,
}

impl Words<'_> {
    /// Takes a keyword, if it is next.
    fn take(&mut self, keyword: &str) -> bool {
        let next = self.rest.front().and_then(|next| plain_word(&next.token));
        let found = next.is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        if found {
            self.rest.pop_front();
        }
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), ApiError> {
        match self.rest.front() {
            Some(next) if next.token == *token => {
                self.rest.pop_front();
                Ok(())
            }
            _ => Err(self.unexpected(&token.to_string())),
        }
    }

    fn name(&mut self) -> Result<String, ApiError> {
        match self.rest.front().map(|next| &next.token) {
            Some(Token::Word(word)) => {
                let name = word.value.clone();
                self.rest.pop_front();
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    /// Reads `LIKE 'p' [ESCAPE 'c']`, if it is next, as a pattern with backslash.
    fn pattern(&mut self) -> Result<Option<String>, ApiError> {
        if !self.take("LIKE") {
            return Ok(None);
        }
        let pattern = self.text()?;
        let escape = if self.take("ESCAPE") {
            let text = self.text()?;
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(escape), None) => Some(escape),
                _ => {
                    return Err(ApiError::Validation(
                        "Escape string must be a single character".to_owned(),
                    ));
                }
            }
        } else {
            None
        };
        backslash_pattern(&pattern, escape)
            .map(Some)
            .map_err(ApiError::Validation)
    }

    fn text(&mut self) -> Result<String, ApiError> {
        match self.rest.front().map(|next| &next.token) {
            Some(Token::SingleQuotedString(text)) => {
                let text = text.clone();
                self.rest.pop_front();
                Ok(text)
            }
            _ => Err(self.unexpected("a string")),
        }
    }

    fn end(&self) -> Result<(), ApiError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.unexpected("the end of the statement"))
        }
    }

    fn unexpected(&self, wanted: &str) -> ApiError {
        match self.rest.front() {
            Some(next) => syntax(
                next.span.start,
                &format!("mismatched input '{}': expecting {wanted}", next.token),
            ),
            None => ApiError::Validation(format!("the statement ends where {wanted} is expected")),
        }
    }
}
