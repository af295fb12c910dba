//! Whole queries: rows that the stand-in stores, or that a passthrough statement computes there, asked for by Athena's
//! calls, inline and spilled, whole and cut at and beside the time of rows, against the rows that the evaluator picks.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use connector::Connector;
use connector::wire::{Constraints, OrderByField, OrderDirection, TableName};
use local::s3::S3;
use local::timestream::{Options, Server};
use tokio::runtime::Runtime;

use super::generate::{self, Draw};
use super::model::{COMPUTED, Column, Kind, Row, STORED, Value};
use super::oracle::{Term, admits, order};
use super::records::store;
use super::shrink::shrink;
use super::wire::{constraints, seen_rows, stored_batch};
use crate::athena::{schema, select_of, table_name};
use crate::{plugin, sdk_config, settings};

/// Queries asked of one table.
pub const QUERIES: usize = 10;

const ROWS: usize = 40;
const ROW_BYTES: usize = 40;
const QUERY_BYTES: usize = 400;

/// Athena's usual sizes of blocks; and such that everything is spilled, in small blocks.
const SIZES: [(u64, u64); 2] = [(16_000_000, 5_242_880), (2_000, 0)];

/// A stand-in, a bucket, and a connector in front of them.
pub struct Stage {
    runtime: Runtime,
    /// Serves as long as it lives.
    _timestream: Server,
    _s3: S3,
    write: aws_sdk_timestreamwrite::Client,
    bucket: aws_sdk_s3::Client,
    connector: Connector,
}

/// What is read: a table, or a passthrough statement.
struct Source {
    name: TableName,
    /// The statement's.
    arguments: BTreeMap<String, String>,
    /// Asked for once: such calls are paced.
    schema: SchemaRef,
    columns: &'static [Column],
    rows: Vec<Row>,
}

/// A query of Athena's.
#[derive(Debug)]
struct Query {
    terms: Vec<Term>,
    /// Column, and its direction.
    order: Vec<(usize, OrderDirection)>,
    limit: Option<usize>,
    /// Columns, in order, perhaps twice; `id` first. Or none: rows are counted.
    columns: Vec<usize>,
    sizes: (u64, u64),
    /// Rows, and how many nanoseconds beside the time of each the scan is cut, if it is one of a table without limit.
    cuts: Vec<(usize, i64)>,
}

impl Stage {
    /// Starts the servers.
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
            connector: Connector::with_plugin(
                settings(s3.bucket())?,
                &config,
                plugin("timestream")?,
            ),
            write,
            _timestream: timestream,
            _s3: s3,
        })
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
            let mut rows = generate::rows(draw, &STORED, true, ROWS);
            // A column exists once a record has it.
            for (place, column) in STORED.iter().enumerate() {
                rows[0][place]
                    .get_or_insert_with(|| generate::value(&mut Draw::new(&[]), *column, true));
            }
            let table = format!("t{seed}");
            let place = ("d", table.as_str());
            self.runtime
                .block_on(store(&self.write, place, &STORED, &["host"], &rows))
                .context("cannot write the rows")?;
            (table_name("d", &table), BTreeMap::new(), &STORED, rows)
        } else {
            let rows = generate::rows(draw, &COMPUTED, false, ROWS);
            let arguments = [
                ("schemaFunctionName", "SYSTEM.QUERY".to_owned()),
                ("QUERY", listed(&rows)?),
            ];
            let arguments = arguments.map(|(name, text)| (name.to_owned(), text));
            (
                table_name("system", "query"),
                arguments.into(),
                &COMPUTED,
                rows,
            )
        };
        let schema = schema(&self.connector, &name, arguments.clone());
        let source = Source {
            schema: self.runtime.block_on(schema)?,
            name,
            arguments,
            columns,
            rows,
        };
        for _ in 0..QUERIES {
            let origin = bytes(QUERY_BYTES);
            let Some(mut found) = self.wrong(&source, &query(source.columns, &origin)) else {
                continue;
            };
            shrink(&origin, |bytes| {
                let simpler = self.wrong(&source, &query(source.columns, bytes));
                let fails = simpler.is_some();
                if let Some(simpler) = simpler {
                    found = simpler;
                }
                fails
            });
            return Ok(Some(found));
        }
        if is_stored {
            let delete = self.write.delete_table().database_name("d");
            let delete = delete.table_name(&source.name.table_name);
            self.runtime.block_on(delete.send())?;
        }
        Ok(None)
    }

    /// What is wrong with a query's answer.
    fn wrong(&self, source: &Source, query: &Query) -> Option<String> {
        let seen = seen_rows(&source.rows);
        let admitted = |row: &Row| {
            let truths = query.terms.iter().map(|term| admits(term, row));
            truths.collect::<Result<Vec<bool>, _>>()
        };
        let admitted: Result<Vec<Vec<bool>>, _> = seen.iter().map(admitted).collect();
        // What fails the query is not asked.
        let admitted = admitted.ok()?;
        let expected: Vec<usize> = (0..seen.len())
            .filter(|id| admitted[*id].iter().all(|truth| *truth))
            .collect();
        let answer = self.runtime.block_on(self.ask(source, query));
        let wrong = match answer {
            Err(error) => Some(format!("the query fails: {error:#}")),
            Ok(batches) => judge(source.columns, query, &seen, &expected, &batches)
                .err()
                .map(|error| error.to_string()),
        };
        wrong.map(|wrong| format!("{wrong}\n  {query:?}"))
    }

    async fn ask(&self, source: &Source, query: &Query) -> Result<Vec<RecordBatch>> {
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
            let is_cut = source.arguments.is_empty() && query.limit.is_none();
            match &source.rows[*row][time.filter(|_| is_cut)?] {
                Some(Value::Nanos(nanos)) => Some(nanos + beside),
                _ => None,
            }
        });
        let cuts: BTreeSet<i64> = cuts.collect();
        let (batches, _) = select_of(
            &self.connector,
            Some(&self.bucket),
            (&source.name, &source.schema),
            (&columns, &constraints, query.sizes),
            &cuts.into_iter().collect::<Vec<_>>(),
        )
        .await?;
        Ok(batches)
    }
}

/// The query that the bytes decide.
fn query(columns: &[Column], bytes: &[u8]) -> Query {
    let draw = &mut Draw::new(bytes);
    let mut terms = Vec::new();
    let mut restricted = BTreeSet::new();
    for _ in 0..draw.below(4) {
        let term = generate::term(draw, columns);
        // Athena sends one domain for a column.
        let is_first = match &term {
            Term::Domain { column, .. } => restricted.insert(*column),
            Term::Expression(_) => true,
        };
        if is_first {
            terms.push(term);
        }
    }
    let limit = match draw.below(3) {
        0 => None,
        _ => Some([3, 1, 10, 0, 1_000][draw.below(5)]),
    };
    let keys = if limit.is_some() { draw.below(4) } else { 0 };
    let directions = [
        OrderDirection::AscNullsLast,
        OrderDirection::AscNullsFirst,
        OrderDirection::DescNullsLast,
        OrderDirection::DescNullsFirst,
    ];
    let order = (0..keys)
        .map(|_| (draw.below(columns.len()), directions[draw.below(4)]))
        .collect();
    let mut chosen = vec![0];
    let count = draw.below(7);
    if count == 6 {
        chosen.clear();
    } else {
        chosen.extend((0..count).map(|_| draw.below(columns.len())));
    }
    Query {
        terms,
        order,
        limit,
        columns: chosen,
        sizes: SIZES[draw.below(2)],
        cuts: (0..draw.below(5))
            .map(|_| (draw.below(ROWS), draw.below(3) as i64 - 1))
            .collect(),
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
        let text = array_value_to_string(printed.column(place), row)?;
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

/// Whether an answer is one that the query allows.
fn judge(
    columns: &[Column],
    query: &Query,
    seen: &[Row],
    expected: &[usize],
    batches: &[RecordBatch],
) -> Result<()> {
    let count = query
        .limit
        .map_or(expected.len(), |limit| limit.min(expected.len()));
    if query.columns.is_empty() {
        let came: usize = batches.iter().map(RecordBatch::num_rows).sum();
        ensure!(came == count, "{came} rows came, not {count}");
        return Ok(());
    }
    let mut ids = BTreeSet::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |place: usize| cell(batch, place, row, columns[query.columns[place]].kind);
            let Some(Value::Integer(id)) = cell(0)? else {
                anyhow::bail!("a row without its id");
            };
            let id = usize::try_from(id)?;
            ensure!(ids.insert(id), "row {id} came twice");
            ensure!(expected.contains(&id), "row {id} came: {:?}", seen[id]);
            for (place, column) in query.columns.iter().enumerate() {
                let (came, stored) = (cell(place)?, &seen[id][*column]);
                let name = columns[*column].name;
                // By their text, so that the zeros are told apart.
                ensure!(
                    format!("{came:?}") == format!("{stored:?}"),
                    "`{name}` of row {id} came as {came:?}, it is {stored:?}"
                );
            }
        }
    }
    let missing: Vec<usize> = expected
        .iter()
        .copied()
        .filter(|id| !ids.contains(id))
        .collect();
    ensure!(
        ids.len() == count,
        "{} rows came, not {count}; one that did not: {:?}",
        ids.len(),
        missing.first().map(|id| &seen[*id])
    );
    // Any of the first rows will do, but none that stands after one that did not come.
    for out in &missing {
        for id in &ids {
            ensure!(
                query.order.is_empty() || compare(&query.order, &seen[*id], &seen[*out]).is_le(),
                "row {id} came in place of row {out}: {:?}, {:?}",
                seen[*id],
                seen[*out]
            );
        }
    }
    Ok(())
}

/// The order of two rows.
fn compare(keys: &[(usize, OrderDirection)], left: &Row, right: &Row) -> Ordering {
    for (column, direction) in keys {
        let (descending, nulls_first) = match direction {
            OrderDirection::AscNullsFirst => (false, true),
            OrderDirection::AscNullsLast => (false, false),
            OrderDirection::DescNullsFirst => (true, true),
            OrderDirection::DescNullsLast => (true, false),
        };
        let order = match (&left[*column], &right[*column]) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) if nulls_first => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) if nulls_first => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => {
                let order = match (left, right) {
                    // As Trino 435: the zeros tie; NaN stands below all where NULL comes first, else above all.
                    (Value::Double(left), Value::Double(right)) => {
                        let nan = if nulls_first { -f64::NAN } else { f64::NAN };
                        let one = |value: f64| if value.is_nan() { nan } else { value + 0.0 };
                        one(*left).total_cmp(&one(*right))
                    }
                    _ => order(left, right).unwrap_or(Ordering::Equal),
                };
                if descending { order.reverse() } else { order }
            }
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// A cell of an answer.
fn cell(batch: &RecordBatch, place: usize, row: usize, kind: Kind) -> Result<Option<Value>> {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Date32Type, Date64Type, Float64Type, Int32Type, Int64Type};

    let column = batch.column(place);
    if column.is_null(row) {
        return Ok(None);
    }
    Ok(Some(match kind {
        Kind::Boolean => Value::Boolean(column.as_boolean().value(row)),
        Kind::Bigint => Value::Integer(column.as_primitive::<Int64Type>().value(row)),
        Kind::Double => Value::Double(column.as_primitive::<Float64Type>().value(row)),
        Kind::Varchar => Value::Text(column.as_string::<i32>().value(row).to_owned()),
        Kind::Timestamp => Value::Millis(column.as_primitive::<Date64Type>().value(row)),
        Kind::Integer => Value::Integer(column.as_primitive::<Int32Type>().value(row).into()),
        Kind::Date => Value::Date(column.as_primitive::<Date32Type>().value(row)),
    }))
}
