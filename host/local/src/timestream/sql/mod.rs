//! Timestream's SQL on DataFusion.
//!
//! A text is cut into tokens, the tokens are rewritten where Timestream's grammar is not sqlparser's ([`tokens`]),
//! parsed with Presto's dialect, rewritten once more as a tree where the meaning differs ([`rewrite`]), and
//! planned over the store's tables ([`catalog`]), with comparisons of doubles as IEEE has them ([`crate::doubles`]). Time series
//! are in [`series`]. `DESCRIBE` and `SHOW` never reach DataFusion ([`metadata`]).
//!
//! Functions and operators are [`presto`]'s; a function that is not in its list or this module's is refused. A known
//! difference that remains: literals such as `1` are BIGINT, not INTEGER.

mod catalog;
mod conditions;
mod error;
mod functions;
mod like;
mod metadata;
mod refused;
mod rewrite;
mod sequence;
mod series;
mod temporal;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::execution::context::SQLOptions;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{Analyzer, AnalyzerRule, Optimizer};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement as PlannerStatement;
use datafusion::sql::sqlparser::ast::{SetExpr, Statement};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use futures::StreamExt;
use futures::stream::BoxStream;
use presto::{Checked, Lazy, PrestoDialect, Syntax, Typed, TypesOfSql};

use self::error::{parsing, planning};
use self::refused::MAX_DEPTH;
use crate::doubles::{Doubles, Zeros};
use crate::memory::bounded;
use crate::names;
use crate::timestream::error::ApiError;
use crate::timestream::store::Store;
use crate::unnest::UnnestPlanner;

pub use self::conditions::Conditions;
pub(crate) use self::error::running;
pub(crate) use self::series::value_type;

/// Longest statement, in bytes of UTF-8 (service quotas; the service model's limit counts characters).
const MAX_BYTES: usize = 262_144;

/// The catalog that holds the databases. Timestream has no word for it and no statement can name it by accident.
const CATALOG: &str = "timestream";

/// Plans and runs statements over a store.
#[derive(Debug)]
pub(crate) struct Engine {
    store: Arc<Store>,
    /// What all statements share: functions, rules and settings.
    state: SessionState,
}

/// A running statement.
pub(crate) struct Answer {
    pub(crate) columns: Vec<OutputColumn>,
    pub(crate) batches: BoxStream<'static, Result<RecordBatch, DataFusionError>>,
    /// Bytes of the columns that the statement reads, whole tables: this server prunes nothing.
    pub(crate) bytes_scanned: u64,
    /// Whether the service would charge for it: everything but `DESCRIBE` and `SHOW`.
    pub(crate) metered: bool,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputColumn {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    /// Database and table, if it is a table's column as it stands.
    pub(crate) table: Option<(String, String)>,
    /// Whether the statement named it by `AS`.
    pub(crate) aliased: bool,
}

impl Engine {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        let mut config = SessionConfig::new()
            // Results come in a stable order without ORDER BY, and small queries, the usual ones here, start quickest.
            .with_target_partitions(1)
            .with_create_default_catalog_and_schema(false)
            // No database has an empty name: a table without its database is not found.
            .with_default_catalog_and_schema(CATALOG, "");
        let parser = &mut config.options_mut().sql_parser;
        parser.enable_ident_normalization = false;
        parser.default_null_ordering = "nulls_last".to_owned();
        parser.map_string_types_to_utf8view = false;
        let mut builder = SessionStateBuilder::new()
            .with_config(config)
            .with_default_features();
        let functions = presto::functions()
            .into_iter()
            .chain(presto::functions_of_timestream())
            .chain(functions::all())
            .chain(series::interpolations())
            .chain(series::calculus())
            .chain([sequence::sequence()]);
        let aggregates = presto::aggregates()
            .into_iter()
            .chain([series::create_time_series()]);
        presto::register(&mut builder, functions, aggregates);
        let mut planners = builder.expr_planners().take().unwrap_or_default();
        planners.insert(0, Arc::new(Syntax::new()));
        planners.insert(0, Arc::new(temporal::TemporalArithmetic));
        let mut analyzer: Vec<Arc<dyn AnalyzerRule + Send + Sync>> =
            vec![Arc::new(Typed { reads_times: true })];
        analyzer.extend(Analyzer::new().rules);
        analyzer.extend([
            Arc::new(Checked) as Arc<dyn AnalyzerRule + Send + Sync>,
            Arc::new(Doubles(Zeros::Two)),
        ]);
        let mut optimizer = Optimizer::new().rules;
        optimizer.push(Arc::new(Lazy));
        let state = builder
            .with_expr_planners(planners)
            .with_type_planner(Arc::new(TypesOfSql))
            .with_relation_planners(vec![Arc::new(UnnestPlanner)])
            .with_analyzer_rules(analyzer)
            .with_optimizer_rules(optimizer)
            .build();
        Engine { store, state }
    }

    /// Starts a statement. `now` is what `now()` means in it.
    pub(crate) async fn run(&self, sql: &str, now: jiff::Timestamp) -> Result<Answer, ApiError> {
        let tokens = tokenize(sql)?;
        if let Some(answer) = metadata::answer(&self.store, &tokens)? {
            return Ok(answer);
        }
        let bytes_scanned = Arc::new(AtomicU64::new(0));
        let state = self.state(Arc::clone(&bytes_scanned))?;
        let (plan, columns) = plan(&state, &tokens, now).await?;
        let at = |error| planning(error, &tokens);
        let physical = state.create_physical_plan(&plan).await.map_err(at)?;
        let stream = execute_stream(physical, state.task_ctx()).map_err(at)?;
        let bytes_scanned = bytes_scanned.load(Ordering::Relaxed);
        Ok(Answer {
            columns,
            batches: stream.boxed(),
            bytes_scanned,
            metered: true,
        })
    }

    /// Returns the columns a query would have, without running it.
    pub(crate) async fn prepare(
        &self,
        sql: &str,
        now: jiff::Timestamp,
    ) -> Result<Vec<OutputColumn>, ApiError> {
        let tokens = tokenize(sql)?;
        let (_, columns) = plan(&self.state(Arc::default())?, &tokens, now).await?;
        Ok(columns)
    }

    fn state(&self, bytes_scanned: Arc<AtomicU64>) -> Result<SessionState, ApiError> {
        let catalogs = catalog::Catalogs::new(Arc::clone(&self.store), bytes_scanned);
        let memory = bounded().map_err(|error| ApiError::Internal(error.to_string()))?;
        Ok(SessionStateBuilder::new_from_existing(self.state.clone())
            .with_catalog_list(Arc::new(catalogs))
            .with_runtime_env(memory)
            .build())
    }
}

/// Cuts a text into tokens with their places; blanks and comments are tokens too.
fn tokenize(sql: &str) -> Result<Vec<TokenWithSpan>, ApiError> {
    if sql.len() > MAX_BYTES {
        let message = format!("the query has {} bytes, the most is {MAX_BYTES}", sql.len());
        return Err(ApiError::Validation(message));
    }
    Tokenizer::new(&PrestoDialect, sql)
        .tokenize_with_location()
        .map_err(|error| {
            ApiError::Validation(format!(
                "line {}:{}: {}",
                error.location.line, error.location.column, error.message
            ))
        })
}

async fn plan(
    state: &SessionState,
    tokens: &[TokenWithSpan],
    now: jiff::Timestamp,
) -> Result<(LogicalPlan, Vec<OutputColumn>), ApiError> {
    check_first_word(tokens)?;
    check_brackets(tokens)?;
    let rewritten = presto::rewrite_tokens(tokens::rewrite(tokens)?)
        .map_err(|message| ApiError::Validation(format!("line 1:1: {message}")))?;
    let parsed = Parser::new(&PrestoDialect)
        .with_recursion_limit(MAX_DEPTH)
        .with_tokens_with_locations(rewritten);
    let mut query = parse(parsed)?;
    rewrite::rewrite(&mut query, now)?;
    names::mark(&mut query);
    let constant = matches!(*query.body, SetExpr::Values(_));
    let statement = PlannerStatement::Statement(Box::new(Statement::Query(query)));
    let at = |error| planning(error, tokens);
    let plan = state.statement_to_plan(statement).await.map_err(at)?;
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)
        .map_err(at)?;
    let columns = columns(plan.schema(), constant);
    Ok((plan, columns))
}

/// The columns of a planned query. `unnamed` says that none of them has a name, as after `VALUES`.
fn columns(schema: &DFSchema, unnamed: bool) -> Vec<OutputColumn> {
    let columns = schema.iter().enumerate();
    let columns = columns.map(|(place, (table, field))| {
        let (name, is_private) = names::shown(field.name(), place, unnamed);
        OutputColumn {
            name,
            data_type: field.data_type().clone(),
            table: table
                .and_then(|table| Some((table.schema()?.to_owned(), table.table().to_owned()))),
            aliased: table.is_none() && !is_private,
        }
    });
    columns.collect()
}

fn parse(mut parser: Parser<'_>) -> Result<Box<datafusion::sql::sqlparser::ast::Query>, ApiError> {
    let query = parser.parse_query().map_err(parsing)?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let start = rest.span.start;
        return Err(ApiError::Validation(format!(
            "line {}:{}: mismatched input '{}': expecting the end of the statement",
            start.line, start.column, rest.token
        )));
    }
    Ok(query)
}

/// Everything that is not a query is refused before anything is parsed.
fn check_first_word(tokens: &[TokenWithSpan]) -> Result<(), ApiError> {
    let first = tokens
        .iter()
        .find(|token| !matches!(token.token, Token::Whitespace(_)));
    match first.map(|first| (&first.token, first.span.start)) {
        None => Err(ApiError::Validation("the query is empty".to_owned())),
        Some((Token::LParen, _)) => Ok(()),
        Some((Token::Word(word), _))
            if matches!(
                word.keyword,
                Keyword::SELECT | Keyword::WITH | Keyword::VALUES
            ) =>
        {
            Ok(())
        }
        Some((token, start)) => Err(ApiError::Validation(format!(
            "line {}:{}: mismatched input '{token}': expecting a query, DESCRIBE or SHOW",
            start.line, start.column
        ))),
    }
}

/// The parser tries more than one reading of what stands in brackets, so it must not see too many of them.
fn check_brackets(tokens: &[TokenWithSpan]) -> Result<(), ApiError> {
    let mut open = 0_usize;
    let mut nests_types = false;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => open += 1,
            Token::RParen | Token::RBracket => open = open.saturating_sub(1),
            // Its end is not told from a comparison, so these add up over the statement.
            Token::Lt if nests_types => open += 1,
            _ => {}
        }
        nests_types = match &token.token {
            Token::Word(word) => matches!(
                word.keyword,
                Keyword::ARRAY | Keyword::STRUCT | Keyword::MAP
            ),
            Token::Whitespace(_) => nests_types,
            _ => false,
        };
        if open > MAX_DEPTH {
            return Err(ApiError::Validation(
                "line 1:1: the statement is nested too deeply".to_owned(),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
