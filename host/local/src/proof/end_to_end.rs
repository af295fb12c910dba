//! Whole queries: rows that the stand-in stores, or that a passthrough statement computes there, asked for by Athena's
//! calls, inline and spilled, whole and cut at and beside the time of rows, against the rows that the evaluator picks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::s3::S3;
use crate::timestream::{Options, Server};
use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use aws_config::SdkConfig;
use connector::plugin::Slicing;
use connector::wire::{Constraints, Identity, OrderByField, Request, TableName, write_request};
use connector::{Connector, Settings};
use tokio::runtime::Runtime;

use super::calls::{read_request, schema, select_of, splits, table_name};
use super::conditions::is_announced;
use super::config::{sdk_config, sdk_config_with_glue};
use super::generate::{self, Draw};
use super::model::{COMPUTED, Column, Kind, Row, STORED, Value};
use super::oracle::{Term, admits};
use super::queries::{Query, judge, query, within};
use super::records::store;
use super::shrink::shrink;
use super::subject::{Subject, is_refusal};
use super::wire::{constraints, seen_rows, seen_type, stored_batch};

/// Queries asked of one table.
pub const QUERIES: usize = 10;

/// Rows of a table.
pub const ROWS: usize = 40;
/// Bytes that a row is made of at most.
pub const ROW_BYTES: usize = 40;
const QUERY_BYTES: usize = 400;

/// A stand-in, and a bucket.
pub struct Servers {
    /// In which they run.
    pub runtime: Runtime,
    timestream: Server,
    s3: S3,
    write: aws_sdk_timestreamwrite::Client,
    bucket: aws_sdk_s3::Client,
}

/// Servers, and a connector in front of them.
pub struct Stage {
    servers: Servers,
    connector: Connector,
    subject: Arc<Subject>,
    asked: AtomicUsize,
}

/// What is read: a table or view, or a passthrough statement.
pub struct Source {
    /// As Athena names it.
    pub name: TableName,
    /// The statement's.
    pub arguments: BTreeMap<String, String>,
    /// Asked for once: such calls are paced.
    pub schema: SchemaRef,
    /// What it has.
    pub columns: &'static [Column],
    /// As they are stored.
    pub rows: Vec<Row>,
}

/// Who reads it, and may see which of its rows.
pub struct Reader<'a> {
    /// Which is asked.
    pub connector: &'a Connector,
    /// In whose name.
    pub identity: Identity,
    /// Whether a row may be seen, as Athena sees it.
    pub sees: &'a dyn Fn(&Row) -> bool,
    /// Whether Athena would send a term.
    pub sends: &'a dyn Fn(&Term) -> bool,
    /// Counts the queries that were asked.
    pub asked: &'a AtomicUsize,
    /// Whether the scan may be cut: it is one of a table, and the dialect divides it.
    pub cuts: bool,
    /// Whether an error is to be expected.
    pub forgives: &'a dyn Fn(&anyhow::Error) -> bool,
    /// Whether the dialect may lose rows, so that nothing counts but whose they are.
    pub loses_rows: bool,
}

impl Stage {
    /// Starts the servers, and a connector with this dialect.
    ///
    /// # Errors
    ///
    /// When one does not start.
    pub fn start(subject: Arc<Subject>) -> Result<Self> {
        let servers = Servers::start()?;
        let config = servers.config("http://127.0.0.1:1");
        let options: BTreeMap<_, _> = subject.options.iter().cloned().collect();
        let options = serde_json::to_string(&options)?;
        let lookup = |name: &str| {
            Some(match name {
                "spill_bucket" => servers.bucket().to_owned(),
                "dialect_options" => options.clone(),
                "disable_glue" => "true".to_owned(),
                // Scans are cut where the query says.
                "slices_per_query" => "1".to_owned(),
                _ => return None,
            })
        };
        let settings = Settings::from_lookup(lookup)?;
        let connector = Connector::with_plugin(settings, &config, subject.dialect.clone());
        Ok(Self {
            servers,
            connector,
            subject,
            asked: AtomicUsize::new(0),
        })
    }

    /// Whether the dialect divides a table.
    async fn divides(&self, source: &Source) -> Result<bool> {
        let unconstrained = Constraints {
            limit: -1,
            ..Constraints::default()
        };
        let Source { name, schema, .. } = source;
        let parts = splits(&self.connector, name, schema, &unconstrained).await;
        let parts = match parts.map_err(anyhow::Error::from) {
            Err(error) if is_refusal(&error) => return Ok(false),
            parts => parts?,
        };
        let split = parts.into_iter().next().context("no split")?;
        let request = read_request(name, schema, &[], split, &unconstrained)?;
        let request = write_request(&Request::ReadRecordsRequest(request))?;
        let explained = self.connector.explain(&request).await?;
        Ok(matches!(
            explained.statement.slicing,
            Slicing::ByTime { .. }
        ))
    }

    /// How many queries were asked: of those that the seeds give, the ones that use what the dialect shows and wants.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Asks [`QUERIES`] random queries of a random table or statement, which the seed decides. What is wrong comes back,
    /// made as simple as can be.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn batch(&self, seed: u64) -> Result<Option<String>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let is_stored = random.bool();
        let mut bytes = |count| {
            let mut bytes = vec![0; count];
            random.fill(&mut bytes);
            bytes
        };
        let made = bytes(ROW_BYTES * ROWS);
        let draw = &mut Draw::new(&made);
        let (name, arguments, columns, rows): (_, _, &'static [Column], _) = if is_stored {
            let table = format!("t{seed}");
            let rows = self.servers.write(&table, draw)?;
            (table_name("d", &table), BTreeMap::new(), &STORED, rows)
        } else {
            let rows = generate::rows(draw, &COMPUTED, false, ROWS);
            let name = table_name("system", "query");
            (name, passthrough(&listed(&rows)?), &COMPUTED, rows)
        };
        let schema = schema(&self.connector, &name, arguments.clone());
        let schema = match self.servers.runtime.block_on(schema).map_err(Into::into) {
            Err(error) if self.subject.is_allowed(&error) => return Ok(None),
            schema => schema?,
        };
        let source = Source {
            schema,
            name,
            arguments,
            columns,
            rows,
        };
        let reader = Reader {
            connector: &self.connector,
            identity: Identity::default(),
            sees: &|_| true,
            forgives: &|error| self.subject.is_allowed(error),
            sends: &|term| is_announced(term, &self.subject.dialect),
            asked: &self.asked,
            cuts: is_stored && self.servers.runtime.block_on(self.divides(&source))?,
            loses_rows: false,
        };
        let found = self.servers.ask_all(&reader, &source, bytes);
        if is_stored {
            self.servers.drop(&source.name.table_name)?;
        }
        Ok(found)
    }
}

/// Whether a field shows a column as what it is.
fn is_shown(source: &Source, column: usize) -> bool {
    let Column { name, kind, .. } = source.columns[column];
    let field = source.schema.field_with_name(&name.to_lowercase());
    field.is_ok_and(|field| *field.data_type() == seen_type(kind))
}

/// The arguments that ask for a statement.
pub fn passthrough(statement: &str) -> BTreeMap<String, String> {
    [("schemaFunctionName", "SYSTEM.QUERY"), ("QUERY", statement)]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into()
}

impl Servers {
    /// Starts them, with a database `d`.
    ///
    /// # Errors
    ///
    /// When one does not start.
    pub fn start() -> Result<Self> {
        let runtime = Runtime::new()?;
        let (timestream, s3) = runtime.block_on(async {
            let timestream = Server::start(Options {
                page_bytes: 4_000,
                ..Options::default()
            });
            Ok::<_, anyhow::Error>((timestream.await?, S3::start(0, "spill", None).await?))
        })?;
        let config = sdk_config(&timestream.url(), &s3.url());
        let write = aws_sdk_timestreamwrite::Client::new(&config);
        runtime.block_on(write.create_database().database_name("d").send())?;
        Ok(Self {
            runtime,
            bucket: aws_sdk_s3::Client::new(&config),
            write,
            timestream,
            s3,
        })
    }

    /// A configuration that reaches them, and a Glue at this address.
    pub fn config(&self, glue: &str) -> SdkConfig {
        sdk_config_with_glue(&self.timestream.url(), &self.s3.url(), glue)
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        self.s3.bucket()
    }

    /// Writes random rows into a new table of `d`.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write(&self, table: &str, draw: &mut Draw<'_>) -> Result<Vec<Row>> {
        let mut rows = generate::rows(draw, &STORED, true, ROWS);
        // A column exists once a record has it.
        for (place, column) in STORED.iter().enumerate() {
            rows[0][place]
                .get_or_insert_with(|| generate::value(&mut Draw::new(&[]), *column, true));
        }
        self.runtime
            .block_on(store(&self.write, ("d", table), &STORED, &["host"], &rows))
            .context("cannot write the rows")?;
        Ok(rows)
    }

    /// Drops a table of `d`.
    ///
    /// # Errors
    ///
    /// When that fails.
    pub fn drop(&self, table: &str) -> Result<()> {
        let delete = self.write.delete_table().database_name("d");
        self.runtime.block_on(delete.table_name(table).send())?;
        Ok(())
    }

    /// Asks [`QUERIES`] random queries of a source. What is wrong comes back, made as simple as can be.
    pub fn ask_all(
        &self,
        reader: &Reader<'_>,
        source: &Source,
        mut bytes: impl FnMut(usize) -> Vec<u8>,
    ) -> Option<String> {
        for _ in 0..QUERIES {
            let origin = bytes(QUERY_BYTES);
            let Some(mut found) = self.wrong(reader, source, &query(source.columns, &origin))
            else {
                continue;
            };
            shrink(&origin, |bytes| {
                let simpler = self.wrong(reader, source, &query(source.columns, bytes));
                let fails = simpler.is_some();
                if let Some(simpler) = simpler {
                    found = simpler;
                }
                fails
            });
            return Some(found);
        }
        None
    }

    /// What is wrong with a query's answer.
    fn wrong(&self, reader: &Reader<'_>, source: &Source, query: &Query) -> Option<String> {
        let is_sent = query.terms.iter().all(reader.sends);
        if !is_sent
            || query
                .used(source.columns.len())
                .any(|column| !is_shown(source, column))
        {
            return None;
        }
        reader.asked.fetch_add(1, Ordering::Relaxed);
        let seen = seen_rows(&source.rows);
        let visible: Vec<usize> = (0..seen.len())
            .filter(|id| (reader.sees)(&seen[*id]))
            .collect();
        let admitted = |row: &Row| {
            let truths = query.terms.iter().map(|term| admits(term, row));
            truths.collect::<Result<Vec<bool>, _>>()
        };
        let admitted: Result<Vec<Vec<bool>>, _> = seen.iter().map(admitted).collect();
        // What fails the query is not asked.
        let admitted = admitted.ok()?;
        let expected: Vec<usize> = visible
            .iter()
            .copied()
            .filter(|id| admitted[*id].iter().all(|truth| *truth))
            .collect();
        let answer = self.runtime.block_on(self.ask(reader, source, query));
        let wrong = match answer {
            Err(error) if (reader.forgives)(&error) => None,
            Err(error) => Some(format!("the query fails: {error:#}")),
            Ok(batches) if reader.loses_rows => within(query, &visible, &batches)
                .err()
                .map(|error| error.to_string()),
            Ok(batches) => judge(source.columns, query, &seen, &expected, &batches)
                .err()
                .map(|error| error.to_string()),
        };
        wrong.map(|wrong| format!("{wrong}\n  {query:?}"))
    }

    async fn ask(
        &self,
        reader: &Reader<'_>,
        source: &Source,
        query: &Query,
    ) -> Result<Vec<RecordBatch>> {
        let fields = source.columns.iter();
        let fields: Vec<(String, Kind)> = fields
            .map(|column| (column.name.to_lowercase(), column.kind))
            .collect();
        let terms: Vec<&Term> = query.terms.iter().collect();
        let order_by_clause = query.order.iter().map(|(column, direction)| OrderByField {
            column_name: fields[*column].0.clone(),
            direction: *direction,
        });
        let constraints = Constraints {
            order_by_clause: order_by_clause.collect(),
            limit: match query.limit {
                None => -1,
                Some(limit) => i64::try_from(limit)?,
            },
            query_passthrough_arguments: source.arguments.clone(),
            ..constraints(&fields, &terms)?
        };
        let name = |column: &usize| fields[*column].0.as_str();
        let columns: Vec<&str> = query.columns.iter().map(name).collect();
        let mut names = source.columns.iter().map(|column| column.name);
        let time = names.position(|name| name == "time");
        let cuts = query.cuts.iter().filter_map(|(row, beside)| {
            let is_cut = reader.cuts && query.limit.is_none();
            match &source.rows[*row][time.filter(|_| is_cut)?] {
                Some(Value::Nanos(nanos)) => Some(nanos + beside),
                _ => None,
            }
        });
        let cuts: BTreeSet<i64> = cuts.collect();
        let (batches, _) = select_of(
            reader.connector,
            Some(&self.bucket),
            &reader.identity,
            (&source.name, &source.schema),
            (&columns, &constraints, query.sizes),
            &cuts.into_iter().collect::<Vec<_>>(),
        )
        .await?;
        Ok(batches)
    }
}

/// A statement whose rows these are.
fn listed(rows: &[Row]) -> Result<String> {
    let printed = stored_batch(&COMPUTED, rows)?;
    let cell = |row: usize, place: usize| -> Result<String> {
        let column = COMPUTED[place];
        let name = match column.kind {
            Kind::Boolean => "BOOLEAN",
            Kind::Bigint => "BIGINT",
            Kind::Integer => "INTEGER",
            Kind::Double => "DOUBLE",
            Kind::Varchar => "VARCHAR",
            Kind::Timestamp => "TIMESTAMP",
            Kind::Date => "DATE",
        };
        let text = presto::shown(printed.column(place), row)?.unwrap_or_default();
        Ok(match &rows[row][place] {
            None => format!("CAST(NULL AS {name})"),
            Some(Value::Double(value)) if value.is_nan() => "nan()".to_owned(),
            Some(Value::Double(f64::INFINITY)) => "infinity()".to_owned(),
            Some(Value::Double(f64::NEG_INFINITY)) => "-infinity()".to_owned(),
            Some(Value::Text(text)) => {
                let parts = text
                    .split('\0')
                    .map(|part| format!("'{}'", part.replace('\'', "''")));
                parts.collect::<Vec<_>>().join(" || chr(0) || ")
            }
            Some(_) => format!("CAST('{text}' AS {name})"),
        })
    };
    let row = |row| {
        let cells = (0..COMPUTED.len()).map(|place| cell(row, place));
        Ok(format!(
            "({})",
            cells.collect::<Result<Vec<_>>>()?.join(", ")
        ))
    };
    let rows = (0..rows.len()).map(row).collect::<Result<Vec<_>>>()?;
    let names = COMPUTED.map(|column| format!("\"{}\"", column.name));
    Ok(format!(
        "SELECT * FROM (VALUES {}) AS listed ({})",
        rows.join(", "),
        names.join(", ")
    ))
}
